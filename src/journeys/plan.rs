//! What the end of a migration writes: a new account, or the binding to one that exists.

mod child;
mod unit;

use std::time::Duration;

use serde_json::json;

use self::child::PresentGuardian;
use self::unit::Representation;
use super::answers::{Answers, Check, Password};
use super::engine::{Cx, StepError};
use super::finish::{Obstacle, session};
use super::writes::Writes;
use crate::clock::Timestamp;
use crate::domain::account::{Account, AccountStatus, Holder, PasswordOrigin, Person, StoredPassword};
use crate::domain::authenticator::SecondFactors;
use crate::domain::contact::{EmailAddress, Phone};
use crate::domain::identity::Identity;
use crate::domain::session::Method;
use crate::ids::{AccountId, LinkId, MessageId, ReviewId, VerificationId};
use crate::notify::codes::Recipient;
use crate::notify::texts::{self, Whose};
use crate::notify::told::{self, Told};
use crate::protocol::acr::IdentityLevel;
use crate::sign_in::email_link;
use crate::sign_in::session::NewSession;
use crate::storage::accounts::{self, Verification};
use crate::storage::links::{self, NewLink};
use crate::storage::{Tx, audit, journeys, outbox};

/// How long a message of the end may wait for its gateway.
const MESSAGE_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Everything that is going to be written.
pub(super) struct Plan {
    ending: Ending,
    account: AccountId,
    /// Who represents a unit.
    representation: Option<Representation>,
    /// Who looks after a child's account.
    guardian: Option<PresentGuardian>,
    /// The legacy account that was brought along; a registration brings none.
    link: Option<NewLink>,
    agreements: [(&'static str, String, Timestamp); 2],
    /// Who is signed in afterwards; nobody where the representative has confirmed on another device.
    pub(super) session: Option<NewSession>,
    messages: Vec<outbox::Message>,
}

enum Ending {
    Create(Box<NewAccount>),
    /// To an account that exists; a unit's new representative gives it a new password.
    Bind(AccountId, Option<StoredPassword>),
}

struct NewAccount {
    account: Account,
    verification: VerificationId,
    method: &'static str,
    source: String,
    /// The review that stood in for the source.
    review: Option<ReviewId>,
}

/// Who has confirmed the holder of a new account: by which method, at which source, how well, in which review.
type Confirmed = (&'static str, String, IdentityLevel, Option<ReviewId>);

impl NewAccount {
    /// The account of a confirmed holder, whose phone and address nobody has proven yet.
    fn new(cx: &Cx<'_>, answers: &Answers, holder: Holder, confirmed: Confirmed) -> Option<Self> {
        let (now, (method, source, identity_level, review)) = (cx.visit.now, confirmed);
        let account = Account {
            id: AccountId::mint(now, &cx.app.random),
            status: AccountStatus::Active,
            user_name: answers.user_name.clone()?,
            holder,
            phone_proven_at: None,
            email_verified_at: None,
            password: Some(password(answers)?),
            second_factors: SecondFactors::default(),
            identity_level,
            created_at: now,
            updated_at: now,
        };
        Some(Self { account, verification: VerificationId::mint(now, &cx.app.random), method, source, review })
    }
}

/// A person as their document tells, with a phone and an address.
fn person(identity: Identity, phone: Option<Phone>, email: Option<EmailAddress>) -> Holder {
    Holder::Person(Person {
        name: identity.name,
        gender: identity.gender,
        ethnic_group: identity.ethnic_group,
        document: identity.document,
        birth_date: identity.birth_date,
        phone,
        email,
        address: None,
    })
}

impl Plan {
    /// The plan of these answers; `None` if they aren't whole.
    pub(super) async fn new(cx: &Cx<'_>, answers: &Answers) -> Result<Option<Self>, StepError> {
        let now = cx.visit.now;
        let Some(agreement) = &answers.agreement else { return Ok(None) };
        // A registration binds nothing, and a migration ends in nothing but a link.
        if answers.is_registration() == answers.proof().is_some() {
            return Ok(None);
        }
        let ending = match answers.existing_account(cx.today) {
            Some(_) if answers.is_registration() => None,
            Some(account) => Some(Ending::Bind(
                account.clone(),
                password(answers).filter(|_| answers.names_representative(cx.today)),
            )),
            None if answers.is_units() => unit::new_account(cx, answers).map(|new| Ending::Create(Box::new(new))),
            None if answers.is_childs() => child::new_account(cx, answers).map(|new| Ending::Create(Box::new(new))),
            None => new_account(cx, answers).map(|new| Ending::Create(Box::new(new))),
        };
        let (Some(ending), Some(representation)) = (ending, Representation::of(cx, answers).await?) else {
            return Ok(None);
        };
        let guardian = PresentGuardian::of(cx, answers);
        if answers.is_childs() && guardian.is_none() {
            return Ok(None);
        }
        let (account, messages) = match &ending {
            Ending::Create(new) => (new.account.id.clone(), tell_new(cx, answers, &new.account)?),
            Ending::Bind(account, _) => (account.clone(), tell_bound(cx, answers, account).await?),
        };
        Ok(Some(Self {
            session: who(cx, answers, &account)
                .map(|(account, methods)| session(cx.app, cx.visit, cx.id, account, methods)),
            representation,
            guardian,
            link: answers.proof().map(|proof| NewLink {
                id: LinkId::mint(now, &cx.app.random),
                system: proof.system().clone(),
                subject: proof.subject().clone(),
                account: account.clone(),
                journey: cx.id.clone(),
            }),
            account,
            agreements: [
                ("terms", agreement.terms.clone(), agreement.at),
                (
                    if answers.is_childs() { "child_data" } else { "identity_data" },
                    agreement.identity_data.clone(),
                    agreement.at,
                ),
            ],
            ending,
            messages,
        }))
    }

    /// Whose account it is.
    pub(super) fn account(&self) -> &AccountId {
        &self.account
    }

    /// Writes all of it.
    pub(super) async fn write(&self, tx: &mut Tx, writes: &Writes) -> Result<(), Obstacle> {
        let Writes { keys, random, now, .. } = writes;
        // First the journey: whoever loses this race writes nothing else.
        if !journeys::finish(tx, (&writes.id, writes.version), self.account(), *now).await? {
            return Err(Obstacle::Moved);
        }
        let (actor, subject) = (format!("journey:{}", writes.id), format!("account:{}", self.account()));
        match &self.ending {
            Ending::Create(new) => {
                let NewAccount { account, verification, method, source, review } = &**new;
                let evidence = Verification { id: verification.clone(), method, source, at: *now };
                accounts::insert(tx, keys, account, &evidence).await?.map_err(Obstacle::Taken)?;
                let detail = json!({
                    "system": self.link.as_ref().map(|link| &link.system), "method": method, "source": source,
                    "level": account.identity_level as i64, "carried_over": is_carried_over(account), "review": review,
                });
                audit::record(tx, random, *now, "account.created", (&actor, &subject), &detail).await?;
            }
            Ending::Bind(id, _) => {
                // Disabled or closed since the proof: not bound.
                let account = accounts::find(tx, keys, id).await?;
                if !account.is_some_and(|account| account.is_active()) {
                    return Err(Obstacle::AccountGone);
                }
            }
        }
        accounts::agree(tx, self.account(), &self.agreements).await?;
        if let Some(link) = &self.link {
            if !links::insert(tx, link, *now).await? {
                // A unit's old account that is this very account's already: its new representative takes over by it.
                let owner = links::find(tx, &link.system, &link.subject).await?;
                let own = self.representation.is_some() && owner.as_ref() == Some(self.account());
                if !own {
                    return Err(Obstacle::LegacyAccountLinked);
                }
            }
            let detail = json!({ "system": link.system, "link": link.id });
            audit::record(tx, random, *now, "legacy.linked", (&actor, &subject), &detail).await?;
        }
        let mut session = self.session.clone();
        if let Some(who) = &self.representation {
            // `auth_time` is when the representative has signed in, not when the wizard ended.
            if let Some(new) = &mut session {
                new.session.authenticated_at = who.signed_in_at;
            }
            let is_new = matches!(self.ending, Ending::Create(_));
            let mandate = who.appoint(tx, writes, (self.account(), is_new)).await?;
            if let (Some(new), Some(client)) = (&mut session, &who.client) {
                new.session.acting = new.session.acting.choosing(client, mandate.as_ref());
            }
        }
        if let Ending::Bind(id, password) = &self.ending {
            if let Some(who) = self.representation.as_ref().filter(|who| who.by_registry) {
                accounts::set_unit(tx, keys, id, &who.unit, *now).await?;
            }
            if password.is_some() {
                accounts::reset_password(tx, id, password.as_ref(), *now).await?;
            }
        }
        if let Some(guardian) = &self.guardian {
            guardian.begin(tx, writes, self.account()).await?;
        }
        if let Some(session) = &session {
            session.store(tx, keys, random).await?;
        }
        for message in &self.messages {
            outbox::push(tx, keys, &MessageId::mint(*now, random), message, *now, MESSAGE_LIFETIME).await?;
        }
        writes.apply(tx).await?;
        Ok(())
    }
}

/// Who is signed in at the end, and how: a person as the owner of the account, or as the unit's representative who has
/// signed in here.
fn who<'a>(cx: &Cx<'_>, answers: &'a Answers, account: &'a AccountId) -> Option<(&'a AccountId, Vec<Method>)> {
    if answers.is_units() {
        let representative = answers.representative()?;
        let methods = representative.methods(&cx.visit.browser, cx.visit.now);
        return methods.map(|methods| (representative.account(), methods.to_vec()));
    }
    // A child isn't signed in: its guardian stays so.
    (!answers.is_childs()).then(|| (account, methods(cx, answers)))
}

/// How the person signed in during this journey: the old system, and a code or the account's own password.
fn methods(cx: &Cx<'_>, answers: &Answers) -> Vec<Method> {
    let control = answers.control(cx.today);
    let mut methods = Vec::new();
    if answers.proof().is_some() {
        methods.push(Method::Legacy);
    }
    if control.is_some_and(|c| c.has_password()) {
        methods.push(Method::Password);
    }
    if control.map_or_else(|| answers.proven_phone().is_some(), |c| c.has_code()) {
        methods.extend([Method::OneTimeCode, Method::Sms]);
    } else if control.is_none() && answers.proven_email().is_some() {
        methods.push(Method::OneTimeCode);
    }
    methods
}

fn new_account(cx: &Cx<'_>, answers: &Answers) -> Option<NewAccount> {
    let (identity, proof) = (answers.proven_identity(cx.today)?, answers.proof());
    // A phone, or for people without one an e-mail address, whose code was typed.
    answers.contact()?;
    let (phone, email_proof) = (answers.proven_phone(), answers.proven_email());
    let approved = answers.approved_identity(cx.today);
    let vouched = answers.vouched_identity(cx.today).and(proof);
    let confirmed = match (vouched, &answers.check, approved) {
        (Some(proof), ..) => ("upstream", proof.system().0.clone(), IdentityLevel::Confirmed, None),
        (None, Some(Check::Passed { proof }), _) if proof.is_for(&identity.name, &identity.document) => {
            ("name_and_number", proof.source().to_owned(), IdentityLevel::Confirmed, None)
        }
        (None, _, Some(approved)) => ("review", "portal".to_owned(), approved.level(), Some(approved.review().clone())),
        _ => return None,
    };
    let email = answers.email.as_ref().and_then(|e| e.address().cloned());
    let holder = person(identity, phone.map(|proof| proof.phone.clone()), email);
    let mut new = NewAccount::new(cx, answers, holder, confirmed)?;
    new.account.phone_proven_at = phone.map(|proof| proof.at);
    new.account.email_verified_at = email_proof.map(|proof| proof.at);
    Some(new)
}

/// The password as it is kept.
fn password(answers: &Answers) -> Option<StoredPassword> {
    Some(match answers.password.as_ref()? {
        Password::New { hash } => StoredPassword { hash: hash.clone(), origin: PasswordOrigin::Chosen },
        Password::CarriedOver => {
            let proof = answers.proof()?;
            let origin = PasswordOrigin::CarriedOver(proof.system().clone());
            StoredPassword { hash: proof.password_hash()?.to_owned(), origin }
        }
    })
}

fn is_carried_over(account: &Account) -> bool {
    account.password.as_ref().is_some_and(|p| matches!(p.origin, PasswordOrigin::CarriedOver(_)))
}

fn migrated_text(cx: &Cx<'_>, answers: &Answers, whose: &Whose) -> String {
    let site = &cx.app.config.site;
    if let Some(unit) = answers.proven_unit(cx.today) {
        return texts::unit_migrated(&site.sms_signature, unit.name.as_str(), &site.hotline);
    }
    let Some(proof) = answers.proof() else { return texts::registered(&site.sms_signature, whose, &site.hotline) };
    let system = cx.app.systems.get(proof.system());
    texts::migrated(&site.sms_signature, system.map_or("", |s| s.name(false)), whose, &site.hotline)
}

/// The new account's phone is told, and its e-mail address asked for confirmation.
fn tell_new(cx: &Cx<'_>, answers: &Answers, account: &Account) -> Result<Vec<outbox::Message>, StepError> {
    let mut messages = Vec::new();
    if let Some(address) = account.email().filter(|_| account.email_verified_at.is_none()) {
        let token = email_link::issue(cx.app, &account.id, address, cx.visit.now)?;
        let link = format!("{}/email/confirm?token={token}", cx.app.config.issuer_text());
        let (subject, text) = texts::confirm_email(cx.visit.locale.is_english(), &link);
        messages.push(outbox::Message::Mail { to: address.as_str().to_owned(), subject, text });
    }
    // A child's guardian is signed in here.
    let about = match cx.visit.signed_in.as_ref().filter(|_| answers.is_childs()) {
        Some((_, guardian)) => Told::guardian(guardian, account),
        None => Told { channels: Recipient::all_of(account), whose: Whose::Own },
    };
    let told = about.channels.into_iter().chain(answers.contact().filter(|_| answers.is_units()));
    let text = migrated_text(cx, answers, &about.whose);
    messages.extend(told.map(|to| to.message(texts::BOUND_SUBJECT, text.clone())));
    Ok(messages)
}

/// Every channel of an account that something was bound to is told.
async fn tell_bound(cx: &Cx<'_>, answers: &Answers, id: &AccountId) -> Result<Vec<outbox::Message>, StepError> {
    let Some(account) = cx.app.caches.account(id).await? else { return Ok(Vec::new()) };
    let about = told::about(&mut cx.app.db.read().await?, &cx.app.keys, &account, cx.today).await?;
    let text = migrated_text(cx, answers, &about.whose);
    // Of a unit's or a child's account, whoever has bound something to it now is told as well.
    let represented = answers.is_units() || answers.is_childs();
    let besides = answers.contact().filter(|to| represented && !about.channels.contains(to));
    let told = about.channels.into_iter().chain(besides);
    Ok(told.map(|to| to.message(texts::BOUND_SUBJECT, text.clone())).collect())
}
