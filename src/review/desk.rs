//! The reviewers' desk: who may review, and what a reviewer can do. Nobody decides an own case; what touches an
//! existing account takes two reviewers, a notice to its owner, and 72 hours in which the owner can object.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::grounds::{level_of, needed, regained};
use super::{Content, OBJECTION, content, owner};
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::Purpose;
use crate::domain::account::Account;
use crate::domain::case_number::CaseNumber;
use crate::domain::identifier::SignInIdentifier;
use crate::domain::identity::Identity;
use crate::domain::user_name::UserName;
use crate::ids::{AccountId, MessageId, SystemId};
use crate::notify::codes::{Asker, Recipient};
use crate::protocol::acr::IdentityLevel;
use crate::secret::Secret;
use crate::sign_in::recovery::Pen;
use crate::sign_in::{Attempt, KnownBrowser, Outcome, sign_in};
use crate::storage::evidence::Piece;
use crate::storage::limits::{self, Limit};
use crate::storage::reviews::{self, Decision, Review, State};
use crate::storage::{StorageError, Tx, accounts, audit, evidence as pictures, guardianships, outbox};

/// A claimed case goes back to the list after so long.
const CLAIM: Duration = Duration::from_secs(4 * 60 * 60);
/// How often one reviewer may look at unmasked data.
const UNMASKED: Limit = Limit::new(60, 60 * 60);
/// How long the notice to an account's owner may wait for its gateway.
const NOTICE: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// Why the desk refuses.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// Not a reviewer, or a wrong password.
    #[error("user name or password is wrong, or the account is no reviewer's")]
    Rejected,
    /// No case has this number.
    #[error("there is no case {0}")]
    Unknown(CaseNumber),
    /// Another reviewer has it.
    #[error("another reviewer has this case")]
    Claimed,
    /// It has to be claimed first.
    #[error("claim the case first")]
    Unclaimed,
    /// It is decided, or was taken back.
    #[error("the case is {0}")]
    Closed(&'static str),
    /// The reviewer's own case.
    #[error("nobody reviews an own case")]
    Own,
    /// This reviewer has approved it already: another one has to.
    #[error("you have approved this case: a second reviewer has to decide")]
    SecondNeeded,
    /// The pictures named aren't there, or carry no level.
    #[error("{0}")]
    Evidence(&'static str),
    /// A limit is reached.
    #[error("too many unmasked looks in this hour")]
    Limited,
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A reviewer who has just proven who they are.
#[derive(Clone, Debug)]
pub struct Reviewer {
    account: Arc<Account>,
}

/// A case as the desk shows it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The review.
    pub review: Review,
    /// What it is about.
    pub content: Content,
    /// The pictures.
    pub evidence: Vec<Piece>,
    /// Who has approved it already.
    pub approved_by: Vec<AccountId>,
    /// The guardians on record of the child whose account it touches; whoever acts for the unit that it is about.
    pub concerned: Vec<AccountId>,
    /// The account that it touches.
    pub owner: Option<Account>,
}

impl Case {
    pub(super) fn system(&self) -> Option<SystemId> {
        self.content.legacy.as_ref().map(|legacy| legacy.system.clone())
    }

    /// How many reviewers have to approve.
    pub fn reviewers_needed(&self) -> i64 {
        needed(&self.review)
    }
}

/// What an approval came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// A second reviewer has to agree.
    NeedsSecond,
    /// Approved, in effect from a moment on.
    From(Timestamp),
}

impl Reviewer {
    /// Signs a reviewer in: a user name of the configuration's list, and the password of that portal account, with the
    /// limits of the login page.
    ///
    /// # Errors
    /// [`DeskError::Rejected`], or the store's own.
    pub async fn sign_in(app: &App, user_name: &str, password: &Secret) -> Result<Self, DeskError> {
        let name = UserName::parse(user_name).map_err(|_| DeskError::Rejected)?;
        if !app.config.review.reviewers.iter().any(|listed| listed.fold() == name.fold()) {
            return Err(DeskError::Rejected);
        }
        let identifier = SignInIdentifier::UserName(name);
        let asker = Asker { address: "review desk".to_owned(), factor: 1 };
        let known = KnownBrowser::default();
        let attempt = Attempt { identifier: &identifier, password, asker: &asker, known: &known };
        let account = match sign_in(app, &attempt).await? {
            // The command line asks for no second step, and guesses at the login page, which may lead to one, aren't made here.
            Outcome::SignedIn(account) | Outcome::SecondStep(account) => account,
            _ => return Err(DeskError::Rejected),
        };
        // A carried-over or an exposed password is no reviewer's: it may be known elsewhere.
        let known = account.carried_over() || app.passwords.is_exposed(password).await;
        match account.identity_level >= IdentityLevel::Confirmed && !known {
            true => Ok(Self { account }),
            false => Err(DeskError::Rejected),
        }
    }

    /// The reviewer's account.
    pub fn id(&self) -> &AccountId {
        &self.account.id
    }

    fn who(&self) -> String {
        format!("reviewer:{}", self.account.id)
    }

    /// The reviewer's own case: the account, the document or the contact is the reviewer's; of a child's, the guardian too.
    fn is_own(&self, case: &Case) -> bool {
        let Some(person) = self.account.person() else { return true };
        let contact = match &case.content.contact {
            Recipient::Phone(phone) => person.phone.as_ref() == Some(phone),
            Recipient::Email(address) => person.email.as_ref().is_some_and(|own| own.fold() == address.fold()),
        };
        let is_me = |who: &Identity| person.document == who.document || person.name.fold() == who.name.fold();
        let guardian = case.content.guardian.as_ref();
        contact
            || case.review.account.as_ref() == Some(&self.account.id)
            || is_me(&case.content.identity)
            || guardian.is_some_and(|guardian| guardian.account == self.account.id || is_me(&guardian.identity))
            || case.concerned.contains(&self.account.id)
    }

    /// The open cases, oldest first.
    ///
    /// # Errors
    /// The store's own.
    pub async fn list(&self, app: &App) -> Result<Vec<(Review, Content)>, DeskError> {
        let open = reviews::open(&mut app.db.read().await?, 200).await?;
        let with_content = |review: Review| content(&app.keys, &review).map(|content| (review, content));
        Ok(open.into_iter().map(with_content).collect::<Result<_, StorageError>>()?)
    }

    /// The newest review of a case.
    ///
    /// # Errors
    /// [`DeskError`]
    pub async fn open(&self, app: &App, number: &CaseNumber) -> Result<Case, DeskError> {
        let mut conn = app.db.read().await?;
        let review = reviews::of_case(&mut conn, number).await?.ok_or_else(|| DeskError::Unknown(number.clone()))?;
        let evidence = pictures::of_journey(&mut conn, &review.journey, app.clock.now()).await?;
        let approved_by = reviews::approved_by(&mut conn, &review.id).await?;
        let guardians = match &review.account {
            Some(account) => guardianships::of_child(&mut conn, account).await?,
            None => Vec::new(),
        };
        let guardians = guardians.into_iter().map(|guardianship| guardianship.guardian);
        let content = content(&app.keys, &review)?;
        let owner = match &review.account {
            Some(account) => accounts::find(&mut conn, &app.keys, account).await?,
            None => None,
        };
        let members = super::owner::members(&mut conn, &review, &content).await?;
        Ok(Case { concerned: guardians.chain(members).collect(), content, review, evidence, approved_by, owner })
    }

    /// Takes a case.
    ///
    /// # Errors
    /// [`DeskError`]
    pub async fn claim(&self, app: &App, case: &Case) -> Result<(), DeskError> {
        self.may_decide(case)?;
        let (id, me, now) = (case.review.id.clone(), self.id().clone(), app.clock.now());
        let (who, random, number) = (self.who(), app.random.clone(), case.review.case.clone());
        app.db
            .write(move |tx| {
                Box::pin(async move {
                    if !reviews::claim(tx, &id, &me, (now, now.minus(CLAIM))).await? {
                        return Err(DeskError::Claimed);
                    }
                    note(tx, &random, now, "review.claimed", (&who, &number), json!({})).await
                })
            })
            .await
    }

    fn may_decide(&self, case: &Case) -> Result<(), DeskError> {
        if case.review.state != State::Open {
            return Err(DeskError::Closed(case.review.state.as_str()));
        }
        if self.is_own(case) {
            return Err(DeskError::Own);
        }
        if case.approved_by.contains(self.id()) {
            return Err(DeskError::SecondNeeded);
        }
        Ok(())
    }

    fn holds(&self, case: &Case) -> Result<(), DeskError> {
        self.may_decide(case)?;
        if case.review.claimed_by.as_ref() == Some(self.id()) { Ok(()) } else { Err(DeskError::Unclaimed) }
    }

    /// Notes an unmasked look, and why; only whoever has claimed the case gets one.
    ///
    /// # Errors
    /// [`DeskError`]
    pub async fn unmask(&self, app: &App, case: &Case, purpose: &str) -> Result<(), DeskError> {
        self.holds(case)?;
        let (who, random, number, now) = (self.who(), app.random.clone(), case.review.case.clone(), app.clock.now());
        let detail = json!({ "purpose": purpose });
        app.db
            .write(move |tx| {
                Box::pin(async move {
                    if !limits::hit(tx, &format!("unmasked {who}"), UNMASKED, now).await? {
                        return Err(DeskError::Limited);
                    }
                    note(tx, &random, now, "review.unmasked", (&who, &number), detail).await
                })
            })
            .await
    }

    /// A picture's bytes, for whoever has had it unmasked.
    ///
    /// # Errors
    /// [`DeskError`]
    pub async fn picture(&self, app: &App, case: &Case, slot: i64) -> Result<Vec<u8>, DeskError> {
        self.holds(case)?;
        let (mut conn, now) = (app.db.read().await?, app.clock.now());
        let image = pictures::image(&mut conn, &app.keys, &case.review.journey, slot, now).await?;
        image.ok_or(DeskError::Evidence("there is no such picture"))
    }

    /// Approves, on the grounds of these pictures. Where an existing account is touched, the first approval only asks
    /// for the second, and that one counts 72 hours later.
    ///
    /// # Errors
    /// [`DeskError`]
    pub async fn approve(&self, app: &App, case: &Case, slots: &[i64]) -> Result<Approval, DeskError> {
        self.holds(case)?;
        let level = level_of(case, slots)?;
        let regained = regained(case, app.clock.now())?;
        let seen = slots.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let now = app.clock.now();
        let (id, me, who, number) = (case.review.id.clone(), self.id().clone(), self.who(), case.review.case.clone());
        let (needed, journey) = (case.reviewers_needed(), case.review.journey.clone());
        let effective_at = if needed > 1 { now.plus(OBJECTION) } else { now };
        let (keys, random) = (Arc::clone(&app.keys), app.random.clone());
        // Of another phone the recovery tells by itself, with the number that stops it.
        let told = needed > 1 && regained.is_none();
        let notices = if told { owner::notices(app, case).await? } else { Vec::new() };
        let pen = Pen::of(app);
        let term = now.plus(app.config.review.evidence_term());
        let (owner, system) = (case.review.account.clone(), case.system());
        let approval = app
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let given = (&me, level, seen.as_str());
                    let Some((count, lowest)) = reviews::approval(tx, &id, given, now).await? else {
                        return Err(DeskError::SecondNeeded);
                    };
                    let detail = json!({ "evidence": seen, "level": level as i64, "reviewers": count });
                    note(tx, &random, now, "review.approved", (&who, &number), detail).await?;
                    if count < needed {
                        reviews::release(tx, &id, &me).await?;
                        return Ok(Approval::NeedsSecond);
                    }
                    let decision = Decision { state: State::Approved, level: Some(lowest), reason: None, effective_at };
                    if !reviews::decide(tx, &id, &me, &decision, now).await? {
                        return Err(DeskError::Unclaimed);
                    }
                    pictures::keep_until(tx, &journey, term.max(effective_at)).await?;
                    let of = (&id, who.as_str());
                    owner::approved(tx, &pen, of, (owner.as_ref(), &system), (regained, effective_at)).await?;
                    for message in &notices {
                        outbox::push(tx, &keys, &MessageId::mint(now, &random), message, now, NOTICE).await?;
                    }
                    Ok(Approval::From(effective_at))
                })
            })
            .await?;
        app.outbox.notify_one();
        Ok(approval)
    }

    /// Rejects, or gives back with a question; the person is told why.
    ///
    /// # Errors
    /// [`DeskError`]
    pub async fn refuse(&self, app: &App, case: &Case, state: State, reason: &str) -> Result<(), DeskError> {
        self.holds(case)?;
        let now = app.clock.now();
        let sealed =
            app.keys.seal_json(Purpose::Review, case.review.id.as_str(), &reason).map_err(StorageError::from)?;
        let decision = Decision { state, level: None, reason: Some(sealed), effective_at: now };
        let (id, me, who, number) = (case.review.id.clone(), self.id().clone(), self.who(), case.review.case.clone());
        let (random, journey, term) =
            (app.random.clone(), case.review.journey.clone(), now.plus(app.config.review.evidence_term()));
        app.db
            .write(move |tx| {
                Box::pin(async move {
                    if !reviews::decide(tx, &id, &me, &decision, now).await? {
                        return Err(DeskError::Unclaimed);
                    }
                    pictures::keep_until(tx, &journey, term).await?;
                    let event = if state == State::Returned { "review.returned" } else { "review.rejected" };
                    note(tx, &random, now, event, (&who, &number), json!({})).await
                })
            })
            .await
    }

    /// Stops an approval before it comes into effect: the account's owner has objected.
    ///
    /// # Errors
    /// [`DeskError`]
    pub async fn stop(&self, app: &App, case: &Case, reason: &str) -> Result<(), DeskError> {
        let now = app.clock.now();
        let sealed =
            app.keys.seal_json(Purpose::Review, case.review.id.as_str(), &reason).map_err(StorageError::from)?;
        let (id, who, number, random) =
            (case.review.id.clone(), self.who(), case.review.case.clone(), app.random.clone());
        let (owner, system, pen) = (case.review.account.clone(), case.system(), Pen::of(app));
        app.db
            .write(move |tx| {
                Box::pin(async move {
                    if !reviews::stop(tx, &id, &sealed, now).await? {
                        return Err(DeskError::Closed("not waiting for an objection"));
                    }
                    owner::stopped(tx, &pen, (&id, &who), (owner.as_ref(), &system)).await?;
                    note(tx, &random, now, "review.stopped", (&who, &number), json!({})).await
                })
            })
            .await
    }
}

async fn note(
    tx: &mut Tx,
    random: &crate::clock::Random,
    now: Timestamp,
    event: &str,
    (who, case): (&str, &CaseNumber),
    detail: serde_json::Value,
) -> Result<(), DeskError> {
    Ok(audit::record(tx, random, now, event, (who, &format!("case:{case}")), &detail).await?)
}
