//! Journeys: the wizards. An ordered table of steps and typed answers; the current step is computed, never stored.
//!
//! Each step says when it applies and when it is satisfied. A proof names what it proves (this legacy account, this
//! name and document, this phone), and a step is satisfied only by a proof of the present answer: changing an answer
//! therefore clears what hung on it, and nothing has to be cleared by hand.

mod answers;
pub mod background;
pub mod diagram;
pub mod engine;
mod finish;
mod individual;
mod plan;
#[cfg(test)]
mod properties;
pub mod resume;
mod settle;
mod step;
mod steps;
mod writes;

pub use answers::{Answers, Goal};
pub use individual::STEPS as INDIVIDUAL;
pub use step::{Phase, Step};
pub use steps::evidence::Upload;

use crate::app::App;
use crate::ids::SystemId;
use crate::pages::{Rendered, Visit};
use crate::protocol::params::Params;

/// The page on which a migration begins: the same list as its first step.
pub fn begin_page(app: &App, visit: &Visit, search: &str, interaction: &str) -> Rendered {
    steps::system::before(app, visit, search, interaction)
}

/// The system that a form names, if it is connected.
pub fn chosen_system(app: &App, form: &Params) -> Option<SystemId> {
    steps::system::chosen(app, form)
}

/// The cookie of the session that a finished journey gave to its own browser.
pub fn finished_session(
    app: &App,
    visit: &Visit,
    journey: &crate::ids::JourneyId,
    account: &crate::ids::AccountId,
) -> String {
    // Only the cookie is wanted: the methods stand in the stored session.
    finish::session(app, visit, journey, account, Vec::new()).cookie()
}
