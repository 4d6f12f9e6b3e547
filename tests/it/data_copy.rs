//! The copy of one's data: who gets it, and what is in it.

use serde_json::Value;

use crate::migration::{LIMING, migrate};
use crate::provider::code;
use crate::second_factors::{confirm, with_app};
use crate::support::{Browser, Unit, World, account_of, agent, pkce, representative, unit};

async fn open(world: &World, browser: &mut Browser) {
    browser.get("/account/data").await;
    if browser.at.starts_with("/account/confirm") {
        world.advance(61);
        confirm(world, browser).await;
    }
    assert_eq!(browser.at, "/account/data", "{}", browser.body);
}

async fn file(browser: &mut Browser) -> Value {
    browser.submit(&[("format", "json")]).await;
    assert_eq!(browser.status, 200, "{}", browser.body);
    serde_json::from_str(&browser.body).unwrap()
}

both! {
    async fn the_copy_is_for_who_has_just_proven_themselves_and_stands_in_the_log(world) {
        let mut nobody = world.browser();
        nobody.get("/account/data").await;
        assert_eq!(nobody.at, "/login");
        let mut browser = migrate(&world, &LIMING).await;
        browser.get("/account/data").await;
        assert!(browser.at.starts_with("/account/confirm"), "nobody takes it from a browser that they found open");
        crate::guardian::post(&mut browser, "/account/data", &[("format", "json")]).await;
        assert!(browser.at.starts_with("/account/confirm") && !browser.shows(LIMING.number), "whatever is posted");
        open(&world, &mut browser).await;
        let page = browser.clone();
        file(&mut browser).await;
        assert_eq!(browser.headers["content-disposition"], "attachment; filename=\"account-data-2026-11-24.json\"");
        assert_eq!(browser.headers["cache-control"], "no-store");
        browser.get("/account/log").await;
        assert!(browser.shows("取得了个人数据"), "{}", browser.body);
        for _ in 0..9 {
            browser = page.clone();
            browser.submit(&[("format", "page")]).await;
            assert_eq!(browser.status, 200);
        }
        browser = page;
        browser.submit(&[("format", "page")]).await;
        assert_eq!(browser.status, 429);
        assert!(browser.error("format") && !browser.shows(LIMING.number));
    }

    async fn it_has_everything_and_no_secret(world) {
        let (mut browser, secret, codes) = with_app(&world).await;
        let (_, challenge) = pkce();
        code(&mut browser, &challenge, &[("scope", "openid phone")]).await;
        let yunhai = unit(&world, Unit::YUNHAI).await;
        let mine = representative(&world, &yunhai, "liming").await;
        migrate(&world, &crate::migration::ZHANGWEI).await;
        agent(&world, (&yunhai, &mine), "zhangwei", None, None).await;
        open(&world, &mut browser).await;
        let page = browser.clone();
        let copy = file(&mut browser).await;
        let id = account_of(&world, "liming").await;
        assert_eq!(copy["account"][0]["id"], id.as_str());
        for (section, field, value) in [
            ("account", "user_name", "liming"), ("person", "name", LIMING.name), ("person", "phone", LIMING.phone),
            ("person", "gender", "male"), ("documents", "number", LIMING.number), ("verifications", "source", "hefei"),
            ("links", "system", "hefei"), ("consents", "application", "real-estate-booking"),
            ("consents", "scopes", "openid phone"), ("authenticators", "kind", "totp"), ("sessions", "since", "2026-11-24 10:01"),
            ("mandates", "unit", Unit::YUNHAI.name), ("agreements", "agreement", "terms"), ("journeys", "since", "2026-11-24 10:00"),
        ] {
            let found = copy[section].as_array().unwrap_or_else(|| panic!("no {section}: {copy}"));
            assert!(found.iter().any(|entry| entry[field] == value), "{section}.{field}: {found:?}");
        }
        assert!(copy["log"].as_array().unwrap().len() > 3);
        let kept = world.text(&format!("SELECT password_hash FROM accounts WHERE id = '{id}'")).await;
        for hidden in [kept.as_str(), secret.as_str(), "张伟", crate::migration::ZHANGWEI.phone].into_iter().chain(codes.iter().map(String::as_str)) {
            assert!(!browser.body.contains(hidden), "{hidden}");
        }
        for language in ["zh-CN", "en"] {
            let mut reader = page.clone();
            reader.language = language.to_owned();
            reader.submit(&[("format", "page")]).await;
            for text in [LIMING.number, LIMING.name, LIMING.phone, Unit::YUNHAI.name] {
                assert!(reader.shows(text), "{text}: {}", reader.body);
            }
        }
    }
}
