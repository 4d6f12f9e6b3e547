//! Access tokens as JWTs (RFC 9068), for resource servers (RFC 8707), and of clients about themselves (RFC 6749, section
//! 4.4).

use guiyi::config::ClientEntry;
use guiyi::domain::client::AccessTokenFormat;
use guiyi::ids::ClientId;
use guiyi::protocol::client_metadata::{ClientMetadata, GrantType};
use guiyi::protocol::signing::SigningAlgorithm;
use guiyi::secret::Secret;
use serde_json::{Value, json};

use super::claims::payload;
use super::keys::checked;
use super::refresh::{refresh, secret};
use super::units::acting;
use super::*;
use crate::support::{
    BOOKING, PUBLIC, RS256, RS256_SECRET, Unit, end, endpoint, pkce, representative, token, unit, userinfo,
};

const MACHINE: &str = "data-exchange";
const MACHINE_SECRET: &str = "a-secret-of-the-machine-client-0123";
const TAX: &str = "https://tax.example.gov.cn";
const LAND: &str = "https://land.example.gov.cn/api";

/// The demonstration's client gets JWTs, for two resource servers; a machine signs nobody in.
async fn furnished(mut world: World, format: AccessTokenFormat) -> World {
    world
        .restart_with(|config| {
            let booking = &mut config.clients[0];
            booking.access_token_format = format;
            booking.resources = vec![TAX.into(), LAND.into()];
            let machine = ClientEntry {
                id: ClientId::from(MACHINE),
                secret: Some(Secret::new(MACHINE_SECRET)),
                scopes: String::new(),
                owns_system: None,
                metadata: ClientMetadata {
                    grant_types: Some(vec![GrantType::ClientCredentials]),
                    id_token_signed_response_alg: SigningAlgorithm::ES256,
                    ..ClientMetadata::default()
                },
                ..booking.clone()
            };
            config.clients.push(machine);
        })
        .await;
    world
}

async fn machine(world: &World, extra: &[(&str, &str)]) -> (u16, Value) {
    let form: Vec<_> = [("grant_type", "client_credentials")].into_iter().chain(extra.iter().copied()).collect();
    token(&world.router, Some((MACHINE, MACHINE_SECRET)), &form).await
}

async fn introspect(router: &axum::Router, client: (&str, &str), token: &str) -> Value {
    let (status, told) = endpoint(router, "/introspect", Some(client), &[("token", token)]).await;
    assert_eq!(status, 200, "{told}");
    told
}

fn access(tokens: &Value) -> &str {
    tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}"))
}

/// Tokens of a code; `resources` are named at both endpoints.
async fn tokens(world: &World, browser: &mut Browser, asked: &[&str], redeemed: &[&str]) -> (u16, Value) {
    let (verifier, challenge) = pkce();
    let mut path = query(&challenge, &[("scope", "openid profile offline_access"), ("prompt", "consent")]);
    for resource in asked {
        path.push_str(&format!("&resource={}", resource.replace(':', "%3A").replace('/', "%2F")));
    }
    browser.get(&path).await;
    if browser.left.is_none() {
        browser.submit(&[("decision", "allow")]).await;
    }
    let code = param(browser, "code").unwrap_or_else(|| panic!("no code: {:?}", browser.left));
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", "http://localhost:8081/callback"),
        ("code_verifier", &verifier),
    ];
    form.extend(redeemed.iter().map(|resource| ("resource", *resource)));
    token(&world.router, Some((BOOKING, &secret(world))), &form).await
}

both! {
    async fn a_client_s_own_token_is_about_itself_and_opens_nothing_of_people(world) {
        let mut world = furnished(world, AccessTokenFormat::Opaque).await;
        for format in [AccessTokenFormat::Opaque, AccessTokenFormat::Jwt] {
            let change = |c: &mut guiyi::config::Config| c.clients.iter_mut().for_each(|c| c.access_token_format = format);
            world.restart_with(change).await;
            let (status, tokens) = machine(&world, &[]).await;
            assert_eq!(status, 200, "{tokens}");
            let members: Vec<_> = tokens.as_object().unwrap().keys().cloned().collect();
            assert_eq!(members, ["access_token", "expires_in", "token_type"], "no ID token, no refresh token, no scope");
            let now = world.clock.now().seconds();
            let told = introspect(&world.router, (MACHINE, MACHINE_SECRET), access(&tokens)).await;
            assert_eq!(told, json!({
                "active": true, "client_id": MACHINE, "sub": MACHINE, "aud": [TAX, LAND], "token_type": "Bearer",
                "iss": "http://localhost:8080", "iat": now, "exp": now + 600,
            }));
            assert_eq!(userinfo(&world.router, access(&tokens)).await.0, 401, "it is for resource servers");
            let (_, narrow) = machine(&world, &[("resource", TAX)]).await;
            let told = introspect(&world.router, (MACHINE, MACHINE_SECRET), access(&narrow)).await;
            assert_eq!(told["aud"], TAX);
            let (status, error) = machine(&world, &[("resource", "https://other.example")]).await;
            assert_eq!((status, error["error"].as_str()), (400, Some("invalid_target")));
            for scope in ["openid", "profile", "anything"] {
                assert_eq!(machine(&world, &[("scope", scope)]).await.1["error"], "invalid_scope");
            }
        }
        assert_eq!(world.count("grants").await, 0);
    }

    async fn client_credentials_are_for_clients_registered_for_them(world) {
        let world = furnished(world, AccessTokenFormat::Opaque).await;
        let form = [("grant_type", "client_credentials")];
        let (status, error) = token(&world.router, Some((RS256, RS256_SECRET)), &form).await;
        assert_eq!((status, error["error"].as_str()), (400, Some("unauthorized_client")));
        let public = [("grant_type", "client_credentials"), ("client_id", PUBLIC)];
        assert_eq!(token(&world.router, None, &public).await.1["error"], "unauthorized_client");
        let (status, error) = token(&world.router, Some((MACHINE, "wrong")), &form).await;
        assert_eq!((status, error["error"].as_str()), (401, Some("invalid_client")));
    }

    async fn a_client_s_own_token_is_revoked_on_every_node_and_after_a_restart(world) {
        let mut world = furnished(world, AccessTokenFormat::Jwt).await;
        let (_app, other) = world.second_node().await;
        let (_, tokens) = machine(&world, &[]).await;
        let me = (MACHINE, MACHINE_SECRET);
        assert_eq!(introspect(&other, me, access(&tokens)).await["active"], true);
        let foreign = [("token", access(&tokens))];
        let (status, _) = endpoint(&world.router, "/revoke", Some((RS256, RS256_SECRET)), &foreign).await;
        assert_eq!(status, 400);
        for _ in 0..2 {
            assert_eq!(endpoint(&world.router, "/revoke", Some(me), &foreign).await.0, 200);
        }
        assert_eq!(introspect(&world.router, me, access(&tokens)).await, json!({ "active": false }));
        world.advance(1);
        assert_eq!(introspect(&other, me, access(&tokens)).await, json!({ "active": false }));
        world.restart().await;
        assert_eq!(introspect(&world.router, me, access(&tokens)).await, json!({ "active": false }));
        let (_, another) = machine(&world, &[]).await;
        assert_eq!(introspect(&world.router, me, access(&another)).await["active"], true, "only that one");
        world.advance(600);
        assert_eq!(introspect(&world.router, me, access(&another)).await, json!({ "active": false }));
        guiyi::jobs::clear(&world.app).await.unwrap();
        assert_eq!(world.count("revoked_tokens").await, 0);
    }

    async fn a_jwt_says_what_rfc_9068_asks_and_ends_like_an_opaque_token(world) {
        let world = furnished(world, AccessTokenFormat::Jwt).await;
        let mut browser = signed_in(&world).await;
        let (status, tokens) = tokens(&world, &mut browser, &[], &[]).await;
        assert_eq!(status, 200, "{tokens}");
        let jwt = access(&tokens);
        assert_eq!(jsonwebtoken::decode_header(jwt).unwrap().typ.as_deref(), Some("at+jwt"));
        let (claims, id, now) = (checked(&world, jwt).await, payload(&tokens), world.clock.now().seconds());
        for (name, value) in [
            ("iss", json!("http://localhost:8080")), ("sub", id["sub"].clone()), ("aud", json!("http://localhost:8080")),
            ("client_id", json!(BOOKING)), ("iat", json!(now)), ("exp", json!(now + 600)), ("acr", id["acr"].clone()),
            ("auth_time", id["auth_time"].clone()), ("scope", json!("openid profile offline_access")),
        ] {
            assert_eq!(claims[name], value, "{name}");
        }
        let account = world.text("SELECT id FROM accounts").await;
        assert!(!claims.to_string().contains(&account));
        assert_eq!(userinfo(&world.router, jwt).await.1["sub"], id["sub"]);
        let me = (BOOKING, secret(&world));
        let told = introspect(&world.router, (me.0, &me.1), jwt).await;
        assert_eq!((&told["active"], &told["sub"]), (&json!(true), &id["sub"]));
        let forged = format!("{}AAAA", &jwt[..jwt.len() - 4]);
        for bad in [&forged, claims["jti"].as_str().unwrap(), tokens["id_token"].as_str().unwrap()] {
            assert_eq!(userinfo(&world.router, bad).await.0, 401, "{bad}");
        }
        let (_, challenge) = pkce();
        browser.get(&query(&challenge, &[("prompt", "none"), ("id_token_hint", jwt)])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("login_required"), "it is no ID token");
        assert_eq!(endpoint(&world.router, "/revoke", Some((me.0, &me.1)), &[("token", jwt)]).await.0, 200);
        assert_eq!(userinfo(&world.router, jwt).await.0, 401);
        assert_eq!(introspect(&world.router, (me.0, &me.1), jwt).await, json!({ "active": false }));
    }

    async fn a_unit_s_jwt_says_who_acts_and_ends_with_the_mandate(world) {
        let world = furnished(world, AccessTokenFormat::Jwt).await;
        let mut browser = signed_in(&world).await;
        let id = unit(&world, Unit::YUNHAI).await;
        let mandate = representative(&world, &id, "liming").await;
        let tokens = acting(&world, &mut browser, &mandate, &[("scope", "openid organization")]).await;
        let claims = checked(&world, access(&tokens)).await;
        assert_eq!((&claims["act"], &claims["account_kind"]), (&payload(&tokens)["act"], &json!("legal_person")));
        assert_eq!(userinfo(&world.router, access(&tokens)).await.0, 200);
        end(&world, &mandate).await;
        assert_eq!(userinfo(&world.router, access(&tokens)).await.0, 401);
    }

    async fn a_token_is_for_the_resources_that_were_named_and_no_others(world) {
        let world = furnished(world, AccessTokenFormat::Jwt).await;
        let mut browser = signed_in(&world).await;
        let (_, both) = tokens(&world, &mut browser, &[TAX, LAND], &[]).await;
        assert_eq!(checked(&world, access(&both)).await["aud"], json!([TAX, LAND]));
        let me = (BOOKING, secret(&world));
        assert_eq!(introspect(&world.router, (me.0, &me.1), access(&both)).await["aud"], json!([TAX, LAND]));
        assert_eq!(userinfo(&world.router, access(&both)).await.0, 401, "not for the portal");

        let renewal = both["refresh_token"].as_str().unwrap();
        let (_, narrow) = refresh(&world, renewal, &[("resource", LAND)]).await;
        assert_eq!(checked(&world, access(&narrow)).await["aud"], LAND);
        let (_, whole) = refresh(&world, renewal, &[]).await;
        assert_eq!(checked(&world, access(&whole)).await["aud"], json!([TAX, LAND]), "the grant is as wide as before");
        assert_eq!(refresh(&world, renewal, &[("resource", "https://other.example")]).await.1["error"], "invalid_target");

        let (_, one) = tokens(&world, &mut browser, &[TAX, LAND], &[TAX]).await;
        assert_eq!(checked(&world, access(&one)).await["aud"], TAX);
        let (status, error) = tokens(&world, &mut browser, &[TAX], &[LAND]).await;
        assert_eq!((status, error["error"].as_str()), (400, Some("invalid_target")), "wider than the grant");
        let (_, challenge) = pkce();
        browser.get(&query(&challenge, &[("resource", "https://tax.example.gov.cn/")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("invalid_target"), "to the letter");
    }

    async fn a_resource_that_the_client_has_lost_gives_no_wider_token(world) {
        let mut world = furnished(world, AccessTokenFormat::Jwt).await;
        let mut browser = signed_in(&world).await;
        let (_, granted) = tokens(&world, &mut browser, &[TAX], &[]).await;
        world.restart_with(|config| config.clients[0].resources = vec![LAND.into()]).await;
        let (status, error) = refresh(&world, granted["refresh_token"].as_str().unwrap(), &[]).await;
        assert_eq!((status, error["error"].as_str()), (400, Some("invalid_target")));
    }
}
