//! Whoever signs in to an account that is being closed (注销中) is offered to take that back, and gets nothing else: no session
//! begins before.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::account::moment;
use super::login::{SignedIn, finish, keeps};
use super::mishap::Mishap;
use super::posted::Posted;
use super::reply::Reply;
use crate::app::App;
use crate::clock::Timestamp;
use crate::closing;
use crate::crypto::Purpose;
use crate::domain::account::Account;
use crate::domain::session::Method;
use crate::ids::AccountId;
use crate::pages::{Page, Rendered, Visit};
use crate::storage::{accounts, closures};

const LIFETIME: Duration = Duration::from_secs(10 * 60);
const CONTEXT: &str = "closing offer";

#[derive(Template)]
#[template(path = "closing_offer.html")]
struct OfferPage {
    page: Page,
    user: String,
    until: String,
    /// None: a child's account, which its guardian closes.
    ticket: Option<String>,
    carried: Vec<(&'static str, String)>,
}

/// A sign-in that was complete but for the account's being closed.
#[derive(Serialize, Deserialize)]
struct Waiting {
    account: AccountId,
    browser: String,
    methods: Vec<Method>,
    expires_at: Timestamp,
}

/// The offer, instead of a session.
pub(super) async fn offer(
    app: &App,
    visit: &Visit,
    interaction: Option<&str>,
    signed_in: &SignedIn<'_>,
) -> Result<Reply, Mishap> {
    let account = signed_in.account;
    let closure = closures::open(&mut app.db.read().await?, &account.id).await?.ok_or(Mishap::Expired)?;
    let waiting = Waiting {
        account: account.id.clone(),
        browser: visit.browser.clone(),
        methods: signed_in.methods.to_vec(),
        expires_at: visit.now.plus(LIFETIME),
    };
    let ticket = match account.is_childs(app.today()) {
        true => None,
        false => Some(app.keys.seal_json(Purpose::Ticket, CONTEXT, &waiting)?),
    };
    let tab = signed_in.legal.then(|| ("tab", "legal".to_owned()));
    let keep = signed_in.keep.then(|| ("keep", "yes".to_owned()));
    let page = OfferPage {
        page: visit.page("closing-title"),
        user: account.user_name.masked(),
        until: moment(closure.effective_at),
        ticket,
        carried: interaction.map(|id| ("interaction", id.to_owned())).into_iter().chain(tab).chain(keep).collect(),
    };
    Ok(Reply::page(Rendered::new(200, &page)))
}

/// `POST /login/take-back`: the account is in use again, and the sign-in goes on.
pub(super) async fn take_back(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let waiting: Waiting =
        app.keys.open_json(Purpose::Ticket, CONTEXT, params.text("ticket")).map_err(|_| Mishap::Expired)?;
    let mine = crate::secret::same(waiting.browser.as_bytes(), visit.browser.as_bytes());
    if !mine || waiting.expires_at <= visit.now {
        return Err(Mishap::Expired);
    }
    let found = accounts::find(&mut app.db.read().await?, &app.keys, &waiting.account).await?;
    let account = found.filter(|account| !account.is_childs(app.today())).ok_or(Mishap::Expired)?;
    closing::withdraw(&app, &account.id, &account).await?;
    let account: Arc<Account> = app.caches.account(&account.id).await?.ok_or(Mishap::Expired)?;
    let legal = params.text("tab") == "legal";
    let signed_in = SignedIn { account: &account, methods: &waiting.methods, known: None, legal, keep: keeps(&params) };
    finish(&app, &visit, params.get("interaction"), signed_in).await
}
