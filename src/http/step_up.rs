//! A request that wants a stronger sign-in than the session's (`acr_values`, an essential `acr`; RFC 9470): the second factor is
//! asked of whoever is signed in, and the session goes on as a stronger one.

use std::sync::Arc;

use axum::extract::State;

use super::login::begun;
use super::mishap::Mishap;
use super::posted::{Posted, Queried};
use super::reply::Reply;
use super::second_factor;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::session::Method;
use crate::pages::{Applicant, Page, Rendered, Visit, login as login_path};
use crate::protocol::params::Params;
use crate::sign_in::second_factor::Goal;
use crate::sign_in::session;

use askama::Template;

#[derive(Template)]
#[template(path = "step_up.html")]
struct StepUpPage {
    page: Page,
    interaction: String,
    client: Option<Applicant>,
    user: String,
}

/// `GET /login/step-up`: says why, before anything is sent.
pub(super) async fn show(State(app): State<Arc<App>>, visit: Visit, Queried(query): Queried) -> Result<Reply, Mishap> {
    let interaction = query.text("interaction");
    let waiting = super::login::waiting(&app, &visit, interaction).await?;
    let Some((_, account)) = &visit.signed_in else { return Ok(Reply::to(login_path(query.get("interaction")))) };
    let client = waiting.asker.as_ref().map(|client| Applicant::of(client, visit.locale));
    let page = StepUpPage {
        page: visit.page("step-up-title"),
        interaction: interaction.to_owned(),
        user: account.user_name.masked(),
        client,
    };
    Ok(Reply::page(Rendered::new(200, &page)))
}

/// `POST /login/step-up`: asks for the second factor.
pub(super) async fn begin(State(app): State<Arc<App>>, visit: Visit, Posted(params): Posted) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(Reply::to(login_path(params.get("interaction")))) };
    second_factor::begin(&app, &visit, &params, account, (Goal::StepUp, &[])).await
}

/// It is proven: the session is stronger now, and the request is looked at again.
pub(super) async fn raised(
    app: &App,
    visit: &Visit,
    params: &Params,
    account: &Account,
    (methods, known): (&[Method], Option<String>),
) -> Result<Reply, Mishap> {
    let here = visit.signed_in.as_ref().map(|(session, _)| session).filter(|here| here.account == account.id);
    let new = session::raise(app, here.ok_or(Mishap::Expired)?, methods, visit.place()).await?;
    let new = new.ok_or(Mishap::Expired)?;
    let to = params.get("interaction").map_or_else(|| "/account".to_owned(), |id| format!("/interaction/{id}"));
    begun(app, visit, (&new, false), known, Reply::to(to)).await
}
