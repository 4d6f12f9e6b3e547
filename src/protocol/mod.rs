//! OAuth 2.0 and OpenID Connect as pure types: nothing here knows of HTTP servers, databases or time.

pub mod account_kind;
pub mod acr;
pub mod claims;
pub mod client_metadata;
pub mod error;
pub mod params;
pub mod pkce;
pub mod prompt;
pub mod redirect_uri;
pub mod request;
pub mod response_mode;
pub mod scope;
pub mod signing;
