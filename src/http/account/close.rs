//! Closing the account (注销): what it means, what stops it, and the last question. The waiting time and taking it back are at the
//! sign-in: see [`closing`](crate::http::closing).

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::confirm::proven;
use super::{moment, person};
use crate::app::App;
use crate::clock::Timestamp;
use crate::closing::{self, Asked, Obstacle, WAIT, obstacles};
use crate::domain::account::Account;
use crate::http::logout::forget;
use crate::http::mishap::Mishap;
use crate::http::posted::{Posted, Queried};
use crate::http::reply::Reply;
use crate::ids::AccountId;
use crate::pages::{Form, Page, Rendered, Visit};

const LAST: &str = "/account/close?step=last";

#[derive(Template)]
#[template(path = "account/close.html")]
struct ClosePage {
    page: Page,
    form: Form,
    /// Whose account it is, where that is a child's: its masked name.
    child: Option<String>,
    /// Where the page and its forms are.
    at: String,
    /// Where it leads back to.
    back: &'static str,
    obstacles: Vec<Row>,
    days: u64,
    /// The last question, to whoever has proven themselves.
    last: bool,
}

#[derive(Template)]
#[template(path = "account/closing.html")]
struct ClosingPage {
    page: Page,
    until: String,
}

/// What stops it, in words, and where that is settled.
pub(in crate::http) struct Row {
    text: String,
    /// The page, and its name: the key of a text.
    next: Option<(String, &'static str)>,
}

pub(in crate::http) fn row(visit: &Visit, obstacle: Obstacle) -> Row {
    let locale = visit.locale;
    match obstacle {
        Obstacle::Represents { unit, name } => Row {
            text: locale.tv("close-represents", name),
            next: Some((format!("/units/{unit}"), "close-represents-next")),
        },
        Obstacle::Administers { mandate, name } => Row {
            text: locale.tv("close-administers", name),
            next: Some((format!("/account/mandates/{mandate}"), "close-administers-next")),
        },
        Obstacle::Guards { child, name } => Row {
            text: locale.tv("close-guards", name),
            next: Some((format!("/account/children/{child}"), "close-guards-next")),
        },
        Obstacle::Review => Row { text: locale.t("close-review"), next: None },
        Obstacle::Childs => Row { text: locale.t("close-childs"), next: None },
        Obstacle::Reviews => Row { text: locale.t("close-reviews"), next: None },
    }
}

/// What the page is about.
pub(in crate::http) struct About<'a> {
    /// Who asks.
    pub(in crate::http) by: &'a AccountId,
    pub(in crate::http) account: &'a Account,
    /// A child's masked name.
    pub(in crate::http) child: Option<String>,
    pub(in crate::http) at: String,
    pub(in crate::http) back: &'static str,
}

pub(in crate::http) async fn page(
    app: &App,
    visit: &Visit,
    about: About<'_>,
    (last, form, status): (bool, Form, u16),
) -> Result<Reply, Mishap> {
    let reviewers = &app.config.review.reviewers;
    let mut conn = app.db.read().await?;
    let found = obstacles(&mut conn, &app.keys, (about.by, about.account, reviewers), (visit.now, app.today())).await?;
    let obstacles: Vec<Row> = found.into_iter().map(|obstacle| row(visit, obstacle)).collect();
    let template = ClosePage {
        page: visit.page(if about.child.is_some() { "close-child-title" } else { "close-title" }),
        form,
        child: about.child,
        at: about.at,
        back: about.back,
        last: last && obstacles.is_empty(),
        obstacles,
        days: WAIT.as_secs() / (24 * 60 * 60),
    };
    Ok(Reply::page(Rendered::new(status, &template)))
}

fn about(account: &Account) -> About<'_> {
    About { by: &account.id, account, child: None, at: "/account/close".to_owned(), back: "/account" }
}

/// `GET /account/close`: what it means; with `step=last` the last question.
pub(in crate::http) async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    Queried(query): Queried,
) -> Result<Reply, Mishap> {
    let last = query.text("step") == "last";
    let found = if last { proven(&visit, LAST) } else { person(&visit) };
    match found {
        Ok((_, account)) => page(&app, &visit, about(account), (last, Form::default(), 200)).await,
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// `POST /account/close`: from now on the account is out of use, everywhere.
pub(in crate::http) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let (_, account) = match proven(&visit, LAST) {
        Ok(proven) => proven,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if params.text("sure") != "yes" {
        let mut form = Form::default();
        form.fault("sure", "close-sure-empty");
        return page(&app, &visit, about(account), (true, form, 422)).await;
    }
    match closing::ask(&app, &account.id, account).await? {
        Asked::Until(until) => Ok(forget(&app, &visit, under_way(&visit, until))),
        Asked::Stopped(_) | Asked::Gone => Ok(Reply::to("/account/close")),
    }
}

/// It has begun: until when it can be taken back, and how.
fn under_way(visit: &Visit, until: Timestamp) -> Reply {
    let page = Visit { signed_in: None, ..visit.clone() }.page("closing-title");
    Reply::page(Rendered::new(200, &ClosingPage { page, until: moment(until) }))
}
