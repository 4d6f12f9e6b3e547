//! Guiyi (归一): one portal where a province's citizens sign in to every government app, and where the users of
//! dozens of older systems bring their accounts along.
//!
//! The folder tree is the map; imports go right only:
//! `http, jobs -> provider, journeys -> storage, upstream, passwords, verify, notify, keys -> domain -> protocol`.

pub mod captcha;
pub mod clock;
pub mod crypto;
pub mod domain;
pub mod ids;
pub mod secret;

#[cfg(feature = "demo")]
pub mod demo;
