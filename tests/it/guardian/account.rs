//! A guardian's view of a child's account, who is told about it, and the day on which that ends.

use super::*;
use crate::migration::review::reviewers;
use crate::provider::{param, query};
use crate::support::pkce;

const DAY: u64 = 24 * 60 * 60;

both! {
    async fn a_guardian_sees_a_child_s_account_and_ends_its_sign_ins(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = guardian(&world).await;
        to_form(&mut browser, &XIAOYU).await;
        to_checked(&mut browser, &XIAOYU.identity()).await;
        let number = submit_case(&mut browser).await;
        approved(&world, &mut browser, &reviewer, &number).await;
        complete(&mut browser, "xiaoyu").await;
        let mut child = world.browser();
        sign_in(&mut child, "xiaoyu", CHILDS_PASSWORD).await;
        browser.get("/account").await;
        assert!(browser.shows("我的孩子") && browser.shows("1 名"), "{}", browser.body);
        browser.get("/account/children").await;
        let path = browser.link("/account/children/");
        browser.get(&path).await;
        for text in ["父亲", "合肥市-合肥市政务服务网", "未知的浏览器", "x***u", "满十四周岁之日起", "12345"] {
            assert!(browser.shows(text), "{text}: {}", browser.body);
        }
        assert!(!browser.shows(XIAOYU.number) && !browser.shows("陈小雨") && !browser.shows("name=\"password\""));
        browser.submit(&[]).await;
        assert!(browser.at == path && browser.shows("孩子目前没有登录"), "{} {}", browser.at, browser.body);
        child.get("/account").await;
        assert_eq!(child.at, "/login");
        sign_in(&mut child, "xiaoyu", CHILDS_PASSWORD).await;
        child.get("/account/log").await;
        assert!(child.shows("监护人退出了一处登录") && child.shows("登记了监护人"), "{}", child.body);
        browser.get("/account/log").await;
        assert!(browser.shows("登记为一名未满十四周岁儿童的监护人"), "{}", browser.body);
    }

    async fn what_happens_to_a_child_s_account_is_told_to_its_guardian(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = guardian(&world).await;
        to_form(&mut browser, &XIAOYU).await;
        to_checked(&mut browser, &XIAOYU.identity()).await;
        let number = submit_case(&mut browser).await;
        approved(&world, &mut browser, &reviewer, &number).await;
        complete(&mut browser, "xiaoyu").await;
        let mut child = world.browser();
        sign_in(&mut child, "xiaoyu", CHILDS_PASSWORD).await;
        child.get("/account/links").await;
        let link = child.link("/account/links/");
        child.get(&link).await;
        child.submit(&[]).await;
        let told = world.messages(LIMING.phone).await.pop().unwrap();
        assert!(told.contains("已从您监护的陈") && !told.contains("陈小雨") && !told.contains("http"), "{told}");
    }

    async fn the_guardian_s_rights_end_on_the_fourteenth_birthday(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = guardian(&world).await;
        registered(&world, &mut browser, &reviewer, &almost_fourteen(), "leyi").await;
        let path = format!("/account/children/{}", child_id(&world).await);
        browser.get(&path).await;
        assert_eq!(browser.status, 200);
        let (_, challenge) = pkce();
        let mut child = world.browser();
        sign_in(&mut child, "leyi", CHILDS_PASSWORD).await;
        child.get(&query(&challenge, &[])).await;
        assert!(child.shows("需要监护人同意"), "{}", child.body);
        // 2026-12-01 in Beijing.
        world.advance(7 * DAY);
        sign_in(&mut browser, "liming", NEW_PASSWORD).await;
        browser.get("/account/children").await;
        assert!(browser.shows("已满十四周岁") && !browser.shows(&path), "{}", browser.body);
        browser.get(&path).await;
        assert_eq!(browser.status, 404);
        for post_to in ["sessions/end", "consents", "consents/revoke"] {
            let fields = [("client", crate::support::BOOKING), ("profile", "yes"), ("session", "x")];
            post(&mut browser, &format!("{path}/{post_to}"), &fields).await;
            assert_eq!(browser.status, 404, "{post_to}");
        }
        sign_in(&mut child, "leyi", CHILDS_PASSWORD).await;
        child.get(&query(&challenge, &[])).await;
        child.submit(&[("decision", "allow")]).await;
        assert!(param(&child, "code").is_some(), "in charge of it now");
        assert_eq!(world.scalar("SELECT COUNT(*) FROM guardianships WHERE ended_at IS NULL").await, 1, "nothing is stored of it");
    }
}
