//! A proof of a federated system that is relied on later is confirmed there by a refresh (OpenID Connect Core, section 12).

use super::*;
use crate::support::{Refresh, Rogue, Token, parameter};
use guiyi::config::Connector;
use serde_json::{Value, json};

const BEGUN: i64 = 1_795_485_600;
/// How old a proof may get before it is confirmed.
const AFTER: u64 = 600;

/// The portal with a provider that gives refresh tokens, asked for with these scopes.
async fn with_provider(world: &mut World, scopes: &str, userinfo: bool) -> Rogue {
    let rogue = Rogue::start().await;
    let mut system = rogue.system("sft");
    let Connector::OpenidConnect(provider) = &mut system.connector else { unreachable!() };
    provider.scopes = scopes.into();
    provider.userinfo = userinfo;
    world.restart_with(|config| config.systems.push(system)).await;
    rogue
}

/// Signs in over there with these claims besides the usual ones, on to the agreement.
async fn proven(world: &World, rogue: &Rogue, claims: &Value) -> Browser {
    let mut browser = world.browser();
    to_sign_in_at(&mut browser, "/migrate", "sft").await;
    browser.submit(&[]).await;
    sign_in_there(&mut browser, rogue, claims).await;
    browser
}

async fn sign_in_there(browser: &mut Browser, rogue: &Rogue, claims: &Value) {
    let back = rogue.answer(browser, Token::Signed, claims, &json!({}), "c");
    browser.get(&back).await;
    assert!(browser.at.ends_with("/agreement"), "{} {}", browser.at, browser.body);
}

/// Loads the page again, so much later that the proof has to be confirmed.
async fn later(world: &World, browser: &mut Browser, rogue: &Rogue, refresh: Refresh) {
    world.advance(AFTER + 1);
    rogue.on_refresh(refresh, world.clock.now().seconds());
    let here = browser.at.clone();
    browser.get(&here).await;
}

/// Back at the sign-in, with a reason, and no error page.
fn asked_again(browser: &Browser, why: &str) {
    assert_eq!(browser.status, 200, "{why}");
    assert!(browser.at.ends_with("/sign-in"), "{why}: {}", browser.at);
    assert!(browser.shows("登录已失效，请重新登录") && browser.shows("前往“"), "{why}: {}", browser.body);
}

async fn audited(world: &World, event: &str) -> i64 {
    world.scalar(&format!("SELECT COUNT(*) FROM audit WHERE event = '{event}'")).await
}

both! {
    /// Section 11: a refresh token is asked for with `offline_access` and consent.
    async fn a_refresh_token_is_asked_for_where_the_connection_says_so(world) {
        let mut world = world;
        let rogue = with_provider(&mut world, "profile offline_access", true).await;
        let mut browser = world.browser();
        to_sign_in_at(&mut browser, "/migrate", "sft").await;
        browser.submit(&[]).await;
        assert_eq!(parameter(&browser, "scope"), "openid profile offline_access");
        assert_eq!(parameter(&browser, "prompt"), "login consent");
        sign_in_there(&mut browser, &rogue, &json!({})).await;
        world.advance(AFTER);
        let here = browser.at.clone();
        browser.get(&here).await;
        assert!(browser.at == here && rogue.refreshed().is_empty(), "a young proof is relied on as it is");
    }

    async fn a_proof_that_came_without_one_though_it_was_asked_for_does_not_last(world) {
        let mut world = world;
        let rogue = with_provider(&mut world, "profile offline_access", true).await;
        rogue.gives_no_refresh_tokens();
        let mut browser = proven(&world, &rogue, &json!({})).await;
        let here = browser.at.clone();
        world.advance(AFTER);
        browser.get(&here).await;
        assert_eq!(browser.at, here, "a young proof is relied on as it is");
        later(&world, &mut browser, &rogue, Refresh::Tokens(json!({}))).await;
        asked_again(&browser, "nobody can say that it still stands");
        assert!(rogue.refreshed().is_empty());
    }

    async fn a_connection_that_does_not_ask_for_one_keeps_none(world) {
        let mut world = world;
        let rogue = with_provider(&mut world, "profile", true).await;
        let mut browser = proven(&world, &rogue, &json!({})).await;
        let here = browser.at.clone();
        later(&world, &mut browser, &rogue, Refresh::Refused).await;
        assert!(browser.at == here && rogue.refreshed().is_empty(), "{}", browser.at);
    }

    /// Sections 12.1 and 12.2; the rotated token is the next one that is brought.
    async fn an_old_proof_is_confirmed_before_it_is_relied_on_and_the_rotated_token_is_taken(world) {
        let mut world = world;
        let rogue = with_provider(&mut world, "offline_access", true).await;
        let signed_in = json!({ "auth_time": BEGUN, "azp": "portal" });
        let mut browser = proven(&world, &rogue, &signed_in).await;
        let nonce = rogue.nonce();
        for others in [json!({}), json!({ "nonce": nonce }), json!({ "auth_time": null }), json!({ "extra": true })] {
            later(&world, &mut browser, &rogue, Refresh::Tokens(others.clone())).await;
            assert!(browser.at.ends_with("/agreement"), "{others}: {}", browser.at);
        }
        later(&world, &mut browser, &rogue, Refresh::WithoutIdToken).await;
        assert!(browser.at.ends_with("/agreement"), "userinfo has said whom it is about: {}", browser.at);
        assert_eq!(rogue.refreshed(), ["refresh-token-0", "refresh-token-1", "refresh-token-2", "refresh-token-3", "refresh-token-4"]);
        let here = browser.at.clone();
        browser.get(&here).await;
        assert_eq!(rogue.refreshed().len(), 5, "and a confirmed one is young again");
        assert_eq!((audited(&world, "journey.upstream_confirmed").await, audited(&world, "journey.upstream_lapsed").await), (5, 0));
    }

    /// Section 12.2, each requirement.
    async fn a_refreshed_id_token_must_be_about_the_same_sign_in(world) {
        let mut world = world;
        let rogue = with_provider(&mut world, "offline_access", true).await;
        for others in [
            json!({ "sub": "rogue-2" }),
            json!({ "sub": "Rogue-1" }),
            json!({ "iss": "https://another.example" }),
            json!({ "aud": "another" }),
            json!({ "aud": ["portal", "another"] }),
            json!({ "azp": "portal" }),
            json!({ "iat": BEGUN - 1 }),
            json!({ "iat": BEGUN + 86_400 }),
            json!({ "exp": BEGUN }),
            json!({ "auth_time": BEGUN - 61 }),
            json!({ "auth_time": BEGUN + 300 }),
            json!({ "nonce": "another" }),
        ] {
            let mut browser = proven(&world, &rogue, &json!({ "auth_time": world.clock.now().seconds(), "iat": world.clock.now().seconds(), "exp": world.clock.now().seconds() + 300 })).await;
            later(&world, &mut browser, &rogue, Refresh::Tokens(others.clone())).await;
            asked_again(&browser, &others.to_string());
        }
        let now = || json!({ "iat": world.clock.now().seconds(), "exp": world.clock.now().seconds() + 300 });
        let mut browser = proven(&world, &rogue, &now()).await;
        later(&world, &mut browser, &rogue, Refresh::Tokens(json!({}))).await;
        assert!(browser.at.ends_with("/agreement"), "only the one in order is taken: {}", browser.body);
        let mut browser = proven(&world, &rogue, &now()).await;
        later(&world, &mut browser, &rogue, Refresh::Foreign).await;
        asked_again(&browser, "another key");
        let mut browser = proven(&world, &rogue, &now()).await;
        let later_sign_in = json!({ "auth_time": world.clock.now().seconds() + 300 });
        later(&world, &mut browser, &rogue, Refresh::Tokens(later_sign_in)).await;
        asked_again(&browser, "a later sign-in, where the first one had no time");
        let mut browser = proven(&world, &rogue, &now()).await;
        rogue.says(json!({ "sub": "rogue-2" }));
        later(&world, &mut browser, &rogue, Refresh::WithoutIdToken).await;
        asked_again(&browser, "userinfo about somebody else");
    }

    async fn without_id_token_and_userinfo_nothing_is_confirmed(world) {
        let mut world = world;
        let rogue = with_provider(&mut world, "offline_access", false).await;
        let mut browser = proven(&world, &rogue, &json!({})).await;
        later(&world, &mut browser, &rogue, Refresh::Tokens(json!({}))).await;
        assert!(browser.at.ends_with("/agreement"), "{}", browser.at);
        later(&world, &mut browser, &rogue, Refresh::WithoutIdToken).await;
        asked_again(&browser, "no ID token");
    }

    async fn a_refresh_that_is_refused_late_or_broken_leads_to_the_sign_in_and_loses_nothing(world) {
        let mut world = world;
        let rogue = with_provider(&mut world, "offline_access", true).await;
        for refresh in [Refresh::Refused, Refresh::Down, Refresh::Slow] {
            let now = json!({ "iat": world.clock.now().seconds(), "exp": world.clock.now().seconds() + 300 });
            let mut browser = proven(&world, &rogue, &now).await;
            browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
            assert!(browser.at.ends_with("/user-name"), "vouched for: {} {}", browser.at, browser.body);
            let was = rogue.refreshed().len();
            world.advance(AFTER + 1);
            rogue.on_refresh(refresh.clone(), world.clock.now().seconds());
            browser.submit(&[("user_name", "rogueone")]).await;
            asked_again(&browser, &format!("{refresh:?}"));
            assert_eq!(rogue.refreshed().len(), was + 1);
            browser.submit(&[]).await;
            let now = json!({ "iat": world.clock.now().seconds(), "exp": world.clock.now().seconds() + 300 });
            let back = rogue.answer(&browser, Token::Signed, &now, &json!({}), "c");
            browser.get(&back).await;
            assert!(browser.at.ends_with("/user-name"), "the agreement is kept: {} {}", browser.at, browser.body);
            assert_eq!(rogue.refreshed().len(), was + 1, "a lapsed proof has nothing more to ask with");
        }
        assert_eq!(audited(&world, "journey.upstream_lapsed").await, 3);
        assert_eq!(world.count("accounts").await, 0);
    }

    async fn somebody_else_who_signs_in_there_again_finds_nothing_of_the_first(world) {
        let mut world = world;
        let rogue = with_provider(&mut world, "offline_access", true).await;
        let mut browser = proven(&world, &rogue, &json!({})).await;
        browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
        later(&world, &mut browser, &rogue, Refresh::Refused).await;
        asked_again(&browser, "refused");
        browser.submit(&[]).await;
        let now = world.clock.now().seconds();
        let other = json!({ "sub": "rogue-2", "iat": now, "exp": now + 300 });
        let back = rogue.answer(&browser, Token::Signed, &other, &json!({ "sub": "rogue-2" }), "c");
        browser.get(&back).await;
        assert!(browser.at.ends_with("/agreement"), "from the start: {}", browser.at);
    }

    /// Two tabs, or a double click: a provider may take a token that comes twice for stolen.
    async fn a_refresh_token_is_brought_once_by_whoever_comes_first(world) {
        let mut world = world;
        let rogue = with_provider(&mut world, "offline_access", true).await;
        let browser = proven(&world, &rogue, &json!({})).await;
        world.advance(AFTER + 1);
        rogue.on_refresh(Refresh::Tokens(json!({})), world.clock.now().seconds());
        let mut tabs: Vec<Browser> = (0..6).map(|_| browser.clone()).collect();
        let here = browser.at.clone();
        futures_util::future::join_all(tabs.iter_mut().map(|tab| tab.get(&here))).await;
        assert!(tabs.iter().all(|tab| tab.status == 200 && tab.at == here));
        assert_eq!(rogue.refreshed(), ["refresh-token-0"]);
    }

    async fn refresh_tokens_are_sealed_at_rest_and_gone_with_the_journey(world) {
        let mut world = world;
        let rogue = with_provider(&mut world, "offline_access", true).await;
        let mut browser = proven(&world, &rogue, &json!({})).await;
        later(&world, &mut browser, &rogue, Refresh::Tokens(json!({}))).await;
        for table in ["journeys", "upstream_sign_ins", "audit", "outbox", "changes"] {
            assert!(!world.dump(table).await.contains("refresh-token"), "{table}");
        }
        let before = rogue.refreshed().len();
        browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
        browser.submit(&[("user_name", "wangfang2")]).await;
        to_email(&world, &mut browser, "19900000043").await;
        browser.submit(&[("skip", "yes")]).await;
        browser.submit(&[("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)]).await;
        assert!(browser.shows("账号升级完成"), "{} {}", browser.at, browser.body);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM journeys WHERE account_id IS NOT NULL AND answers = ''").await, 1);
        assert_eq!(rogue.refreshed().len(), before, "quick enough: nothing more was asked");
    }
}
