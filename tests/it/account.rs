//! The account pages: consents, sessions, links, the security log, and whose they are.

use crate::migration::{LIMING, NEW_PASSWORD, ZHANGWEI, migrate};
use crate::provider::{code, param, query, redeem};
use crate::support::{BOOKING, Browser, World, pkce, userinfo};

const CHROME: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/// An access token of the demonstration's client.
pub async fn access(world: &World, browser: &mut Browser, scope: &str) -> String {
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, &[("scope", scope)]).await;
    let (status, tokens) = redeem(world, &code, &verifier).await;
    assert_eq!(status, 200, "{tokens}");
    tokens["access_token"].as_str().unwrap().to_owned()
}

/// Signs in with the password, in a browser of its own.
async fn sign_in(world: &World, name: &str, agent: &str) -> Browser {
    let mut browser = world.browser();
    browser.agent = agent.to_owned();
    browser.get("/login").await;
    browser.submit(&[("identifier", name), ("password", NEW_PASSWORD)]).await;
    assert_eq!(browser.at, "/account", "{}", browser.body);
    browser
}

/// Posts a form of the account pages with this browser's own token.
async fn post(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) {
    browser.get("/logout").await;
    let csrf = browser.csrf();
    browser.post(path, &[&[("csrf", csrf.as_str())], fields].concat()).await;
}

async fn revoke(browser: &mut Browser) {
    post(browser, "/account/consents/revoke", &[("client", BOOKING)]).await;
    assert_eq!(browser.at, "/account/consents", "back to the list");
}

async fn live(world: &World) -> i64 {
    world.scalar("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await
}

both! {
    async fn the_account_page_says_who_i_am_and_who_verified_it(world) {
        let mut browser = migrate(&world, &LIMING).await;
        browser.get("/account").await;
        for text in ["liming", "李*", "340***********9975", "199****0001", "已实名", "由“合肥市-合肥市政务服务网”确认 · 2026-11-24"] {
            assert!(browser.shows(text), "{text}: {}", browser.body);
        }
        assert!(!browser.shows(LIMING.number) && !browser.shows(LIMING.phone) && !browser.shows("李明"));
        let mut other = migrate(&world, &ZHANGWEI).await;
        other.get("/account").await;
        assert!(other.shows("由权威数据源核验 · 2026-11-24"), "{}", other.body);
        other.get("/").await;
        assert!(other.shows("绑定其他旧账号") && !other.shows("存量用户实名认证"), "no stranger any more: {}", other.body);
    }

    async fn every_account_page_is_for_who_is_signed_in(world) {
        let mut browser = world.browser();
        for page in ["", "/links", "/links/x", "/address", "/phone/change", "/sessions", "/consents", "/log"] {
            browser.get(&format!("/account{page}")).await;
            assert_eq!(browser.at, "/login", "{page}");
        }
        let mut browser = migrate(&world, &LIMING).await;
        let posts = ["/links/x", "/sessions/end", "/sessions/end-others", "/consents/revoke", "/phone/change", "/freeze", "/recovery/stop"];
        for path in posts {
            browser.post(&format!("/account{path}"), &[("csrf", "wrong"), ("client", BOOKING)]).await;
            assert_eq!(browser.status, 403, "{path} without this browser's token");
        }
        browser.get("/account/links/nothing").await;
        assert_eq!(browser.status, 404);
    }

    async fn a_consent_is_listed_with_what_and_since_when_and_taken_back_it_ends_every_token(world) {
        let (other, router) = world.second_node().await;
        let mut browser = migrate(&world, &LIMING).await;
        browser.get("/account/consents").await;
        assert!(browser.shows("还没有应用"), "{}", browser.body);
        let token = access(&world, &mut browser, "openid profile real_name").await;
        assert_eq!(userinfo(&router, &token).await.0, 200);
        world.advance(60);
        let second = access(&world, &mut browser, "openid phone").await;
        browser.get("/account/consents").await;
        for text in ["不动产登记预约", "授权于 2026-11-24", "用户名和性别", "手机号", "核验情况"] {
            assert!(browser.shows(text), "{text}: {}", browser.body);
        }
        let (verifier, challenge) = pkce();
        let waiting = code(&mut browser, &challenge, &[]).await;
        revoke(&mut browser).await;
        assert!(browser.shows("还没有应用"), "{}", browser.body);
        for token in [&token, &second] {
            assert_eq!(userinfo(&world.router, token).await.0, 401, "at once");
        }
        world.advance(1);
        for token in [&token, &second] {
            assert_eq!(userinfo(&router, token).await.0, 401, "and on the other node");
        }
        assert_eq!(redeem(&world, &waiting, &verifier).await.1["error"], "invalid_grant", "a code on its way is worth nothing");
        browser.get(&query(&challenge, &[("prompt", "none")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("consent_required"));
        let mut elsewhere = browser.clone();
        elsewhere.router = router.clone();
        elsewhere.get(&query(&challenge, &[("prompt", "none"), ("scope", "openid real_name")])).await;
        assert_eq!(param(&elsewhere, "error").as_deref(), Some("consent_required"), "nor does another node remember it");
        browser.get(&query(&challenge, &[])).await;
        assert!(browser.shows("授权登录"), "the next time asks again");
        browser.submit(&[("decision", "allow")]).await;
        assert!(param(&browser, "code").is_some());
        assert_eq!(redeem(&world, &waiting, &verifier).await.1["error"], "invalid_grant", "nor does a new consent revive it");
        assert_eq!(userinfo(&world.router, &token).await.0, 401);
        drop(other);
    }

    async fn one_item_is_taken_out_of_a_consent_and_the_rest_stays(world) {
        let mut browser = migrate(&world, &LIMING).await;
        let token = access(&world, &mut browser, "openid profile phone").await;
        let (verifier, challenge) = pkce();
        let waiting = code(&mut browser, &challenge, &[("scope", "openid phone")]).await;
        world.advance(60);
        browser.get("/account/consents").await;
        assert!(!browser.shows("value=\"openid\""), "the identifier goes with the whole alone: {}", browser.body);
        for nothing in ["openid", "real_name", "nonsense", "profile phone"] {
            post(&mut browser, "/account/consents/revoke", &[("client", BOOKING), ("scope", nothing)]).await;
        }
        assert_eq!(userinfo(&world.router, &token).await.0, 200, "none of that is an item of it");
        browser.get("/account/consents").await;
        browser.submit(&[("scope", "phone")]).await;
        assert!(browser.shows("用户名和性别") && !browser.shows("手机号"), "{}", browser.body);
        assert_eq!(userinfo(&world.router, &token).await.0, 401, "a token of before tells more");
        assert_eq!(redeem(&world, &waiting, &verifier).await.1["error"], "invalid_grant", "and so would a code");
        browser.get(&query(&challenge, &[("prompt", "none"), ("scope", "openid phone")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("consent_required"));
        browser.get(&query(&challenge, &[("prompt", "none")])).await;
        assert!(param(&browser, "code").is_some(), "what is left needs no page");
        browser.get("/account/log").await;
        assert!(browser.shows("缩小了对“不动产登记预约”的授权范围"), "{}", browser.body);
        for _ in 0..2 {
            post(&mut browser, "/account/consents/revoke", &[("client", BOOKING), ("scope", "profile")]).await;
        }
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'consent.narrowed'").await, 2);
        assert_eq!(world.text("SELECT scopes FROM consents").await, "openid");
    }

    async fn two_items_taken_out_at_once_bring_neither_back(world) {
        let mut browser = migrate(&world, &LIMING).await;
        access(&world, &mut browser, "openid profile phone email").await;
        let (_app, router) = world.second_node().await;
        for _ in 0..5 {
            let (mut one, mut two) = (browser.clone(), browser.clone());
            two.router = router.clone();
            let narrow = async |browser: &mut Browser, scope| {
                post(browser, "/account/consents/revoke", &[("client", BOOKING), ("scope", scope)]).await;
                assert_eq!(browser.at, "/account/consents");
            };
            tokio::join!(narrow(&mut one, "phone"), narrow(&mut two, "email"));
            let left = world.text("SELECT scopes FROM consents").await;
            let narrowed = world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'consent.narrowed'").await;
            let gone = i64::from(!left.contains("phone")) + i64::from(!left.contains("email"));
            assert_eq!(gone, narrowed, "what was said to be gone is: {left}");
            if gone == 2 {
                return;
            }
        }
        panic!("repeated, both are gone");
    }

    async fn taking_a_consent_back_twice_or_without_one_does_nothing_more(world) {
        let mut browser = migrate(&world, &LIMING).await;
        access(&world, &mut browser, "openid profile").await;
        for _ in 0..3 {
            revoke(&mut browser).await;
        }
        post(&mut browser, "/account/consents/revoke", &[("client", "nobody")]).await;
        post(&mut browser, "/account/consents/revoke", &[]).await;
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'consent.revoked'").await, 1);
    }

    async fn one_sign_in_is_ended_from_another_and_its_tokens_with_it(world) {
        let mut here = migrate(&world, &LIMING).await;
        let (_app, router) = world.second_node().await;
        world.advance(60);
        let mut there = sign_in(&world, "liming", CHROME).await;
        let token = access(&world, &mut there, "openid profile").await;
        here.get("/account/sessions").await;
        for text in ["Chrome · Windows", "本浏览器", "未知的浏览器", "登录于 2026-11-24 10:01 · 密码", "原系统账号 + 短信验证码"] {
            assert!(here.shows(text), "{text}: {}", here.body);
        }
        assert!(!here.shows("Mozilla"), "never the header itself");
        let (action, fields) = here.form();
        assert_eq!(action, "/account/sessions/end");
        let id = &fields.iter().find(|(name, _)| name == "session").unwrap().1;
        for _ in 0..2 {
            post(&mut here, &action, &[("session", id)]).await;
            assert_eq!(here.at, "/account/sessions");
        }
        assert!(!here.shows("Chrome · Windows"));
        assert_eq!(userinfo(&world.router, &token).await.0, 401, "at once");
        world.advance(1);
        assert_eq!(userinfo(&router, &token).await.0, 401, "within a second everywhere");
        there.get("/account").await;
        assert_eq!(there.at, "/login");
        here.get("/account").await;
        assert_eq!(here.at, "/account");
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'sign_out'").await, 1, "said once");
    }

    async fn all_other_sign_ins_are_ended_and_this_one_stays(world) {
        let mut here = migrate(&world, &LIMING).await;
        let mut others = Vec::new();
        for _ in 0..3 {
            world.advance(60);
            others.push(sign_in(&world, "liming", CHROME).await);
        }
        let token = access(&world, &mut others[1], "openid profile").await;
        let mut stranger = migrate(&world, &ZHANGWEI).await;
        for _ in 0..2 {
            post(&mut here, "/account/sessions/end-others", &[]).await;
        }
        assert_eq!(live(&world).await, 2, "this one, and somebody else's");
        assert!(!here.shows("退出其他所有登录"));
        assert_eq!(userinfo(&world.router, &token).await.0, 401);
        for other in &mut others {
            other.get("/account").await;
            assert_eq!(other.at, "/login");
        }
        stranger.get("/account").await;
        assert_eq!(stranger.at, "/account");
    }

    async fn a_sign_in_that_has_gone_idle_is_not_listed(world) {
        migrate(&world, &LIMING).await;
        world.advance(31 * 60);
        let mut browser = sign_in(&world, "liming", CHROME).await;
        browser.get("/account/sessions").await;
        assert_eq!(browser.body.matches("登录于").count(), 1, "{}", browser.body);
        let long = format!("<b>{}", "x".repeat(5000));
        let mut odd = sign_in(&world, "liming", &long).await;
        odd.get("/account/sessions").await;
        assert!(odd.shows("未知的浏览器") && !odd.shows("<b>"));
    }

    async fn another_person_s_link_session_or_consent_is_not_touched(world) {
        let mut victim = migrate(&world, &LIMING).await;
        let token = access(&world, &mut victim, "openid profile").await;
        let session = world.text("SELECT id FROM sessions WHERE ended_at IS NULL").await;
        let link = world.text("SELECT id FROM legacy_links").await;
        let before = world.count("audit").await;
        let mut thief = migrate(&world, &ZHANGWEI).await;
        let own = world.count("audit").await - before;
        thief.get(&format!("/account/links/{link}")).await;
        assert_eq!(thief.status, 404, "nor is it shown");
        post(&mut thief, &format!("/account/links/{link}"), &[("account", "x"), ("link", &link)]).await;
        post(&mut thief, "/account/sessions/end", &[("session", &session)]).await;
        post(&mut thief, "/account/sessions/end", &[("session", "")]).await;
        post(&mut thief, "/account/consents/revoke", &[("client", BOOKING)]).await;
        assert_eq!(world.scalar("SELECT COUNT(*) FROM legacy_links WHERE unlinked_at IS NULL").await, 2);
        assert_eq!(live(&world).await, 2);
        assert_eq!(world.count("consents").await, 1);
        assert_eq!(userinfo(&world.router, &token).await.0, 200);
        assert_eq!(world.count("audit").await - before, own, "and nothing is said to have happened");
    }

    async fn an_unlinked_account_is_gone_for_good_and_twice_is_once(world) {
        let mut browser = migrate(&world, &LIMING).await;
        browser.get("/account/links").await;
        let page = browser.link("/account/links/");
        browser.get(&page).await;
        let asked = browser.clone();
        browser.submit(&[]).await;
        assert!(browser.shows("还没有绑定原账号") && browser.shows("绑定其他旧账号"), "{}", browser.body);
        let mut again = asked;
        again.submit(&[]).await;
        assert_eq!(again.at, "/account/links");
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'legacy.unlinked'").await, 1);
        browser.get(&page).await;
        assert_eq!(browser.status, 404);
    }

    async fn the_security_log_tells_what_happened_in_plain_words_and_only_to_its_owner(world) {
        let mut browser = migrate(&world, &LIMING).await;
        access(&world, &mut browser, "openid profile").await;
        world.advance(60);
        let mut there = sign_in(&world, "liming", CHROME).await;
        revoke(&mut there).await;
        post(&mut there, "/account/sessions/end-others", &[]).await;
        there.get("/account/links").await;
        let page = there.link("/account/links/");
        there.get(&page).await;
        there.submit(&[]).await;
        world.execute("INSERT INTO audit (id, at, event, actor, subject, detail) SELECT 'zzz', at, 'something.new', actor, subject, detail FROM audit WHERE event = 'account.created'").await;
        there.get("/account/log").await;
        let told = [
            "解除了“合肥市-合肥市政务服务网”的原账号绑定", "退出了其他所有登录", "撤回了对“不动产登记预约”的授权", "密码 · Chrome · Windows",
            "登录成功", "授权“不动产登记预约”获取信息", "绑定了“合肥市-合肥市政务服务网”的原账号",
            "通过“合肥市-合肥市政务服务网”的原账号开通了统一账号", "2026-11-24 10:00", "2026-11-24 10:01",
        ];
        for text in told {
            assert!(there.shows(text), "{text}: {}", there.body);
        }
        assert!(!there.shows("something.new") && !there.shows("account:") && !there.shows("journey:"));
        assert!(there.body.find(told[0]).unwrap() < there.body.find(told[6]).unwrap(), "newest first");
        let mut other = migrate(&world, &ZHANGWEI).await;
        other.get("/account/log").await;
        assert!(!other.shows("撤回了") && other.shows("开通了统一账号"), "{}", other.body);
        other.language = "en".into();
        other.get("/account/log").await;
        assert!(other.shows("Unified account opened with the old account at “Hefei – City Government Services”"), "{}", other.body);
    }
}
