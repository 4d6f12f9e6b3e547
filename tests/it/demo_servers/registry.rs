use axum::Router;
use axum::http::StatusCode;
use guiyi::demo::Mode;
use guiyi::demo::people::{UNITS, UnitStatus};
use guiyi::demo::registry::{RegistryState, UnitEntry, router};
use guiyi::secret::Secret;
use serde_json::json;

use super::signed::{Call, KEY};
use super::{NOW, clock, get, post_form};

const HUIYUN: &str = "91340100MA0000C11Q";

fn registry() -> (RegistryState, Router) {
    let units = UNITS.iter().map(UnitEntry::from).collect();
    let state = RegistryState::new("portal", Secret::new(KEY), units, clock());
    (state.clone(), router(state))
}

fn check(nonce: &'static str) -> Call {
    let representative = json!({
        "name": "李明", "document_type": "resident_id", "document_country": "CHN",
        "document_number": "340102198803159975",
    });
    let body = json!({
        "request_id": "r1", "name": "合肥徽韵文化有限公司（演示）", "credit_code": HUIYUN,
        "representative": representative,
    });
    Call::new("/v1/unit-checks", nonce, body)
}

fn held(state: &RegistryState) -> UnitEntry {
    state.units().into_iter().find(|unit| unit.credit_code == HUIYUN).unwrap()
}

#[tokio::test]
async fn the_registry_answers_signed_calls_alone() {
    let (_, router) = registry();
    let (status, answer) = check("1").send(&router).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer, json!({"request_id": "r1", "result": "match", "checked_at": NOW.0}));
    assert_eq!(Call { key: "another", ..check("2") }.send(&router).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(check("1").send(&router).await.0, StatusCode::CONFLICT, "the nonce was used");
    let odd = Call { body: json!({"name": 1}), ..check("3") };
    assert_eq!(odd.send(&router).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_registry_s_page_changes_representative_and_status_even_while_it_is_down() {
    let (state, router) = registry();
    state.set_mode(Mode::Down);
    assert_eq!(check("1").send(&router).await.0, StatusCode::SERVICE_UNAVAILABLE);
    let form = |name: &'static str, number: &'static str| {
        [("credit_code", HUIYUN), ("name", name), ("document_number", number)]
    };
    let (status, _) = post_form(&router, "/representative", &form("沈雪", "340103198110249982")).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(
        (held(&state).representative.as_str(), held(&state).document_number.as_str()),
        ("沈雪", "340103198110249982")
    );
    for (name, number) in [("", "340103198110249982"), ("沈雪", "340103198110249983")] {
        let (status, _) = post_form(&router, "/representative", &form(name, number)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let (status, _) = post_form(&router, "/status", &[("credit_code", HUIYUN), ("status", "dissolved")]).await;
    assert_eq!((status, held(&state).status), (StatusCode::SEE_OTHER, UnitStatus::Dissolved));
    let (status, _) = post_form(&router, "/status", &[("credit_code", "1"), ("status", "moved")]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, html) = get(&router, "/").await;
    assert!(
        status == StatusCode::OK && html.contains("沈雪") && html.contains("<option value=\"dissolved\" selected>")
    );
    state.set_mode(Mode::Up);
    assert_eq!(check("2").send(&router).await.1["result"], "dissolved");
}
