//! A native app with the `openidconnect` crate: public, so without a secret, and the browser comes back to it on loopback
//! (RFC 8252). It has one user.

use std::pin::Pin;
use std::sync::Arc;

use anyhow::{Context, ensure};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use openidconnect::core::*;
use openidconnect::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// What the crate doesn't read of the portal's metadata by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct More {
    revocation_endpoint: RevocationUrl,
    end_session_endpoint: EndSessionUrl,
}

impl AdditionalProviderMetadata for More {}

type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;
type Client = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointSet, EndpointMaybeSet, EndpointMaybeSet>;

struct App {
    base_url: String,
    http: Http,
    metadata: Metadata,
    client: Client,
    pending: Mutex<Option<(CsrfToken, Nonce, PkceCodeVerifier)>>,
    user: Mutex<Option<User>>,
}

struct User {
    claims: CoreIdTokenClaims,
    id_token: CoreIdToken,
    refresh_token: RefreshToken,
    userinfo: CoreUserInfoClaims,
}

impl App {
    async fn discover(issuer: String, client_id: String, base_url: String) -> anyhow::Result<Self> {
        let http = Http(reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?);
        let metadata = Metadata::discover_async(IssuerUrl::new(issuer)?, &http).await?;
        let client = CoreClient::from_provider_metadata(metadata.clone(), ClientId::new(client_id), None)
            .set_redirect_uri(RedirectUrl::new(format!("{base_url}/callback"))?)
            .set_revocation_url(metadata.additional_metadata().revocation_endpoint.clone());
        let (pending, user) = (Mutex::default(), Mutex::default());
        Ok(Self { base_url, http, metadata, client, pending, user })
    }

    /// ID tokens are signed as this client is registered for, by a key of the portal's JWKS.
    fn verifier(&self) -> CoreIdTokenVerifier<'_> {
        self.client.id_token_verifier().set_allowed_algs([CoreJwsSigningAlgorithm::EcdsaP256Sha256])
    }

    /// Redeems the code and checks the ID token, once it is clear whose answer this is, and from whom.
    async fn finish(&self, answer: Answer) -> anyhow::Result<User> {
        let (state, nonce, verifier) = self.pending.lock().await.take().context("nothing was asked")?;
        ensure!(answer.state.secret() == state.secret(), "the answer to another request (RFC 6749, section 10.12)");
        ensure!(answer.iss == *self.metadata.issuer(), "another portal's answer (RFC 9207)");
        let code = AuthorizationCode::new(answer.code);
        let tokens = self.client.exchange_code(code)?.set_pkce_verifier(verifier).request_async(&self.http).await?;
        let id_token = tokens.id_token().context("no ID token")?.clone();
        let claims = id_token.claims(&self.verifier(), &nonce)?.clone();
        let refresh_token = tokens.refresh_token().context("no refresh token")?.clone();
        let userinfo = self.userinfo(tokens.access_token().clone(), claims.subject().clone()).await?;
        Ok(User { claims, id_token, refresh_token, userinfo })
    }

    async fn userinfo(&self, token: AccessToken, subject: SubjectIdentifier) -> anyhow::Result<CoreUserInfoClaims> {
        Ok(self.client.user_info(token, Some(subject))?.request_async(&self.http).await?)
    }
}

/// The crate's requests, by this program's HTTP client.
struct Http(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = reqwest::Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, reqwest::Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let mut response = self.0.execute(request.try_into()?).await?;
            let mut answer = HttpResponse::new(Vec::new());
            *answer.status_mut() = response.status();
            *answer.headers_mut() = std::mem::take(response.headers_mut());
            *answer.body_mut() = response.bytes().await?.to_vec();
            Ok(answer)
        })
    }
}

async fn login(State(app): State<Arc<App>>) -> Redirect {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let flow = CoreAuthenticationFlow::AuthorizationCode;
    let (url, state, nonce) = app
        .client
        .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(["profile", "phone", "offline_access"].map(|scope| Scope::new(scope.to_owned())))
        .add_prompt(CoreAuthPrompt::Consent) // a refresh token takes the person's consent
        .set_pkce_challenge(challenge)
        .url();
    *app.pending.lock().await = Some((state, nonce, verifier));
    Redirect::to(url.as_str())
}

#[derive(Deserialize)]
struct Answer {
    code: String,
    state: CsrfToken,
    iss: IssuerUrl,
}

async fn callback(State(app): State<Arc<App>>, Query(answer): Query<Answer>) -> Result<Redirect, Failure> {
    let user = app.finish(answer).await?;
    *app.user.lock().await = Some(user);
    Ok(Redirect::to("/"))
}

/// A public client's refresh token is good once: the next one comes with the answer.
async fn refresh(State(app): State<Arc<App>>) -> Result<Json<Value>, Failure> {
    let mut user = app.user.lock().await;
    let user = user.as_mut().context("nobody is signed in")?;
    let tokens = app.client.exchange_refresh_token(&user.refresh_token)?.request_async(&app.http).await?;
    user.refresh_token = tokens.refresh_token().context("no refresh token")?.clone();
    let id_token = tokens.id_token().context("no ID token")?;
    let claims = id_token.claims(&app.verifier(), |_: Option<&Nonce>| Ok(()))?;
    user.userinfo = app.userinfo(tokens.access_token().clone(), claims.subject().clone()).await?;
    Ok(Json(json!({ "sub": claims.subject(), "refreshed_at": claims.issue_time().timestamp() })))
}

async fn logout(State(app): State<Arc<App>>) -> Result<Redirect, Failure> {
    let user = app.user.lock().await.take().context("nobody is signed in")?;
    app.client.revoke_token(user.refresh_token.into())?.request_async(&app.http).await?;
    let url = LogoutRequest::from(app.metadata.additional_metadata().end_session_endpoint.clone())
        .set_id_token_hint(&user.id_token)
        .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(format!("{}/goodbye", app.base_url))?)
        .set_state(CsrfToken::new_random())
        .http_get_url();
    Ok(Redirect::to(url.as_str()))
}

async fn home(State(app): State<Arc<App>>) -> Result<Json<Value>, Failure> {
    let user = app.user.lock().await;
    let Some(user) = user.as_ref() else { return Ok(Json(json!({}))) };
    let (mut shown, userinfo) = (serde_json::to_value(&user.claims)?, serde_json::to_value(&user.userinfo)?);
    if let (Value::Object(shown), Value::Object(userinfo)) = (&mut shown, userinfo) {
        shown.extend(userinfo);
    }
    Ok(Json(shown))
}

struct Failure(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        eprintln!("{:?}", self.0);
        (StatusCode::INTERNAL_SERVER_ERROR, "this did not work").into_response()
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let setting = |name| std::env::var(name).context(name);
    let app = App::discover(setting("ISSUER")?, setting("CLIENT_ID")?, setting("BASE_URL")?).await?;
    let router = Router::new()
        .route("/login", get(login))
        .route("/callback", get(callback))
        .route("/refresh", get(refresh))
        .route("/logout", post(logout))
        .route("/", get(home))
        .route("/goodbye", get(home))
        .with_state(Arc::new(app));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", setting("PORT")?.parse::<u16>()?)).await?;
    Ok(axum::serve(listener, router).await?)
}
