//! The account pages: who am I, and one page each for linked old accounts, sign-ins, consents and the security log.
//! Every post touches the signed-in person's own rows only: its statement names the account.

pub(super) mod address;
pub(super) mod change_phone;
pub(super) mod children;
pub(super) mod close;
pub(super) mod confirm;
pub(super) mod consents;
pub(super) mod data;
pub(super) mod factors;
pub(super) mod links;
pub(super) mod log;
pub(super) mod others_password;
pub(super) mod password;
pub(super) mod phone;
pub(super) mod sessions;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;

use super::cookies::Cookie;
use super::mishap::Mishap;
use super::reply::Reply;
use crate::app::App;
use crate::clock::Timestamp;
use crate::domain::account::{Account, AccountKind};
use crate::domain::address::PostalAddress;
use crate::domain::session::Session;
use crate::ids::SystemId;
use crate::mandates::invitations_of;
pub(super) use crate::pages::beijing as moment;
use crate::pages::{Locale, Page, Rendered, Visit};
use crate::sign_in::held;
use crate::storage::Stored;
use crate::storage::accounts::Evidence;
use crate::storage::recoveries::Recovery;
use crate::storage::{
    accounts, consents as consented, guardianships, links as linked, mandates, recoveries, sessions as begun,
};
use crate::upstream::catalogue;

#[derive(Template)]
#[template(path = "account/overview.html")]
struct Overview {
    page: Page,
    user_name: String,
    name: String,
    document: String,
    phone: Option<String>,
    /// The one that somebody else has proven to hold now.
    former_phone: Option<String>,
    email: Option<String>,
    email_confirmed: bool,
    address: Option<String>,
    level: String,
    /// Who verified it, and when.
    verified: Option<String>,
    links: usize,
    sessions: usize,
    consents: usize,
    /// How many units the person acts for.
    units: usize,
    /// Invitations to act for a unit that wait for an answer.
    invitations: usize,
    /// How many children the person looks after.
    children: usize,
    /// What somebody has asked for and is still to come, in words.
    recoveries: Vec<String>,
    /// How many other accounts are signed in in this browser.
    aside: usize,
}

/// `GET /account`; a guardian who has signed in for a child goes on with that.
pub(super) async fn show(State(app): State<Arc<App>>, visit: Visit, headers: HeaderMap) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    if account.kind() == AccountKind::LegalPerson {
        return Ok(Reply::to(format!("/units/{}", account.id)));
    }
    if let Some(to) = children::after(&app, &headers) {
        return Ok(Reply::to(to).cookie(Cookie::After.clear(&app.config)));
    }
    let mut conn = app.db.read().await?;
    let evidence = accounts::evidence(&mut conn, &account.id).await?;
    let links = linked::of_account(&mut conn, &account.id).await?.len();
    let sessions = begun::of_account(&mut conn, &account.id, visit.now).await?.len();
    let consents = consented::of_actor(&mut conn, &account.id).await?.len();
    let units = mandates::of_person(&mut conn, &account.id).await?.len();
    let children = guardianships::of_guardian(&mut conn, &account.id).await?.len();
    let recoveries = recoveries::of_account(&mut conn, &app.keys, &account.id).await?;
    drop(conn);
    let told = |waiting: &Recovery| {
        visit.locale.tv(&format!("recovery-notice-{}", waiting.change.kind().as_str()), moment(waiting.effective_at))
    };
    let page = Overview {
        recoveries: recoveries.iter().map(told).collect(),
        page: visit.page("account-title"),
        user_name: account.user_name.as_str().to_owned(),
        name: account.shown_name(),
        document: account.person().map(|person| person.document.masked_owner()).unwrap_or_default(),
        phone: account.phone().map(|p| p.masked()),
        former_phone: account.phone_on_file().filter(|_| account.phone().is_none()).map(|p| p.masked()),
        email: account.email().map(|e| e.masked()),
        email_confirmed: account.email_verified_at.is_some(),
        address: account.address().map(PostalAddress::masked),
        level: visit.locale.t(&format!("level-{}", account.identity_level as i64)),
        verified: evidence.first().and_then(|strongest| verified(&app, visit.locale, strongest)),
        links,
        sessions,
        consents,
        units,
        invitations: invitations_of(&app, account).await?.len(),
        children,
        aside: held::aside(&app, &visit.held).await?.len(),
    };
    Ok(Reply::page(Rendered::new(200, &page)))
}

/// Who verified an identity, in plain words; `None` for a method without words.
fn verified(app: &App, locale: Locale, evidence: &Evidence) -> Option<String> {
    let by = match evidence.method.as_str() {
        "name_and_number" => locale.t("verified-by-source"),
        "upstream" => locale.tv("verified-by-system", system_name(app, &SystemId::from(&*evidence.source), locale)),
        "review" => locale.t("verified-by-review"),
        _ => return None,
    };
    Some(format!("{by} · {}", date(evidence.at)))
}

/// The person who is signed in, to change something; a unit's own sign-in, in which nobody acts, ends sign-ins and changes
/// nothing else.
fn person(visit: &Visit) -> Result<(&Session, &Arc<Account>), Reply> {
    match &visit.signed_in {
        None => Err(to_login()),
        Some((_, account)) if account.unit().is_some() => Err(Reply::to(format!("/units/{}", account.id))),
        Some((session, account)) => Ok((session, account)),
    }
}

pub(super) fn to_login() -> Reply {
    Reply::to("/login")
}

/// The name of a system, whether it is still connected or not.
pub(super) fn system_name(app: &App, id: &SystemId, locale: Locale) -> String {
    let english = locale.is_english();
    let row = catalogue::row(id).map(|row| if english { row.en } else { row.zh });
    app.systems.get(id).map(|system| system.name(english)).or(row).unwrap_or(id.as_str()).to_owned()
}

/// The name of a relying party, whether it is switched off or not.
pub(super) async fn client_name(app: &App, id: &str, locale: Locale) -> Stored<String> {
    let client = app.known_client(id).await?;
    Ok(client.map_or_else(|| id.to_owned(), |client| client.name(locale.is_english()).to_owned()))
}

/// Authentication methods (`amr`) in plain words; those without words are left out.
pub(super) fn methods(locale: Locale, amr: &str) -> String {
    let words = amr.split(' ').filter_map(|method| match method {
        "pwd" => Some(locale.t("method-password")),
        "sms" => Some(locale.t("method-sms")),
        "pop" => Some(locale.t("factor-passkey")),
        "urn:guiyi:app" => Some(locale.t("factor-totp")),
        "urn:guiyi:recovery_code" => Some(locale.t("method-recovery-code")),
        // A code that came by no other way came by mail.
        "otp" if !["sms", ":app", ":recovery_code"].iter().any(|way| amr.contains(way)) => {
            Some(locale.t("method-email"))
        }
        "urn:guiyi:legacy" => Some(locale.t("method-legacy")),
        _ => None,
    });
    words.collect::<Vec<_>>().join(" + ")
}

/// A date in Beijing time, `2026-11-24`.
pub(super) fn date(at: Timestamp) -> String {
    moment(at).chars().take(10).collect()
}
