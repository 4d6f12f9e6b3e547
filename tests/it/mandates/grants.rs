//! Granting: nobody gives what they don't have.

use super::{Town, town};

const SOME: &[(&str, &str)] = &[
    ("role", "administrator"),
    ("clients", "some"),
    ("client_real-estate-booking", "yes"),
    ("matters", "some"),
    ("matter_taxation", "yes"),
    ("matter_permits", "yes"),
    ("until", "2027-03-31"),
];

both! {
    async fn an_invited_person_acts_after_accepting_and_not_before(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
        li.at("/account").await;
        assert!(li.browser.shows("我的单位") && li.browser.shows("href=\"/account/units\""), "{}", li.browser.body);
        li.at("/account/units").await;
        assert!(li.browser.shows("合肥徽园茶业有限公司（演示）") && li.browser.shows("法定代表人"), "{}", li.browser.body);
        assert!(!li.browser.shows("放弃授权"), "a representative's rests on the registry");
        assert_eq!(town.invite(&mut li, ("赵敏", "19911110001"), SOME).await, 200, "{}", li.browser.body);
        assert!(li.browser.at.ends_with("/members") && li.browser.shows("等待接受") && li.browser.shows("199****0001"), "{}", li.browser.body);
        assert!(!li.browser.shows("赵敏") && !li.browser.shows("19911110001"));
        let told = world.messages("19911110001").await;
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("合肥徽园茶业有限公司（演示）") && told[0].contains("管理员") && !told[0].contains("http"), "{}", told[0]);

        assert_eq!(zhao.status(&town.path("")).await, 404, "nothing before it is accepted");
        zhao.at("/account").await;
        assert!(zhao.browser.shows("1 个邀请等待答复"), "{}", zhao.browser.body);
        zhao.answer("accept").await;
        assert_eq!(zhao.status(&town.path("")).await, 200);
        for text in ["合肥徽园茶业有限公司（演示）", "91340100MA00000151", "企业", "演示路1号", "2015-06-01", "李*", "存续", "管理员", "不动产登记预约", "行政许可、税务", "2027-03-31"] {
            assert!(zhao.browser.shows(text), "{text}: {}", zhao.browser.body);
        }
        assert!(!zhao.browser.shows("李明"));
        assert!(world.messages("19900000001").await.iter().any(|text| text.contains("赵*已接受邀请")));
        for who in [&mut li, &mut zhao] {
            who.at(&town.path("/log")).await;
            assert!(who.browser.shows("邀请成员：管理员 199****0001") && who.browser.shows("接受邀请，成为管理员") && who.browser.shows("赵*"), "{}", who.browser.body);
        }
        zhao.at("/account/log").await;
        assert!(zhao.browser.shows("接受邀请，成为管理员") && zhao.browser.shows("合肥徽园茶业有限公司（演示）"), "{}", zhao.browser.body);
        assert!(!world.dump("mandates").await.contains("赵敏") && !world.dump("mandates").await.contains("19911110001"), "sealed");
        assert!(!world.dump("audit").await.contains("19911110001"));
    }

    async fn an_agent_can_not_grant_and_sees_the_unit_and_the_own_mandate_only(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
        town.join(&mut li, &mut zhao, &[]).await;
        zhao.at(&town.path("")).await;
        assert!(!zhao.browser.shows("/members") && !zhao.browser.shows("/check"), "{}", zhao.browser.body);
        for page in ["/members", "/sessions", "/log", "/mandates/new", &format!("/mandates/{}/revoke", town.root)] {
            assert_eq!(zhao.status(&town.path(page)).await, 404, "{page}");
        }
        assert_eq!(town.invite(&mut zhao, ("钱进", "19911110002"), &[]).await, 404);
        assert_eq!(zhao.post(&town.path("/check"), &[]).await.status, 404);
        assert_eq!(zhao.post(&town.path("/sessions/end"), &[("session", "x")]).await.status, 404);
        assert_eq!(world.count("mandates").await, 2);
    }

    async fn an_administrator_can_not_widen_the_own_scope(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
        town.join(&mut li, &mut zhao, SOME).await;
        zhao.at(&town.path("/mandates/new")).await;
        for offered in ["client_real-estate-booking", "matter_taxation", "matter_permits", "2027-03-31"] {
            assert!(zhao.browser.shows(offered), "{offered}");
        }
        for not in ["client_social-security", "matter_procurement", "value=\"all\"", "value=\"administrator\""] {
            assert!(!zhao.browser.shows(not), "{not}: {}", zhao.browser.body);
        }
        let within: &[(&str, &str)] = &[("clients", "-"), ("client_real-estate-booking", "yes"), ("matters", "-"), ("matter_taxation", "yes"), ("until", "2027-03-31")];
        let wider: &[(&[(&str, &str)], &str)] = &[
            (&[("clients", "all"), ("client_real-estate-booking", "-")], "clients"),
            (&[("clients", "all")], "clients"),
            (&[("client_social-security", "yes")], "clients"),
            (&[("client_nobody", "yes")], "clients"),
            (&[("client_real-estate-booking", "-")], "clients"),
            (&[("matters", "all"), ("matter_taxation", "-")], "clients"),
            (&[("matter_procurement", "yes")], "clients"),
            (&[("matter_everything", "yes")], "matters"),
            (&[("matter_taxation", "-")], "matters"),
            (&[("until", "2027-04-01")], "until"),
            (&[("until", "9999-12-31")], "until"),
            (&[("until", "2026-11-23")], "until"),
            (&[("from", "2027-04-01"), ("until", "2027-04-01")], "until"),
            (&[("from", "2020-01-01")], "from"),
            (&[("from", "soon")], "from"),
            (&[("role", "administrator")], "role"),
            (&[("role", "legal_representative")], "role"),
            (&[("role", "")], "role"),
        ];
        for (fields, field) in wider {
            let fields = [within, fields].concat();
            assert_eq!(town.invite(&mut zhao, ("钱进", "19911110002"), &fields).await, 422, "{fields:?}");
            assert!(zhao.browser.error(field), "{fields:?}: {}", zhao.browser.body);
            assert_eq!(zhao.browser.value("name"), "钱进", "what was typed is kept");
        }
        assert_eq!(world.count("mandates").await, 2, "nothing was granted");
        let open = [within, &[("until", "")]].concat();
        assert_eq!(town.invite(&mut zhao, ("钱进", "19911110002"), &open).await, 200, "{}", zhao.browser.body);
        let longest = world.scalar("SELECT COUNT(DISTINCT valid_until) FROM mandates WHERE valid_until IS NOT NULL").await;
        assert_eq!(longest, 1, "as long as the own one at most");
        assert!(world.messages("19900000001").await.iter().any(|t| t.contains("管理员赵*邀请了一名经办人")), "the representative is told");
    }

    async fn an_administrator_can_not_grant_administrators(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
        town.join(&mut li, &mut zhao, &[("role", "administrator")]).await;
        for role in ["administrator", "legal_representative", "owner"] {
            assert_eq!(town.invite(&mut zhao, ("钱进", "19911110002"), &[("role", role)]).await, 422, "{role}");
            assert!(zhao.browser.error("role"));
        }
        assert_eq!(town.invite(&mut li, ("钱进", "19911110002"), &[("role", "legal_representative")]).await, 422, "nor a representative another one");
        assert_eq!(world.count("mandates").await, 2);
    }

    async fn nobody_grants_to_oneself(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
        let admin = town.join(&mut li, &mut zhao, &[("role", "administrator"), ("until", "2026-12-31")]).await;
        for name in ["赵敏", "钱进"] {
            assert_eq!(town.invite(&mut zhao, (name, "+86 199 1111 0001"), &[("until", "2026-12-31")]).await, 422);
            assert!(zhao.browser.error("phone"), "{}", zhao.browser.body);
        }
        // Another phone that becomes the own one later doesn't help: who has a mandate takes no second one.
        assert_eq!(town.invite(&mut zhao, ("赵敏", "19911110009"), &[("until", "2026-12-31")]).await, 200);
        let index = guiyi::storage::accounts::phone_index(&world.app.keys, &guiyi::domain::contact::Phone::parse("19911110001").unwrap());
        world.execute(&format!("UPDATE mandates SET phone_index = '{index}' WHERE accepted_at IS NULL")).await;
        zhao.answer("accept").await;
        assert!(zhao.browser.status == 422 && zhao.browser.shows("已有授权"), "{}", zhao.browser.body);
        // And what the own mandate gave ends with it.
        zhao.post(&format!("/account/mandates/{admin}"), &[]).await;
        zhao.at("/account/units").await;
        assert!(!zhao.browser.shows("/account/invitations/"), "{}", zhao.browser.body);
        assert_eq!(town.live().await, 1);
    }

    async fn the_answer_does_not_tell_whether_a_phone_has_an_account(world) {
        let town = Town::new(&world).await;
        let mut li = town.representative.clone();
        town.somebody("赵敏", "19911110001").await;
        let mut pages = Vec::new();
        for (name, phone) in [("赵敏", "19911110001"), ("钱进", "19911110001"), ("赵敏", "19911110002")] {
            assert_eq!(town.invite(&mut li, (name, phone), &[]).await, 200);
            assert_eq!(world.messages(phone).await.last().map(|text| text.contains("邀请您担任经办人")), Some(true));
            pages.push(li.browser.body.matches("<li>").count());
        }
        assert_eq!(pages, [pages[0], pages[0] + 1, pages[0] + 2]);
    }

    async fn invitations_are_limited_by_unit_and_by_phone(world) {
        let town = Town::new(&world).await;
        let mut li = town.representative.clone();
        for n in 0..6 {
            let status = town.invite(&mut li, (["赵敏", "钱进", "孙丽", "周涛", "吴敏", "郑强"][n], "19911110001"), &[]).await;
            assert_eq!(status, if n < 5 { 200 } else { 422 }, "{n}");
        }
        assert!(li.browser.error("phone") && li.browser.shows("已达上限"), "{}", li.browser.body);
        for n in 6..50 {
            assert_eq!(town.invite(&mut li, ("赵敏", &format!("199222200{n:02}")), &[]).await, 200, "{n}");
        }
        assert_eq!(town.invite(&mut li, ("赵敏", "19922220099"), &[]).await, 422, "the unit's day");
        assert!(world.messages("19911110001").await.len() <= 5);
        world.advance(24 * 60 * 60);
        li.browser = town::signed_in(&world, &li.id).await;
        assert_eq!(town.invite(&mut li, ("赵敏", "19911110001"), &[]).await, 200);
    }

    async fn a_form_that_is_sent_twice_invites_once(world) {
        let town = Town::new(&world).await;
        let mut li = town.representative.clone();
        for seconds in [0, 2, 30] {
            world.advance(seconds);
            assert_eq!(town.invite(&mut li, ("赵敏", "19911110001"), &[]).await, 200);
        }
        assert_eq!(world.count("mandates").await, 2);
        assert_eq!(world.messages("19911110001").await.len(), 1);
    }
}
