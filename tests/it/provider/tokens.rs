//! The token endpoint, userinfo, discovery and keys.

use super::*;
use crate::support::{BOOKING, PUBLIC, RS256, RS256_SECRET, RelyingParty, pkce, token, userinfo};
use axum::http::Request;
use tower::ServiceExt;

fn secret(world: &World) -> String {
    world.config.clients[0].secret.as_ref().unwrap().expose().to_owned()
}

pub async fn redeem(world: &World, code: &str, verifier: &str) -> (u16, serde_json::Value) {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", "http://localhost:8081/callback"),
        ("code_verifier", verifier),
    ];
    token(&world.router, Some((BOOKING, &secret(world))), &form).await
}

both! {
    async fn discovery_names_the_configured_issuer_whatever_the_host_header_says(world) {
        let request = Request::get("/.well-known/openid-configuration").header("host", "evil.example")
            .header("x-forwarded-host", "evil.example").body(axum::body::Body::empty()).unwrap();
        let response = world.router.clone().oneshot(request).await.unwrap();
        assert!(response.headers().contains_key("x-request-id"));
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(json["issuer"], "http://localhost:8080");
        assert_eq!(json["authorization_response_iss_parameter_supported"], true);
        assert_eq!(json["code_challenge_methods_supported"], serde_json::json!(["S256"]));
        assert!(!String::from_utf8_lossy(&body).contains("evil"));
    }

    async fn a_replayed_code_is_refused_and_revokes_what_it_gave(world) {
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let code = code(&mut browser, &challenge, &[]).await;
        let (status, tokens) = redeem(&world, &code, &verifier).await;
        assert_eq!(status, 200, "{tokens}");
        let access = tokens["access_token"].as_str().unwrap();
        assert_eq!(userinfo(&world.router, access).await.0, 200);
        let (status, error) = redeem(&world, &code, &verifier).await;
        assert_eq!((status, error["error"].as_str()), (400, Some("invalid_grant")));
        assert_eq!(userinfo(&world.router, access).await.0, 401);
    }

    async fn sixteen_redemptions_of_one_code_give_one_answer_and_leave_no_token_alive(world) {
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let code = code(&mut browser, &challenge, &[]).await;
        let mut set = tokio::task::JoinSet::new();
        let secret = secret(&world);
        for _ in 0..16 {
            let (router, code, verifier, secret) = (world.router.clone(), code.clone(), verifier.clone(), secret.clone());
            set.spawn(async move {
                let form = [("grant_type", "authorization_code"), ("code", &code),
                    ("redirect_uri", "http://localhost:8081/callback"), ("code_verifier", &verifier)];
                token(&router, Some((BOOKING, &secret)), &form).await
            });
        }
        let answers = set.join_all().await;
        let won: Vec<_> = answers.iter().filter(|(status, _)| *status == 200).collect();
        assert_eq!(won.len(), 1);
        assert_eq!(userinfo(&world.router, won[0].1["access_token"].as_str().unwrap()).await.0, 401);
        assert_eq!(world.count("grants").await, 1);
    }

    async fn of_codes_that_come_together_each_is_good_once_and_a_bad_one_spoils_no_other(world) {
        let mut good = signed_in(&world).await;
        let mut withdrawn = crate::migration::migrate(&world, &crate::migration::ZHANGWEI).await;
        let mut codes = Vec::new();
        for _ in 0..20 {
            for browser in [&mut good, &mut withdrawn] {
                let (verifier, challenge) = pkce();
                codes.push((code(browser, &challenge, &[]).await, verifier, codes.len() % 2 == 0));
            }
        }
        withdrawn.get("/account/consents").await;
        let csrf = withdrawn.csrf();
        withdrawn.post("/account/consents/revoke", &[("csrf", &csrf), ("client", BOOKING)]).await;
        let (mut set, secret) = (tokio::task::JoinSet::new(), secret(&world));
        for (code, verifier, good) in codes.iter().flat_map(|code| [code, code]).cloned() {
            let (router, secret) = (world.router.clone(), secret.clone());
            set.spawn(async move {
                let form = [("grant_type", "authorization_code"), ("code", &code),
                    ("redirect_uri", "http://localhost:8081/callback"), ("code_verifier", &verifier)];
                (good, token(&router, Some((BOOKING, &secret)), &form).await.0)
            });
        }
        let mut answers = std::collections::BTreeMap::new();
        for answer in set.join_all().await {
            *answers.entry(answer).or_insert(0) += 1;
        }
        let expected = [((false, 400), 40), ((true, 200), 20), ((true, 400), 20)];
        assert_eq!(answers, expected.into_iter().collect());
        assert_eq!(world.count("grants").await, 20);
    }

    async fn two_people_at_once_get_each_their_own_tokens(world) {
        let first = signed_in(&world).await;
        let second = crate::migration::migrate(&world, &crate::migration::ZHANGWEI).await;
        let mut set = tokio::task::JoinSet::new();
        for (browser, name) in [(first, "liming"), (second, "zhangwei")].into_iter().cycle().take(12) {
            let (router, secret) = (world.router.clone(), secret(&world));
            let mut browser = browser.clone();
            set.spawn(async move {
                let (verifier, challenge) = pkce();
                let code = super::code(&mut browser, &challenge, &[]).await;
                let form = [("grant_type", "authorization_code"), ("code", &code),
                    ("redirect_uri", "http://localhost:8081/callback"), ("code_verifier", &verifier)];
                let (_, tokens) = token(&router, Some((BOOKING, &secret)), &form).await;
                let info = userinfo(&router, tokens["access_token"].as_str().unwrap()).await.1;
                assert_eq!(info["preferred_username"], name);
            });
        }
        set.join_all().await;
    }

    async fn a_code_is_bound_to_client_redirect_uri_verifier_and_time(world) {
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let good = code(&mut browser, &challenge, &[]).await;
        let secret = secret(&world);
        let callback = "http://localhost:8081/callback";
        let base = [("grant_type", "authorization_code"), ("code", good.as_str())];
        let booking = Some((BOOKING, secret.as_str()));
        for (who, rest, error) in [
            (Some((RS256, RS256_SECRET)), vec![("redirect_uri", callback), ("code_verifier", verifier.as_str())], "invalid_grant"),
            (booking, vec![("redirect_uri", callback)], "invalid_grant"),
            (booking, vec![("redirect_uri", callback), ("code_verifier", "x")], "invalid_grant"),
            (booking, vec![("redirect_uri", callback), ("code_verifier", challenge.as_str())], "invalid_grant"),
            (booking, vec![("redirect_uri", "http://localhost:8081/other"), ("code_verifier", verifier.as_str())], "invalid_grant"),
            (booking, vec![("code_verifier", verifier.as_str())], "invalid_grant"),
            (Some((BOOKING, "wrong-secret")), vec![("redirect_uri", callback), ("code_verifier", verifier.as_str())], "invalid_client"),
            (Some(("nobody", "wrong-secret")), vec![("redirect_uri", callback)], "invalid_client"),
            (None, vec![("redirect_uri", callback), ("client_id", BOOKING), ("code_verifier", verifier.as_str())], "invalid_client"),
        ] {
            let form = [&base[..], &rest].concat();
            let (status, answer) = token(&world.router, who, &form).await;
            assert_eq!(answer["error"].as_str(), Some(error), "{rest:?}");
            assert_eq!(status, if error == "invalid_client" { 401 } else { 400 });
        }
        // None of that has used it up.
        world.advance(59);
        assert_eq!(redeem(&world, &good, &verifier).await.0, 200);
        let late = code(&mut browser, &challenge, &[]).await;
        world.advance(61);
        assert_eq!(redeem(&world, &late, &verifier).await.1["error"], "invalid_grant");
    }

    async fn a_verifier_for_a_code_without_a_challenge_is_refused(world) {
        let mut browser = signed_in(&world).await;
        let none = [("code_challenge", ""), ("code_challenge_method", "")];
        let code = code(&mut browser, "", &none).await;
        assert_eq!(redeem(&world, &code, &pkce().0).await.1["error"], "invalid_grant");
    }

    async fn client_secret_basic_is_form_encoded_and_nothing_else_is_taken(world) {
        let secret = secret(&world);
        let form = [("grant_type", "authorization_code"), ("code", "x"), ("client_secret", secret.as_str()), ("client_id", BOOKING)];
        assert_eq!(token(&world.router, None, &form).await.1["error"], "invalid_client", "no client_secret_post");
        let both = token(&world.router, Some((BOOKING, &secret)), &form).await;
        assert_eq!(both.1["error"], "invalid_request", "not in two ways");
        let encoded = format!("{}%2Destate-booking", "real");
        let (status, answer) = token(&world.router, Some((&encoded, &secret)), &[("grant_type", "authorization_code"), ("code", "x")]).await;
        assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_grant")), "the client was recognised");
        let (status, answer) = token(&world.router, Some((BOOKING, &secret)), &[("grant_type", "password")]).await;
        assert_eq!((status, answer["error"].as_str()), (400, Some("unsupported_grant_type")));
        let (_, answer) = token(&world.router, Some((BOOKING, &secret)), &[]).await;
        assert_eq!(answer["error"], "invalid_request");
    }

    async fn a_public_client_signs_in_with_pkce_alone(world) {
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let public = [("client_id", PUBLIC), ("redirect_uri", "cn.example.app:/callback")];
        let code = code(&mut browser, &challenge, &public).await;
        let form = [("grant_type", "authorization_code"), ("code", &code), ("client_id", PUBLIC),
            ("redirect_uri", "cn.example.app:/callback"), ("code_verifier", &verifier)];
        let (status, tokens) = token(&world.router, None, &form).await;
        assert_eq!(status, 200, "{tokens}");
        assert_eq!(tokens["token_type"], "Bearer");
        assert_eq!(tokens["scope"], "openid profile");
    }

    async fn rs256_and_pairwise_subjects_differ_by_sector_and_a_stranger_s_library_agrees(world) {
        let mut browser = signed_in(&world).await;
        let booking = RelyingParty::booking(&world).await;
        let social = RelyingParty::new(&world, RS256, Some(RS256_SECRET.into()), "https://social.example/callback?tenant=1").await;
        let mut subjects = Vec::new();
        for party in [&booking, &social, &booking] {
            let started = party.start(&["profile"], &[]);
            browser.get(&started.path.clone()).await;
            if browser.left.is_none() {
                browser.submit(&[("decision", "allow")]).await;
            }
            let back = browser.left.clone().unwrap();
            let (tokens, claims) = party.finish(started, &back).await;
            assert_eq!(party.userinfo(&tokens).await["sub"], claims.subject().as_str());
            subjects.push(claims.subject().to_string());
        }
        assert_ne!(subjects[0], subjects[1], "two sectors can't match their users");
        assert_eq!(subjects[0], subjects[2], "one client finds its own again");
    }

    async fn claims_follow_the_scopes(world) {
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let code = code(&mut browser, &challenge, &[("scope", "openid phone")]).await;
        let (_, tokens) = redeem(&world, &code, &verifier).await;
        let info = userinfo(&world.router, tokens["access_token"].as_str().unwrap()).await.1;
        let names: Vec<&str> = info.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["phone_number", "phone_number_verified", "sub"]);
    }

    async fn userinfo_refuses_what_is_no_live_token(world) {
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let code = code(&mut browser, &challenge, &[]).await;
        let (_, tokens) = redeem(&world, &code, &verifier).await;
        let access = tokens["access_token"].as_str().unwrap().to_owned();
        for bad in ["", "x", &code, tokens["id_token"].as_str().unwrap(), &access[..access.len() - 2]] {
            assert_eq!(userinfo(&world.router, bad).await.0, 401, "{bad}");
        }
        world.advance(10 * 60);
        assert_eq!(userinfo(&world.router, &access).await.0, 401, "expired");
    }

    async fn a_disabled_account_or_client_stops_codes_and_tokens(world) {
        let mut world = world;
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let first = code(&mut browser, &challenge, &[]).await;
        let access = redeem(&world, &first, &verifier).await.1["access_token"].as_str().unwrap().to_owned();
        let pending = code(&mut browser, &challenge, &[]).await;
        let id = world.text("SELECT id FROM accounts").await;
        let account = guiyi::ids::AccountId(id);
        let (now, told) = (world.clock.now(), guiyi::storage::accounts::cache_key(&account));
        world.app.db.write::<_, guiyi::storage::StorageError, _>(move |tx| Box::pin(async move {
            use guiyi::domain::account::AccountStatus;
            guiyi::storage::accounts::set_status(tx, &account, AccountStatus::Disabled, now).await
        })).await.unwrap();
        world.app.caches.forget(&told);
        assert_eq!(userinfo(&world.router, &access).await.0, 401);
        assert_eq!(redeem(&world, &pending, &verifier).await.1["error"], "invalid_grant");
        browser.get("/account").await;
        assert!(browser.at.starts_with("/login"));
        world.restart_with(|config| config.clients[0].enabled = false).await;
        assert_eq!(redeem(&world, &pending, &verifier).await.1["error"], "invalid_client");
    }
}
