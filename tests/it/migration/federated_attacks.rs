//! What a federated system's answer must not be able to do (docs/security.md names these tests).

use super::federated::{come_back, login_with_police, migrate_from_police};
use super::*;
use crate::support::{Rogue, Token, at_police, parameter};
use serde_json::json;

/// The portal with providers that do as they are told, as the systems `sft`, `fgw`, …
async fn with_rogues<const N: usize>(world: &mut World) -> [Rogue; N] {
    let mut rogues = Vec::new();
    for id in ["sft", "fgw"].into_iter().take(N) {
        let rogue = Rogue::start().await;
        rogues.push((rogue.system(id), rogue));
    }
    let (systems, rogues): (Vec<_>, Vec<_>) = rogues.into_iter().unzip();
    world.restart_with(|config| config.systems.extend(systems)).await;
    rogues.try_into().ok().unwrap()
}

/// To the page of a provider, which nobody has to look at.
async fn to_provider(world: &World, system: &str) -> Browser {
    let mut browser = world.browser();
    to_sign_in_at(&mut browser, "/migrate", system).await;
    browser.submit(&[]).await;
    browser
}

/// Nothing came of it: a clear page with a way on, and nobody is proven or signed in.
async fn refused(world: &World, browser: &Browser) {
    assert!(browser.shows("未通过校验") && browser.shows("重试") && browser.shows("选择其他系统"), "{}", browser.body);
    assert!(!browser.jar.contains_key("guiyi_session"));
    let proven = "SELECT COUNT(*) FROM audit WHERE event = 'journey.upstream_proven'";
    assert_eq!(world.scalar(proven).await, 0);
}

both! {
    async fn an_answer_that_nobody_asked_for_is_refused(world) {
        let mut asked = world.browser();
        login_with_police(&mut asked, "/login").await;
        let back = at_police(&asked, "fangjing", "Quiet+garden+61").await;
        let without_state = back.replace("state=", "other=");
        let other_state = format!("{}x", back);
        for path in ["/upstream/callback", "/upstream/callback?code=x&state=y", &without_state, &other_state] {
            let mut browser = world.browser();
            browser.jar = asked.jar.clone();
            let path = if path == other_state { back.replace("state=", "state=x") } else { path.to_owned() };
            browser.get(&path).await;
            assert_eq!(browser.status, 410, "{path}");
            assert!(!browser.jar.contains_key("guiyi_session"));
        }
    }

    async fn an_answer_is_good_once_for_ten_minutes_and_in_its_own_browser(world) {
        migrate_from_police(&world).await;
        let mut owner = world.browser();
        login_with_police(&mut owner, "/login").await;
        let back = at_police(&owner, "fangjing", "Quiet+garden+61").await;
        // Login CSRF: somebody else is made to open the answer to a sign-in of another browser.
        let mut victim = world.browser();
        victim.get("/").await;
        victim.get(&back).await;
        assert_eq!(victim.status, 410);
        assert!(!victim.jar.contains_key("guiyi_session"));
        owner.get(&back).await;
        assert_eq!(owner.at, "/account", "the attempt elsewhere has spoilt nothing");
        owner.jar.remove("guiyi_session");
        owner.get(&back).await;
        assert!(owner.at.starts_with("/login") && !owner.jar.contains_key("guiyi_session"), "once: {}", owner.at);
        let mut late = world.browser();
        login_with_police(&mut late, "/login").await;
        let back = at_police(&late, "fangjing", "Quiet+garden+61").await;
        world.advance(10 * 60 + 1);
        late.get(&back).await;
        assert!(late.at.starts_with("/login") && !late.jar.contains_key("guiyi_session"), "late: {}", late.at);
    }

    async fn an_id_token_must_be_meant_for_this_sign_in(world) {
        let mut world = world;
        let [rogue] = with_rogues(&mut world).await;
        let now = 1_795_485_600;
        for (token, claims) in [
            (Token::Signed, json!({ "nonce": "another" })),
            (Token::Signed, json!({ "nonce": null })),
            (Token::Signed, json!({ "aud": "another" })),
            (Token::Signed, json!({ "aud": ["portal", "another"] })),
            (Token::Signed, json!({ "azp": "another" })),
            (Token::Signed, json!({ "iss": "https://another.example" })),
            (Token::Signed, json!({ "exp": now - 1 })),
            (Token::Signed, json!({ "auth_time": now - 3600 })),
            (Token::Signed, json!({ "sub": "" })),
            (Token::Foreign, json!({})),
            (Token::None, json!({})),
            (Token::Hmac, json!({})),
        ] {
            let mut browser = to_provider(&world, "sft").await;
            let back = rogue.answer(&browser, token, &claims, &json!({}), "c");
            browser.get(&back).await;
            assert_eq!(browser.status, 502, "{claims}");
            refused(&world, &browser).await;
        }
        let mut browser = to_provider(&world, "sft").await;
        let back = rogue.answer(&browser, Token::Signed, &json!({}), &json!({}), "c");
        browser.get(&back).await;
        assert!(browser.at.ends_with("/agreement"), "only the one in order is taken: {}", browser.body);
    }

    async fn userinfo_of_another_subject_is_refused(world) {
        let mut world = world;
        let [rogue] = with_rogues(&mut world).await;
        for info in [json!({ "sub": "rogue-2" }), json!({ "sub": "Rogue-1" })] {
            let mut browser = to_provider(&world, "sft").await;
            let back = rogue.answer(&browser, Token::Signed, &json!({}), &info, "c");
            browser.get(&back).await;
            refused(&world, &browser).await;
        }
    }

    async fn two_providers_can_not_be_mixed_up(world) {
        let mut world = world;
        let [honest, attacker] = with_rogues(&mut world).await;
        let mut browser = to_provider(&world, "fgw").await;
        assert!(parameter(&browser, "redirect_uri").ends_with("/upstream/callback"));
        // The code of the honest one comes back to the sign-in at the attacker's, who would be brought it.
        let right = attacker.answer(&browser, Token::Signed, &json!({}), &json!({}), "honest-code");
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let (own, other) = (encode(&attacker.issuer), encode(&honest.issuer));
        browser.get(&right.replace(&own, &other)).await;
        refused(&world, &browser).await;
        let mut without = to_provider(&world, "fgw").await;
        let back = attacker.answer(&without, Token::Signed, &json!({}), &json!({}), "honest-code");
        without.get(back.split("&iss=").next().unwrap()).await;
        refused(&world, &without).await;
        assert!(attacker.redeemed().is_empty() && honest.redeemed().is_empty(), "the code went nowhere");
    }

    async fn an_error_of_another_provider_is_not_believed(world) {
        let mut world = world;
        let [_honest, attacker] = with_rogues(&mut world).await;
        let mut browser = to_provider(&world, "sft").await;
        let state = parameter(&browser, "state");
        browser.get(&format!("/upstream/callback?error=access_denied&state={state}&iss={}", attacker.issuer)).await;
        refused(&world, &browser).await;
    }

    async fn a_code_of_another_sign_in_is_worthless(world) {
        let mut thief = world.browser();
        let mut victim = world.browser();
        for browser in [&mut thief, &mut victim] {
            to_sign_in_at(browser, "/migrate", "gat").await;
            browser.submit(&[]).await;
        }
        let stolen = at_police(&victim, "fangjing", "Quiet+garden+61").await;
        let own = parameter(&thief, "state");
        let theirs = parameter(&victim, "state");
        thief.get(&stolen.replace(&theirs, &own)).await;
        refused(&world, &thief).await;
    }

    async fn another_issuer_in_the_metadata_is_refused(world) {
        let mut world = world;
        let rogue = Rogue::start().await;
        let mut system = rogue.system("sft");
        let guiyi::config::Connector::OpenidConnect(provider) = &mut system.connector else { unreachable!() };
        provider.issuer = rogue.issuer.replace("127.0.0.1", "localhost");
        world.restart_with(|config| config.systems.push(system)).await;
        let browser = to_provider(&world, "sft").await;
        assert_eq!(browser.status, 503, "{}", browser.body);
        assert!(browser.left.is_none());
    }

    async fn an_unlinked_subject_with_somebody_s_name_phone_and_e_mail_is_nobody(world) {
        let fang = Person { account: "wangfang", password: "123456", name: "王芳",
            number: "340103199211079980", gender: "2", ethnic: "01", phone: "19900000002" };
        migrate(&world, &fang).await;
        world.advance(61);
        let mut browser = world.browser();
        login_with_police(&mut browser, "/login").await;
        come_back(&mut browser, "wangfang", "Other+person+17").await;
        assert!(browser.at.ends_with("/agreement") && !browser.jar.contains_key("guiyi_session"), "{}", browser.at);
        browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
        assert!(browser.at.ends_with("/user-name"), "a new account of another person: {}", browser.at);
        assert!(browser.error("user_name"), "whose user name is taken");
        assert_eq!(world.count("legacy_links").await, 1);
    }

    async fn a_system_switched_off_in_the_middle_is_refused_on_the_way_back(world) {
        let mut world = world;
        migrate_from_police(&world).await;
        let mut step = world.browser();
        to_sign_in_at(&mut step, "/migrate", "gat").await;
        step.submit(&[]).await;
        let mut login = world.browser();
        login_with_police(&mut login, "/login").await;
        let backs = [
            at_police(&step, "suqiang", "Half-way-there-3").await,
            at_police(&login, "fangjing", "Quiet+garden+61").await,
        ];
        world.restart_with(|config| config.systems[2].enabled = false).await;
        (step.router, login.router) = (world.router.clone(), world.router.clone());
        step.get(&backs[0]).await;
        assert!(step.shows("停止接入") && step.shows("选择其他系统"), "{}", step.body);
        login.get(&backs[1]).await;
        assert!(login.error("federated") && !login.jar.contains_key("guiyi_session"), "{}", login.body);
    }

    async fn a_disabled_account_does_not_sign_in_over_there_either(world) {
        migrate_from_police(&world).await;
        world.execute("UPDATE accounts SET status = 'disabled'").await;
        let mut world = world;
        world.restart().await;
        let mut browser = world.browser();
        login_with_police(&mut browser, "/login").await;
        come_back(&mut browser, "fangjing", "Quiet+garden+61").await;
        assert!(browser.error("federated") && !browser.jar.contains_key("guiyi_session"), "{}", browser.body);
    }

    async fn a_system_that_is_no_way_to_sign_in_can_not_be_made_one(world) {
        let mut browser = world.browser();
        browser.get("/login").await;
        let csrf = browser.csrf();
        for system in ["hefei", "jyt", "nowhere", ""] {
            browser.post("/upstream/sign-in", &[("csrf", &csrf), ("system", system)]).await;
            assert!(browser.error("federated") && browser.left.is_none(), "{system}");
        }
        browser.post("/upstream/sign-in", &[("csrf", "x"), ("system", "gat")]).await;
        assert_eq!(browser.status, 403, "nor can another site begin one");
    }

    async fn what_is_asked_of_a_provider_is_sealed_at_rest_and_swept(world) {
        let browser = to_provider(&world, "gat").await;
        let dump = world.dump("upstream_sign_ins").await;
        for name in ["state", "nonce"] {
            assert!(!dump.contains(&parameter(&browser, name)), "{name}");
        }
        world.advance(11 * 60);
        let now = world.clock.now();
        let sweep = world.app.db.write(move |tx| Box::pin(guiyi::storage::sweep::sweep(tx, now)));
        sweep.await.unwrap();
        assert_eq!(world.count("upstream_sign_ins").await, 0);
    }
}
