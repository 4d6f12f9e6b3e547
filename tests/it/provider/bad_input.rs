//! Bad input: a clear 4xx with a reference number, never a 500, never a lost migration.

use super::*;
use axum::body::Body;
use axum::http::Request;
use tower::ServiceExt;

async fn send(world: &World, request: axum::http::request::Builder, body: impl Into<Body>) -> (u16, String) {
    let response = world.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8_lossy(&body).into_owned())
}

both! {
    async fn a_form_that_does_not_come_to_its_end_is_refused_in_time(world) {
        let never = || Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
        let form = "application/x-www-form-urlencoded";
        for (path, expected) in [("/token", 400), ("/login", 408)] {
            let request = Request::post(path).header("content-type", form);
            assert_eq!(send(&world, request, never()).await.0, expected, "{path}");
        }
    }

    async fn duplicated_malformed_and_oversized_parameters_are_refused(world) {
        let long = format!("/authorize?client_id={}", "a".repeat(5000));
        let many = format!("/authorize?{}", (0..70).map(|n| format!("p{n}=1&")).collect::<String>());
        for (path, expected) in [
            ("/authorize?client_id=a&client_id=b", 400),
            ("/authorize?client_id=%00", 400),
            ("/authorize?client_id=%ff%fe", 400),
            ("/login?interaction=a&interaction=b", 400),
            ("/login?interaction=unknown", 410),
            ("/journey/unknown", 410),
            ("/journey/unknown/identity", 410),
            ("/interaction/unknown", 410),
            ("/captcha?t=x", 404),
            ("/nothing/here", 404),
            (&long, 413),
            (&many, 413),
        ] {
            let (status, body) = send(&world, Request::get(path), Body::empty()).await;
            assert_eq!(status, expected, "{path}");
            assert!(body.contains("参考编号"), "{path}: {body}");
        }
        let known = format!("/authorize?client_id=real-estate-booking&redirect_uri=http%3A%2F%2Flocalhost%3A8081%2Fcallback&unknown=1&{}", "scope=openid");
        let (status, _) = send(&world, Request::get(known), Body::empty()).await;
        assert_eq!(status, 303, "an unknown parameter is no fault");
    }

    async fn wrong_media_types_methods_and_huge_bodies_are_refused(world) {
        let form = "application/x-www-form-urlencoded";
        for (method, path, media, body, expected) in [
            ("POST", "/login", "application/json", "{}".to_owned(), 415),
            ("POST", "/login", "multipart/form-data; boundary=x", "--x--".to_owned(), 415),
            ("POST", "/login", form, format!("a={}", "x".repeat(70_000)), 413),
            ("POST", "/login", form, "a=1&a=2".to_owned(), 400),
            ("POST", "/login", form, "identifier=x&password=y".to_owned(), 403),
            ("DELETE", "/login", form, String::new(), 405),
            ("POST", "/token", "application/json", "{}".to_owned(), 400),
            ("POST", "/token", form, "grant_type=a&grant_type=b".to_owned(), 400),
            ("POST", "/token", form, format!("a={}", "x".repeat(70_000)), 400),
            ("GET", "/token", form, String::new(), 405),
        ] {
            let request = Request::builder().method(method).uri(path).header("content-type", media);
            let (status, body) = send(&world, request, body).await;
            assert_eq!(status, expected, "{method} {path} {media}: {body}");
        }
    }

    async fn broken_cookies_and_headers_are_no_cookies(world) {
        let long = format!("guiyi_session={}", "x".repeat(5000));
        for cookie in ["guiyi_session", "guiyi_session=", "guiyi_session=a.b", "guiyi_session=....", ";;;=", "guiyi_browser=short; guiyi_known=x; guiyi_language=xx", &long] {
            let (status, _) = send(&world, Request::get("/account").header("cookie", cookie), Body::empty()).await;
            assert_eq!(status, 303, "{cookie}");
        }
        let odd = Request::get("/").header("accept-language", "x;;q=zz,,,").header("x-forwarded-for", "not an address")
            .header("authorization", "Basic");
        assert_eq!(send(&world, odd, Body::empty()).await.0, 200);
        let bytes = Request::get("/").header("cookie", axum::http::HeaderValue::from_bytes(b"a=\xff\xfe").unwrap());
        assert_eq!(send(&world, bytes, Body::empty()).await.0, 200);
        let basic = Request::post("/token").header("content-type", "application/x-www-form-urlencoded").header("authorization", "Basic !!!");
        assert_eq!(send(&world, basic, "grant_type=authorization_code").await.0, 401);
    }

    async fn bad_input_in_the_middle_loses_no_migration(world) {
        let mut browser = world.browser();
        crate::migration::to_user_name(&mut browser, "/migrate", &LIMING).await;
        let here = browser.at.clone();
        for body in ["user_name=a&user_name=b", "user_name=%00", ""] {
            browser.request("POST", &here, Some(body.to_owned())).await;
            assert!((400..500).contains(&browser.status), "{body}");
        }
        browser.get(&here).await;
        assert_eq!((browser.status, browser.at.as_str()), (200, here.as_str()));
        browser.submit(&[("user_name", "liming")]).await;
        assert!(browser.at.ends_with("/phone"));
    }

    async fn the_language_link_leads_nowhere_else(world) {
        let mut browser = world.browser();
        for back in ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "/%0d%0aSet-Cookie:x"] {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("to", "en").append_pair("back", back).finish();
            browser.once("GET", &format!("/language?{query}"), None).await;
            let to = browser.headers["location"].to_str().unwrap().to_owned();
            assert!(to.starts_with('/') && !to.starts_with("//") && !to.contains('\\') && !to.contains("evil"), "{back} -> {to}");
        }
        browser.get("/language?to=en&back=%2Flogin%3Fui_locales%3Dzh-CN").await;
        assert!(browser.shows("<html lang=\"en\""), "the person's own choice wins: {}", browser.at);
    }

    async fn search_text_and_identifiers_come_back_escaped(world) {
        let mut browser = world.browser();
        browser.get("/migrate?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
        assert!(!browser.shows("<script>"));
        browser.get("/login").await;
        browser.submit(&[("identifier", "\"><script>alert(1)</script>"), ("password", "")]).await;
        assert!(!browser.shows("<script>"));
    }
}
