//! 人工审核 of a unit: what no registry can confirm isn't a dead end.

use super::*;
use crate::migration::review::{approve, photo, reviewers};
use crate::migration::{LIMING, ZHANGWEI};
use guiyi::domain::case_number::CaseNumber;
use guiyi::review::desk::{Approval, DeskError, Reviewer};

pub async fn submitted(browser: &mut Browser) -> CaseNumber {
    browser.submit(&[("action", "review")]).await;
    assert!(browser.at.ends_with("/evidence") && browser.shows("营业执照"), "{} {}", browser.at, browser.body);
    browser.upload("holding", &[photo()]).await;
    browser.submit(&[("submit", "yes")]).await;
    assert!(browser.error("files"), "no licence, no review");
    browser.upload("licence", &[photo()]).await;
    browser.submit(&[("submit", "yes")]).await;
    assert!(browser.at.ends_with("/review"), "{} {}", browser.at, browser.body);
    let text = browser.body.split("<strong>").nth(1).unwrap().split('<').next().unwrap();
    CaseNumber::parse(text).unwrap()
}

async fn go_on(browser: &mut Browser) {
    let at = browser.at.clone();
    browser.get(&at).await;
    assert!(browser.shows("人工审核已通过"), "{} {}", browser.at, browser.body);
    browser.submit(&[("action", "continue")]).await;
}

async fn case(world: &World, reviewer: &Reviewer, number: &CaseNumber) -> guiyi::review::desk::Case {
    reviewer.open(&world.app, number).await.unwrap()
}

both! {
    async fn a_code_that_was_issued_with_a_wrong_check_character_is_for_a_reviewer(world) {
        let (reviewer, _) = reviewers(&world).await;
        citizen(&world, &ZHANGSAN).await;
        let unit = Unit::of("pilot2015");
        let mut browser = world.browser();
        to_checked(&mut browser, "/migrate", &unit, "zhangsan").await;
        assert!(browser.shows("校验位与国家标准不符"), "{}", browser.body);
        let number = submitted(&mut browser).await;
        let open = case(&world, &reviewer, &number).await;
        assert_eq!(open.content.unit.as_ref().unwrap().credit_code.as_str(), unit.code);
        assert_eq!((open.content.outcome.as_str(), open.reviewers_needed()), ("check_character", 1));
        approve(&world, &reviewer, &number).await.unwrap();
        go_on(&mut browser).await;
        complete(&mut browser, "pilot2015").await;
        assert_eq!(rows(&world).await, [1, 1, 1]);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM verifications WHERE method = 'review'").await, 1);
    }

    async fn an_old_row_of_another_unit_leads_to_a_reviewer_though_the_registry_agrees(world) {
        let (reviewer, _) = reviewers(&world).await;
        citizen(&world, &LIMING).await;
        let mut browser = world.browser();
        to_checked(&mut browser, "/migrate", &Unit::of("feihelogistics"), "liming").await;
        assert!(browser.at.ends_with("/unit-check") && browser.shows("未通过核验"), "{} {}", browser.at, browser.body);
        let number = submitted(&mut browser).await;
        assert_eq!(case(&world, &reviewer, &number).await.content.outcome, "contradiction");
        approve(&world, &reviewer, &number).await.unwrap();
        go_on(&mut browser).await;
        assert!(browser.at.ends_with("/user-name"), "{}", browser.at);
    }

    async fn another_unit_entered_after_the_approval_is_not_the_approved_one(world) {
        let (reviewer, _) = reviewers(&world).await;
        citizen(&world, &LIMING).await;
        let mut browser = world.browser();
        to_checked(&mut browser, "/migrate", &Unit::of("dashushan"), "liming").await;
        let number = submitted(&mut browser).await;
        approve(&world, &reviewer, &number).await.unwrap();
        go_on(&mut browser).await;
        let journey = browser.at.rsplit_once('/').unwrap().0.to_owned();
        browser.get(&format!("{journey}/unit")).await;
        browser.submit(&Unit::of("chaoyu").form()).await;
        assert!(browser.at.ends_with("/unit-check"), "checked anew: {}", browser.at);
        // Another representative neither.
        citizen(&world, &ZHANGWEI).await;
        browser.get(&format!("{journey}/unit")).await;
        browser.submit(&Unit::of("dashushan").form()).await;
        browser.get(&format!("{journey}/representative")).await;
        sign_in(&mut browser, "zhangwei", NEW_PASSWORD).await;
        assert!(!browser.at.ends_with("/user-name"), "{}", browser.at);
        assert_eq!(rows(&world).await, [0, 0, 0]);
    }

    async fn nobody_reviews_the_unit_that_is_the_own(world) {
        let (reviewer, _) = reviewers(&world).await;
        citizen(&world, &LIMING).await;
        // The reviewer is the representative.
        let mut browser = world.browser();
        to_representative(&mut browser, "/migrate", &Unit::of("dashushan")).await;
        sign_in(&mut browser, guiyi::demo::staff::REVIEWERS[0].0, guiyi::demo::staff::PASSWORD).await;
        browser.submit(&Unit::of("dashushan").form()).await;
        agree(&mut browser).await;
        browser.submit(&[("action", "review")]).await;
        // A reviewer's account has no phone and no address: nobody could be told.
        if browser.at.ends_with("/evidence") {
            browser.upload("licence", &[photo()]).await;
            browser.submit(&[("submit", "yes")]).await;
        }
        let open = reviewer.list(&world.app).await.unwrap();
        for (review, _) in open {
            let refused = approve(&world, &reviewer, &review.case).await;
            assert!(matches!(refused, Err(DeskError::Own)), "{refused:?}");
        }
        assert_eq!(rows(&world).await, [0, 0, 0]);
    }

    async fn a_representative_whom_a_reviewer_named_stays_though_the_registry_says_otherwise(world) {
        let (reviewer, _) = reviewers(&world).await;
        citizen(&world, &LIMING).await;
        // The registry still names 沈雪.
        let mut browser = world.browser();
        to_checked(&mut browser, "/migrate", &Unit::of("chaoyu"), "liming").await;
        let number = submitted(&mut browser).await;
        approve(&world, &reviewer, &number).await.unwrap();
        go_on(&mut browser).await;
        complete(&mut browser, "chaoyu").await;
        for _ in 0..2 {
            world.advance(25 * 60 * 60);
            guiyi::mandates::recheck::check_due(&world.app).await.unwrap();
            assert_eq!(rows(&world).await, [1, 1, 1], "the registry's other word is no news");
        }
        // Once the registry agrees, its next word counts.
        let unit = Unit::of("chaoyu");
        world.neighbours.registry.set_representative(unit.code, LIMING.name, LIMING.number);
        world.advance(25 * 60 * 60);
        guiyi::mandates::recheck::check_due(&world.app).await.unwrap();
        world.neighbours.registry.set_representative(unit.code, ZHANGWEI.name, ZHANGWEI.number);
        world.advance(25 * 60 * 60);
        guiyi::mandates::recheck::check_due(&world.app).await.unwrap();
        assert_eq!(rows(&world).await, [1, 0, 1]);
    }

    async fn what_touches_an_existing_unit_takes_two_reviewers_and_seventy_two_hours(world) {
        let (first, second) = reviewers(&world).await;
        citizen(&world, &LIMING).await;
        citizen(&world, &ZHANGSAN).await;
        // 张三's pilot unit got its account by a review; 李明 claims it with the same code, by a review too.
        let mut owner = world.browser();
        to_checked(&mut owner, "/migrate", &Unit::of("pilot2015"), "zhangsan").await;
        let number = submitted(&mut owner).await;
        approve(&world, &first, &number).await.unwrap();
        go_on(&mut owner).await;
        complete(&mut owner, "pilot2015").await;
        let mut thief = world.browser();
        let row = Unit::of("mingdeschool");
        let claimed = Unit { account: row.account, password: row.password, system: "mzt", ..Unit::of("pilot2015") };
        to_checked(&mut thief, "/migrate", &claimed, "liming").await;
        let number = submitted(&mut thief).await;
        approve(&world, &first, &number).await.unwrap();
        go_on(&mut thief).await;
        assert!(thief.at.ends_with("/existing-unit"), "{} {}", thief.at, thief.body);
        thief.submit(&[("action", "bind")]).await;
        assert!(thief.at.ends_with("/existing-unit"), "a reviewer's word isn't the registry's: {}", thief.at);
        thief.submit(&[("action", "password"), ("password", "guess-guess-99")]).await;
        assert!(thief.error("password"));
        thief.submit(&[("action", "review")]).await;
        assert!(thief.at.ends_with("/evidence"), "{}", thief.at);
        thief.submit(&[("submit", "yes")]).await;
        let open = case(&world, &first, &number).await;
        assert_eq!(open.reviewers_needed(), 2);
        assert_eq!(approve(&world, &first, &number).await.unwrap(), Approval::NeedsSecond);
        let Approval::From(at) = approve(&world, &second, &number).await.unwrap() else { panic!("two have agreed") };
        assert_eq!(at.since(world.clock.now()).as_secs(), 72 * 60 * 60);
        let told = world.messages(ZHANGSAN.phone).await;
        assert!(told.iter().any(|text| text.contains("72小时后生效")), "its representative is told: {told:?}");
        assert_eq!(rows(&world).await, [1, 1, 1]);
    }
}
