//! A child's account, closed by its guardian: the same waiting time, which any of its guardians may end by taking it back here.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};

use super::{LIST, to_sign_in};
use crate::app::App;
use crate::closing::{self, Asked};
use crate::domain::account::Account;
use crate::http::account::close::{About, page};
use crate::http::account::confirm::proven;
use crate::http::account::moment;
use crate::http::mishap::Mishap;
use crate::http::posted::{Posted, Queried};
use crate::http::reply::Reply;
use crate::ids::AccountId;
use crate::pages::{Form, Page, Rendered, Visit};
use crate::storage::closures::{self, Closure};
use crate::storage::{Stored, accounts, guardianships};

#[derive(Template)]
#[template(path = "account/child_closing.html")]
struct ClosingPage {
    page: Page,
    id: String,
    name: String,
    until: String,
}

/// A child under 14 whom the signed-in person looks after, whether its account is being closed or not.
async fn mine(app: &App, visit: &Visit, child: &str) -> Result<Option<(AccountId, Account, Option<Closure>)>, Mishap> {
    let Some((_, me)) = &visit.signed_in else { return Ok(None) };
    let found = find(app, &me.id, &AccountId::from(child)).await?;
    let (account, closure) = found.ok_or(Mishap::NotFound)?;
    Ok(Some((me.id.clone(), account, closure)))
}

async fn find(app: &App, me: &AccountId, child: &AccountId) -> Stored<Option<(Account, Option<Closure>)>> {
    let mut conn = app.db.read().await?;
    let Some(guardianship) = guardianships::find(&mut conn, child, me).await? else { return Ok(None) };
    let account = accounts::find(&mut conn, &app.keys, &guardianship.child).await?;
    let Some(account) = account.filter(|account| account.is_childs(app.today())) else { return Ok(None) };
    let closure = closures::open(&mut conn, &account.id).await?;
    Ok((account.is_active() || closure.is_some()).then_some((account, closure)))
}

fn at(child: &Account) -> String {
    format!("/account/children/{}/close", child.id)
}

fn about<'a>(me: &'a AccountId, child: &'a Account) -> About<'a> {
    About { by: me, account: child, child: Some(child.shown_name()), at: at(child), back: "/account/children" }
}

/// `GET /account/children/{child}/close`
pub(in crate::http) async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(child): Path<String>,
    Queried(query): Queried,
) -> Result<Reply, Mishap> {
    let Some((me, child, closure)) = mine(&app, &visit, &child).await? else { return Ok(to_sign_in(&app, LIST)) };
    if let Some(closure) = closure {
        let page = ClosingPage {
            page: visit.page("closing-child-title"),
            name: child.shown_name(),
            until: moment(closure.effective_at),
            id: child.id.0,
        };
        return Ok(Reply::page(Rendered::new(200, &page)));
    }
    let last = query.text("step") == "last";
    if let (true, Err(elsewhere)) = (last, proven(&visit, &format!("{}?step=last", at(&child)))) {
        return Ok(elsewhere);
    }
    page(&app, &visit, about(&me, &child), (last, Form::default(), 200)).await
}

/// `POST /account/children/{child}/close`
pub(in crate::http) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(child): Path<String>,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let Some((me, child, _)) = mine(&app, &visit, &child).await? else { return Ok(to_sign_in(&app, LIST)) };
    if let Err(elsewhere) = proven(&visit, &format!("{}?step=last", at(&child))) {
        return Ok(elsewhere);
    }
    if params.text("sure") != "yes" {
        let mut form = Form::default();
        form.fault("sure", "close-sure-empty");
        return page(&app, &visit, about(&me, &child), (true, form, 422)).await;
    }
    match closing::ask(&app, &me, &child).await? {
        Asked::Until(_) | Asked::Stopped(_) | Asked::Gone => Ok(Reply::to(at(&child))),
    }
}

/// `POST /account/children/{child}/close/withdraw`
pub(in crate::http) async fn withdraw(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(child): Path<String>,
    _: Posted,
) -> Result<Reply, Mishap> {
    let Some((me, child, _)) = mine(&app, &visit, &child).await? else { return Ok(to_sign_in(&app, LIST)) };
    closing::withdraw(&app, &me, &child).await?;
    Ok(Reply::to(format!("/account/children/{}", child.id)))
}
