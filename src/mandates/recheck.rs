//! The registry's word on a unit, asked for again: every day, and on demand. Another representative ends every mandate; a
//! unit that was revoked or dissolved acts no more until it is registered again. What is only odd (another name, no such
//! code, registered elsewhere) ends nothing: operators are told. A registry that doesn't answer says nothing.

use std::time::Duration;

use serde_json::json;

use super::succession::Succession;
use super::{Done, Pen, Refusal, actor, forget};
use crate::app::App;
use crate::clock::Timestamp;
use crate::domain::account::{Account, Person};
use crate::domain::mandate::{Mandate, Role};
use crate::domain::unit::Standing;
use crate::ids::{AccountId, MandateId, SessionId, VerificationId};
use crate::notify::mandates as texts;
use crate::storage::limits::{self, Limit};
use crate::storage::mandates;
use crate::storage::{Stored, Tx, accounts, grants, sessions, units};
use crate::verify::UnitCheckResult;

/// How often a unit's people may have the registry asked.
pub const ON_DEMAND: Limit = Limit::new(5, 24 * 60 * 60);
/// The shortest and the longest pause while the registry doesn't answer.
const SHORTEST: Duration = Duration::from_secs(5 * 60);
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Name, code and representative are as they are on record.
    Confirmed,
    /// Somebody else represents the unit: every mandate has ended.
    Replaced,
    /// The unit was revoked or dissolved.
    Standing(Standing),
    /// Another name, no such code, or registered elsewhere: nothing has ended.
    Doubtful,
    /// There was nobody to ask about: the unit has no representative on record.
    Nobody,
    /// No answer.
    Unavailable,
}

/// Asks about every unit for which that is due; how many got an answer.
///
/// # Errors
/// The store's own.
pub async fn check_due(app: &App) -> Stored<usize> {
    let now = app.clock.now();
    let due = app.db.write(move |tx| Box::pin(async move { units::claim_due(tx, now).await })).await?;
    let mut answered = 0;
    for unit in due {
        let outcome = check(app, &unit, None).await?;
        answered += usize::from(!matches!(outcome, Outcome::Unavailable | Outcome::Nobody));
    }
    Ok(answered)
}

/// Asks because the representative or an administrator wants to know.
///
/// # Errors
/// The store's own.
pub async fn check_now(app: &App, (person, unit): (&AccountId, &AccountId)) -> Stored<Done<Outcome>> {
    let (pen, who, id) = (Pen::of(app), person.clone(), unit.clone());
    let now = pen.now;
    let admitted = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let mine = pen.acting(tx, &id, &who).await?.filter(|mandate| mandate.terms.role != Role::Agent);
                if mine.is_none() || pen.active(tx, &id).await?.is_none() {
                    return Stored::Ok(Err(Refusal::Unknown));
                }
                let counted = limits::hit(tx, &subject(&id), ON_DEMAND, now).await?;
                Ok(if counted { Ok(()) } else { Err(Refusal::Limited) })
            })
        })
        .await?;
    if let Err(refusal) = admitted {
        return Ok(Err(refusal));
    }
    let outcome = check(app, unit, Some(person)).await?;
    if outcome == Outcome::Unavailable {
        let id = unit.clone();
        app.db
            .write(move |tx| Box::pin(async move { limits::refund(tx, &subject(&id), ON_DEMAND, now).await }))
            .await?;
    }
    Ok(Ok(outcome))
}

fn subject(unit: &AccountId) -> String {
    format!("unit check {unit}")
}

/// The unit, its representative's mandate, and who that is.
struct OnRecord {
    account: Account,
    mandate: Mandate,
    person: Person,
}

async fn on_record(app: &App, unit: &AccountId) -> Stored<Option<OnRecord>> {
    let mut conn = app.db.read().await?;
    let Some(account) = accounts::find(&mut conn, &app.keys, unit).await? else { return Ok(None) };
    let Some(mandate) = mandates::representative(&mut conn, unit).await? else { return Ok(None) };
    let holder = accounts::find(&mut conn, &app.keys, &mandate.person).await?;
    let person = holder.and_then(|holder| holder.person().cloned());
    Ok(person.map(|person| OnRecord { account, mandate, person }))
}

async fn check(app: &App, id: &AccountId, asked_by: Option<&AccountId>) -> Stored<Outcome> {
    let now = app.clock.now();
    let Some(on_record) = on_record(app, id).await? else {
        postpone(app, id, now.plus(units::RECHECK)).await?;
        return Ok(Outcome::Nobody);
    };
    let Some(unit) = on_record.account.unit() else { return Ok(Outcome::Nobody) };
    let (name, document) = (&on_record.person.name, &on_record.person.document);
    let request = VerificationId::mint(now, &app.random);
    let asked = (&unit.name, &unit.credit_code);
    let result = match app.registry.check(request.as_str(), asked, (name, document)).await {
        Ok(Ok(_)) => UnitCheckResult::Match,
        Ok(Err(other)) => other,
        Err(error) => {
            tracing::warn!(%request, %error, "the registry of organisations did not answer");
            let answered = units::checked_at(&mut app.db.read().await?, id).await?;
            postpone(app, id, next(app.clock.now(), answered)).await?;
            return Ok(Outcome::Unavailable);
        }
    };
    if matches!(result, UnitCheckResult::NameMismatch | UnitCheckResult::NotFound | UnitCheckResult::Moved) {
        tracing::warn!(unit = %id, %request, outcome = result.as_str(), "the registry doubts a unit");
    }
    let detail = json!({ "request": request, "outcome": result.as_str(), "source": app.registry.id() });
    let news = News { pen: Pen::of(app), result, detail, on_record, asked_by: asked_by.cloned() };
    let written = app.db.write(move |tx| Box::pin(async move { news.write(tx).await })).await?;
    app.outbox.notify_one();
    app.caches.forget(&units::cache_key(id));
    forget(app, &written.ended);
    for session in &written.sessions {
        app.caches.forget(&sessions::cache_key(session));
    }
    for grant in &written.grants {
        app.caches.forget(&grants::cache_key(grant));
    }
    Ok(written.outcome)
}

/// The longer the registry has been due to answer, the longer the pause: each is as long as all before it.
fn next(now: Timestamp, answered: Option<Timestamp>) -> Timestamp {
    let overdue = answered.map_or(Duration::ZERO, |at| now.since(at.plus(units::RECHECK)));
    now.plus(overdue.clamp(SHORTEST, LONGEST))
}

async fn postpone(app: &App, unit: &AccountId, until: Timestamp) -> Stored<()> {
    let unit = unit.clone();
    app.db.write(move |tx| Box::pin(async move { units::postpone(tx, &unit, until).await })).await
}

/// An answer about to be written.
struct News {
    pen: Pen,
    result: UnitCheckResult,
    detail: serde_json::Value,
    on_record: OnRecord,
    asked_by: Option<AccountId>,
}

/// What was written, and what this node has to forget.
struct Written {
    outcome: Outcome,
    ended: Vec<MandateId>,
    sessions: Vec<SessionId>,
    grants: Vec<crate::ids::GrantId>,
}

impl News {
    async fn write(&self, tx: &mut Tx) -> Stored<Written> {
        let Self { pen, result, detail, on_record, asked_by } = self;
        let unit = &on_record.account.id;
        let who = asked_by.as_ref().map_or_else(|| "portal".to_owned(), actor);
        let standing = result.standing();
        let changed = units::said(tx, unit, standing, pen.now).await?;
        let mandate = &on_record.mandate.id;
        // A reviewer has named whom the registry doesn't: that it still doesn't is no news.
        let reviewed = mandates::is_reviewed(tx, mandate).await?;
        if reviewed && *result == UnitCheckResult::Match {
            mandates::set_reviewed(tx, mandate, false).await?;
        }
        let outcome = match (result, standing) {
            (UnitCheckResult::Match, _) => Outcome::Confirmed,
            (UnitCheckResult::RepresentativeMismatch, _) if reviewed => Outcome::Doubtful,
            (UnitCheckResult::RepresentativeMismatch, _) => Outcome::Replaced,
            (_, Some(standing)) if standing != Standing::Registered => Outcome::Standing(standing),
            _ => Outcome::Doubtful,
        };
        // The daily match is no news: the row says when it was.
        if changed || asked_by.is_some() || outcome != Outcome::Confirmed {
            pen.note(tx, "unit.checked", &who, (unit, &[]), detail).await?;
        }
        let mut written = Written { outcome, ended: Vec::new(), sessions: Vec::new(), grants: Vec::new() };
        if let (true, Some(standing)) = (changed, standing) {
            written.grants = self.stands(tx, &who, standing).await?;
        }
        if outcome == Outcome::Replaced {
            (written.ended, written.sessions) = self.replaced(tx, &who).await?;
        }
        Ok(written)
    }

    /// Tells everybody how the unit stands now; every token of a unit that doesn't act any more is revoked.
    async fn stands(&self, tx: &mut Tx, who: &str, standing: Standing) -> Stored<Vec<crate::ids::GrantId>> {
        let (pen, account) = (&self.pen, &self.on_record.account);
        let revoked = match standing {
            Standing::Registered => Vec::new(),
            Standing::Revoked | Standing::Dissolved => grants::revoke_of_unit(tx, &account.id, pen.now).await?,
        };
        let members = mandates::of_unit(tx, &account.id).await?.into_iter();
        let people: Vec<AccountId> = members.filter_map(mandates::Entry::live).map(|mandate| mandate.person).collect();
        let concerned: Vec<&AccountId> = people.iter().collect();
        let detail = json!({ "standing": standing });
        pen.note(tx, "unit.standing", who, (&account.id, &concerned), &detail).await?;
        let text = texts::standing(&pen.signature, account.name(), standing, &pen.hotline);
        for person in people.iter().chain([&account.id]) {
            pen.tell(tx, person, &text).await?;
        }
        Ok(revoked)
    }

    /// Ends the former representative's mandate, all that rest on it, and the sign-ins of the unit's own account.
    async fn replaced(&self, tx: &mut Tx, who: &str) -> Stored<(Vec<MandateId>, Vec<SessionId>)> {
        let OnRecord { account, mandate, .. } = &self.on_record;
        let (ended, sessions) = mandates::vacate(tx, mandate, self.pen.now).await?;
        if ended.is_empty() {
            return Ok((ended, sessions));
        }
        let told = Succession(self.pen.clone());
        told.announce(tx, who, (account, &mandate.person), &ended).await?;
        Ok((ended, sessions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_while_the_registry_is_silent() {
        let answered = Timestamp(0);
        let due = answered.plus(units::RECHECK);
        let mut at = due;
        let mut pauses = Vec::new();
        for _ in 0..9 {
            let then = next(at, Some(answered));
            pauses.push(then.since(at).as_secs() / 60);
            at = then;
        }
        assert_eq!(pauses, [5, 5, 10, 20, 40, 80, 160, 320, 360]);
    }
}
