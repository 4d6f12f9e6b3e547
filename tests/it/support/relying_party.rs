//! A relying party as an outside developer writes it, with the `openidconnect` crate, over the in-process router.

use std::future::Future;
use std::pin::Pin;

use axum::Router;
use axum::body::Body;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreProviderMetadata, CoreTokenResponse,
};
use openidconnect::{
    AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope, TokenResponse,
};
use tower::ServiceExt;

use super::{BOOKING, World};

/// HTTP without a network: requests go to the router.
#[derive(Clone)]
pub struct Direct(Router);

impl<'c> AsyncHttpClient<'c> for Direct {
    type Error = std::convert::Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Self::Error>> + Send + Sync + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        let router = self.0.clone();
        let (answer, wait) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            let (parts, body) = request.into_parts();
            let response = router.oneshot(axum::http::Request::from_parts(parts, Body::from(body))).await.unwrap();
            let (parts, body) = response.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let _ = answer.send(HttpResponse::from_parts(parts, body.to_vec()));
        });
        Box::pin(async move { Ok(wait.await.unwrap()) })
    }
}

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

pub struct RelyingParty {
    client: Client,
    http: Direct,
}

/// A request on its way.
pub struct Started {
    pub path: String,
    pub state: String,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

impl RelyingParty {
    /// The demonstration's client.
    pub async fn booking(world: &World) -> Self {
        let secret = world.config.clients[0].secret.as_ref().unwrap().expose().to_owned();
        Self::new(world, BOOKING, Some(secret), "http://localhost:8081/callback").await
    }

    pub async fn new(world: &World, id: &str, secret: Option<String>, redirect: &str) -> Self {
        let http = Direct(world.router.clone());
        let issuer = IssuerUrl::new("http://localhost:8080".into()).unwrap();
        let metadata = CoreProviderMetadata::discover_async(issuer, &http).await.unwrap();
        let client =
            CoreClient::from_provider_metadata(metadata, ClientId::new(id.into()), secret.map(ClientSecret::new))
                .set_redirect_uri(RedirectUrl::new(redirect.into()).unwrap());
        Self { client, http }
    }

    /// Begins a sign-in; `extra` are further parameters.
    pub fn start(&self, scopes: &[&str], extra: &[(&str, &str)]) -> Started {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = self
            .client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .set_pkce_challenge(challenge);
        for scope in scopes {
            request = request.add_scope(Scope::new((*scope).into()));
        }
        for (name, value) in extra {
            request = request.add_extra_param((*name).to_owned(), (*value).to_owned());
        }
        let (url, state, nonce) = request.url();
        let path = format!("{}?{}", url.path(), url.query().unwrap());
        Started { path, state: state.secret().clone(), nonce, verifier }
    }

    /// Ends it: checks state and `iss`, redeems the code, verifies the ID token.
    pub async fn finish(&self, started: Started, back: &str) -> (CoreTokenResponse, CoreIdTokenClaims) {
        let url = url::Url::parse(back).unwrap();
        let query: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!(query.get("state"), Some(&started.state));
        assert_eq!(query.get("iss").map(String::as_str), Some("http://localhost:8080"));
        let code = query.get("code").unwrap_or_else(|| panic!("no code in {back}")).clone();
        let tokens = self
            .client
            .exchange_code(AuthorizationCode::new(code))
            .unwrap()
            .set_pkce_verifier(started.verifier)
            .request_async(&self.http)
            .await
            .unwrap();
        // The portal's clock stands still; the crate's doesn't.
        let verifier = self.client.id_token_verifier().set_time_fn(|| chrono_like(1_795_485_600));
        let claims = tokens.id_token().unwrap().claims(&verifier, &started.nonce).unwrap().clone();
        (tokens, claims)
    }

    /// What userinfo says.
    pub async fn userinfo(&self, tokens: &CoreTokenResponse) -> serde_json::Value {
        userinfo(&self.http.0, tokens.access_token().secret()).await.1
    }
}

fn chrono_like(seconds: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(seconds, 0).unwrap()
}

/// Status and body of userinfo.
pub async fn userinfo(router: &Router, token: &str) -> (u16, serde_json::Value) {
    let request = axum::http::Request::get("/userinfo").header("authorization", format!("Bearer {token}"));
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// Status and body of the token endpoint.
pub async fn token(router: &Router, basic: Option<(&str, &str)>, form: &[(&str, &str)]) -> (u16, serde_json::Value) {
    endpoint(router, "/token", basic, form).await
}

/// Status and body of an endpoint that takes a form of a client.
pub async fn endpoint(
    router: &Router,
    path: &str,
    basic: Option<(&str, &str)>,
    form: &[(&str, &str)],
) -> (u16, serde_json::Value) {
    use base64::Engine;
    let mut request = axum::http::Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    if let Some((id, secret)) = basic {
        let text = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
        request = request.header("authorization", format!("Basic {text}"));
    }
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let response = router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}
