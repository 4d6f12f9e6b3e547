//! One file a step: when it applies, when it is satisfied, its page, what it takes.

pub(super) mod agreement;
mod budget;
pub(super) mod check;
pub(super) mod child;
pub(super) mod code;
pub(super) mod contact;
pub(super) mod email;
pub(super) mod evidence;
pub(super) mod existing;
pub(super) mod identity;
pub(super) mod kind;
pub(super) mod lost;
pub(super) mod password;
pub(super) mod phone;
pub(super) mod review;
pub(super) mod sign_in;
pub(super) mod system;
pub(super) mod unit;
pub(super) mod user_name;

use askama::Template;

use super::engine::Cx;
use super::step::{Phase, Step};
use super::table::Table;
use crate::ids::InteractionId;
use crate::pages::{Locale, Page, Rendered, login};

/// When the steps of a new account apply.
const NEW_ACCOUNT: &str = "the document belongs to no account yet";

/// Where a step's page stands among the others.
#[derive(Clone, Debug)]
pub(super) struct Nav {
    /// Where its form goes.
    pub(super) action: String,
    /// The page before it.
    pub(super) back: Option<String>,
    /// ① ② ③, and which of them is now.
    pub(super) phases: Vec<(String, bool)>,
    /// Whether a guardian goes it for a child.
    pub(super) child: bool,
}

/// The phases of a wizard, numbered, with the present one marked.
pub(super) fn phases(locale: Locale, phases: &[Phase], now: usize) -> Vec<(String, bool)> {
    let numbered = phases.iter().zip('①'..).enumerate();
    numbered.map(|(at, (phase, number))| (format!("{number} {}", locale.t(phase.key())), at == now)).collect()
}

/// Whether a page loads itself again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refresh {
    /// Nothing is waited for.
    No,
    /// Every so many seconds.
    Every(u32),
    /// The person has stopped it.
    Stopped,
}

impl Refresh {
    fn of(cx: &Cx<'_>, seconds: Option<u32>) -> Self {
        match seconds {
            None => Self::No,
            Some(_) if cx.visit.is_still() => Self::Stopped,
            Some(seconds) => Self::Every(seconds),
        }
    }

    fn seconds(self) -> Option<u32> {
        match self {
            Self::Every(seconds) => Some(seconds),
            Self::No | Self::Stopped => None,
        }
    }
}

fn nav(cx: &Cx<'_>, step: &dyn Step) -> Nav {
    let table = Table::of(cx.answers);
    let before = table.steps.iter().take_while(|s| s.name() != step.name());
    let previous = before.filter(|s| s.applies(cx.answers, cx.today) && s.is_revisited()).last();
    Nav {
        action: format!("/journey/{}/{}", cx.id, step.name()),
        back: previous.map(|s| format!("/journey/{}/{}", cx.id, s.name())),
        phases: phases(cx.visit.locale, table.phases, table.phase(step.name())),
        child: cx.answers.is_childs(),
    }
}

/// A page that stops here: a title, an explanation, and what an honest person can do next.
#[derive(Template)]
#[template(path = "journey/stop.html")]
struct Stop {
    page: Page,
    nav: Nav,
    text: String,
    /// Label and path.
    ways: Vec<(String, String)>,
    retry: Option<String>,
}

fn stop(cx: &Cx<'_>, step: &dyn Step, key: &str, status: u16, ways: &[(&str, String)]) -> Rendered {
    Rendered::new(status, &stop_page(cx, step, key, ways))
}

fn stop_with_retry(cx: &Cx<'_>, step: &dyn Step, key: &str, status: u16, ways: &[(&str, String)]) -> Rendered {
    let page = stop_page(cx, step, key, ways);
    Rendered::new(status, &Stop { retry: Some(page.page.t("retry")), ..page })
}

fn stop_page(cx: &Cx<'_>, step: &dyn Step, key: &str, ways: &[(&str, String)]) -> Stop {
    let page = cx.page(&format!("{key}-title"));
    let ways = ways.iter().map(|(label, path)| (page.t(label), path.clone())).collect();
    Stop { nav: nav(cx, step), text: page.t(&format!("{key}-text")), ways, retry: None, page }
}

fn step_path(cx: &Cx<'_>, name: &str) -> String {
    format!("/journey/{}/{name}", cx.id)
}

fn login_path(cx: &Cx<'_>) -> String {
    login(cx.interaction.map(InteractionId::as_str))
}
