//! What phone and e-mail steps share: where they stand, what a code is bound to, sending and verifying one.
//!
//! The contact is asked for early where somebody has to be told or counted (a review, the wait for the source, a
//! registration), else with the rest of the new account. Both places hold the same answers.

use serde_json::json;
use time::Date;

use crate::journeys::answers::{Answers, EmailProof, PhoneProof};
use crate::journeys::engine::{Cx, StepError};
use crate::journeys::step::Phase;
use crate::journeys::writes::{Effect, Writes};
use crate::notify::codes::{Binding, Recipient, Sent, Verified, verify as try_code, wait};
use crate::notify::texts::Purpose;
use crate::storage::accounts::{ACCOUNTS_PER_PHONE, phone_uses};
use crate::storage::{StorageError, journeys};

/// Where a step of the contact stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before the check.
    Early,
    /// With the new account.
    Late,
}

impl Place {
    /// Whether the contact is asked for here.
    pub(super) fn applies(self, answers: &Answers, today: Date) -> bool {
        match self {
            Self::Early => answers.wants_contact(today),
            Self::Late => !answers.wants_contact(today) && answers.existing_account(today).is_none(),
        }
    }

    pub(super) fn phase(self) -> Phase {
        match self {
            Self::Early => Phase::Identity,
            Self::Late => Phase::Account,
        }
    }

    pub(super) fn when(self) -> &'static str {
        match self {
            Self::Early => "registering, waiting for the source, or asking for a review",
            Self::Late => super::NEW_ACCOUNT,
        }
    }

    /// The name of the step here.
    pub(super) fn pick(self, early: &'static str, late: &'static str) -> &'static str {
        match self {
            Self::Early => early,
            Self::Late => late,
        }
    }
}

/// What a code of this journey is bound to.
pub(super) fn binding(cx: &Cx<'_>, to: &Recipient) -> Binding {
    let purpose = match (cx.answers.is_recovery(), cx.answers.is_registration()) {
        (true, _) => Purpose::NewPhone,
        (false, true) => Purpose::Registration,
        (false, false) => Purpose::Migration,
    };
    Binding { purpose, transaction: cx.id.0.clone(), to: to.clone() }
}

/// Whether a code is on its way to this recipient already: a second click.
pub(super) async fn is_on_its_way(cx: &Cx<'_>, to: &Recipient) -> Result<bool, StorageError> {
    let left = wait(&mut cx.app.db.read().await?, &cx.app.keys, &binding(cx, to), cx.visit.now).await?;
    Ok(!left.is_zero())
}

/// Saves where the person is to be reached and sends the code, in one transaction: a double click sends one.
pub(super) async fn send(cx: &Cx<'_>, answers: Answers, to: &Recipient) -> Result<Sent, StorageError> {
    let effect = Effect::Audit("journey.code_sent", json!({ "to": to.masked() }));
    let (writes, binding, asker) = (Writes::new(cx, vec![effect]), binding(cx, to), cx.visit.asker.clone());
    let sent = cx
        .app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let sent = writes.send_code(tx, &binding, &asker).await?;
                if matches!(sent, Sent::Limited | Sent::Wait) {
                    return Ok::<_, StorageError>(sent);
                }
                let at = (&writes.id, writes.version);
                if journeys::save(tx, &writes.keys, at, &answers, writes.now).await? {
                    writes.apply(tx).await?;
                }
                Ok(sent)
            })
        })
        .await?;
    cx.app.outbox.notify_one();
    Ok(sent)
}

/// What became of a typed code.
pub(super) enum Tried {
    Proven,
    InUse,
    Not(Verified),
}

/// Tries a code and keeps the proof, in one transaction.
pub(super) async fn verify(cx: &Cx<'_>, to: &Recipient, typed: &str) -> Result<Tried, StepError> {
    let mut answers = cx.answers.clone();
    match to.clone() {
        Recipient::Phone(phone) => answers.phone_proof = Some(PhoneProof { phone, at: cx.visit.now }),
        Recipient::Email(address) => answers.email_proof = Some(EmailProof { address, at: cx.visit.now }),
    }
    let effect = Effect::Audit("journey.contact_proven", json!({ "contact": to.masked() }));
    let (writes, binding, asker) = (Writes::new(cx, vec![effect]), binding(cx, to), cx.visit.asker.clone());
    // Whoever binds to an existing account takes no place of this phone.
    let for_new = cx.answers.existing_account(cx.today).is_none();
    let (to, typed) = (to.clone(), typed.to_owned());
    let tried = cx
        .app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let verified = try_code(tx, &writes.keys, (&binding, &asker), &typed, writes.now).await?;
                if verified != Verified::Right {
                    return Ok::<_, StorageError>(Tried::Not(verified));
                }
                // Told only to somebody who holds the phone.
                if let Recipient::Phone(phone) = &to
                    && for_new
                    && phone_uses(tx, &writes.keys, phone).await? >= ACCOUNTS_PER_PHONE
                {
                    return Ok(Tried::InUse);
                }
                if journeys::save(tx, &writes.keys, (&writes.id, writes.version), &answers, writes.now).await? {
                    writes.apply(tx).await?;
                }
                Ok(Tried::Proven)
            })
        })
        .await?;
    Ok(tried)
}
