//! Introspection (RFC 7662) and revocation (RFC 7009).

use serde_json::{Value, json};

use super::claims::payload;
use super::refresh::{offline, refresh, secret};
use super::units::acting;
use super::*;
use crate::support::{
    BOOKING, PUBLIC, RS256, RS256_SECRET, Unit, end, endpoint, pkce, representative, say, unit, userinfo,
};

async fn introspect(world: &World, token: &str) -> Value {
    let (status, told) =
        endpoint(&world.router, "/introspect", Some((BOOKING, &secret(world))), &[("token", token)]).await;
    assert_eq!(status, 200, "{told}");
    told
}

async fn revoke(world: &World, token: &str) -> (u16, Value) {
    endpoint(&world.router, "/revoke", Some((BOOKING, &secret(world))), &[("token", token)]).await
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap_or_else(|| panic!("no {name} in {tokens}"))
}

both! {
    async fn introspection_tells_a_client_about_its_own_tokens_and_nobody_else(world) {
        let mut browser = signed_in(&world).await;
        let tokens = offline(&world, &mut browser).await;
        let access = text(&tokens, "access_token");
        let now = world.clock.now().seconds();
        assert_eq!(introspect(&world, access).await, json!({
            "active": true, "scope": "openid profile offline_access", "client_id": BOOKING, "aud": "http://localhost:8080", "token_type": "Bearer",
            "iss": "http://localhost:8080", "sub": payload(&tokens)["sub"], "acr": payload(&tokens)["acr"],
            "auth_time": payload(&tokens)["auth_time"], "iat": now, "exp": now + 600,
        }));
        let of_refresh = introspect(&world, text(&tokens, "refresh_token")).await;
        assert_eq!((&of_refresh["active"], &of_refresh["sub"]), (&json!(true), &payload(&tokens)["sub"]));
        assert_eq!(of_refresh["exp"], now + 30 * 24 * 60 * 60);
        for token in [access, text(&tokens, "refresh_token")] {
            let told = endpoint(&world.router, "/introspect", Some((RS256, RS256_SECRET)), &[("token", token)]).await;
            assert_eq!(told, (200, json!({ "active": false })), "another client's");
        }
        for bad in ["x", text(&tokens, "id_token"), &access[..access.len() - 2]] {
            assert_eq!(introspect(&world, bad).await, json!({ "active": false }), "{bad}");
        }
        for basic in [None, Some((BOOKING, "wrong"))] {
            let (status, error) = endpoint(&world.router, "/introspect", basic, &[("token", access)]).await;
            assert_eq!((status, error["error"].as_str()), (401, Some("invalid_client")));
        }
        let (status, _) = endpoint(&world.router, "/introspect", None, &[("token", access), ("client_id", PUBLIC)]).await;
        assert_eq!(status, 401, "not for clients without a secret");
        let (_, error) = endpoint(&world.router, "/introspect", Some((BOOKING, &secret(&world))), &[]).await;
        assert_eq!(error["error"], "invalid_request");
        world.advance(600);
        assert_eq!(introspect(&world, access).await, json!({ "active": false }), "expired");
    }

    async fn introspection_looks_at_the_mandate_again(world) {
        let mut browser = signed_in(&world).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let mandate = representative(&world, &id, "liming").await;
        let extra = [("scope", "openid organization offline_access"), ("prompt", "consent")];
        let tokens = acting(&world, &mut browser, &mandate, &extra).await;
        let both = [text(&tokens, "access_token"), text(&tokens, "refresh_token")];
        for token in both {
            let told = introspect(&world, token).await;
            assert_eq!((&told["active"], &told["account_kind"]), (&json!(true), &json!("legal_person")));
            assert_eq!(told["act"], payload(&tokens)["act"]);
        }
        say(&world, &id, "revoked").await;
        for token in both {
            assert_eq!(introspect(&world, token).await, json!({ "active": false }));
        }
        say(&world, &id, "registered").await;
        end(&world, &mandate).await;
        for token in both {
            assert_eq!(introspect(&world, token).await, json!({ "active": false }));
        }
    }

    async fn a_sign_out_ends_what_introspection_says(world) {
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let code = code(&mut browser, &challenge, &[]).await;
        let (_, tokens) = super::tokens::redeem(&world, &code, &verifier).await;
        assert_eq!(introspect(&world, text(&tokens, "access_token")).await["active"], true);
        browser.get("/logout").await;
        browser.submit(&[]).await;
        assert_eq!(introspect(&world, text(&tokens, "access_token")).await, json!({ "active": false }));
    }

    async fn revocation_ends_the_grant_by_either_token_and_is_its_client_s_alone(world) {
        let (_app, other) = world.second_node().await;
        let mut browser = signed_in(&world).await;
        for by in ["refresh_token", "access_token"] {
            let tokens = offline(&world, &mut browser).await;
            assert_eq!(userinfo(&other, text(&tokens, "access_token")).await.0, 200);
            let foreign = endpoint(&world.router, "/revoke", Some((RS256, RS256_SECRET)), &[("token", text(&tokens, by))]).await;
            assert_eq!((foreign.0, foreign.1["error"].as_str()), (400, Some("invalid_grant")), "RFC 7009, section 2.1");
            assert_eq!(userinfo(&world.router, text(&tokens, "access_token")).await.0, 200);
            for _ in 0..2 {
                assert_eq!(revoke(&world, text(&tokens, by)).await.0, 200, "a second time is no error");
            }
            assert_eq!(userinfo(&world.router, text(&tokens, "access_token")).await.0, 401, "{by}: at once");
            assert_eq!(refresh(&world, text(&tokens, "refresh_token"), &[]).await.1["error"], "invalid_grant");
            world.advance(1);
            assert_eq!(userinfo(&other, text(&tokens, "access_token")).await.0, 401, "and on the other node");
        }
        assert_eq!(revoke(&world, "nothing").await.0, 200, "section 2.2");
        assert_eq!(revoke(&world, "").await.1["error"], "invalid_request");
        let (status, _) = endpoint(&world.router, "/revoke", Some((BOOKING, "wrong")), &[("token", "x")]).await;
        assert_eq!(status, 401);
    }
}
