//! What the guardian is to the child. No registry of relations can be asked: evidence of it goes to a reviewer.

use askama::Template;
use futures_util::future::BoxFuture;
use time::Date;

use crate::domain::guardianship::Relation;
use crate::journeys::answers::{Answers, ChildAnswers};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::journeys::steps::{Nav, nav};
use crate::pages::{Form, Page, Rendered};
use crate::protocol::params::Params;

#[derive(Template)]
#[template(path = "journey/relation.html")]
struct RelationPage {
    page: Page,
    nav: Nav,
    form: Form,
    /// The child's masked name.
    child: String,
}

/// Choose the relation.
#[derive(Debug)]
pub(crate) struct ChooseRelation;

impl ChooseRelation {
    fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Rendered {
        let child = cx.answers.identity.as_ref().map(|identity| identity.name.masked()).unwrap_or_default();
        let page = cx.page("relation-title");
        Rendered::new(status, &RelationPage { page, nav: nav(cx, self), form, child })
    }

    fn choose(&self, cx: &Cx<'_>, params: &Params) -> Taken {
        let (Some(child), Some(guardian)) = (&cx.answers.child, cx.answers.guardian()) else { return Taken::Moved };
        let mut form = Form::typed(params);
        let relation = Relation::parse(params.text("relation"));
        match relation {
            None => form.fault("relation", "relation-empty"),
            Some(relation) if relation.contradicts(guardian.identity().gender) => {
                form.fault("relation", "relation-contradicts");
            }
            Some(_) => {}
        }
        if form.is_faulty() {
            return Taken::Show(self.page(cx, form, 422));
        }
        if child.relation == relation {
            return Taken::Moved;
        }
        // What a reviewer has of the former relation isn't decided any more.
        let withdrawn = cx.answers.withdrawals();
        let child = ChildAnswers { relation, review: None, control: None, ..(**child).clone() };
        let answers = Answers { child: Some(Box::new(child)), ..cx.answers.clone() };
        Taken::Next(Box::new(answers.asking_for_review(cx.today)), withdrawn)
    }
}

impl Step for ChooseRelation {
    fn name(&self) -> &'static str {
        "relation"
    }

    fn phase(&self) -> Phase {
        Phase::Identity
    }

    fn is_satisfied(&self, answers: &Answers, _: Date) -> bool {
        answers.child.as_ref().is_some_and(|child| child.relation.is_some())
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        let chosen = cx.answers.child.as_ref().and_then(|child| child.relation);
        let rendered = self.page(cx, Form::with([("relation", chosen.map_or("", Relation::as_str))]), 200);
        Box::pin(async move { Ok(rendered) })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        let taken = self.choose(cx, form);
        Box::pin(async move { Ok(taken) })
    }
}
