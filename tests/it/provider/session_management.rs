//! OpenID Connect Session Management 1.0.

use super::*;
use crate::support::{BOOKING, pkce};

/// What the script makes of what it reads.
fn computed(client: &str, origin: &str, browser: &Browser, salt: &str) -> String {
    let state = browser.jar.get("guiyi_state").map_or("", String::as_str);
    format!("{}.{salt}", guiyi::crypto::sha256(&format!("{client} {origin} {state} {salt}")))
}

async fn session_state(browser: &mut Browser) -> String {
    code(browser, &pkce().1, &[]).await;
    param(browser, "session_state").unwrap()
}

both! {
    async fn session_state_holds_until_another_person_signs_in_or_a_sign_out(world) {
        let mut browser = signed_in(&world).await;
        let state = session_state(&mut browser).await;
        let (_, salt) = state.split_once('.').unwrap();
        assert!(!state.contains(' '));
        assert_eq!(computed(BOOKING, "http://localhost:8081", &browser, salt), state, "unchanged");
        assert_ne!(computed(BOOKING, "http://localhost:8082", &browser, salt), state, "another origin");
        assert_ne!(computed("other", "http://localhost:8081", &browser, salt), state, "another client");
        let again = session_state(&mut browser).await;
        assert_ne!(again, state, "salted");

        browser.get("/login").await;
        browser.submit(&[("identifier", "liming"), ("password", crate::migration::NEW_PASSWORD)]).await;
        assert_eq!(computed(BOOKING, "http://localhost:8081", &browser, salt), state, "the same person, signed in anew");
        crate::migration::migrate(&world, &crate::migration::ZHANGWEI).await;
        browser.get("/login").await;
        browser.submit(&[("identifier", "zhangwei"), ("password", crate::migration::NEW_PASSWORD)]).await;
        assert_ne!(computed(BOOKING, "http://localhost:8081", &browser, salt), state, "another person");
        let state = session_state(&mut browser).await;
        let (_, salt) = state.split_once('.').unwrap();
        browser.get("/logout").await;
        browser.submit(&[]).await;
        assert!(!browser.jar.contains_key("guiyi_state"));
        assert_ne!(computed(BOOKING, "http://localhost:8081", &browser, salt), state, "signed out");
    }

    async fn the_cookie_that_a_script_reads_says_nothing_and_opens_nothing(world) {
        let mut browser = signed_in(&world).await;
        let state = browser.jar["guiyi_state"].clone();
        let session = browser.jar["guiyi_session"].clone();
        let (id, secret) = session.split_once('.').unwrap();
        assert!(!state.contains(id) && !state.contains(secret));
        let mut thief = world.browser();
        thief.jar.insert("guiyi_session".into(), format!("{id}.{state}"));
        thief.get("/account").await;
        assert!(thief.at.starts_with("/login"));
        browser.get("/login").await;
        let (action, mut fields) = browser.form();
        fields.extend([("identifier".into(), "liming".into()), ("password".into(), crate::migration::NEW_PASSWORD.into())]);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        browser.once("POST", &action, Some(body)).await;
        let cookies: Vec<&str> = browser.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap()).collect();
        let of = |name: &str| cookies.iter().find(|c| c.starts_with(name)).unwrap_or_else(|| panic!("no {name}: {cookies:?}"));
        assert!(of("guiyi_session=").contains("HttpOnly"));
        assert!(!of("guiyi_state=").contains("HttpOnly") && of("guiyi_state=").contains("SameSite=Lax"), "http in tests");
    }

    async fn only_the_check_session_page_may_be_framed_and_it_runs_one_script(world) {
        let mut browser = world.browser();
        browser.get("/check-session").await;
        assert_eq!(browser.status, 200);
        assert!(browser.jar.is_empty(), "no cookies");
        assert!(!browser.headers.contains_key("x-frame-options"));
        let csp = browser.headers["content-security-policy"].to_str().unwrap();
        assert_eq!(csp, "default-src 'none'; script-src 'self'; base-uri 'none'");
        let script = browser.body.split("<script src=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        browser.get(&script).await;
        assert_eq!(browser.status, 200);
        assert!(browser.headers["content-type"].to_str().unwrap().starts_with("text/javascript"));
        assert!(browser.shows("guiyi_state"), "it reads the cookie that the portal sets");
        for page in ["/", "/login", "/logout"] {
            browser.get(page).await;
            assert_eq!(browser.headers["x-frame-options"], "DENY", "{page}");
            let csp = browser.headers["content-security-policy"].to_str().unwrap();
            // The login page asks for passkeys, by a script of the portal's own.
            let scripted = csp.contains("script-src 'self';") && !csp.contains("unsafe");
            assert!(csp.contains("frame-ancestors 'none'") && scripted == (page == "/login"), "{page}: {csp}");
        }
    }
}
