//! The security log in plain words: what the audit log tells about this account.

use std::cmp::Reverse;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use serde_json::Value;

use super::{client_name, methods, moment, system_name, to_login};
use crate::app::App;
use crate::clock::Timestamp;
use crate::domain::mandate::Role;
use crate::http::mishap::Mishap;
use crate::http::reply::Reply;
use crate::http::units::words;
use crate::ids::{AccountId, SystemId};
use crate::pages::{Locale, Page, Rendered, Visit};
use crate::storage::Stored;
use crate::storage::audit::{self, Entry};

/// How many entries are shown, and how many are read for them: some have no words.
pub(in crate::http) const SHOWN: usize = 50;
pub(in crate::http) const READ: i64 = 100;

#[derive(Template)]
#[template(path = "account/log.html")]
struct LogPage {
    page: Page,
    entries: Vec<Row>,
}

/// An entry in plain words.
pub(in crate::http) struct Row {
    /// When.
    pub(in crate::http) at: String,
    /// What.
    pub(in crate::http) text: String,
    /// How and where from, of a sign-in; which unit.
    pub(in crate::http) note: String,
}

/// `GET /account/log`
pub(in crate::http) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let subject = format!("account:{}", account.id);
    let mut entries = audit::of_subject(&mut app.db.read().await?, &subject, READ).await?;
    // What one moment wrote is told in the order in which it makes sense: an account begins before anything else.
    entries.sort_by_key(|entry| (Reverse(entry.at), entry.event == "account.created"));
    let mut rows = Vec::new();
    for entry in &entries {
        let Some(mut row) = row(&app, visit.locale, entry).await? else { continue };
        if let Some(unit) = unit_of(entry)
            && unit != account.id
            && let Some(unit) = app.caches.account(&unit).await?
        {
            row.note = unit.name().to_owned();
        }
        rows.push(row);
        if rows.len() >= SHOWN {
            break;
        }
    }
    Ok(Reply::page(Rendered::new(200, &LogPage { page: visit.page("log-title"), entries: rows })))
}

/// Which unit an entry is about.
fn unit_of(entry: &Entry) -> Option<AccountId> {
    let detail: Value = serde_json::from_str(&entry.detail).ok()?;
    detail.get("unit").and_then(Value::as_str).map(AccountId::from)
}

/// An entry's sentence; `None` for what has none.
pub(in crate::http) async fn row(app: &App, locale: Locale, entry: &Entry) -> Stored<Option<Row>> {
    let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_default();
    let field = |name: &str| detail.get(name).and_then(Value::as_str).unwrap_or_default();
    let system = || system_name(app, &SystemId::from(field("system")), locale);
    let client = match field("client") {
        "" => String::new(),
        id => client_name(app, id, locale).await?,
    };
    let client = || client.clone();
    let text = match entry.event.as_str() {
        "account.created" if field("system").is_empty() => locale.t("log-account-registered"),
        "account.created" => locale.tv("log-account-created", system()),
        "legacy.linked" => locale.tv("log-legacy-linked", system()),
        "legacy.unlinked" => locale.tv("log-legacy-unlinked", system()),
        "account.review_approved" => locale.tv("log-review-approved", system()),
        "account.review_stopped" => locale.tv("log-review-stopped", system()),
        "password.expired" => locale.tv("log-password-expired", system()),
        "password.exposed" => locale.t("log-password-exposed"),
        "phone.moved" if entry.subject.ends_with(field("to")) => locale.t("log-phone-here"),
        "phone.moved" => locale.t("log-phone-away"),
        "factor.added" => locale.tv("log-factor-added", locale.t(&format!("factor-{}", field("kind")))),
        "factor.removed" => locale.t("log-factor-removed"),
        "recovery_codes.made" => locale.t("log-recovery-codes-made"),
        "recovery_code.used" => locale.t("log-recovery-code-used"),
        "password.changed" => locale.t("log-password-changed"),
        "password.recovered" => locale.t("log-password-recovered"),
        "password.set" if field("by") == "guardian" => locale.t("log-password-set-by-guardian"),
        "password.set" => locale.t("log-password-set-by-representative"),
        "phone.changed" => locale.t("log-phone-changed"),
        "phone.given_up" => locale.t("log-phone-given-up"),
        "account.frozen" => locale.t("log-account-frozen"),
        "account.restored" => locale.t("log-account-restored"),
        "recovery.begun" => locale.t(&format!("log-recovery-begun-{}", field("kind"))),
        "recovery.stopped" => locale.t(&format!("log-recovery-stopped-{}", field("kind"))),
        "recovery.wrong_number" => locale.t("log-recovery-wrong-number"),
        "address.changed" => locale.t("log-address-changed"),
        "address.removed" => locale.t("log-address-removed"),
        "data.copied" => locale.t("log-data-copied"),
        "account.closing" if entry.actor == entry.subject => locale.t("log-closing"),
        "account.closing" => locale.t("log-closing-by-guardian"),
        "account.closing_withdrawn" => locale.t("log-closing-withdrawn"),
        "sign_in" => locale.t("log-signed-in"),
        "sign_out" => locale.t(match field("why") {
            "signed in again" => "log-signed-in-again",
            "elsewhere" => "log-signed-out-elsewhere",
            "by the unit" => "log-signed-out-by-unit",
            "guardian" => "log-signed-out-by-guardian",
            "relying party" => "log-signed-out-by-application",
            _ => "log-signed-out",
        }),
        "sign_out.others" => locale.t("log-signed-out-others"),
        "sign_out.all" => locale.t("log-signed-out-all"),
        "acting.chosen" if field("mandate").is_empty() => locale.tv("log-acting-oneself", client()),
        "acting.chosen" => locale.tv("log-acting-unit", client()),
        "unit.acted" => locale.tv("log-unit-acted", client()),
        "unit.actor_refused" => locale.t("log-unit-actor-refused"),
        "guardian.appointed" if entry.subject.ends_with(field("child")) => locale.t("log-guardian-here"),
        "guardian.appointed" => locale.t("log-guardian-of"),
        "consent.granted" if field("by") == "guardian" => locale.tv("log-consent-granted-by-guardian", client()),
        "consent.revoked" if field("by") == "guardian" => locale.tv("log-consent-revoked-by-guardian", client()),
        "consent.granted" => locale.tv("log-consent-granted", client()),
        "consent.revoked" => locale.tv("log-consent-revoked", client()),
        "consent.narrowed" => locale.tv("log-consent-narrowed", client()),
        event if event.starts_with("mandate.") || event.starts_with("unit.") => match acting(locale, event, field) {
            Some(text) => text,
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let note = [methods(locale, field("amr")), field("device").to_owned()];
    let note = note.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    Ok(Some(Row { at: moment(Timestamp(entry.at)), text, note }))
}

/// What happened to a unit and those who act for it.
fn acting<'a>(locale: Locale, event: &str, field: impl Fn(&str) -> &'a str) -> Option<String> {
    let role = || Role::parse(field("role")).map(|role| words::role(locale, role));
    Some(match event {
        "mandate.invited" => locale.tv("log-mandate-invited", format!("{} {}", role()?, field("phone")).trim_end()),
        "mandate.accepted" => locale.tv("log-mandate-accepted", role()?),
        "mandate.declined" => locale.tv("log-mandate-declined", role()?),
        "mandate.ended" if field("person").is_empty() && field("why") == "revoked" => {
            locale.tv("log-mandate-withdrawn", role()?)
        }
        "mandate.ended" => locale.tv(&format!("log-mandate-{}", field("why")), role()?),
        "unit.checked" => locale.t(&format!("log-unit-{}", field("outcome").replace('_', "-"))),
        "unit.standing" => locale.tv("log-unit-standing", locale.t(&format!("acting-standing-{}", field("standing")))),
        "unit.representative_replaced" => locale.t("log-unit-replaced"),
        _ => return None,
    })
}
