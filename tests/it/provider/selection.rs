//! Whom to act for: asked, remembered, named, and never another's.

use super::claims::payload;
use super::tokens::redeem;
use super::units::{LEGAL, acting, acting_code, info};
use super::*;
use crate::migration::{NEW_PASSWORD, ZHANGWEI, migrate};
use crate::support::{RS256, Unit, agent, pkce, representative, unit};

const NONE: (&str, &str) = ("prompt", "none");
const SELECT: (&str, &str) = ("prompt", "select_account");

both! {
    async fn prompt_none_says_what_is_missing_and_never_chooses(world) {
        let (_, challenge) = pkce();
        let error = async |browser: &mut Browser, extra: &[(&str, &str)]| {
            browser.get(&query(&challenge, &[&[NONE], extra].concat())).await;
            param(browser, "error")
        };
        let mut browser = world.browser();
        assert_eq!(error(&mut browser, &[LEGAL]).await.as_deref(), Some("login_required"), "nobody is signed in");
        let mut browser = signed_in(&world).await;
        assert_eq!(error(&mut browser, &[LEGAL]).await.as_deref(), Some("account_selection_required"), "no unit was chosen");
        let id = unit(&world, Unit::YUNHAI).await;
        let mandate = representative(&world, &id, "liming").await;
        assert_eq!(error(&mut browser, &[LEGAL]).await.as_deref(), Some("account_selection_required"), "nor is the only one taken");
        assert_eq!(error(&mut browser, &[]).await.as_deref(), Some("consent_required"), "the person, who hasn't consented");
        acting_code(&mut browser, &challenge, &mandate, &[]).await;
        assert_eq!(error(&mut browser, &[LEGAL]).await, None, "chosen and consented to");
        assert_eq!(error(&mut browser, &[]).await, None, "and remembered");
        assert_eq!(error(&mut browser, &[("account_kind", "individual")]).await.as_deref(), Some("consent_required"));
        let both = query(&challenge, &[("prompt", "none select_account"), LEGAL]);
        browser.get(&both).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("invalid_request"));
    }

    async fn a_choice_is_remembered_for_its_client_and_session_without_another_write(world) {
        let mut browser = signed_in(&world).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let mandate = representative(&world, &id, "liming").await;
        let subject = payload(&acting(&world, &mut browser, &mandate, &[]).await)["sub"].clone();
        let (verifier, challenge) = pkce();
        let (audits, interactions) = (world.count("audit").await, world.count("interactions").await);
        browser.once("GET", &query(&challenge, &[]), None).await;
        assert!(browser.headers["location"].to_str().unwrap().contains("code="), "no page: {:?}", browser.headers);
        assert_eq!((world.count("audit").await, world.count("interactions").await), (audits, interactions));
        browser.get(&query(&challenge, &[])).await;
        let code = param(&browser, "code").unwrap();
        let (_, tokens) = redeem(&world, &code, &verifier).await;
        assert_eq!(payload(&tokens)["sub"], subject, "absent: the remembered one");
        // Signed in anew, the person still acts for it; another session remembers nothing.
        browser.get("/login").await;
        browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        browser.get(&query(&challenge, &[LEGAL, NONE])).await;
        assert!(param(&browser, "code").is_some(), "{:?}", browser.left);
        browser.get("/logout").await;
        browser.submit(&[]).await;
        browser.get("/login").await;
        browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        browser.get(&query(&challenge, &[LEGAL, NONE])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("account_selection_required"));
    }

    async fn select_account_always_asks_and_oneself_is_a_choice(world) {
        let mut browser = signed_in(&world).await;
        let (_, challenge) = pkce();
        code(&mut browser, &challenge, &[]).await;
        let mut mandates = Vec::new();
        for one in [Unit::YUNHAI, Unit::QINGSHAN] {
            let id = unit(&world, one).await;
            mandates.push(representative(&world, &id, "liming").await);
        }
        acting_code(&mut browser, &challenge, &mandates[0], &[]).await;
        world.advance(1);
        for _ in 0..2 {
            browser.get(&query(&challenge, &[SELECT])).await;
            for shown in ["选择身份", "自己", "合肥云海茶业有限公司", "黄山青山民宿合作社", "使用其他账号"] {
                assert!(browser.shows(shown), "{shown}: {}", browser.body);
            }
        }
        browser.submit(&[("choice", "this")]).await;
        let code = param(&browser, "code").unwrap();
        let (verifier, again) = pkce();
        assert!(!code.is_empty());
        browser.get(&query(&again, &[])).await;
        let code = param(&browser, "code").unwrap();
        let (_, tokens) = redeem(&world, &code, &verifier).await;
        assert!(payload(&tokens).get("act").is_none(), "oneself is remembered too");
        browser.get(&query(&challenge, &[SELECT])).await;
        browser.submit(&[("choice", "other")]).await;
        assert!(browser.at.starts_with("/login?interaction="));
        browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        assert!(browser.shows("选择身份"), "signing in isn't choosing: {}", browser.at);
        browser.get(&query(&challenge, &[SELECT, ("account_kind", "individual")])).await;
        assert!(browser.shows("选择账号") && !browser.shows("合肥云海"), "{}", browser.body);
    }

    async fn another_person_s_mandate_that_is_posted_does_nothing(world) {
        let mut owner = signed_in(&world).await;
        let mut thief = migrate(&world, &ZHANGWEI).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let mandate = representative(&world, &id, "liming").await;
        let (_, challenge) = pkce();
        acting_code(&mut owner, &challenge, &mandate, &[]).await;
        for bad in [mandate.as_str(), "", "nothing", id.as_str(), "' OR 1=1 --"] {
            thief.get(&query(&challenge, &[LEGAL])).await;
            let before = world.count("audit").await;
            thief.submit(&[("choice", bad)]).await;
            assert!(thief.left.is_none() && thief.status == 422 && thief.error("choice"), "{bad}: {}", thief.at);
            assert!(!thief.shows("合肥云海"), "nor is it shown whose it is");
            assert_eq!(world.count("audit").await, before, "{bad}");
        }
        assert_eq!(world.scalar("SELECT COUNT(*) FROM sessions WHERE acting <> ''").await, 1, "the owner's");
        // Nor at the consent page.
        thief.get(&query(&challenge, &[])).await;
        assert!(thief.shows("授权登录"));
        thief.submit(&[("decision", "allow"), ("mandate", mandate.as_str())]).await;
        assert!(thief.left.is_none(), "{:?}", thief.left);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM consents WHERE account_id <> actor_id").await, 1, "the owner's");
        // Not even written into the session by somebody with the database.
        world.execute(&format!("UPDATE sessions SET acting = '[[\"real-estate-booking\",\"{mandate}\"]]'")).await;
        let mut world = world;
        world.restart().await;
        thief.router = world.router.clone();
        thief.get(&query(&challenge, &[LEGAL, NONE])).await;
        assert_eq!(param(&thief, "error").as_deref(), Some("account_selection_required"));
    }

    async fn a_client_outside_of_the_reach_is_shown_as_such_and_refused(world) {
        let _representative = signed_in(&world).await;
        let mut browser = migrate(&world, &ZHANGWEI).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let by = representative(&world, &id, "liming").await;
        let mandate = agent(&world, (&id, &by), "zhangwei", Some(&[RS256]), None).await;
        let (_, challenge) = pkce();
        browser.get(&query(&challenge, &[LEGAL])).await;
        assert!(browser.shows("您的授权不包括该应用") && !browser.shows(mandate.as_str()), "{}", browser.body);
        browser.submit(&[("choice", mandate.as_str())]).await;
        assert!(browser.status == 422 && browser.left.is_none());
        browser.get(&query(&challenge, &[LEGAL, NONE])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("account_selection_required"));
    }

    async fn a_kind_that_the_client_does_not_take_is_refused(world) {
        let mut world = world;
        let mut browser = signed_in(&world).await;
        let (_, challenge) = pkce();
        let social = [("client_id", RS256), ("redirect_uri", "https://social.example/callback?tenant=1")];
        browser.get(&query(&challenge, &[&social[..], &[LEGAL]].concat())).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("invalid_request"));
        world.advance(1);
        browser.get(&query(&challenge, &[&social[..], &[("account_kind", "individual"), SELECT]].concat())).await;
        assert!(browser.shows("选择账号") && !browser.shows("选择身份"), "{}", browser.body);
        world.restart_with(|config| config.clients[0].account_kinds = vec![guiyi::domain::account::AccountKind::LegalPerson]).await;
        browser.router = world.router.clone();
        browser.get(&query(&challenge, &[("account_kind", "individual")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("invalid_request"));
        browser.get(&query(&challenge, &[])).await;
        assert!(browser.shows("选择身份") && !browser.shows("自己<"), "no kind named: the only one: {}", browser.body);
    }

    async fn a_hint_of_a_unit_s_token_is_answered_about_that_unit(world) {
        let mut browser = signed_in(&world).await;
        let mut hints = Vec::new();
        for one in [Unit::YUNHAI, Unit::QINGSHAN] {
            let id = unit(&world, one).await;
            let mandate = representative(&world, &id, "liming").await;
            let (verifier, challenge) = pkce();
            let extra = [("scope", "openid organization"), SELECT];
            let code = acting_code(&mut browser, &challenge, &mandate, &extra).await;
            let (_, tokens) = redeem(&world, &code, &verifier).await;
            hints.push((tokens["id_token"].as_str().unwrap().to_owned(), one));
        }
        for (hint, one) in &hints {
            let (verifier, challenge) = pkce();
            browser.get(&query(&challenge, &[NONE, ("scope", "openid organization"), ("id_token_hint", hint)])).await;
            let (_, tokens) = redeem(&world, &param(&browser, "code").unwrap(), &verifier).await;
            assert_eq!(info(&world, &tokens).await["organization"]["credit_code"], one.code);
        }
        let mut other = migrate(&world, &ZHANGWEI).await;
        let (_, challenge) = pkce();
        other.get(&query(&challenge, &[NONE, ("id_token_hint", &hints[0].0)])).await;
        assert_eq!(param(&other, "error").as_deref(), Some("login_required"), "nobody else's");
    }

    async fn a_consent_page_answers_for_what_it_showed(world) {
        let browser = signed_in(&world).await;
        let mut mandates = Vec::new();
        for one in [Unit::YUNHAI, Unit::QINGSHAN] {
            let id = unit(&world, one).await;
            mandates.push(representative(&world, &id, "liming").await);
        }
        let (verifier, challenge) = pkce();
        let (mut first, mut second) = (browser.clone(), browser.clone());
        for (tab, mandate) in [(&mut first, &mandates[0]), (&mut second, &mandates[1])] {
            tab.get(&query(&challenge, &[LEGAL, SELECT, ("scope", "openid organization")])).await;
            tab.submit(&[("choice", mandate.as_str())]).await;
            assert!(tab.shows("授权登录"));
        }
        // The other tab has chosen since.
        first.submit(&[("decision", "allow")]).await;
        let (_, tokens) = redeem(&world, &param(&first, "code").unwrap(), &verifier).await;
        assert_eq!(info(&world, &tokens).await["organization"]["credit_code"], Unit::YUNHAI.code);
        assert_eq!(world.count("consents").await, 1, "for the one that was shown");
    }
}
