//! The authorization endpoint.

use super::*;
use crate::support::{PUBLIC, RS256, pkce};

both! {
    async fn the_silent_path_shows_no_page_and_stores_nothing(world) {
        let mut browser = signed_in(&world).await;
        let (_, challenge) = pkce();
        code(&mut browser, &challenge, &[]).await;
        let before = world.count("interactions").await;
        let writes = world.count("audit").await;
        browser.once("GET", &query(&challenge, &[("prompt", "none")]), None).await;
        assert_eq!(browser.status, 303);
        let to = browser.headers["location"].to_str().unwrap().to_owned();
        assert!(to.starts_with("http://localhost:8081/callback?code="), "{to}");
        assert!(to.contains("&state=state-1") && to.contains("iss=http%3A%2F%2Flocalhost%3A8080"), "{to}");
        assert_eq!(world.count("interactions").await, before);
        assert_eq!(world.count("audit").await, writes);
    }

    async fn redirect_uris_are_compared_to_the_letter(world) {
        let mut browser = world.browser();
        let (_, challenge) = pkce();
        for uri in [
            "http://localhost:8081/callback/", "http://localhost:8081/callback?x=1", "http://localhost:8081/CALLBACK",
            "http://LOCALHOST:8081/callback", "http://localhost:8082/callback", "http://localhost/callback",
            "http://localhost:8081/callback#f", "http://localhost:8081/x/../callback", "http://localhost:8081//callback",
            "http://localhost:8081/callback%2f", "http://localhost:8081/%63allback", "http://user@localhost:8081/callback",
            "http://localhost:8081@evil.example/callback", "http://localhost.:8081/callback", "http://evil.example/callback",
            "https://localhost:8081/callback", "//localhost:8081/callback", "/callback", "javascript:alert(1)",
            "http://localhost:8081\\@evil.example/callback", "http://localhost:8081/callback\u{0020}", "*", "http://*/callback",
        ] {
            browser.get(&query(&challenge, &[("redirect_uri", uri)])).await;
            assert_eq!(browser.status, 400, "{uri}");
            assert!(browser.left.is_none(), "{uri} led to {:?}", browser.left);
            assert!(browser.shows("参考编号"), "{uri}");
        }
        browser.get(&query(&challenge, &[("redirect_uri", "")])).await;
        assert_eq!(browser.status, 400, "and it must be there");
    }

    async fn an_unknown_or_disabled_client_is_a_page_not_a_redirect(world) {
        let mut world = world;
        let (_, challenge) = pkce();
        let mut browser = world.browser();
        for id in ["nobody", "", "real-estate-booking\u{0}", "REAL-ESTATE-BOOKING"] {
            browser.get(&query(&challenge, &[("client_id", id)])).await;
            assert_eq!(browser.status, 400);
            assert!(browser.left.is_none());
        }
        world.restart_with(|config| config.clients[0].enabled = false).await;
        let mut browser = world.browser();
        browser.get(&query(&challenge, &[])).await;
        assert_eq!(browser.status, 400);
    }

    async fn faults_after_the_redirect_uri_go_back_to_the_client_with_state_and_iss(world) {
        let mut browser = world.browser();
        let (_, challenge) = pkce();
        for (name, value, error) in [
            ("response_type", "token", "unsupported_response_type"),
            ("response_type", "", "invalid_request"),
            ("response_mode", "query.jwt", "invalid_request"),
            ("response_mode", "FORM_POST", "invalid_request"),
            ("scope", "profile", "invalid_scope"),
            ("scope", "", "invalid_scope"),
            ("code_challenge", "short", "invalid_request"),
            ("code_challenge_method", "plain", "invalid_request"),
            ("code_challenge_method", "", "invalid_request"),
            ("prompt", "none login", "invalid_request"),
            ("prompt", "nonsense", "invalid_request"),
            ("max_age", "-1", "invalid_request"),
            ("max_age", "soon", "invalid_request"),
            ("account_kind", "robot", "invalid_request"),
            ("request", "eyJhbGciOiJub25lIn0..", "invalid_request_object"),
            ("request_uri", "https://evil.example/r", "invalid_request_uri"),
            ("registration", "{}", "registration_not_supported"),
        ] {
            browser.get(&query(&challenge, &[(name, value)])).await;
            assert_eq!(param(&browser, "error").as_deref(), Some(error), "{name}={value}");
            assert_eq!(param(&browser, "state").as_deref(), Some("state-1"));
            assert_eq!(param(&browser, "iss").as_deref(), Some("http://localhost:8080"));
            assert!(param(&browser, "code").is_none());
        }
    }

    async fn a_public_client_needs_pkce_and_a_scope_that_is_not_granted_is_refused(world) {
        let mut browser = world.browser();
        let (_, challenge) = pkce();
        let public = [("client_id", PUBLIC), ("redirect_uri", "cn.example.app:/callback"), ("scope", "openid")];
        let without = [&public[..], &[("code_challenge", ""), ("code_challenge_method", "")]].concat();
        browser.get(&query(&challenge, &without)).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("invalid_request"));
        let greedy = [("client_id", RS256), ("redirect_uri", "https://social.example/callback?tenant=1"), ("scope", "openid real_name")];
        browser.get(&query(&challenge, &greedy)).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("invalid_scope"), "real-name data is granted by name");
        assert_eq!(param(&browser, "tenant").as_deref(), Some("1"), "the registered query is kept");
    }

    async fn a_confidential_client_may_be_held_to_pkce(world) {
        let mut world = world;
        let mut browser = world.browser();
        let without = query("", &[("code_challenge", ""), ("code_challenge_method", ""), ("prompt", "none")]);
        browser.get(&without).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("login_required"), "one that can keep a secret needn't");
        world.restart_with(|config| config.clients[0].require_pkce = true).await;
        let mut browser = world.browser();
        browser.get(&without).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("invalid_request"));
        browser.get(&query(&pkce().1, &[("prompt", "none")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("login_required"));
    }

    async fn an_app_that_others_can_pass_themselves_off_as_gets_nothing_silently(world) {
        let mut world = world;
        let (_, challenge) = pkce();
        let mut browser = signed_in(&world).await;
        let app = [("client_id", PUBLIC), ("redirect_uri", "cn.example.app:/callback")];
        code(&mut browser, &challenge, &app).await;
        world.advance(1);
        browser.get(&query(&challenge, &app)).await;
        assert!(browser.left.is_none() && browser.shows("授权登录"), "whoever has the scheme gets it: the person decides");
        browser.submit(&[("decision", "allow")]).await;
        assert!(param(&browser, "code").is_some());
        browser.get(&query(&challenge, &[&app[..], &[("prompt", "none")]].concat())).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("consent_required"));
        // An https address is one app's alone, public client or not.
        let claimed = "https://app.example/callback";
        world.restart_with(|config| config.clients[2].metadata.redirect_uris.push(claimed.into())).await;
        browser.router = world.router.clone();
        browser.get(&query(&challenge, &[("client_id", PUBLIC), ("redirect_uri", claimed), ("prompt", "none")])).await;
        assert!(param(&browser, "code").is_some());
    }

    async fn prompt_none_shows_nothing(world) {
        let (_, challenge) = pkce();
        let mut browser = world.browser();
        browser.get(&query(&challenge, &[("prompt", "none")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("login_required"));
        let mut browser = signed_in(&world).await;
        browser.get(&query(&challenge, &[("prompt", "none"), ("scope", "openid real_name")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("consent_required"), "real-name data never goes silently");
        code(&mut browser, &challenge, &[("scope", "openid profile")]).await;
        browser.get(&query(&challenge, &[("prompt", "none"), ("scope", "openid profile real_name")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("consent_required"), "a smaller consent doesn't cover it");
    }

    async fn prompt_login_and_max_age_ask_for_the_password_again(world) {
        let (_, challenge) = pkce();
        let mut browser = signed_in(&world).await;
        code(&mut browser, &challenge, &[]).await;
        world.advance(60);
        for extra in [("prompt", "login"), ("max_age", "30"), ("max_age", "0")] {
            browser.get(&query(&challenge, &[extra])).await;
            assert!(browser.at.starts_with("/login?interaction="), "{extra:?} {}", browser.at);
            // Going on without signing in leads back to the login.
            let again = browser.at.replace("/login?interaction=", "/interaction/");
            browser.get(&again).await;
            assert!(browser.at.starts_with("/login"), "{extra:?}");
            browser.submit(&[("identifier", "liming"), ("password", crate::migration::NEW_PASSWORD)]).await;
            assert!(param(&browser, "code").is_some(), "{extra:?}");
            world.advance(60);
        }
        browser.get(&query(&challenge, &[("max_age", "3600")])).await;
        assert!(param(&browser, "code").is_some());
    }

    async fn prompt_consent_and_select_account_show_their_pages_once(world) {
        let (_, challenge) = pkce();
        let mut browser = signed_in(&world).await;
        code(&mut browser, &challenge, &[]).await;
        browser.get(&query(&challenge, &[("prompt", "consent")])).await;
        assert!(browser.shows("授权登录"));
        browser.submit(&[("decision", "deny")]).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("access_denied"));
        browser.get(&query(&challenge, &[("prompt", "consent")])).await;
        browser.submit(&[("decision", "allow")]).await;
        assert!(param(&browser, "code").is_some());
        world.advance(1);
        browser.get(&query(&challenge, &[("prompt", "select_account")])).await;
        assert!(browser.shows("选择身份") && browser.shows("自己") && browser.shows("l***g"));
        browser.submit(&[("choice", "this")]).await;
        assert!(param(&browser, "code").is_some());
        browser.get(&query(&challenge, &[("prompt", "select_account")])).await;
        browser.submit(&[("choice", "other")]).await;
        assert!(browser.at.starts_with("/login"));
    }

    async fn login_hint_fills_the_field_and_ui_locales_choose_the_language(world) {
        let (_, challenge) = pkce();
        let mut browser = world.browser();
        browser.get(&query(&challenge, &[("login_hint", "li\"ming<x>"), ("ui_locales", "fr en")])).await;
        assert!(browser.shows("<html lang=\"en\""), "the language of the request reaches the page: {}", browser.at);
        assert!(browser.body.contains("li&#34;ming&#60;x&#62;"), "{}", browser.body);
        assert!(browser.shows("Real-estate registration booking"));
    }

    async fn a_request_for_a_legal_person_does_not_give_out_an_individual(world) {
        let (_, challenge) = pkce();
        let mut browser = signed_in(&world).await;
        code(&mut browser, &challenge, &[]).await;
        browser.get(&query(&challenge, &[("account_kind", "legal_person")])).await;
        assert!(browser.shows("选择身份") && browser.shows("您还不能代表任何单位办理"), "{} {}", browser.at, browser.body);
        browser.submit(&[("choice", "this")]).await;
        assert!(browser.left.is_none() && browser.shows("选择身份"), "oneself isn't offered, and isn't taken");
        browser.get(&query(&challenge, &[("account_kind", "legal_person"), ("prompt", "none")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("account_selection_required"));
    }

    async fn a_post_goes_round_once_so_that_the_session_cookie_comes_along(world) {
        let (_, challenge) = pkce();
        let mut browser = signed_in(&world).await;
        code(&mut browser, &challenge, &[]).await;
        let body = query(&challenge, &[]).split_once('?').unwrap().1.to_owned();
        browser.request("POST", "/authorize", Some(body)).await;
        assert!(param(&browser, "code").is_some());
    }

    async fn an_interaction_belongs_to_its_browser_and_ends(world) {
        let (_, challenge) = pkce();
        let mut browser = world.browser();
        browser.get(&query(&challenge, &[])).await;
        let id = browser.at.replace("/login?interaction=", "/interaction/");
        let mut other = world.browser();
        other.get("/").await;
        other.get(&id).await;
        assert_eq!(other.status, 410);
        other.get(&id.replace("/interaction/", "/login?interaction=")).await;
        assert_eq!(other.status, 410);
        world.advance(3 * 60 * 60);
        browser.get(&id).await;
        assert_eq!(browser.status, 410);
    }

    async fn a_double_click_on_consent_still_leads_to_the_client(world) {
        let (_, challenge) = pkce();
        let mut browser = signed_in(&world).await;
        browser.get(&query(&challenge, &[])).await;
        let page = browser.clone();
        browser.submit(&[("decision", "allow")]).await;
        assert!(param(&browser, "code").is_some());
        let mut again = page;
        again.submit(&[("decision", "allow")]).await;
        assert!(param(&again, "code").is_some(), "the first answer was lost; the second leads on");
        world.advance(5 * 60);
        again.get(&again.at.replace("/consent", "")).await;
        assert_eq!(again.status, 410, "but not for long");
    }

    async fn consent_is_bound_to_its_interaction_and_can_not_be_framed(world) {
        let (_, challenge) = pkce();
        let mut browser = signed_in(&world).await;
        browser.get(&query(&challenge, &[])).await;
        let csp = browser.headers["content-security-policy"].to_str().unwrap().to_owned();
        assert!(csp.contains("frame-ancestors 'none'") && csp.contains("form-action 'self' http://localhost:8081;"), "{csp}");
        assert!(!csp.contains("script-src") && csp.contains("default-src 'none'"));
        assert_eq!(browser.headers["x-frame-options"], "DENY");
        assert_eq!(browser.headers["cache-control"], "no-store");
        assert_eq!(browser.headers["referrer-policy"], "no-referrer");
        let csrf = browser.form().1[0].1.clone();
        browser.post("/interaction/another/consent", &[("csrf", &csrf), ("decision", "allow")]).await;
        assert_eq!(browser.status, 410);
    }

    async fn an_id_token_hint_of_somebody_else_asks_for_the_sign_in(world) {
        let (verifier, challenge) = pkce();
        let mut browser = signed_in(&world).await;
        let code = code(&mut browser, &challenge, &[]).await;
        let hint = super::tokens::redeem(&world, &code, &verifier).await.1["id_token"].as_str().unwrap().to_owned();
        browser.get(&query(&challenge, &[("prompt", "none"), ("id_token_hint", &hint)])).await;
        assert!(param(&browser, "code").is_some());
        let mut other = crate::migration::migrate(&world, &crate::migration::ZHANGWEI).await;
        super::code(&mut other, &challenge, &[]).await;
        world.advance(1);
        other.get(&query(&challenge, &[("prompt", "none"), ("id_token_hint", &hint)])).await;
        assert_eq!(param(&other, "error").as_deref(), Some("login_required"));
        other.get(&query(&challenge, &[("id_token_hint", &hint)])).await;
        assert!(other.at.starts_with("/login"), "nor is it answered by the session that is there: {}", other.at);
        let mut forged = hint.clone();
        forged.replace_range(hint.len() - 6.., "AAAAAA");
        browser.get(&query(&challenge, &[("prompt", "none"), ("id_token_hint", &forged)])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("login_required"));
    }
}
