//! The engine: loads a journey, computes its current step, shows it, takes its answer, saves by optimistic lock, and
//! finishes when nothing is left to ask.

use time::Date;

use super::answers::Answers;
use super::finish::{self, Finished};
use super::individual::{DONE, STEPS};
use super::step::Step;
use super::steps::sign_in::SignIn;
use crate::app::App;
use crate::crypto::SealError;
use crate::ids::{InteractionId, JourneyId, SystemId};
use crate::notify::codes::{Asker, Binding, Sender, Sent};
use crate::pages::{Page, Rendered, Visit, login};
use crate::protocol::params::Params;
use crate::storage::journeys::{self, Stage, State};
use crate::storage::{StorageError, audit, outbox};
use crate::upstream::{SignInFailure, UpstreamProof};

/// The kind under which individual migrations are stored.
pub(super) const KIND: &str = "individual";

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
    /// The request that waits for it.
    pub interaction: Option<&'a InteractionId>,
    /// Today, in Beijing.
    pub today: Date,
}

impl Cx<'_> {
    /// The common part of a step's page: its sign-in leads back to the waiting request.
    pub(super) fn page(&self, title: &str) -> Page {
        let waiting = self.interaction.map(InteractionId::as_str);
        Page { login: login(waiting), ..self.visit.page(title) }
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

/// What is written together with new answers.
#[derive(Debug)]
pub enum Effect {
    /// An entry in the audit log about this journey.
    Audit(&'static str, serde_json::Value),
    /// A text message.
    Sms {
        /// To whom.
        to: String,
        /// What it says.
        text: String,
    },
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
                let content = (&answers, interaction.as_ref());
                journeys::insert(tx, &keys, &new, (KIND, &browser), content, now).await
            })
        })
        .await?;
    Ok(id)
}

/// The first step that applies and isn't satisfied; none: the journey can finish.
pub fn current(answers: &Answers, today: Date) -> Option<&'static dyn Step> {
    STEPS.iter().copied().find(|step| step.applies(answers, today) && !step.is_satisfied(answers, today))
}

fn path(id: &JourneyId, step: Option<&dyn Step>) -> String {
    format!("/journey/{id}/{}", step.map_or(DONE, Step::name))
}

fn position(name: &str) -> Option<usize> {
    STEPS.iter().position(|step| step.name() == name)
}

/// The step with this name, if the journey has come so far; a later one leads to the current one.
fn reached<'s>(answers: &Answers, name: &str, today: Date) -> Result<&'s dyn Step, Option<&'static dyn Step>> {
    let now = current(answers, today);
    let limit = now.and_then(|step| position(step.name())).unwrap_or(STEPS.len());
    match position(name).filter(|at| *at <= limit).and_then(|at| STEPS.get(at)) {
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
    let stage = load(app, visit, id).await?.ok_or(StepError::Unknown)?;
    match stage.state {
        State::Open(answers) => {
            let rest =
                Stage { id: stage.id, version: stage.version, interaction: stage.interaction, state: State::Open(()) };
            Ok(Ok((rest, answers)))
        }
        State::Finished(_) => Ok(Err(Answer::Redirect(path(id, None)))),
        State::Expired => Err(StepError::Expired),
    }
}

/// The way to the current step.
///
/// # Errors
/// [`StepError`]
pub async fn resume(app: &App, visit: &Visit, id: &JourneyId) -> Result<Answer, StepError> {
    match open(app, visit, id).await? {
        Ok((_, answers)) => Ok(Answer::Redirect(path(id, current(&answers, app.today())))),
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
        interaction: stage.interaction.as_ref(),
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
    go_on(&cx, taken).await
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
    go_on(&cx, taken).await
}

async fn go_on(cx: &Cx<'_>, taken: Taken) -> Result<Answer, StepError> {
    match taken {
        Taken::Show(page) => Ok(Answer::Page(page)),
        Taken::Leave(to) => Ok(Answer::Redirect(to)),
        Taken::Next(new, effects) if *new != *cx.answers || !effects.is_empty() => advance(cx, *new, effects).await,
        Taken::Next(..) | Taken::Moved => resume(cx.app, cx.visit, cx.id).await,
    }
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
    let to = path(cx.id, step);
    if save(cx, answers, effects).await? {
        return Ok(Answer::Redirect(to));
    }
    resume(cx.app, cx.visit, cx.id).await
}

/// Saves new answers with their effects; `false` if somebody else has moved the journey meanwhile.
///
/// # Errors
/// The store's own.
pub(super) async fn save(cx: &Cx<'_>, answers: Answers, effects: Vec<Effect>) -> Result<bool, StorageError> {
    let writes = Writes::new(cx, effects);
    let saved = cx
        .app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let at = (&writes.id, writes.version);
                if !journeys::save(tx, &writes.keys, at, &answers, writes.now).await? {
                    return Ok::<_, StorageError>(false);
                }
                writes.apply(tx).await?;
                Ok(true)
            })
        })
        .await?;
    cx.app.outbox.notify_one();
    Ok(saved)
}

/// What a write of this journey needs: owned, because it moves into the writer.
pub(super) struct Writes {
    pub(super) keys: std::sync::Arc<crate::crypto::Keyring>,
    pub(super) random: crate::clock::Random,
    pub(super) id: JourneyId,
    pub(super) version: i64,
    pub(super) now: crate::clock::Timestamp,
    pub(super) signature: String,
    effects: Vec<Effect>,
}

impl Writes {
    pub(super) fn new(cx: &Cx<'_>, effects: Vec<Effect>) -> Self {
        Self {
            keys: std::sync::Arc::clone(&cx.app.keys),
            random: cx.app.random.clone(),
            id: cx.id.clone(),
            version: cx.version,
            now: cx.visit.now,
            signature: cx.app.config.site.sms_signature.clone(),
            effects,
        }
    }

    /// Writes the effects.
    pub(super) async fn apply(&self, tx: &mut crate::storage::Tx) -> Result<(), StorageError> {
        let subject = format!("journey:{}", self.id);
        for effect in &self.effects {
            match effect {
                Effect::Audit(event, detail) => {
                    let who = ("browser", subject.as_str());
                    audit::record(tx, &self.random, self.now, event, who, detail).await?;
                }
                Effect::Sms { to, text } => {
                    let id = crate::ids::MessageId::mint(self.now, &self.random);
                    let message = outbox::Message::Sms { to: to.clone(), text: text.clone() };
                    let day = std::time::Duration::from_secs(24 * 60 * 60);
                    outbox::push(tx, &self.keys, &id, &message, self.now, day).await?;
                }
            }
        }
        Ok(())
    }

    /// Sends a code, in the caller's transaction.
    pub(super) async fn send_code(
        &self,
        tx: &mut crate::storage::Tx,
        binding: &Binding,
        asker: &Asker,
    ) -> Result<Sent, StorageError> {
        let sender = Sender { keys: &self.keys, random: &self.random, signature: &self.signature };
        crate::notify::codes::send(tx, sender, binding, asker, self.now).await
    }
}
