//! A child's guardian: an adult with a verified account of their own, who begins the child's journey in a fresh session
//! and stays signed in to its end. That they are the guardian is never taken from this: a reviewer says so.

use std::time::Duration;

use time::Date;

use super::answers::{Answers, ChildAnswers, Goal, Guardian};
use crate::domain::account::{AccountKind, Person};
use crate::domain::birth;
use crate::domain::identity::Identity;
use crate::notify::codes::Recipient;
use crate::pages::Visit;
use crate::protocol::acr::IdentityLevel;

/// A sign-in that is so fresh begins a child's journey; an older one has to be repeated.
const FRESH: Duration = Duration::from_secs(10 * 60);

/// Why somebody can't begin a child's journey. The text is a key: the pages word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Nobody is signed in.
    #[error("signed-out")]
    SignedOut,
    /// A unit is.
    #[error("unit")]
    Unit,
    /// Not verified.
    #[error("unverified")]
    Unverified,
    /// Not of age, or the document doesn't say: a day of birth that was typed is nobody's word.
    #[error("not-adult")]
    NotAdult,
    /// Without a phone or a confirmed address nobody could be told about the child's account.
    #[error("no-contact")]
    NoContact,
    /// Signed in too long ago.
    #[error("stale")]
    Stale,
}

/// Who is signed in here, as a guardian: the one place where such a proof is made.
fn proof(visit: &Visit, today: Date) -> Result<Guardian, Unfit> {
    let (session, account) = visit.signed_in.as_ref().ok_or(Unfit::SignedOut)?;
    let Person { name, document, gender, ethnic_group, birth_date, .. } = account.person().ok_or(Unfit::Unit)?;
    if account.identity_level < IdentityLevel::Confirmed {
        return Err(Unfit::Unverified);
    }
    if !document.birth_date().is_some_and(|born| birth::is_adult(born, today)) {
        return Err(Unfit::NotAdult);
    }
    let contact = Recipient::all_of(account).into_iter().next().ok_or(Unfit::NoContact)?;
    if visit.now.since(session.authenticated_at) >= FRESH {
        return Err(Unfit::Stale);
    }
    Ok(Guardian {
        account: account.id.clone(),
        identity: Identity {
            name: name.clone(),
            document: document.clone(),
            gender: *gender,
            ethnic_group: *ethnic_group,
            birth_date: *birth_date,
        },
        contact,
        at: visit.now,
    })
}

/// Whether who is signed in may begin a child's journey now.
///
/// # Errors
/// [`Unfit`]
pub fn may_begin(visit: &Visit, today: Date) -> Result<(), Unfit> {
    proof(visit, today).map(drop)
}

/// The first answers of a child's journey.
///
/// # Errors
/// [`Unfit`]
pub fn begun(visit: &Visit, goal: Goal, today: Date) -> Result<Answers, Unfit> {
    let child = ChildAnswers::of(proof(visit, today)?);
    Ok(Answers { goal, kind: Some(AccountKind::Individual), child: Some(Box::new(child)), ..Answers::default() })
}

/// The answers as this visit may see them: a child's guardian is there only while signed in here.
pub(super) fn met(answers: Answers, visit: &Visit) -> Answers {
    let Some(child) = answers.child else { return answers };
    let here = visit.signed_in.as_ref().is_some_and(|(_, account)| account.id == child.guardian.account);
    Answers { child: Some(Box::new(ChildAnswers { present: here, ..*child })), ..answers }
}
