//! The authorization endpoint and the way back to it.

use std::sync::Arc;

use axum::extract::{Path, State};

use super::cookies::{Cookie, holding};
use super::mishap::Mishap;
use super::posted::{Form as PostedForm, Queried};
use super::reply::Reply;
use super::{answer, consent, select};
use crate::app::App;
use crate::clock::Timestamp;
use crate::domain::account::{Account, AccountKind};
use crate::domain::client::Client;
use crate::domain::session::Session;
use crate::domain::user_name::UserName;
use crate::ids::InteractionId;
use crate::pages::{Form, Locale, Visit};
use crate::protocol::acr::SignInLevel;
use crate::protocol::params::Params;
use crate::protocol::request::AuthorizationRequest;
use crate::protocol::scope::Scopes;
use crate::provider::authorize::code::Code;
use crate::provider::authorize::{About, Addressed, Answer, Choice, Decision, Given, about, decide, is_named, unfold};
use crate::provider::bearer::Bearer;
use crate::provider::hint;
use crate::provider::session_state::session_state;
use crate::sign_in::held;
use crate::storage::consents::Key;
use crate::storage::interactions;

/// How long an interaction that was answered may be answered again: a double click, a lost answer.
const REPEAT: i64 = 2 * 60 * 1000;

/// `GET /authorize`
pub(super) async fn authorize(
    State(app): State<Arc<App>>,
    visit: Visit,
    Queried(params): Queried,
) -> Result<Reply, Mishap> {
    let (params, fault) = unfold(&app, params).await?;
    let addressed = Addressed::prove(&app, &params).await??;
    let mut request = match fault.map_or_else(|| addressed.validate(&params), Err) {
        Ok(request) => request,
        Err(error) => {
            let refusal = addressed.with_error(app.config.issuer_text(), &error);
            return Ok(answer::send(&visit, &addressed, refusal));
        }
    };
    heed_hint(&app, &params, &mut request);
    let visit = named(&app, visit, &addressed, &request).await?;
    match next(&app, &visit, &addressed, &request, Step::default()).await? {
        Next::Done(answer) => Ok(answer::send(&visit, &addressed, answer)),
        Next::Page(..) => {
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
pub(super) async fn authorize_post(form: Result<PostedForm, Mishap>) -> Result<Reply, Mishap> {
    let PostedForm(params) = form?;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(params.iter());
    Ok(Reply::to(format!("/authorize?{}", query.finish())))
}

/// `GET /interaction/{id}`: evaluates everything again and goes on where it stands.
pub(super) async fn resume(State(app): State<Arc<App>>, visit: Visit, Path(id): Path<String>) -> Result<Reply, Mishap> {
    let waiting = find(&app, &visit, &id).await?;
    proceed(&app, &visit, &waiting, Step::default()).await
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
pub(super) async fn proceed(app: &App, visit: &Visit, waiting: &Waiting, step: Step) -> Result<Reply, Mishap> {
    let addressed = Addressed::of(app, &waiting.request).await??;
    let step = Step { asked_at: Some(waiting.asked_at), ..step };
    let asked = visit;
    let visit = &named(app, visit.clone(), &addressed, &waiting.request).await?;
    let reply = match next(app, visit, &addressed, &waiting.request, step).await? {
        Next::Done(answer) => {
            let (id, now) = (waiting.id.clone(), visit.now);
            app.db.write(move |tx| Box::pin(async move { interactions::fulfil(tx, &id, now).await })).await?;
            return Ok(answer::send(visit, &addressed, answer));
        }
        Next::Page(Decision::Consent, Some(bearer)) => consent::page(app, visit, waiting, &addressed, &bearer),
        Next::Page(Decision::Guardian, _) => consent::guardian_page(visit, waiting, &addressed),
        Next::Page(Decision::Select, _) => select::page(app, visit, waiting, &addressed, Form::default(), 200).await?,
        Next::Page(Decision::StepUp, _) => Reply::to(format!("/login/step-up?interaction={}", waiting.id)),
        Next::Page(Decision::Actor, _) => Reply::to(format!("/login/actor?interaction={}", waiting.id)),
        Next::Page(..) => Reply::to(format!("/login?interaction={}", waiting.id)),
    };
    // The page is about the account that was named: it is the current one from now on.
    let session = |visit: &Visit| visit.signed_in.as_ref().map(|(session, _)| session.id.clone());
    let changed = session(visit).filter(|id| session(asked).as_ref() != Some(id));
    let held = changed.and_then(|id| visit.held.switched(&id));
    Ok(held.iter().fold(reply, |reply, held| reply.cookies(holding(app, held, &visit.held))))
}

/// The visit as that of whichever of the browser's accounts the request names for certain: by the subject of a hint or a claim, or by
/// the user name of `login_hint`. The current one comes first; who is named by nothing isn't looked for.
async fn named(
    app: &App,
    visit: Visit,
    addressed: &Addressed,
    request: &AuthorizationRequest,
) -> Result<Visit, Mishap> {
    let names = !request.subjects.is_empty() || request.login_hint.is_some();
    if visit.held.aside.is_empty() || !names || request.prompt.select_account {
        return Ok(visit);
    }
    let aside = held::aside(app, &visit.held).await?;
    for found in visit.signed_in.iter().chain(&aside) {
        if is_meant(app, &addressed.client, request, found).await? {
            let signed_in = Some(found.clone());
            return Ok(Visit { signed_in, ..visit });
        }
    }
    Ok(visit)
}

async fn is_meant(
    app: &App,
    client: &Client,
    request: &AuthorizationRequest,
    (session, account): &(Session, Arc<Account>),
) -> Result<bool, Mishap> {
    if request.subjects.is_empty() {
        let name = request.login_hint.as_deref().and_then(|hint| UserName::parse(hint).ok());
        return Ok(name.is_some_and(|name| name.fold() == account.user_name.fold()));
    }
    let about = about(app, client, request, (session, account), None).await?;
    Ok(matches!(about, About::Bearer(bearer) if is_named(app, client, request, &bearer)))
}

/// Answers a request with an error.
pub(super) async fn refuse(
    app: &App,
    visit: &Visit,
    waiting: &Waiting,
    error: &crate::protocol::error::OAuthError,
) -> Result<Reply, Mishap> {
    let addressed = Addressed::of(app, &waiting.request).await??;
    Ok(answer::send(visit, &addressed, addressed.with_error(app.config.issuer_text(), error)))
}

/// What the page that leads on has given.
#[derive(Default)]
pub(super) struct Step {
    /// When the interaction began.
    pub(super) asked_at: Option<Timestamp>,
    /// Whether consent was given there.
    pub(super) consented_here: bool,
    /// Whom to act for, as it was chosen there.
    pub(super) choice: Option<Choice>,
}

enum Next {
    Done(Answer),
    Page(Decision, Option<Bearer>),
}

async fn next(
    app: &App,
    visit: &Visit,
    addressed: &Addressed,
    request: &AuthorizationRequest,
    step: Step,
) -> Result<Next, Mishap> {
    let client = addressed.client.as_ref();
    let found = match &visit.signed_in {
        Some((session, account)) => {
            let about = about(app, client, request, (session, account), step.choice.as_ref()).await?;
            Some((session, about))
        }
        None => None,
    };
    let bearer = match &found {
        Some((_, About::Bearer(bearer))) => Some(bearer),
        _ => None,
    };
    let consent = match bearer {
        Some(bearer) => app.caches.consent(Key::of(&bearer.principal(), &client.id), &request.asked()).await?,
        None => Arc::new(Scopes::default()),
    };
    let given = Given {
        signed_in: found.as_ref().map(|(session, about)| (*session, about)),
        reachable: visit.signed_in.as_ref().map_or(SignInLevel::OneFactor, |(_, account)| account.reachable()),
        consent: &consent,
        consented_here: step.consented_here,
        selected_here: step.choice.is_some(),
        takes_units: client.takes(AccountKind::LegalPerson),
        asked_at: step.asked_at,
        is_other: bearer.is_some_and(|bearer| !is_named(app, client, request, bearer)),
        is_assured: client.is_assured_at(&addressed.redirect_uri),
        now: visit.now,
    };
    let issuer = app.config.issuer_text();
    Ok(match (decide(request, &given), &found, bearer) {
        (Decision::Issue, Some((session, _)), Some(bearer)) => {
            let code = Code::issue(app, request, session, bearer, visit.now)?;
            let state = session_state(app, client, &addressed.redirect_uri, visit.held.current_id().as_ref());
            Next::Done(addressed.with_code(issuer, &code, &state))
        }
        (Decision::Refuse(error), ..) => Next::Done(addressed.with_error(issuer, &error)),
        (page, _, bearer) => Next::Page(page, bearer.cloned()),
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
