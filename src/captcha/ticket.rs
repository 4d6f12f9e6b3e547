//! Captchas in use: the challenge travels sealed in the form, bound to the browser, and is spent by any answer.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Challenge, Kind, draw};
use crate::app::App;
use crate::clock::{Random, Timestamp};
use crate::crypto::Purpose;
use crate::storage::{Stored, tickets};

/// How long a captcha waits for its answer.
const LIFETIME: Duration = Duration::from_secs(10 * 60);
const CONTEXT: &str = "captcha";
/// The answer to every captcha in test mode.
pub const TEST_ANSWER: &str = "0000";

#[derive(Serialize, Deserialize)]
struct Ticket {
    id: String,
    challenge: Challenge,
    seed: u64,
    browser: String,
    expires_at: Timestamp,
}

/// A captcha as a page shows it.
#[derive(Clone, Debug)]
pub struct View {
    /// Sealed: for the hidden field and the picture's address.
    pub ticket: String,
    /// The question in words; a picture otherwise.
    pub question: Option<String>,
}

/// Makes a captcha for a browser.
///
/// # Errors
/// If it can't be sealed.
pub fn issue(app: &App, kind: Kind, browser: &str, english: bool) -> Stored<View> {
    let challenge = Challenge::mint(kind, &app.random);
    let question = match &challenge {
        Challenge::Picture { .. } => None,
        Challenge::Question(question) if english => Some(question.text_en()),
        Challenge::Question(question) => Some(question.text_zh()),
    };
    let ticket = Ticket {
        id: app.random.token::<16>(),
        challenge,
        seed: u64::from_be_bytes(app.random.bytes()),
        browser: browser.to_owned(),
        expires_at: app.clock.now().plus(LIFETIME),
    };
    Ok(View { ticket: app.keys.seal_json(Purpose::Ticket, CONTEXT, &ticket)?, question })
}

/// The picture of a captcha: the same each time, and the same at both sizes.
pub fn picture(app: &App, ticket: &str, scale: u32) -> Option<Vec<u8>> {
    let ticket: Ticket = app.keys.open_json(Purpose::Ticket, CONTEXT, ticket).ok()?;
    match &ticket.challenge {
        Challenge::Picture { text } => Some(draw::png(text, &Random::seeded(ticket.seed), scale.clamp(1, 2))),
        Challenge::Question(_) => None,
    }
}

/// Whether this is the answer; the captcha is spent either way.
///
/// # Errors
/// The store's own.
pub async fn answer(app: &App, ticket: &str, browser: &str, typed: &str) -> Stored<bool> {
    let now = app.clock.now();
    let Ok(ticket) = app.keys.open_json::<Ticket>(Purpose::Ticket, CONTEXT, ticket) else { return Ok(false) };
    if ticket.expires_at <= now || !crate::secret::same(ticket.browser.as_bytes(), browser.as_bytes()) {
        return Ok(false);
    }
    let (id, expires_at) = (ticket.id.clone(), ticket.expires_at);
    let fresh = app.db.write(move |tx| Box::pin(async move { tickets::spend(tx, &id, expires_at).await })).await?;
    let right = ticket.challenge.check(typed) || (app.test_mode && typed.trim() == TEST_ANSWER);
    Ok(fresh && right)
}
