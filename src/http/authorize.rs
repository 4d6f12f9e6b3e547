//! The authorization endpoint and the way back to it.

use std::sync::Arc;

use axum::extract::{Path, State};

use super::consent;
use super::cookies::Cookie;
use super::mishap::Mishap;
use super::posted::{Form, Queried};
use super::reply::Reply;
use crate::app::App;
use crate::clock::Timestamp;
use crate::ids::InteractionId;
use crate::pages::{Locale, Visit};
use crate::protocol::params::Params;
use crate::protocol::request::AuthorizationRequest;
use crate::protocol::scope::Scopes;
use crate::provider::authorize::code::Code;
use crate::provider::authorize::{Addressed, Decision, Given, decide};
use crate::provider::{claims, hint};
use crate::storage::interactions;

/// How long an interaction that was answered may be answered again: a double click, a lost answer.
const REPEAT: i64 = 2 * 60 * 1000;

/// `GET /authorize`
pub(super) async fn authorize(
    State(app): State<Arc<App>>,
    visit: Visit,
    Queried(params): Queried,
) -> Result<Reply, Mishap> {
    let addressed = Addressed::prove(&app, &params)?;
    let mut request = match addressed.validate(&params) {
        Ok(request) => request,
        Err(error) => return Ok(Reply::to(addressed.with_error(app.config.issuer_text(), &error))),
    };
    heed_hint(&app, &params, &mut request);
    let step = Step { asked_at: None, consented_here: false, selected_here: false };
    match next(&app, &visit, &addressed, &request, step).await? {
        Next::Done(location) => Ok(Reply::to(location)),
        Next::Page(_) => {
            // Only now, when a page has to be shown, is anything stored.
            let (id, browser, now) = (InteractionId::mint(visit.now, &app.random), visit.browser.clone(), visit.now);
            let to = format!("/interaction/{id}");
            let wished = request.ui_locales.iter().any(|tag| Locale::from_tag(tag) == Some(visit.locale));
            app.db
                .write(move |tx| Box::pin(async move { interactions::insert(tx, &id, &browser, &request, now).await }))
                .await?;
            // The language that the client asked for lasts to the end of this visit, unless the person chooses one.
            let language = wished.then(|| Cookie::Language.set(&app.config, visit.locale.tag(), None));
            Ok(language.into_iter().fold(Reply::to(to), Reply::cookie))
        }
    }
}

/// `POST /authorize` (OpenID Connect Core, section 3.1.2.1). A cross-site POST comes without cookies, so the
/// parameters go round once more as a GET of this site.
pub(super) async fn authorize_post(form: Result<Form, Mishap>) -> Result<Reply, Mishap> {
    let Form(params) = form?;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(params.iter());
    Ok(Reply::to(format!("/authorize?{}", query.finish())))
}

/// `GET /interaction/{id}`: evaluates everything again and goes on where it stands.
pub(super) async fn resume(State(app): State<Arc<App>>, visit: Visit, Path(id): Path<String>) -> Result<Reply, Mishap> {
    let waiting = find(&app, &visit, &id).await?;
    proceed(&app, &visit, &waiting, false, false).await
}

/// A waiting interaction of this browser.
pub(super) struct Waiting {
    pub(super) id: InteractionId,
    pub(super) request: AuthorizationRequest,
    asked_at: Timestamp,
}

pub(super) async fn find(app: &App, visit: &Visit, id: &str) -> Result<Waiting, Mishap> {
    let id = InteractionId::from(id);
    let found = interactions::find(&mut app.db.read().await?, &id, &visit.browser, visit.now).await?;
    let interaction = found.ok_or(Mishap::Expired)?;
    if interaction.fulfilled_at.is_some_and(|at| visit.now.0 - at.0 > REPEAT) {
        return Err(Mishap::Expired);
    }
    Ok(Waiting { id, request: interaction.request, asked_at: interaction.created_at })
}

/// Answers an interaction or shows its next page.
pub(super) async fn proceed(
    app: &App,
    visit: &Visit,
    waiting: &Waiting,
    consented_here: bool,
    selected_here: bool,
) -> Result<Reply, Mishap> {
    let addressed = Addressed::of(app, &waiting.request)?;
    let step = Step { asked_at: Some(waiting.asked_at), consented_here, selected_here };
    match next(app, visit, &addressed, &waiting.request, step).await? {
        Next::Done(location) => {
            let (id, now) = (waiting.id.clone(), visit.now);
            app.db.write(move |tx| Box::pin(async move { interactions::fulfil(tx, &id, now).await })).await?;
            Ok(Reply::to(location))
        }
        Next::Page(Decision::Consent) => consent::page(app, visit, waiting, &addressed),
        Next::Page(Decision::Guardian) => Ok(consent::guardian_page(visit, waiting, &addressed)),
        Next::Page(Decision::Select) => Ok(consent::select_page(visit, waiting, &addressed)),
        Next::Page(_) => Ok(Reply::to(format!("/login?interaction={}", waiting.id))),
    }
}

/// Answers a request with an error.
pub(super) fn refuse(
    app: &App,
    waiting: &Waiting,
    error: &crate::protocol::error::OAuthError,
) -> Result<Reply, Mishap> {
    let addressed = Addressed::of(app, &waiting.request)?;
    Ok(Reply::to(addressed.with_error(app.config.issuer_text(), error)))
}

struct Step {
    asked_at: Option<Timestamp>,
    consented_here: bool,
    selected_here: bool,
}

enum Next {
    Done(String),
    Page(Decision),
}

async fn next(
    app: &App,
    visit: &Visit,
    addressed: &Addressed<'_>,
    request: &AuthorizationRequest,
    step: Step,
) -> Result<Next, Mishap> {
    let consent = match &visit.signed_in {
        Some((_, account)) => app.caches.consent(&account.id, &request.client_id).await?,
        None => Arc::new(Scopes::default()),
    };
    let is_other = visit.signed_in.as_ref().is_some_and(|(_, account)| {
        // The subject costs a keyed hash: only where somebody is named.
        !request.subjects.is_empty() && {
            let subject = claims::subject(app, addressed.client, account);
            !request.subjects.iter().all(|named| named.contains(&subject))
        }
    });
    let given = Given {
        signed_in: visit.signed_in.as_ref().map(|(session, account)| (session, &**account)),
        consent: &consent,
        consented_here: step.consented_here,
        selected_here: step.selected_here,
        asked_at: step.asked_at,
        is_other,
        now: visit.now,
    };
    let issuer = app.config.issuer_text();
    Ok(match (decide(request, &given), &visit.signed_in) {
        (Decision::Issue, Some((session, account))) => {
            let code = Code::issue(app, request, session, account, visit.now)?;
            Next::Done(addressed.with_code(issuer, &code))
        }
        (Decision::Refuse(error), _) => Next::Done(addressed.with_error(issuer, &error)),
        (page, _) => Next::Page(page),
    })
}

/// OpenID Connect Core, section 3.1.2.1: nobody but the person that a hint names will do. One that can't be read asks for
/// the sign-in.
fn heed_hint(app: &App, params: &Params, request: &mut AuthorizationRequest) {
    match params.get("id_token_hint").map(|token| hint::read(app, token)) {
        None => {}
        Some(None) => request.prompt.login = true,
        Some(Some(hint)) => request.subjects.push(vec![hint.sub]),
    }
}
