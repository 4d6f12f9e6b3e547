//! Dynamic client registration (RFC 7591, OpenID Connect Dynamic Client Registration 1.0) and its management (RFC 7592).

use axum::body::Body;
use axum::http::Request;
use guiyi::config::RegistrationMode;
use guiyi::secret::Secret;
use http_body_util::BodyExt;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::support::{RelyingParty, Signer, endpoint, userinfo};

const CALLBACK: &str = "https://new.example/callback";
const INITIAL: &str = "an-initial-access-token-0123456789";

async fn open(mut world: World) -> World {
    world.restart_with(|config| config.registration.mode = RegistrationMode::Open).await;
    world
}

/// A request with a JSON body and a bearer token; status and answer.
async fn send(world: &World, method: &str, path: &str, bearer: Option<&str>, body: &Value) -> (u16, Value) {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    if let Some(token) = bearer {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let answer = world.router.clone().oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

fn metadata() -> Value {
    json!({ "redirect_uris": [CALLBACK], "client_name": "New app", "grant_types": ["authorization_code", "refresh_token"] })
}

async fn register(world: &World, metadata: &Value) -> Value {
    let (status, client) = send(world, "POST", "/clients", None, metadata).await;
    assert_eq!(status, 201, "{client}");
    client
}

fn text<'a>(client: &'a Value, name: &str) -> &'a str {
    client[name].as_str().unwrap_or_else(|| panic!("no {name} in {client}"))
}

/// The client's own place.
fn place(client: &Value) -> String {
    format!("/clients/{}", text(client, "client_id"))
}

async fn refused(world: &World, changed: Value) -> String {
    let mut metadata = metadata();
    for (name, value) in changed.as_object().unwrap() {
        metadata[name] = value.clone();
    }
    let (status, error) = send(world, "POST", "/clients", None, &metadata).await;
    assert_eq!(status, 400, "{changed} was taken: {error}");
    text(&error, "error").to_owned()
}

both! {
    async fn a_registered_client_signs_people_in_and_gets_what_is_open_to_it(world) {
        let world = open(world).await;
        let client = register(&world, &metadata()).await;
        assert_eq!(client["client_secret_expires_at"], 0);
        assert_eq!(client["token_endpoint_auth_method"], "client_secret_basic");
        assert_eq!(text(&client, "registration_client_uri"), format!("http://localhost:8080{}", place(&client)));
        let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret").to_owned());
        let rp = RelyingParty::new(&world, id, Some(secret), CALLBACK).await;
        let mut browser = signed_in(&world).await;
        let closed = rp.start(&["openid", "real_name"], &[]);
        browser.get(&closed.path).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("invalid_scope"), "names and numbers aren't open to it");
        let started = rp.start(&["openid", "profile"], &[]);
        browser.get(&started.path).await;
        assert!(browser.shows("自行登记"), "the page says that nobody has reviewed it: {}", browser.body);
        assert!(browser.shows("new.example") && browser.shows("New app"));
        let back = browser.submit(&[("decision", "allow")]).await.left.clone().unwrap();
        let (tokens, claims) = rp.finish(started, &back).await;
        let told = rp.userinfo(&tokens).await;
        assert_eq!(told["sub"], claims.subject().as_str());
        assert_eq!((told["preferred_username"].is_string(), &told["name"]), (true, &Value::Null));
    }

    async fn nobody_registers_where_it_is_off_or_without_the_initial_token(world) {
        let mut world = world;
        let (status, error) = send(&world, "POST", "/clients", None, &metadata()).await;
        assert_eq!((status, text(&error, "error")), (403, "access_denied"));
        world.restart_with(|config| {
            config.registration.mode = RegistrationMode::Token;
            config.registration.initial_access_tokens = vec![Secret::new(INITIAL)];
        }).await;
        for bearer in [None, Some("an-initial-access-token-0123456788"), Some("")] {
            let (status, error) = send(&world, "POST", "/clients", bearer, &metadata()).await;
            assert_eq!((status, text(&error, "error")), (401, "invalid_token"), "{bearer:?}");
        }
        assert_eq!(send(&world, "POST", "/clients", Some(INITIAL), &metadata()).await.0, 201);
        assert_eq!(world.count("clients").await, 1);
    }

    async fn one_address_registers_so_many_clients_an_hour_and_no_more(world) {
        let mut world = world;
        world.restart_with(|config| {
            config.registration.mode = RegistrationMode::Open;
            config.registration.hourly = 2;
        }).await;
        for status in [201, 201, 503] {
            assert_eq!(send(&world, "POST", "/clients", None, &metadata()).await.0, status);
        }
        world.advance(60 * 60);
        assert_eq!(send(&world, "POST", "/clients", None, &metadata()).await.0, 201);
    }

    async fn what_would_weaken_a_sign_in_or_mislead_people_is_refused(world) {
        let mut world = world;
        world.restart_with(|config| {
            config.registration.mode = RegistrationMode::Open;
            config.registration.hourly = 1000;
        }).await;
        for uri in [
            "http://new.example/callback", "https://new.example/#x", "https://user@new.example/", "javascript:alert(1)",
            "https://*.example/", "new.example", "http://127.0.0.1/callback",
        ] {
            let uris = json!({ "redirect_uris": [uri] });
            let (status, error) = send(&world, "POST", "/clients", None, &uris).await;
            assert_eq!((status, text(&error, "error")), (400, "invalid_redirect_uri"), "{uri}");
        }
        assert_eq!(refused(&world, json!({ "redirect_uris": [] })).await, "invalid_redirect_uri");
        for changed in [
            json!({ "response_types": ["token"] }),
            json!({ "response_types": ["code id_token"] }),
            json!({ "grant_types": ["implicit"] }),
            json!({ "grant_types": ["client_credentials"] }),
            json!({ "token_endpoint_auth_method": "private_key_jwt" }),
            json!({ "token_endpoint_auth_method": "tls_client_auth" }),
            json!({ "id_token_signed_response_alg": "none" }),
            json!({ "id_token_signed_response_alg": "HS256" }),
            json!({ "userinfo_signed_response_alg": "none" }),
            json!({ "userinfo_signed_response_alg": "HS256" }),
            json!({ "token_endpoint_auth_signing_alg": "none" }),
            json!({ "token_endpoint_auth_signing_alg": "RS512" }),
            json!({ "token_endpoint_auth_method": "client_secret_jwt", "token_endpoint_auth_signing_alg": "RS256" }),
            json!({ "request_object_signing_alg": "none" }),
            json!({ "request_object_signing_alg": "ES384" }),
            json!({ "request_object_signing_alg": "HS256" }),
            json!({ "request_object_signing_alg": 256 }),
            json!({ "token_endpoint_auth_method": "client_secret_jwt", "request_object_signing_alg": "ES256" }),
            json!({ "request_object_signing_alg": "ES256" }), // with what key?
            json!({ "require_signed_request_object": true }),
            json!({ "id_token_encrypted_response_alg": "RSA-OAEP" }),
            json!({ "subject_type": "public" }),
            json!({ "redirect_uris": [CALLBACK, "https://other.example/callback"], "subject_type": "pairwise" }),
            json!({ "jwks": { "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] } }),
            json!({ "jwks": { "keys": [] } }),
            json!({ "jwks_uri": "http://new.example/jwks" }),
            json!({ "logo_uri": "http://new.example/logo.png" }),
            json!({ "initiate_login_uri": "http://new.example/login" }),
            json!({ "frontchannel_logout_uri": "https://elsewhere.example/logout" }),
            json!({ "backchannel_logout_uri": "https://new.example/logout#x" }),
            json!({ "client_name": "不动产登记\u{202e}" }),
            json!({ "client_name": "x".repeat(61) }),
            json!({ "default_max_age": -1 }),
        ] {
            assert_eq!(refused(&world, changed.clone()).await, "invalid_client_metadata", "{changed}");
        }
        for body in [json!([]), json!("x"), Value::Null] {
            let (status, error) = send(&world, "POST", "/clients", None, &body).await;
            assert_eq!((status, text(&error, "error")), (400, "invalid_client_metadata"), "{body}");
        }
        assert_eq!(world.count("clients").await, 0);
    }

    async fn a_client_chooses_each_algorithm_among_those_that_are_offered(world) {
        let mut world = open(world).await;
        for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
            let signer = Signer::new(algorithm.parse().unwrap(), "k1");
            let mut wished = metadata();
            wished["token_endpoint_auth_method"] = json!("private_key_jwt");
            wished["jwks"] = signer.jwks();
            let members = ["id_token_signed_response_alg", "userinfo_signed_response_alg", "token_endpoint_auth_signing_alg",
                "request_object_signing_alg"];
            for member in members {
                wished[member] = json!(algorithm);
            }
            let client = register(&world, &wished).await;
            for member in members {
                assert_eq!(client[member], algorithm, "{member}");
            }
            // What can't be registered can't be put in its place later.
            let (here, token) = (place(&client), text(&client, "registration_access_token"));
            wished["client_id"] = client["client_id"].clone();
            for member in members {
                for bad in ["none", "HS512", "es256"] {
                    let mut changed = wished.clone();
                    changed[member] = json!(bad);
                    let (status, error) = send(&world, "PUT", &here, Some(token), &changed).await;
                    assert_eq!((status, text(&error, "error")), (400, "invalid_client_metadata"), "{member} {bad}");
                }
            }
            assert_eq!(send(&world, "PUT", &here, Some(token), &wished).await.0, 200);
        }
        // One with a shared secret signs with it, and needs no key for that.
        let mut shared = metadata();
        for (member, value) in [("token_endpoint_auth_method", "client_secret_jwt"), ("token_endpoint_auth_signing_alg", "HS256"),
            ("request_object_signing_alg", "HS256")] {
            shared[member] = json!(value);
        }
        register(&world, &shared).await;
        world.restart().await;
        assert_eq!(world.count("clients").await, 5);
    }

    async fn a_client_reads_changes_and_removes_itself_and_no_other_does(world) {
        let world = open(world).await;
        let (client, other) = (register(&world, &metadata()).await, register(&world, &metadata()).await);
        let (here, token) = (place(&client), text(&client, "registration_access_token"));
        for (bearer, what) in [(None, "none"), (Some(text(&other, "registration_access_token")), "another's"), (Some("x"), "a guess")] {
            for method in ["GET", "PUT", "DELETE"] {
                let (status, error) = send(&world, method, &here, bearer, &metadata()).await;
                assert_eq!((status, text(&error, "error")), (401, "invalid_token"), "{method} with {what}");
            }
        }
        let (status, read) = send(&world, "GET", &here, Some(token), &Value::Null).await;
        assert_eq!((status, &read["client_name"], &read["client_secret"]), (200, &json!("New app"), &Value::Null));
        let mut changed = metadata();
        changed["client_name"] = json!("Newer app");
        for (client_id, status) in [("", 400), (text(&other, "client_id"), 400), (text(&client, "client_id"), 200)] {
            changed["client_id"] = json!(client_id);
            assert_eq!(send(&world, "PUT", &here, Some(token), &changed).await.0, status, "{client_id}");
        }
        changed["client_secret"] = json!("a-secret-of-my-own-choice");
        assert_eq!(send(&world, "PUT", &here, Some(token), &changed).await.0, 400, "a secret isn't chosen");
        changed["client_secret"] = client["client_secret"].clone();
        let (status, told) = send(&world, "PUT", &here, Some(token), &changed).await;
        assert_eq!((status, &told["client_name"], &told["client_secret"]), (200, &json!("Newer app"), &Value::Null));
        assert_eq!(send(&world, "DELETE", &here, Some(token), &Value::Null).await.0, 204);
        assert_eq!(send(&world, "GET", &here, Some(token), &Value::Null).await.0, 401);
        assert_eq!(world.count("clients").await, 1);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event LIKE 'client.%'").await, 5);
    }

    async fn clients_of_one_host_are_a_sector_and_one_of_several_hosts_is_its_own(world) {
        let world = open(world).await;
        let several = json!({ "redirect_uris": [CALLBACK, "https://other.example/callback"] });
        let mut sectors = Vec::new();
        for metadata in [metadata(), metadata(), several.clone(), several] {
            let client = register(&world, &metadata).await;
            let id = text(&client, "client_id").to_owned();
            sectors.push((world.app.client(&id).await.unwrap().unwrap().sector.clone(), id));
        }
        assert_eq!([&sectors[0].0, &sectors[1].0], ["new.example", "new.example"]);
        for (sector, id) in &sectors[2..] {
            assert_eq!(sector, id, "it knows people by an identifier that nobody else has");
        }
    }

    async fn tokens_of_a_removed_client_end_on_every_node(world) {
        let world = open(world).await;
        let client = register(&world, &metadata()).await;
        let (_, node) = world.second_node().await;
        let rp = RelyingParty::new(
            &world, text(&client, "client_id"), Some(text(&client, "client_secret").to_owned()), CALLBACK,
        ).await;
        let mut browser = signed_in(&world).await;
        let started = rp.start(&["openid"], &[]);
        browser.get(&started.path).await;
        let back = browser.submit(&[("decision", "allow")]).await.left.clone().unwrap();
        let (tokens, _) = rp.finish(started, &back).await;
        let access = serde_json::to_value(&tokens).unwrap()["access_token"].as_str().unwrap().to_owned();
        for router in [&world.router, &node] {
            assert_eq!(userinfo(router, &access).await.0, 200);
        }
        send(&world, "DELETE", &place(&client), Some(text(&client, "registration_access_token")), &Value::Null).await;
        world.advance(1);
        for router in [&world.router, &node] {
            assert_eq!(userinfo(router, &access).await.0, 401);
        }
    }

    async fn secrets_and_tokens_of_registered_clients_are_not_kept(world) {
        let world = open(world).await;
        let mut jwt = metadata();
        jwt["token_endpoint_auth_method"] = json!("client_secret_jwt");
        for metadata in [metadata(), jwt] {
            let client = register(&world, &metadata).await;
            let stored = world.dump("clients").await;
            for name in ["client_secret", "registration_access_token"] {
                assert!(!stored.contains(text(&client, name)), "{name} stands in the database");
            }
        }
    }

    async fn a_secret_goes_the_way_that_is_registered_and_no_other(world) {
        let world = open(world).await;
        let mut post = metadata();
        post["token_endpoint_auth_method"] = json!("client_secret_post");
        let client = register(&world, &post).await;
        let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
        let form = [("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", CALLBACK)];
        let (status, error) = endpoint(&world.router, "/token", Some((id, secret)), &form).await;
        assert_eq!((status, text(&error, "error")), (401, "invalid_client"));
        let with = [&form[..], &[("client_id", id), ("client_secret", secret)]].concat();
        let (status, error) = endpoint(&world.router, "/token", None, &with).await;
        assert_eq!((status, text(&error, "error")), (400, "invalid_grant"), "the client is proven, the code isn't good");
        let wrong = [&form[..], &[("client_id", id), ("client_secret", "wrong")]].concat();
        assert_eq!(endpoint(&world.router, "/token", None, &wrong).await.0, 401);
        let twice = endpoint(&world.router, "/token", Some((id, secret)), &with).await;
        assert_eq!((twice.0, text(&twice.1, "error")), (400, "invalid_request"), "in one way only");
    }

    async fn a_client_that_registers_a_key_proves_itself_by_it(world) {
        let signer = Signer::new(Algorithm::ES256, "k1");
        let mut world = open(world).await;
        let mut wished = metadata();
        wished["token_endpoint_auth_method"] = json!("private_key_jwt");
        wished["jwks"] = signer.jwks();
        let client = register(&world, &wished).await;
        let id = text(&client, "client_id").to_owned();
        assert!(client["client_secret"].is_null());
        let is_in = async |world: &World, audience: &str| {
            let jti = guiyi::clock::Random::system().token::<16>();
            let claims = json!({ "iss": id, "sub": id, "aud": audience, "jti": jti, "exp": 1_795_485_660 });
            let assertion = signer.sign(&claims);
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            let form = [("client_assertion_type", kind), ("client_assertion", assertion.as_str()), ("token", "none")];
            endpoint(&world.router, "/revoke", None, &form).await.0 == 200
        };
        assert!(is_in(&world, "http://localhost:8080").await);
        assert!(!is_in(&world, "http://localhost:8080/token").await, "the issuer alone");
        world.restart_with(|config| config.registration.token_endpoint_as_audience = true).await;
        assert!(is_in(&world, "http://localhost:8080/token").await, "unless the operator lets such clients do that");
        assert_eq!(refused(&world, json!({ "token_endpoint_auth_signing_alg": "none" })).await, "invalid_client_metadata");
    }
}
