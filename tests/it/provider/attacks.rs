//! What broke comparable products, tried on this one: hosts of requests, approvals that wander, codes that outlive their
//! session, grants that aren't built, and URLs that lead into the portal's own network.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::IntoResponse;
use axum::routing::any;
use guiyi::config::RegistrationMode;
use guiyi::protocol::client_metadata::AuthMethod;
use http_body_util::BodyExt;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::migration::{complete, to_user_name};
use crate::support::{BOOKING, RS256, Signer, endpoint, listen_tls, part, pkce, through, token};

/// What somebody who wants to be the issuer sends along.
const EVIL: [(&str, &str); 6] = [
    ("host", "evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "gopher"),
    ("x-forwarded-server", "evil.example"),
    ("x-original-url", "https://evil.example/"),
    ("forwarded", "host=evil.example;proto=gopher"),
];

/// A request with those headers: status, and headers and body as one text.
async fn with_evil(world: &World, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in EVIL.iter().chain(headers) {
        request = request.header(*name, *value);
    }
    let answer = world.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status.as_u16(), format!("{:?}\n{}", parts.headers, String::from_utf8_lossy(&body)))
}

fn is_clean(what: &str, text: &str) {
    assert!(!text.contains("evil") && !text.contains("gopher"), "{what}: {text}");
}

/// A server on this machine that counts who calls.
async fn counting(answer: impl IntoResponse + Clone + Send + Sync + 'static) -> (u16, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let port = listen_tls(Router::new().fallback(any(async move || {
        counter.fetch_add(1, Ordering::SeqCst);
        answer.clone()
    })))
    .await;
    (port, calls)
}

/// Has the portal call each URL that a client can name, all at this port; whether one of them brought what it wanted.
async fn call_each(world: &mut World, port: u16) -> Vec<(&'static str, bool)> {
    let url = |path: &str| format!("https://localhost:{port}/{path}");
    let signer = Signer::new(Algorithm::ES256, "k1");
    world
        .restart_with(|config| {
            config.registration.mode = RegistrationMode::Open;
            let booking = &mut config.clients[0];
            booking.metadata.jwks_uri = Some(url("jwks").parse().unwrap());
            booking.metadata.request_uris = vec![url("request")];
            booking.metadata.backchannel_logout_uri = Some(url("logout").parse().unwrap());
            let machine = &mut config.clients[1];
            machine.secret = None;
            machine.metadata.token_endpoint_auth_method = Some(AuthMethod::PrivateKeyJwt);
            machine.metadata.jwks_uri = Some(url("jwks").parse().unwrap());
        })
        .await;
    let mut got = Vec::new();
    let now = world.clock.now().seconds();
    let jti = guiyi::clock::Random::system().token::<16>();
    let claims = json!({ "iss": RS256, "sub": RS256, "aud": "http://localhost:8080", "jti": jti, "exp": now + 60 });
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let assertion = signer.sign(&claims);
    let form = [("client_assertion_type", kind), ("client_assertion", assertion.as_str()), ("token", "none")];
    got.push(("jwks_uri", endpoint(&world.router, "/revoke", None, &form).await.0 == 200));
    let (verifier, challenge) = pkce();
    let mut browser = world.browser();
    browser.get("/login").await;
    browser.submit(&[("identifier", "liming"), ("password", crate::migration::NEW_PASSWORD)]).await;
    browser.get(&query(&challenge, &[("request_uri", &url("request")), ("prompt", "none")])).await;
    got.push(("request_uri", param(&browser, "error").as_deref() != Some("invalid_request_uri")));
    let sector = json!({ "redirect_uris": ["https://new.example/back"], "sector_identifier_uri": url("sector") });
    let body = sector.to_string();
    let (status, _) = with_evil(world, "POST", "/clients", &[("content-type", "application/json")], &body).await;
    got.push(("sector_identifier_uri", status == 201));
    let code = code(&mut browser, &challenge, &[]).await;
    assert_eq!(redeem(world, &code, &verifier).await.0, 200);
    browser.get("/logout").await;
    browser.submit(&[]).await;
    got.push(("backchannel_logout_uri", guiyi::jobs::tell_clients(&world.app).await.unwrap() > 0));
    got
}

both! {
    async fn no_answer_and_no_message_names_the_host_of_a_request(world) {
        let mut world = world;
        world.restart_with(|config| config.registration.mode = RegistrationMode::Open).await;
        let mut browser = world.browser();
        browser.says = EVIL.to_vec();
        to_user_name(&mut browser, "/migrate", &LIMING).await;
        complete(&world, &mut browser, &LIMING).await;
        let (verifier, challenge) = pkce();
        let code = code(&mut browser, &challenge, &[("scope", "openid profile email")]).await;
        assert_eq!(param(&browser, "iss").as_deref(), Some("http://localhost:8080"));
        let basic = {
            use base64::Engine;
            let secret = world.config.clients[0].secret.as_ref().unwrap().expose().to_owned();
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{BOOKING}:{secret}")))
        };
        let form = [("content-type", "application/x-www-form-urlencoded"), ("authorization", basic.as_str())];
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("grant_type", "authorization_code"), ("code", &code), ("code_verifier", &verifier),
                ("redirect_uri", "http://localhost:8081/callback")]).finish();
        let (status, answer) = with_evil(&world, "POST", "/token", &form, &body).await;
        assert_eq!(status, 200, "{answer}");
        let tokens: Value = serde_json::from_str(answer.rsplit('\n').next().unwrap()).unwrap();
        assert_eq!(part(tokens["id_token"].as_str().unwrap(), 1)["iss"], "http://localhost:8080");
        let registration = json!({ "redirect_uris": ["https://new.example/back"] }).to_string();
        let (status, answer) = with_evil(&world, "POST", "/clients", &[("content-type", "application/json")], &registration).await;
        assert!(status == 201 && answer.contains("\"registration_client_uri\":\"http://localhost:8080/clients/"), "{answer}");
        is_clean("registration", &answer);
        for path in ["/.well-known/openid-configuration", "/jwks", "/", "/login", "/login?tab=legal", "/apps", "/migrate", "/register", "/logout",
            "/check-session", "/nowhere", "/userinfo", "/account", "/authorize", &query(&challenge, &[]), &query(&challenge, &[("prompt", "none")]),
            &query(&challenge, &[("response_mode", "form_post"), ("prompt", "none")])] {
            let (_, answer) = with_evil(&world, "GET", path, &[], "").await;
            is_clean(path, &answer);
            browser.get(path).await;
            is_clean(path, &format!("{:?} {:?} {}", browser.headers, browser.left, browser.body));
        }
        for message in world.messages("").await.into_iter().chain(world.messages(LIMING.phone).await) {
            is_clean("a message", &message);
        }
        let outbox = world.dump("outbox").await;
        is_clean("outbox", &outbox);
    }

    async fn an_approval_is_worth_nothing_in_another_browser_or_for_another_request(world) {
        let mut victim = signed_in(&world).await;
        let (_, challenge) = pkce();
        victim.get(&query(&challenge, &[])).await;
        assert!(victim.shows("授权登录"), "{}", victim.body);
        let id = victim.form().0.trim_end_matches("/consent").to_owned();
        let csrf = victim.csrf();
        // Somebody who knows the id, signed in or not, before and after the approval.
        let mut stranger = world.browser();
        stranger.get("/login").await;
        let mut other = crate::migration::migrate(&world, &crate::migration::ZHANGWEI).await;
        for approved in [false, true] {
            if approved {
                victim.submit(&[("decision", "allow")]).await;
                assert!(param(&victim, "code").is_some());
            }
            for thief in [&mut stranger, &mut other] {
                thief.get(&id).await;
                assert_eq!((thief.status, thief.left.is_none()), (410, true), "approved: {approved}");
                thief.post(&format!("{id}/consent"), &[("csrf", &csrf), ("decision", "allow")]).await;
                assert!(thief.left.is_none() && thief.status >= 400, "{}", thief.status);
                thief.get("/login").await;
                let own = thief.csrf();
                thief.post(&format!("{id}/consent"), &[("csrf", &own), ("decision", "allow")]).await;
                assert!(thief.left.is_none() && thief.status >= 400, "{}", thief.status);
            }
        }
        // The attacker's request, put before the victim.
        other.get(&query(&challenge, &[("state", "attackers")])).await;
        let attackers = other.form().0;
        victim.get(attackers.trim_end_matches("/consent")).await;
        assert_eq!((victim.status, victim.left.is_none()), (410, true));
        victim.get("/logout").await;
        let own = victim.csrf();
        victim.post(&attackers, &[("csrf", &own), ("decision", "allow")]).await;
        assert_eq!((victim.status, victim.left.is_none()), (410, true));
        // One approved request of one application is none of another's, nor of more.
        let social = [("client_id", RS256), ("redirect_uri", "https://social.example/callback?tenant=1"), ("prompt", "none")];
        for more in [&social[..], &[("scope", "openid profile phone"), ("prompt", "none")]] {
            victim.get(&query(&challenge, more)).await;
            assert_eq!(param(&victim, "error").as_deref(), Some("consent_required"));
        }
    }

    async fn a_code_ends_with_its_session_on_every_node(world) {
        let (_app, router) = world.second_node().await;
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let offline = [("scope", "openid offline_access"), ("prompt", "consent")];
        let codes = [code(&mut browser, &challenge, &[]).await, code(&mut browser, &challenge, &offline).await, code(&mut browser, &challenge, &[]).await];
        browser.get("/logout").await;
        browser.submit(&[]).await;
        world.advance(1);
        let secret = world.config.clients[0].secret.as_ref().unwrap().expose().to_owned();
        for (code, router) in codes.iter().zip([&world.router, &world.router, &router]) {
            let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", "http://localhost:8081/callback"),
                ("code_verifier", &verifier)];
            let (status, answer) = token(router, Some((BOOKING, &secret)), &form).await;
            assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_grant")));
        }
        assert_eq!((world.count("grants").await, world.count("refresh_tokens").await), (0, 0));
    }

    async fn a_grant_that_is_not_built_is_refused_the_device_flow_among_them(world) {
        let secret = world.config.clients[0].secret.as_ref().unwrap().expose().to_owned();
        for grant in ["implicit", "password", "urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba",
            "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:saml2-bearer",
            "urn:ietf:params:oauth:grant-type:token-exchange", "AUTHORIZATION_CODE", "authorization_code "] {
            let form = [("grant_type", grant), ("username", "liming"), ("password", crate::migration::NEW_PASSWORD), ("device_code", "x"),
                ("assertion", "x"), ("subject_token", "x")];
            let (status, answer) = token(&world.router, Some((BOOKING, &secret)), &form).await;
            assert_eq!((status, answer["error"].as_str()), (400, Some("unsupported_grant_type")), "{grant}");
        }
        let (_, discovery) = with_evil(&world, "GET", "/.well-known/openid-configuration", &[], "").await;
        for absent in ["device_authorization_endpoint", "backchannel_authentication_endpoint", "pushed_authorization", "implicit\"", "password\""] {
            assert!(!discovery.contains(absent), "{absent}: {discovery}");
        }
        for path in ["/device", "/device_authorization", "/device/code", "/par"] {
            assert_eq!(with_evil(&world, "POST", path, &[], "").await.0, 404, "{path}: nobody can be talked into typing a code");
        }
    }

    async fn no_url_of_a_client_leads_into_the_portal_s_own_network(world) {
        let mut world = world;
        signed_in(&world).await;
        let (port, calls) = counting((StatusCode::OK, [("content-type", "application/json")], "{}")).await;
        for (what, got) in call_each(&mut world, port).await {
            assert!(!got, "{what}");
        }
        assert_eq!(calls.load(Ordering::SeqCst), 0, "nobody has called");
        // The operator lets the host through, and each is called; it leads on to a port that isn't let through.
        let (hidden, reached) = counting((StatusCode::OK, [("content-type", "application/json")], "{}")).await;
        let leads_on = (StatusCode::TEMPORARY_REDIRECT, [("location", format!("https://localhost:{hidden}/"))]);
        let (port, calls) = counting(leads_on).await;
        world.restart_with(|config| config.egress = through(&[port])).await;
        for (what, got) in call_each(&mut world, port).await {
            assert!(!got, "{what}");
        }
        assert_eq!((calls.load(Ordering::SeqCst), reached.load(Ordering::SeqCst)), (4, 0), "each was called, and none was led on");
    }
}
