//! 继续办理: a case number and proof of control.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::mishap::Mishap;
use super::posted::Posted;
use super::reply::Reply;
use crate::app::App;
use crate::captcha::ticket::View;
use crate::domain::case_number::CaseNumber;
use crate::domain::typed::{compact, tidy};
use crate::journeys::resume::{Resumed, Ticket, resume, resume_by_password, send};
use crate::pages::{Form, Page, Rendered, Visit, captcha, passes_captcha};
use crate::secret::Secret;

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
    let captcha = captcha(app, visit, &form)?;
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
    if !passes_captcha(&app, &visit, &params, &mut form).await? {
        return number_page(&app, &visit, form, 422);
    }
    send(&app, &visit, &case).await?;
    Ok(code_page(&visit, Form::default(), Ticket::issue(&app, &visit, &case)?, 200))
}

/// `POST /continue/code`
pub(super) async fn code(State(app): State<Arc<App>>, visit: Visit, Posted(params): Posted) -> Result<Reply, Mishap> {
    let ticket = params.text("ticket").to_owned();
    let Some(case) = Ticket::open(&app, &visit, &ticket) else { return Ok(Reply::to("/continue")) };
    let typed = compact(params.text("code"));
    if typed.is_empty() {
        let mut form = Form::default();
        form.fault("code", "code-empty");
        return Ok(code_page(&visit, form, ticket, 422));
    }
    let resumed = resume(&app, &visit, &case, &typed).await?;
    Ok(follow(&visit, resumed, ticket, Form::default(), ("code", "resume-refused", "code-limited")))
}

/// `POST /continue/password`: for whoever doesn't get the code.
pub(super) async fn password(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let ticket = params.text("ticket").to_owned();
    let Some(case) = Ticket::open(&app, &visit, &ticket) else { return Ok(Reply::to("/continue")) };
    let mut form = Form::typed(&params);
    let (account, password) = (tidy(params.text("account")), Secret::new(params.text("password")));
    if account.is_empty() || password.expose().is_empty() {
        form.fault("account", "sign-in-account-empty");
        return Ok(code_page(&visit, form, ticket, 422));
    }
    let resumed = resume_by_password(&app, &visit, &case, (&account, &password)).await?;
    Ok(follow(&visit, resumed, ticket, form, ("account", "sign-in-rejected", "resume-limited")))
}

fn follow(
    visit: &Visit,
    resumed: Resumed,
    ticket: String,
    mut form: Form,
    (field, refused, limited): (&'static str, &str, &str),
) -> Reply {
    let (key, status) = match resumed {
        Resumed::Here(id) => return Reply::to(format!("/journey/{id}")),
        Resumed::Refused => (refused, 422),
        Resumed::Limited => (limited, 429),
    };
    form.fault(field, key);
    code_page(visit, form, ticket, status)
}
