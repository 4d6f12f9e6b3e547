//! The launch page of connected applications: third-party-initiated login (OpenID Connect Core, section 4).

use guiyi::domain::account::AccountKind;

use super::*;

both! {
    async fn a_click_begins_a_sign_in_at_the_application_and_tells_nothing_of_the_person(world) {
        let mut world = world;
        world.restart_with(|config| {
            config.clients[0].metadata.initiate_login_uri = "http://localhost:8081/initiate?from=portal".parse().ok();
            config.clients[1].metadata.client_uri = "https://social.example/start".parse().ok();
            config.clients[1].metadata.logo_uri = "https://cdn.example/logo.png".parse().ok();
            config.clients[2].name_zh = "掌上办".into();
            config.clients[2].metadata.client_uri = None;
        }).await;
        let mut browser = signed_in(&world).await;
        browser.get("/").await;
        assert_eq!(browser.link("/apps"), "/apps", "from the front page");
        browser.get("/account").await;
        assert_eq!(browser.link("/apps"), "/apps", "from the account page");
        browser.get("/apps").await;
        let to = browser.link("/initiate");
        assert_eq!(to, "http://localhost:8081/initiate?from=portal&iss=http%3A%2F%2Flocalhost%3A8080");
        assert_eq!(browser.link("social.example"), "https://social.example/start", "without the endpoint, its own page");
        assert!(browser.shows("社保查询") && browser.shows("掌上办") && browser.shows("请从该应用自己的网站"));
        let csp = browser.headers["content-security-policy"].to_str().unwrap();
        assert!(csp.contains("img-src 'self' data: https://cdn.example;"), "{csp}");
        for own in ["liming", "login_hint", "sid"] {
            assert!(!browser.link("/initiate").contains(own) && !browser.link("social").contains(own));
        }
        browser.get("/language?to=en&back=%2Fapps").await;
        assert!(browser.shows("Real-estate registration booking") && browser.shows("Choose an application"), "{}", browser.body);
    }

    async fn only_applications_for_this_kind_of_account_that_are_switched_on_stand_there(world) {
        let mut world = world;
        world.restart_with(|config| {
            config.clients[0].account_kinds = vec![AccountKind::LegalPerson];
            config.clients[1].enabled = false;
            config.clients[2].enabled = false;
        }).await;
        let mut browser = signed_in(&world).await;
        browser.get("/apps").await;
        assert!(!browser.shows("不动产登记预约") && !browser.shows("社保查询"));
        assert!(browser.shows("目前还没有面向此类账号的应用"), "{}", browser.body);
    }

    async fn a_stranger_signs_in_first(world) {
        let mut browser = world.browser();
        browser.get("/apps").await;
        assert!(browser.at.starts_with("/login"));
        browser.get("/").await;
        assert!(!browser.shows("href=\"/apps\""));
    }
}
