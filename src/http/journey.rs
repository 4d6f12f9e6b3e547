//! The wizard's routes: everything is decided by the engine; here its answers become HTTP.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;

use super::cookies::{Cookie, holding};
use super::login::{self, take_over};
use super::mishap::Mishap;
use super::posted::{Posted, Queried};
use super::reply::Reply;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::session::FRESH;
use crate::ids::{InteractionId, JourneyId};
use crate::journeys::engine::{self, Answer, StepError};
use crate::journeys::{Answers, Goal, begin_page as list, begun, finished_phases, finished_session};
use crate::pages::{Page, Rendered, Visit};
use crate::sign_in::KNOWN_BROWSER_LIFETIME;
use crate::storage::journeys::State as Where;
use crate::storage::{accounts, interactions};

impl From<StepError> for Mishap {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Storage(error) => error.into(),
            StepError::Seal(error) => error.into(),
            StepError::Unknown | StepError::Expired => Self::Expired,
        }
    }
}

/// What the engine answered; whoever has just finished is signed in.
pub(super) async fn reply(app: &App, visit: &Visit, headers: &HeaderMap, answer: Answer) -> Result<Reply, Mishap> {
    let finished = match answer {
        Answer::Page(page) => return Ok(Reply::page(page)),
        Answer::Redirect(to) => return Ok(Reply::to(to)),
        Answer::Finished(finished) => finished,
    };
    let Some((session, account)) = &finished.session else { return Ok(Reply::to(finished.to)) };
    let held = take_over(app, visit, session, false).await?;
    let reply = Reply::to(finished.to).cookies(holding(app, &held, &visit.held));
    // An account that was here before may have more to ask for than a journey does; and a hall's browser is nobody's own.
    let found = app.caches.account(account).await?;
    let is_new = |account: &Account| visit.now.since(account.created_at) < FRESH && !account.second_factors.any();
    let Some(new) = found.filter(|account| is_new(account) && !visit.is_in_hall()) else {
        return Ok(reply);
    };
    let known = login::known(app, visit, headers);
    let known = known.with(app, &new, visit.now)?;
    Ok(reply.cookie(Cookie::Known.set(&app.config, &known, Some(KNOWN_BROWSER_LIFETIME))))
}

/// The request that waits behind a page, if it is this browser's.
pub(super) async fn waiting(app: &App, visit: &Visit, id: Option<&str>) -> Result<Option<InteractionId>, Mishap> {
    let Some(id) = id.map(InteractionId::from) else { return Ok(None) };
    let found = interactions::find(&mut app.db.read().await?, &id, &visit.browser, visit.now).await?;
    Ok(found.map(|interaction| interaction.id))
}

/// `GET /migrate`: the list of systems; nothing is stored yet.
pub(super) async fn begin_page(State(app): State<Arc<App>>, visit: Visit, Queried(query): Queried) -> Reply {
    Reply::page(list(&app, &visit, query.text("q"), query.text("interaction")))
}

/// `POST /migrate`: begins a migration with the chosen system.
pub(super) async fn begin(State(app): State<Arc<App>>, visit: Visit, Posted(params): Posted) -> Result<Reply, Mishap> {
    let Some(answers) = begun(&app, &params) else {
        return Ok(Reply::page(list(&app, &visit, "", params.text("interaction"))));
    };
    let interaction = waiting(&app, &visit, params.get("interaction")).await?;
    let id = engine::begin(&app, &visit, answers, interaction).await?;
    Ok(Reply::to(format!("/journey/{id}")))
}

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage {
    page: Page,
    interaction: String,
}

/// `GET /register`: what is needed, before anything is asked; nothing is stored yet.
pub(super) async fn register_page(visit: Visit, Queried(query): Queried) -> Reply {
    let interaction = query.text("interaction").to_owned();
    Reply::page(Rendered::new(200, &RegisterPage { page: visit.page("register-title"), interaction }))
}

/// `POST /register`: begins a registration.
pub(super) async fn register(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let interaction = waiting(&app, &visit, params.get("interaction")).await?;
    let answers = Answers { goal: Goal::Registration, ..Answers::default() };
    let id = engine::begin(&app, &visit, answers, interaction).await?;
    Ok(Reply::to(format!("/journey/{id}")))
}

/// `GET /journey/{id}`
pub(super) async fn current(
    State(app): State<Arc<App>>,
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Reply, Mishap> {
    reply(&app, &visit, &headers, engine::resume(&app, &visit, &JourneyId(id)).await?).await
}

/// `GET /journey/{id}/{step}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    headers: HeaderMap,
    Path((id, step)): Path<(String, String)>,
) -> Result<Reply, Mishap> {
    let id = JourneyId(id);
    if step == "done" {
        return done(&app, &visit, &id).await;
    }
    reply(&app, &visit, &headers, engine::show(&app, &visit, &id, &step).await?).await
}

/// `POST /journey/{id}/{step}`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    visit: Visit,
    headers: HeaderMap,
    Path((id, step)): Path<(String, String)>,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let answer = engine::submit(&app, &visit, &JourneyId(id), &step, &params).await?;
    reply(&app, &visit, &headers, answer).await
}

#[derive(Template)]
#[template(path = "journey/done.html")]
struct DonePage {
    page: Page,
    phases: Vec<(String, bool)>,
    next: String,
    /// Whether it goes back to the journey within which this one was begun.
    parent: bool,
    unit: bool,
    child: bool,
    login: String,
    signed_in: bool,
}

/// The last page. Whoever lost the answer of the last step (a double click) gets the same session again.
async fn done(app: &App, visit: &Visit, id: &JourneyId) -> Result<Reply, Mishap> {
    let stage = engine::load(app, visit, id).await?.ok_or(Mishap::Expired)?;
    let Where::Finished(account) = &stage.state else { return Ok(Reply::to(format!("/journey/{id}"))) };
    let owner = accounts::find(&mut app.db.read().await?, &app.keys, account).await?;
    let unit = owner.as_ref().is_some_and(|owner| owner.unit().is_some());
    // Nobody but a guardian ends a journey in a child's account.
    let child = owner.is_some_and(|owner| owner.is_childs(app.today()));
    let cookie = finished_session(app, visit, id, account);
    if visit.signed_in.is_none() && crate::sign_in::session::read(app, &cookie).await?.is_some() {
        let here = format!("/journey/{id}/done");
        return Ok(Reply::to(here).cookies(holding(app, &visit.held.replacing(&cookie), &visit.held)));
    }
    let waiting = match &stage.interaction {
        Some(id) => interactions::find(&mut app.db.read().await?, id, &visit.browser, visit.now).await?,
        None => None,
    };
    let waiting = waiting.filter(|w| w.fulfilled_at.is_none());
    let parent = match &stage.parent {
        Some(parent) => engine::load(app, visit, parent).await?.filter(|p| matches!(p.state, Where::Open(_))),
        None => None,
    };
    let next = match (&parent, &waiting) {
        (Some(parent), _) => format!("/journey/{}", parent.id),
        (None, Some(waiting)) => format!("/interaction/{}", waiting.id),
        (None, None) if child => "/account/children".to_owned(),
        (None, None) => "/account".to_owned(),
    };
    let login = match (&waiting, unit) {
        (Some(waiting), _) => format!("/login?interaction={}", waiting.id),
        (None, true) => "/login?tab=legal".to_owned(),
        (None, false) if child => "/account/children".to_owned(),
        (None, false) => "/login".to_owned(),
    };
    let page = visit.page("done-title");
    let page = DonePage {
        phases: finished_phases(page.locale, unit),
        parent: parent.is_some(),
        signed_in: visit.signed_in.is_some(),
        page,
        next,
        unit,
        child,
        login,
    };
    Ok(Reply::page(Rendered::new(200, &page)))
}
