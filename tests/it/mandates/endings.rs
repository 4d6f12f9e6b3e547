//! Endings: at once, everywhere, with all that rests on it, and by those who may.

use guiyi::ids::MandateId;

use super::{Someone, Town, town};

/// What somebody's mandate granted to a client: a row as the token endpoint writes it.
async fn token(town: &Town<'_>, id: &str, mandate: &MandateId, who: &Someone) {
    let now = town.world.clock.now().0;
    town.world
        .execute(&format!(
            "INSERT INTO grants (id, account_id, actor_id, mandate_id, session_id, client_id, scopes, granted_at, expires_at) \
             VALUES ('{id}', '{}', '{}', '{mandate}', 's', 'real-estate-booking', 'openid', {now}, {})",
            town.unit,
            who.id,
            now + 3_600_000
        ))
        .await;
}

async fn revoked(town: &Town<'_>) -> i64 {
    town.world.scalar("SELECT COUNT(*) FROM grants WHERE revoked_at IS NOT NULL").await
}

both! {
    async fn a_mandate_taken_back_ends_at_the_next_request_on_every_node(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
        let (node, router) = world.second_node().await;
        let mandate = town.join(&mut li, &mut zhao, &[("role", "administrator")]).await;
        let mut there = zhao.clone();
        there.browser.router = router;
        assert_eq!(there.status(&town.path("/members")).await, 200);
        assert!(node.caches.mandate(&mandate).await.unwrap().is_some());
        assert!(world.app.caches.mandate(&mandate).await.unwrap().is_some());
        // The form is open while it is taken back.
        zhao.at(&town.path("/mandates/new")).await;
        let opened = zhao.browser.clone();
        li.at(&town.path("/members")).await;
        let page = li.browser.link("/revoke");
        li.at(&page).await;
        assert!(li.browser.shows("立即失效"), "{}", li.browser.body);
        li.browser.submit(&[]).await;
        assert!(li.browser.at.ends_with("/members") && li.browser.shows("由单位撤销"), "{}", li.browser.body);
        let mut late = opened;
        late.submit(&[("name", "钱进"), ("phone", "19911110002"), ("clients", "all"), ("matters", "all"), ("role", "agent"), ("from", ""), ("until", "")]).await;
        assert_eq!(late.status, 404, "{}", late.body);
        for page in ["", "/members", "/log", "/sessions", "/mandates/new"] {
            assert_eq!(zhao.status(&town.path(page)).await, 404, "{page}");
            assert_eq!(there.status(&town.path(page)).await, 404, "{page} on the other node");
        }
        assert!(world.app.caches.mandate(&mandate).await.unwrap().is_none(), "nor a token, at once");
        world.advance(1);
        assert!(node.caches.mandate(&mandate).await.unwrap().is_none(), "and on the other node");
        assert_eq!(world.count("mandates").await, 2);
        assert!(world.messages("19911110001").await.iter().any(|t| t.contains("已撤销对您的管理员授权")));
        zhao.at("/account/units").await;
        assert!(zhao.browser.shows("由单位撤销"), "and says why: {}", zhao.browser.body);
        li.post(&page, &[]).await;
        assert!(li.browser.at.ends_with("/members"), "a second click changes nothing: {}", li.browser.body);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'mandate.ended'").await, 2, "once in each log");
    }

    async fn an_expired_mandate_ends_at_the_next_request(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
        let mandate = town.join(&mut li, &mut zhao, &[("until", "2026-11-24")]).await;
        assert_eq!(zhao.status(&town.path("")).await, 200);
        world.advance(13 * 60 * 60 + 59 * 60);
        zhao.browser = town::signed_in(&world, &zhao.id).await;
        assert_eq!(zhao.status(&town.path("")).await, 200, "up to midnight in Beijing");
        assert!(world.app.caches.mandate(&mandate).await.unwrap().is_some());
        world.advance(60);
        assert_eq!(zhao.status(&town.path("")).await, 404);
        assert!(world.app.caches.mandate(&mandate).await.unwrap().is_none());
        zhao.at("/account/units").await;
        assert!(zhao.browser.shows("已过期"), "{}", zhao.browser.body);
        // One that begins later isn't good yet.
        li.browser = town::signed_in(&world, &li.id).await;
        let mut qian = town.somebody("钱进", "19911110002").await;
        town.join(&mut li, &mut qian, &[("from", "2026-11-27"), ("until", "2026-11-28")]).await;
        assert_eq!(qian.status(&town.path("")).await, 404);
        world.advance(2 * 24 * 60 * 60);
        qian.browser = town::signed_in(&world, &qian.id).await;
        assert_eq!(qian.status(&town.path("")).await, 200);
    }

    async fn ending_an_administrator_ends_the_agents_and_their_tokens(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
        let (mut qian, mut sun) = (town.somebody("钱进", "19911110002").await, town.somebody("孙丽", "19911110003").await);
        let mut zhou = town.somebody("周涛", "19911110004").await;
        let admin = town.join(&mut li, &mut zhao, &[("role", "administrator")]).await;
        let agent = town.join(&mut zhao, &mut qian, &[]).await;
        let direct = town.join(&mut li, &mut sun, &[]).await;
        town.invite(&mut zhao, ("周涛", "19911110004"), &[]).await;
        for (id, mandate, who) in [("g1", &admin, &zhao), ("g2", &agent, &qian), ("g3", &direct, &sun)] {
            token(&town, id, mandate, who).await;
        }
        li.at(&town.path(&format!("/mandates/{admin}/revoke"))).await;
        assert!(li.browser.shows("2 项授权也会一并终止"), "{}", li.browser.body);
        li.browser.submit(&[]).await;
        assert_eq!(town.live().await, 2, "the representative, and whom the representative granted");
        assert_eq!(revoked(&town).await, 2);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM grants WHERE id = 'g3' AND revoked_at IS NULL").await, 1);
        assert_eq!(qian.status(&town.path("")).await, 404);
        assert_eq!(sun.status(&town.path("")).await, 200);
        zhou.at("/account/units").await;
        assert!(!zhou.browser.shows("/account/invitations/"), "an invitation ends too");
        assert!(world.messages("19911110002").await.iter().any(|t| t.contains("经办人授权已终止")));
        assert!(!world.messages("19911110004").await.iter().any(|t| t.contains("终止")));
        for (who, text) in [(&mut qian, "随上级授权终止"), (&mut zhao, "由单位撤销")] {
            who.at("/account/units").await;
            assert!(who.browser.shows(text), "{}", who.browser.body);
        }
    }

    async fn who_may_take_back_what(world) {
        let town = Town::new(&world).await;
        let mut li = town.representative.clone();
        let (mut zhao, mut qian) = (town.somebody("赵敏", "19911110001").await, town.somebody("钱进", "19911110002").await);
        let (mut sun, mut zhou) = (town.somebody("孙丽", "19911110003").await, town.somebody("周涛", "19911110004").await);
        let mut stranger = town.somebody("吴敏", "19911110005").await;
        let one = town.join(&mut li, &mut zhao, &[("role", "administrator")]).await;
        let two = town.join(&mut li, &mut qian, &[("role", "administrator")]).await;
        let of_one = town.join(&mut zhao, &mut sun, &[]).await;
        let direct = town.join(&mut li, &mut zhou, &[]).await;
        let root = town.root.clone();
        let mut refused = 0;
        for (who, mandates) in [
            (&mut li, vec![&root]),
            (&mut zhao, vec![&root, &one, &two, &direct]),
            (&mut qian, vec![&root, &one, &two, &of_one, &direct]),
            (&mut sun, vec![&root, &one, &two, &of_one, &direct]),
            (&mut stranger, vec![&root, &one, &two, &of_one, &direct]),
        ] {
            for mandate in mandates {
                let page = town.path(&format!("/mandates/{mandate}/revoke"));
                assert_eq!(who.status(&page).await, 404);
                assert_eq!(who.post(&page, &[("mandate", of_one.as_str())]).await.status, 404, "{page}");
                refused += 1;
            }
        }
        assert_eq!((refused, town.live().await), (20, 5));
        for (who, mandate) in [(&mut zhao, &of_one), (&mut li, &direct)] {
            assert_eq!(who.post(&town.path(&format!("/mandates/{mandate}/revoke")), &[]).await.status, 200);
        }
        assert_eq!(town.live().await, 3);
        // Giving up: the own one alone, and never the representative's.
        for (who, mandate) in [(&mut li, &root), (&mut zhao, &two), (&mut stranger, &one)] {
            let page = format!("/account/mandates/{mandate}");
            assert_eq!(who.status(&page).await, 404);
            assert_eq!(who.post(&page, &[]).await.status, 404);
        }
        zhao.at("/account/units").await;
        let page = zhao.browser.link("/account/mandates/");
        zhao.at(&page).await;
        zhao.browser.submit(&[]).await;
        assert!(zhao.browser.at == "/account/units" && zhao.browser.shows("由本人放弃"), "{}", zhao.browser.body);
        zhao.post(&page, &[]).await;
        assert_eq!(zhao.browser.at, "/account/units", "twice is once");
        assert!(world.messages("19900000001").await.iter().any(|t| t.contains("赵*已不再担任")));
        assert_eq!(town.live().await, 2);
    }

    async fn another_unit_s_mandates_are_out_of_reach(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
        let app = &world.app;
        let shop = town::organisation(&app.random, app.clock.now(), ("合肥市庐阳区秦记面馆（演示）", "92340100MA0000023Q"));
        town::store(&app.db, &app.keys, &app.random, &shop).await;
        town::install(&app.db, &app.random, app.clock.now(), &shop.id, &zhao.id).await;
        let mut qian = town.somebody("钱进", "19911110002").await;
        let ours = town.join(&mut li, &mut qian, &[]).await;
        for unit in [&town.unit, &shop.id] {
            let page = format!("/units/{unit}/mandates/{ours}/revoke");
            assert_eq!(zhao.status(&page).await, 404);
            assert_eq!(zhao.post(&page, &[]).await.status, 404, "the representative of another unit");
            let status = zhao.post(&format!("/units/{unit}/mandates/{}/revoke", town.root), &[]).await.status;
            assert_eq!(status, 404);
        }
        assert_eq!(li.status(&format!("/units/{}", shop.id)).await, 404);
        assert_eq!(li.post(&format!("/units/{}/mandates/{ours}/revoke", shop.id), &[]).await.status, 404);
        assert_eq!(li.status(&format!("/units/{}", qian.id)).await, 404, "a person is no unit");
        assert_eq!(town.live().await, 3);
    }
}
