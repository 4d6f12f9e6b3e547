//! Signing out, at the portal or on a relying party's request (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::cookies::Cookie;
use super::mishap::Mishap;
use super::posted::{Form, Posted, Queried};
use super::reply::Reply;
use crate::app::App;
use crate::pages::{Page, Rendered, Visit};
use crate::protocol::params::Params;
use crate::protocol::redirect_uri::RedirectUri;
use crate::provider::hint;
use crate::sign_in::session;

#[derive(Template)]
#[template(path = "logout.html")]
struct LogoutPage {
    page: Page,
    client: Option<String>,
    /// Carried through the form; proven again when it comes back.
    fields: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "logged_out.html")]
struct LoggedOutPage {
    page: Page,
}

/// A logout that was asked for.
struct Asked {
    client: Option<String>,
    /// The session that the hint names, as that client knows it.
    sid: Option<String>,
    back: Option<String>,
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
    let asked = read(app, visit, params)?;
    let Some((session, _)) = &visit.signed_in else { return Ok(done(visit, &asked)) };
    // The hint proves that this very session signed in there: no need to ask. Anything less is asked.
    let proven = asked.sid.as_ref().is_some_and(|sid| {
        params.get("id_token_hint").and_then(|t| hint::read(app, t)).is_some_and(|h| {
            app.clients
                .get(&h.aud)
                .is_some_and(|c| crate::secret::same(sid.as_bytes(), hint::sid(app, c, &session.id).as_bytes()))
        })
    });
    if proven {
        session::end(app, session, "relying party").await?;
        return Ok(forget(app, done(visit, &asked)));
    }
    let names = ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"];
    let page = LogoutPage {
        page: visit.page("logout-title"),
        client: asked.client,
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
    let asked = read(&app, &visit, &params)?;
    let reply = done(&visit, &asked);
    let Some((session, _)) = &visit.signed_in else { return Ok(reply) };
    session::end(&app, session, "person").await?;
    Ok(forget(&app, reply))
}

/// `POST /leave`: whoever breaks off a wizard at a shared machine leaves nothing there. The journey is kept where it has
/// a case number; it is reached by 继续办理 alone.
pub(super) async fn leave(State(app): State<Arc<App>>, visit: Visit, Posted(_): Posted) -> Result<Reply, Mishap> {
    if let Some((session, _)) = &visit.signed_in {
        session::end(&app, session, "person").await?;
    }
    Ok(forget(&app, Reply::to("/")))
}

/// Checks what a relying party asks (section 2 and 3): the way back must be registered, to the letter.
fn read(app: &App, visit: &Visit, params: &Params) -> Result<Asked, Mishap> {
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
        Some(id) => Some(app.clients.get(id).ok_or(Mishap::Client)?),
        None => None,
    };
    let back = match (params.get("post_logout_redirect_uri"), client) {
        (None, _) => None,
        (Some(_), None) => return Err(Mishap::RedirectUri),
        (Some(uri), Some(client)) => {
            let registered = client.post_logout_redirect_uris.iter().find(|r| r.is(uri));
            let state = params.get("state").map(|s| ("state", s));
            Some(registered.ok_or(Mishap::RedirectUri)?.with_query(state))
        }
    };
    let english = visit.locale.is_english();
    Ok(Asked { client: client.map(|c| c.name(english).to_owned()), sid: hint.and_then(|h| h.sid), back })
}

/// Where it ends: at the relying party, or on the portal's own page.
fn done(visit: &Visit, asked: &Asked) -> Reply {
    match &asked.back {
        Some(back) => Reply::to(back),
        None => {
            let page = Visit { signed_in: None, ..visit.clone() }.page("logged-out-title");
            Reply::page(Rendered::new(200, &LoggedOutPage { page }))
        }
    }
}

/// A session has ended: its cookie and the browser's binding go, and what the browser kept of earlier pages, so that
/// the next person at a shared machine finds nothing of the last. A logout that ended nothing leaves a running
/// migration alone.
fn forget(app: &App, reply: Reply) -> Reply {
    let gone = [Cookie::Session, Cookie::Browser, Cookie::After];
    gone.into_iter().fold(reply, |reply, cookie| reply.cookie(cookie.clear(&app.config))).forgetting()
}
