//! Invitations: bound to phone and name, good once, and not for long.

use guiyi::ids::MandateId;
use guiyi::mandates::{Refusal, accept, decline};
use guiyi::protocol::acr::IdentityLevel;

use super::{Town, town};

both! {
    async fn an_invitation_to_another_phone_or_name_does_nothing(world) {
        let town = Town::new(&world).await;
        let mut li = town.representative.clone();
        town.invite(&mut li, ("赵敏", "19911110001"), &[]).await;
        let id = MandateId(world.text("SELECT id FROM mandates WHERE accepted_at IS NULL").await);
        let page = format!("/account/invitations/{id}");
        let mut other_phone = town.somebody("赵敏", "19911110002").await;
        let mut unproven = town.other("赵敏", "19911110001", "19910101", |account| account.phone_proven_at = None).await;
        for who in [&mut other_phone, &mut unproven, &mut li.clone()] {
            assert_eq!(who.status(&page).await, 404);
            for answer in ["accept", "decline", ""] {
                let status = who.post(&page, &[("answer", answer), ("phone", "19911110001"), ("person", "x")]).await.status;
                assert_eq!(status, if answer.is_empty() { 400 } else { 404 }, "{answer}");
            }
        }
        // The phone's next owner reads that it is meant for somebody else, and not what was offered.
        let mut next = town.somebody("钱进", "19911110001").await;
        next.at(&page).await;
        assert!(next.browser.shows("姓名不一致") || next.browser.shows("不一致"), "{}", next.browser.body);
        assert!(!next.browser.shows("赵") && !next.browser.shows("value=\"accept\"") && !next.browser.shows("经办人"), "{}", next.browser.body);
        for answer in ["accept", "decline"] {
            assert_eq!(next.post(&page, &[("answer", answer)]).await.status, 200);
            assert!(next.browser.shows("不一致"));
        }
        let mut own = town.own().await;
        assert_eq!(own.status(&page).await, 404, "a unit is nobody's agent");
        assert_eq!(town.live().await, 1);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM mandates WHERE ended_at IS NULL").await, 2, "it still waits for whom it is meant");
        let mut zhao = town.other("赵 敏", "19911110001", "19920101", |_| {}).await;
        zhao.answer("accept").await;
        assert_eq!(town.live().await, 2);
    }

    async fn a_forged_id_or_one_of_another_unit_does_nothing(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
        town.invite(&mut li, ("赵敏", "19911110001"), &[]).await;
        for id in ["x", "", "%00", "../units", town.root.as_str(), &"a".repeat(3000)] {
            let status = zhao.post(&format!("/account/invitations/{}", id.replace('/', "%2f")), &[("answer", "accept")]).await.status;
            assert!(matches!(status, 400 | 404), "{id}: {status}");
        }
        assert_eq!(town.live().await, 1);
        zhao.browser.get("/account/units").await;
        let page = zhao.browser.link("/account/invitations/");
        zhao.browser.post(&page, &[("csrf", "wrong"), ("answer", "accept")]).await;
        assert_eq!(zhao.browser.status, 403, "without this browser's token");
        assert_eq!(town.live().await, 1);
    }

    async fn an_invitation_is_accepted_once_whoever_hurries(world) {
        let town = Town::new(&world).await;
        let (mut li, zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
        // Namesakes who share a phone: either may accept, and one of them does.
        let other = town.other("赵敏", "19911110001", "19930303", |_| {}).await;
        town.invite(&mut li, ("赵敏", "19911110001"), &[]).await;
        let id = MandateId(world.text("SELECT id FROM mandates WHERE accepted_at IS NULL").await);
        let (node, _router) = world.second_node().await;
        let mut set = tokio::task::JoinSet::new();
        for n in 0..12 {
            let app = if n % 2 == 0 { world.app.clone() } else { node.clone() };
            let (who, id) = (if n % 3 == 0 { zhao.id.clone() } else { other.id.clone() }, id.clone());
            set.spawn(async move { accept(&app, &who, &id).await.unwrap().is_ok() });
        }
        assert_eq!(set.join_all().await.into_iter().filter(|accepted| *accepted).count(), 1);
        assert_eq!(town.live().await, 2);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'mandate.accepted' AND subject = actor").await, 1);
    }

    async fn two_invitations_at_once_leave_one_mandate_and_none_to_revive(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
        town.invite(&mut li, ("赵敏", "19911110001"), &[]).await;
        town.invite(&mut li, ("赵敏", "19911110001"), &[("role", "administrator")]).await;
        let ids = [0, 1].map(|n| format!("SELECT id FROM mandates WHERE accepted_at IS NULL ORDER BY id LIMIT 1 OFFSET {n}"));
        let (first, second) = (MandateId(world.text(&ids[0]).await), MandateId(world.text(&ids[1]).await));
        let (node, _router) = world.second_node().await;
        let (a, b) = tokio::join!(accept(&world.app, &zhao.id, &first), accept(&node, &zhao.id, &second));
        assert_eq!([a.unwrap().is_ok(), b.unwrap().is_ok()].into_iter().filter(|ok| *ok).count(), 1);
        assert_eq!(town.live().await, 2);
        let mandate = town.mandate(&zhao.id).await;
        li.post(&town.path(&format!("/mandates/{mandate}/revoke")), &[]).await;
        for id in [&first, &second] {
            let again = accept(&world.app, &zhao.id, id).await.unwrap();
            assert_eq!(again, Err(Refusal::Unknown), "what was taken back doesn't come back by an older invitation");
        }
        assert_eq!(town.live().await, 1);
        zhao.at("/account/units").await;
        assert!(!zhao.browser.shows("/account/invitations/"));
    }

    async fn an_expired_declined_or_revoked_invitation_does_nothing(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
        let open = async || MandateId(world.text("SELECT id FROM mandates WHERE granted_by IS NOT NULL ORDER BY id DESC LIMIT 1").await);
        town.invite(&mut li, ("赵敏", "19911110001"), &[]).await;
        let revoked = open().await;
        li.at(&town.path(&format!("/mandates/{revoked}/revoke"))).await;
        assert!(li.browser.shows("不能再接受"), "{}", li.browser.body);
        li.browser.submit(&[]).await;
        assert!(world.messages("19911110001").await.iter().all(|text| !text.contains("撤销")), "whoever had nothing isn't told");
        town.invite(&mut li, ("赵敏", "19911110001"), &[]).await;
        let declined = open().await;
        zhao.answer("decline").await;
        assert_eq!(zhao.browser.at, "/account/units");
        li.at(&town.path("/members")).await;
        assert!(li.browser.shows("谢绝邀请"), "{}", li.browser.body);
        town.invite(&mut li, ("赵敏", "19911110001"), &[]).await;
        let expired = open().await;
        world.advance(7 * 24 * 60 * 60);
        for id in [&revoked, &declined, &expired] {
            assert_eq!(accept(&world.app, &zhao.id, id).await.unwrap(), Err(Refusal::Unknown));
            assert_eq!(decline(&world.app, &zhao.id, id).await.unwrap(), Err(Refusal::Unknown));
        }
        assert_eq!(town.live().await, 1);
        // A mandate that ends before the invitation would: the earlier moment counts.
        li.browser = town::signed_in(&world, &li.id).await;
        assert_eq!(town.invite(&mut li, ("赵敏", "19911110001"), &[("until", "2026-12-02")]).await, 200, "{}", li.browser.body);
        let short = open().await;
        world.advance(2 * 24 * 60 * 60);
        assert_eq!(accept(&world.app, &zhao.id, &short).await.unwrap(), Err(Refusal::Unknown));
    }

    async fn children_and_people_who_are_not_verified_do_not_act(world) {
        let town = Town::new(&world).await;
        let mut li = town.representative.clone();
        let mut child = town.other("赵小敏", "19911110001", "20121125", |_| {}).await;
        let mut unverified = town.other("钱进", "19911110002", "19900101", |a| a.identity_level = IdentityLevel::SelfAsserted).await;
        let mut grown = town.other("孙丽", "19911110003", "20121124", |_| {}).await;
        for (who, text) in [(&mut child, "未满十四周岁"), (&mut unverified, "需要先完成实名认证")] {
            town.invite(&mut li, (&who.name, &who.phone), &[]).await;
            who.at("/account/units").await;
            let page = who.browser.link("/account/invitations/");
            who.at(&page).await;
            assert!(who.browser.shows(text) && !who.browser.shows("value=\"accept\""), "{}", who.browser.body);
            who.post(&page, &[("answer", "accept")]).await;
            assert!(who.browser.shows(text));
        }
        assert_eq!(town.live().await, 1);
        town.join(&mut li, &mut grown, &[]).await;
        child.answer("decline").await;
        assert_eq!(child.browser.at, "/account/units", "declining is anybody's");
    }

    async fn a_granter_who_has_nothing_any_more_gives_nothing(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
        let qian = town.somebody("钱进", "19911110002").await;
        town.join(&mut li, &mut zhao, &[("role", "administrator"), ("until", "2026-11-26")]).await;
        town.invite(&mut zhao, ("钱进", "19911110002"), &[("until", "")]).await;
        let id = MandateId(world.text("SELECT id FROM mandates WHERE accepted_at IS NULL").await);
        world.execute(&format!("UPDATE accounts SET status = 'disabled' WHERE id = '{}'", zhao.id)).await;
        assert_eq!(accept(&world.app, &qian.id, &id).await.unwrap(), Err(Refusal::Unknown), "an account that is stopped");
        world.execute(&format!("UPDATE accounts SET status = 'active' WHERE id = '{}'", zhao.id)).await;
        world.advance(3 * 24 * 60 * 60);
        assert_eq!(accept(&world.app, &qian.id, &id).await.unwrap(), Err(Refusal::Unknown), "a mandate that is over");
        assert_eq!(town.live().await, 2, "expired, not yet ended");
        // The administrator is invited again: the old one lapses, and what rested on it.
        li.browser = town::signed_in(&world, &li.id).await;
        zhao.browser = town::signed_in(&world, &zhao.id).await;
        town.join(&mut li, &mut zhao, &[("role", "administrator")]).await;
        assert_eq!(world.scalar("SELECT COUNT(*) FROM mandates WHERE ended_why IN ('lapsed', 'granter')").await, 2);
    }
}
