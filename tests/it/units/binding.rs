//! The unit has an account already: 确认绑定 by authority over it, and a change of its representative.

use super::*;
use crate::migration::{LIMING, ZHANGWEI};

const HUIYUN: &str = "91340100MA0000C11Q";

async fn to_existing(world: &World, identifier: &str) -> Browser {
    let mut browser = world.browser();
    let unit = Unit { account: "huiyun2009", password: Unit::of("huiyun2009").password, ..Unit::of("huiyun") };
    to_checked(&mut browser, "/migrate", &unit, identifier).await;
    browser
}

both! {
    async fn its_representative_binds_a_second_old_account(world) {
        citizen(&world, &LIMING).await;
        migrate(&world, &Unit::of("huiyun"), "liming").await;
        let mut browser = to_existing(&world, "liming").await;
        assert!(browser.at.ends_with("/existing-unit") && browser.shows("h***n"), "{} {}", browser.at, browser.body);
        assert!(!browser.shows("原法定代表人"));
        browser.submit(&[("action", "bind")]).await;
        assert!(browser.at.ends_with("/done"), "{} {}", browser.at, browser.body);
        assert_eq!(rows(&world).await, [1, 1, 2], "one account, one representative, two links");
    }

    async fn the_new_representative_takes_over_and_the_former_one_is_told(world) {
        citizen(&world, &LIMING).await;
        citizen(&world, &ZHANGWEI).await;
        migrate(&world, &Unit::of("huiyun"), "liming").await;
        world.neighbours.registry.set_representative(HUIYUN, ZHANGWEI.name, ZHANGWEI.number);
        let mut former = to_existing(&world, "liming").await;
        assert!(former.at.ends_with("/unit-check") && former.shows("未通过核验"), "{}", former.at);
        let mut browser = to_existing(&world, "zhangwei").await;
        assert!(browser.at.ends_with("/existing-unit") && browser.shows("原法定代表人"), "{}", browser.body);
        browser.submit(&[("action", "bind")]).await;
        assert!(browser.at.ends_with("/password"), "the former representative knows the old one: {}", browser.at);
        let fields = [("new_password", "A-new-seal-of-ours-8"), ("new_password_again", "A-new-seal-of-ours-8")];
        browser.submit(&fields).await;
        assert!(browser.at.ends_with("/done"), "{} {}", browser.at, browser.body);
        assert_eq!(rows(&world).await, [1, 1, 2]);
        for (password, right) in [(UNIT_PASSWORD, false), ("A-new-seal-of-ours-8", true)] {
            let mut unit = world.browser();
            unit.get("/login?tab=legal").await;
            unit.submit(&[("identifier", "huiyun"), ("password", password)]).await;
            assert_eq!(unit.error("identifier"), !right, "{password}: {}", unit.body);
        }
        let person = world.text("SELECT person_id FROM mandates WHERE ended_at IS NULL").await;
        assert_eq!(person, world.text("SELECT id FROM accounts WHERE user_name = 'zhangwei'").await);
        assert_eq!(world.text("SELECT ended_why FROM mandates WHERE ended_at IS NOT NULL").await, "replaced");
        let told = world.messages(LIMING.phone).await;
        assert!(told.iter().any(|text| text.contains("法定代表人已变更")), "{told:?}");
        former.submit(&[("action", "bind")]).await;
        assert!(!former.at.ends_with("/done"), "{}", former.at);
    }

    async fn an_old_proof_of_a_former_representative_names_nobody_and_the_new_one_needs_no_second_old_account(world) {
        citizen(&world, &LIMING).await;
        citizen(&world, &ZHANGWEI).await;
        migrate(&world, &Unit::of("huiyun"), "liming").await;
        // 李明 keeps a journey at hand in which the registry has just named him.
        let mut former = to_existing(&world, "liming").await;
        assert!(former.at.ends_with("/existing-unit"), "{}", former.at);
        world.advance(60);
        world.neighbours.registry.set_representative(HUIYUN, ZHANGWEI.name, ZHANGWEI.number);
        // The unit's only old account is linked; its password still leads its new representative to the takeover.
        let mut new = world.browser();
        to_checked(&mut new, "/migrate", &Unit::of("huiyun"), "zhangwei").await;
        new.submit(&[("action", "bind")]).await;
        let fields = [("new_password", "A-new-seal-of-ours-8"), ("new_password_again", "A-new-seal-of-ours-8")];
        new.submit(&fields).await;
        assert!(new.at.ends_with("/done"), "{} {}", new.at, new.body);
        assert_eq!(rows(&world).await, [1, 1, 1], "no second link");
        world.advance(60);
        former.submit(&[("action", "bind")]).await;
        let fields = [("new_password", "Back-in-my-old-chair-1"), ("new_password_again", "Back-in-my-old-chair-1")];
        former.submit(&fields).await;
        assert!(former.at.ends_with("/unit-check"), "asked anew: {} {}", former.at, former.body);
        former.submit(&[("action", "retry")]).await;
        assert!(former.shows("未通过核验"), "{}", former.body);
        let person = world.text("SELECT person_id FROM mandates WHERE ended_at IS NULL").await;
        assert_eq!(person, world.text("SELECT id FROM accounts WHERE user_name = 'zhangwei'").await);
    }

    async fn a_unit_s_own_sign_in_unlinks_nothing(world) {
        citizen(&world, &LIMING).await;
        migrate(&world, &Unit::of("huiyun"), "liming").await;
        let mut unit = world.browser();
        unit.get("/login?tab=legal").await;
        unit.submit(&[("identifier", "huiyun"), ("password", UNIT_PASSWORD)]).await;
        let hidden = unit.form().1;
        let csrf = hidden.iter().find(|(name, _)| name == "csrf").unwrap().1.clone();
        let link = world.text("SELECT id FROM legacy_links WHERE system_id = 'gsj'").await;
        unit.post(&format!("/account/links/{link}"), &[("csrf", &csrf)]).await;
        assert!(unit.at.starts_with("/units/"), "{}", unit.at);
        assert_eq!(rows(&world).await, [1, 1, 1]);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM legacy_links WHERE unlinked_at IS NOT NULL").await, 0);
    }

    async fn two_journeys_of_one_unit_end_in_one_account(world) {
        citizen(&world, &LIMING).await;
        let mut first = world.browser();
        to_checked(&mut first, "/migrate", &Unit::of("huiyun"), "liming").await;
        let second = to_existing(&world, "liming").await;
        assert!(second.at.ends_with("/user-name"), "{}", second.at);
        let finish = |mut browser: Browser, name: &'static str| async move {
            browser.submit(&[("user_name", name), ("captcha", "0000")]).await;
            browser.submit(&[("email", "")]).await;
            browser
                .submit(&[("choice", "new"), ("new_password", UNIT_PASSWORD), ("new_password_again", UNIT_PASSWORD)])
                .await;
            browser
        };
        let (one, mut two) = tokio::join!(finish(first, "huiyun"), finish(second, "huiyun2009"));
        let (mut done, mut late) = if one.at.ends_with("/done") { (one, two.clone()) } else { (two.clone(), one) };
        assert!(done.at.ends_with("/done"), "{}", done.at);
        assert!(late.at.ends_with("/existing-unit"), "the other is led to the binding: {} {}", late.at, late.body);
        late.submit(&[("action", "bind")]).await;
        assert!(late.at.ends_with("/done"), "{}", late.at);
        assert_eq!(rows(&world).await, [1, 1, 2]);
        two.get("/").await;
        done.get("/account").await;
        assert_eq!(done.at, "/account");
    }

    async fn two_old_systems_of_one_unit_are_one_account(world) {
        citizen(&world, &LIMING).await;
        migrate(&world, &Unit::of("mingde"), "liming").await;
        let mut browser = world.browser();
        to_checked(&mut browser, "/migrate", &Unit::of("mingdeschool"), "liming").await;
        assert!(browser.at.ends_with("/existing-unit"), "{} {}", browser.at, browser.body);
        browser.submit(&[("action", "bind")]).await;
        assert!(browser.at.ends_with("/done"), "{}", browser.at);
        assert_eq!(rows(&world).await, [1, 1, 2]);
    }
}
