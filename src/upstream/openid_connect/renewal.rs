//! A sign-in over there, confirmed later by a refresh (OpenID Connect Core, section 12): the provider says that it still
//! stands for this person, or it doesn't count any more. The token is kept for that and for nothing else.

use std::time::Duration;

use openidconnect::{Nonce, OAuth2TokenResponse, RefreshToken, RequestTokenError, TokenResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{OpenidConnect, Provider, SKEW, Tokens, text};
use crate::clock::Timestamp;
use crate::secret::Secret;
use crate::upstream::SignInFailure;

/// The longest that a refresh may take: whoever began one and isn't back then has died.
const LONGEST: Duration = Duration::from_secs(45);
/// The longest token that is kept, in bytes.
const MAX_TOKEN: usize = 4096;

/// What a refresh is made with, and what its answer is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::upstream) struct Renewal {
    token: Secret,
    first: First,
    confirmed_at: Timestamp,
    /// Somebody is asking since then.
    asked_at: Option<Timestamp>,
}

/// What the ID token of the sign-in said (section 12.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct First {
    sub: String,
    nonce: String,
    iat: i64,
    auth_time: Option<i64>,
    azp: Option<String>,
}

/// Whether a sign-in over there may be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Good,
    /// It has to be confirmed first.
    Due,
    /// Another request is at it.
    Asked,
}

impl Renewal {
    /// Out of the answer to a code; `None` if there is no refresh token, or none of a reasonable length.
    pub(super) fn new(tokens: &Tokens, claims: &Map<String, Value>, nonce: &Nonce, now: Timestamp) -> Option<Self> {
        let token = tokens.refresh_token()?.secret();
        let first = First {
            sub: text(claims, "sub"),
            nonce: nonce.secret().clone(),
            iat: number(claims, "iat")?,
            auth_time: number(claims, "auth_time"),
            azp: azp(claims),
        };
        let kept = !token.is_empty() && token.len() <= MAX_TOKEN;
        kept.then(|| Self { token: Secret::new(token), first, confirmed_at: now, asked_at: None })
    }

    /// The same, while a refresh is under way.
    #[must_use]
    pub(in crate::upstream) fn asked(self, now: Timestamp) -> Self {
        Self { asked_at: Some(now), ..self }
    }
}

impl First {
    /// What is wrong with a refreshed ID token whose signature, `iss`, `aud` and `exp` are in order (section 12.2).
    fn objection(&self, claims: &Map<String, Value>, now: Timestamp) -> Option<&'static str> {
        let (earliest, latest) = (now.minus(SKEW).seconds(), now.plus(SKEW).seconds());
        if text(claims, "sub") != self.sub {
            return Some("the refreshed ID token is about somebody else");
        }
        if !number(claims, "iat").is_some_and(|iat| iat >= self.iat && (earliest..=latest).contains(&iat)) {
            return Some("the refreshed ID token wasn't issued now");
        }
        let signed_in = number(claims, "auth_time");
        if signed_in.is_some_and(|at| self.auth_time.map_or(at > self.iat, |first| at != first)) {
            return Some("the refreshed ID token is about another sign-in");
        }
        (azp(claims) != self.azp).then_some("the refreshed ID token was issued to another party")
    }
}

impl OpenidConnect {
    /// Where a sign-in of this moment stands. One that came without a refresh token, though one was asked for, can't be
    /// confirmed: it is good for as long as others are without being asked about.
    pub(in crate::upstream) fn standing(&self, renewal: Option<&Renewal>, at: Timestamp) -> Standing {
        let now = self.clock.now();
        let confirmed_at = renewal.map_or(at, |renewal| renewal.confirmed_at);
        if !self.config.refreshes() || now.since(confirmed_at) <= Duration::from_secs(self.config.refresh_after) {
            return Standing::Good;
        }
        match renewal.and_then(|renewal| renewal.asked_at) {
            Some(at) if now.since(at) < LONGEST => Standing::Asked,
            _ => Standing::Due,
        }
    }

    /// Redeems the refresh token; gives what the next refresh is made with, a rotated token included.
    pub(in crate::upstream) async fn renew(&self, renewal: &Renewal) -> Result<Renewal, SignInFailure> {
        let provider = self.provider().await?;
        let token = RefreshToken::new(renewal.token.expose().to_owned());
        let request = provider.client.exchange_refresh_token(&token).map_err(|error| self.unavailable(&error))?;
        let tokens = request.request_async(&self.http).await.map_err(|error| match error {
            RequestTokenError::ServerResponse(answer) => {
                tracing::info!(issuer = self.config.issuer, %answer, "a provider refuses a refresh");
                SignInFailure::Declined
            }
            error => self.unavailable(&error),
        })?;
        self.same_person(&provider, &tokens, &renewal.first).await?;
        let rotated = tokens.refresh_token().map(|token| Secret::new(token.secret())).unwrap_or(renewal.token.clone());
        Ok(Renewal { token: rotated, confirmed_at: self.clock.now(), asked_at: None, first: renewal.first.clone() })
    }

    /// The answer may come without an ID token (section 12.1): then userinfo has to say whom it is about.
    async fn same_person(&self, provider: &Provider, tokens: &Tokens, first: &First) -> Result<(), SignInFailure> {
        if tokens.id_token().is_some() {
            // It should have no nonce; if it has, then that of the sign-in.
            let nonce = |nonce: Option<&Nonce>| match nonce {
                Some(nonce) if *nonce.secret() != first.nonce => Err("the nonce is another sign-in's".to_owned()),
                _ => Ok(()),
            };
            let claims = self.verified(provider, tokens, nonce).await?;
            if let Some(reason) = first.objection(&super::object(&claims), self.clock.now()) {
                return Err(self.untrusted(&reason));
            }
        } else if !self.config.userinfo {
            return Err(self.untrusted(&"nothing says whom the refreshed token is about"));
        }
        if self.config.userinfo {
            self.userinfo(provider, tokens, &first.sub).await?;
        }
        Ok(())
    }
}

fn number(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    claims.get(name).and_then(Value::as_i64)
}

fn azp(claims: &Map<String, Value>) -> Option<String> {
    claims.contains_key("azp").then(|| text(claims, "azp"))
}
