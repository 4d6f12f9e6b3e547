//! Other people's client libraries, as their users install them, at the portal as its operators run it: `guiyi serve` as a
//! process, https in front of it, a person who migrates and then signs in on the real pages.
//!
//! The programs are in `tests/clients`, and docs/integration.md shows them. `tests/run` installs what they need; without
//! that these tests fail.

mod authlib;
mod authority;
mod mod_auth_openidc;
mod nimbus;
mod openid_client;
mod openidconnect;
mod person;
mod program;
mod stage;
mod whole_way;
