//! A legacy system that is an OpenID Connect provider: authorization code flow with PKCE, `state`, `nonce` and `iss`
//! (RFC 9700, section 4). Its metadata and keys are read at the first use, so that the portal starts without it.

use std::sync::Arc;
use std::time::Duration;

use openidconnect::core::{CoreAuthPrompt, CoreResponseType};
use openidconnect::{
    AuthenticationFlow, AuthorizationCode, CsrfToken, Nonce, NonceVerifier, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, RequestTokenError, Scope, TokenResponse, UserInfoError,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::RwLock;
use url::Url;

use super::{Doubt, SignInFailure, UpstreamProfile, UpstreamUser};
use crate::clock::{Clock, Random, Timestamp};
use crate::config;
use crate::ids::UpstreamSubject;
use crate::secret::Secret;

mod http;
mod provider;
mod renewal;

use provider::{IdClaims, Info, Provider, Tokens};
pub(super) use renewal::Renewal;
pub use renewal::Standing;

/// How long metadata and keys are believed.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// How far its clock may be behind.
const SKEW: Duration = Duration::from_secs(60);
/// The longest subject, in bytes (OpenID Connect Core, section 2).
const MAX_SUBJECT: usize = 255;
/// The longest claim that is taken over, in bytes.
const MAX_CLAIM: usize = 256;

pub(super) struct OpenidConnect {
    config: config::OpenidConnect,
    callback: String,
    /// The origins that a sign-in there leads through, for `form-action`.
    pub(super) origins: String,
    http: http::Client,
    clock: Clock,
    random: Random,
    provider: RwLock<Option<(Timestamp, Arc<Provider>)>>,
}

/// What has to be remembered of a sign-in over there until its answer comes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Asked {
    nonce: Secret,
    verifier: Secret,
    at: Timestamp,
}

/// What a provider's answer has come to.
pub(super) struct Answered {
    /// The user name over there.
    pub(super) account: String,
    pub(super) user: UpstreamUser,
    /// What the sign-in is confirmed with later, where that is wanted.
    pub(super) renewal: Option<Renewal>,
}

/// A provider's answer, as the browser brings it (RFC 6749, section 4.1.2; RFC 9207).
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// `code`
    pub code: Option<&'a str>,
    /// `iss`
    pub iss: Option<&'a str>,
    /// `error`
    pub error: Option<&'a str>,
}

impl OpenidConnect {
    pub(super) fn new(
        config: config::OpenidConnect,
        callback: &str,
        http: &reqwest::Client,
        clock: &Clock,
        random: &Random,
    ) -> Self {
        let issuer = Url::parse(&config.issuer).ok();
        let origins = issuer.iter().chain(&config.origins).map(|url| url.origin().ascii_serialization());
        Self {
            origins: origins.collect::<Vec<_>>().join(" "),
            callback: callback.to_owned(),
            http: http::Client::new(http, issuer.as_ref().map_or("https", Url::scheme)),
            clock: clock.clone(),
            random: random.clone(),
            provider: RwLock::default(),
            config,
        }
    }

    /// The provider as discovered within the last hour.
    async fn provider(&self) -> Result<Arc<Provider>, SignInFailure> {
        let known = self.provider.read().await.clone();
        match known.filter(|(at, _)| self.clock.now().since(*at) < FRESH) {
            Some((_, provider)) => Ok(provider),
            None => self.discover().await,
        }
    }

    async fn discover(&self) -> Result<Arc<Provider>, SignInFailure> {
        let found = Provider::discover(&self.config, &self.callback, &self.http).await;
        let provider = Arc::new(found.map_err(|error| self.unavailable(&error))?);
        *self.provider.write().await = Some((self.clock.now(), Arc::clone(&provider)));
        Ok(provider)
    }

    pub(super) async fn examine(&self) -> Result<(), Doubt> {
        provider::examine(&self.config, &self.http).await
    }

    /// The authorization request. `prompt=login`: whoever sat at this machine before isn't signed in with it.
    pub(super) async fn ask(&self, state: &str) -> Result<(String, Asked), SignInFailure> {
        let provider = self.provider().await?;
        let asked = Asked {
            nonce: Secret::new(self.random.token::<32>()),
            verifier: Secret::new(self.random.token::<32>()),
            at: self.clock.now(),
        };
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let (state, nonce) = (CsrfToken::new(state.to_owned()), asked.nonce());
        let scopes = self.config.scopes.split_whitespace().filter(|scope| *scope != "openid");
        let request = provider.client.authorize_url(flow, || state, || nonce).add_prompt(CoreAuthPrompt::Login);
        // A refresh token takes the person's consent, asked for now (Core, section 11).
        let request = if self.config.refreshes() { request.add_prompt(CoreAuthPrompt::Consent) } else { request };
        let (url, ..) = request
            .add_scopes(scopes.map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&asked.verifier()))
            .url();
        Ok((url.into(), asked))
    }

    /// The user behind an answer. `iss` is looked at before anything else is believed,
    /// an error included (RFC 9207, section 2.4).
    pub(super) async fn answered(&self, asked: &Asked, answer: &Answer<'_>) -> Result<Answered, SignInFailure> {
        let provider = self.provider().await?;
        match answer.iss {
            Some(iss) if iss == self.config.issuer => {}
            None if !provider.names_itself => {}
            _ => return Err(self.untrusted(&"the answer names another issuer, or none")),
        }
        match (answer.error, answer.code) {
            (Some(error), _) => {
                tracing::info!(issuer = self.config.issuer, error = ?error, "a sign-in at a provider was broken off");
                let down = matches!(error, "server_error" | "temporarily_unavailable");
                Err(if down { SignInFailure::Unavailable } else { SignInFailure::Declined })
            }
            (None, Some(code)) => self.user(&provider, code, asked).await,
            (None, None) => Err(self.untrusted(&"the answer has neither code nor error")),
        }
    }

    async fn user(&self, provider: &Provider, code: &str, asked: &Asked) -> Result<Answered, SignInFailure> {
        let request = provider.client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let request = request.map_err(|error| self.unavailable(&error))?.set_pkce_verifier(asked.verifier());
        let tokens = request.request_async(&self.http).await.map_err(|error| match error {
            RequestTokenError::ServerResponse(_) => self.untrusted(&error),
            _ => self.unavailable(&error),
        })?;
        let mut claims = self.id_token(provider, &tokens, asked).await?;
        let subject = text(&claims, "sub");
        if subject.is_empty() || subject.len() > MAX_SUBJECT {
            return Err(self.untrusted(&"the subject is empty or too long"));
        }
        let renewal = if self.config.refreshes() {
            Renewal::new(&tokens, &claims, &asked.nonce(), self.clock.now())
        } else {
            None
        };
        if self.config.userinfo {
            claims.extend(self.userinfo(provider, &tokens, &subject).await?);
        }
        let says_verified = self.config.verified_claim.as_deref();
        let says_verified = says_verified.is_some_and(|claim| text(&claims, claim) == self.config.verified_value);
        let profile = self.profile(&claims);
        let user = UpstreamUser { subject: UpstreamSubject(subject), says_verified, profile };
        Ok(Answered { account: text(&claims, &self.config.account), user, renewal })
    }

    /// The claims of the ID token, once it is found in order (OpenID Connect Core, section 3.1.3.7).
    async fn id_token(
        &self,
        provider: &Provider,
        tokens: &Tokens,
        asked: &Asked,
    ) -> Result<Map<String, Value>, SignInFailure> {
        let claims = self.verified(provider, tokens, &asked.nonce()).await?;
        // It was asked to let the person sign in now, and not to answer from a session that somebody left there.
        let earliest = asked.at.minus(SKEW).seconds();
        if claims.auth_time().is_some_and(|at| at.timestamp() < earliest) {
            return Err(self.untrusted(&"the person signed in there before they were asked to"));
        }
        let claims = object(&claims);
        // The crate leaves this one to its caller (section 3.1.3.7, step 5).
        if claims.contains_key("azp") && text(&claims, "azp") != self.config.client_id {
            return Err(self.untrusted(&"the ID token was issued to another party"));
        }
        Ok(claims)
    }

    /// What an ID token says whose signature, `iss`, `aud`, `exp` and nonce are in order; an unknown key is looked for anew.
    async fn verified(
        &self,
        provider: &Provider,
        tokens: &Tokens,
        nonce: impl NonceVerifier + Copy,
    ) -> Result<IdClaims, SignInFailure> {
        let token = tokens.id_token().ok_or_else(|| self.untrusted(&"there is no ID token"))?;
        let claims = match token.claims(&provider.verifier(&self.clock), nonce) {
            Err(error) if provider::is_new_key(&error) => {
                let renewed = self.discover().await?;
                token.claims(&renewed.verifier(&self.clock), nonce).cloned()
            }
            outcome => outcome.cloned(),
        };
        claims.map_err(|error| self.untrusted(&error))
    }

    async fn userinfo(
        &self,
        provider: &Provider,
        tokens: &Tokens,
        subject: &str,
    ) -> Result<Map<String, Value>, SignInFailure> {
        let subject = openidconnect::SubjectIdentifier::new(subject.to_owned());
        let request = provider.client.user_info(tokens.access_token().clone(), Some(subject));
        let request = request.map_err(|error| self.unavailable(&error))?;
        let info: Info = request.request_async(&self.http).await.map_err(|error| match error {
            UserInfoError::ClaimsVerification(_) => self.untrusted(&error),
            _ => self.unavailable(&error),
        })?;
        Ok(object(&info))
    }

    fn profile(&self, claims: &Map<String, Value>) -> UpstreamProfile {
        let [name, document_type, country, document_number, birth_date, gender, ethnic_group, phone, email] =
            self.config.claims.person();
        let of = |name: Option<&str>, usual: &str| text(claims, name.unwrap_or(usual));
        UpstreamProfile {
            name: of(name, "name"),
            document_type: of(document_type, "document_type"),
            document_country: of(country, "document_country"),
            document_number: of(document_number, "document_number"),
            birth_date: of(birth_date, "birthdate"),
            gender: of(gender, "gender"),
            ethnic_group: of(ethnic_group, "ethnic_group"),
            // E.164 there, the national form here.
            phone: of(phone, "phone_number").trim_start_matches("+86").to_owned(),
            email: of(email, "email"),
            unit: None,
        }
    }

    fn unavailable(&self, error: &dyn std::error::Error) -> SignInFailure {
        let causes = std::iter::successors(error.source(), |cause| cause.source()).map(|cause| format!(": {cause}"));
        let causes: String = causes.collect();
        tracing::warn!(issuer = self.config.issuer, "the provider is unavailable: {error}{causes}");
        SignInFailure::Unavailable
    }

    fn untrusted(&self, reason: &dyn std::fmt::Display) -> SignInFailure {
        tracing::warn!(issuer = self.config.issuer, %reason, "the answer of a provider is refused");
        SignInFailure::Untrusted
    }
}

impl Asked {
    fn nonce(&self) -> Nonce {
        Nonce::new(self.nonce.expose().to_owned())
    }

    fn verifier(&self) -> PkceCodeVerifier {
        PkceCodeVerifier::new(self.verifier.expose().to_owned())
    }
}

fn object(claims: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(claims)) => claims,
        _ => Map::new(),
    }
}

/// A claim as text; empty if it is absent, no text, number or truth value, or longer than anything that is asked for.
fn text(claims: &Map<String, Value>, name: &str) -> String {
    match claims.get(name) {
        Some(Value::String(text)) if text.len() <= MAX_CLAIM => text.clone(),
        Some(value @ (Value::Bool(_) | Value::Number(_))) => value.to_string(),
        _ => String::new(),
    }
}
