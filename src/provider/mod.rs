//! The OpenID Connect provider: discovery, authorization, tokens, userinfo, logout. Nothing here knows of pages.

pub mod authorize;
pub mod claims;
pub mod client_auth;
pub mod discovery;
pub mod hint;
pub mod token;
pub mod userinfo;
mod verified;
