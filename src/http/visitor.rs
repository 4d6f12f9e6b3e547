//! The visitor's layer: reads the cookies, finds language, session and address, and gives pages their [`Visit`].

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{ACCEPT_LANGUAGE, SET_COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::cookies::Cookie;
use super::hall;
use super::headers::Reference;
use super::mishap::{self, Mishap};
use super::reply::Reply;
use crate::app::App;
use crate::config::Config;
use crate::notify::codes::Asker;
use crate::pages::{Locale, Visit};
use crate::sign_in::{Held, session};
use crate::storage::Stored;

/// How many times the ordinary budget a service hall has.
const HALL_FACTOR: i64 = 20;

/// Makes the visit, runs the page, and turns mishaps into pages.
pub(super) async fn visit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let config = &app.config;
    let (mut parts, body) = request.into_parts();
    let address = address(config, &parts);
    let hall = config.halls.addresses.contains(&address);
    let cookie = Cookie::Browser.read(config, &parts.headers).filter(|c| c.len() == 43);
    let left = hall
        && match &cookie {
            Some(secret) => !hall::is_in_use(&app, &parts.headers, secret),
            None => Cookie::Session.read(config, &parts.headers).is_some(),
        };
    let (secret, fresh) = match cookie {
        Some(secret) if !left => (secret, false),
        _ => (app.random.token::<32>(), true),
    };
    let held = if left { Held::default() } else { held(config, &parts.headers, hall) };
    let reference = parts.extensions.get::<Reference>().cloned().unwrap_or(Reference(String::new()));
    let visit = match make(&app, &parts, &secret, (address, hall, held)).await {
        Ok(visit) => visit,
        Err(error) => {
            tracing::error!(reference = %reference.0, %error, "the visitor's session could not be read");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    parts.extensions.insert(visit.clone());
    let reading = parts.method == Method::GET;
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let problem = match response.extensions().get::<Mishap>() {
        Some(mishap) => Some(*mishap),
        None if response.status() == StatusCode::METHOD_NOT_ALLOWED => Some(Mishap::BadRequest),
        None => None,
    };
    if let Some(mishap) = problem {
        let status = response.status();
        response = Reply::page(mishap::page(mishap, &visit, &reference)).into_response();
        *response.status_mut() = status;
    }
    let is_page = response.headers().get("content-type").is_some_and(|t| t.as_bytes().starts_with(b"text/html"));
    if fresh && (is_page || response.status().is_redirection()) && (reading || problem.is_some()) {
        response.headers_mut().append(SET_COOKIE, Cookie::Browser.set(config, &secret, None));
    }
    if hall {
        hall::used(&app, response.headers_mut(), &secret, is_page);
    }
    if left {
        hall::swept(config, response.headers_mut());
    }
    response
}

/// The sessions that the browser says it has; in a service hall it is never more than one.
fn held(config: &Config, headers: &HeaderMap, hall: bool) -> Held {
    let aside = Cookie::Aside.read(config, headers).filter(|_| !hall);
    Held::read(Cookie::Session.read(config, headers), aside.as_deref())
}

async fn make(app: &App, request: &Parts, secret: &str, (address, hall, held): (IpAddr, bool, Held)) -> Stored<Visit> {
    let headers = &request.headers;
    let now = app.clock.now();
    let signed_in = match &held.current {
        None => None,
        Some(cookie) => match session::read(app, cookie.expose()).await? {
            None => None,
            Some(session) => app.caches.account(&session.account).await?.map(|account| (session, account)),
        },
    };
    Ok(Visit {
        locale: locale(app, request),
        csrf: app.keys.hash("csrf", secret),
        browser: app.keys.hash("browser", secret),
        asker: Asker { address: prefix(address), factor: if hall { HALL_FACTOR } else { 1 } },
        user_agent: headers.get(USER_AGENT).cloned(),
        path: request.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned(),
        signed_in,
        held: Arc::new(held),
        limits: app.config.session_limits(hall),
        now,
        site: app.site(),
    })
}

/// The person's own choice, else `ui_locales` of the query, else the browser's wish, else Chinese.
fn locale(app: &App, request: &Parts) -> Locale {
    let asked = request.uri.query().filter(|query| query.contains("ui_locales")).and_then(|query| {
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "ui_locales")
            .and_then(|(_, tags)| tags.split(' ').find_map(Locale::from_tag))
    });
    let chosen = Cookie::Language.read(&app.config, &request.headers).and_then(|tag| Locale::from_tag(&tag));
    let header =
        |headers: &HeaderMap| headers.get(ACCEPT_LANGUAGE)?.to_str().ok().and_then(Locale::from_accept_language);
    chosen.or(asked).or_else(|| header(&request.headers)).unwrap_or_default()
}

/// The client's address: the connection's, or what a trusted proxy in front of it says. A malformed header is what
/// the proxy passed on from outside: the proxy's own address stands then.
fn address(config: &Config, request: &Parts) -> IpAddr {
    let loopback = IpAddr::from([127, 0, 0, 1]);
    let peer = request.extensions.get::<ConnectInfo<SocketAddr>>().map_or(loopback, |info| info.0.ip());
    if !config.trusted_proxies.contains(&peer) {
        return peer;
    }
    let headers = request.headers.get_all("x-forwarded-for");
    let hops: Vec<&str> = headers.iter().filter_map(|h| h.to_str().ok()).flat_map(|h| h.split(',')).collect();
    for hop in hops.into_iter().rev() {
        match hop.trim().parse::<IpAddr>() {
            Ok(address) if config.trusted_proxies.contains(&address) => {}
            Ok(address) => return address,
            Err(_) => return peer,
        }
    }
    peer
}

/// Whom a limit on this request counts against.
pub(super) fn asked_from(config: &Config, request: &Parts) -> String {
    prefix(address(config, request))
}

/// What limits count by: the address, or an IPv6 customer's /64.
fn prefix(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
