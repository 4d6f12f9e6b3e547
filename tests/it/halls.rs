//! A service hall's machine: one person after the other in the same browser.

use crate::migration::{LIMING, NEW_PASSWORD, Person, ZHANGWEI, complete, migrate, to_user_name};
use crate::second_factors::login;
use crate::support::{Browser, World};

const HALL: &str = "10.20.0.1";

async fn hall(mut world: World) -> World {
    world
        .restart_with(|config| {
            config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
            config.halls.addresses = vec![HALL.parse().unwrap()];
        })
        .await;
    world
}

fn kiosk(world: &World) -> Browser {
    Browser { address: HALL.to_owned(), ..world.browser() }
}

async fn migrated(world: &World, person: &Person) -> Browser {
    let mut browser = kiosk(world);
    to_user_name(&mut browser, "/migrate", person).await;
    complete(world, &mut browser, person).await;
    browser
}

both! {
    async fn whoever_walks_off_leaves_neither_a_session_nor_a_migration_to_the_next(world) {
        let world = hall(world).await;
        let mut machine = migrated(&world, &LIMING).await;
        machine.get("/account").await;
        assert_eq!(machine.at, "/account");
        let done = world.text("SELECT id FROM journeys").await;
        // Somebody else's migration, left in the middle.
        let mut open = kiosk(&world);
        to_user_name(&mut open, "/migrate", &ZHANGWEI).await;
        let page = open.at.clone();
        world.advance(4 * 60);
        open.get(&page).await;
        assert_eq!(open.status, 200, "in use");
        machine.get("/account").await;
        assert_eq!(machine.at, "/account", "in use");
        world.advance(5 * 60 + 1);
        for (browser, pages) in [(&mut machine, vec!["/account".to_owned(), format!("/journey/{done}/done")]), (&mut open, vec![page])] {
            let kept = browser.jar.clone();
            for page in pages {
                // Each page as the first one that the next person opens: by the back button.
                browser.jar.clone_from(&kept);
                browser.once("GET", &page, None).await;
                assert!(matches!(browser.status, 303 | 410), "{page}: {}", browser.status);
                assert_eq!(browser.headers["clear-site-data"], "\"cache\"", "{page}");
                assert_ne!(browser.jar["guiyi_browser"], kept["guiyi_browser"], "{page}: a new browser");
                assert!(!browser.jar.contains_key("guiyi_session"));
                for text in ["liming", "l***g", "张伟", ZHANGWEI.account] {
                    assert!(!browser.shows(text), "{page}: {}", browser.body);
                }
            }
        }
        // What the next person does is theirs.
        login(&mut machine, "liming").await;
        assert_eq!(machine.at, "/account", "{}", machine.body);
    }

    async fn the_note_of_the_last_use_can_not_be_made_up_or_taken_along(world) {
        let world = hall(world).await;
        let mut machine = migrated(&world, &LIMING).await;
        let mut other = kiosk(&world);
        let kept = machine.jar.clone();
        world.advance(6 * 60);
        other.get("/").await;
        let fresh = other.jar["guiyi_seen"].clone();
        let forged = format!("{}.{}", world.clock.now().0, kept["guiyi_seen"].split_once('.').unwrap().1);
        for seen in [fresh, forged, String::new(), "x.y".to_owned(), "9".repeat(40)] {
            machine.jar.clone_from(&kept);
            machine.jar.insert("guiyi_seen".into(), seen.clone());
            machine.get("/account").await;
            assert!(machine.at.starts_with("/login"), "{seen}");
            assert_ne!(machine.jar["guiyi_browser"], kept["guiyi_browser"]);
        }
    }

    async fn pages_leave_by_themselves_and_do_not_keep_the_machine_in_use(world) {
        let world = hall(world).await;
        let mut machine = migrated(&world, &LIMING).await;
        machine.get("/account").await;
        assert_eq!(machine.headers["refresh"], "301; url=/");
        assert!(machine.shows("5分钟无操作"), "{}", machine.body);
        let mut home = world.browser();
        home.get("/login").await;
        assert!(!home.headers.contains_key("refresh") && !home.shows("无操作"), "at home nothing of that");
        assert!(!home.jar.contains_key("guiyi_seen"));
    }

    async fn a_session_in_a_hall_ends_after_an_hour_and_is_the_only_one(world) {
        let world = hall(world).await;
        migrate(&world, &ZHANGWEI).await;
        let mut machine = migrated(&world, &LIMING).await;
        let first = machine.jar["guiyi_session"].clone();
        machine.get("/account/switch").await;
        assert!(machine.shows("一次只能登录一个账号") && !machine.shows("keep=yes"), "{}", machine.body);
        machine.get("/login?keep=yes").await;
        machine.submit(&[("identifier", "zhangwei"), ("password", NEW_PASSWORD), ("keep", "yes")]).await;
        assert_eq!(machine.at, "/account", "{}", machine.body);
        assert!(!machine.jar.contains_key("guiyi_aside"));
        let mut thief = kiosk(&world);
        thief.get("/").await;
        thief.jar.insert("guiyi_session".into(), first);
        thief.get("/account").await;
        assert!(thief.at.starts_with("/login"), "the first person's has ended");
        for _ in 0..15 {
            world.advance(4 * 60 - 1);
            machine.get("/account").await;
            assert_eq!(machine.at, "/account");
        }
        world.advance(60);
        machine.get("/account").await;
        assert!(machine.at.starts_with("/login"), "an hour at the most");
    }

    async fn a_hall_s_browser_is_known_to_nobody(world) {
        let world = hall(world).await;
        let mut home = migrate(&world, &LIMING).await;
        let known = home.jar.remove("guiyi_known").unwrap();
        world.advance(61);
        let mut machine = kiosk(&world);
        machine.get("/").await;
        machine.jar.insert("guiyi_known".into(), known);
        world.execute("UPDATE accounts SET password_origin = 'system:hefei'").await;
        login(&mut machine, "liming").await;
        assert!(machine.shows("短信验证码") && !machine.shows("name=\"remember\""), "{}", machine.body);
        let code = world.code(LIMING.phone).await;
        machine.submit(&[("code", &code), ("remember", "yes")]).await;
        assert_eq!(machine.at, "/account");
        machine.get("/logout").await;
        machine.submit(&[]).await;
        assert!(machine.shows("已退出登录"));
        assert!(!machine.jar.contains_key("guiyi_session"));
    }
}
