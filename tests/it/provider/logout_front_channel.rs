//! OpenID Connect Front-Channel Logout 1.0.

use super::*;
use crate::support::{part, pkce};

const BACK: &str = "http://localhost:8081/logged-out";

async fn with_front_channel(world: &mut World, session_required: bool) {
    world
        .restart_with(|config| {
            let metadata = &mut config.clients[0].metadata;
            metadata.frontchannel_logout_uri = "http://localhost:8081/frontchannel?x=1".parse().ok();
            metadata.frontchannel_logout_session_required = session_required;
        })
        .await;
}

async fn hint(world: &World, browser: &mut Browser) -> String {
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, &[]).await;
    redeem(world, &code, &verifier).await.1["id_token"].as_str().unwrap().to_owned()
}

fn frame(browser: &Browser) -> url::Url {
    let (_, rest) = browser.body.split_once("<iframe").unwrap_or_else(|| panic!("no frame: {}", browser.body));
    let (_, rest) = rest.split_once("src=\"").unwrap();
    rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&").parse().unwrap()
}

both! {
    async fn the_logged_out_page_frames_each_client_and_goes_on_without_a_script(world) {
        let mut world = world;
        with_front_channel(&mut world, true).await;
        let mut browser = signed_in(&world).await;
        let hint = hint(&world, &mut browser).await;
        browser.get(&format!("/logout?id_token_hint={hint}&post_logout_redirect_uri={BACK}&state=bye%22")).await;
        assert_eq!((browser.status, browser.left.as_deref()), (200, None), "a page in between");
        let frame = frame(&browser);
        let query: Vec<(String, String)> = frame.query_pairs().into_owned().collect();
        let sid = part(&hint, 1)["sid"].as_str().unwrap().to_owned();
        let wanted = [("x", "1"), ("iss", "http://localhost:8080"), ("sid", sid.as_str())];
        assert_eq!(query, wanted.map(|(n, v)| (n.to_owned(), v.to_owned())), "iss and sid, and nothing else");
        assert_eq!(frame.path(), "/frontchannel");
        let csp = browser.headers["content-security-policy"].to_str().unwrap();
        assert!(csp.contains("frame-src http://localhost:8081; frame-ancestors 'none'"), "{csp}");
        assert!(!csp.contains("script-src"));
        let back = format!("{BACK}?state=bye%22");
        assert_eq!(browser.headers["refresh"], format!("4; url={back}"));
        assert_eq!(browser.link("/logged-out?"), back);
        assert!(browser.shows("id=\"continue\"") && browser.shows("继续"));
        assert_eq!(browser.headers["clear-site-data"], "\"cache\"");
        browser.get(&query_of_none()).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("login_required"));
    }

    async fn a_client_that_needs_no_session_gets_no_session(world) {
        let mut world = world;
        with_front_channel(&mut world, false).await;
        let mut browser = signed_in(&world).await;
        hint(&world, &mut browser).await;
        browser.get("/logout").await;
        assert!(!browser.shows("<iframe"), "nothing has ended yet");
        browser.submit(&[]).await;
        assert_eq!(frame(&browser).as_str(), "http://localhost:8081/frontchannel?x=1");
        assert!(!browser.headers.contains_key("refresh") && browser.shows("重新登录"), "{}", browser.body);
    }

    async fn only_clients_of_this_session_are_framed(world) {
        let mut world = world;
        with_front_channel(&mut world, true).await;
        let mut browser = signed_in(&world).await;
        browser.get(&format!("/logout?client_id=real-estate-booking&post_logout_redirect_uri={BACK}")).await;
        browser.submit(&[]).await;
        assert_eq!(browser.left.as_deref(), Some(BACK), "it has signed in nowhere: straight back");
    }

    async fn discovery_says_what_the_portal_can_do(world) {
        let mut browser = world.browser();
        browser.get("/.well-known/openid-configuration").await;
        let metadata: serde_json::Value = serde_json::from_str(&browser.body).unwrap();
        for name in ["frontchannel_logout", "frontchannel_logout_session", "backchannel_logout", "backchannel_logout_session"] {
            assert_eq!(metadata[format!("{name}_supported")], true, "{name}");
        }
        assert_eq!(metadata["end_session_endpoint"], "http://localhost:8080/logout");
        assert_eq!(metadata["check_session_iframe"], "http://localhost:8080/check-session");
    }
}

fn query_of_none() -> String {
    query(&pkce().1, &[("prompt", "none")])
}
