//! `verified_claims`: which source proved what, and when (OpenID Connect for Identity Assurance 1.0 with the OpenID
//! Identity Assurance Schema 1.0). The evidence is the rows of `verifications`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::claims::identity_document;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::document::DocumentType;
use crate::ids::SystemId;
use crate::protocol::claims::{VERIFIED, VerifiedRequest};
use crate::storage::accounts::{self, Evidence};
use crate::storage::{Conn, Stored};

/// This portal's trust framework: the levels of docs/integration.md, each row proven by a source that it names.
const TRUST_FRAMEWORK: &str = "urn:guiyi:real-name";

/// How a method of `verifications` is told.
struct Method {
    name: &'static str,
    /// The type of evidence.
    evidence: &'static str,
    /// The type of the record that was asked; none of a document, which has a type of its own.
    record: Option<&'static str>,
    check: &'static str,
}

const RECORD: &str = "electronic_record";
const DOCUMENT: &str = "document";
/// A unit's certificate of registration, such as a business licence.
const CERTIFICATE: &str = "registration_certificate";

const METHODS: [Method; 4] = [
    Method { name: "name_and_number", evidence: RECORD, record: Some("population_register"), check: "data" },
    Method { name: "registry", evidence: RECORD, record: Some("organisation_register"), check: "data" },
    Method { name: "upstream", evidence: RECORD, record: Some("government_account"), check: "auth" },
    Method { name: "review", evidence: DOCUMENT, record: None, check: "vri" },
];

/// What discovery tells of it (section 8).
pub(super) fn metadata() -> Value {
    let documents: BTreeSet<&str> = DocumentType::ALL.into_iter().map(document_type).chain([CERTIFICATE]).collect();
    let checks = METHODS.iter().filter(|method| method.evidence == DOCUMENT).map(|method| method.check);
    json!({
        "verified_claims_supported": true,
        "trust_frameworks_supported": [TRUST_FRAMEWORK],
        "evidence_supported": [RECORD, DOCUMENT],
        "electronic_records_supported": METHODS.iter().filter_map(|method| method.record).collect::<Vec<_>>(),
        "documents_supported": documents,
        "documents_check_methods_supported": checks.collect::<Vec<_>>(),
        "claims_in_verified_claims_supported": VERIFIED.map(|(name, _)| name),
    })
}

/// What is proven of a person or a unit, for each request that can be met: one element, several as an array, none at all.
pub(super) async fn verified_claims(app: &App, account: &Account, asked: &[VerifiedRequest]) -> Stored<Option<Value>> {
    let mut conn: Conn = app.db.read().await?;
    let evidence = accounts::evidence(&mut conn, &account.id).await?;
    let (known, now) = (proven(account), app.clock.now());
    let mut elements: Vec<Value> = asked
        .iter()
        .filter_map(|request| {
            let claims: Map<String, Value> = known
                .iter()
                .filter(|(name, value)| request.claims.get(*name).is_some_and(|values| values.allow(value)))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            if claims.is_empty() {
                return None;
            }
            // The strongest that will do; of equals the newest.
            let verification = evidence.iter().find_map(|row| {
                let told = verification(app, account, row)?;
                select(&request.verification, &told, now.seconds() - row.at.seconds())
            })?;
            Some(json!({ "verification": verification, "claims": claims }))
        })
        .collect();
    Ok(if elements.len() > 1 { Some(Value::Array(elements)) } else { elements.pop() })
}

/// What a check of name and number or code proves, and what a person's number itself tells.
fn proven(account: &Account) -> Map<String, Value> {
    if let Some(unit) = account.unit() {
        let known = [("organization_name", unit.name.as_str()), ("credit_code", unit.credit_code.as_str())];
        return known.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    }
    let Some(person) = account.person() else { return Map::new() };
    let document = &person.document;
    let gender = document.gender().and_then(|gender| gender.claim()).map(|gender| json!(gender));
    let birthdate = document.birth_date().map(|date| json!(date.to_string()));
    let all = [
        ("name", Some(json!(person.name.as_str()))),
        ("identity_document", Some(identity_document(document))),
        ("gender", gender),
        ("birthdate", birthdate),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// The whole `verification` element of a row; `None` for a method that isn't told.
fn verification(app: &App, account: &Account, row: &Evidence) -> Option<Value> {
    let Method { evidence, record, check, .. } = METHODS.iter().find(|method| method.name == row.method)?;
    let time = rfc3339(row.at);
    let source = app.systems.get(&SystemId::from(row.source.as_str())).map_or(row.source.as_str(), |s| s.name(false));
    let (name, proof) = match record {
        Some(record) => ("record", json!({ "type": record, "source": { "name": source } })),
        None => {
            let of_person = account.person().map(|person| document_type(person.document.kind()));
            ("document_details", json!({ "type": of_person.unwrap_or(CERTIFICATE) }))
        }
    };
    let evidence = json!({
        "type": evidence,
        "check_details": [{ "check_method": check, "organization": source, "time": time }],
        "time": time,
        name: proof,
    });
    Some(json!({
        "trust_framework": TRUST_FRAMEWORK,
        "assurance_level": format!("i{}", row.level as u8),
        "time": time,
        "evidence": [evidence],
    }))
}

fn document_type(kind: DocumentType) -> &'static str {
    match kind {
        DocumentType::ResidentId => "idcard",
        DocumentType::Passport => "passport",
        DocumentType::HongKongMacaoPermit | DocumentType::TaiwanPermit => "travel_permit",
        DocumentType::ForeignPermanentResident
        | DocumentType::HongKongMacaoResidence
        | DocumentType::TaiwanResidence => "residence_permit",
    }
}

/// `2026-11-24T02:00:00Z`
fn rfc3339(at: crate::clock::Timestamp) -> String {
    let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let time = time::OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    time.format(format).unwrap_or_default()
}

/// Members without which their element isn't valid, asked for or not.
const REQUIRED: [&str; 4] = ["trust_framework", "type", "check_method", "name"];
/// Members that restrict a value.
const RESTRICTIONS: [&str; 3] = ["value", "values", "max_age"];

/// What of `told` is asked for; `None` if a restriction isn't met: then the whole element is left out (section 5.7.3).
/// `age` is how long ago the check was, in seconds.
fn select(asked: &Value, told: &Value, age: i64) -> Option<Value> {
    match (asked, told) {
        (Value::Null, told) => Some(told.clone()),
        (Value::Array(templates), Value::Array(items)) => {
            let fits = |item: &Value| templates.iter().find_map(|template| select(template, item, age));
            let chosen: Vec<Value> = items.iter().filter_map(fits).collect();
            (!chosen.is_empty()).then_some(Value::Array(chosen))
        }
        (Value::Object(asked), Value::Object(told)) => {
            let mut chosen = Map::new();
            for (name, wish) in asked {
                match told.get(name) {
                    Some(value) => drop(chosen.insert(name.clone(), select(wish, value, age)?)),
                    None if is_restricted(wish) => return None,
                    None => {}
                }
            }
            for (name, value) in told.iter().filter(|(name, _)| REQUIRED.contains(&name.as_str())) {
                chosen.entry(name.clone()).or_insert_with(|| value.clone());
            }
            Some(Value::Object(chosen))
        }
        (Value::Object(asked), value) => {
            let met = asked.iter().all(|(name, wish)| match name.as_str() {
                "value" => wish == value,
                "values" => wish.as_array().is_some_and(|values| values.contains(value)),
                "max_age" => wish.as_f64().is_some_and(|most| age as f64 <= most),
                _ => true,
            });
            met.then(|| value.clone())
        }
        _ => None,
    }
}

fn is_restricted(wish: &Value) -> bool {
    match wish {
        Value::Object(members) => {
            members.iter().any(|(name, wish)| RESTRICTIONS.contains(&name.as_str()) || is_restricted(wish))
        }
        Value::Array(items) => items.iter().any(is_restricted),
        _ => false,
    }
}
