//! Integration tests: one binary, through the front door, on both databases. `tests/run` starts what they need.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub
)]

#[macro_use]
mod support;

mod account;
mod address;
mod asvs;
mod browser;
mod clients;
mod closing;
mod configuration;
mod data_copy;
mod demo_servers;
mod doctor;
mod documents;
mod domain;
mod egress;
mod guardian;
mod halls;
mod kill;
mod layers;
mod mandates;
mod migration;
mod provider;
mod recovery;
mod registry;
mod rotation;
mod second_factors;
mod sessions;
mod several_accounts;
mod sign_in;
mod storage;
mod units;
mod units_upstream;
