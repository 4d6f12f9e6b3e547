//! A second old account of a child who has an account: the guardian on record binds it, nobody else does alone.

use super::*;
use crate::migration::ZHANGWEI;
use crate::migration::review::reviewers;
use guiyi::review::desk::{Approval, DeskError};

both! {
    async fn a_second_old_account_is_bound_by_the_guardian_on_record(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = guardian(&world).await;
        registered(&world, &mut browser, &reviewer, &XIAOYU.identity(), "chenxiaoyu").await;
        to_form(&mut browser, &XIAOYU).await;
        to_checked(&mut browser, &XIAOYU.identity()).await;
        let number = submit_case(&mut browser).await;
        approved(&world, &mut browser, &reviewer, &number).await;
        assert!(browser.at.ends_with("/existing-child") && browser.shows("c***u"), "{} {}", browser.at, browser.body);
        browser.submit(&[("action", "bind")]).await;
        assert!(browser.at.ends_with("/done"), "{} {}", browser.at, browser.body);
        assert_eq!(rows(&world).await, [2, 1, 2, 1]);
        let told = world.messages(LIMING.phone).await.pop().unwrap();
        assert!(told.contains("已绑定到您监护的陈"), "{told}");
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'guardian.appointed'").await, 2, "once");
    }

    async fn another_guardian_takes_two_reviewers_and_seventy_two_hours(world) {
        let (first, second) = reviewers(&world).await;
        registered(&world, &mut guardian(&world).await, &first, &XIAOYU.identity(), "chenxiaoyu").await;
        world.advance(61);
        let mut other = migrate(&world, &ZHANGWEI).await;
        to_form(&mut other, &XIAOYU).await;
        other.submit(&XIAOYU.identity()).await;
        other.submit(&[("relation", "other")]).await;
        let number = submit_case(&mut other).await;
        approved(&world, &mut other, &first, &number).await;
        assert!(other.at.ends_with("/existing-child") && other.shows("您不是该账号登记的监护人"), "{}", other.body);
        let here = other.at.clone();
        post(&mut other, &here, &[("action", "bind")]).await;
        assert!(other.at.ends_with("/existing-child"), "no button, no binding: {}", other.at);
        other.submit(&[("action", "review")]).await;
        assert!(other.shows("72 小时"), "{}", other.body);
        other.submit(&[("submit", "yes")]).await;
        assert_eq!(super::number(&other), number);
        assert_eq!(approve(&world, &first, &number).await.unwrap(), Approval::NeedsSecond);
        let Approval::From(at) = approve(&world, &second, &number).await.unwrap() else { panic!("two have agreed") };
        assert_eq!(at.since(world.clock.now()).as_secs(), 72 * 60 * 60);
        let told = world.messages(LIMING.phone).await.pop().unwrap();
        assert!(told.contains("72小时") && told.contains("您监护的陈"), "the guardian on record can object: {told}");
        assert_eq!(rows(&world).await[1..], [1, 2, 1]);
        world.advance(72 * 60 * 60);
        let journey = other.at.replace("/review", "");
        other.get(&journey).await;
        assert!(other.at.ends_with("/guardian"), "the session has ended meanwhile: {}", other.at);
        let to = other.link("/account/children/sign-in");
        other.get(&to).await;
        other.submit(&[("identifier", "zhangwei"), ("password", NEW_PASSWORD)]).await;
        assert!(other.shows("人工审核已通过"), "{} {}", other.at, other.body);
        other.submit(&[("action", "continue")]).await;
        assert!(other.at.ends_with("/done"), "{} {}", other.at, other.body);
        assert_eq!(rows(&world).await[1..], [2, 3, 1]);
        for phone in [LIMING.phone, ZHANGWEI.phone] {
            assert!(world.messages(phone).await.pop().unwrap().contains("已绑定到您监护的陈"), "{phone}");
        }
    }

    async fn the_guardian_on_record_does_not_decide_as_a_reviewer(world) {
        let (first, _) = reviewers(&world).await;
        registered(&world, &mut guardian(&world).await, &first, &XIAOYU.identity(), "chenxiaoyu").await;
        world.advance(61);
        let mut other = migrate(&world, &ZHANGWEI).await;
        to_form(&mut other, &XIAOYU).await;
        to_checked(&mut other, &XIAOYU.identity()).await;
        let number = submit_case(&mut other).await;
        approved(&world, &mut other, &first, &number).await;
        other.submit(&[("action", "review")]).await;
        other.submit(&[("submit", "yes")]).await;
        let case = first.open(&world.app, &number).await.unwrap();
        assert_eq!(case.concerned.len(), 1);
        let mut world = world;
        let own = as_reviewer(&mut world, "liming").await;
        assert!(matches!(approve(&world, &own, &number).await, Err(DeskError::Own)));
    }
}
