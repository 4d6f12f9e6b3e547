//! What goes on without the person: the source, which was unavailable, is asked again with growing pauses, and whoever
//! wished it gets a message when it has answered.

use std::time::Duration;

use serde_json::json;

use super::answers::{Answers, Check};
use super::steps::{check, existing};
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
    let Some(identity) = waiting(&answers).cloned() else {
        // The person has gone on meanwhile: nothing is due any more.
        let id = id.clone();
        app.db.write(move |tx| Box::pin(async move { journeys::schedule(tx, &id, None).await })).await?;
        return Ok(false);
    };
    let request = VerificationId::mint(now, &app.random);
    let (check, outcome) = check::ask(app, &answers, &identity, &request).await;
    if matches!(check, Check::Unavailable { .. }) {
        let (id, due) = (id.clone(), app.clock.now().plus(pause(attempts)));
        app.db.write(move |tx| Box::pin(async move { journeys::postpone(tx, &id, due).await })).await?;
        return Ok(false);
    }
    let existing = match &check {
        Check::Passed { .. } => existing::look_up(app, &identity.document).await?,
        _ => None,
    };
    let detail = json!({ "request": request, "outcome": outcome, "source": app.source.id(), "attempt": attempts });
    let mut effects = vec![Effect::Audit("journey.check", detail), Effect::Schedule(None)];
    if let (true, Some(contact), Some(case)) = (answers.tell_me, answers.contact(), &case) {
        let text = texts::case(&app.config.site.sms_signature, case, CaseNews::Checked);
        effects.push(Effect::Tell(contact.message(texts::CASE_SUBJECT, text)));
    }
    let writes = Writes::of(app, (id.clone(), version), now, effects);
    save_with(app, writes, Answers { check: Some(check), existing, tell_me: false, ..answers }).await
}

/// Whose check waits for the source.
fn waiting(answers: &Answers) -> Option<&Identity> {
    let identity = answers.identity.as_ref()?;
    matches!(answers.present_check()?, Check::Unavailable { .. }).then_some(identity)
}

/// 30 seconds, doubled with each attempt.
fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(0, 10)).unwrap_or(10);
    Duration::from_secs(30 * 2_u64.pow(doublings)).min(LONGEST)
}
