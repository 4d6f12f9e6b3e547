//! The registry's word: what it ends, what it doesn't, and who is told.

use guiyi::demo::Mode;
use guiyi::demo::people::UnitStatus;
use guiyi::mandates::recheck::check_due;

use super::{HUIYUAN, Someone, Town, town};
use crate::support::World;

const CODE: &str = HUIYUAN.1;
const DAY: u64 = 24 * 60 * 60;

/// The representative, an administrator and that one's agent.
async fn staff(town: &Town<'_>) -> (Someone, Someone, Someone) {
    let (mut li, mut zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
    let mut qian = town.somebody("钱进", "19911110002").await;
    town.join(&mut li, &mut zhao, &[("role", "administrator")]).await;
    town.join(&mut zhao, &mut qian, &[]).await;
    (li, zhao, qian)
}

async fn tomorrow(world: &World) -> usize {
    world.advance(DAY);
    check_due(&world.app).await.unwrap()
}

async fn again(world: &World, who: &mut Someone) {
    who.browser = town::signed_in(world, &who.id).await;
}

/// Tokens of the unit: one by a mandate, one of the unit's own sign-in.
async fn tokens(town: &Town<'_>) {
    let session = town.world.text(&format!("SELECT id FROM sessions WHERE account_id = '{}'", town.unit)).await;
    for (id, mandate, session) in [("g1", format!("'{}'", town.root), "s"), ("g2", "NULL".to_owned(), session.as_str())]
    {
        town.world
            .execute(&format!(
                "INSERT INTO grants (id, account_id, actor_id, mandate_id, session_id, client_id, scopes, granted_at, expires_at) \
                 VALUES ('{id}', '{0}', '{0}', {mandate}, '{session}', 'c', 'openid', 0, 9999999999999)",
                town.unit
            ))
            .await;
    }
}

both! {
    async fn a_unit_in_order_is_asked_about_once_a_day_and_nothing_changes(world) {
        let town = Town::new(&world).await;
        staff(&town).await;
        assert_eq!(check_due(&world.app).await.unwrap(), 0, "not before it is due");
        let audit = world.count("audit").await;
        let (node, _router) = world.second_node().await;
        world.advance(DAY);
        let (a, b) = tokio::join!(check_due(&world.app), check_due(&node));
        assert_eq!(a.unwrap() + b.unwrap(), 1, "one node asks");
        assert_eq!(check_due(&world.app).await.unwrap(), 0);
        assert_eq!(tomorrow(&world).await, 1);
        assert_eq!((town.live().await, world.count("audit").await), (3, audit), "a match is no news");
    }

    async fn a_dissolved_unit_does_not_act_and_says_why(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao, mut qian) = staff(&town).await;
        town.invite(&mut li, ("孙丽", "19911110003"), &[]).await;
        let mut sun = town.somebody("孙丽", "19911110003").await;
        let mandate = town.mandate(&qian.id).await;
        assert!(world.app.caches.mandate(&mandate).await.unwrap().is_some());
        town.own().await;
        tokens(&town).await;
        world.neighbours.registry.set_status(CODE, UnitStatus::Dissolved);
        assert_eq!(tomorrow(&world).await, 1);
        assert!(world.app.caches.mandate(&mandate).await.unwrap().is_none(), "nobody acts for it");
        assert_eq!(world.scalar("SELECT COUNT(*) FROM grants WHERE revoked_at IS NULL").await, 0, "its tokens are revoked");
        assert_eq!(town.live().await, 3, "the mandates rest");
        for who in [&mut li, &mut zhao, &mut qian, &mut sun] {
            again(&world, who).await;
        }
        for who in [&mut li, &mut zhao, &mut qian] {
            who.at(&town.path("")).await;
            assert!(who.browser.shows("登记机关显示该单位已注销"), "it says why: {}", who.browser.body);
            who.at("/account/units").await;
            assert!(who.browser.shows("注销"), "{}", who.browser.body);
        }
        assert_eq!(li.status(&town.path("/mandates/new")).await, 404);
        assert_eq!(town.invite(&mut li, ("周涛", "19911110004"), &[]).await, 404);
        sun.answer("accept").await;
        assert!(sun.browser.status == 422 && sun.browser.shows("已注销，不能接受"), "{}", sun.browser.body);
        let mut own = town.own().await;
        own.at(&town.path("")).await;
        assert!(own.browser.shows("登记机关显示该单位已注销"), "{}", own.browser.body);
        // What takes rights away still works.
        assert_eq!(zhao.post(&town.path(&format!("/mandates/{mandate}/revoke")), &[]).await.status, 200);
        assert_eq!(town.live().await, 2);
        for _ in 0..2 {
            tomorrow(&world).await;
        }
        for to in ["19900000001", "19911110001", "19911110002", "office@huiyuan.example"] {
            let told = world.messages(to).await.into_iter().filter(|text| text.contains("为注销")).count();
            assert_eq!(told, 1, "{to} is told, once");
        }
        world.neighbours.registry.set_status(CODE, UnitStatus::Registered);
        tomorrow(&world).await;
        again(&world, &mut zhao).await;
        zhao.at(&town.path("")).await;
        assert!(zhao.browser.shows("存续") && !zhao.browser.shows("已注销"), "{}", zhao.browser.body);
        let admin = town.mandate(&zhao.id).await;
        assert!(world.app.caches.mandate(&admin).await.unwrap().is_some(), "a unit that is back acts again");
        assert!(world.messages("19911110001").await.iter().any(|text| text.contains("恢复正常")));
        zhao.at(&town.path("/log")).await;
        assert!(zhao.browser.shows("登记状态变为：注销") && zhao.browser.shows("登记状态变为：存续"), "{}", zhao.browser.body);
    }

    async fn another_representative_ends_every_mandate_and_sign_in_of_the_unit(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao, mut qian) = staff(&town).await;
        town.invite(&mut li, ("孙丽", "19911110003"), &[]).await;
        let (node, router) = world.second_node().await;
        let mandate = town.mandate(&qian.id).await;
        assert!(node.caches.mandate(&mandate).await.unwrap().is_some());
        world.advance(DAY - 60);
        let mut own = town.own().await;
        assert_eq!(own.status(&town.path("")).await, 200);
        tokens(&town).await;
        world.neighbours.registry.set_representative(CODE, "秦朗", "34010219820714999X");
        world.advance(60);
        assert_eq!(check_due(&world.app).await.unwrap(), 1);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM mandates WHERE ended_at IS NULL").await, 0, "invitations too");
        assert_eq!(world.scalar("SELECT COUNT(*) FROM mandates WHERE ended_why = 'replaced'").await, 1);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM grants WHERE revoked_at IS NULL").await, 0);
        own.at(&town.path("")).await;
        assert_eq!(own.browser.at, "/login", "the unit's own sign-ins have ended");
        world.advance(1);
        assert!(node.caches.mandate(&mandate).await.unwrap().is_none(), "on the other node too");
        for who in [&mut li, &mut zhao, &mut qian] {
            again(&world, who).await;
            who.browser.router = router.clone();
            assert_eq!(who.status(&town.path("")).await, 404);
            let told = world.messages(&who.phone).await;
            assert_eq!(told.iter().filter(|text| text.contains("法定代表人已变更")).count(), 1, "{told:?}");
        }
        assert_eq!(world.messages("office@huiyuan.example").await.len(), 1);
        li.at("/account/units").await;
        assert!(li.browser.shows("因法定代表人变更终止"), "{}", li.browser.body);
        qian.at("/account/log").await;
        assert!(qian.browser.shows("经办人授权随上级授权终止"), "{}", qian.browser.body);
        let mut own = town.own().await;
        own.at(&town.path("")).await;
        assert!(own.browser.shows("目前没有法定代表人") && own.browser.shows("存量用户实名认证"), "{}", own.browser.body);
        // There is nobody to ask about until the new one takes over.
        assert_eq!(tomorrow(&world).await, 0);
        assert_eq!(world.messages("office@huiyuan.example").await.len(), 1, "told once");
    }

    async fn the_representative_or_an_administrator_has_the_registry_asked_now(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao, mut qian) = staff(&town).await;
        world.advance(600);
        zhao.post(&town.path("/check"), &[]).await;
        assert!(zhao.browser.at == town.path("") && zhao.browser.shows("最近答复：2026-11-24 10:10"), "{}", zhao.browser.body);
        world.neighbours.registry.set_representative(CODE, "秦朗", "34010219820714999X");
        assert_eq!(qian.post(&town.path("/check"), &[]).await.status, 404, "an agent doesn't");
        assert_eq!(town.live().await, 3);
        li.post(&town.path("/check"), &[]).await;
        assert!(li.browser.at == "/account/units" && li.browser.shows("因法定代表人变更终止"), "{}", li.browser.body);
        assert_eq!(town.live().await, 0);
        assert_eq!(zhao.status(&town.path("")).await, 404);
    }

    async fn a_registry_that_does_not_answer_changes_nothing_and_costs_nothing(world) {
        let town = Town::new(&world).await;
        let (mut li, ..) = staff(&town).await;
        world.neighbours.registry.set_mode(Mode::Down);
        for _ in 0..8 {
            li.post(&town.path("/check"), &[]).await;
            assert!(li.browser.status == 200 && li.browser.shows("暂时没有答复"), "{}", li.browser.body);
        }
        world.neighbours.registry.set_representative(CODE, "秦朗", "34010219820714999X");
        world.advance(DAY);
        for minutes in [5, 5, 10, 20, 40, 80, 160, 320, 360, 360] {
            assert_eq!(check_due(&world.app).await.unwrap(), 0);
            world.advance(minutes * 60 - 1);
            assert_eq!(world.scalar(&format!("SELECT COUNT(*) FROM units WHERE recheck_at <= {}", world.clock.now().0)).await, 0, "{minutes}");
            world.advance(1);
        }
        assert_eq!(town.live().await, 3);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event LIKE 'unit.%'").await, 0);
        world.neighbours.registry.set_mode(Mode::Up);
        assert_eq!(check_due(&world.app).await.unwrap(), 1, "and then it is believed");
        assert_eq!(town.live().await, 0);
    }

    async fn odd_answers_end_nothing_and_are_told_to_operators(world) {
        let town = Town::new(&world).await;
        let (mut li, ..) = staff(&town).await;
        let registry = &world.neighbours.registry;
        registry.set_name(CODE, "合肥另一家有限公司");
        li.post(&town.path("/check"), &[]).await;
        assert!(li.browser.shows("与记录不一致") && li.browser.status == 200, "{}", li.browser.body);
        registry.set_status(CODE, UnitStatus::Moved);
        tomorrow(&world).await;
        world.execute("UPDATE units SET standing = 'revoked'").await;
        tomorrow(&world).await;
        assert_eq!(world.text("SELECT standing FROM units").await, "revoked", "no word on the unit is no pardon");
        assert_eq!(town.live().await, 3);
        let told = world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'unit.checked'").await;
        assert_eq!(told, 3, "each stands in the log");
        assert!(world.messages("office@huiyuan.example").await.is_empty());
    }

    async fn the_registry_is_asked_so_often_and_no_more(world) {
        let town = Town::new(&world).await;
        let mut li = town.representative.clone();
        for n in 0..6 {
            let status = li.post(&town.path("/check"), &[]).await.status;
            assert_eq!(status, if n < 5 { 200 } else { 429 }, "{n}");
        }
        assert!(li.browser.shows("次数已用完"), "{}", li.browser.body);
        world.neighbours.registry.set_status(CODE, UnitStatus::Dissolved);
        li.post(&town.path("/check"), &[]).await;
        assert_eq!(world.text("SELECT standing FROM units").await, "registered");
        tomorrow(&world).await;
        assert_eq!(world.text("SELECT standing FROM units").await, "dissolved", "the daily question is never refused");
    }
}
