use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use guiyi::clock::{Clock, Random};
use guiyi::demo::Mode;
use guiyi::demo::legacy::{LegacyState, beijing_time, read_beijing_time, router, sign};
use guiyi::demo::people::PEOPLE;
use guiyi::secret::Secret;
use serde_json::Value;

use super::{NOW, clock, get, minutes, post_form};

const CODE: &str = "hfzwfw";
const PASSWORD: &str = "hfzwfwpwd";

struct Caller {
    clock: Clock,
    state: LegacyState,
    router: Router,
}

fn caller() -> Caller {
    let clock = clock();
    let state =
        LegacyState::new("合肥市政务服务网", (CODE, Secret::new(PASSWORD)), PEOPLE, clock.clone(), Random::seeded(1));
    Caller { clock, router: router(state.clone()), state }
}

impl Caller {
    async fn call(&self, path: &str, fields: &[(&str, &str)]) -> Value {
        let time = beijing_time(self.clock.now());
        let sign = sign(CODE, PASSWORD, &time);
        let mut form = vec![("servicecode", CODE), ("time", &time), ("sign", &sign)];
        form.extend(fields);
        post_form(&self.router, path, &form).await.1
    }

    async fn ticket(&self, kind: &str, account: &str, password: &str) -> Value {
        self.call("/api/ticket", &[("account", account), ("password", password), ("kind", kind)]).await
    }

    async fn sign_in(&self, account: &str) -> Value {
        let person = PEOPLE.iter().find(|person| person.account == account).unwrap();
        let answer = self.ticket(person.kind.as_str(), account, person.password).await;
        let ticket = answer["ticket"].as_str().unwrap();
        let answer = self.call("/api/token", &[("ticket", ticket)]).await;
        let token = answer["token"].as_str().unwrap();
        self.call("/api/userinfo", &[("token", token)]).await["user"].clone()
    }
}

#[test]
fn the_sign_is_that_of_the_published_vector() {
    assert_eq!(sign(CODE, PASSWORD, "20261124101530"), "d89dc3afcf08f818440110c095d4d968");
    assert_eq!(beijing_time(NOW), "20261124101530");
    assert_eq!(read_beijing_time("20261124101530"), Some(NOW));
    for wrong in ["", "2026112410153", "20261324101530", "20260230101530", "2026112410153x", "２０２６１"] {
        assert_eq!(read_beijing_time(wrong), None, "{wrong}");
    }
}

#[tokio::test]
async fn account_and_password_lead_to_the_users_row() {
    let user = caller().sign_in("liming").await;
    assert_eq!(user["userid"], "hf10000001");
    assert_eq!(user["authlevel"], "2");
    assert_eq!(user["username"], "李明");
    assert_eq!(user["idnum"], "340102198803159975");
    assert_eq!(user["nation"], "01");
}

#[tokio::test]
async fn a_units_row_names_the_unit() {
    let caller = caller();
    let user = caller.sign_in("huiyuantea").await;
    assert_eq!(user["uniscid"], "91340100MA00000151");
    assert_eq!(user["CompanyLegRep"], "李明");
    assert_eq!(user["CompanyLegRepIdType"], "resident_id");
    assert_eq!(user["CompanyLegRepIdNum"], "340102198803159975");
    assert_eq!(user["CompanyType"], "企业");
    assert_eq!(user["EstablishDate"], "2015-06-01");
    assert!(user["username"].is_null(), "a unit is no person");
    assert_eq!(caller.ticket("legal", "huiyuantea", "Huiyuan-unit-91").await["result"], "0");
    assert_eq!(caller.ticket("individual", "huiyuantea", "Huiyuan-unit-91").await["result"], "2001");
}

#[tokio::test]
async fn a_ticket_is_good_once_and_for_a_minute() {
    let caller = caller();
    let ticket = caller.ticket("individual", "liming", "Huizhou-2026-tea").await["ticket"].clone();
    let swap = [("ticket", ticket.as_str().unwrap())];
    let token = caller.call("/api/token", &swap).await["token"].clone();
    assert_eq!(caller.call("/api/token", &swap).await["result"], "3001");

    let late = caller.ticket("individual", "liming", "Huizhou-2026-tea").await["ticket"].clone();
    caller.clock.advance(Duration::from_secs(60));
    assert_eq!(caller.call("/api/token", &[("ticket", late.as_str().unwrap())]).await["result"], "3001");

    let ask = [("token", token.as_str().unwrap())];
    assert_eq!(caller.call("/api/userinfo", &ask).await["result"], "0");
    caller.clock.advance(minutes(10));
    assert_eq!(caller.call("/api/userinfo", &ask).await["result"], "3002");
    assert_eq!(caller.call("/api/userinfo", &[]).await["result"], "3002");
}

#[tokio::test]
async fn each_refusal_has_its_code() {
    let caller = caller();
    assert_eq!(caller.ticket("individual", "nobody", "x").await["result"], "2001");
    assert_eq!(caller.ticket("individual", "LIMING", "Huizhou-2026-tea").await["result"], "2001");
    assert_eq!(caller.ticket("individual", "sunlei", "Shushan-locked4").await["result"], "2003");
    assert_eq!(caller.ticket("individual", "zhouting", "Yaohai-closed-2").await["result"], "2004");
    let answer = caller.ticket("individual", "liming", "wrong").await;
    assert_eq!(answer["result"], "2002");
    assert!(!answer["errmsg"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn five_wrong_passwords_in_a_row_lock_the_account() {
    let caller = caller();
    for _ in 0..4 {
        assert_eq!(caller.ticket("individual", "liming", "wrong").await["result"], "2002");
    }
    assert_eq!(caller.ticket("individual", "liming", "Huizhou-2026-tea").await["result"], "0");
    for _ in 0..4 {
        assert_eq!(caller.ticket("individual", "liming", "wrong").await["result"], "2002");
    }
    assert_eq!(caller.ticket("individual", "liming", "wrong").await["result"], "2003");
    assert_eq!(caller.ticket("individual", "liming", "Huizhou-2026-tea").await["result"], "2003");
}

#[tokio::test]
async fn a_wrong_sign_and_a_stale_time_are_refused() {
    let caller = caller();
    let time = beijing_time(NOW);
    let form = [("servicecode", CODE), ("time", time.as_str()), ("sign", "d89dc3afcf08f818440110c095d4d969")];
    assert_eq!(post_form(&caller.router, "/api/ticket", &form).await.1["result"], "1001");
    assert_eq!(post_form(&caller.router, "/api/token", &[]).await.1["result"], "1001");
    for off in [NOW.minus(minutes(6)), NOW.plus(minutes(6))] {
        let time = beijing_time(off);
        let sign = sign(CODE, PASSWORD, &time);
        let form = [("servicecode", CODE), ("time", time.as_str()), ("sign", sign.as_str())];
        assert_eq!(post_form(&caller.router, "/api/userinfo", &form).await.1["result"], "1002");
    }
}

#[tokio::test]
async fn the_switch_takes_the_api_down_and_leaves_the_page() {
    let caller = caller();
    let down = post_form(&caller.router, "/switch", &[("mode", "down")]).await;
    assert_eq!(down.0, StatusCode::SEE_OTHER);
    assert_eq!(post_form(&caller.router, "/api/ticket", &[]).await.0, StatusCode::SERVICE_UNAVAILABLE);
    let (status, html) = get(&caller.router, "/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("王𠮷") && html.contains("与任何真实单位无关"));
    caller.state.set_mode(Mode::Up);
    assert_eq!(caller.ticket("individual", "liming", "Huizhou-2026-tea").await["result"], "0");
}
