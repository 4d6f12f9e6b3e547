//! 法定代表人确认: the representative of a unit, asked by SMS, answers with an own account on an own device.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::mishap::Mishap;
use super::posted::Posted;
use super::reply::Reply;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::case_number::CaseNumber;
use crate::domain::session::FRESH;
use crate::domain::unit::Unit;
use crate::journeys::representative::{self, Question};
use crate::pages::{Form, Page, Rendered, Visit};
use crate::storage::limits::{self, Limit};

/// Numbers that one account may try.
const PER_ACCOUNT: Limit = Limit::new(20, 60 * 60);

#[derive(Template)]
#[template(path = "represent.html")]
struct RepresentPage {
    page: Page,
    form: Form,
    asked: Option<Asked>,
    /// The key of what was answered.
    answered: Option<&'static str>,
}

struct Asked {
    number: String,
    unit: Unit,
    unit_type: String,
    system: String,
    account: String,
}

fn page(visit: &Visit, form: Form, asked: Option<Asked>, answered: Option<&'static str>, status: u16) -> Reply {
    let page = visit.page("represent-title");
    Reply::page(Rendered::new(status, &RepresentPage { page, form, asked, answered }))
}

/// `GET /represent`
pub(super) async fn show(visit: Visit) -> Reply {
    if visit.signed_in.is_none() {
        return Reply::to("/login");
    }
    page(&visit, Form::default(), None, None, 200)
}

/// `POST /represent`: the number; then the answer. The question is looked up anew each time, by the signed-in account's
/// own phone.
pub(super) async fn take(State(app): State<Arc<App>>, visit: Visit, Posted(params): Posted) -> Result<Reply, Mishap> {
    let Some((session, account)) = &visit.signed_in else { return Ok(Reply::to("/login")) };
    let mut form = Form::typed(&params);
    if account.person().is_none() {
        form.fault("number", "represent-not-verified");
        return Ok(page(&visit, form, None, None, 403));
    }
    let Ok(case) = CaseNumber::parse(params.text("number")) else {
        form.fault("number", "resume-number-form");
        return Ok(page(&visit, form, None, None, 422));
    };
    if !counted(&app, account).await? {
        form.fault("number", "represent-limited");
        return Ok(page(&visit, form, None, None, 429));
    }
    let Some((id, question)) = representative::asked(&app, account, &case).await? else {
        form.fault("number", "represent-unknown");
        return Ok(page(&visit, form, None, None, 422));
    };
    let confirms = match params.text("action") {
        // Acting for a unit begins here: a session that somebody has left open isn't enough.
        "confirm" if visit.now.since(session.authenticated_at) >= FRESH => {
            form.fault("terms", "represent-stale");
            return Ok(page(&visit, form, Some(told(&app, &visit, &case, question)), None, 422));
        }
        "confirm" if params.get("terms").is_none() => {
            form.fault("terms", "represent-terms-empty");
            return Ok(page(&visit, form, Some(told(&app, &visit, &case, question)), None, 422));
        }
        "confirm" => true,
        "decline" => false,
        _ => return Ok(page(&visit, Form::default(), Some(told(&app, &visit, &case, question)), None, 200)),
    };
    if !representative::answer(&app, account, &id, confirms).await? {
        form.fault("number", "represent-unknown");
        return Ok(page(&visit, form, None, None, 422));
    }
    let key = if confirms { "represent-confirmed" } else { "represent-declined" };
    Ok(page(&visit, Form::default(), None, Some(key), 200))
}

fn told(app: &App, visit: &Visit, case: &CaseNumber, question: Question) -> Asked {
    let english = visit.locale.is_english();
    let system = app.systems.get(&question.system);
    Asked {
        number: case.to_string(),
        unit_type: question.unit.unit_type.name(english).to_owned(),
        system: system.map_or(question.system.as_str(), |system| system.name(english)).to_owned(),
        account: question.account,
        unit: question.unit,
    }
}

async fn counted(app: &App, account: &Account) -> Result<bool, Mishap> {
    let (subject, now) = (format!("represent {}", account.id), app.clock.now());
    Ok(app.db.write(move |tx| Box::pin(async move { limits::hit(tx, &subject, PER_ACCOUNT, now).await })).await?)
}
