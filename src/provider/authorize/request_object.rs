//! Request objects: parameters that the client has signed, by value or by reference (OpenID Connect Core, section 6; RFC
//! 9101). They are unfolded before anything else is looked at: redirect URI, state and response mode may be inside.
//!
//! Unsigned objects (`alg: none`) are not taken: they say no more than a query, and look as if they did.

use serde_json::{Map, Value};

use crate::app::App;
use crate::domain::client::Client;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::Params;
use crate::provider::client_jwt::{self, Claims, MAX, algorithms};
use crate::storage::Stored;

/// Claims of the object itself, which are no parameters of the request.
const OWN: [&str; 7] = ["iss", "aud", "sub", "exp", "nbf", "iat", "jti"];
/// The longest `request_uri` (RFC 9101, section 5.2).
const LONGEST_URI: usize = 512;

const fn invalid(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequestObject, description)
}

/// The parameters of a request, whether it came open or in an object, and what is wrong with the object: then they are
/// the open ones, which may tell the way back. Where the client isn't known nothing is unfolded: its proof fails next.
///
/// # Errors
/// The store's own.
pub async fn unfold(app: &App, params: Params) -> Stored<(Params, Option<OAuthError>)> {
    let Some(client) = app.client(params.text("client_id")).await? else { return Ok((params, None)) };
    Ok(match unfolded(app, &client, &params).await {
        Ok(Some(merged)) => (merged, None),
        Ok(None) => (params, None),
        Err(error) => (params, Some(error)),
    })
}

async fn unfolded(app: &App, client: &Client, params: &Params) -> Result<Option<Params>, OAuthError> {
    let refuse = |description| Err(OAuthError::new(ErrorCode::InvalidRequest, description));
    match (params.get("request"), params.get("request_uri")) {
        (None, None) if client.metadata.require_signed_request_object => {
            refuse("this client asks by signed request objects alone")
        }
        (None, None) => Ok(None),
        (Some(_), Some(_)) => refuse("request and request_uri exclude each other"),
        (Some(object), None) => opened(app, client, params, object).await.map(Some),
        (None, Some(uri)) => {
            let object = fetch(app, client, uri).await?;
            opened(app, client, params, &object).await.map(Some)
        }
    }
}

/// What stands at a URI that the client has registered, to the letter; its fragment isn't sent.
async fn fetch(app: &App, client: &Client, uri: &str) -> Result<String, OAuthError> {
    let invalid = |description| OAuthError::new(ErrorCode::InvalidRequestUri, description);
    let registered = uri.len() <= LONGEST_URI && client.metadata.request_uris.iter().any(|own| own == uri);
    if !registered {
        return Err(invalid("request_uri is not registered for this client"));
    }
    let url = url::Url::parse(uri).map_err(|_| invalid("request_uri is not a URL"))?;
    let fetched = app.egress.get(&url, MAX).await.map_err(|refused| {
        tracing::info!(client = %client.id, %refused, "a request object could not be fetched");
        invalid("request_uri can not be fetched")
    })?;
    let text = String::from_utf8(fetched.body).map_err(|_| invalid("there is no request object at request_uri"))?;
    Ok(text.trim().to_owned())
}

async fn opened(app: &App, client: &Client, outer: &Params, token: &str) -> Result<Params, OAuthError> {
    let accepted = algorithms(client, client.metadata.request_object_signing_alg.as_deref());
    let claims = client_jwt::verify(app, client, token, &accepted).await;
    let claims = claims.ok_or(invalid("the request object is not signed with the client's key and algorithm"))?;
    meant(app, client, &claims)?;
    let inner = parameters(&claims.0)?;
    agree(client, outer, &claims)?;
    // RFC 9101, section 6.3, wants the object alone; OpenID Connect Core, section 6.1, lets the query add to it. The
    // object wins either way, and is alone where the client has said that it signs everything.
    let adds = !client.metadata.require_signed_request_object;
    let added = outer.iter().filter(|(name, _)| match *name {
        "request" | "request_uri" => false,
        "client_id" => true,
        name => adds && !claims.0.contains_key(name),
    });
    let added = added.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let inner = inner.into_iter().filter(|(name, _)| name != "client_id");
    Params::collect(inner.chain(added)).map_err(|_| invalid("a parameter in the request object is too large"))
}

/// From this client, for this portal, at this moment; and no assertion in disguise (RFC 9101, section 10.8).
fn meant(app: &App, client: &Client, claims: &Claims) -> Result<(), OAuthError> {
    if claims.text("iss") != Some(client.id.as_str()) {
        return Err(invalid("iss must be the client_id"));
    }
    if !claims.audiences().contains(&app.config.issuer_text()) {
        return Err(invalid("aud must be the issuer"));
    }
    if claims.0.contains_key("sub") {
        return Err(invalid("a request object has no sub"));
    }
    if !claims.is_current(app.clock.now()) {
        return Err(invalid("the request object has expired, or is not good yet"));
    }
    Ok(())
}

/// What must not differ between the query and the object (OpenID Connect Core, section 6.1).
fn agree(client: &Client, outer: &Params, claims: &Claims) -> Result<(), OAuthError> {
    if claims.0.contains_key("request") || claims.0.contains_key("request_uri") {
        return Err(invalid("a request object holds no other"));
    }
    if claims.0.contains_key("client_id") && claims.text("client_id") != Some(client.id.as_str()) {
        return Err(invalid("client_id differs from the one in the request object"));
    }
    match (outer.get("response_type"), claims.text("response_type")) {
        (Some(outer), Some(inner)) if outer != inner => {
            Err(invalid("response_type differs from the one in the request object"))
        }
        _ => Ok(()),
    }
}

/// The object's members as parameters: numbers and JSON objects by their text.
fn parameters(claims: &Map<String, Value>) -> Result<Vec<(String, String)>, OAuthError> {
    let mut all = Vec::new();
    for (name, value) in claims.iter().filter(|(name, _)| !OWN.contains(&name.as_str())) {
        let text = match value {
            // The one parameter that may be repeated (RFC 8707, section 2).
            Value::Array(several) if name == "resource" => {
                let texts = several.iter().map(|one| one.as_str().map(str::to_owned));
                let texts: Option<Vec<String>> = texts.collect();
                let texts = texts.ok_or(invalid("a resource in the request object is no text"))?;
                all.extend(texts.into_iter().map(|text| (name.clone(), text)));
                continue;
            }
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) | Value::Object(_) => value.to_string(),
            Value::Null | Value::Array(_) => return Err(invalid("a member of the request object is no parameter")),
        };
        all.push((name.clone(), text));
    }
    Ok(all)
}
