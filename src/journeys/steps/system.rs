//! The list of connected systems, by city and department.

use askama::Template;
use futures_util::future::BoxFuture;
use time::Date;

use super::kind::{holds, only};
use super::{Nav, nav, phases};
use crate::app::App;
use crate::domain::account::AccountKind;
use crate::ids::SystemId;
use crate::journeys::answers::Answers;
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::individual;
use crate::journeys::step::{Phase, Step};
use crate::pages::{Locale, Page, Rendered, Visit};
use crate::protocol::params::Params;
use crate::upstream::catalogue::{Group, ROWS};

/// A system in the list.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it can be signed in to.
    pub connected: bool,
}

/// Systems under one heading.
#[derive(Clone, Debug)]
pub(super) struct CityGroup {
    /// The key of the heading's text.
    pub key: &'static str,
    /// The systems.
    pub choices: Vec<Choice>,
}

/// The list, narrowed by a search text; a group without a match is left out.
fn groups(app: &App, locale: Locale, search: &str) -> Vec<CityGroup> {
    let english = locale.is_english();
    let wanted = search.trim().to_lowercase();
    let mut all: Vec<(Group, Choice)> = ROWS
        .iter()
        .map(|row| {
            let system = app.systems.get(&SystemId::from(row.id));
            let name = system.map_or(if english { row.en } else { row.zh }, |s| s.name(english)).to_owned();
            (row.group, Choice { id: row.id.to_owned(), name, connected: system.is_some() })
        })
        .collect();
    let extra = app.systems.iter().filter(|s| !ROWS.iter().any(|row| row.id == s.id.as_str()));
    all.extend(
        extra.map(|s| (s.group, Choice { id: s.id.0.clone(), name: s.name(english).to_owned(), connected: true })),
    );
    let matches = |choice: &Choice| wanted.is_empty() || choice.name.to_lowercase().contains(&wanted);
    [(Group::City, "systems-cities"), (Group::Department, "systems-departments")]
        .into_iter()
        .map(|(group, key)| CityGroup {
            key,
            choices: all.iter().filter(|(g, c)| *g == group && matches(c)).map(|(_, c)| c.clone()).collect(),
        })
        .filter(|group| !group.choices.is_empty())
        .collect()
}

#[derive(Template)]
#[template(path = "journey/system.html")]
struct SystemPage {
    page: Page,
    nav: Nav,
    groups: Vec<CityGroup>,
    search: String,
    interaction: String,
}

/// The page before a journey begins.
pub(in crate::journeys) fn before(app: &App, visit: &Visit, search: &str, interaction: &str) -> Rendered {
    let back = match interaction {
        "" => "/login".to_owned(),
        id => format!("/login?interaction={id}"),
    };
    let page = visit.page("systems-title");
    let phases = phases(page.locale, individual::TABLE.phases, 0);
    let nav = Nav { action: "/migrate".to_owned(), back: Some(back), phases, child: false };
    render(app, page, nav, search, interaction)
}

fn render(app: &App, page: Page, nav: Nav, search: &str, interaction: &str) -> Rendered {
    let groups = groups(app, page.locale, search);
    let template = SystemPage { page, nav, groups, search: search.to_owned(), interaction: interaction.to_owned() };
    Rendered::new(200, &template)
}

/// Choose the old system.
#[derive(Debug)]
pub(crate) struct System;

impl Step for System {
    fn name(&self) -> &'static str {
        "system"
    }

    fn phase(&self) -> Phase {
        Phase::Identity
    }

    fn applies(&self, answers: &Answers, _: Date) -> bool {
        !answers.is_registration()
    }

    fn is_satisfied(&self, answers: &Answers, _: Date) -> bool {
        answers.system.is_some()
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        let query = cx.visit.path.split_once('?').map_or("", |(_, q)| q);
        let search = Params::parse(query.as_bytes()).unwrap_or_default().text("q").to_owned();
        let rendered = render(cx.app, cx.page("systems-title"), nav(cx, self), &search, "");
        Box::pin(async move { Ok(rendered) })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(async move {
            let person = |system: &SystemId| holds(cx.app, Some(system), AccountKind::Individual);
            let any = cx.parent.is_none() && !cx.answers.is_childs();
            match chosen(cx.app, form).filter(|system| any || person(system)) {
                Some(system) => Ok(Taken::next(of_system(cx.app, cx.answers, system))),
                None => Ok(Taken::Show(self.show(cx).await?)),
            }
        })
    }
}

/// The answers with this system. A kind that it has no accounts of is asked again, one that is its only one isn't asked.
pub(in crate::journeys) fn of_system(app: &App, answers: &Answers, system: SystemId) -> Answers {
    let kept = answers.kind.filter(|kind| holds(app, Some(&system), *kind));
    let kind = kept.or_else(|| only(app, &system));
    let base = if kind == answers.kind { answers.clone() } else { answers.anew() };
    Answers { system: Some(system), kind, ..base }
}

/// The system that a form names, if it is connected.
pub(in crate::journeys) fn chosen(app: &App, form: &Params) -> Option<SystemId> {
    app.systems.get(&SystemId::from(form.text("system"))).map(|s| s.id.clone())
}
