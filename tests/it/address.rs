//! The postal address: entered by whose it is, sealed, told by scope and by name alone, gone once it is removed.

use serde_json::{Value, json};

use crate::migration::{LIMING, ZHANGWEI, migrate};
use crate::provider::claims::{asked, payload};
use crate::provider::{code, param, query, redeem};
use crate::support::{BOOKING, Browser, RS256, World, pkce, userinfo};

const STREET: &str = "庐阳区长江中路100号5幢";

/// Enters an address in Hefei.
async fn enter(browser: &mut Browser) {
    browser.get("/account/address").await;
    browser
        .submit(&[
            ("country", "CHN"),
            ("region", "安徽省"),
            ("locality", "合肥市"),
            ("street_address", STREET),
            ("postal_code", "２３０００１"),
        ])
        .await;
    assert_eq!((browser.status, browser.at.as_str()), (200, "/account"), "{}", browser.body);
}

fn told() -> Value {
    json!({
        "formatted": format!("230001 安徽省合肥市{STREET}"), "country": "中国", "region": "安徽省", "locality": "合肥市",
        "street_address": STREET, "postal_code": "230001",
    })
}

/// Userinfo of a token with this scope, and the token.
async fn info(world: &World, browser: &mut Browser, scope: &str) -> (Value, String) {
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, &[("scope", scope)]).await;
    let (_, tokens) = redeem(world, &code, &verifier).await;
    assert!(payload(&tokens).get("address").is_none(), "a scope's claims come from userinfo");
    let token = tokens["access_token"].as_str().unwrap().to_owned();
    (userinfo(&world.router, &token).await.1, token)
}

async fn audited(world: &World, event: &str) -> i64 {
    world.scalar(&format!("SELECT COUNT(*) FROM audit WHERE event = '{event}' AND detail = '{{}}'")).await
}

both! {
    async fn a_person_enters_changes_and_removes_an_own_address(world) {
        let mut browser = migrate(&world, &LIMING).await;
        browser.get("/account").await;
        assert!(browser.shows("href=\"/account/address\">填写"), "{}", browser.body);
        browser.get("/account/address").await;
        assert_eq!((browser.selected("country").as_str(), browser.value("region").as_str()), ("CHN", ""));
        assert!(!browser.shows("删除地址"), "nothing is there to remove");
        enter(&mut browser).await;
        assert!(browser.shows("安徽省合肥市***") && !browser.shows("长江中路"), "masked: {}", browser.body);
        browser.get("/account/address").await;
        assert_eq!((browser.value("street_address").as_str(), browser.value("postal_code").as_str()), (STREET, "230001"));
        enter(&mut browser).await;
        assert_eq!(audited(&world, "address.changed").await, 1, "the same again changes nothing");
        browser.get("/account/address").await;
        browser.submit(&[("country", "GBR"), ("region", ""), ("locality", "London"), ("street_address", "10 Downing Street"), ("postal_code", "sw1a 2aa")]).await;
        assert!(browser.shows("London***"), "{}", browser.body);
        browser.get("/account/log").await;
        assert_eq!(browser.body.matches("修改了地址").count(), 2);
        assert!(!browser.shows("Downing") && !browser.shows("合肥市***"), "the log tells that, not what");
        browser.get("/account/address").await;
        browser.submit(&[("action", "remove")]).await;
        assert!(browser.at == "/account" && browser.shows("href=\"/account/address\">填写"), "{}", browser.body);
        browser.get("/account/address").await;
        assert_eq!((browser.value("locality").as_str(), browser.selected("country").as_str()), ("", "CHN"));
        browser.submit(&[("action", "remove")]).await;
        assert_eq!((audited(&world, "address.changed").await, audited(&world, "address.removed").await), (2, 1));
        browser.get("/account/log").await;
        assert!(browser.shows("删除了地址"));
    }

    async fn an_address_with_a_fault_is_shown_again_with_the_error_beside_its_field(world) {
        let mut browser = migrate(&world, &LIMING).await;
        enter(&mut browser).await;
        let long = "路".repeat(101);
        for (typed, fields, text) in [
            ([("country", ""), ("street_address", "x")], vec!["country"], "请选择国家或地区"),
            ([("country", "ZZZ"), ("street_address", "")], vec!["country", "street_address"], "请填写详细地址"),
            ([("region", " "), ("street_address", "x")], vec!["region"], "请填写省、自治区或直辖市"),
            ([("region", "安徽省"), ("street_address", "<script>")], vec!["street_address"], "含有不能识别的字符"),
            ([("locality", &long), ("street_address", "x")], vec!["locality"], "不能超过 100 个字"),
            ([("postal_code", "2300011"), ("street_address", "x")], vec!["postal_code"], "邮政编码是 6 位数字"),
        ] {
            browser.get("/account/address").await;
            let mut all = vec![("country", "CHN"), ("region", "安徽省"), ("locality", "合肥市"), ("postal_code", "")];
            all.retain(|(name, _)| !typed.iter().any(|(n, _)| n == name));
            browser.submit(&[all, typed.to_vec()].concat()).await;
            assert_eq!(browser.status, 422, "{typed:?}");
            assert!(browser.shows(text) && !browser.shows("<script>"), "{text}: {}", browser.body);
            for field in ["country", "region", "locality", "street_address", "postal_code"] {
                assert_eq!(browser.error(field), fields.contains(&field), "{field} of {typed:?}");
            }
        }
        assert_eq!(browser.value("postal_code"), "2300011", "what was typed comes back");
        assert_eq!(info(&world, &mut browser, "openid address").await.0["address"], told(), "and nothing has changed");
    }

    async fn the_address_page_is_for_its_owner_and_its_forms(world) {
        let mut browser = world.browser();
        browser.get("/account/address").await;
        assert_eq!(browser.at, "/login");
        let mut browser = migrate(&world, &LIMING).await;
        browser.post("/account/address", &[("csrf", "wrong"), ("action", "remove")]).await;
        assert_eq!(browser.status, 403);
        enter(&mut browser).await;
        let mut other = migrate(&world, &ZHANGWEI).await;
        other.get("/account/address").await;
        assert!(!other.shows("长江中路"));
        other.submit(&[("action", "remove"), ("account", "liming")]).await;
        assert_eq!(info(&world, &mut browser, "openid address").await.0["address"], told());
    }

    /// OpenID Connect Core, section 5.4.
    async fn the_address_scope_opens_the_address_claim_once_it_is_consented_to(world) {
        let mut browser = migrate(&world, &LIMING).await;
        enter(&mut browser).await;
        let (other, _) = info(&world, &mut browser, "openid profile phone email").await;
        assert!(other.get("address").is_none(), "another scope doesn't");
        let (_, challenge) = pkce();
        browser.get(&query(&challenge, &[("prompt", "none"), ("scope", "openid address")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("consent_required"));
        browser.get(&query(&challenge, &[("scope", "openid address")])).await;
        assert!(browser.shows("<dt>地址") && browser.shows("安徽省合肥市***") && !browser.shows("长江中路"), "{}", browser.body);
        browser.submit(&[("decision", "deny")]).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("access_denied"));
        let (allowed, _) = info(&world, &mut browser, "openid address").await;
        assert_eq!(allowed.as_object().unwrap().keys().collect::<Vec<_>>(), ["address", "sub"]);
        assert_eq!(allowed["address"], told());
        browser.language = "en".into();
        browser.get("/account/consents").await;
        assert!(browser.shows("Postal address"), "{}", browser.body);
    }

    /// OpenID Connect Core, section 5.5.
    async fn an_address_asked_for_by_name_comes_where_it_was_asked_for_and_nowhere_else(world) {
        let mut browser = migrate(&world, &LIMING).await;
        enter(&mut browser).await;
        let (_, challenge) = pkce();
        code(&mut browser, &challenge, &[("scope", "openid")]).await;
        let by_name = json!({ "id_token": { "address": { "essential": true } } });
        browser.get(&query(&challenge, &[("prompt", "none"), ("scope", "openid"), ("claims", &by_name.to_string())])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("consent_required"), "a name asks for the scope");
        let (id_token, info) = asked(&world, &mut browser, "openid", &by_name).await;
        assert_eq!(id_token["address"], told());
        assert!(info.get("address").is_none());
        let (id_token, info) = asked(&world, &mut browser, "openid", &json!({ "userinfo": { "address": null } })).await;
        assert_eq!((id_token.get("address"), &info["address"]), (None, &told()));
        let another = json!({ "userinfo": { "address": { "value": { "formatted": "elsewhere" } } } });
        assert!(asked(&world, &mut browser, "openid", &another).await.1.get("address").is_none(), "another value is left out");
    }

    async fn a_client_without_the_scope_is_told_no_address(world) {
        let mut browser = migrate(&world, &LIMING).await;
        enter(&mut browser).await;
        let (_, challenge) = pkce();
        let social = [("client_id", RS256), ("redirect_uri", "https://social.example/callback?tenant=1"), ("scope", "openid address")];
        browser.get(&query(&challenge, &social)).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("invalid_scope"));
        let (_, token) = info(&world, &mut browser, "openid address").await;
        let mut config = world.config.clone();
        let booking = config.clients.iter_mut().find(|client| client.id.as_str() == BOOKING).unwrap();
        booking.scopes = booking.scopes.replace(" address", "");
        let (_app, router) = world.node_with(config).await;
        assert!(userinfo(&router, &token).await.1.get("address").is_none(), "nor one that has lost it since");
    }

    async fn a_removed_address_is_told_to_nobody_any_more_at_every_node(world) {
        let (_app, router) = world.second_node().await;
        let mut browser = migrate(&world, &LIMING).await;
        enter(&mut browser).await;
        let (_, token) = info(&world, &mut browser, "openid address").await;
        assert_eq!(userinfo(&router, &token).await.1["address"], told());
        browser.get("/account/address").await;
        browser.submit(&[("action", "remove")]).await;
        assert!(userinfo(&world.router, &token).await.1.get("address").is_none(), "at once");
        world.advance(1);
        assert!(userinfo(&router, &token).await.1.get("address").is_none(), "and within a second on the other node");
        let (_, challenge) = pkce();
        browser.get(&query(&challenge, &[("prompt", "consent"), ("scope", "openid address")])).await;
        assert!(browser.shows("<dt>地址") && browser.shows("未填写"), "{}", browser.body);
    }

    async fn an_address_is_sealed_at_rest_and_in_no_log(world) {
        let mut browser = migrate(&world, &LIMING).await;
        enter(&mut browser).await;
        info(&world, &mut browser, "openid address").await;
        let tables = ["accounts", "audit", "changes", "consents", "grants", "interactions", "outbox", "refresh_tokens", "sessions"];
        for table in tables {
            let rows = world.dump(table).await;
            for text in ["长江中路", "合肥市", "230001"] {
                assert!(!rows.contains(text), "{text} in {table}: {rows}");
            }
        }
    }

    /// What else is sealed in the same field stays: an e-mail address is confirmed, an address entered.
    async fn an_address_leaves_what_is_known_of_the_person_as_it_is(world) {
        let mut browser = migrate(&world, &LIMING).await;
        let (before, _) = info(&world, &mut browser, "openid phone real_name").await;
        enter(&mut browser).await;
        let (after, _) = info(&world, &mut browser, "openid phone real_name").await;
        assert_eq!(before, after);
        browser.get("/logout").await;
        browser.submit(&[]).await;
        browser.get("/login").await;
        browser.submit(&[("identifier", LIMING.phone), ("password", crate::migration::NEW_PASSWORD)]).await;
        assert_eq!(browser.at, "/account", "{}", browser.body);
    }
}
