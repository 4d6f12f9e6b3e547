//! Whose a unit's pages are.

use super::{HUIYUAN, Town};

/// Every page of a unit, and every post.
const PAGES: [&str; 6] = ["", "/members", "/sessions", "/log", "/mandates/new", "/mandates/x/revoke"];
const POSTS: [&str; 4] = ["/check", "/mandates/new", "/mandates/x/revoke", "/sessions/end"];

both! {
    async fn every_page_of_a_unit_is_for_who_has_a_mandate_of_it(world) {
        let town = Town::new(&world).await;
        let mut nobody = world.browser();
        for page in PAGES {
            nobody.get(&town.path(page)).await;
            assert_eq!(nobody.at, "/login", "{page}");
        }
        for page in ["/account/units", "/account/invitations/x", "/account/mandates/x"] {
            nobody.get(page).await;
            assert_eq!(nobody.at, "/login", "{page}");
        }
        let mut stranger = town.somebody("吴敏", "19911110005").await;
        for page in PAGES {
            assert_eq!(stranger.status(&town.path(page)).await, 404, "{page}");
            assert!(!stranger.browser.shows("徽园"), "{page}");
        }
        for page in POSTS {
            assert_eq!(stranger.post(&town.path(page), &[]).await.status, 404, "{page}");
            let mut li = town.representative.clone();
            li.browser.get("/account").await;
            li.browser.post(&town.path(page), &[("csrf", "wrong")]).await;
            assert_eq!(li.browser.status, 403, "{page} without this browser's token");
        }
        world.execute(&format!("UPDATE accounts SET status = 'disabled' WHERE id = '{}'", town.unit)).await;
        let (node, router) = world.second_node().await;
        let mut li = town.representative.clone();
        li.browser.router = router;
        for page in PAGES {
            assert_eq!(li.status(&town.path(page)).await, 404, "{page} of a unit whose account is stopped");
        }
        li.at("/account/units").await;
        assert!(li.browser.shows("该单位的账号已停用"), "{}", li.browser.body);
        drop(node);
    }

    async fn the_unit_s_own_sign_in_reads_and_changes_nothing(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
        let admin = town.join(&mut li, &mut zhao, &[("role", "administrator")]).await;
        town.invite(&mut li, ("钱进", "19911110002"), &[]).await;
        let invited = world.text("SELECT id FROM mandates WHERE accepted_at IS NULL").await;
        let mut own = town.own().await;
        own.at("/account/units").await;
        assert_eq!(own.browser.at, town.path(""), "{}", own.browser.body);
        assert!(own.browser.shows(HUIYUAN.0) && own.browser.shows("只能查看") && !own.browser.shows("/check"), "{}", own.browser.body);
        own.at(&town.path("/members")).await;
        for text in ["李*", "赵*", "钱*", "管理员"] {
            assert!(own.browser.shows(text), "{text}: {}", own.browser.body);
        }
        for text in ["李明", "赵敏", "钱进", "1991111", "199****", "/revoke", "/mandates/new"] {
            assert!(!own.browser.shows(text), "{text}: {}", own.browser.body);
        }
        for page in ["/sessions", "/log"] {
            own.at(&town.path(page)).await;
            assert_eq!(own.browser.status, 200, "{page}");
            assert!(!own.browser.shows("<form method=\"post\" action=\"/units"), "{page}");
            assert!(!own.browser.shows("199****") && !own.browser.shows("赵敏"), "{page}: {}", own.browser.body);
        }
        let before = world.dump("mandates").await;
        let ask = [("name", "吴敏"), ("phone", "19911110005"), ("role", "agent"), ("clients", "all"), ("matters", "all")];
        assert_eq!(own.post(&town.path("/mandates/new"), &ask).await.status, 404);
        for mandate in [town.root.as_str(), admin.as_str(), &invited] {
            assert_eq!(own.status(&town.path(&format!("/mandates/{mandate}/revoke"))).await, 404);
            assert_eq!(own.post(&town.path(&format!("/mandates/{mandate}/revoke")), &[]).await.status, 404);
            assert_eq!(own.post(&format!("/account/mandates/{mandate}"), &[]).await.status, 404);
            assert_eq!(own.post(&format!("/account/invitations/{mandate}"), &[("answer", "accept")]).await.status, 404);
        }
        assert_eq!(own.post(&town.path("/check"), &[]).await.status, 404);
        let session = world.text(&format!("SELECT id FROM sessions WHERE account_id = '{}'", town.unit)).await;
        assert_eq!(own.post(&town.path("/sessions/end"), &[("session", &session)]).await.status, 404);
        assert_eq!(world.dump("mandates").await, before);
    }

    async fn a_sign_in_of_the_unit_s_account_is_ended_by_those_who_manage_it(world) {
        let town = Town::new(&world).await;
        let mut li = town.representative.clone();
        let mut own = town.own().await;
        let (ours, mine) = (town.unit.clone(), li.id.clone());
        let id = async |account: &guiyi::ids::AccountId| world.text(&format!("SELECT id FROM sessions WHERE account_id = '{account}'")).await;
        let (theirs, personal) = (id(&ours).await, id(&mine).await);
        li.at(&town.path("/sessions")).await;
        assert!(li.browser.shows(&theirs) && !li.browser.shows(&personal), "{}", li.browser.body);
        li.post(&town.path("/sessions/end"), &[("session", &personal)]).await;
        assert_eq!(li.status("/account").await, 200, "a person's own sign-in isn't the unit's");
        for _ in 0..2 {
            li.post(&town.path("/sessions/end"), &[("session", &theirs)]).await;
            assert!(li.browser.at.ends_with("/sessions") && li.browser.shows("目前没有登录"), "{}", li.browser.body);
        }
        own.at(&town.path("")).await;
        assert_eq!(own.browser.at, "/login");
        li.at(&town.path("/log")).await;
        assert_eq!(li.browser.body.matches("由单位结束了一处登录").count(), 1, "{}", li.browser.body);
    }

    async fn the_pages_are_complete_in_english(world) {
        let town = Town::new(&world).await;
        let (mut li, mut zhao) = (town.representative.clone(), town.somebody("赵敏", "19911110001").await);
        town.join(&mut li, &mut zhao, &[("role", "administrator")]).await;
        town.invite(&mut li, ("钱进", "19911110002"), &[]).await;
        li.browser.language = "en".into();
        let chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        for page in ["/account/units".to_owned(), town.path(""), town.path("/members"), town.path("/sessions"), town.path("/log"), town.path("/mandates/new")] {
            li.at(&page).await;
            let main = li.browser.body.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
            let main = main.replace(HUIYUAN.0, "").replace("安徽省合肥市演示路1号", "").replace(['李', '赵', '钱'], "");
            let left: String = main.chars().filter(|c| chinese(*c)).collect();
            assert!(left.is_empty(), "{page}: {left}");
            assert!(!main.contains("acting-") && !main.contains("log-"), "{page}: {main}");
        }
    }
}
