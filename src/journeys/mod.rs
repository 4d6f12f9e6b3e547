//! Journeys: the wizards. An ordered table of steps and typed answers; the current step is computed, never stored.
//!
//! Each step says when it applies and when it is satisfied. A proof names what it proves (this legacy account, this
//! name and document, this phone), and a step is satisfied only by a proof of the present answer: changing an answer
//! therefore clears what hung on it, and nothing has to be cleared by hand.

mod answers;
pub mod background;
mod child;
#[cfg(test)]
mod child_properties;
mod confirm;
pub mod diagram;
pub mod engine;
mod finish;
pub mod guardian;
mod individual;
mod legal_person;
mod lost;
mod plan;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod properties_of_units;
pub mod representative;
pub mod resume;
mod settle;
mod step;
mod steps;
mod table;
mod writes;

pub use answers::{Answers, Goal};
pub use step::{Phase, Step};
pub use steps::evidence::Upload;
pub use table::Table;

use crate::app::App;
use crate::pages::{Locale, Rendered, Visit};
use crate::protocol::params::Params;

/// The page on which a migration begins: the same list as its first step.
pub fn begin_page(app: &App, visit: &Visit, search: &str, interaction: &str) -> Rendered {
    steps::system::before(app, visit, search, interaction)
}

/// The first answers of a migration: the system that a form names, if it is connected.
pub fn begun(app: &App, form: &Params) -> Option<Answers> {
    let system = steps::system::chosen(app, form)?;
    Some(steps::system::of_system(app, &Answers::default(), system))
}

/// The phases of a wizard that has ended, numbered, with the last one marked.
pub fn finished_phases(locale: Locale, unit: bool) -> Vec<(String, bool)> {
    let phases = if unit { legal_person::TABLE.phases } else { individual::TABLE.phases };
    steps::phases(locale, phases, phases.len() - 1)
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
