//! Integration tests.

mod browser;
mod demo_servers;
mod domain;
