//! Redirect URIs against a corpus of spellings: each of them is one that some parser, browser or server takes for the
//! registered one, or that looks like it.

use super::*;
use crate::support::{BOOKING, PUBLIC, pkce, token};

const REGISTERED: &str = "https://app.example.gov.cn/sign-in/back?tenant=1";

/// Other spellings of [`REGISTERED`], and places beside it.
fn spellings() -> Vec<String> {
    let (host, path) = ("app.example.gov.cn", "/sign-in/back");
    let at = |host: &str, rest: &str| format!("https://{host}{rest}");
    let whole = |rest: &str| at(host, rest);
    let mut all: Vec<String> = Vec::new();
    // Host: case, dots, ports, user information, other hosts that begin or end like it, full-width and punycode.
    for other in [
        "APP.example.gov.cn",
        "app.example.gov.cn.",
        "app.example.gov.cn:443",
        "app.example.gov.cn:0443",
        "app.example.gov.cn:",
        "app.example.gov.cn:8443",
        "app.example.gov.cn@evil.example",
        "evil.example@app.example.gov.cn",
        ":@app.example.gov.cn",
        "app.example.gov.cn.evil.example",
        "evil-app.example.gov.cn",
        "x.app.example.gov.cn",
        "example.gov.cn",
        "*.example.gov.cn",
        "app.example.gov.cn%2eevil.example",
        "app.example.gov.cn%00.evil.example",
        "app.example.gov.cn%23.evil.example",
        "app.example.gov.cn#.evil.example",
        "app.example.gov.cn\\.evil.example",
        "app.example.gov.cn\\@evil.example",
        "app．example.gov.cn",
        "app。example。gov。cn",
        "аpp.example.gov.cn",
        "xn--pp-7cc.example.gov.cn",
        "app%2eexample.gov.cn",
        "app.example.gov.cn;evil.example",
        "app.example.gov.cn,evil.example",
        "[::1]",
        "127.0.0.1",
        "evil.example",
    ] {
        all.push(at(other, "/sign-in/back?tenant=1"));
    }
    // Scheme, and what stands before the host.
    for before in [
        "http://",
        "HTTPS://",
        "https:",
        "https:/",
        "https:///",
        "https:\\\\",
        "//",
        "",
        "ftp://",
        "javascript://",
        "data:text/html,",
        " https://",
        "\thttps://",
    ] {
        all.push(format!("{before}{host}{path}?tenant=1"));
    }
    // Path: case, traversal, doubled and encoded separators, parameters, wildcards.
    for rest in [
        "/sign-in/back/",
        "/sign-in//back",
        "//sign-in/back",
        "/sign-in/./back",
        "/sign-in/x/../back",
        "/x/../sign-in/back",
        "/sign-in/back/..",
        "/sign-in/back/../evil",
        "/sign-in/back/%2e%2e/evil",
        "/sign-in/back%2f..%2fevil",
        "/sign-in/back..;/evil",
        "/sign-in\\back",
        "/sign-in%2fback",
        "/sign-in%2Fback",
        "/sign-in%5cback",
        "/Sign-in/back",
        "/sign-in/BACK",
        "/sign%2din/back",
        "/sign-in/bac%6b",
        "/sign-in/bac%6B",
        "/sign-in/back;x",
        "/sign-in/back;",
        "/sign-in/back%00",
        "/sign-in/back%20",
        "/sign-in/back%0d%0a",
        "/sign-in/*",
        "/sign-in/bac",
        "/sign-in/backs",
        "/sign-in/back/x",
        "/",
        "",
    ] {
        all.push(whole(&format!("{rest}?tenant=1")));
    }
    // Query and fragment.
    for rest in [
        "",
        "?",
        "?tenant=2",
        "?tenant=1&",
        "?&tenant=1",
        "?tenant=1&x=1",
        "?x=1&tenant=1",
        "?tenant=1&tenant=1",
        "?tenant=1&tenant=2",
        "?TENANT=1",
        "?tenant=%31",
        "?tenant=1%20",
        "?tenant=1 ",
        "?tenant=1+",
        "?tenant=1#",
        "?tenant=1#x",
        "#?tenant=1",
        "?tenant=1%23x",
        "?tenant=1;x=1",
        "?tenant=1?",
        "?tenant=1/",
        "?tenant=1\u{a0}",
        "?tenant=1&redirect_uri=https://evil.example/",
    ] {
        all.push(whole(&format!("{path}{rest}")));
    }
    // Every character of it encoded, one at a time; two joined.
    for (n, byte) in REGISTERED.bytes().enumerate() {
        all.push(format!("{}%{byte:02x}{}", &REGISTERED[..n], &REGISTERED[n + 1..]));
    }
    all.push(format!("{REGISTERED} https://evil.example/"));
    all.push(format!("{REGISTERED},https://evil.example/"));
    all
}

/// The world's first client with one redirect URI, and the public one with these.
async fn with(mut world: World, native: &[&str]) -> World {
    world
        .restart_with(|config| {
            config.clients[0].metadata.redirect_uris = vec![REGISTERED.into(), "http://127.0.0.1:8081/back".into()];
            config.clients[2].metadata.redirect_uris = native.iter().map(|uri| (*uri).to_owned()).collect();
        })
        .await;
    world
}

async fn error_at(browser: &mut Browser, client: &str, uri: &str) -> Option<String> {
    let (_, challenge) = pkce();
    browser.get(&query(&challenge, &[("client_id", client), ("redirect_uri", uri), ("prompt", "none")])).await;
    let left = browser.left.clone();
    if left.is_none() {
        assert_eq!(browser.status, 400, "{uri}");
    }
    left
}

both! {
    async fn no_spelling_of_a_registered_uri_is_that_uri(world) {
        let world = with(world, &["cn.example.app:/callback"]).await;
        let mut browser = world.browser();
        let all = spellings();
        assert!(all.len() > 140);
        for uri in &all {
            assert_ne!(uri, REGISTERED);
            assert_eq!(error_at(&mut browser, BOOKING, uri).await, None, "{uri}");
        }
        let back = error_at(&mut browser, BOOKING, REGISTERED).await.unwrap();
        assert!(back.starts_with(&format!("{REGISTERED}&error=login_required")), "{back}");
        // Twice is once too often, in whichever order.
        let (_, challenge) = pkce();
        for (first, second) in [(REGISTERED, "https://evil.example/"), ("https://evil.example/", REGISTERED), (REGISTERED, REGISTERED)] {
            let add = url::form_urlencoded::Serializer::new(String::new()).append_pair("redirect_uri", second).finish();
            browser.get(&format!("{}&{add}", query(&challenge, &[("redirect_uri", first)]))).await;
            assert_eq!((browser.status, browser.left.clone()), (400, None));
        }
        // The private-use scheme of an app likewise.
        for uri in ["cn.example.app:/Callback", "cn.example.app://callback", "cn.example.app:callback", "cn.example.app:/callback?x",
            "CN.example.app:/callback", "cn.example.app.evil:/callback", "cn.example.app:///callback", "cn.example.app:/callback/"] {
            assert_eq!(error_at(&mut browser, PUBLIC, uri).await, None, "{uri}");
        }
        assert!(error_at(&mut browser, PUBLIC, "cn.example.app:/callback").await.is_some());
    }

    async fn only_a_native_client_s_loopback_address_may_have_another_port(world) {
        let world = with(world, &["http://127.0.0.1/back", "http://[::1]:4000/back", "http://localhost:5000/back"]).await;
        let mut browser = signed_in(&world).await;
        for uri in ["http://127.0.0.1/back", "http://127.0.0.1:1/back", "http://127.0.0.1:65535/back", "http://[::1]/back",
            "http://[::1]:50001/back", "http://localhost:5000/back"] {
            let left = error_at(&mut browser, PUBLIC, uri).await.unwrap_or_else(|| panic!("{uri}"));
            assert!(left.starts_with(&format!("{uri}?error=")), "{left}");
        }
        for uri in [
            // A name may be resolved to something else; so may every other address.
            "http://localhost:5001/back", "http://localhost/back", "http://127.0.0.2:4000/back", "http://127.1:4000/back", "http://2130706433/back",
            "http://0x7f.0.0.1/back", "http://0.0.0.0:4000/back", "http://[::ffff:127.0.0.1]:4000/back", "http://[0:0:0:0:0:0:0:1]:4000/back",
            "http://127.0.0.1.evil.example/back", "http://127.0.0.1:4000@evil.example/back", "http://127.0.0.1@evil.example/back",
            // The port alone: no other scheme, path, query or fragment, and no port that is none.
            "https://127.0.0.1:4000/back", "http://127.0.0.1:4000/other", "http://127.0.0.1:4000/back/", "http://127.0.0.1:4000/back?x=1",
            "http://127.0.0.1:4000/back#x", "http://127.0.0.1:4000", "http://127.0.0.1:/back", "http://127.0.0.1:65536/back", "http://127.0.0.1:99999/back",
            "http://127.0.0.1:+80/back", "http://127.0.0.1:-1/back", "http://127.0.0.1:80:80/back", "http://127.0.0.1:4000\\@evil.example/back",
            "http://127.0.0.1:４０００/back", "http://127.0.0.1 :4000/back",
        ] {
            assert_eq!(error_at(&mut browser, PUBLIC, uri).await, None, "{uri}");
        }
        // A server isn't on somebody's device: its port is registered.
        assert!(error_at(&mut browser, BOOKING, "http://127.0.0.1:8081/back").await.is_some());
        assert_eq!(error_at(&mut browser, BOOKING, "http://127.0.0.1:8082/back").await, None);
        // The code is good at the port that it was sent to.
        let (verifier, challenge) = pkce();
        let here = "http://127.0.0.1:40001/back";
        let code = code(&mut browser, &challenge, &[("client_id", PUBLIC), ("redirect_uri", here)]).await;
        for (uri, status) in [("http://127.0.0.1:40002/back", 400), ("http://127.0.0.1/back", 400), (here, 200)] {
            let form = [("grant_type", "authorization_code"), ("code", &code), ("client_id", PUBLIC), ("redirect_uri", uri), ("code_verifier", &verifier)];
            let (got, answer) = token(&world.router, None, &form).await;
            assert_eq!(got, status, "{uri}: {answer}");
        }
    }
}
