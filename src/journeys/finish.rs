//! The end of a migration: every step is evaluated once more, and account, link, evidence, session, audit and
//! messages are written in one transaction, or nothing is.

use serde_json::json;

use super::answers::{Answers, Check, Existing, Password};
use super::engine::{Cx, Effect, StepError, Writes, current, save};
use crate::app::App;
use crate::domain::account::{Account, AccountStatus, PasswordOrigin, Person, StoredPassword};
use crate::domain::session::Method;
use crate::ids::{AccountId, JourneyId, LinkId, MessageId, SessionId, VerificationId};
use crate::notify::texts;
use crate::pages::Visit;
use crate::protocol::acr::IdentityLevel;
use crate::secret::Secret;
use crate::sign_in::email_link;
use crate::sign_in::session::NewSession;
use crate::storage::accounts::{self, Taken, Verification};
use crate::storage::links::{self, NewLink};
use crate::storage::{StorageError, Tx, audit, journeys, outbox};

/// What a finished journey hands to the browser.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The session's cookie.
    pub session: String,
    /// The account: this browser is known to it from now on.
    pub account: AccountId,
    /// The last page.
    pub to: String,
}

/// What stood in the way at the last moment.
enum Obstacle {
    Taken(Taken),
    LegacyAccountLinked,
    Moved,
    Storage(StorageError),
}

impl From<StorageError> for Obstacle {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// The session that a finished journey gives to its own browser. Derived, so that a repeated submit, whose first
/// answer the browser has dropped, gets the same one again.
pub(super) fn session(app: &App, visit: &Visit, journey: &JourneyId, account: &AccountId) -> NewSession {
    let secret = app.keys.hash("journey session", &format!("{journey}\n{}", visit.browser));
    let methods = [Method::Legacy, Method::OneTimeCode, Method::Sms];
    let id = SessionId(journey.0.clone());
    NewSession::with_secret(account, &methods, visit.now, id, Secret::new(secret))
}

/// Finishes; `None` if the journey has to go back to a step, or was finished by another request.
pub(super) async fn finish(
    cx: &Cx<'_>,
    answers: &Answers,
    effects: Vec<Effect>,
) -> Result<Option<Finished>, StepError> {
    if current(answers, cx.today).is_some() {
        return Ok(None);
    }
    let Some(plan) = Plan::new(cx, answers)? else { return Ok(None) };
    let (session, account) = (plan.session.clone(), plan.account.id.clone());
    let writes = Writes::new(cx, effects);
    let done = cx.app.db.write(move |tx| Box::pin(async move { plan.write(tx, &writes).await })).await;
    cx.app.outbox.notify_one();
    match done {
        Ok(()) => Ok(Some(Finished { session: session.cookie(), account, to: format!("/journey/{}/done", cx.id) })),
        Err(Obstacle::Moved) => Ok(None),
        Err(Obstacle::Storage(error)) => Err(error.into()),
        Err(obstacle) => {
            go_back(cx, answers, &obstacle).await?;
            Ok(None)
        }
    }
}

/// Takes back the answer that somebody else was faster with; its step tells so.
async fn go_back(cx: &Cx<'_>, answers: &Answers, obstacle: &Obstacle) -> Result<(), StepError> {
    let mut answers = answers.clone();
    match obstacle {
        Obstacle::Taken(Taken::UserName) => answers.user_name = None,
        Obstacle::Taken(Taken::Phone) => {
            answers.phone = None;
            answers.phone_proof = None;
        }
        Obstacle::Taken(Taken::Document) => {
            if let Some(identity) = answers.proven_identity(cx.today) {
                let mut conn = cx.app.db.read().await?;
                let owner = accounts::find_by_document(&mut conn, &cx.app.keys, &identity.document).await?;
                answers.existing = owner.map(|account| Existing { document: identity.document, account: account.id });
            }
        }
        // The sign-in step finds the link and tells whose it is.
        Obstacle::LegacyAccountLinked => answers.upstream = None,
        Obstacle::Moved | Obstacle::Storage(_) => {}
    }
    save(cx, answers, vec![Effect::Audit("journey.conflict", json!({}))]).await?;
    Ok(())
}

/// Everything that is going to be written.
struct Plan {
    account: Account,
    link: NewLink,
    verification: VerificationId,
    method: &'static str,
    source: String,
    agreements: [(&'static str, String, crate::clock::Timestamp); 2],
    session: NewSession,
    messages: Vec<outbox::Message>,
}

impl Plan {
    fn new(cx: &Cx<'_>, answers: &Answers) -> Result<Option<Self>, StepError> {
        let (app, now) = (cx.app, cx.visit.now);
        let (Some(identity), Some(proof), Some(phone), Some(agreement), Some(user_name)) = (
            answers.proven_identity(cx.today),
            answers.proof(),
            answers.proven_phone(),
            &answers.agreement,
            &answers.user_name,
        ) else {
            return Ok(None);
        };
        let hash_and_origin = match (&answers.password, proof.password_hash()) {
            (Some(Password::New { hash }), _) => (hash.clone(), PasswordOrigin::Chosen),
            (Some(Password::CarriedOver), Some(hash)) => {
                (hash.to_owned(), PasswordOrigin::CarriedOver(proof.system().clone()))
            }
            _ => return Ok(None),
        };
        let (hash, origin) = hash_and_origin;
        let (method, source) = match (proof.vouched(), &answers.check) {
            (false, Some(Check::Passed { proof })) => ("name_and_number", proof.source().to_owned()),
            _ => ("upstream", proof.system().0.clone()),
        };
        let id = AccountId::mint(now, &app.random);
        let email = answers.email.as_ref().and_then(|e| e.address().cloned());
        let mut messages = Vec::new();
        if let Some(address) = &email {
            let token = email_link::issue(app, &id, address, now)?;
            let link = format!("{}/email/confirm?token={token}", app.config.issuer_text());
            let (subject, text) = texts::confirm_email(cx.visit.locale.is_english(), &link);
            messages.push(outbox::Message::Mail { to: address.as_str().to_owned(), subject, text });
        }
        let system = app.systems.get(proof.system()).map(|s| s.name(false).to_owned()).unwrap_or_default();
        let site = &app.config.site;
        messages.push(outbox::Message::Sms {
            to: phone.phone.as_str().to_owned(),
            text: texts::migrated(&site.sms_signature, &system, &site.hotline),
        });
        Ok(Some(Self {
            session: session(app, cx.visit, cx.id, &id),
            link: NewLink {
                id: LinkId::mint(now, &app.random),
                system: proof.system().clone(),
                subject: proof.subject().clone(),
                account: id.clone(),
                journey: cx.id.clone(),
            },
            verification: VerificationId::mint(now, &app.random),
            method,
            source,
            agreements: [
                ("terms", agreement.terms.clone(), agreement.at),
                ("identity_data", agreement.identity_data.clone(), agreement.at),
            ],
            messages,
            account: Account {
                id,
                kind: proof.kind(),
                status: AccountStatus::Active,
                user_name: user_name.clone(),
                person: Person {
                    name: identity.name,
                    gender: identity.gender,
                    ethnic_group: identity.ethnic_group,
                    document: identity.document,
                    phone: Some(phone.phone.clone()),
                    email,
                },
                phone_proven_at: Some(phone.at),
                email_verified_at: None,
                password: Some(StoredPassword { hash, origin }),
                identity_level: IdentityLevel::Confirmed,
                created_at: now,
                updated_at: now,
            },
        }))
    }

    async fn write(&self, tx: &mut Tx, writes: &Writes) -> Result<(), Obstacle> {
        let Writes { keys, random, now, .. } = writes;
        // First the journey: whoever loses this race writes nothing else.
        if !journeys::finish(tx, (&writes.id, writes.version), &self.account.id, *now).await? {
            return Err(Obstacle::Moved);
        }
        let verification =
            Verification { id: self.verification.clone(), method: self.method, source: &self.source, at: *now };
        let agreements: Vec<(&str, &str, _)> = self.agreements.iter().map(|(a, v, at)| (*a, v.as_str(), *at)).collect();
        accounts::insert(tx, keys, &self.account, &verification, &agreements).await?.map_err(Obstacle::Taken)?;
        if !links::insert(tx, &self.link, *now).await? {
            return Err(Obstacle::LegacyAccountLinked);
        }
        let (actor, subject) = (format!("journey:{}", writes.id), format!("account:{}", self.account.id));
        let detail = json!({
            "system": self.link.system, "method": self.method, "source": self.source,
            "level": self.account.identity_level as i64, "carried_over": self.carried_over(),
        });
        audit::record(tx, random, *now, "account.created", (&actor, &subject), &detail).await?;
        let detail = json!({ "system": self.link.system, "link": self.link.id });
        audit::record(tx, random, *now, "legacy.linked", (&actor, &subject), &detail).await?;
        self.session.store(tx, keys, random).await?;
        for message in &self.messages {
            let day = std::time::Duration::from_secs(24 * 60 * 60);
            outbox::push(tx, keys, &MessageId::mint(*now, random), message, *now, day).await?;
        }
        writes.apply(tx).await?;
        Ok(())
    }

    fn carried_over(&self) -> bool {
        matches!(&self.account.password, Some(StoredPassword { origin: PasswordOrigin::CarriedOver(_), .. }))
    }
}
