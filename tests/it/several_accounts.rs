//! Several accounts in one browser: who is the current one, who is chosen, who is signed out.

use crate::migration::{LIMING, NEW_PASSWORD, ZHANGWEI, migrate};
use crate::provider::{code, param, query, redeem};
use crate::second_factors::login;
use crate::support::{BOOKING, Browser, World, part, pkce, userinfo};

/// Adds an account to those of the browser.
async fn add(browser: &mut Browser, name: &str) {
    browser.get("/account/switch").await;
    let add = browser.link("/login?keep=yes");
    browser.get(&add).await;
    browser.submit(&[("identifier", name), ("password", NEW_PASSWORD)]).await;
    assert_eq!(browser.at, "/account", "{}", browser.body);
}

/// 李明's and 张伟's accounts in one browser; the second is the current one.
async fn both(world: &World) -> Browser {
    migrate(world, &LIMING).await;
    migrate(world, &ZHANGWEI).await;
    world.advance(61);
    let mut browser = world.browser();
    login(&mut browser, "liming").await;
    add(&mut browser, "zhangwei").await;
    browser
}

fn id(cookie: &str) -> String {
    cookie.split_once('.').unwrap().0.to_owned()
}

fn current(browser: &Browser) -> String {
    browser.jar.get("guiyi_session").map(|cookie| id(cookie)).unwrap_or_default()
}

async fn shown(browser: &mut Browser) -> &'static str {
    browser.get("/account").await;
    match (browser.shows("liming"), browser.shows("zhangwei")) {
        (true, false) => "liming",
        (false, true) => "zhangwei",
        _ => "",
    }
}

async fn switch(browser: &mut Browser, to: &str) {
    // Any page's form token will do: the page itself has no form where nobody waits.
    browser.get("/account/address").await;
    let csrf = browser.csrf();
    browser.post("/account/switch", &[("csrf", &csrf), ("session", to)]).await;
}

/// Access token and ID token of the demonstration's client.
async fn tokens(world: &World, browser: &mut Browser, extra: &[(&str, &str)]) -> (String, String) {
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, extra).await;
    let (status, tokens) = redeem(world, &code, &verifier).await;
    assert_eq!(status, 200, "{tokens}");
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    (text("access_token"), text("id_token"))
}

both! {
    async fn a_second_account_is_added_on_purpose_only_and_switched_to_without_signing_in(world) {
        let mut browser = both(&world).await;
        assert_eq!(shown(&mut browser).await, "zhangwei");
        browser.get("/account/switch").await;
        assert!(browser.shows("李*") && browser.shows("l***g") && browser.shows("张*"), "{}", browser.body);
        assert!(!browser.shows("李明") && !browser.shows("张伟"), "masked");
        let first = id(&browser.jar["guiyi_aside"]);
        switch(&mut browser, &first).await;
        assert_eq!(shown(&mut browser).await, "liming");
        assert_eq!(current(&browser), first);
        switch(&mut browser, &first).await;
        assert_eq!(shown(&mut browser).await, "liming", "it is the current one already");
        // Without the wish to stay, everybody else is signed out, as ever.
        world.advance(61);
        login(&mut browser, "zhangwei").await;
        assert!(!browser.jar.contains_key("guiyi_aside"));
        assert_eq!(world.scalar("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL AND id NOT IN (SELECT id FROM journeys)").await, 1);
    }

    async fn a_sign_in_with_an_account_that_waits_goes_on_with_its_session(world) {
        let mut browser = both(&world).await;
        let waiting = id(&browser.jar["guiyi_aside"]);
        world.advance(61);
        add(&mut browser, "liming").await;
        assert_eq!(current(&browser), waiting);
        assert_eq!(browser.jar["guiyi_aside"].matches('~').count(), 0, "one of each");
        assert_eq!(shown(&mut browser).await, "liming");
    }

    async fn another_browser_s_session_can_not_be_switched_to(world) {
        let mut browser = both(&world).await;
        let mut thief = world.browser();
        login(&mut thief, "zhangwei").await;
        let victim = id(&browser.jar["guiyi_aside"]);
        switch(&mut thief, &victim).await;
        assert_eq!(shown(&mut thief).await, "zhangwei");
        thief.jar.insert("guiyi_aside".into(), format!("{victim}.guessed"));
        switch(&mut thief, &victim).await;
        assert_eq!(shown(&mut thief).await, "zhangwei", "the secret is asked for");
        thief.get("/account/switch").await;
        assert!(!thief.shows("l***g"));
        browser.post("/account/switch", &[("csrf", "wrong"), ("session", &victim)]).await;
        assert_eq!(browser.status, 403);
        assert_eq!(shown(&mut browser).await, "zhangwei");
    }

    async fn select_account_lists_them_and_answers_for_the_one_that_is_chosen(world) {
        let mut browser = both(&world).await;
        let (_, one) = tokens(&world, &mut browser, &[]).await;
        let (verifier, challenge) = pkce();
        browser.get(&query(&challenge, &[("prompt", "select_account")])).await;
        assert!(browser.shows("l***g") && browser.shows("z***i"), "{}", browser.body);
        let other = format!("account {}", id(&browser.jar["guiyi_aside"]));
        browser.submit(&[("choice", &other)]).await;
        // A client that takes units asks whom to act for; then for consent.
        while browser.left.is_none() {
            let choice = if browser.shows("授权登录") { ("decision", "allow") } else { ("choice", "this") };
            browser.submit(&[choice]).await;
        }
        let (status, answer) = redeem(&world, &param(&browser, "code").unwrap(), &verifier).await;
        assert_eq!(status, 200, "{answer}");
        assert_ne!(part(answer["id_token"].as_str().unwrap(), 1)["sub"], part(&one, 1)["sub"]);
        assert_eq!(shown(&mut browser).await, "liming");
        browser.get(&query(&challenge, &[("prompt", "none select_account")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("invalid_request"));
    }

    async fn a_hint_finds_the_account_that_waits_silently_and_changes_nobody_s_current_one(world) {
        let mut browser = both(&world).await;
        let (_, second) = tokens(&world, &mut browser, &[]).await;
        let first = id(&browser.jar["guiyi_aside"]);
        switch(&mut browser, &first).await;
        let (_, one) = tokens(&world, &mut browser, &[]).await;
        let before = browser.jar.clone();
        for (extra, wanted) in [
            (("id_token_hint", second.as_str()), &second),
            (("id_token_hint", one.as_str()), &one),
            (("login_hint", "ZhangWei"), &second),
            (("login_hint", "nobody-here"), &one),
        ] {
            let (_, token) = tokens(&world, &mut browser, &[("prompt", "none"), extra]).await;
            assert_eq!(part(&token, 1)["sub"], part(wanted, 1)["sub"], "{extra:?}");
            assert_eq!(part(&token, 1)["sid"], part(wanted, 1)["sid"], "{extra:?}");
            assert_eq!(browser.jar, before, "nothing changes in the browser");
        }
        // Where a page is needed it is about the named account, which is the current one from then on.
        let (_, challenge) = pkce();
        browser.get(&query(&challenge, &[("scope", "openid phone"), ("id_token_hint", &second)])).await;
        assert!(browser.shows("授权登录") && browser.shows("z***i"), "{}", browser.body);
        browser.submit(&[("decision", "allow")]).await;
        assert!(param(&browser, "code").is_some());
        assert_eq!(shown(&mut browser).await, "zhangwei");
    }

    async fn session_state_is_the_browser_s_whichever_account_the_answer_is_about(world) {
        let mut browser = both(&world).await;
        let (_, second) = tokens(&world, &mut browser, &[]).await;
        let first = id(&browser.jar["guiyi_aside"]);
        switch(&mut browser, &first).await;
        tokens(&world, &mut browser, &[]).await;
        let (_, challenge) = pkce();
        browser.get(&query(&challenge, &[("prompt", "none"), ("id_token_hint", &second)])).await;
        let state = param(&browser, "session_state").unwrap();
        let (hash, salt) = state.split_once('.').unwrap();
        let now = &browser.jar["guiyi_state"];
        assert_eq!(hash, guiyi::crypto::sha256(&format!("{BOOKING} http://localhost:8081 {now} {salt}")), "or it would change for ever");
    }

    async fn a_relying_party_s_logout_ends_the_session_that_its_hint_names_and_no_other(world) {
        let mut browser = both(&world).await;
        let (second_access, second) = tokens(&world, &mut browser, &[]).await;
        let first_id = id(&browser.jar["guiyi_aside"]);
        switch(&mut browser, &first_id).await;
        let (first_access, first) = tokens(&world, &mut browser, &[]).await;
        browser.get(&format!("/logout?id_token_hint={second}")).await;
        assert_eq!(userinfo(&world.router, &second_access).await.0, 401);
        assert_eq!(userinfo(&world.router, &first_access).await.0, 200);
        assert_eq!(shown(&mut browser).await, "liming");
        assert!(!browser.jar.contains_key("guiyi_aside"));
        world.advance(61);
        add(&mut browser, "zhangwei").await;
        switch(&mut browser, &first_id).await;
        browser.get(&format!("/logout?id_token_hint={first}")).await;
        assert_eq!(userinfo(&world.router, &first_access).await.0, 401);
        // Nobody slips into the place of the one who has signed out.
        let (_, challenge) = pkce();
        browser.get(&query(&challenge, &[("prompt", "none")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("login_required"));
        browser.get(&query(&challenge, &[])).await;
        assert!(browser.at.starts_with("/login?interaction=") && browser.shows("z***i") && !browser.shows("l***g"), "{}", browser.body);
        let other = id(&browser.jar["guiyi_aside"]);
        browser.submit(&[("session", &other)]).await;
        assert!(param(&browser, "code").is_some(), "{}", browser.body);
        assert_eq!(shown(&mut browser).await, "zhangwei");
    }

    async fn one_or_all_are_signed_out(world) {
        let mut browser = both(&world).await;
        let kept = browser.jar.clone();
        browser.get("/logout").await;
        assert!(browser.shows("退出全部账号") && browser.shows("只退出当前账号"), "{}", browser.body);
        browser.submit(&[("one", "yes")]).await;
        assert!(browser.shows("已退出登录") && !browser.jar.contains_key("guiyi_session"));
        assert_ne!(browser.jar.get("guiyi_browser"), kept.get("guiyi_browser"), "what was bound to the browser is gone");
        browser.get("/login").await;
        let other = id(&browser.jar["guiyi_aside"]);
        browser.submit(&[("session", &other)]).await;
        assert_eq!(shown(&mut browser).await, "liming");
        world.advance(61);
        add(&mut browser, "zhangwei").await;
        let kept = browser.jar.clone();
        browser.get("/logout").await;
        browser.submit(&[]).await;
        assert!(!browser.jar.contains_key("guiyi_session") && !browser.jar.contains_key("guiyi_aside"));
        let mut thief = world.browser();
        thief.jar = kept;
        assert_eq!(shown(&mut thief).await, "");
        thief.get("/login").await;
        assert!(!thief.shows("l***g") && !thief.shows("z***i"), "all of them have ended");
    }

    async fn one_that_waits_is_signed_out_from_the_list(world) {
        let mut browser = both(&world).await;
        let waiting = id(&browser.jar["guiyi_aside"]);
        browser.get("/account/switch").await;
        let csrf = browser.csrf();
        browser.post("/account/switch/end", &[("csrf", &csrf), ("session", &waiting)]).await;
        assert!(!browser.shows("l***g") && !browser.jar.contains_key("guiyi_aside"));
        assert_eq!(shown(&mut browser).await, "zhangwei");
        assert_eq!(world.scalar(&format!("SELECT COUNT(*) FROM sessions WHERE id = '{waiting}' AND ended_at IS NULL")).await, 0);
    }

    async fn one_that_waits_goes_idle_even_if_it_is_looked_at(world) {
        let mut browser = both(&world).await;
        for _ in 0..4 {
            world.advance(10 * 60);
            browser.get("/account/switch").await;
        }
        assert!(browser.shows("z***i") && !browser.shows("l***g"), "{}", browser.body);
        let waiting = id(&browser.jar["guiyi_aside"]);
        switch(&mut browser, &waiting).await;
        assert_eq!(shown(&mut browser).await, "zhangwei");
    }
}
