//! After a logout: the pages of the session's clients in hidden frames, by which each ends its own session (OpenID Connect
//! Front-Channel Logout 1.0); then back to whoever asked. Without such clients there is no page in between.

use askama::Template;
use url::Url;

use super::mishap::Mishap;
use super::reply::Reply;
use crate::app::App;
use crate::ids::SessionId;
use crate::pages::{Departure, Page, Rendered, Visit};
use crate::provider::hint;
use crate::storage::{Stored, session_clients};

/// How long the frames get before the browser goes on by itself, in seconds.
const MEANWHILE: u32 = 4;

#[derive(Template)]
#[template(path = "logged_out.html")]
struct LoggedOutPage {
    page: Page,
    frames: Vec<String>,
    onward: Option<String>,
}

/// Where a logout ends: at the relying party, or on the portal's own page. `ended` is the session that this logout has ended.
pub(super) async fn page(
    app: &App,
    visit: &Visit,
    ended: Option<&SessionId>,
    back: Option<&str>,
) -> Result<Reply, Mishap> {
    let frames = match ended {
        Some(session) => frames(app, session).await?,
        None => Vec::new(),
    };
    if let (true, Some(back)) = (frames.is_empty(), back) {
        return Ok(Reply::to(back));
    }
    let mut origins: Vec<String> = frames.iter().map(|uri| uri.origin().ascii_serialization()).collect();
    origins.dedup();
    let page = LoggedOutPage {
        page: Visit { signed_in: None, ..visit.clone() }.page("logged-out-title"),
        frames: frames.into_iter().map(Into::into).collect(),
        onward: back.map(str::to_owned),
    };
    let rendered = Rendered::new(200, &page);
    if origins.is_empty() {
        return Ok(Reply::page(rendered));
    }
    let onward = back.map(|back| (MEANWHILE, back.to_owned()));
    Ok(Reply::page(rendered.departing(Departure { frames: origins.join(" "), onward })))
}

/// The front channel of each client of a session, with `iss` and `sid` if it asks for them (section 2).
async fn frames(app: &App, session: &SessionId) -> Stored<Vec<Url>> {
    let signed_in = session_clients::of_session(&mut app.db.read().await?, session).await?;
    let mut frames = Vec::new();
    for told in signed_in {
        let Some(client) = app.client(told.client.as_str()).await? else { continue };
        let Some(mut uri) = client.metadata.frontchannel_logout_uri.clone() else { continue };
        if client.metadata.frontchannel_logout_session_required {
            let sid = hint::sid(app, &client, session);
            uri.query_pairs_mut().extend_pairs([("iss", app.config.issuer_text()), ("sid", &sid)]);
        }
        // Somebody who was there as a person and for a unit has one session there.
        if !frames.contains(&uri) {
            frames.push(uri);
        }
    }
    Ok(frames)
}
