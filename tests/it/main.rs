//! Integration tests.

mod demo_servers;
mod domain;
