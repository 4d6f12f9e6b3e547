//! Integration tests.

mod domain;
