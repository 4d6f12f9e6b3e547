//! Guiyi (归一): one portal where a province's citizens sign in to every government app, and where the users of
//! dozens of older systems bring their accounts along.
//!
//! The folder tree is the map; imports go right only:
//! `http, jobs -> provider, journeys -> app -> storage, upstream, passwords, verify, notify, keys -> domain -> protocol`.

pub mod app;
pub mod cache;
pub mod captcha;
pub mod client_keys;
pub mod clients;
pub mod clock;
pub mod closing;
pub mod commands;
pub mod config;
pub mod crypto;
pub mod doctor;
pub mod domain;
pub mod egress;
pub mod http;
pub mod http_client;
pub mod ids;
pub mod jobs;
pub mod journeys;
pub mod keys;
pub mod mandates;
pub mod notify;
pub mod pages;
pub mod passwords;
pub mod protocol;
pub mod provider;
pub mod review;
pub mod secret;
pub mod serve;
pub mod sign_in;
pub mod signed_client;
pub mod storage;
pub mod upstream;
pub mod verify;
pub mod web_authentication;

#[cfg(feature = "demo")]
pub mod demo;
