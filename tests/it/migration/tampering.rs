//! Every hidden field, every posted field and every cookie of every page, one by one: dropped, emptied, changed,
//! doubled. None of it moves the wizard, shows another's data, or breaks a page.

use super::*;

/// A page, what its owner is about to type into it, and where that leads.
async fn tamper(world: &World, browser: &mut Browser, typed: &[(&str, &str)]) {
    let (action, hidden) = browser.form();
    let mut whole: Vec<(String, String)> = hidden.clone();
    whole.retain(|(name, _)| !typed.iter().any(|(n, _)| n == name));
    whole.extend(typed.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    let accounts = world.count("accounts").await;
    for (name, value) in &hidden {
        for changed in
            [None, Some(String::new()), Some(format!("{value}x")), Some(format!("x{value}")), Some("0".into())]
        {
            let mut thief = browser.clone();
            let fields: Vec<(&str, &str)> = whole
                .iter()
                .filter_map(|(n, v)| match (n == name, &changed) {
                    (false, _) => Some((n.as_str(), v.as_str())),
                    (true, Some(changed)) => Some((n.as_str(), changed.as_str())),
                    (true, None) => None,
                })
                .collect();
            thief.post(&action, &fields).await;
            // A request that waits may be left out: the wizard then ends at the account page.
            let harmless = name == "interaction" || (name == "system" && action == "/migrate");
            assert!(thief.status >= 400 || harmless, "{action}: {name}={changed:?} was taken: {}", thief.status);
        }
    }
    // Twice the same field is refused, whatever it says.
    for (name, value) in &whole {
        let mut thief = browser.clone();
        let mut fields: Vec<(&str, &str)> = whole.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        fields.push((name, value));
        thief.post(&action, &fields).await;
        assert!(thief.status >= 400, "{action}: {name} twice");
    }
    for name in browser.jar.keys().filter(|name| *name != "guiyi_language" && *name != "guiyi_known") {
        for changed in [None, Some("x".to_owned()), Some("A".repeat(43)), Some(format!("{}x", browser.jar[name]))] {
            let mut thief = browser.clone();
            match changed {
                None => thief.jar.remove(name),
                Some(value) => thief.jar.insert(name.clone(), value),
            };
            let fields: Vec<(&str, &str)> = whole.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            thief.post(&action, &fields).await;
            assert!(thief.status >= 400, "{action}: another {name} was taken: {} {}", thief.status, thief.at);
        }
    }
    assert_eq!(world.count("accounts").await, accounts);
    // And the page's owner goes on as if nothing had been.
    let captcha = browser.body.contains("name=\"captcha_ticket\"");
    if captcha {
        browser.get(&browser.at.clone()).await;
    }
    browser.submit(typed).await;
    assert!(browser.status < 400, "{action}: {} {}", browser.status, browser.body);
}

both! {
    async fn no_field_and_no_cookie_can_be_tampered_with(world) {
        let mut browser = world.browser();
        browser.get("/migrate").await;
        browser.submit(&[("system", "hefei")]).await;
        tamper(&world, &mut browser, &[("kind", "individual")]).await;
        tamper(&world, &mut browser, &[("account", ZHANGWEI.account), ("password", ZHANGWEI.password)]).await;
        tamper(&world, &mut browser, &[("terms", "yes"), ("identity_data", "yes")]).await;
        tamper(&world, &mut browser, &ZHANGWEI.identity()).await;
        tamper(&world, &mut browser, &[("user_name", "zhangwei")]).await;
        tamper(&world, &mut browser, &[("phone", ZHANGWEI.phone), ("captcha", "0000")]).await;
        let code = world.code(ZHANGWEI.phone).await;
        tamper(&world, &mut browser, &[("code", &code)]).await;
        tamper(&world, &mut browser, &[("email", "zw@mail.example")]).await;
        tamper(&world, &mut browser, &[("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)]).await;
        assert!(browser.at.ends_with("/done"), "{}", browser.at);
        assert_eq!(world.count("accounts").await, 1);
    }

    async fn no_order_of_requests_reaches_the_end_without_each_proof(world) {
        use guiyi::clock::Random;
        // Everything but the right code of the phone: whatever is posted in whatever order, the end isn't reached.
        let posts: Vec<(&str, Vec<(&str, &str)>)> = vec![
            ("system", vec![("system", "hefei")]),
            ("account-kind", vec![("kind", "individual")]),
            ("sign-in", vec![("account", ZHANGWEI.account), ("password", ZHANGWEI.password)]),
            ("agreement", vec![("terms", "yes"), ("identity_data", "yes")]),
            ("identity", ZHANGWEI.identity().to_vec()),
            ("check", vec![("action", "retry")]),
            ("check", vec![("action", "review")]),
            ("evidence", vec![("submit", "yes")]),
            ("evidence", vec![("cancel", "yes")]),
            ("review", vec![("action", "continue")]),
            ("review", vec![("action", "withdraw")]),
            ("existing-account", vec![("action", "password"), ("password", "x")]),
            ("user-name", vec![("user_name", "zhangwei")]),
            ("phone", vec![("phone", ZHANGWEI.phone), ("captcha", "0000")]),
            ("phone", vec![("no_phone", "yes")]),
            ("contact-phone", vec![("no_phone", "yes")]),
            ("phone-code", vec![("code", "")]),
            ("email-code", vec![("code", "")]),
            ("contact-code", vec![("code", "12345")]),
            ("email", vec![("email", "zw@mail.example")]),
            ("email", vec![("skip", "yes")]),
            ("password", vec![("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)]),
        ];
        let random = Random::seeded(u64::from(Random::system().below(u32::MAX)));
        let mut browser = world.browser();
        browser.get("/migrate").await;
        browser.submit(&[("system", "hefei")]).await;
        let journey = browser.at.rsplit_once('/').unwrap().0.to_owned();
        let csrf = browser.csrf();
        for _ in 0..150 {
            let (step, fields) = &posts[random.below(posts.len() as u32) as usize];
            let mut fields = fields.clone();
            fields.push(("csrf", &csrf));
            browser.post(&format!("{journey}/{step}"), &fields).await;
            assert!(!browser.at.ends_with("/done"), "after {step}: {}", browser.at);
        }
        assert_eq!(world.count("accounts").await + world.count("legacy_links").await, 0);
    }

    async fn answers_moved_from_one_journey_to_another_in_the_database_are_not_believed(world) {
        use axum::http::Request;
        use tower::ServiceExt;
        let mut rich = world.browser();
        to_user_name(&mut rich, "/migrate", &ZHANGWEI).await;
        let mut poor = world.browser();
        to_sign_in(&mut poor, "/migrate").await;
        let id = |browser: &Browser| browser.at.split('/').nth(2).unwrap().to_owned();
        let (from, to) = (id(&rich), id(&poor));
        world.execute(&format!("UPDATE journeys SET answers = (SELECT answers FROM journeys WHERE id = '{from}') WHERE id = '{to}'")).await;
        let cookie = poor.jar.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
        let request = Request::get(format!("/journey/{to}/user-name")).header("cookie", cookie);
        let answer = world.router.clone().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 500, "sealed for its own journey: it fails closed");
    }

    async fn a_pending_migration_inherits_nothing_of_a_later_link(world) {
        let mut thief = world.browser();
        to_user_name(&mut thief, "/migrate", &LIMING).await;
        thief.submit(&[("user_name", "thief")]).await;
        to_email(&world, &mut thief, "19900000033").await;
        thief.submit(&[("skip", "yes")]).await;
        assert!(thief.at.ends_with("/password"));
        migrate(&world, &LIMING).await;
        thief.submit(&[("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)]).await;
        assert!(!thief.at.ends_with("/done"), "{}", thief.at);
        assert!(!thief.jar.contains_key("guiyi_session"));
        assert_eq!(world.count("accounts").await, 1);
        assert_eq!(world.count("legacy_links").await, 1);
    }

    async fn whoever_leaves_a_shared_machine_leaves_nothing_there(world) {
        let mut kiosk = world.browser();
        to_user_name(&mut kiosk, "/migrate", &ZHANGWEI).await;
        let page = kiosk.at.clone();
        let csrf = kiosk.form().1[0].1.clone();
        kiosk.once("POST", "/leave", Some(format!("csrf={csrf}"))).await;
        assert_eq!(kiosk.headers["clear-site-data"], "\"cache\"");
        assert!(!kiosk.jar.contains_key("guiyi_browser"));
        kiosk.get(&page).await;
        assert_eq!(kiosk.status, 410, "the next person's back button finds nothing");
        assert!(!kiosk.shows(ZHANGWEI.name));
    }
}
