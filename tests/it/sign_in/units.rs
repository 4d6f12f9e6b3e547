//! Signing in for a unit (法人登录): by its own password and then who acts, or by oneself and then whom to act for.

use serde_json::Value;

use crate::migration::{LIMING, NEW_PASSWORD, ZHANGWEI, migrate};
use crate::provider::claims::payload;
use crate::provider::{acting_code, code, param, query, redeem};
use crate::support::{Browser, Unit, World, account_of, agent, pkce, representative, say, unit, userinfo};

const UNIT: Unit = Unit::YUNHAI;
const LEGAL: (&str, &str) = ("account_kind", "legal_person");

/// Signs in on the units' tab.
async fn login(browser: &mut Browser, identifier: &str, password: &str) {
    browser.get("/login?tab=legal").await;
    browser.submit(&[("identifier", identifier), ("password", password)]).await;
}

/// A unit with its representative, who has an account.
async fn with_representative(world: &World, one: Unit) -> guiyi::ids::AccountId {
    migrate(world, &LIMING).await;
    let id = unit(world, one).await;
    representative(world, &id, "liming").await;
    id
}

async fn tokens(world: &World, browser: &Browser, verifier: &str) -> Value {
    let code = param(browser, "code").unwrap_or_else(|| panic!("{:?}", browser.left));
    redeem(world, &code, verifier).await.1
}

fn alert(browser: &Browser) -> String {
    let start = browser.body.find("role=\"alert\"").unwrap_or_else(|| panic!("{}", browser.body));
    browser.body[start..].split("</div>").next().unwrap().to_owned()
}

both! {
    async fn user_name_and_credit_code_sign_in_in_any_spelling_and_lead_to_who_acts(world) {
        let id = with_representative(&world, UNIT).await;
        for identifier in ["yunhai-tea", "YunHai-Tea", "91340100MA2GUY1A0X", "91340100ma2guy1a0x", " 9134 0100 MA2G UY1A 0X", "９１３４０１００ＭＡ２ＧＵＹ１Ａ０Ｘ"] {
            let mut browser = world.browser();
            login(&mut browser, identifier, UNIT.password).await;
            assert_eq!(browser.at, "/login/actor", "{identifier}: {}", browser.body);
            assert!(browser.shows("由谁办理") && browser.shows("合肥云海茶业有限公司") && browser.shows("不指明经办人"));
            browser.submit(&[("alone", "yes")]).await;
            assert_eq!(browser.at, format!("/units/{id}"), "the unit's own page");
        }
        let mut browser = world.browser();
        browser.get("/login").await;
        browser.submit(&[("identifier", UNIT.code), ("password", UNIT.password)]).await;
        assert_eq!(browser.at, "/login/actor", "nor does the wrong tab keep anybody out");
    }

    async fn unknown_codes_and_wrong_passwords_get_one_answer_and_count_alike(world) {
        with_representative(&world, UNIT).await;
        let mut answers = Vec::new();
        for (identifier, password) in [
            (UNIT.user_name, "wrong"), (UNIT.code, "wrong"), ("92340100MA2GUY2B0X", "wrong"), ("92340100MA2GUY2B0X", UNIT.password),
            ("nobody", "wrong"), ("liming", UNIT.password), (UNIT.code, NEW_PASSWORD),
        ] {
            let mut browser = world.browser();
            login(&mut browser, identifier, password).await;
            assert_eq!((browser.status, browser.at.as_str()), (422, "/login"), "{identifier}");
            assert!(!browser.jar.contains_key("guiyi_session"));
            assert!(browser.body.contains("tab=legal\" aria-current=\"page\""), "it stays on its tab: {}", browser.body);
            answers.push(alert(&browser));
        }
        assert!(answers.windows(2).all(|w| w[0] == w[1]), "{answers:?}");
        for _ in 0..3 {
            let mut browser = world.browser();
            login(&mut browser, "92340100MA2GUY2B0X", "wrong").await;
        }
        let mut browser = world.browser();
        login(&mut browser, "92340100MA2GUY2B0X", "wrong").await;
        assert!(browser.shows("图形验证码"), "a code that nobody has is guarded as any other");
    }

    async fn who_acts_proves_it_and_the_session_is_theirs(world) {
        let id = with_representative(&world, UNIT).await;
        let (verifier, challenge) = pkce();
        let mut browser = world.browser();
        browser.get(&query(&challenge, &[LEGAL, ("scope", "openid organization")])).await;
        assert!(browser.at.starts_with("/login") && browser.shows("统一社会信用代码") && browser.shows("不动产登记预约"));
        browser.submit(&[("identifier", UNIT.code), ("password", UNIT.password)]).await;
        assert!(browser.shows("由谁办理") && browser.shows("要求指明经办人") && !browser.shows("不指明经办人，"), "{}", browser.body);
        let before = browser.jar["guiyi_session"].clone();
        browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        assert!(browser.shows("以“合肥云海茶业有限公司”的名义"), "straight to the consent: {} {}", browser.at, browser.body);
        assert_ne!(browser.jar["guiyi_session"], before, "a new session");
        browser.submit(&[("decision", "allow")]).await;
        let tokens = tokens(&world, &browser, &verifier).await;
        let told = userinfo(&world.router, tokens["access_token"].as_str().unwrap()).await.1;
        assert_eq!(told["organization"]["credit_code"], UNIT.code);
        assert_eq!((payload(&tokens)["act"]["role"].as_str(), payload(&tokens)["acr"].as_str()), (Some("legal_representative"), Some("urn:guiyi:i2:a1")));
        let mut old = world.browser();
        old.jar.insert("guiyi_session".into(), before);
        old.get("/account").await;
        assert!(old.at.starts_with("/login"), "the unit's own has ended");
        browser.get("/account").await;
        assert_eq!(browser.at, "/account", "the person's, who is no unit there");
        assert_eq!(world.scalar(&format!("SELECT COUNT(*) FROM sessions WHERE account_id = '{id}' AND ended_at IS NULL")).await, 0);
        let mut portal = world.browser();
        login(&mut portal, UNIT.user_name, UNIT.password).await;
        portal.submit(&[("identifier", LIMING.number), ("password", NEW_PASSWORD)]).await;
        assert_eq!(portal.at, format!("/units/{id}"), "without a waiting client: the unit's page");
    }

    async fn somebody_without_a_mandate_is_refused_and_learns_nothing_of_the_unit_s_people(world) {
        let id = with_representative(&world, UNIT).await;
        migrate(&world, &ZHANGWEI).await;
        let by = guiyi::ids::MandateId(world.text("SELECT id FROM mandates").await);
        let (_, challenge) = pkce();
        let mut browser = world.browser();
        browser.get(&query(&challenge, &[LEGAL])).await;
        browser.submit(&[("identifier", UNIT.code), ("password", UNIT.password)]).await;
        let mut answers = Vec::new();
        for (identifier, password) in [("liming", "wrong"), ("zhangwei", "wrong"), ("nobody", "wrong"), (UNIT.user_name, "wrong")] {
            browser.submit(&[("identifier", identifier), ("password", password)]).await;
            assert_eq!(browser.status, 422, "{identifier}");
            answers.push(alert(&browser));
        }
        assert!(answers.windows(2).all(|w| w[0] == w[1]), "a member and a stranger look alike: {answers:?}");
        let refusal = async |browser: &mut Browser| {
            browser.submit(&[("identifier", "zhangwei"), ("password", NEW_PASSWORD), ("captcha", "0000")]).await;
            assert!(browser.status == 422 && browser.left.is_none() && browser.shows("还没有得到授权"), "{}", browser.body);
            assert!(!browser.shows("李"), "no member is named");
            alert(browser)
        };
        let none = refusal(&mut browser).await;
        // A mandate of another client's, one that is over: the same words.
        let elsewhere = agent(&world, (&id, &by), "zhangwei", Some(&["social-security"]), None).await;
        assert_eq!(refusal(&mut browser).await, none);
        crate::support::end(&world, &elsewhere).await;
        agent(&world, (&id, &by), "zhangwei", None, Some(60)).await;
        world.advance(60);
        assert_eq!(refusal(&mut browser).await, none);
        assert_eq!(world.scalar(&format!("SELECT COUNT(*) FROM audit WHERE event = 'unit.actor_refused' AND subject = 'account:{id}'")).await, 3);
        browser.submit(&[("identifier", UNIT.user_name), ("password", UNIT.password), ("captcha", "0000")]).await;
        assert_eq!(alert(&browser), none, "a unit is no person");
    }

    async fn a_client_that_wants_a_person_gets_no_unit_alone_and_another_a_lower_level(world) {
        let id = with_representative(&world, UNIT).await;
        let (verifier, challenge) = pkce();
        let mut browser = world.browser();
        browser.get(&query(&challenge, &[LEGAL])).await;
        browser.submit(&[("identifier", UNIT.user_name), ("password", UNIT.password)]).await;
        let waiting = browser.at.split_once("interaction=").unwrap().1.to_owned();
        browser.submit(&[("alone", "yes")]).await;
        assert!(browser.left.is_none() && browser.status == 422, "{}", browser.at);
        browser.get(&format!("/interaction/{waiting}")).await;
        assert!(browser.at.starts_with("/login/actor"), "{}", browser.at);
        browser.get(&query(&challenge, &[LEGAL, ("prompt", "none")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("login_required"));
        browser.get(&query(&challenge, &[("account_kind", "individual")])).await;
        assert!(browser.at.starts_with("/login?"), "nor is it a person");
        let mut world = world;
        world.restart_with(|config| config.clients[0].units_alone = true).await;
        browser.router = world.router.clone();
        browser.get(&query(&challenge, &[LEGAL, ("scope", "openid organization offline_access"), ("prompt", "consent")])).await;
        assert!(browser.shows("以“合肥云海茶业有限公司”的名义"), "{}", browser.body);
        browser.submit(&[("decision", "allow")]).await;
        let tokens = tokens(&world, &browser, &verifier).await;
        let id_token = payload(&tokens);
        assert_eq!((id_token["acr"].as_str(), id_token["account_kind"].as_str()), (Some("urn:guiyi:i1:a1"), Some("legal_person")));
        assert!(id_token.get("act").is_none() && tokens.get("refresh_token").is_none(), "{tokens}");
        let told = userinfo(&world.router, tokens["access_token"].as_str().unwrap()).await.1;
        assert!(told.get("act").is_none() && told["organization"]["credit_code"] == UNIT.code, "{told}");
        assert_eq!(world.scalar(&format!("SELECT COUNT(*) FROM audit WHERE event = 'unit.acted' AND actor = 'account:{id}'")).await, 1);
        let strong = serde_json::json!({ "id_token": { "acr": { "essential": true, "values": ["urn:guiyi:i2:a1"] } } }).to_string();
        browser.get(&query(&challenge, &[LEGAL, ("prompt", "none"), ("claims", &strong)])).await;
        assert!(param(&browser, "error").is_some(), "a level that a password alone doesn't reach");
        say(&world, &id, "dissolved").await;
        assert_eq!(userinfo(&world.router, tokens["access_token"].as_str().unwrap()).await.0, 401);
    }

    async fn a_unit_that_is_no_more_is_told_so_after_the_right_password_only(world) {
        let id = with_representative(&world, UNIT).await;
        for (standing, title) in [("revoked", "该单位已被吊销"), ("dissolved", "该单位已注销")] {
            say(&world, &id, standing).await;
            let mut browser = world.browser();
            login(&mut browser, UNIT.code, "wrong").await;
            assert!(!browser.shows(title) && browser.status == 422);
            login(&mut browser, UNIT.code, UNIT.password).await;
            assert!(browser.shows(title) && browser.shows("登记机关") && browser.status == 403, "{}", browser.body);
            assert!(!browser.jar.contains_key("guiyi_session"), "nothing begins");
        }
        say(&world, &id, "registered").await;
        let mut browser = world.browser();
        login(&mut browser, UNIT.code, UNIT.password).await;
        say(&world, &id, "dissolved").await;
        browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        assert!(browser.shows("该单位已注销"), "in the middle too: {}", browser.body);
        browser.get("/login/actor").await;
        assert!(browser.shows("该单位已注销"));
    }

    async fn a_carried_over_password_of_a_unit_needs_the_person_on_a_new_browser(world) {
        let id = with_representative(&world, Unit { carried_over: true, ..UNIT }).await;
        let mut browser = world.browser();
        login(&mut browser, UNIT.code, UNIT.password).await;
        assert!(browser.shows("由谁办理") && browser.shows("来自原业务系统") && !browser.shows("不指明经办人，"), "{}", browser.body);
        assert!(!browser.jar.contains_key("guiyi_session"), "a passed password alone is nothing");
        let page = browser.clone();
        browser.submit(&[("alone", "yes")]).await;
        assert!(browser.status == 422 && !browser.jar.contains_key("guiyi_session"));
        browser.get("/login/actor").await;
        assert!(browser.at.starts_with("/login"), "nor is anything kept: {}", browser.at);
        let mut thief = world.browser();
        thief.get("/login").await;
        let csrf = thief.form().1[0].1.clone();
        let ticket = page.form().1.into_iter().find(|(name, _)| name == "unit").unwrap().1;
        thief.post("/login/actor", &[("csrf", &csrf), ("unit", &ticket), ("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        assert_eq!(thief.status, 410, "the ticket is its browser's");
        let mut browser = page;
        browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        assert_eq!(browser.at, format!("/units/{id}"), "{}", browser.body);
        assert_eq!(world.scalar(&format!("SELECT COUNT(*) FROM sessions WHERE account_id = '{id}'")).await, 0);
    }

    async fn whoever_acts_passes_their_own_second_step(world) {
        let mut first = crate::sign_in::migrate_with_old_password(&world, &LIMING).await;
        let id = unit(&world, UNIT).await;
        representative(&world, &id, "liming").await;
        let (_, challenge) = pkce();
        let mut browser = world.browser();
        browser.get(&query(&challenge, &[LEGAL])).await;
        browser.submit(&[("identifier", UNIT.code), ("password", UNIT.password)]).await;
        browser.submit(&[("identifier", "liming"), ("password", LIMING.password)]).await;
        assert!(browser.shows("短信验证码"), "{}", browser.body);
        let code = world.code(LIMING.phone).await;
        browser.submit(&[("code", &code)]).await;
        assert!(browser.shows("以“合肥云海茶业有限公司”的名义"), "{} {}", browser.at, browser.body);
        browser.submit(&[("decision", "allow")]).await;
        assert!(param(&browser, "code").is_some());
        first.get("/account/log").await;
        assert!(first.shows("选择以单位身份访问“不动产登记预约”"), "{}", first.body);
    }

    async fn the_units_tab_asks_whom_to_act_for_after_a_person_s_own_sign_in(world) {
        migrate(&world, &LIMING).await;
        let id = unit(&world, UNIT).await;
        let mandate = representative(&world, &id, "liming").await;
        let (verifier, challenge) = pkce();
        let mut browser = world.browser();
        browser.get(&query(&challenge, &[("scope", "openid organization")])).await;
        let legal = browser.link("tab=legal");
        browser.get(&legal).await;
        browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        assert!(browser.shows("选择身份") && browser.shows("自己"), "{} {}", browser.at, browser.body);
        browser.submit(&[("choice", mandate.as_str())]).await;
        browser.submit(&[("decision", "allow")]).await;
        assert!(payload(&tokens(&world, &browser, &verifier).await).get("act").is_some());
        let mut browser = world.browser();
        login(&mut browser, "liming", NEW_PASSWORD).await;
        assert_eq!(browser.at, "/account/units");
        let mut browser = world.browser();
        browser.get(&query(&challenge, &[])).await;
        browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        assert!(browser.shows("授权登录"), "the individuals' tab doesn't ask: {}", browser.body);
    }

    async fn a_unit_s_sign_in_is_listed_ended_and_signed_out_like_any_other(world) {
        let id = with_representative(&world, UNIT).await;
        let mut world = world;
        world.restart_with(|config| config.clients[0].units_alone = true).await;
        let (verifier, challenge) = pkce();
        let (mut here, mut there) = (world.browser(), world.browser());
        for browser in [&mut here, &mut there] {
            login(browser, UNIT.user_name, UNIT.password).await;
            world.advance(60);
        }
        let code = code(&mut there, &challenge, &[LEGAL]).await;
        let (_, tokens) = redeem(&world, &code, &verifier).await;
        let access = tokens["access_token"].as_str().unwrap();
        here.get("/account/sessions").await;
        assert_eq!(here.body.matches("登录于").count(), 2, "{}", here.body);
        here.get("/account/consents").await;
        assert!(here.shows("不动产登记预约"), "{}", here.body);
        here.get("/account/log").await;
        assert!(here.shows("以本单位的名义登录“不动产登记预约”"), "{}", here.body);
        here.get("/account/sessions").await;
        here.submit(&[]).await;
        assert_eq!(userinfo(&world.router, access).await.0, 401);
        there.get("/account").await;
        assert!(there.at.starts_with("/login"));
        here.get("/account").await;
        assert_eq!(here.at, format!("/units/{id}"));
        here.get("/account/phone").await;
        assert_eq!(here.at, format!("/units/{id}"), "a unit has no phone");
        here.get("/logout").await;
        here.submit(&[]).await;
        here.get("/account").await;
        assert!(here.at.starts_with("/login"));
    }

    async fn logging_out_ends_what_was_granted_for_the_unit_too(world) {
        let mut browser = migrate(&world, &LIMING).await;
        let id = unit(&world, UNIT).await;
        let mandate = representative(&world, &id, "liming").await;
        let (verifier, challenge) = pkce();
        let code = acting_code(&mut browser, &challenge, &mandate, &[]).await;
        let (_, tokens) = redeem(&world, &code, &verifier).await;
        let hint = tokens["id_token"].as_str().unwrap();
        browser.get(&format!("/logout?id_token_hint={hint}&post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A8081%2Flogged-out")).await;
        assert!(browser.left.is_some(), "the unit's token is a hint as any other: {}", browser.body);
        assert_eq!(userinfo(&world.router, tokens["access_token"].as_str().unwrap()).await.0, 401);
        let _ = account_of(&world, "liming").await;
    }
}
