//! The relying party: 不动产登记预约, as an outside developer would write it.
//!
//! It knows of the portal what a real one would: an issuer, a `client_id` and a secret. Everything else comes from
//! discovery, at the first sign-in.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use tokio::sync::RwLock;

use crate::clock::{Clock, Random};
use crate::secret::Secret;

mod http;
mod pages;
mod provider;
mod session;
mod sign_in;
mod sign_out;
mod told;
mod trouble;

use provider::Provider;
use session::Sessions;
use trouble::Trouble;

/// What the relying party was told when it was registered.
#[derive(Clone, Debug)]
pub struct RelyingPartyConfig {
    /// The portal's issuer.
    pub issuer: String,
    /// The relying party's own address, without a slash at the end. `/callback`, `/logged-out`, `/initiate`,
    /// `/frontchannel-logout` and `/backchannel-logout` are below it.
    pub base_url: String,
    /// Its `client_id`.
    pub client_id: String,
    /// Its secret, for `client_secret_basic`.
    pub client_secret: Secret,
    /// The scopes it asks for; `openid` is added.
    pub scopes: Vec<String>,
}

/// The relying party's state.
#[derive(Clone, Debug)]
pub struct RelyingParty(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: RelyingPartyConfig,
    clock: Clock,
    http: http::Client,
    provider: RwLock<Option<Arc<Provider>>>,
    sessions: Sessions,
}

/// How long the portal may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

impl RelyingParty {
    /// A relying party that hasn't talked to the portal yet.
    pub fn new(config: RelyingPartyConfig, clock: Clock, random: Random) -> reqwest::Result<Self> {
        let http = http::Client::new(PATIENCE)?;
        let secure = config.base_url.starts_with("https:");
        let sessions = Sessions::new(random, secure);
        Ok(Self(Arc::new(Inner { config, clock, http, provider: RwLock::default(), sessions })))
    }

    /// What is known of the portal; discovered at the first use.
    async fn provider(&self) -> Result<Arc<Provider>, Trouble> {
        if let Some(provider) = self.0.provider.read().await.clone() {
            return Ok(provider);
        }
        self.discover().await
    }

    /// Discovers anew, for instance because the portal's keys have changed.
    async fn discover(&self) -> Result<Arc<Provider>, Trouble> {
        let provider = Arc::new(Provider::discover(&self.0.config, &self.0.http).await?);
        *self.0.provider.write().await = Some(Arc::clone(&provider));
        Ok(provider)
    }
}

/// The relying party's routes.
pub fn router(state: RelyingParty) -> Router {
    Router::new()
        .route("/", get(pages::home))
        .route("/login", get(sign_in::login))
        .route("/callback", get(sign_in::callback))
        .route("/logout", post(sign_out::logout))
        .route("/logged-out", get(sign_out::logged_out))
        .route("/initiate", get(told::initiate))
        .route("/frontchannel-logout", get(told::front_channel))
        .route("/backchannel-logout", post(told::back_channel))
        .with_state(state)
}
