//! 继续办理: going on with a case in another browser. The number finds the case; control is proven again by a code to the
//! contact that was confirmed in it, or by the old account's password. Whether a number is known shows in nothing that is answered.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answers::Answers;
use super::engine::Cx;
use super::steps::sign_in::limits::Limits;
use crate::app::App;
use crate::clock::{Random, Timestamp};
use crate::crypto::{Keyring, Purpose as Seal, SealError};
use crate::domain::case_number::CaseNumber;
use crate::ids::JourneyId;
use crate::notify::codes::{Binding, Recipient, Verified, verify};
use crate::notify::texts::Purpose;
use crate::pages::Visit;
use crate::secret::Secret;
use crate::storage::journeys::{self, Stage, State};
use crate::storage::limits::{self, Limit};
use crate::storage::{Stored, Tx, audit};
use crate::upstream::{Credentials, SignInFailure};

const LIFETIME: Duration = Duration::from_secs(10 * 60);
const CONTEXT: &str = "resume";
/// Codes typed from one address, for known and unknown numbers alike.
const PER_ADDRESS: Limit = Limit::new(30, 60 * 60);

/// Which case a browser is asking for: travels sealed through the form, and is nothing by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ticket {
    case: CaseNumber,
    browser: String,
    expires_at: Timestamp,
}

impl Ticket {
    /// A ticket for this browser.
    ///
    /// # Errors
    /// If it can't be sealed.
    pub fn issue(app: &App, visit: &Visit, case: &CaseNumber) -> Result<String, SealError> {
        let ticket = Self { case: case.clone(), browser: visit.browser.clone(), expires_at: visit.now.plus(LIFETIME) };
        app.keys.seal_json(Seal::Ticket, CONTEXT, &ticket)
    }

    /// The case of a ticket, if it is this browser's and still good.
    pub fn open(app: &App, visit: &Visit, text: &str) -> Option<CaseNumber> {
        let ticket: Self = app.keys.open_json(Seal::Ticket, CONTEXT, text).ok()?;
        let mine = crate::secret::same(ticket.browser.as_bytes(), visit.browser.as_bytes());
        (mine && visit.now < ticket.expires_at).then_some(ticket.case)
    }
}

struct Open {
    id: JourneyId,
    version: i64,
    answers: Answers,
    contact: Option<Recipient>,
    parent: Option<JourneyId>,
}

async fn open(app: &App, case: &CaseNumber, now: Timestamp) -> Stored<Option<Open>> {
    let found = journeys::find_case::<Answers>(&mut app.db.read().await?, &app.keys, case, now).await?;
    let Some(Stage { id, version, parent, state: State::Open(answers), .. }) = found else { return Ok(None) };
    let contact = answers.contact();
    Ok(Some(Open { id, version, answers, contact, parent }))
}

/// What a code is bound to; `None` if nobody was proven to be reachable yet.
fn binding(visit: &Visit, open: &Open) -> Option<Binding> {
    let transaction = format!("{}:{}", open.id, visit.browser);
    Some(Binding { purpose: Purpose::Resume, transaction, to: open.contact.clone()? })
}

/// Sends a code, if there is such a case; nothing says whether.
///
/// # Errors
/// The store's own.
pub async fn send(app: &App, visit: &Visit, case: &CaseNumber) -> Stored<()> {
    if let Some(binding) = open(app, case, visit.now).await?.and_then(|open| binding(visit, &open)) {
        app.send_code(binding, visit.asker.clone()).await?;
    }
    Ok(())
}

/// What became of a try to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resumed {
    /// The journey is this browser's now.
    Here(JourneyId),
    /// The proof is wrong, spent, or there is no such case: nothing says which.
    Refused,
    /// Too many tries.
    Limited,
}

/// Proves control by the old account's password, checked by the old system itself with the limits of its sign-in; for
/// whoever doesn't get the code.
///
/// # Errors
/// The store's own.
pub async fn resume_by_password(
    app: &App,
    visit: &Visit,
    case: &CaseNumber,
    (account, password): (&str, &Secret),
) -> Stored<Resumed> {
    let Some(open) = open(app, case, visit.now).await? else { return Ok(Resumed::Refused) };
    // A child's old password is no guardian's: it may be the stolen one.
    let proof = open.answers.proof().filter(|_| !open.answers.is_childs());
    let Some(proof) = proof else { return Ok(Resumed::Refused) };
    let Some(system) = app.systems.get(proof.system()).filter(|system| system.leads_to().is_none()) else {
        return Ok(Resumed::Refused);
    };
    let (id, version, answers) = (&open.id, open.version, &open.answers);
    let cx =
        Cx { app, visit, id, version, answers, case: Some(case), interaction: None, parent: None, today: app.today() };
    let limits = Limits::new(&cx, system, account);
    if limits.reached(&cx).await?.is_some() || limits.count(&cx).await?.is_some() {
        return Ok(Resumed::Limited);
    }
    match system.sign_in(&Credentials { account, password, kind: proof.kind() }).await {
        Ok(found) if found.subject() == proof.subject() => {
            limits.take_back(&cx, true).await?;
            let (random, browser, now) = (app.random.clone(), visit.browser.clone(), visit.now);
            let (keys, how) = (Arc::clone(&app.keys), (json!({ "by": "old password" }), now));
            app.db
                .write(move |tx| {
                    Box::pin(async move {
                        let resumed = rebind(tx, (&keys, &random), &open, &browser, how).await?;
                        // Whoever knows a unit's old password isn't who has signed in as its representative elsewhere.
                        if let (Resumed::Here(id), Some(answers)) = (&resumed, open.answers.without_sign_in()) {
                            journeys::save(tx, &keys, (id, open.version + 1), &answers, now).await?;
                        }
                        Ok(resumed)
                    })
                })
                .await
        }
        Err(SignInFailure::Unavailable) => {
            limits.take_back(&cx, false).await?;
            Ok(Resumed::Refused)
        }
        _ => Ok(Resumed::Refused),
    }
}

/// Binds the journey to this browser; the former one's hold ends. A representative's detour brings along the unit's journey,
/// if that waits for this very detour in the same browser, and nobody has been proven to represent the unit meanwhile.
async fn rebind(
    tx: &mut Tx,
    (keys, random): (&Keyring, &Random),
    open: &Open,
    browser: &str,
    (detail, now): (serde_json::Value, Timestamp),
) -> Stored<Resumed> {
    let Some(former) = journeys::rebind(tx, (&open.id, open.version), browser, now).await? else {
        return Ok(Resumed::Refused);
    };
    if let Some(parent) = &open.parent
        && let Some(Stage { id, version, state: State::Open(answers), .. }) =
            journeys::find::<Answers>(tx, keys, parent, &former, now).await?
        && answers.unit.detour.as_ref() == Some(&open.id)
        && answers.unit.representative.is_none()
    {
        journeys::rebind(tx, (&id, version), browser, now).await?;
    }
    let subject = format!("journey:{}", open.id);
    audit::record(tx, random, now, "journey.resumed", ("browser", &subject), &detail).await?;
    Ok(Resumed::Here(open.id.clone()))
}

/// Verifies the code and binds the journey to this browser; the former one's hold ends.
///
/// # Errors
/// The store's own.
pub async fn resume(app: &App, visit: &Visit, case: &CaseNumber, typed: &str) -> Stored<Resumed> {
    let found = open(app, case, visit.now).await?;
    let bound = found.and_then(|open| Some((binding(visit, &open)?, open)));
    let (keys, random, now) = (Arc::clone(&app.keys), app.random.clone(), visit.now);
    let (typed, browser) = (typed.to_owned(), visit.browser.clone());
    let (halls, asker) = (visit.asker.share(PER_ADDRESS), visit.asker.clone());
    let address = format!("resume address {}", visit.asker.address);
    app.db
        .write(move |tx| {
            Box::pin(async move {
                if !limits::hit(tx, &address, halls, now).await? {
                    return Ok(Resumed::Limited);
                }
                let Some((binding, open)) = bound else { return Ok(Resumed::Refused) };
                if verify(tx, &keys, (&binding, &asker), &typed, now).await? != Verified::Right {
                    return Ok(Resumed::Refused);
                }
                let how = (json!({ "by": "code", "contact": binding.to.masked() }), now);
                rebind(tx, (&keys, &random), &open, &browser, how).await
            })
        })
        .await
}
