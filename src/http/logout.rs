//! Signing out, at the portal or on a relying party's request (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::cookies::{Cookie, holding};
use super::logged_out;
use super::mishap::Mishap;
use super::posted::{Form, Posted, Queried};
use super::reply::Reply;
use crate::app::App;
use crate::domain::client::Client;
use crate::domain::session::Session;
use crate::pages::{Page, Rendered, Visit};
use crate::protocol::params::Params;
use crate::protocol::redirect_uri::RedirectUri;
use crate::provider::hint;
use crate::sign_in::{Held, held, session};

#[derive(Template)]
#[template(path = "logout.html")]
struct LogoutPage {
    page: Page,
    client: Option<String>,
    /// Other accounts are signed in here too.
    several: bool,
    /// Carried through the form; proven again when it comes back.
    fields: Vec<(&'static str, String)>,
}

/// A logout that was asked for.
struct Asked {
    client: Option<Arc<Client>>,
    /// The session that the hint names, as that client knows it.
    sid: Option<String>,
    back: Option<String>,
}

impl Asked {
    fn back(&self) -> Option<&str> {
        self.back.as_deref()
    }

    /// Whether the hint proves that this very session signed in there.
    fn proves(&self, app: &App, session: &Session) -> bool {
        let (Some(client), Some(sid)) = (&self.client, &self.sid) else { return false };
        crate::secret::same(sid.as_bytes(), hint::sid(app, client, &session.id).as_bytes())
    }
}

/// `GET /logout`
pub(super) async fn end_session(
    State(app): State<Arc<App>>,
    visit: Visit,
    Queried(params): Queried,
) -> Result<Reply, Mishap> {
    answer(&app, &visit, &params).await
}

/// `POST /logout`: from a relying party's page, so without cookies. Its parameters go round once more as a GET of this
/// site, which finds the session.
pub(super) async fn end_session_post(form: Result<Form, Mishap>) -> Result<Reply, Mishap> {
    let Form(params) = form?;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(params.iter());
    Ok(Reply::to(format!("/logout?{}", query.finish())))
}

async fn answer(app: &App, visit: &Visit, params: &Params) -> Result<Reply, Mishap> {
    let asked = read(app, params).await?;
    // No need to ask where the hint proves enough. Anything less is asked. It ends the session that it names, and no other's.
    if let Some((session, _)) = visit.signed_in.as_ref().filter(|(session, _)| asked.proves(app, session)) {
        return leaving(app, visit, session, "relying party", asked.back()).await;
    }
    if let Some((named, _)) = held::aside(app, &visit.held).await?.iter().find(|(named, _)| asked.proves(app, named)) {
        session::end(app, named, "relying party").await?;
        let reply = logged_out::page(app, visit, Some(&named.id), asked.back()).await?;
        return Ok(reply.cookies(holding(app, &visit.held.without(&named.id), &visit.held)));
    }
    if visit.signed_in.is_none() {
        return logged_out::page(app, visit, None, asked.back()).await;
    }
    let names = ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"];
    let page = LogoutPage {
        page: visit.page("logout-title"),
        several: !held::aside(app, &visit.held).await?.is_empty(),
        client: asked.client.map(|client| client.name(visit.locale.is_english()).to_owned()),
        fields: names.into_iter().filter_map(|n| Some((n, params.get(n)?.to_owned()))).collect(),
    };
    let mut rendered = Rendered::new(200, &page);
    if let Some(origin) = params.get("post_logout_redirect_uri").and_then(|u| RedirectUri::register(u).ok()) {
        rendered = rendered.leading_to(origin.origin());
    }
    Ok(Reply::page(rendered))
}

/// `POST /logout/confirm`
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let asked = read(&app, &params).await?;
    match &visit.signed_in {
        None => logged_out::page(&app, &visit, None, asked.back()).await,
        Some((session, _)) => {
            let visit = if params.get("one").is_some() { visit.clone() } else { alone(&app, &visit).await? };
            leaving(&app, &visit, session, "person", asked.back()).await
        }
    }
}

/// The visit after everybody else was signed out in this browser.
async fn alone(app: &App, visit: &Visit) -> Result<Visit, Mishap> {
    held::end_all(app, &visit.held.aside, "person").await?;
    let held = Held { aside: Vec::new(), ..Held::clone(&visit.held) };
    Ok(Visit { held: Arc::new(held), ..visit.clone() })
}

/// `POST /leave`: whoever breaks off a wizard at a shared machine leaves nothing there. The journey is kept where it has
/// a case number; it is reached by 继续办理 alone.
pub(super) async fn leave(State(app): State<Arc<App>>, visit: Visit, Posted(_): Posted) -> Result<Reply, Mishap> {
    let visit = alone(&app, &visit).await?;
    match &visit.signed_in {
        None => Ok(forget(&app, &visit, Reply::to("/"))),
        Some((session, _)) => leaving(&app, &visit, session, "person", Some("/")).await,
    }
}

/// Ends the session here and at its clients.
async fn leaving(
    app: &App,
    visit: &Visit,
    session: &Session,
    why: &'static str,
    back: Option<&str>,
) -> Result<Reply, Mishap> {
    session::end(app, session, why).await?;
    let reply = logged_out::page(app, visit, Some(&session.id), back).await?;
    Ok(forget(app, visit, reply))
}

/// Checks what a relying party asks (section 2 and 3): the way back must be registered, to the letter.
async fn read(app: &App, params: &Params) -> Result<Asked, Mishap> {
    let hint = match params.get("id_token_hint") {
        Some(token) => Some(hint::read(app, token).ok_or(Mishap::Logout)?),
        None => None,
    };
    let named = params.get("client_id");
    if let (Some(hint), Some(named)) = (&hint, named)
        && hint.aud != named
    {
        return Err(Mishap::Logout);
    }
    let id = named.or(hint.as_ref().map(|h| h.aud.as_str()));
    let client = match id {
        Some(id) => Some(app.client(id).await?.ok_or(Mishap::Client)?),
        None => None,
    };
    let back = match (params.get("post_logout_redirect_uri"), &client) {
        (None, _) => None,
        (Some(_), None) => return Err(Mishap::RedirectUri),
        (Some(uri), Some(client)) => {
            let registered = client.post_logout_redirect_uris.iter().find(|r| r.is(uri));
            let state = params.get("state").map(|s| ("state", s));
            Some(registered.ok_or(Mishap::RedirectUri)?.with_query(state))
        }
    };
    Ok(Asked { client, sid: hint.and_then(|h| h.sid), back })
}

/// A session has ended: its cookie and the browser's binding go, and what the browser kept of earlier pages, so that
/// the next person at a shared machine finds nothing of the last. A logout that ended nothing leaves a running
/// migration alone. Nobody is the current one of others who stay signed in before one of them is chosen.
pub(super) fn forget(app: &App, visit: &Visit, reply: Reply) -> Reply {
    let reply = match visit.held.aside.is_empty() {
        true => reply.cookie(Cookie::Aside.clear(&app.config)),
        false => reply,
    };
    let gone = [Cookie::Session, Cookie::State, Cookie::Browser, Cookie::After];
    gone.into_iter().fold(reply, |reply, cookie| reply.cookie(cookie.clear(&app.config))).forgetting()
}
