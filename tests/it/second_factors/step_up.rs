//! A client that wants more than the session has (OpenID Connect Core, section 5.5.1.1; RFC 9470).

use serde_json::json;

use super::*;
use crate::provider::{param, payload, query, redeem};
use crate::support::pkce;

const A2: &str = "urn:guiyi:i2:a2";
const A3: &str = "urn:guiyi:i2:a3";

both! {
    async fn acr_values_lead_to_the_second_factor_and_the_tokens_say_so(world) {
        let (mut browser, secret, _) = with_app(&world).await;
        browser.jar.remove("guiyi_session");
        browser.jar.remove("guiyi_known");
        login(&mut browser, "liming").await;
        browser.submit(&[("code", &shown(&world, &secret)), ("remember", "yes")]).await;
        browser.jar.remove("guiyi_session");
        login(&mut browser, "liming").await;
        let before = browser.jar["guiyi_session"].clone();
        world.advance(61);
        let (verifier, challenge) = pkce();
        browser.get(&query(&challenge, &[("acr_values", A2)])).await;
        assert!(browser.at.starts_with("/login/step-up"), "{}", browser.at);
        browser.submit(&[]).await;
        browser.submit(&[("code", &shown(&world, &secret))]).await;
        if browser.left.is_none() {
            browser.submit(&[("decision", "allow")]).await;
        }
        let code = param(&browser, "code").unwrap();
        let id = payload(&redeem(&world, &code, &verifier).await.1);
        assert_eq!(id["acr"], A2);
        assert_eq!(id["amr"], json!(["pwd", "otp", "urn:guiyi:app"]));
        assert_ne!(browser.jar["guiyi_session"], before, "a stronger session has another cookie");
        let mut old = browser.clone();
        old.jar.insert("guiyi_session".into(), before);
        old.get("/account").await;
        assert!(old.at.starts_with("/login"), "and the one of before opens nothing");
        // It stands for the next one, silently.
        browser.get(&query(&challenge, &[("acr_values", A2), ("prompt", "none")])).await;
        assert!(param(&browser, "code").is_some());
    }

    async fn what_is_only_welcome_is_no_condition_and_what_is_essential_is(world) {
        let mut browser = migrate(&world, &LIMING).await;
        world.advance(61);
        let (_, challenge) = pkce();
        let essential = |acr: &str| json!({ "id_token": { "acr": { "essential": true, "values": [acr] } } }).to_string();
        browser.get(&query(&challenge, &[("acr_values", A3)])).await;
        if browser.left.is_none() {
            browser.submit(&[("decision", "allow")]).await;
        }
        assert!(param(&browser, "code").is_some(), "no passkey: it goes on without");
        browser.get(&query(&challenge, &[("acr_values", A2), ("prompt", "none")])).await;
        assert!(param(&browser, "code").is_some(), "a silent request goes on without");
        browser.get(&query(&challenge, &[("claims", &essential(A2)), ("prompt", "none")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("login_required"));
        browser.get(&query(&challenge, &[("claims", &essential(A3))])).await;
        assert!(browser.at.starts_with("/login"), "a sign-in may help, once");
        browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("unmet_authentication_requirements"));
        // By SMS, for whoever has nothing else.
        browser.get(&query(&challenge, &[("claims", &essential(A2))])).await;
        assert!(browser.at.starts_with("/login/step-up"), "{}", browser.at);
        browser.submit(&[]).await;
        let code = world.code(LIMING.phone).await;
        browser.submit(&[("code", &code)]).await;
        assert!(param(&browser, "code").is_some());
    }

    async fn a_step_up_s_ticket_is_no_sign_in(world) {
        let (_, secret, _) = with_app(&world).await;
        let mut browser = world.browser();
        let (_, challenge) = pkce();
        login(&mut browser, "liming").await;
        browser.submit(&[("code", &shown(&world, &secret))]).await;
        let fresh = world.scalar("SELECT MAX(authenticated_at) FROM sessions").await;
        world.advance(20 * 60);
        browser.get(&query(&challenge, &[("acr_values", A3)])).await;
        browser.get("/account/factors").await;
        let csrf = browser.csrf();
        browser.post("/login/step-up", &[("csrf", &csrf)]).await;
        // Whatever the form says it is for, the sealed ticket knows: the sign-in grows no younger by it.
        browser.submit(&[("code", &shown(&world, &secret)), ("tab", "confirm"), ("to", "/account/password")]).await;
        assert_eq!(browser.at, "/account", "{}", browser.body);
        assert_eq!(world.scalar("SELECT MAX(authenticated_at) FROM sessions").await, fresh);
        browser.get("/account/password").await;
        assert!(browser.at.starts_with("/account/confirm"), "{}", browser.at);
        // Nor does it open anything once the session has gone.
        browser.post("/login/step-up", &[("csrf", &csrf)]).await;
        world.advance(31);
        let code = shown(&world, &secret);
        browser.jar.remove("guiyi_session");
        browser.submit(&[("code", &code), ("tab", "individual")]).await;
        assert!(browser.status == 410 && !browser.jar.contains_key("guiyi_session"), "{}", browser.status);
    }
}
