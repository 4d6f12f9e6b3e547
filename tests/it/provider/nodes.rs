//! Two nodes on one database.

use super::*;
use crate::support::{BOOKING, pkce, token, userinfo};

both! {
    async fn what_one_node_revokes_the_other_forgets_within_a_second(world) {
        let (_app, other) = world.second_node().await;
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let code = code(&mut browser, &challenge, &[]).await;
        let secret = world.config.clients[0].secret.as_ref().unwrap().expose().to_owned();
        let form = [("grant_type", "authorization_code"), ("code", &code),
            ("redirect_uri", "http://localhost:8081/callback"), ("code_verifier", &verifier)];
        // Issued by one node, redeemed at the other, used at both.
        let (status, tokens) = token(&other, Some((BOOKING, &secret)), &form).await;
        assert_eq!(status, 200, "{tokens}");
        let access = tokens["access_token"].as_str().unwrap();
        assert_eq!(userinfo(&world.router, access).await.0, 200);
        assert_eq!(userinfo(&other, access).await.0, 200);
        let mut elsewhere = browser.clone();
        elsewhere.router = other.clone();
        elsewhere.get("/account").await;
        assert_eq!(elsewhere.at, "/account");
        // Signed out at one node.
        browser.get("/logout").await;
        browser.submit(&[]).await;
        world.advance(1);
        assert_eq!(userinfo(&other, access).await.0, 401);
        elsewhere.get("/account").await;
        assert!(elsewhere.at.starts_with("/login"), "the session is gone everywhere");
    }

    async fn what_was_just_allowed_at_one_node_isn_t_asked_again_at_the_other(world) {
        let (_app, other) = world.second_node().await;
        let mut browser = signed_in(&world).await;
        let mut elsewhere = browser.clone();
        elsewhere.router = other.clone();
        let (verifier, challenge) = pkce();
        let more = super::query(&challenge, &[("scope", "openid profile phone offline_access"), ("prompt", "consent")]);
        let silent = super::query(&challenge, &[("scope", "openid profile phone"), ("prompt", "none")]);
        // Both nodes remember what was allowed before.
        for browser in [&mut browser, &mut elsewhere] {
            browser.get(&silent).await;
            assert_eq!(param(browser, "error").as_deref(), Some("consent_required"), "{}", browser.at);
        }
        browser.get(&more).await;
        browser.submit(&[("decision", "allow")]).await;
        let code = param(&browser, "code").unwrap_or_else(|| panic!("{} {}", browser.at, browser.body));
        // In the same moment, at the other.
        elsewhere.get(&silent).await;
        assert!(param(&elsewhere, "code").is_some(), "{}", elsewhere.at);
        let secret = world.config.clients[0].secret.as_ref().unwrap().expose().to_owned();
        let form = [("grant_type", "authorization_code"), ("code", &code),
            ("redirect_uri", "http://localhost:8081/callback"), ("code_verifier", &verifier)];
        let (status, tokens) = token(&other, Some((BOOKING, &secret)), &form).await;
        assert_eq!(status, 200, "{tokens}");
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
        let (status, tokens) = token(&other, Some((BOOKING, &secret)), &refresh).await;
        assert_eq!(status, 200, "{tokens}");
    }

    async fn a_claim_that_was_just_allowed_is_told_by_the_other_node_too(world) {
        let (_app, other) = world.second_node().await;
        let mut browser = signed_in(&world).await;
        let mut elsewhere = browser.clone();
        elsewhere.router = other.clone();
        let (verifier, challenge) = pkce();
        // The other node remembers the scopes, and nothing of the claim.
        super::code(&mut elsewhere, &challenge, &[]).await;
        let claims = r#"{"userinfo":{"phone_number":null}}"#;
        browser.get(&super::query(&challenge, &[("claims", claims)])).await;
        browser.submit(&[("decision", "allow")]).await;
        let code = param(&browser, "code").unwrap_or_else(|| panic!("{} {}", browser.at, browser.body));
        let (status, tokens) = redeem(&world, &code, &verifier).await;
        assert_eq!(status, 200, "{tokens}");
        let (status, person) = userinfo(&other, tokens["access_token"].as_str().unwrap()).await;
        assert_eq!(status, 200, "in the same moment");
        assert!(person["phone_number"].is_string(), "{person}");
    }

    async fn a_code_is_redeemed_once_across_nodes(world) {
        let (_app, other) = world.second_node().await;
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let code = code(&mut browser, &challenge, &[]).await;
        let secret = world.config.clients[0].secret.as_ref().unwrap().expose().to_owned();
        let form = [("grant_type", "authorization_code"), ("code", &code),
            ("redirect_uri", "http://localhost:8081/callback"), ("code_verifier", &verifier)];
        let (a, b) = tokio::join!(
            token(&world.router, Some((BOOKING, &secret)), &form),
            token(&other, Some((BOOKING, &secret)), &form),
        );
        let mut statuses = [a.0, b.0];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400]);
        world.advance(1);
        let access = if a.0 == 200 { &a.1 } else { &b.1 }["access_token"].as_str().unwrap();
        for router in [&world.router, &other] {
            assert_eq!(userinfo(router, access).await.0, 401, "the replay revoked it on both nodes");
        }
    }
}
