//! A consent that ends while something of it is under way.

use super::*;
use crate::support::{BOOKING, pkce, token, userinfo};

/// Takes the whole consent back, or one item of it.
async fn take_back(browser: &mut Browser, scope: &[(&str, &str)]) {
    browser.get("/account/consents").await;
    let csrf = browser.csrf();
    let fields = [&[("csrf", csrf.as_str()), ("client", BOOKING)], scope].concat();
    browser.post("/account/consents/revoke", &fields).await;
}

/// Both nodes know that profile and phone are allowed; a code for them from the second.
async fn allowed_at_both(world: &World, router: &axum::Router) -> (Browser, Browser) {
    let mut browser = signed_in(world).await;
    let (_, challenge) = pkce();
    code(&mut browser, &challenge, &[("scope", "openid profile phone")]).await;
    let mut elsewhere = browser.clone();
    elsewhere.router = router.clone();
    code(&mut elsewhere, &challenge, &[("scope", "openid profile phone")]).await;
    (browser, elsewhere)
}

both! {
    async fn a_node_that_has_not_heard_of_it_gives_nothing_that_was_taken_out(world) {
        let (_app, router) = world.second_node().await;
        let (mut browser, mut elsewhere) = allowed_at_both(&world, &router).await;
        take_back(&mut browser, &[("scope", "phone")]).await;
        // In the same moment: the other node still remembers the phone.
        let (verifier, challenge) = pkce();
        let silent = query(&challenge, &[("scope", "openid phone"), ("prompt", "none")]);
        elsewhere.get(&silent).await;
        let code = param(&elsewhere, "code").expect("a code of what was allowed");
        world.advance(1);
        let (status, answer) = redeem(&world, &code, &verifier).await;
        assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_grant")));
        elsewhere.get(&silent).await;
        assert_eq!(param(&elsewhere, "error").as_deref(), Some("consent_required"), "it has heard of it now");
        world.advance(1);
        let (verifier, challenge) = pkce();
        let code = super::code(&mut browser, &challenge, &[("scope", "openid profile")]).await;
        assert_eq!(redeem(&world, &code, &verifier).await.0, 200, "what is left is good soon after");
    }

    async fn a_token_without_a_consent_is_dead_even_if_its_grant_was_missed(world) {
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let code = code(&mut browser, &challenge, &[]).await;
        let (_, tokens) = redeem(&world, &code, &verifier).await;
        let access = tokens["access_token"].as_str().unwrap();
        assert_eq!(userinfo(&world.router, access).await.0, 200);
        take_back(&mut browser, &[]).await;
        // As if its redemption had run past the withdrawal: neither has seen the other.
        world.execute("UPDATE grants SET revoked_at = NULL").await;
        assert_eq!(world.scalar("SELECT COUNT(*) FROM grants WHERE revoked_at IS NULL").await, 1);
        world.advance(1);
        assert_eq!(userinfo(&world.router, access).await.0, 401);
    }

    async fn a_code_that_comes_again_after_the_sign_out_ends_what_outlived_the_session(world) {
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let asked = [("scope", "openid profile offline_access"), ("prompt", "consent")];
        let code = code(&mut browser, &challenge, &asked).await;
        let (status, stolen) = redeem(&world, &code, &verifier).await;
        assert_eq!(status, 200, "{stolen}");
        browser.get("/logout").await;
        browser.submit(&[]).await;
        let secret = world.config.clients[0].secret.as_ref().unwrap().expose().to_owned();
        let refresh = async |tokens: &serde_json::Value| {
            let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
            token(&world.router, Some((BOOKING, &secret)), &form).await.0
        };
        assert_eq!(refresh(&stolen).await, 200, "offline access outlives the session");
        assert_eq!(redeem(&world, &code, &verifier).await.0, 400);
        assert_eq!(refresh(&stolen).await, 400, "whoever came first with the code has nothing more");
    }
}
