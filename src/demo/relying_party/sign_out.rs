//! Signing out here and at the portal: OpenID Connect RP-Initiated Logout 1.0.

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use openidconnect::{ClientId, CsrfToken, LogoutRequest, PostLogoutRedirectUrl};

use super::pages::{Lang, Notice, Words};
use super::session::User;
use super::{RelyingParty, Trouble};

/// The session here ends first, whatever becomes of the portal's. `SameSite=Lax` keeps other sites from posting this.
pub(super) async fn logout(
    State(party): State<RelyingParty>,
    headers: HeaderMap,
    Form(words): Form<Words>,
) -> Result<Response, Response> {
    let Some(user) = party.0.sessions.end(&headers) else {
        return Ok(Redirect::to(words.lang.home()).into_response());
    };
    let url = party.end_session(&user, words.lang).await.map_err(|trouble| trouble.page(words.lang))?;
    Ok(Redirect::to(&url).into_response())
}

impl RelyingParty {
    async fn end_session(&self, user: &User, lang: Lang) -> Result<String, Trouble> {
        let provider = self.provider().await?;
        let back = format!("{}/logged-out", self.0.config.base_url);
        let Some(end_session) = provider.end_session.clone() else {
            return Ok(back);
        };
        let back = PostLogoutRedirectUrl::new(back).map_err(|_| Trouble::Portal)?;
        let state = match lang {
            Lang::Zh => "zh",
            Lang::En => "en",
        };
        let request = LogoutRequest::from(end_session)
            .set_id_token_hint(&user.id_token)
            .set_client_id(ClientId::new(self.0.config.client_id.clone()))
            .set_post_logout_redirect_uri(back)
            .set_state(CsrfToken::new(state.to_owned()));
        Ok(request.http_get_url().into())
    }
}

#[derive(serde::Deserialize)]
pub(super) struct Back {
    #[serde(default)]
    state: String,
}

/// The page says nothing that the visitor couldn't see otherwise; `state` only brings the language back.
pub(super) async fn logged_out(Query(back): Query<Back>) -> Response {
    let lang = if back.state == "en" { Lang::En } else { Lang::Zh };
    Notice::signed_out(lang).page(StatusCode::OK)
}
