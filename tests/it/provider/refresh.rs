//! Refresh tokens: when there are any, whose they are, how they end.

use serde_json::Value;

use super::claims::payload;
use super::units::{LEGAL, acting};
use super::*;
use crate::migration::NEW_PASSWORD;
use crate::support::{
    BOOKING, PUBLIC, RS256, RS256_SECRET, Unit, account_of, agent, end, pkce, representative, say, token, unit,
    userinfo,
};

const OFFLINE: [(&str, &str); 2] = [("scope", "openid profile offline_access"), ("prompt", "consent")];

pub fn secret(world: &World) -> String {
    world.config.clients[0].secret.as_ref().unwrap().expose().to_owned()
}

/// Uses a refresh token of the demonstration's client.
pub async fn refresh(world: &World, refresh_token: &str, extra: &[(&str, &str)]) -> (u16, Value) {
    let form = [&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)], extra].concat();
    token(&world.router, Some((BOOKING, &secret(world))), &form).await
}

async fn refresh_public(router: &axum::Router, refresh_token: &str) -> (u16, Value) {
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("client_id", PUBLIC)];
    token(router, None, &form).await
}

/// Offline tokens of the demonstration's client for the person.
pub async fn offline(world: &World, browser: &mut Browser) -> Value {
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, &OFFLINE).await;
    let (status, tokens) = super::tokens::redeem(world, &code, &verifier).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

/// The same of the public client.
async fn offline_public(world: &World, browser: &mut Browser) -> Value {
    let (verifier, challenge) = pkce();
    let public = [("client_id", PUBLIC), ("redirect_uri", "cn.example.app:/callback")];
    let code = code(browser, &challenge, &[&public[..], &OFFLINE].concat()).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("client_id", PUBLIC),
        ("redirect_uri", "cn.example.app:/callback"),
        ("code_verifier", &verifier),
    ];
    token(&world.router, None, &form).await.1
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap_or_else(|| panic!("no {name} in {tokens}"))
}

async fn alive(world: &World, tokens: &Value) -> bool {
    userinfo(&world.router, text(tokens, "access_token")).await.0 == 200
}

both! {
    async fn offline_access_is_given_to_who_is_granted_it_and_asked_the_person(world) {
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let without = code(&mut browser, &challenge, &[("scope", "openid profile offline_access")]).await;
        let (_, tokens) = super::tokens::redeem(&world, &without, &verifier).await;
        assert!(tokens.get("refresh_token").is_none(), "ignored without prompt=consent");
        assert_eq!(tokens["scope"], "openid profile");
        browser.get(&query(&challenge, &OFFLINE)).await;
        assert!(browser.shows("离线访问") && browser.shows("直到您撤回授权"), "{}", browser.body);
        let tokens = offline(&world, &mut browser).await;
        assert_eq!(tokens["scope"], "openid profile offline_access");
        let (status, again) = refresh(&world, text(&tokens, "refresh_token"), &[]).await;
        assert_eq!(status, 200, "{again}");
        let (first, second) = (payload(&tokens), payload(&again));
        for same in ["iss", "sub", "aud", "auth_time", "acr", "amr"] {
            assert_eq!(first[same], second[same], "{same}");
        }
        assert!(second.get("nonce").is_none(), "OpenID Connect Core, section 12.2");
        assert!(alive(&world, &again).await);
        let mut world = world;
        world.restart_with(|config| config.clients[0].scopes = "openid profile".into()).await;
        assert_eq!(refresh(&world, text(&tokens, "refresh_token"), &[]).await.1["error"], "invalid_grant", "not granted any more");
    }

    async fn it_outlives_the_browser_session_and_ends_with_the_consent(world) {
        let mut browser = signed_in(&world).await;
        let tokens = offline(&world, &mut browser).await;
        browser.get("/logout").await;
        browser.submit(&[]).await;
        assert!(alive(&world, &tokens).await, "the grant isn't the session's");
        world.advance(24 * 60 * 60);
        guiyi::jobs::clear(&world.app).await.unwrap();
        assert_eq!(world.count("sessions").await, 0, "long gone");
        let (status, again) = refresh(&world, text(&tokens, "refresh_token"), &[]).await;
        assert_eq!(status, 200, "{again}");
        browser.get("/login").await;
        browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        browser.get("/account/consents").await;
        assert!(browser.shows("离线访问"), "{}", browser.body);
        browser.submit(&[]).await;
        assert!(!alive(&world, &again).await, "at once");
        assert_eq!(refresh(&world, text(&tokens, "refresh_token"), &[]).await.1["error"], "invalid_grant");
        offline(&world, &mut browser).await;
        assert_eq!(refresh(&world, text(&tokens, "refresh_token"), &[]).await.1["error"], "invalid_grant", "nor does a new consent revive it");
    }

    async fn a_confidential_client_keeps_its_own_and_it_ends_unused_after_thirty_days(world) {
        let mut browser = signed_in(&world).await;
        let tokens = offline(&world, &mut browser).await;
        let kept = text(&tokens, "refresh_token");
        for _ in 0..3 {
            world.advance(29 * 24 * 60 * 60);
            let (status, again) = refresh(&world, kept, &[]).await;
            assert!(status == 200 && again.get("refresh_token").is_none(), "{again}");
            guiyi::jobs::clear(&world.app).await.unwrap();
        }
        world.advance(31 * 24 * 60 * 60);
        assert_eq!(refresh(&world, kept, &[]).await.1["error"], "invalid_grant");
        guiyi::jobs::clear(&world.app).await.unwrap();
        assert_eq!(world.count("refresh_tokens").await, 0);
        let tokens = offline(&world, &mut {
            browser.get("/login").await;
            browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
            browser
        }).await;
        for _ in 0..8 {
            world.advance(20 * 24 * 60 * 60);
            assert_eq!(refresh(&world, text(&tokens, "refresh_token"), &[]).await.0, 200);
        }
        world.advance(20 * 24 * 60 * 60);
        assert_eq!(refresh(&world, text(&tokens, "refresh_token"), &[]).await.1["error"], "invalid_grant", "half a year at the most");
    }

    async fn a_public_client_s_rotates_and_an_old_one_ends_the_family(world) {
        let mut browser = signed_in(&world).await;
        let first = offline_public(&world, &mut browser).await;
        let (status, second) = refresh_public(&world.router, text(&first, "refresh_token")).await;
        assert_eq!(status, 200, "{second}");
        assert_ne!(text(&first, "refresh_token"), text(&second, "refresh_token"));
        let (_, third) = refresh_public(&world.router, text(&second, "refresh_token")).await;
        assert!(alive(&world, &third).await);
        let (status, error) = refresh_public(&world.router, text(&first, "refresh_token")).await;
        assert_eq!((status, error["error"].as_str()), (400, Some("invalid_grant")));
        assert!(!alive(&world, &third).await, "somebody has two of them: all end");
        assert_eq!(refresh_public(&world.router, text(&third, "refresh_token")).await.1["error"], "invalid_grant");
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'refresh.reused'").await, 1);
    }

    async fn a_lost_answer_is_repeated_for_half_a_minute_and_no_longer(world) {
        let mut browser = signed_in(&world).await;
        let first = offline_public(&world, &mut browser).await;
        let old = text(&first, "refresh_token");
        let mut set = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (router, old) = (world.router.clone(), old.to_owned());
            set.spawn(async move { refresh_public(&router, &old).await });
        }
        let answers = set.join_all().await;
        assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
        world.advance(30);
        let (status, last) = refresh_public(&world.router, old).await;
        assert_eq!(status, 200, "{last}");
        // Whichever the client kept is good; once one is used, the predecessor isn't repeated any more.
        let (status, next) = refresh_public(&world.router, text(&answers[3].1, "refresh_token")).await;
        assert_eq!(status, 200, "{next}");
        assert_eq!(refresh_public(&world.router, old).await.1["error"], "invalid_grant", "its successor was used");
        assert!(!alive(&world, &next).await);
        let first = offline_public(&world, &mut browser).await;
        let (_, second) = refresh_public(&world.router, text(&first, "refresh_token")).await;
        world.advance(31);
        assert_eq!(refresh_public(&world.router, text(&first, "refresh_token")).await.1["error"], "invalid_grant", "too late");
        assert_eq!(refresh_public(&world.router, text(&second, "refresh_token")).await.1["error"], "invalid_grant");
    }

    async fn it_is_bound_to_its_client_and_gives_no_more_than_was_granted(world) {
        let mut browser = signed_in(&world).await;
        let tokens = offline(&world, &mut browser).await;
        let mine = text(&tokens, "refresh_token");
        let form = [("grant_type", "refresh_token"), ("refresh_token", mine)];
        assert_eq!(token(&world.router, Some((RS256, RS256_SECRET)), &form).await.1["error"], "invalid_grant");
        assert_eq!(refresh_public(&world.router, mine).await.1["error"], "invalid_grant");
        for bad in ["", "x", text(&tokens, "access_token"), text(&tokens, "id_token"), &mine[..mine.len() - 2]] {
            let error = refresh(&world, bad, &[]).await;
            assert_eq!(error.0, 400, "{bad}");
        }
        assert_eq!(userinfo(&world.router, mine).await.0, 401, "nor does it open userinfo");
        for scope in ["openid profile phone", "profile", "phone"] {
            assert_eq!(refresh(&world, mine, &[("scope", scope)]).await.1["error"], "invalid_scope", "{scope}");
        }
        let (_, less) = refresh(&world, mine, &[("scope", "openid")]).await;
        assert_eq!(less["scope"], "openid");
        let told = userinfo(&world.router, text(&less, "access_token")).await.1;
        assert!(told.get("preferred_username").is_none(), "{told}");
        let dump = world.dump("refresh_tokens").await;
        assert!(!dump.contains(mine) && !dump.contains("auth_time"), "neither the token nor what it is for is readable there");
        assert_eq!(refresh(&world, mine, &[]).await.1["scope"], "openid profile offline_access", "less once is not less for ever");
    }

    async fn a_code_that_comes_again_ends_the_refresh_token_that_it_gave(world) {
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let code = code(&mut browser, &challenge, &OFFLINE).await;
        let (_, tokens) = super::tokens::redeem(&world, &code, &verifier).await;
        assert_eq!(super::tokens::redeem(&world, &code, &verifier).await.1["error"], "invalid_grant");
        assert_eq!(refresh(&world, text(&tokens, "refresh_token"), &[]).await.1["error"], "invalid_grant");
    }

    async fn a_disabled_account_refreshes_nothing(world) {
        let mut browser = signed_in(&world).await;
        let tokens = offline(&world, &mut browser).await;
        let account = account_of(&world, "liming").await;
        let (now, told) = (world.clock.now(), guiyi::storage::accounts::cache_key(&account));
        world.app.db.write::<_, guiyi::storage::StorageError, _>(move |tx| Box::pin(async move {
            use guiyi::domain::account::AccountStatus;
            guiyi::storage::accounts::set_status(tx, &account, AccountStatus::Disabled, now).await
        })).await.unwrap();
        world.app.caches.forget(&told);
        assert_eq!(refresh(&world, text(&tokens, "refresh_token"), &[]).await.1["error"], "invalid_grant");
    }

    async fn an_agent_s_refresh_token_ends_with_the_mandate_on_every_node(world) {
        let (_app, other) = world.second_node().await;
        let _representative = signed_in(&world).await;
        let mut browser = crate::migration::migrate(&world, &crate::migration::ZHANGWEI).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let by = representative(&world, &id, "liming").await;
        let mandate = agent(&world, (&id, &by), "zhangwei", None, Some(3 * 24 * 60 * 60)).await;
        let tokens = acting(&world, &mut browser, &mandate, &OFFLINE).await;
        let mine = text(&tokens, "refresh_token");
        let (_, again) = refresh(&world, mine, &[]).await;
        assert_eq!(payload(&again)["act"], payload(&tokens)["act"], "who acts is told again");
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'unit.acted'").await, 2, "and noted");
        say(&world, &id, "dissolved").await;
        assert_eq!(refresh(&world, mine, &[]).await.1["error"], "invalid_grant", "no unit");
        say(&world, &id, "registered").await;
        assert_eq!(refresh(&world, mine, &[]).await.0, 200);
        let later = acting(&world, &mut browser, &mandate, &[&[LEGAL], &OFFLINE[..]].concat()).await;
        end(&world, &mandate).await;
        assert_eq!(refresh(&world, mine, &[]).await.1["error"], "invalid_grant", "at once");
        world.advance(1);
        let form = [("grant_type", "refresh_token"), ("refresh_token", text(&later, "refresh_token"))];
        assert_eq!(token(&other, Some((BOOKING, &secret(&world))), &form).await.1["error"], "invalid_grant");
        assert_eq!(world.scalar("SELECT COUNT(*) FROM grants WHERE revoked_at IS NULL AND mandate_id IS NOT NULL").await, 0);
    }

    async fn an_expired_mandate_refreshes_nothing(world) {
        let _representative = signed_in(&world).await;
        let mut browser = crate::migration::migrate(&world, &crate::migration::ZHANGWEI).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let by = representative(&world, &id, "liming").await;
        let mandate = agent(&world, (&id, &by), "zhangwei", None, Some(600)).await;
        let tokens = acting(&world, &mut browser, &mandate, &OFFLINE).await;
        world.advance(599);
        assert_eq!(refresh(&world, text(&tokens, "refresh_token"), &[]).await.0, 200);
        world.advance(1);
        assert_eq!(refresh(&world, text(&tokens, "refresh_token"), &[]).await.1["error"], "invalid_grant");
    }
}
