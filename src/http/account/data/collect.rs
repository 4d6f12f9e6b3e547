//! What goes into a copy. Secrets don't: passwords and keys are kept as hashes or sealed, and tell the person nothing.

use super::copy::{Copy, Entry};
use crate::app::App;
use crate::domain::account::{Account, PasswordOrigin};
use crate::domain::document::Document;
use crate::domain::mandate::Role;
use crate::domain::session::Method;
use crate::http::account::{client_name, log, methods, system_name};
use crate::ids::{AccountId, SystemId};
use crate::pages::{Locale, Visit};
use crate::storage::{Conn, Stored, accounts, audit, authenticators, consents, copies};

/// How many entries of the log go into a copy, the newest.
const LOGGED: i64 = 5000;

/// Everything that is kept about an account's owner.
pub(super) async fn collect(app: &App, visit: &Visit, account: &Account) -> Stored<Copy> {
    let (locale, id) = (visit.locale, &account.id);
    let mut conn = app.db.read().await?;
    let mut copy = Copy::default();
    copy.section("account", [of_account(locale, account)]);
    copy.section("person", of_person(locale, account));
    let documents = copies::documents(&mut conn, &app.keys, id).await?;
    copy.section("documents", documents.iter().map(|(document, at)| of_document(locale, document).at("since", *at)));
    let evidence = accounts::evidence(&mut conn, id).await?;
    copy.section(
        "verifications",
        evidence.into_iter().map(|e| {
            let entry = Entry::default().text("method", e.method).text("source", e.source);
            level(locale, entry, e.level as i64).at("since", e.at.0)
        }),
    );
    let links = copies::links(&mut conn, id).await?;
    copy.section(
        "links",
        links.into_iter().map(|(system, subject, since, until)| {
            let name = system_name(app, &SystemId::from(system.as_str()), locale);
            Entry::default()
                .worded("system", system, name)
                .text("subject", subject)
                .at("since", since)
                .at("until", until)
        }),
    );
    copy.section("consents", of_consents(app, &mut conn, locale, id).await?);
    ways(app, &mut conn, locale, account, &mut copy).await?;
    relations(app, &mut conn, locale, id, &mut copy).await?;
    cases(&mut conn, id, &mut copy).await?;
    copy.section("log", of_log(app, &mut conn, locale, id).await?);
    Ok(copy)
}

fn level(locale: Locale, entry: Entry, level: i64) -> Entry {
    entry.worded("level", format!("i{level}"), locale.t(&format!("level-{level}")))
}

fn of_account(locale: Locale, account: &Account) -> Entry {
    let password = account.password.as_ref().map(|password| match &password.origin {
        PasswordOrigin::Chosen => "chosen".to_owned(),
        PasswordOrigin::CarriedOver(system) => format!("carried over from {system}"),
    });
    let entry = Entry::default().text("id", account.id.as_str()).text("user_name", account.user_name.as_str());
    level(locale, entry, account.identity_level as i64)
        .text("password", password.unwrap_or_default())
        .at("created_at", account.created_at.0)
        .at("updated_at", account.updated_at.0)
}

fn of_person(locale: Locale, account: &Account) -> Option<Entry> {
    let person = account.person()?;
    let entry = Entry::default().text("name", person.name.as_str());
    let mut entry = match person.gender.claim() {
        Some(gender) => entry.worded("gender", gender, locale.t(&format!("gender-{gender}"))),
        None => entry.text("gender", person.gender.code()),
    };
    if let Some(group) = person.ethnic_group {
        entry = entry.worded("ethnic_group", group.code(), group.zh().to_owned());
    }
    let phone = person.phone.as_ref().map(|phone| phone.as_str()).unwrap_or_default();
    let email = person.email.as_ref().map(|email| email.as_str()).unwrap_or_default();
    let address = person.address.as_ref().map(|address| address.formatted()).unwrap_or_default();
    let entry = entry
        .text("birth_date", account.born().map(|born| born.to_string()).unwrap_or_default())
        .text("phone", phone)
        .at("phone_proven_at", account.phone_proven_at.map(|at| at.0))
        .text("email", email)
        .at("email_confirmed_at", account.email_verified_at.map(|at| at.0))
        .text("address", address);
    Some(entry)
}

fn of_document(locale: Locale, document: &Document) -> Entry {
    let kind = document.kind().as_str();
    let words = locale.t(&format!("document-{}", kind.replace('_', "-")));
    Entry::default()
        .worded("document_type", kind, words)
        .text("country", document.country().alpha3())
        .text("number", document.number())
}

async fn of_consents(app: &App, conn: &mut Conn, locale: Locale, id: &AccountId) -> Stored<Vec<Entry>> {
    let mut entries = Vec::new();
    for consent in consents::of_actor(conn, id).await? {
        let name = client_name(app, consent.client.as_str(), locale).await?;
        let mut entry = Entry::default().worded("application", consent.client.0, name);
        if consent.account != *id {
            entry = entry.text("unit", unit_name(app, conn, &consent.account).await?);
        }
        entries.push(entry.text("scopes", consent.scopes.to_string()).at("since", consent.granted_at.0));
    }
    Ok(entries)
}

async fn unit_name(app: &App, conn: &mut Conn, id: &AccountId) -> Stored<String> {
    let unit = accounts::find(conn, &app.keys, id).await?;
    Ok(unit.map(|unit| unit.shown_name()).unwrap_or_default())
}

/// How the person signs in, and where they are.
async fn ways(app: &App, conn: &mut Conn, locale: Locale, account: &Account, copy: &mut Copy) -> Stored<()> {
    let stored = authenticators::of_account(conn, &app.keys, &account.id).await?;
    copy.section(
        "authenticators",
        stored.into_iter().map(|stored| {
            let kind = stored.shown.kind.as_str();
            Entry::default()
                .worded("kind", kind, locale.t(&format!("factor-{kind}")))
                .text("label", stored.shown.label)
                .at("since", stored.shown.added_at.0)
                .at("used_at", stored.shown.used_at.map(|at| at.0))
        }),
    );
    let sessions = copies::sessions(conn, &account.id).await?;
    copy.section(
        "sessions",
        sessions.into_iter().map(|(device, amr, since, seen, until)| {
            let (known, words) = (Method::join(&Method::split(&amr)), methods(locale, &amr));
            Entry::default()
                .text("device", device)
                .worded("methods", known, words)
                .at("since", since)
                .at("used_at", seen)
                .at("until", until)
        }),
    );
    Ok(())
}

/// Whom the person acts for, and whom they look after.
async fn relations(app: &App, conn: &mut Conn, locale: Locale, id: &AccountId, copy: &mut Copy) -> Stored<()> {
    let mut entries = Vec::new();
    for (unit, role, from, good_until, since, until) in copies::mandates(conn, id).await? {
        let words = Role::parse(&role).map(|role| locale.role(role)).unwrap_or_default();
        let name = unit_name(app, conn, &AccountId::from(unit.as_str())).await?;
        let entry = Entry::default().text("unit", name).worded("role", role, words).at("from", from);
        entries.push(entry.at("good_until", good_until).at("since", since).at("until", until));
    }
    copy.section("mandates", entries);
    let mut entries = Vec::new();
    for (child, guardian, relation, since, until) in copies::guardianships(conn, id).await? {
        let (key, other) = if child == id.as_str() { ("guardian", guardian) } else { ("child", child) };
        let name = unit_name(app, conn, &AccountId::from(other.as_str())).await?;
        let words = locale.t(&format!("relation-{relation}"));
        let entry = Entry::default().text(key, name).worded("relation", relation, words);
        entries.push(entry.at("since", since).at("until", until));
    }
    copy.section("guardianships", entries);
    Ok(())
}

/// What the person has agreed to, and what was gone through.
async fn cases(conn: &mut Conn, id: &AccountId, copy: &mut Copy) -> Stored<()> {
    let agreements = copies::agreements(conn, id).await?.into_iter();
    copy.section(
        "agreements",
        agreements.map(|(agreement, version, at)| {
            Entry::default().text("agreement", agreement).text("version", version).at("since", at)
        }),
    );
    let journeys = copies::journeys(conn, id).await?.into_iter();
    copy.section(
        "journeys",
        journeys.map(|(journey, case, at)| {
            Entry::default().text("id", journey).text("case_number", case.unwrap_or_default()).at("since", at)
        }),
    );
    let reviews = copies::reviews(conn, id).await?.into_iter();
    copy.section(
        "reviews",
        reviews.map(|(case, state, since, decided)| {
            Entry::default().text("case_number", case).text("state", state).at("since", since).at("decided_at", decided)
        }),
    );
    let evidence = copies::evidence(conn, id).await?.into_iter();
    copy.section(
        "evidence",
        evidence.map(|(kind, since, until)| Entry::default().text("kind", kind).at("since", since).at("until", until)),
    );
    let closures = copies::closures(conn, id).await?.into_iter();
    copy.section(
        "closures",
        closures.map(|(asked, effective, withdrawn)| {
            Entry::default().at("since", asked).at("effective_at", effective).at("withdrawn_at", withdrawn)
        }),
    );
    Ok(())
}

/// The security log in the words of its page; what has none there by its name.
async fn of_log(app: &App, conn: &mut Conn, locale: Locale, id: &AccountId) -> Stored<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in audit::of_subject(conn, &format!("account:{id}"), LOGGED).await? {
        let (words, note) = match log::row(app, locale, &entry).await? {
            Some(row) => (row.text, row.note),
            None => (entry.event.clone(), String::new()),
        };
        entries.push(Entry::default().at("at", entry.at).worded("event", entry.event, words).text("note", note));
    }
    Ok(entries)
}
