//! What a step writes: the answers by optimistic lock, and what goes with them, in one transaction.

use std::sync::Arc;
use std::time::Duration;

use super::answers::Answers;
use super::engine::{Cx, KIND};
use crate::app::App;
use crate::clock::{Random, Timestamp};
use crate::crypto::Keyring;
use crate::domain::case_number::CaseNumber;
use crate::ids::{JourneyId, MessageId, ReviewId};
use crate::notify::codes::{Asker, Binding, Sender, Sent};
use crate::review::{self, Submission};
use crate::storage::limits::{self, Limit};
use crate::storage::{Db, StorageError, Tx, audit, journeys, outbox, recoveries, representative_invitations, reviews};

/// How long a message about a journey may wait for its gateway.
const MESSAGE_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// What is written together with new answers.
#[derive(Debug)]
pub enum Effect {
    /// An entry in the audit log about this journey.
    Audit(&'static str, serde_json::Value),
    /// A message.
    Tell(outbox::Message),
    /// A message that is sent so often at the most: counted under this name, and only if it is kept.
    TellWithin(String, Limit, outbox::Message),
    /// The case's number: the journey waits for somebody else from now on.
    Case(CaseNumber),
    /// A case for the reviewers.
    Submit(Box<Submission>),
    /// A case taken back.
    Withdraw(ReviewId),
    /// When the source is to be asked in the background; none: not any more.
    Schedule(Option<Timestamp>),
    /// A journey of its own within this one, in this browser.
    Begin(JourneyId, String, Box<Answers>),
    /// A question to the unit's representative.
    Invite(Box<representative_invitations::Invitation>),
    /// The open question to the representative is taken back.
    Uninvite,
}

/// Saves new answers with their effects; `false` if somebody else has moved the journey meanwhile.
///
/// # Errors
/// The store's own.
pub(super) async fn save(cx: &Cx<'_>, answers: Answers, effects: Vec<Effect>) -> Result<bool, StorageError> {
    save_with(cx.app, Writes::new(cx, effects), answers).await
}

/// The same for work without a visitor.
///
/// # Errors
/// The store's own.
pub(super) async fn save_with(app: &App, writes: Writes, answers: Answers) -> Result<bool, StorageError> {
    let saved = store(&app.db, writes, answers).await?;
    app.outbox.notify_one();
    Ok(saved)
}

/// The same without anybody to tell.
///
/// # Errors
/// The store's own.
pub(super) async fn store(db: &Db, writes: Writes, answers: Answers) -> Result<bool, StorageError> {
    db.write(move |tx| {
        Box::pin(async move {
            let at = (&writes.id, writes.version);
            if !journeys::save(tx, &writes.keys, at, &answers, writes.now).await? {
                return Ok::<_, StorageError>(false);
            }
            writes.apply(tx).await?;
            Ok(true)
        })
    })
    .await
}

/// What a write of this journey needs: owned, because it moves into the writer.
pub(super) struct Writes {
    pub(super) keys: Arc<Keyring>,
    pub(super) random: Random,
    pub(super) id: JourneyId,
    pub(super) version: i64,
    pub(super) now: Timestamp,
    pub(super) signature: String,
    effects: Vec<Effect>,
}

impl Writes {
    pub(super) fn new(cx: &Cx<'_>, effects: Vec<Effect>) -> Self {
        Self::of(cx.app, (cx.id.clone(), cx.version), cx.visit.now, effects)
    }

    pub(super) fn of(app: &App, (id, version): (JourneyId, i64), now: Timestamp, effects: Vec<Effect>) -> Self {
        Self {
            keys: Arc::clone(&app.keys),
            random: app.random.clone(),
            signature: app.config.site.sms_signature.clone(),
            id,
            version,
            now,
            effects,
        }
    }

    /// With these effects.
    pub(super) fn with(self, effects: Vec<Effect>) -> Self {
        Self { effects, ..self }
    }

    /// Writes the effects.
    pub(super) async fn apply(&self, tx: &mut Tx) -> Result<(), StorageError> {
        let subject = format!("journey:{}", self.id);
        for effect in &self.effects {
            match effect {
                Effect::Audit(event, detail) => {
                    let who = ("browser", subject.as_str());
                    audit::record(tx, &self.random, self.now, event, who, detail).await?;
                }
                Effect::Tell(message) => self.tell(tx, message).await?,
                Effect::TellWithin(subject, limit, message) => {
                    if limits::hit(tx, subject, *limit, self.now).await? {
                        self.tell(tx, message).await?;
                    }
                }
                Effect::Case(number) => journeys::name_case(tx, &self.id, number, self.now).await?,
                Effect::Submit(submission) => {
                    review::submit(tx, &self.keys, submission, self.now).await?;
                }
                Effect::Withdraw(id) => {
                    reviews::withdraw(tx, id, self.now).await?;
                    recoveries::stop_of_review(tx, id, self.now).await?;
                }
                Effect::Schedule(due) => journeys::schedule(tx, &self.id, *due).await?,
                Effect::Begin(child, browser, answers) => {
                    let (at, content) = ((KIND, browser.as_str()), (&**answers, None, Some(&self.id)));
                    journeys::insert(tx, &self.keys, child, at, content, self.now).await?;
                }
                Effect::Invite(invitation) => {
                    representative_invitations::insert(tx, invitation, self.now).await?;
                }
                Effect::Uninvite => representative_invitations::withdraw(tx, &self.id, self.now).await?,
            }
        }
        Ok(())
    }

    async fn tell(&self, tx: &mut Tx, message: &outbox::Message) -> Result<(), StorageError> {
        let id = MessageId::mint(self.now, &self.random);
        outbox::push(tx, &self.keys, &id, message, self.now, MESSAGE_LIFETIME).await
    }

    /// Sends a code, in the caller's transaction.
    pub(super) async fn send_code(&self, tx: &mut Tx, binding: &Binding, asker: &Asker) -> Result<Sent, StorageError> {
        let sender = Sender { keys: &self.keys, random: &self.random, signature: &self.signature };
        crate::notify::codes::send(tx, sender, binding, asker, self.now).await
    }
}
