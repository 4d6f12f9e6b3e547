//! The OpenID Connect provider: discovery, authorization, tokens, userinfo, introspection, revocation. Nothing here knows
//! of pages.

mod access;
mod access_jwt;
pub mod authorize;
pub mod bearer;
pub mod claims;
mod client_assertion;
pub mod client_auth;
mod client_credentials;
mod client_jwt;
pub mod discovery;
pub mod hint;
pub mod introspection;
pub mod logout_token;
mod organization;
mod refresh;
pub mod registration;
mod resource;
pub mod revocation;
pub mod session_state;
pub mod token;
pub mod userinfo;
mod verified;
