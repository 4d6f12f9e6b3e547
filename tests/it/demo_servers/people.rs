use std::collections::HashSet;

use guiyi::demo::people::{
    COMPANIES, EXAM, Expectation, Kind, PEOPLE, POLICE, Person, SOCIETIES, UNITS, UnitData, UnitStatus, records,
};
use guiyi::demo::{Addresses, Manifest, manifest, table};
use guiyi::domain::document::{Country, Document, DocumentType};
use guiyi::domain::person::PersonName;
use guiyi::domain::unit::{Address, CreditCode, UnitName, UnitType, day_from_legacy};
use guiyi::passwords::check_offline;
use time::macros::date;

fn everybody() -> impl Iterator<Item = &'static Person> {
    PEOPLE.iter().chain(EXAM.iter().map(|(person, _)| person)).chain(POLICE).chain(units())
}

/// The users of the two systems that hold units alone.
fn units() -> impl Iterator<Item = &'static Person> {
    COMPANIES.iter().chain(SOCIETIES.iter().map(|(person, _)| person))
}

#[test]
fn every_document_is_well_formed_and_synthetic() {
    let numbers = everybody().map(|person| &person.truth).map(|t| (t.document_type, t.country, t.document_number));
    let held = records().into_iter().map(|r| (r.document_type, r.country, r.document_number));
    for (kind, country, number) in numbers.chain(held) {
        let document = match kind {
            DocumentType::Passport => Document::passport(Country::from_alpha3(country).unwrap(), number),
            kind => Document::parse(kind, number, date!(2026 - 11 - 24)),
        };
        assert!(document.is_ok(), "{number}");
        let of_vectors = number == "JPN340185070917";
        let synthetic = match number.len() {
            18 => (996..=999).contains(&number[14..17].parse::<u16>().unwrap()),
            _ => number.contains("000000"),
        };
        assert!(synthetic || of_vectors, "{number}");
    }
}

#[test]
fn accounts_identifiers_and_records_are_unique() {
    let unique = |texts: Vec<&str>| texts.iter().collect::<HashSet<_>>().len() == texts.len();
    let systems = [
        PEOPLE.iter().collect(),
        EXAM.iter().map(|(person, _)| person).collect(),
        POLICE.iter().collect(),
        COMPANIES.iter().collect(),
        SOCIETIES.iter().map(|(person, _)| person).collect(),
    ];
    for users in systems.map(|users: Vec<&Person>| users) {
        assert!(unique(users.iter().map(|person| person.account).collect()));
        assert!(unique(users.iter().map(|person| person.user_id).collect()));
    }
    let keys = records().iter().map(|r| (r.document_type, r.country, r.document_number)).collect::<HashSet<_>>();
    assert_eq!(keys.len(), records().len());
    assert!(unique(UNITS.iter().map(|record| record.unit.credit_code).collect()));
    assert!(unique(UNITS.iter().map(|record| record.unit.name).collect()));
}

#[test]
fn the_stories_fit_the_passwords_and_the_records() {
    for person in PEOPLE {
        let truth = &person.truth;
        let strong = check_offline(person.password, [person.account, person.mobile, truth.document_number], []).is_ok();
        assert_eq!(strong, person.expectation != Expectation::NewPassword, "{}", person.account);
        let of = (truth.document_type, truth.country, truth.document_number, truth.name);
        let known = records().iter().any(|r| (r.document_type, r.country, r.document_number, r.name) == of);
        let unknown = matches!(person.expectation, Expectation::ManualReview | Expectation::UnusualName);
        assert_eq!(known, !unknown, "{}", person.account);
        assert_eq!(person.unit.is_some(), person.kind == Kind::LegalPerson);
    }
}

/// What a story promises of a unit is what the two sources and the codes make of it.
#[test]
fn the_stories_of_units_fit_the_passwords_the_codes_and_both_sources() {
    use Expectation as E;
    for person in units() {
        let (who, end, unit, truth) = (person.account, person.expectation, person.unit.unwrap(), &person.truth);
        assert_eq!(person.kind, Kind::LegalPerson);
        let strong = check_offline(person.password, [who, person.mobile, unit.truth.credit_code], []).is_ok();
        assert_eq!(strong, end != E::NewPassword, "{who}");
        let code = CreditCode::parse(unit.truth.credit_code).unwrap();
        assert_eq!(code.has_right_check(), end != E::WrongCheck, "{who}");
        assert!(!UnitType::parse(unit.truth.unit_type).unwrap().contradicts(&code), "{who}");
        let contradicts = CreditCode::parse(unit.row.credit_code).unwrap() != code;
        assert_eq!(contradicts, end == E::Contradiction, "{who}");
        assert_eq!(unit.row.name != unit.truth.name, end == E::MismatchThenMatch, "{who}");
        let held = UNITS.iter().find(|record| record.unit.credit_code == unit.truth.credit_code);
        assert_eq!(held.is_some(), end != E::ManualReview, "{who}");
        let Some(held) = held else { continue };
        assert_eq!((held.unit, held.representative), (unit.truth, *truth), "{who}");
        let status = match end {
            E::Revoked => UnitStatus::Revoked,
            E::Dissolved => UnitStatus::Dissolved,
            E::Moved => UnitStatus::Moved,
            _ => UnitStatus::Registered,
        };
        assert_eq!(held.status, status, "{who}");
        let known = records().iter().any(|r| (r.document_number, r.name) == (truth.document_number, truth.name));
        assert_eq!(known, end != E::RepresentativeReview, "{who}");
        let of_age = Document::parse(DocumentType::ResidentId, truth.document_number, date!(2026 - 11 - 24)).unwrap();
        assert!(of_age.age_on(date!(2026 - 11 - 24)).unwrap() >= 18, "{who}");
        let own = PEOPLE.iter().find(|p| p.kind == Kind::Individual && p.id_number == truth.document_number);
        let alone = matches!(end, E::RepresentativeRegisters | E::RepresentativeReview);
        assert_eq!(own.is_none(), alone, "{who}: an old account of the representative's own");
    }
}

#[test]
fn every_unit_is_in_the_portals_own_form() {
    let rows = everybody().filter_map(|person| person.unit).map(|unit| unit.truth);
    for UnitData { unit_type, name, credit_code, address, registered_on } in rows.chain(UNITS.iter().map(|r| r.unit)) {
        assert!(UnitType::parse(unit_type).is_some());
        assert_eq!(UnitName::parse(name).unwrap().as_str(), name);
        assert_eq!(CreditCode::parse(credit_code).unwrap().as_str(), credit_code);
        assert!(credit_code.contains("0000"), "{credit_code}: synthetic");
        assert_eq!(Address::parse(address).unwrap().as_str(), address);
        assert_eq!(day_from_legacy(registered_on).unwrap().to_string(), registered_on);
    }
}

#[test]
fn every_name_is_in_the_portals_own_form() {
    for person in everybody() {
        assert_eq!(PersonName::parse(person.truth.name).unwrap().as_str(), person.truth.name);
    }
    for record in records() {
        assert_eq!(PersonName::parse(record.name).unwrap().as_str(), record.name);
    }
}

#[test]
fn the_manifest_survives_json_and_its_table_is_aligned() {
    let at = Addresses {
        issuer: "http://127.0.0.1:1",
        relying_party: "http://127.0.0.1:2",
        client_id: "rp",
        legacy: "http://127.0.0.1:3",
        source: "http://127.0.0.1:4",
        registry: "http://127.0.0.1:7",
        inbox: "http://127.0.0.1:5",
        police: "http://127.0.0.1:6",
        companies: "http://127.0.0.1:8",
        exam: "/tmp/exam.db",
        societies: "/tmp/mzt.db",
    };
    let json = serde_json::to_string(&manifest(&at)).unwrap();
    let manifest: Manifest = serde_json::from_str(&json).unwrap();
    let table = table(&manifest);
    println!("{table}");
    assert_eq!(table.lines().count(), everybody().count() + 1);
    let line = |account: &str| table.lines().find(|line| line.contains(account)).unwrap();
    let column = |line: &str, until: &str| {
        let head = &line[..line.find(until).unwrap()];
        head.chars().map(|c| if c > '\u{1100}' { 2 } else { 1 }).sum::<usize>()
    };
    assert_eq!(column(line("wangji"), "34012319"), column(line("jcarter"), "93484019"));
}
