use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use guiyi::clock::{Clock, Timestamp};
use guiyi::crypto::signed_http::{CLIENT, NONCE, SIGNATURE, Signed, TIMESTAMP, sign_request, verify_answer};
use guiyi::demo::Mode;
use guiyi::demo::inbox::{self, InboxState};
use guiyi::demo::people::records;
use guiyi::demo::source::{self, SourceState};
use guiyi::secret::Secret;
use serde_json::{Value, json};

use super::{NOW, clock, get, minutes, send, text};

pub(super) const KEY: &str = "a secret of both sides";

/// A signed call, each part of which a test may spoil.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) client: &'static str,
    pub(super) key: &'static str,
    pub(super) at: Timestamp,
    pub(super) nonce: &'static str,
    pub(super) path: &'static str,
    pub(super) body: Value,
}

impl Call {
    pub(super) fn new(path: &'static str, nonce: &'static str, body: Value) -> Self {
        Self { client: "portal", key: KEY, at: NOW, nonce, path, body }
    }

    pub(super) async fn send(&self, router: &Router) -> (StatusCode, Value) {
        let body = self.body.to_string();
        let timestamp = self.at.0.to_string();
        let signed =
            Signed { method: "POST", path: self.path, timestamp: &timestamp, nonce: self.nonce, body: body.as_bytes() };
        let request = Request::post(self.path)
            .header(CLIENT, self.client)
            .header(TIMESTAMP, &timestamp)
            .header(NONCE, self.nonce)
            .header(SIGNATURE, sign_request(&Secret::new(self.key), signed))
            .body(Body::from(body))
            .unwrap();
        let response = send(router, request).await;
        let status = response.status();
        let signature = response.headers().get(SIGNATURE).map(|value| value.to_str().unwrap().to_owned());
        let body = text(response).await;
        if status.is_success() {
            assert!(verify_answer(&Secret::new(KEY), self.nonce, body.as_bytes(), &signature.unwrap()));
        }
        (status, serde_json::from_str(&body).unwrap_or_default())
    }
}

fn source(clock: Clock) -> (SourceState, Router) {
    let state = SourceState::new("portal", Secret::new(KEY), records(), clock);
    (state.clone(), source::router(state))
}

fn check(nonce: &'static str, name: &str, number: &str) -> Call {
    let body = json!({
        "request_id": "r1", "document_type": "resident_id", "document_country": "CHN", "document_number": number,
        "name": name,
    });
    Call::new("/v1/person-checks", nonce, body)
}

#[tokio::test]
async fn the_source_answers_by_its_records() {
    let (_, router) = source(clock());
    let cases = [
        ("1", "李明", "340102198803159975", "match"),
        ("2", "李鸣", "340102198803159975", "mismatch"),
        ("3", "刘洋", "34011119790703997X", "not_found"),
        ("4", "赵德福", "340102194801019970", "deceased"),
        ("5", "赵德禄", "340102194801019970", "mismatch"),
        ("6", "徐燕", "340121198403179984", "cancelled"),
        ("7", "吴迪", "340104197708169997", "duplicate"),
        ("8", "王𠮷", "34012319721010997X", "match"),
        ("9", "古丽娜尔·买买提", "340103198812129985", "match"),
    ];
    for (nonce, name, number, result) in cases {
        let (status, answer) = check(nonce, name, number).send(&router).await;
        assert_eq!((status, answer["result"].as_str()), (StatusCode::OK, Some(result)), "{name}");
        assert_eq!(answer["request_id"], "r1");
        assert_eq!(answer["checked_at"], NOW.0);
    }
}

#[tokio::test]
async fn the_source_refuses_what_is_not_signed_now_and_once() {
    let clock = clock();
    let (_, router) = source(clock.clone());
    let good = check("n1", "李明", "340102198803159975");
    let refused = [
        Call { client: "stranger", ..good.clone() },
        Call { key: "another secret", ..good.clone() },
        Call { at: NOW.minus(minutes(6)), ..good.clone() },
        Call { at: NOW.plus(minutes(6)), ..good.clone() },
    ];
    for call in refused {
        assert_eq!(call.send(&router).await.0, StatusCode::UNAUTHORIZED);
    }
    let bare = Request::post("/v1/person-checks").body(Body::from(good.body.to_string())).unwrap();
    assert_eq!(send(&router, bare).await.status(), StatusCode::UNAUTHORIZED);

    assert_eq!(good.send(&router).await.0, StatusCode::OK);
    assert_eq!(good.send(&router).await.0, StatusCode::CONFLICT);
    clock.advance(minutes(5));
    assert_eq!(good.send(&router).await.0, StatusCode::CONFLICT);
    clock.advance(minutes(1));
    assert_eq!(good.send(&router).await.0, StatusCode::UNAUTHORIZED);

    let odd = Call { at: clock.now(), ..Call::new("/v1/person-checks", "n2", json!({"name": 1})) };
    assert_eq!(odd.send(&router).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_source_can_be_down() {
    let (state, router) = source(clock());
    state.set_mode(Mode::Down);
    let call = check("n1", "李明", "340102198803159975");
    assert_eq!(call.send(&router).await.0, StatusCode::SERVICE_UNAVAILABLE);
    let (status, html) = get(&router, "/").await;
    assert!(status == StatusCode::OK && html.contains("王𠮷"));
    state.set_mode(Mode::Up);
    assert_eq!(call.send(&router).await.0, StatusCode::OK);
}

#[tokio::test]
async fn the_inbox_keeps_each_message_once_newest_first() {
    let state = InboxState::new("portal", Secret::new(KEY), clock());
    let router = inbox::router(state.clone());
    let sms = json!({"id": "m1", "to": "19900000001", "text": "【安徽政务服务网】验证码为：123456"});
    let mail = json!({"id": "m2", "to": "a@demo.invalid", "subject": "确认邮箱", "text": "<b>"});
    for (path, nonce, body) in [("/sms", "1", &sms), ("/sms", "2", &sms), ("/mail", "3", &mail)] {
        let (status, answer) = Call::new(path, nonce, body.clone()).send(&router).await;
        assert_eq!((status, answer), (StatusCode::ACCEPTED, json!({"accepted": true})));
    }
    assert_eq!(Call { key: "another", ..Call::new("/sms", "4", sms) }.send(&router).await.0, StatusCode::UNAUTHORIZED);

    let all: Value = serde_json::from_str(&get(&router, "/messages").await.1).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!((all[0]["id"].as_str(), all[0]["kind"].as_str()), (Some("m2"), Some("mail")));
    let phone: Value = serde_json::from_str(&get(&router, "/messages?phone=19900000001").await.1).unwrap();
    assert_eq!((phone.as_array().unwrap().len(), phone[0]["kind"].as_str()), (1, Some("sms")));
    assert_eq!(phone[0]["at"], NOW.0);
    assert_eq!(state.messages(None).len(), 2);

    let (_, html) = get(&router, "/").await;
    assert!(html.contains("123456") && html.contains("10:15:30") && !html.contains("<b>"));
}

#[tokio::test]
async fn the_inbox_forgets_the_oldest_beyond_a_thousand() {
    let state = InboxState::new("portal", Secret::new(KEY), clock());
    let router = inbox::router(state.clone());
    for n in 0..1001 {
        let nonce: &'static str = Box::leak(n.to_string().into_boxed_str());
        let body = json!({"id": nonce, "to": "1", "text": "x"});
        assert_eq!(Call::new("/sms", nonce, body).send(&router).await.0, StatusCode::ACCEPTED);
    }
    let kept = state.messages(None);
    assert_eq!((kept.len(), kept[0].id.as_str(), kept[999].id.as_str()), (1000, "1000", "1"));
}
