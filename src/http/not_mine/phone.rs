//! 'This number is mine now': whoever proves to hold it has it taken off the accounts of others. Nothing of them is shown, not even
//! whether there are any.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::done;
use crate::app::App;
use crate::captcha::ticket::View;
use crate::domain::contact::Phone;
use crate::domain::typed::compact;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::notify::codes::{Sent, Verified};
use crate::notify::texts::Purpose;
use crate::pages::{Form, Page, Rendered, Visit, captcha, passes_captcha};
use crate::sign_in::recovery::held::Held;
use crate::sign_in::recovery::phone::give_up;

#[derive(Template)]
#[template(path = "not_mine/phone.html")]
struct PhonePage {
    page: Page,
    form: Form,
    captcha: View,
}

#[derive(Template)]
#[template(path = "not_mine/phone_code.html")]
struct CodePage {
    page: Page,
    form: Form,
    ticket: String,
    phone: String,
}

fn phone_page(app: &App, visit: &Visit, form: Form, status: u16) -> Result<Reply, Mishap> {
    let captcha = captcha(app, visit, &form)?;
    Ok(Reply::page(Rendered::new(status, &PhonePage { page: visit.page("not-mine-phone-title"), form, captcha })))
}

fn code_page(app: &App, visit: &Visit, held: &Held, form: Form, status: u16) -> Result<Reply, Mishap> {
    let (ticket, phone) = (held.seal(app)?, held.phone.masked());
    let page = CodePage { page: visit.page("not-mine-phone-title"), form, ticket, phone };
    Ok(Reply::page(Rendered::new(status, &page)))
}

/// `GET /not-mine/phone`
pub(in crate::http) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    phone_page(&app, &visit, Form::default(), 200)
}

/// `POST /not-mine/phone`: the number and a captcha; a code goes there, whoever's it is.
pub(in crate::http) async fn send(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let mut form = Form::typed(&params);
    if params.get("captcha_kind").is_some() {
        return phone_page(&app, &visit, form, 200);
    }
    let phone = match Phone::parse(params.text("phone")) {
        Ok(phone) => phone,
        Err(fault) => {
            form.fault("phone", format!("phone-{}", fault.to_string().replace('_', "-")));
            return phone_page(&app, &visit, form, 422);
        }
    };
    if !passes_captcha(&app, &visit, &params, &mut form).await? {
        return phone_page(&app, &visit, form, 422);
    }
    let held = Held::of(phone, &Purpose::NotMine, (None, &visit.browser), visit.now);
    match held.send(&app, &Purpose::NotMine, &visit.asker).await? {
        Sent::Sent | Sent::TooSoon => return code_page(&app, &visit, &held, Form::default(), 200),
        Sent::Wait => form.fault("phone", "code-wait"),
        Sent::Limited => form.fault("phone", "code-limited"),
    }
    phone_page(&app, &visit, form, 429)
}

/// `POST /not-mine/phone/code`
pub(in crate::http) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let held = Held::open(&app, params.text("ticket"), &Purpose::NotMine, (None, &visit.browser));
    let Some(held) = held else { return Ok(Reply::to("/not-mine/phone")) };
    let mut form = Form::default();
    let typed = compact(params.text("code"));
    let verified = held.verify(&app, (&Purpose::NotMine, &visit.asker), &typed).await?;
    match verified {
        Verified::Right => {
            give_up(&app, &held.phone).await?;
            return Ok(done(&visit, ("not-mine-phone-done-title", "not-mine-phone-done-text"), false));
        }
        Verified::Wrong => form.fault("code", "code-wrong"),
        Verified::Spent => form.fault("code", "code-spent"),
        Verified::Limited => form.fault("code", "code-limited"),
    }
    code_page(&app, &visit, &held, form, 422)
}
