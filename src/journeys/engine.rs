//! The engine: loads a journey, computes its current step, shows it, takes its answer, saves by optimistic lock, and
//! finishes when nothing is left to ask.

use time::Date;

use super::answers::Answers;
use super::confirm::confirm;
use super::finish::{self, Finished};
use super::guardian;
use super::settle::settle;
use super::step::Step;
use super::steps::evidence::{self, Upload};
use super::steps::sign_in::SignIn;
use super::table::{DONE, Table};
use super::writes::{Effect, save};
use crate::app::App;
use crate::config::CarryOver;
use crate::crypto::SealError;
use crate::domain::case_number::CaseNumber;
use crate::ids::{InteractionId, JourneyId, SystemId};
use crate::pages::{Page, Rendered, Visit, login};
use crate::protocol::params::Params;
use crate::storage::StorageError;
use crate::storage::journeys::{self, Stage, State};
use crate::upstream::{SignInFailure, UpstreamProof};

/// The kind under which wizards are stored.
pub(super) const KIND: &str = "migration";

/// What a step sees.
#[derive(Debug)]
pub struct Cx<'a> {
    /// The application.
    pub app: &'a App,
    /// The visit.
    pub visit: &'a Visit,
    /// The journey.
    pub id: &'a JourneyId,
    /// Its version, for the optimistic lock.
    pub version: i64,
    /// Its answers.
    pub answers: &'a Answers,
    /// Its case number, once it waits for somebody else.
    pub case: Option<&'a CaseNumber>,
    /// The request that waits for it.
    pub interaction: Option<&'a InteractionId>,
    /// The unit's journey within which a representative gets an account.
    pub parent: Option<&'a JourneyId>,
    /// Today, in Beijing.
    pub today: Date,
}

impl Cx<'_> {
    /// The common part of a step's page: its sign-in leads back to the waiting request.
    pub(super) fn page(&self, title: &str) -> Page {
        let waiting = self.interaction.map(InteractionId::as_str);
        Page { login: login(waiting), ..self.visit.page(title) }
    }

    /// The case number: the one that it has, or a new one to be kept with [`Effect::Case`].
    pub(super) fn case_number(&self) -> CaseNumber {
        self.case.cloned().unwrap_or_else(|| CaseNumber::mint(&self.app.random))
    }
}

/// What a step made of what was submitted.
#[derive(Debug)]
pub enum Taken {
    /// New answers, and what goes with them in the same transaction.
    Next(Box<Answers>, Vec<Effect>),
    /// The step has saved by itself, or nothing changed: on to the current step.
    Moved,
    /// The page again, with errors; or another page that stops here.
    Show(Rendered),
    /// To another site, from which the browser comes back to [`returned`].
    Leave(String),
}

impl Taken {
    /// New answers and nothing else.
    pub fn next(answers: Answers) -> Self {
        Self::Next(Box::new(answers), Vec::new())
    }
}

/// Why a step could neither show nor take.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The journey isn't there, or isn't this browser's.
    #[error("no such journey")]
    Unknown,
    /// The journey has expired.
    #[error("the journey has expired")]
    Expired,
}

/// What the engine answers.
#[derive(Debug)]
pub enum Answer {
    /// A page.
    Page(Rendered),
    /// Go to a path, or to another site.
    Redirect(String),
    /// It has just ended: sign the browser in, then go to the last page.
    Finished(Box<Finished>),
}

/// Begins a journey.
///
/// # Errors
/// The store's own.
pub async fn begin(
    app: &App,
    visit: &Visit,
    answers: Answers,
    interaction: Option<InteractionId>,
) -> Result<JourneyId, StorageError> {
    let id = JourneyId::mint(visit.now, &app.random);
    let (new, keys, browser, now) = (id.clone(), std::sync::Arc::clone(&app.keys), visit.browser.clone(), visit.now);
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let content = (&answers, interaction.as_ref(), None);
                journeys::insert(tx, &keys, &new, (KIND, &browser), content, now).await
            })
        })
        .await?;
    Ok(id)
}

/// The first step that applies and isn't satisfied; none: the journey can finish.
pub fn current(answers: &Answers, today: Date) -> Option<&'static dyn Step> {
    Table::of(answers).current(answers, today)
}

/// The page to go to: the current step's; if nothing is left to ask, the last one's, whose submission finishes.
fn next(answers: &Answers, today: Date) -> &'static dyn Step {
    current(answers, today).or_else(|| Table::of(answers).last(answers, today)).unwrap_or(&SignIn)
}

fn path(id: &JourneyId, step: Option<&dyn Step>) -> String {
    format!("/journey/{id}/{}", step.map_or(DONE, Step::name))
}

/// The step with this name, if the journey has come so far; a later one leads to the current one.
fn reached<'s>(answers: &Answers, name: &str, today: Date) -> Result<&'s dyn Step, Option<&'static dyn Step>> {
    let (now, table) = (current(answers, today), Table::of(answers));
    let limit = now.and_then(|step| table.position(step.name())).unwrap_or(table.steps.len());
    match table.position(name).filter(|at| *at <= limit).and_then(|at| table.steps.get(at)) {
        Some(step) if step.applies(answers, today) => Ok(*step),
        _ => Err(now),
    }
}

/// A journey of this browser.
///
/// # Errors
/// The store's own.
pub async fn load(app: &App, visit: &Visit, id: &JourneyId) -> Result<Option<Stage<Answers>>, StorageError> {
    journeys::find(&mut app.db.read().await?, &app.keys, id, &visit.browser, visit.now).await
}

async fn open(app: &App, visit: &Visit, id: &JourneyId) -> Result<Result<(Stage<()>, Answers), Answer>, StepError> {
    loop {
        let Stage { id: _, version, case, attempts, interaction, parent, state } =
            load(app, visit, id).await?.ok_or(StepError::Unknown)?;
        let answers = match state {
            State::Open(answers) => kept(app, guardian::met(answers, visit)),
            State::Finished(_) => return Ok(Err(Answer::Redirect(path(id, None)))),
            State::Expired => return Err(StepError::Expired),
        };
        let stage = Stage { id: id.clone(), version, case, attempts, interaction, parent, state: State::Open(()) };
        let cx = cx(app, visit, &stage, &answers);
        if !settle(&cx).await? && !confirm(&cx).await? {
            return Ok(Ok((stage, answers)));
        }
    }
}

/// What the settings of today leave of a proof: the password of a system whose passwords aren't carried over any more goes, and
/// another one is asked for.
fn kept(app: &App, mut answers: Answers) -> Answers {
    let carries = |proof: &UpstreamProof| {
        app.systems.get(proof.system()).is_some_and(|system| system.carry_over == CarryOver::WithSecondStep)
    };
    match answers.upstream.take_if(|proof| proof.password_hash().is_some() && !carries(proof)) {
        Some(proof) => Answers { upstream: Some(proof.with_password_hash(None)), ..answers },
        None => answers,
    }
}

/// The way to the current step.
///
/// # Errors
/// [`StepError`]
pub async fn resume(app: &App, visit: &Visit, id: &JourneyId) -> Result<Answer, StepError> {
    match open(app, visit, id).await? {
        Ok((_, answers)) => Ok(Answer::Redirect(path(id, Some(next(&answers, app.today()))))),
        Err(answer) => Ok(answer),
    }
}

/// The page of a step.
///
/// # Errors
/// [`StepError`]
pub async fn show(app: &App, visit: &Visit, id: &JourneyId, name: &str) -> Result<Answer, StepError> {
    let (stage, answers) = match open(app, visit, id).await? {
        Ok(open) => open,
        Err(answer) => return Ok(answer),
    };
    let cx = cx(app, visit, &stage, &answers);
    match reached(&answers, name, cx.today) {
        // Answered, and nothing on it could be changed: on, as a page that reloads itself expects.
        Ok(step) if !step.is_revisited() && step.is_satisfied(&answers, cx.today) => {
            Ok(Answer::Redirect(path(id, Some(next(&answers, cx.today)))))
        }
        Ok(step) => Ok(Answer::Page(step.show(&cx).await?)),
        Err(now) => Ok(Answer::Redirect(path(id, now))),
    }
}

fn cx<'a>(app: &'a App, visit: &'a Visit, stage: &'a Stage<()>, answers: &'a Answers) -> Cx<'a> {
    Cx {
        app,
        visit,
        id: &stage.id,
        version: stage.version,
        answers,
        case: stage.case.as_ref(),
        interaction: stage.interaction.as_ref(),
        parent: stage.parent.as_ref(),
        today: app.today(),
    }
}

/// Takes what was submitted to a step.
///
/// # Errors
/// [`StepError`]
pub async fn submit(app: &App, visit: &Visit, id: &JourneyId, name: &str, form: &Params) -> Result<Answer, StepError> {
    let (stage, answers) = match open(app, visit, id).await? {
        Ok(open) => open,
        Err(answer) => return Ok(answer),
    };
    let cx = cx(app, visit, &stage, &answers);
    let step = match reached(&answers, name, cx.today) {
        Ok(step) => step,
        Err(now) => return Ok(Answer::Redirect(path(id, now))),
    };
    let taken = step.take(&cx, form).await?;
    follow(&cx, taken).await
}

/// Takes what came of a sign-in at a federated system to the journey that began it.
///
/// # Errors
/// [`StepError`]
pub async fn returned(
    app: &App,
    visit: &Visit,
    id: &JourneyId,
    system: &SystemId,
    outcome: Result<UpstreamProof, SignInFailure>,
) -> Result<Answer, StepError> {
    let (stage, answers) = match open(app, visit, id).await? {
        Ok(open) => open,
        Err(answer) => return Ok(answer),
    };
    let cx = cx(app, visit, &stage, &answers);
    let taken = SignIn.returned(&cx, system, outcome).await?;
    follow(&cx, taken).await
}

async fn follow(cx: &Cx<'_>, taken: Taken) -> Result<Answer, StepError> {
    match taken {
        Taken::Show(page) => Ok(Answer::Page(page)),
        Taken::Leave(to) => Ok(Answer::Redirect(to)),
        Taken::Next(new, effects) => {
            let changed = *new != *cx.answers || !effects.is_empty() || current(&new, cx.today).is_none();
            if changed { advance(cx, *new, effects).await } else { go_on(cx.app, cx.visit, cx.id).await }
        }
        Taken::Moved => go_on(cx.app, cx.visit, cx.id).await,
    }
}

/// Takes pictures for a journey whose current page collects them.
///
/// # Errors
/// [`StepError`]
pub async fn upload(app: &App, visit: &Visit, id: &JourneyId, upload: Upload) -> Result<Answer, StepError> {
    let (stage, answers) = match open(app, visit, id).await? {
        Ok(open) => open,
        Err(answer) => return Ok(answer),
    };
    let cx = cx(app, visit, &stage, &answers);
    match reached(&answers, evidence::NAME, cx.today) {
        Ok(_) => match evidence::add(&cx, upload).await? {
            Some(page) => Ok(Answer::Page(page)),
            None => Ok(Answer::Redirect(format!("/journey/{id}/{}", evidence::NAME))),
        },
        Err(now) => Ok(Answer::Redirect(path(id, now))),
    }
}

/// After something was submitted: lets the current step begin what it does without being asked, then goes to it.
async fn go_on(app: &App, visit: &Visit, id: &JourneyId) -> Result<Answer, StepError> {
    let (stage, answers) = match open(app, visit, id).await? {
        Ok(open) => open,
        Err(answer) => return Ok(answer),
    };
    let cx = cx(app, visit, &stage, &answers);
    let step = next(&answers, cx.today);
    if step.arrive(&cx).await? { resume(app, visit, id).await } else { Ok(Answer::Redirect(path(id, Some(step)))) }
}

/// Saves new answers, or finishes if nothing is left to ask. Whoever loses the race is led to the current step.
async fn advance(cx: &Cx<'_>, answers: Answers, effects: Vec<Effect>) -> Result<Answer, StepError> {
    let step = current(&answers, cx.today);
    if step.is_none() {
        return match finish::finish(cx, &answers, effects).await? {
            Some(finished) => Ok(Answer::Finished(Box::new(finished))),
            None => Box::pin(resume(cx.app, cx.visit, cx.id)).await,
        };
    }
    save(cx, answers, effects).await?;
    go_on(cx.app, cx.visit, cx.id).await
}
