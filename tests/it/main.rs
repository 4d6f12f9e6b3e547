//! The tests that come through the front door: real routers, a fixed clock, a seeded generator.

mod demo_servers;
