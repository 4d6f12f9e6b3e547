//! What goes on without the person: the source, which was unavailable, is asked again with growing pauses, and whoever
//! wished it gets a message when it has answered.

use std::time::Duration;

use serde_json::json;

use super::answers::{Answers, Check, Claim, UnitCheck};
use super::steps::{check, existing, unit};
use super::writes::{Effect, Writes, save_with};
use crate::app::App;
use crate::domain::identity::Identity;
use crate::ids::{JourneyId, VerificationId};
use crate::notify::texts::{self, CaseNews};
use crate::storage::Stored;
use crate::storage::journeys::{self, Stage, State};

/// The longest pause between two questions.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// Asks the source again for every journey for which that is due; how many got an answer.
///
/// # Errors
/// The store's own.
pub async fn ask_again(app: &App) -> Stored<usize> {
    let now = app.clock.now();
    let due = app.db.write(move |tx| Box::pin(async move { journeys::claim_due(tx, now).await })).await?;
    let mut answered = 0;
    for id in due {
        answered += usize::from(ask_one(app, &id).await?);
    }
    Ok(answered)
}

async fn ask_one(app: &App, id: &JourneyId) -> Stored<bool> {
    let now = app.clock.now();
    let found = journeys::find_anywhere::<Answers>(&mut app.db.read().await?, &app.keys, id, now).await?;
    let Some(Stage { version, case, attempts, state: State::Open(answers), .. }) = found else { return Ok(false) };
    let Some(waiting) = waiting(&answers) else {
        // The person has gone on meanwhile: nothing is due any more.
        let id = id.clone();
        app.db.write(move |tx| Box::pin(async move { journeys::schedule(tx, &id, None).await })).await?;
        return Ok(false);
    };
    let request = VerificationId::mint(now, &app.random);
    let Some((new, outcome)) = waiting.ask(app, &answers, &request).await? else {
        let (id, due) = (id.clone(), app.clock.now().plus(pause(attempts)));
        app.db.write(move |tx| Box::pin(async move { journeys::postpone(tx, &id, due).await })).await?;
        return Ok(false);
    };
    let (event, source) = waiting.asked(app);
    let detail = json!({ "request": request, "outcome": outcome, "source": source, "attempt": attempts });
    let mut effects = vec![Effect::Audit(event, detail), Effect::Schedule(None)];
    if let (true, Some(contact), Some(case)) = (answers.tell_me, answers.contact(), &case) {
        let text = texts::case(&app.config.site.sms_signature, case, CaseNews::Checked);
        effects.push(Effect::Tell(contact.message(texts::CASE_SUBJECT, text)));
    }
    let writes = Writes::of(app, (id.clone(), version), now, effects);
    save_with(app, writes, Answers { tell_me: false, ..new }).await
}

/// Whose check waits for its source.
enum Waiting {
    Person(Identity),
    Unit(Claim),
}

fn waiting(answers: &Answers) -> Option<Waiting> {
    if answers.is_units() {
        let waits = matches!(answers.present_unit_check()?, UnitCheck::Unavailable { .. });
        return answers.claim().filter(|_| waits).map(Waiting::Unit);
    }
    let identity = answers.identity.as_ref()?;
    matches!(answers.present_check()?, Check::Unavailable { .. }).then(|| Waiting::Person(identity.clone()))
}

impl Waiting {
    /// Asks again; `None` if there is still no answer.
    async fn ask(
        &self,
        app: &App,
        answers: &Answers,
        request: &VerificationId,
    ) -> Stored<Option<(Answers, &'static str)>> {
        let mut new = answers.clone();
        let outcome = match self {
            Self::Person(identity) => {
                let (check, outcome) = check::ask(app, answers, identity, request).await;
                match &check {
                    Check::Unavailable { .. } => return Ok(None),
                    Check::Passed { .. } => new.existing = existing::look_up(app, &identity.document).await?,
                    _ => new.existing = None,
                }
                new.check = Some(check);
                new = new.asking_for_review(app.today());
                outcome
            }
            Self::Unit(claim) => {
                let (check, outcome) = unit::check::ask(app, answers, claim, request).await;
                match &check {
                    UnitCheck::Unavailable { .. } => return Ok(None),
                    UnitCheck::Passed { .. } => new.unit.existing = unit::existing::look_up(app, &claim.unit).await?,
                    _ => new.unit.existing = None,
                }
                new.unit.check = Some(check);
                outcome
            }
        };
        Ok(Some((new, outcome)))
    }

    /// The event for the audit log, and the source.
    fn asked<'a>(&self, app: &'a App) -> (&'static str, &'a str) {
        match self {
            Self::Person(_) => ("journey.check", app.source.id()),
            Self::Unit(_) => ("journey.unit_check", app.registry.id()),
        }
    }
}

/// 30 seconds, doubled with each attempt.
fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(0, 10)).unwrap_or(10);
    Duration::from_secs(30 * 2_u64.pow(doublings)).min(LONGEST)
}
