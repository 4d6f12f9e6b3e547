//! The registry of organisations: the portal's client against the demonstration's server, and against a forger.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use guiyi::clock::{Clock, Random, Timestamp};
use guiyi::config::Service;
use guiyi::crypto::signed_http::{NONCE, SIGNATURE, sign_answer};
use guiyi::demo::Mode;
use guiyi::demo::people::{UNITS, UnitStatus};
use guiyi::demo::registry::{self, RegistryState, UnitEntry};
use guiyi::domain::document::{Document, DocumentType};
use guiyi::domain::person::PersonName;
use guiyi::domain::unit::{Address, CreditCode, Standing, Unit, UnitName, UnitType};
use guiyi::secret::Secret;
use guiyi::signed_client::{CallError, SignedClient};
use guiyi::verify::{UnitCheckPassed, UnitCheckResult, UnitSource};
use time::macros::date;

use crate::support::listen;

const KEY: &str = "a secret of both sides";
const NOW: Timestamp = Timestamp(1_795_486_530_000);
const HUIYUN: (&str, &str) = ("合肥徽韵文化有限公司（演示）", "91340100MA0000C11Q");
const LI_MING: (&str, &str) = ("李明", "340102198803159975");
const SHEN_XUE: (&str, &str) = ("沈雪", "340103198110249982");

type Said = Result<Result<UnitCheckPassed, UnitCheckResult>, CallError>;

fn source(url: url::Url, clock: &Clock) -> UnitSource {
    let service = Service { id: "organisations".into(), url, client: "portal".into(), secret: Secret::new(KEY) };
    let http = guiyi::http_client::build().unwrap();
    UnitSource::new(SignedClient::new(&service, &http, clock, &Random::seeded(7)), clock.clone())
}

async fn registry() -> (RegistryState, UnitSource) {
    let clock = Clock::fixed(NOW);
    let units = UNITS.iter().map(UnitEntry::from).collect();
    let state = RegistryState::new("portal", Secret::new(KEY), units, clock.clone());
    let served = state.clone();
    (state, source(listen(|_| registry::router(served)).await, &clock))
}

fn document(number: &str) -> Document {
    Document::parse(DocumentType::ResidentId, number, date!(2026 - 11 - 24)).unwrap()
}

async fn ask(source: &UnitSource, (name, code): (&str, &str), (representative, number): (&str, &str)) -> Said {
    let unit = (UnitName::parse(name).unwrap(), CreditCode::parse(code).unwrap());
    let who = (PersonName::parse(representative).unwrap(), document(number));
    source.check("r1", (&unit.0, &unit.1), (&who.0, &who.1)).await
}

async fn told(source: &UnitSource, unit: (&str, &str), who: (&str, &str)) -> UnitCheckResult {
    ask(source, unit, who).await.unwrap().map_or_else(|told| told, |_| UnitCheckResult::Match)
}

fn huiyun() -> Unit {
    Unit {
        unit_type: UnitType::parse("91").unwrap(),
        name: UnitName::parse(HUIYUN.0).unwrap(),
        credit_code: CreditCode::parse(HUIYUN.1).unwrap(),
        address: Address::parse("安徽省合肥市演示路11号").unwrap(),
        registered_on: date!(2016 - 03 - 18),
    }
}

#[tokio::test]
async fn a_match_is_a_proof_of_what_was_checked_and_of_nothing_else() {
    let (_, source) = registry().await;
    let passed = ask(&source, HUIYUN, LI_MING).await.unwrap().unwrap();
    assert_eq!((passed.source(), passed.at()), ("organisations", NOW));
    let name = |text: &str| PersonName::parse(text).unwrap();
    let (unit, who, number) = (huiyun(), name(LI_MING.0), document(LI_MING.1));
    assert!(passed.is_for(&unit, &who, &number));
    let moved =
        Unit { address: Address::parse("别处").unwrap(), registered_on: date!(2000 - 01 - 01), ..unit.clone() };
    assert!(passed.is_for(&moved, &who, &number), "no source checks address and day");
    let renamed = Unit { name: UnitName::parse("合肥徽韵茶业有限公司").unwrap(), ..unit.clone() };
    let another = Unit { credit_code: CreditCode::parse("91340111MA0000C2XE").unwrap(), ..unit.clone() };
    assert!(!passed.is_for(&renamed, &who, &number) && !passed.is_for(&another, &who, &number));
    assert!(!passed.is_for(&unit, &name("李鸣"), &number));
    assert!(!passed.is_for(&unit, &who, &document(SHEN_XUE.1)));
    let json = serde_json::to_string(&passed).unwrap();
    assert_eq!(serde_json::from_str::<UnitCheckPassed>(&json).unwrap(), passed, "it is kept in a journey");
}

#[tokio::test]
async fn each_word_of_the_registry_is_understood() {
    let (_, source) = registry().await;
    let zhang_san = ("张三", "340103198211209971");
    use UnitCheckResult as R;
    for (unit, who, result, standing) in [
        (HUIYUN, LI_MING, R::Match, Some(Standing::Registered)),
        (("合肥徽韵文化有限公司(演示)", HUIYUN.1), LI_MING, R::Match, Some(Standing::Registered)),
        (("合肥徽韵文化有限公司", HUIYUN.1), LI_MING, R::NameMismatch, Some(Standing::Registered)),
        (HUIYUN, SHEN_XUE, R::RepresentativeMismatch, Some(Standing::Registered)),
        (HUIYUN, ("李鸣", LI_MING.1), R::RepresentativeMismatch, Some(Standing::Registered)),
        (HUIYUN, (LI_MING.0, SHEN_XUE.1), R::RepresentativeMismatch, Some(Standing::Registered)),
        (("合肥大蜀山石材有限公司（演示）", "91340104MA0000C540"), LI_MING, R::NotFound, None),
        (("合肥瑶海煤炭有限公司（演示）", "91340122MA0000C62W"), zhang_san, R::Revoked, Some(Standing::Revoked)),
        (("合肥老桥建材厂（演示）", "91340121MA0000C709"), zhang_san, R::Dissolved, Some(Standing::Dissolved)),
        (("合肥东迁电子有限公司（演示）", "91340100MA0000C97K"), zhang_san, R::Moved, None),
    ] {
        let told = told(&source, unit, who).await;
        assert_eq!((told, told.standing()), (result, standing), "{unit:?} {who:?}");
        assert_eq!(serde_json::to_value(told).unwrap(), told.as_str());
    }
}

#[tokio::test]
async fn a_change_of_the_representative_or_the_standing_is_told_at_the_next_check() {
    let (state, source) = registry().await;
    assert_eq!(told(&source, HUIYUN, LI_MING).await, UnitCheckResult::Match);
    assert!(state.set_representative(HUIYUN.1, SHEN_XUE.0, SHEN_XUE.1));
    assert_eq!(told(&source, HUIYUN, LI_MING).await, UnitCheckResult::RepresentativeMismatch);
    assert_eq!(told(&source, HUIYUN, SHEN_XUE).await, UnitCheckResult::Match);
    assert!(state.set_name(HUIYUN.1, "合肥新韵文化有限公司"));
    assert_eq!(told(&source, HUIYUN, SHEN_XUE).await, UnitCheckResult::NameMismatch);
    assert!(state.set_status(HUIYUN.1, UnitStatus::Revoked));
    assert_eq!(told(&source, HUIYUN, LI_MING).await, UnitCheckResult::Revoked, "whatever else differs");
    assert!(!state.set_status("91340104MA0000C540", UnitStatus::Moved), "a unit that isn't held");
}

#[tokio::test]
async fn a_registry_that_is_down_says_nothing_about_the_unit() {
    let (state, source) = registry().await;
    state.set_mode(Mode::Down);
    assert!(matches!(ask(&source, HUIYUN, LI_MING).await, Err(CallError::Status(503))));
    state.set_mode(Mode::Up);
    assert_eq!(told(&source, HUIYUN, LI_MING).await, UnitCheckResult::Match);
    let nowhere = self::source("http://127.0.0.1:9/".parse().unwrap(), &Clock::fixed(NOW));
    assert!(matches!(ask(&nowhere, HUIYUN, LI_MING).await, Err(CallError::NoAnswer)));
}

#[derive(Clone, Copy, Debug)]
enum Forgery {
    Unsigned,
    WrongKey,
    OfAnotherCall,
    OtherRequest,
    OtherWord,
}

/// Somebody in the registry's place who says `match` to everything.
async fn forger(how: Forgery) -> UnitSource {
    let first = Arc::new(Mutex::new(None::<String>));
    let answer = move |headers: HeaderMap, body: Bytes| {
        let first = Arc::clone(&first);
        async move {
            let asked: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let id = asked["request_id"].as_str().unwrap();
            let (id, result) = match how {
                Forgery::OtherRequest => ("r0", "match"),
                Forgery::OtherWord => (id, "probably"),
                _ => (id, "match"),
            };
            let body = serde_json::json!({ "request_id": id, "result": result }).to_string();
            let nonce = headers[NONCE].to_str().unwrap();
            let key = Secret::new(if matches!(how, Forgery::WrongKey) { "another key" } else { KEY });
            let own = sign_answer(&key, nonce, body.as_bytes());
            let signature = match how {
                Forgery::Unsigned => return (StatusCode::OK, body).into_response(),
                Forgery::OfAnotherCall => first.lock().unwrap().get_or_insert(own).clone(),
                _ => own,
            };
            let response: Response = ([(SIGNATURE, signature)], body).into_response();
            response
        }
    };
    source(listen(|_| Router::new().route("/v1/unit-checks", post(answer))).await, &Clock::fixed(NOW))
}

#[tokio::test]
async fn a_forged_answer_and_one_to_another_question_are_no_answers() {
    for how in [Forgery::Unsigned, Forgery::WrongKey] {
        let said = ask(&forger(how).await, HUIYUN, LI_MING).await;
        assert!(matches!(said, Err(CallError::Unsigned)), "{how:?}: {said:?}");
    }
    for how in [Forgery::OtherRequest, Forgery::OtherWord] {
        let said = ask(&forger(how).await, HUIYUN, LI_MING).await;
        assert!(matches!(said, Err(CallError::Format)), "{how:?}: {said:?}");
    }
    let repeats = forger(Forgery::OfAnotherCall).await;
    assert!(ask(&repeats, HUIYUN, LI_MING).await.unwrap().is_ok(), "its own answer is one");
    let said = ask(&repeats, HUIYUN, LI_MING).await;
    assert!(matches!(said, Err(CallError::Unsigned)), "the signature of an earlier answer: {said:?}");
}
