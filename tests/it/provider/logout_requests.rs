//! OpenID Connect RP-Initiated Logout 1.0, request by request, as the conformance suite asks them (`oidcc-rp-initiated-logout`).

use super::*;
use crate::support::pkce;

const BACK: &str = "http://localhost:8081/logged-out";

async fn hint(world: &World, browser: &mut Browser) -> String {
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, &[]).await;
    redeem(world, &code, &verifier).await.1["id_token"].as_str().unwrap().to_owned()
}

fn path(params: &[(&str, &str)]) -> String {
    format!("/logout?{}", url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish())
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.get("/account").await;
    browser.at == "/account"
}

/// The answer is a page that leads nowhere else, even where the person goes on.
async fn leads_nowhere(browser: &mut Browser, params: &[(&str, &str)]) {
    browser.get(&path(params)).await;
    assert!(browser.left.is_none() && browser.status == 400, "{params:?}: {:?}", browser.left);
    assert!(!browser.shows("<form method=\"post\" action=\"/logout/confirm\""), "nothing to confirm");
    // Whoever makes the form up gets no further.
    browser.get("/logout").await;
    let (_, mut fields) = browser.form();
    fields.extend(params.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    browser.post("/logout/confirm", &fields).await;
    assert!(browser.left.is_none() && browser.status == 400, "{params:?}: {:?}", browser.left);
    assert!(is_signed_in(browser).await, "{params:?}");
}

both! {
    async fn state_comes_back_as_it_was_and_nothing_with_it(world) {
        let mut browser = signed_in(&world).await;
        let hint = hint(&world, &mut browser).await;
        let state: String = "aZ09-._~".chars().cycle().take(128).collect();
        browser.get(&path(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BACK), ("state", &state)])).await;
        assert_eq!(browser.left, Some(format!("{BACK}?state={state}").replace('~', "%7E")));
        assert!(!is_signed_in(&mut browser).await);
    }

    async fn without_state_there_is_none_in_the_answer(world) {
        let mut browser = signed_in(&world).await;
        let hint = hint(&world, &mut browser).await;
        browser.get(&path(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BACK)])).await;
        assert_eq!(browser.left.as_deref(), Some(BACK));
    }

    async fn a_way_back_that_is_not_registered_or_has_a_query_added_is_not_gone(world) {
        let mut browser = signed_in(&world).await;
        let hint = hint(&world, &mut browser).await;
        for uri in [format!("{BACK}?foo=bar"), format!("{BACK}#x"), "https://evil.example/".into(), BACK.to_uppercase()] {
            leads_nowhere(&mut browser, &[("id_token_hint", &hint), ("post_logout_redirect_uri", &uri)]).await;
        }
    }

    async fn a_registered_way_back_without_hint_and_client_is_not_gone(world) {
        let mut browser = signed_in(&world).await;
        leads_nowhere(&mut browser, &[("post_logout_redirect_uri", BACK), ("state", "s")]).await;
    }

    async fn a_bad_or_changed_hint_is_refused(world) {
        let mut browser = signed_in(&world).await;
        let hint = hint(&world, &mut browser).await;
        let parts: Vec<&str> = hint.split('.').collect();
        let foreign = guiyi::demo::police::Signer::generate().unwrap();
        let foreign = foreign.sign(&crate::support::part(&hint, 1)).unwrap();
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
        for bad in [foreign, unsigned, "eyJhbGciOiJub25lIn0..".to_owned()] {
            leads_nowhere(&mut browser, &[("id_token_hint", &bad), ("post_logout_redirect_uri", BACK)]).await;
        }
    }

    async fn no_parameters_or_only_a_state_or_only_a_hint_sign_out_here(world) {
        for (n, only) in ["", "state", "id_token_hint"].into_iter().enumerate() {
            let mut browser = match n {
                0 => signed_in(&world).await,
                _ => {
                    let mut browser = world.browser();
                    browser.get("/login").await;
                    browser.submit(&[("identifier", "liming"), ("password", crate::migration::NEW_PASSWORD)]).await;
                    browser
                }
            };
            let hint = hint(&world, &mut browser).await;
            match only {
                "" => browser.get("/logout").await,
                "state" => browser.get("/logout?state=x").await,
                _ => browser.get(&path(&[(only, &hint)])).await,
            };
            if only != "id_token_hint" {
                browser.submit(&[]).await;
            }
            assert!(browser.left.is_none() && browser.shows("已退出登录"), "{only}: {}", browser.body);
            browser.get(&query(&pkce().1, &[("prompt", "none")])).await;
            assert_eq!(param(&browser, "error").as_deref(), Some("login_required"));
        }
    }
}
