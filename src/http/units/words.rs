//! Mandates in plain words.

use crate::app::App;
use crate::clock::Timestamp;
use crate::domain::mandate::{Extent, Matter, Reach, Role, Terms, Validity};
use crate::http::account::date;
use crate::ids::ClientId;
use crate::pages::Locale;
use crate::storage::mandates::Entry;

/// A mandate's terms, in words.
#[derive(Debug)]
pub(in crate::http) struct Words {
    /// As what.
    pub(in crate::http) role: String,
    /// With which applications.
    pub(in crate::http) clients: String,
    /// In which matters.
    pub(in crate::http) matters: String,
    /// From when until when.
    pub(in crate::http) validity: String,
}

impl Words {
    /// The words for these terms.
    pub(in crate::http) fn of(app: &App, locale: Locale, terms: &Terms) -> Self {
        let Reach { clients, matters } = &terms.reach;
        Self {
            role: role(locale, terms.role),
            clients: extent(locale, clients, "acting-all-clients", |id: &ClientId| {
                let client = app.clients.get(id.as_str());
                client.map_or(id.as_str(), |client| client.name(locale.is_english())).to_owned()
            }),
            matters: extent(locale, matters, "acting-all-matters", |one| matter(locale, *one)),
            validity: validity(locale, &terms.validity),
        }
    }
}

/// A role.
pub(in crate::http) fn role(locale: Locale, role: Role) -> String {
    locale.t(&format!("acting-role-{}", role.as_str().replace('_', "-")))
}

/// A kind of matters.
pub(in crate::http) fn matter(locale: Locale, matter: Matter) -> String {
    locale.t(&format!("acting-matter-{}", matter.as_str().replace('_', "-")))
}

fn extent<T: Ord>(locale: Locale, extent: &Extent<T>, all: &str, one: impl Fn(&T) -> String) -> String {
    match extent {
        Extent::All => locale.t(all),
        Extent::These(these) => {
            these.iter().map(one).collect::<Vec<_>>().join(if locale.is_english() { ", " } else { "、" })
        }
    }
}

/// `2026-11-24 – 2027-11-23`, both days with it.
fn validity(locale: Locale, validity: &Validity) -> String {
    let until = validity.until.map_or_else(|| locale.t("acting-open-ended"), last_day);
    format!("{} – {until}", date(validity.from))
}

/// The last day of something that ends at a moment, not with it.
pub(in crate::http) fn last_day(until: Timestamp) -> String {
    date(Timestamp(until.0 - 1))
}

/// Where a mandate stands.
pub(in crate::http) fn state(locale: Locale, entry: &Entry, now: Timestamp) -> String {
    if let Some((at, why)) = entry.ended {
        return locale.tv(&format!("acting-ended-{}", why.as_str()), date(at));
    }
    if entry.accepted_at.is_none() {
        let until = entry.invitation.as_ref().map(|invitation| invitation.until);
        return match until {
            Some(until) if now < until => locale.tv("acting-state-invited", last_day(until)),
            _ => locale.t("acting-state-unanswered"),
        };
    }
    in_force(locale, &entry.terms.validity, now)
}

/// Where an accepted mandate that nobody has ended stands.
pub(in crate::http) fn in_force(locale: Locale, validity: &Validity, now: Timestamp) -> String {
    locale.t(match validity {
        Validity { from, .. } if now < *from => "acting-state-later",
        Validity { until: Some(until), .. } if *until <= now => "acting-state-expired",
        _ => "acting-state-in-force",
    })
}
