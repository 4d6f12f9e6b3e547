//! Documents, names, phones, e-mail addresses, user names and ethnic groups.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use guiyi::domain::contact::{EmailAddress, Phone};
use guiyi::domain::document::{Country, Document, DocumentFault, DocumentType};
use guiyi::domain::ethnic::EthnicGroup;
use guiyi::domain::identifier::SignInIdentifier;
use guiyi::domain::person::{Gender, PersonName};
use guiyi::domain::user_name::{UserName, propose, suggest};
use proptest::prelude::*;
use serde_json::Value;
use time::Date;
use time::macros::date;

const TODAY: Date = date!(2026 - 11 - 24);

fn cases() -> Vec<Value> {
    let text = include_str!("../../vectors/id_numbers.json");
    serde_json::from_str::<Value>(text).unwrap()["cases"].as_array().unwrap().clone()
}

/// The canonical form, if the value is accepted as this type of the vectors.
fn accept(kind: &str, value: &str) -> Option<String> {
    let document = |kind| Document::parse(kind, value, TODAY).ok().map(|d| d.number().to_owned());
    match kind {
        "resident_id" => document(DocumentType::ResidentId),
        "resident_id_15" => {
            let refused = Document::parse(DocumentType::ResidentId, value, TODAY);
            assert_eq!(refused, Err(DocumentFault::Obsolete15), "{value}");
            Document::from_legacy_15(value).ok().map(|d| d.number().to_owned())
        }
        "hkmotw_residence_permit" => {
            document(DocumentType::HongKongMacaoResidence).or_else(|| document(DocumentType::TaiwanResidence))
        }
        "foreigner_pr_18" | "foreigner_pr_15" => document(DocumentType::ForeignPermanentResident),
        "hkmo_permit" | "hkmo_permit_old" => document(DocumentType::HongKongMacaoPermit),
        "tw_permit" | "tw_permit_old" => document(DocumentType::TaiwanPermit),
        "passport_cn" => document(DocumentType::Passport),
        "mobile" => Phone::parse(value).ok().map(|p| p.as_str().to_owned()),
        // A name that only a reviewer admits is no match for any source.
        "name_zh" => PersonName::parse(value).ok().filter(|n| !n.needs_reviewer()).map(|n| n.as_str().to_owned()),
        other => panic!("vectors of an unknown type: {other}"),
    }
}

#[test]
fn every_vector() {
    for case in cases() {
        let text = |key: &str| case[key].as_str();
        let (kind, value) = (text("type").unwrap(), text("value").unwrap());
        let accepted = accept(kind, value);
        assert_eq!(accepted.is_some(), case["valid"].as_bool().unwrap(), "{kind} {value}: {accepted:?}");
        for key in ["canonical", "upgraded"] {
            if let Some(expected) = text(key) {
                assert_eq!(accepted.as_deref(), Some(expected), "{kind} {value}");
            }
        }
        if let (Some(birth), Some(number)) = (text("birth"), accepted) {
            let document = Document::parse(DocumentType::ResidentId, &number, TODAY).unwrap();
            assert_eq!(document.birth_date().unwrap().to_string(), birth);
            if let Some(sex) = text("sex") {
                assert_eq!(document.gender().map(Gender::code), Some(sex));
            }
        }
    }
}

#[test]
fn the_separator_has_one_form() {
    for typed in ['·', '•', '．', '・', '‧', '･', '.'] {
        let name = PersonName::parse(&format!("阿卜杜热西提{typed}买买提")).unwrap();
        assert_eq!(name.as_str(), "阿卜杜热西提\u{B7}买买提");
    }
    assert_eq!(PersonName::parse("王 明").unwrap().as_str(), "王明");
}

#[test]
fn the_age_counts_full_years() {
    let age = |number, on| Document::parse(DocumentType::ResidentId, number, TODAY).unwrap().age_on(on);
    assert_eq!(age("340111201211249986", TODAY), Some(14));
    assert_eq!(age("340111201211259965", TODAY), Some(13));
    assert_eq!(age("340111201506019985", TODAY), Some(11));
    assert_eq!(age("340200200002299997", date!(2018 - 02 - 28)), Some(17));
    assert_eq!(age("340200200002299997", date!(2018 - 03 - 01)), Some(18));
    assert_eq!(age("340200200002299997", date!(1999 - 01 - 01)), None);
}

#[test]
fn faults_are_told_apart() {
    let fault = |kind, raw| Document::parse(kind, raw, TODAY).unwrap_err();
    use DocumentFault::*;
    use DocumentType::*;
    for (kind, raw, expected) in [
        (ResidentId, " \u{3000}", Empty),
        (ResidentId, "340102l98803159975", Characters),
        (ResidentId, "34010219880315997", Length),
        (ResidentId, "340102198803159970", Checksum),
        (ResidentId, "340102202611259970", BirthDate),
        (ResidentId, "990102198803159976", Region),
        (ResidentId, "340102880315997", Obsolete15),
        (ResidentId, "81000019900101997X", Region),
        (TaiwanResidence, "81000019900101997X", Region),
        (ForeignPermanentResident, "934000198507099977", Region),
        (ForeignPermanentResident, "KAZ110090133105", BirthDate),
        (ForeignPermanentResident, "KAZ110090123106", Checksum),
        (HongKongMacaoPermit, "C00000001", Characters),
        (TaiwanPermit, "0000001", Length),
        (Passport, "EI0000001", Characters),
        (Passport, "E0000001", Length),
    ] {
        assert_eq!(fault(kind, raw), expected, "{kind:?} {raw}");
    }
    assert_eq!(Document::from_legacy_15("340100881315123"), Err(BirthDate));
    assert_eq!(Document::from_legacy_15("34010088031512"), Err(Length));
}

#[test]
fn a_passport_is_one_country_s() {
    let of = |code, raw| Document::passport(Country::from_alpha3(code).unwrap(), raw);
    let (german, french) = (of("DEU", "c0000 0001").unwrap(), of("FRA", "C00000001").unwrap());
    assert_eq!(german.number(), "C00000001");
    assert_ne!(german, french);
    assert_ne!(german.key(), french.key());
    assert!(of("CHN", "C00000001").is_err() && of("CHN", "E00000001").is_ok());
    for (raw, fault) in [
        ("", DocumentFault::Empty),
        ("ABCDEFG", DocumentFault::Characters),
        ("12-34567", DocumentFault::Characters),
        ("1234", DocumentFault::Length),
        ("123456789012345678901", DocumentFault::Length),
    ] {
        assert_eq!(of("DEU", raw), Err(fault), "{raw}");
    }
    let json = serde_json::to_string(&german).unwrap();
    assert_eq!(json, r#"{"kind":"passport","country":"DEU","number":"C00000001"}"#);
    assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), german);
    assert!(serde_json::from_str::<Document>(&json.replace("passport", "taiwan_permit")).is_err());
    let stored = r#"{"kind":"passport","number":"E00000001"}"#;
    assert!(serde_json::from_str::<Document>(stored).unwrap().country().is_china(), "stored without it: China's");
    // What looks like a user name is one: the country isn't known where people sign in.
    assert!(matches!(SignInIdentifier::parse("C00000001", TODAY), Ok(SignInIdentifier::UserName(_))));
}

#[test]
fn the_table_of_countries_is_whole() {
    let codes: std::collections::BTreeSet<_> = Country::ALL.iter().map(|c| c.alpha3()).collect();
    assert_eq!(codes.len(), 249);
    assert_eq!(Country::from_alpha3("CHN"), Some(Country::CHINA));
    for text in ["DEU", "deu", "276", "德国", "Germany"] {
        assert_eq!(Country::from_legacy(text).map(Country::alpha3), Some("DEU"), "{text}");
    }
}

#[test]
fn the_earlier_card_tells_the_day_without_the_century() {
    let card = Document::parse(DocumentType::ForeignPermanentResident, "JPN340185070917", TODAY).unwrap();
    assert_eq!(card.birth_date(), None);
    assert!(card.admits_birth(date!(1985 - 07 - 09)) && !card.admits_birth(date!(1986 - 07 - 09)));
}

#[test]
fn the_table_of_ethnic_groups_is_the_published_one() {
    let csv = include_str!("../../vectors/ethnic_groups.csv");
    let rows: Vec<Vec<&str>> = csv.lines().skip(1).map(|line| line.split(',').take(3).collect()).collect();
    let table: Vec<Vec<&str>> = EthnicGroup::ALL
        .iter()
        .map(|group| vec![group.code(), group.zh(), group.romanised().unwrap_or_default()])
        .collect();
    assert_eq!(rows, table);
    for group in EthnicGroup::ALL {
        assert_eq!(EthnicGroup::from_code(group.code()), Some(*group));
        assert_eq!(EthnicGroup::from_legacy(group.zh()), Some(*group));
        assert_eq!(EthnicGroup::from_legacy(group.zh().trim_end_matches('族')), Some(*group));
        let json = serde_json::to_string(group).unwrap();
        assert_eq!(serde_json::from_str::<EthnicGroup>(&json).unwrap(), *group);
    }
}

#[test]
fn nothing_prints_a_whole_value() {
    let document = Document::parse(DocumentType::ResidentId, "340102198803159975", TODAY).unwrap();
    assert_eq!(document.masked_public(), "3****************5");
    assert_eq!(document.masked_owner(), "340***********9975");
    assert_eq!(format!("{document:?}"), "Document(resident_id 3****************5)");
    let permit = Document::parse(DocumentType::TaiwanPermit, "00000001", TODAY).unwrap();
    assert_eq!(permit.masked_owner(), "00****01");
    let identifier = SignInIdentifier::parse("13800138000", TODAY).unwrap();
    assert_eq!(format!("{identifier:?}"), "Phone(Phone(138****8000))");
}

#[test]
fn stored_values_are_checked_when_they_are_read_back() {
    let document = Document::parse(DocumentType::HongKongMacaoPermit, "h00000001", TODAY).unwrap();
    let json = serde_json::to_string(&document).unwrap();
    assert_eq!(json, r#"{"kind":"hong_kong_macao_permit","number":"H00000001"}"#);
    assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), document);
    assert!(serde_json::from_str::<Document>(&json.replace("H0", "C0")).is_err());
    assert!(serde_json::from_str::<Phone>("\"12800138000\"").is_err());
    assert!(serde_json::from_str::<UserName>("\"13800138000\"").is_err());
    for kind in DocumentType::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        assert_eq!(DocumentType::parse(kind.as_str()), Some(kind));
    }
}

/// A valid resident ID of a person born before today.
fn resident() -> impl Strategy<Value = String> {
    (0_usize..4, 1900_u16..2026, 1_u8..=12, 1_u8..=28, 0_u16..1000).prop_map(|(region, y, m, d, n)| {
        let region = ["340102", "110101", "652801", "342601"][region];
        let body = format!("{region}{y}{m:02}{d:02}{n:03}");
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let sum: u32 = body.chars().zip(weights).map(|(c, w)| c.to_digit(10).unwrap() * w).sum();
        format!("{body}{}", ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][(sum % 11) as usize])
    })
}

/// What people and attackers type: anything, and near misses.
fn typed() -> impl Strategy<Value = String> {
    prop_oneof![
        ".*",
        "[0-9０-９xX \u{3000}+()-]{0,24}",
        "[A-Za-zＡ-Ｚ]{0,3}[0-9]{0,17}[A-Za-z]?",
        "[\u{4E00}-\u{4E20}·.．• a-z]{0,12}",
        "[a-zA-Z0-9._@-]{0,40}",
        resident(),
    ]
}

fn visible(mask: &str) -> usize {
    mask.chars().filter(|c| *c != '*').count()
}

proptest! {
    #[test]
    fn one_wrong_digit_is_always_caught(number in resident(), place in 0_usize..17, add in 1_u8..10) {
        prop_assert!(Document::parse(DocumentType::ResidentId, &number, TODAY).is_ok());
        let mut digits = number.into_bytes();
        digits[place] = b'0' + (digits[place] - b'0' + add) % 10;
        let wrong = String::from_utf8(digits).unwrap();
        prop_assert!(Document::parse(DocumentType::ResidentId, &wrong, TODAY).is_err(), "{}", wrong);
    }

    #[test]
    fn two_swapped_neighbours_are_always_caught(number in resident(), place in 0_usize..16) {
        let mut digits = number.into_bytes();
        prop_assume!(digits[place] != digits[place + 1]);
        digits.swap(place, place + 1);
        let wrong = String::from_utf8(digits).unwrap();
        prop_assert!(Document::parse(DocumentType::ResidentId, &wrong, TODAY).is_err(), "{}", wrong);
    }

    #[test]
    fn what_was_parsed_parses_to_itself(raw in typed()) {
        for kind in DocumentType::ALL {
            if let Ok(document) = Document::parse(kind, &raw, TODAY) {
                prop_assert_eq!(&Document::parse(kind, document.number(), TODAY), &Ok(document.clone()));
                prop_assert!(visible(&document.masked_public()) <= 2);
                prop_assert!(visible(&document.masked_owner()) <= 7);
                prop_assert_eq!(document.masked_owner().len(), document.number().len());
                let printed = format!("{document:?}");
                prop_assert!(!printed.contains(document.number()));
            }
        }
        if let Ok(name) = PersonName::parse(&raw) {
            prop_assert_eq!(&PersonName::parse(name.as_str()), &Ok(name.clone()));
            prop_assert_eq!(name.masked().chars().count(), name.as_str().chars().count());
            let parts = name.as_str().split(['·', ' ']).count();
            prop_assert!(name.masked().chars().filter(|c| c.is_alphanumeric()).count() <= parts);
        }
        if let Ok(phone) = Phone::parse(&raw) {
            prop_assert_eq!(&Phone::parse(phone.as_str()), &Ok(phone.clone()));
            prop_assert_eq!(visible(&phone.masked()), 7);
        }
        if let Ok(address) = EmailAddress::parse(&raw) {
            prop_assert_eq!(&EmailAddress::parse(address.as_str()), &Ok(address.clone()));
        }
        if let Ok(name) = UserName::parse(&raw) {
            prop_assert_eq!(&UserName::parse(name.as_str()), &Ok(name.clone()));
            prop_assert_eq!(visible(&name.masked()), 2);
        }
        let _ = (Document::from_legacy_15(&raw), EthnicGroup::from_legacy(&raw), Gender::parse(&raw));
    }

    /// Nobody can pick a user name that someone else signs in with, in any spelling.
    #[test]
    fn a_user_name_is_nothing_else(raw in typed()) {
        if UserName::parse(&raw).is_ok() {
            prop_assert!(Phone::parse(&raw).is_err());
            prop_assert!(EmailAddress::parse(&raw).is_err());
            prop_assert!(DocumentType::ALL.into_iter().all(|kind| Document::parse(kind, &raw, TODAY).is_err()));
            prop_assert!(matches!(SignInIdentifier::parse(&raw, TODAY), Ok(SignInIdentifier::UserName(_))));
        }
        for document in DocumentType::ALL.into_iter().filter_map(|kind| Document::parse(kind, &raw, TODAY).ok()) {
            prop_assert_eq!(SignInIdentifier::parse(&raw, TODAY), Ok(SignInIdentifier::Document(document)));
        }
    }

    #[test]
    fn proposals_and_suggestions_are_user_names(raw in typed()) {
        if let Some(name) = propose(&raw) {
            prop_assert!(UserName::parse(name.as_str()).is_ok());
        }
        let offered: Vec<_> = suggest(&raw).collect();
        prop_assert!(offered.len() >= 50);
        prop_assert!(offered.iter().all(|name| UserName::parse(name.as_str()).is_ok()));
    }
}
