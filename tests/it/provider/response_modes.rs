//! Response modes: query, fragment, form_post.

use super::*;
use crate::support::{PUBLIC, pkce};

const FORM: (&str, &str) = ("response_mode", "form_post");

/// A field of the form that the page would post to the client.
fn field(browser: &Browser, name: &str) -> Option<String> {
    let (action, fields) = browser.form();
    assert_eq!(action, "http://localhost:8081/callback");
    fields.into_iter().find(|(n, _)| n == name).map(|(_, value)| value)
}

/// The page of the answer: nothing of it is in an address or is kept, and nobody frames it.
fn is_safe(browser: &Browser) {
    assert_eq!(browser.status, 200, "{}", browser.body);
    assert!(browser.left.is_none() && !browser.headers.contains_key("location"));
    assert_eq!(browser.headers["cache-control"], "no-store");
    assert_eq!(browser.headers["referrer-policy"], "no-referrer");
    let csp = browser.headers["content-security-policy"].to_str().unwrap();
    assert!(
        csp.contains("form-action 'self' http://localhost:8081;") && csp.contains("frame-ancestors 'none'"),
        "{csp}"
    );
    assert!(csp.contains("script-src 'self';") && !csp.contains("unsafe"), "{csp}");
    assert!(browser.shows("<button id=\"continue\">"), "it works without a script");
    assert!(browser.shows("<script src=\"/assets/form_post.js\"></script>") && !browser.shows("onload"));
}

both! {
    async fn form_post_carries_the_code_in_a_form_on_the_silent_path_too(world) {
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        browser.get(&query(&challenge, &[FORM])).await;
        if browser.shows("name=\"decision\"") {
            browser.submit(&[("decision", "allow")]).await;
        }
        is_safe(&browser);
        for extra in [&[FORM][..], &[FORM, ("prompt", "none")]] {
            browser.once("GET", &query(&challenge, extra), None).await;
            is_safe(&browser);
            assert_eq!(field(&browser, "state").as_deref(), Some("state-1"));
            assert_eq!(field(&browser, "iss").as_deref(), Some("http://localhost:8080"));
            let code = field(&browser, "code").unwrap();
            let (status, tokens) = redeem(&world, &code, &verifier).await;
            assert_eq!(status, 200, "{tokens}");
        }
        browser.language = "en".into();
        browser.once("GET", &query(&challenge, &[FORM, ("prompt", "none")]), None).await;
        assert!(browser.shows("Continue"));
        browser.once("GET", "/assets/form_post.js", None).await;
        assert_eq!(browser.headers["content-type"], "text/javascript; charset=utf-8");
    }

    async fn form_post_is_kept_through_the_sign_in_and_carries_errors(world) {
        let (_, challenge) = pkce();
        let mut browser = world.browser();
        browser.once("GET", &query(&challenge, &[FORM, ("prompt", "none")]), None).await;
        is_safe(&browser);
        assert_eq!(field(&browser, "error").as_deref(), Some("login_required"));
        assert_eq!(field(&browser, "state").as_deref(), Some("state-1"));
        browser.once("GET", &query(&challenge, &[FORM, ("scope", "profile")]), None).await;
        is_safe(&browser);
        assert_eq!(field(&browser, "error").as_deref(), Some("invalid_scope"));
        let mut browser = signed_in(&world).await;
        browser.get(&query(&challenge, &[FORM, ("prompt", "consent")])).await;
        browser.submit(&[("decision", "deny")]).await;
        is_safe(&browser);
        assert_eq!(field(&browser, "error").as_deref(), Some("access_denied"));
    }

    async fn fragment_carries_code_and_errors_in_the_fragment(world) {
        let (verifier, challenge) = pkce();
        let mode = ("response_mode", "fragment");
        let mut browser = signed_in(&world).await;
        code(&mut browser, &challenge, &[]).await;
        browser.get(&query(&challenge, &[mode])).await;
        let left = url::Url::parse(browser.left.as_ref().unwrap()).unwrap();
        assert!(left.query().is_none());
        let pairs: std::collections::BTreeMap<String, String> =
            url::form_urlencoded::parse(left.fragment().unwrap().as_bytes()).into_owned().collect();
        assert_eq!(pairs["state"], "state-1");
        assert_eq!(pairs["iss"], "http://localhost:8080");
        assert_eq!(redeem(&world, &pairs["code"], &verifier).await.0, 200);
        browser.get(&query(&challenge, &[mode, ("scope", "profile")])).await;
        assert!(browser.left.as_ref().unwrap().contains("#error=invalid_scope&"));
    }

    async fn a_mode_that_the_redirect_uri_can_not_take_is_an_error_in_the_default_mode(world) {
        let (_, challenge) = pkce();
        let mut browser = world.browser();
        let public = [("client_id", PUBLIC), ("redirect_uri", "cn.example.app:/callback"), ("scope", "openid"), FORM];
        browser.get(&query(&challenge, &public)).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("invalid_request"));
    }
}
