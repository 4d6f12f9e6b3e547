//! 继续办理: a case number and proof of control.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::mishap::Mishap;
use super::posted::Posted;
use super::reply::Reply;
use crate::app::App;
use crate::captcha::Kind;
use crate::captcha::ticket::{self, View};
use crate::domain::case_number::CaseNumber;
use crate::domain::typed::compact;
use crate::journeys::resume::{Resumed, Ticket, resume, send};
use crate::pages::{Form, Page, Rendered, Visit};

#[derive(Template)]
#[template(path = "resume.html")]
struct NumberPage {
    page: Page,
    form: Form,
    captcha: View,
}

#[derive(Template)]
#[template(path = "resume_code.html")]
struct CodePage {
    page: Page,
    form: Form,
    ticket: String,
}

fn number_page(app: &App, visit: &Visit, form: Form, status: u16) -> Result<Reply, Mishap> {
    let kind = if form.value("captcha_kind") == "question" { Kind::Question } else { Kind::Picture };
    let captcha = ticket::issue(app, kind, &visit.browser, visit.locale.is_english())?;
    Ok(Reply::page(Rendered::new(status, &NumberPage { page: visit.page("resume-title"), form, captcha })))
}

fn code_page(visit: &Visit, form: Form, ticket: String, status: u16) -> Reply {
    Reply::page(Rendered::new(status, &CodePage { page: visit.page("resume-code-title"), form, ticket }))
}

/// `GET /continue`
pub(super) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    number_page(&app, &visit, Form::default(), 200)
}

/// `POST /continue`: the number and a captcha; a code goes out, if there is such a case.
pub(super) async fn number(State(app): State<Arc<App>>, visit: Visit, Posted(params): Posted) -> Result<Reply, Mishap> {
    let mut form = Form::typed(&params);
    if params.get("captcha_kind").is_some() {
        return number_page(&app, &visit, form, 200);
    }
    let Ok(case) = CaseNumber::parse(params.text("number")) else {
        form.fault("number", "resume-number-form");
        return number_page(&app, &visit, form, 422);
    };
    let answer = params.text("captcha");
    if !ticket::answer(&app, params.text("captcha_ticket"), &visit.browser, answer).await? {
        form.fault("captcha", if answer.is_empty() { "captcha-empty" } else { "captcha-wrong" });
        return number_page(&app, &visit, form, 422);
    }
    send(&app, &visit, &case).await?;
    Ok(code_page(&visit, Form::default(), Ticket::issue(&app, &visit, &case)?, 200))
}

/// `POST /continue/code`
pub(super) async fn code(State(app): State<Arc<App>>, visit: Visit, Posted(params): Posted) -> Result<Reply, Mishap> {
    let ticket = params.text("ticket").to_owned();
    let Some(case) = Ticket::open(&app, &visit, &ticket) else { return Ok(Reply::to("/continue")) };
    let mut form = Form::default();
    let typed = compact(params.text("code"));
    let status = match typed.as_str() {
        "" => {
            form.fault("code", "code-empty");
            422
        }
        typed => match resume(&app, &visit, &case, typed).await? {
            Resumed::Here(id) => return Ok(Reply::to(format!("/journey/{id}"))),
            Resumed::Refused => {
                form.fault("code", "resume-refused");
                422
            }
            Resumed::Limited => {
                form.fault("code", "code-limited");
                429
            }
        },
    };
    Ok(code_page(&visit, form, ticket, status))
}
