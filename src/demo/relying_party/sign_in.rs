//! To the portal and back.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use openidconnect::core::CoreResponseType;
use openidconnect::{AuthenticationFlow, CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier, Scope};
use serde::Deserialize;

use super::pages::Lang;
use super::provider::Provider;
use super::session::{Pending, User};
use super::{RelyingParty, Trouble};

/// What a link to `/login` may add to the request.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wishes {
    #[serde(default)]
    lang: Lang,
    account_kind: Option<String>,
    ui_locales: Option<String>,
    acr_values: Option<String>,
    prompt: Option<String>,
}

impl Wishes {
    fn parameters(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let locales = self.ui_locales.as_deref().or_else(|| self.lang.locale());
        let all = [
            ("account_kind", self.account_kind.as_deref()),
            ("ui_locales", locales),
            ("acr_values", self.acr_values.as_deref()),
            ("prompt", self.prompt.as_deref()),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)))
    }
}

pub(super) async fn login(
    State(party): State<RelyingParty>,
    Query(wishes): Query<Wishes>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let provider = party.provider().await.map_err(|trouble| trouble.page(wishes.lang))?;
    let (url, pending) = request(&party, &provider, &wishes);
    let cookie = party.0.sessions.begin(&headers, pending);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&url)).into_response())
}

fn request(party: &RelyingParty, provider: &Provider, wishes: &Wishes) -> (String, Pending) {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
    let scopes = party.0.config.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new);
    let mut request = provider.client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
    request = request.add_scopes(scopes).set_pkce_challenge(challenge);
    for (name, value) in wishes.parameters() {
        request = request.add_extra_param(name, value.to_owned());
    }
    let (url, state, nonce) = request.url();
    let verifier = PkceCodeVerifier::new(verifier.into_secret());
    (url.into(), Pending { state, nonce, verifier, lang: wishes.lang })
}

/// The portal's answer: RFC 6749, section 4.1.2, and RFC 9207.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    code: Option<String>,
    #[serde(default)]
    state: String,
    iss: Option<String>,
    error: Option<String>,
}

pub(super) async fn callback(
    State(party): State<RelyingParty>,
    Query(answer): Query<Answer>,
    headers: HeaderMap,
) -> Response {
    let Some(pending) = party.0.sessions.take(&headers, &answer.state) else {
        return Trouble::State.page(Lang::default());
    };
    match party.finish(answer, &pending).await {
        Ok(user) => {
            let cookie = party.0.sessions.sign_in(&headers, user);
            ([(header::SET_COOKIE, cookie)], Redirect::to(pending.lang.home())).into_response()
        }
        Err(trouble) => trouble.page(pending.lang),
    }
}

impl RelyingParty {
    /// `iss` is looked at before anything else in the answer is believed, the error included.
    async fn finish(&self, answer: Answer, pending: &Pending) -> Result<User, Trouble> {
        let provider = self.provider().await?;
        provider.check_issuer(answer.iss.as_deref())?;
        if let Some(error) = answer.error {
            return Err(Trouble::Declined(error));
        }
        let http = &self.0.http;
        let tokens = provider.exchange(answer.code.ok_or(Trouble::State)?, pending, http).await?;
        match provider.user(&tokens, pending, &self.0.clock, http).await {
            Err(Trouble::NewKeys) => {
                let provider = self.discover().await?;
                provider.user(&tokens, pending, &self.0.clock, http).await
            }
            outcome => outcome,
        }
    }
}
