//! The way out to URLs that clients name. No database is involved.

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use guiyi::config;
use guiyi::egress::{Egress, MOST, Refused, is_public};
use url::Url;

use crate::support::{listen, listen_tls, through};

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn closed() -> Egress {
    Egress::new(&config::Egress::default()).unwrap()
}

async fn refused(egress: &Egress, text: &str) -> Refused {
    egress.get(&url(text), MOST).await.expect_err(text)
}

fn all_closed(addresses: &[&str]) {
    for address in addresses {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
}

/// A neighbour that is allowed, and one that isn't.
async fn neighbour() -> u16 {
    listen_tls(
        Router::new()
            .route("/json", get(async || ([("content-type", "Application/JSON; charset=utf-8")], "{\"a\":1}")))
            .route("/html", get(async || ([("content-type", "text/html")], "{\"a\":1}")))
            .route("/broken", get(async || ([("content-type", "application/json")], "{\"a\":")))
            .route("/large", get(async || "x".repeat(MOST + 1)))
            .route("/full", get(async || "x".repeat(MOST)))
            .route("/redirect", get(async || (StatusCode::FOUND, [(LOCATION, "/json")]).into_response()))
            .route("/slow", get(async || tokio::time::sleep(std::time::Duration::from_secs(30)).await))
            .route(
                "/form",
                post(async |body: String| {
                    (if body == "a=1%262" { StatusCode::NO_CONTENT } else { StatusCode::BAD_REQUEST }).into_response()
                }),
            ),
    )
    .await
}

#[test]
fn loopback_is_closed() {
    all_closed(&["127.0.0.1", "127.255.255.254", "::1", "0.0.0.0", "0.1.2.3", "::"]);
}

#[test]
fn private_networks_are_closed() {
    all_closed(&["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"]);
    assert!(is_public("172.32.0.1".parse().unwrap()) && is_public("11.0.0.1".parse().unwrap()));
}

#[test]
fn link_local_and_the_metadata_services_of_clouds_are_closed() {
    all_closed(&["169.254.169.254", "169.254.0.23", "100.100.100.200", "168.63.129.16", "192.0.0.192"]);
    all_closed(&["fe80::1", "fd00:ec2::254"]);
}

#[test]
fn a_carrier_s_own_network_is_closed() {
    all_closed(&["100.64.0.1", "100.127.255.255"]);
    assert!(is_public("100.128.0.1".parse().unwrap()) && is_public("100.63.255.255".parse().unwrap()));
}

#[test]
fn unique_local_and_site_local_addresses_are_closed() {
    all_closed(&["fc00::1", "fd12:3456::1", "fec0::1"]);
}

#[test]
fn multicast_broadcast_and_reserved_addresses_are_closed() {
    all_closed(&["224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "ff02::1", "4000::1", "e000::1"]);
}

#[test]
fn documentation_and_benchmark_networks_are_closed() {
    all_closed(&["192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "198.19.255.255", "2001:db8::1", "3fff::1"]);
}

#[test]
fn an_ipv4_address_in_the_clothes_of_ipv6_is_closed() {
    all_closed(&["::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001::1"]);
}

#[test]
fn the_public_network_is_open() {
    for address in ["8.8.8.8", "1.1.1.1", "223.5.5.5", "2400:3200::1", "2606:4700::1111", "2a00:1450::1"] {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

#[tokio::test]
async fn literal_addresses_are_refused_in_every_spelling() {
    let egress = closed();
    for text in [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://169.254.169.254/latest",
        "https://10.0.0.1:8443/",
        "https://[fd00:ec2::254]/",
        "https://０.0.0.0/",
        "https://127。0。0。1/",
    ] {
        assert_eq!(refused(&egress, text).await, Refused::Address, "{text}");
    }
}

#[tokio::test]
async fn a_name_that_resolves_to_this_machine_is_refused() {
    let port = neighbour().await;
    let egress = closed();
    for host in ["localhost", "LOCALHOST", "localhost."] {
        assert_eq!(refused(&egress, &format!("https://{host}:{port}/json")).await, Refused::Address, "{host}");
    }
    assert_eq!(egress.post_form(&url(&format!("https://localhost:{port}/form")), &[]).await, Err(Refused::Address));
}

#[tokio::test]
async fn only_https_without_user_information_is_called() {
    let here = listen(|_| Router::new().route("/", get(async || "in"))).await;
    let egress = closed();
    for text in [
        "http://8.8.8.8/",
        "ftp://8.8.8.8/",
        "file:///etc/passwd",
        "https://user:pass@8.8.8.8/",
        "data:,x",
        "gopher://8.8.8.8/",
    ] {
        assert_eq!(refused(&egress, text).await, Refused::Url, "{text}");
    }
    assert_eq!(refused(&egress, here.as_str()).await, Refused::Url);
    let port = here.port().unwrap();
    let named =
        Egress::new(&config::Egress { allow: vec![format!("127.0.0.1:{port}"), "8.8.8.8:80".into()], ca: None });
    let named = named.unwrap();
    assert_eq!(named.get(&here, MOST).await.unwrap().body, b"in", "a named port of this machine");
    assert_eq!(refused(&named, "http://8.8.8.8/").await, Refused::Url, "plain http goes nowhere else");
}

#[tokio::test]
async fn what_is_named_is_let_through_and_no_other_port() {
    let (port, other) = (neighbour().await, neighbour().await);
    let egress = Egress::new(&through(&[port])).unwrap();
    let fetched = egress.get(&url(&format!("https://localhost:{port}/json#fragment")), MOST).await.unwrap();
    assert_eq!(fetched.media, "application/json");
    assert_eq!(fetched.json::<serde_json::Value>().unwrap(), serde_json::json!({"a": 1}));
    assert_eq!(refused(&egress, &format!("https://localhost:{other}/json")).await, Refused::Address);
    assert_eq!(refused(&egress, &format!("https://127.0.0.1:{port}/json")).await, Refused::Address);
    assert_eq!(egress.post_form(&url(&format!("https://localhost:{port}/form")), &[("a", "1&2")]).await, Ok(204));
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let port = neighbour().await;
    let egress = Egress::new(&config::Egress { ca: None, ..through(&[port]) }).unwrap();
    assert_eq!(refused(&egress, &format!("https://localhost:{port}/json")).await, Refused::Unreachable);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let port = neighbour().await;
    let egress = Egress::new(&through(&[port])).unwrap();
    assert_eq!(refused(&egress, &format!("https://localhost:{port}/redirect")).await, Refused::Status(302));
}

#[tokio::test]
async fn answers_are_bounded_in_size_and_time_and_their_content_is_checked() {
    let port = neighbour().await;
    let egress = Egress::new(&through(&[port])).unwrap();
    let at = |path: &str| url(&format!("https://localhost:{port}{path}"));
    assert_eq!(egress.get(&at("/large"), MOST).await.unwrap_err(), Refused::TooLarge);
    assert_eq!(egress.get(&at("/full"), MOST).await.unwrap().body.len(), MOST);
    for path in ["/html", "/broken"] {
        let fetched = egress.get(&at(path), MOST).await.unwrap();
        assert_eq!(fetched.json::<serde_json::Value>(), Err(Refused::Content), "{path}");
    }
    let begun = std::time::Instant::now();
    assert_eq!(egress.get(&at("/slow"), MOST).await.unwrap_err(), Refused::Unreachable);
    assert!(begun.elapsed() < std::time::Duration::from_secs(8));
}
