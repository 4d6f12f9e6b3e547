//! What a visitor, or a test, needs to know of a running demonstration: addresses, accounts and records.

use serde::{Deserialize, Serialize};

use super::people::{
    COMPANIES, EXAM, Expectation, Kind, PEOPLE, POLICE, Person, RECORDS, Record, SOCIETIES, Standing, UNITS, UnitData,
};
use super::registry::UnitEntry;
use crate::domain::document::DocumentType;
use crate::ids::SystemId;
use crate::upstream::catalogue;

/// The legacy system's identifier, in the portal's configuration too.
pub const SYSTEM_ID: &str = "hefei";
/// The examination office's identifier there.
pub const EXAM_ID: &str = "jyt";
/// The police's identifier there.
pub const POLICE_ID: &str = "gat";

/// The identifier there of the office where companies are registered.
pub const COMPANIES_ID: &str = "gsj";
/// The civil-affairs department's identifier there.
pub const SOCIETIES_ID: &str = "mzt";

/// Where the demonstration's servers are.
#[derive(Clone, Copy, Debug)]
pub struct Addresses<'a> {
    /// The portal's issuer.
    pub issuer: &'a str,
    /// The relying party.
    pub relying_party: &'a str,
    /// The relying party's `client_id`.
    pub client_id: &'a str,
    /// The legacy system.
    pub legacy: &'a str,
    /// The authoritative source.
    pub source: &'a str,
    /// The registry of organisations.
    pub registry: &'a str,
    /// The SMS and mail gateway.
    pub inbox: &'a str,
    /// The police's OpenID Connect provider.
    pub police: &'a str,
    /// The legacy system where companies are registered.
    pub companies: &'a str,
    /// The file with the examination office's user table.
    pub exam: &'a str,
    /// The file with the civil-affairs department's user table.
    pub societies: &'a str,
}

/// The demonstration, as data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The portal's issuer.
    pub issuer: String,
    /// The relying party.
    pub relying_party: RelyingPartyEntry,
    /// The legacy systems.
    pub systems: Vec<SystemEntry>,
    /// What the authoritative source holds.
    pub records: Vec<RecordEntry>,
    /// The SMS and mail gateway.
    pub inbox: Place,
    /// The authoritative source.
    pub source: Place,
    /// What the registry of organisations holds.
    pub units: Vec<UnitEntry>,
    /// The registry of organisations.
    pub registry: Place,
}

/// A relying party of the demonstration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RelyingPartyEntry {
    /// Its home page.
    pub url: String,
    /// Its `client_id`.
    pub client_id: String,
}

/// A legacy system of the demonstration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SystemEntry {
    /// As in the portal's configuration.
    pub id: String,
    /// As in the list of connected systems.
    pub name: String,
    /// The connector, as configuration names it.
    pub kind: String,
    /// Its home page, or the file that it consists of.
    pub url: String,
    /// Its users.
    pub users: Vec<UserEntry>,
}

/// A user of a legacy system.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UserEntry {
    /// The old user name.
    pub account: String,
    /// The old password.
    pub password: String,
    /// Individual or unit.
    pub kind: Kind,
    /// The legacy system's subject identifier.
    pub user_id: String,
    /// The phone of the old row, or empty.
    pub mobile: String,
    /// What the person, or a unit's representative, types into the real-name form.
    pub enters: EntryData,
    /// What is typed into the unit's form, for a unit's account.
    #[serde(default)]
    pub unit: Option<UnitForm>,
    /// What to try, in Chinese.
    pub story: String,
    /// What to try, in English.
    pub story_en: String,
    /// How it ends.
    pub expectation: Expectation,
}

/// What a person types into the real-name form.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EntryData {
    /// 姓名.
    pub name: String,
    /// 证件类型.
    pub document_type: DocumentType,
    /// 签发国家, ISO 3166-1 alpha-3.
    pub country: String,
    /// 证件号码.
    pub document_number: String,
    /// 出生日期, where the number doesn't tell it.
    pub birth_date: String,
    /// 性别, GB/T 2261.1.
    pub gender: String,
    /// 民族, GB/T 3304.
    pub ethnic_code: String,
}

/// What is typed into a unit's form.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnitForm {
    /// 单位类型, the two characters of GB 32100-2015.
    pub unit_type: String,
    /// 单位名称.
    pub name: String,
    /// 统一社会信用代码.
    pub credit_code: String,
    /// 注册地址.
    pub address: String,
    /// 注册时间, `yyyy-mm-dd`.
    pub registered_on: String,
}

/// A record of the authoritative source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RecordEntry {
    /// The name on the document.
    pub name: String,
    /// The kind of document.
    pub document_type: DocumentType,
    /// Who issued it, ISO 3166-1 alpha-3.
    pub country: String,
    /// Its number.
    pub document_number: String,
    /// Whether it is in order.
    pub status: Standing,
}

/// Where a server is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Place {
    /// Its home page.
    pub url: String,
}

/// The manifest of a demonstration at these addresses.
pub fn manifest(at: &Addresses<'_>) -> Manifest {
    let system = |id: &str, kind: &str, url: &str, users| SystemEntry {
        id: id.into(),
        name: catalogue::row(&SystemId::from(id)).map_or(id, |row| row.zh).into(),
        kind: kind.into(),
        url: url.into(),
        users,
    };
    let exam = EXAM.iter().map(|(person, _)| UserEntry::from(person)).collect();
    let societies = SOCIETIES.iter().map(|(person, _)| UserEntry::from(person)).collect();
    Manifest {
        issuer: at.issuer.into(),
        relying_party: RelyingPartyEntry { url: at.relying_party.into(), client_id: at.client_id.into() },
        systems: vec![
            system(SYSTEM_ID, "ticket", at.legacy, PEOPLE.iter().map(UserEntry::from).collect()),
            system(EXAM_ID, "user_table", at.exam, exam),
            system(POLICE_ID, "openid_connect", at.police, POLICE.iter().map(UserEntry::from).collect()),
            system(COMPANIES_ID, "ticket", at.companies, COMPANIES.iter().map(UserEntry::from).collect()),
            system(SOCIETIES_ID, "user_table", at.societies, societies),
        ],
        records: RECORDS.iter().map(RecordEntry::from).collect(),
        inbox: Place { url: at.inbox.into() },
        source: Place { url: at.source.into() },
        units: UNITS.iter().map(UnitEntry::from).collect(),
        registry: Place { url: at.registry.into() },
    }
}

/// The people as a table for the terminal, one line each, columns aligned.
pub fn table(manifest: &Manifest) -> String {
    let heading = ["system", "account", "password", "name", "number", "phone", "story"].map(String::from);
    let users = manifest.systems.iter().flat_map(|system| system.users.iter().map(|user| line(system, user)));
    let lines: Vec<_> = std::iter::once(heading).chain(users).collect();
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|cell| columns(cell)).max();
    let widths: Vec<usize> = (0..7).map(|column| width(column).unwrap_or(0)).collect();
    let mut out = String::new();
    for line in &lines {
        let padded = line.iter().zip(&widths).map(|(cell, width)| pad(cell, *width)).collect::<Vec<_>>().join("  ");
        out.push_str(padded.trim_end());
        out.push('\n');
    }
    out
}

fn line(system: &SystemEntry, user: &UserEntry) -> [String; 7] {
    let enters = &user.enters;
    let number = match enters.country.as_str() {
        "CHN" => enters.document_number.clone(),
        country => format!("{country} {}", enters.document_number),
    };
    let (name, number) = match &user.unit {
        None => (enters.name.clone(), number),
        Some(unit) => (format!("{} / {}", unit.name, enters.name), format!("{} / {number}", unit.credit_code)),
    };
    [&system.id, &user.account, &user.password, &name, &number, &user.mobile, &user.story].map(String::clone)
}

fn pad(cell: &str, width: usize) -> String {
    format!("{cell}{}", " ".repeat(width.saturating_sub(columns(cell))))
}

/// How many columns of a terminal `text` takes: two for each wide character.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

/// East Asian wide and full-width ranges, as far as this table needs them. Curly quotes count as narrow, as terminals
/// outside a Chinese locale draw them.
fn wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{20000}'..='\u{3fffd}')
}

impl From<&Person> for UserEntry {
    fn from(person: &Person) -> Self {
        let truth = &person.truth;
        Self {
            account: person.account.into(),
            password: person.password.into(),
            kind: person.kind,
            user_id: person.user_id.into(),
            mobile: person.mobile.into(),
            enters: EntryData {
                name: truth.name.into(),
                document_type: truth.document_type,
                country: truth.country.into(),
                document_number: truth.document_number.into(),
                birth_date: truth.birth_date.into(),
                gender: truth.gender.into(),
                ethnic_code: truth.ethnic_code.into(),
            },
            unit: person.unit.map(|unit| UnitForm::from(unit.truth)),
            story: person.story_zh.into(),
            story_en: person.story_en.into(),
            expectation: person.expectation,
        }
    }
}

impl From<UnitData> for UnitForm {
    fn from(unit: UnitData) -> Self {
        let UnitData { unit_type, name, credit_code, address, registered_on } = unit;
        let [unit_type, name, credit_code] = [unit_type, name, credit_code].map(String::from);
        Self { unit_type, name, credit_code, address: address.into(), registered_on: registered_on.into() }
    }
}

impl From<&Record> for RecordEntry {
    fn from(record: &Record) -> Self {
        Self {
            name: record.name.into(),
            document_type: record.document_type,
            country: record.country.into(),
            document_number: record.document_number.into(),
            status: record.standing,
        }
    }
}
