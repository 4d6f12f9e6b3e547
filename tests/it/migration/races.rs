//! Sixteen at the same moment: the database lets one through.

use super::*;
use tokio::task::JoinSet;

/// Walks several browsers to the last page and then sends the last form from all of them at once.
async fn finish_together(browsers: Vec<Browser>) -> Vec<Browser> {
    let mut set = JoinSet::new();
    for mut browser in browsers {
        set.spawn(async move {
            let fields = [("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)];
            browser.submit(&fields).await;
            browser
        });
    }
    set.join_all().await
}

async fn to_password(world: &World, person: &Person, name: &str, phone: &str) -> Browser {
    let mut browser = world.browser();
    to_user_name(&mut browser, "/migrate", person).await;
    browser.submit(&[("user_name", name)]).await;
    to_email(world, &mut browser, phone).await;
    browser.submit(&[("skip", "yes")]).await;
    assert!(browser.at.ends_with("/password"), "{}", browser.at);
    browser
}

both! {
    async fn sixteen_for_one_legacy_account_and_one_document_make_one_account(world) {
        let mut browsers = Vec::new();
        for n in 0..16 {
            // The same legacy account and document in sixteen browsers, each with its own name and phone.
            let browser = to_password(&world, &LIMING, &format!("liming{n:02}"), &format!("199000001{n:02}")).await;
            browsers.push(browser);
            world.advance(20 * 60);
        }
        let done = finish_together(browsers).await;
        assert_eq!(done.iter().filter(|b| b.at.ends_with("/done")).count(), 1);
        for (table, rows) in [("accounts", 1), ("documents", 1), ("legacy_links", 1), ("sessions", 1)] {
            assert_eq!(world.count(table).await, rows, "{table}");
        }
        // The others aren't lost: they are told where the account is.
        for browser in done.iter().filter(|b| !b.at.ends_with("/done")) {
            assert!(browser.at.contains("/journey/"), "{}", browser.at);
            assert_eq!(browser.status, 200);
        }
    }

    async fn two_accounts_of_one_person_race_for_one_document(world) {
        let second = Person { account: "liming2009", password: "Old-Luyang-09", ..LIMING };
        let a = to_password(&world, &LIMING, "liming-a", "19900000101").await;
        let b = to_password(&world, &second, "liming-b", "19900000102").await;
        let done = finish_together(vec![a, b]).await;
        assert_eq!(done.iter().filter(|b| b.at.ends_with("/done")).count(), 1);
        let other = done.iter().find(|b| !b.at.ends_with("/done")).unwrap();
        assert!(other.at.ends_with("/existing-account"), "{}", other.at);
        assert_eq!(world.count("documents").await, 1);
    }

    async fn two_people_race_for_one_user_name(world) {
        let a = to_password(&world, &LIMING, "samename", "19900000101").await;
        let b = to_password(&world, &ZHANGWEI, "SameName", "19900000102").await;
        let done = finish_together(vec![a, b]).await;
        assert_eq!(done.iter().filter(|b| b.at.ends_with("/done")).count(), 1);
        let other = done.iter().find(|b| !b.at.ends_with("/done")).unwrap();
        assert!(other.at.ends_with("/user-name"), "{}", other.at);
        let mut other = other.clone();
        other.submit(&[("user_name", "another-name")]).await;
        assert!(other.at.ends_with("/done"), "everything else was kept: {}", other.at);
    }

    async fn sixteen_tries_of_one_code_use_it_once(world) {
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &LIMING).await;
        browser.submit(&[("user_name", "liming")]).await;
        browser.submit(&[("phone", LIMING.phone), ("captcha", "0000")]).await;
        let code = world.code(LIMING.phone).await;
        let mut set = JoinSet::new();
        for _ in 0..16 {
            let (mut browser, code) = (browser.clone(), code.clone());
            set.spawn(async move {
                browser.submit(&[("code", &code)]).await;
            });
        }
        set.join_all().await;
        assert_eq!(world.scalar("SELECT COUNT(*) FROM one_time_codes WHERE consumed_at IS NOT NULL").await, 1);
        let proven = "SELECT COUNT(*) FROM audit WHERE event = 'journey.contact_proven'";
        assert_eq!(world.scalar(proven).await, 1);
        let here = browser.at.replace("/phone-code", "/email");
        browser.get(&here).await;
        assert!(browser.at.ends_with("/email"));
    }
}
