//! A wizard's table: its steps in order, and the phases in which they are told to the person.

use time::Date;

use super::answers::Answers;
use super::step::{Phase, Step};
use super::{child, individual, legal_person, lost};
use crate::domain::account::AccountKind;

/// The last page, which is no step: nothing is asked on it.
pub(super) const DONE: &str = "done";

/// The steps of a wizard, in order. The current one is the first that applies and isn't satisfied.
pub struct Table {
    /// The steps.
    pub steps: &'static [&'static dyn Step],
    /// The phases, in order: ① ② ③.
    pub phases: &'static [Phase],
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.steps.iter().map(|step| step.name())).finish()
    }
}

impl Table {
    /// The table that these answers go through: whose journey it is, and the kind of account decide.
    pub fn of(answers: &Answers) -> &'static Self {
        if answers.is_childs() {
            return &child::TABLE;
        }
        if answers.is_recovery() {
            return &lost::TABLE;
        }
        match answers.kind {
            Some(AccountKind::LegalPerson) => &legal_person::TABLE,
            Some(AccountKind::Individual) | None => &individual::TABLE,
        }
    }

    /// The first step that applies and isn't satisfied.
    pub fn current(&self, answers: &Answers, today: Date) -> Option<&'static dyn Step> {
        self.steps.iter().copied().find(|step| step.applies(answers, today) && !step.is_satisfied(answers, today))
    }

    /// The last step that applies and is a page to go back to.
    pub fn last(&self, answers: &Answers, today: Date) -> Option<&'static dyn Step> {
        self.steps.iter().copied().rfind(|step| step.applies(answers, today) && step.is_revisited())
    }

    /// Where the step with this name stands.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.name() == name)
    }

    /// The phase of a step here, counted from 0: its own, or, where this wizard has none such, that of the step before it.
    pub fn phase(&self, name: &str) -> usize {
        let until = self.position(name).map_or(0, |at| at + 1);
        let place = |step: &&dyn Step| self.phases.iter().position(|phase| *phase == step.phase());
        self.steps.iter().take(until).rev().find_map(place).unwrap_or(0)
    }
}
