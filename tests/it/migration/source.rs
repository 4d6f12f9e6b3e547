//! The authoritative source is down: background retries, a page that refreshes, a message when it is through.

use super::*;
use guiyi::demo::Mode;
use guiyi::journeys::background::ask_again;

async fn to_waiting(world: &World, browser: &mut Browser) {
    to_agreed(browser, "/migrate", &ZHANGWEI).await;
    world.neighbours.source.set_mode(Mode::Down);
    browser.submit(&ZHANGWEI.identity()).await;
    assert!(browser.shows("核验服务暂时无法连接"), "{}", browser.body);
}

both! {
    async fn the_page_refreshes_until_the_background_is_through(world) {
        let mut browser = world.browser();
        to_waiting(&world, &mut browser).await;
        assert!(browser.headers["refresh"] == "20" && browser.shows("人工审核"));
        assert_eq!(ask_again(&world.app).await.unwrap(), 0, "not before its time");
        for pause in [31, 31, 61, 121] {
            world.advance(pause);
            assert_eq!(ask_again(&world.app).await.unwrap(), 0);
        }
        let asked = "SELECT attempts FROM journeys";
        let before = world.scalar(asked).await;
        world.advance(5);
        ask_again(&world.app).await.unwrap();
        assert_eq!(world.scalar(asked).await, before, "the pauses grow");
        world.neighbours.source.set_mode(Mode::Up);
        world.advance(30 * 60);
        assert_eq!(ask_again(&world.app).await.unwrap(), 1);
        assert_eq!(ask_again(&world.app).await.unwrap(), 0);
        browser.get(&browser.at.clone()).await;
        assert!(browser.at.ends_with("/user-name"), "the next refresh goes on: {}", browser.at);
    }

    async fn whoever_leaves_gets_a_message_and_goes_on_elsewhere(world) {
        let mut browser = world.browser();
        to_waiting(&world, &mut browser).await;
        browser.submit(&[("action", "tell")]).await;
        assert!(browser.at.ends_with("/contact-phone"), "{} {}", browser.at, browser.body);
        browser.submit(&[("phone", ZHANGWEI.phone), ("captcha", "0000")]).await;
        let code = world.code(ZHANGWEI.phone).await;
        browser.submit(&[("code", &code)]).await;
        assert!(browser.at.ends_with("/check") && browser.shows("您可以关闭此页"), "{} {}", browser.at, browser.body);
        world.neighbours.source.set_mode(Mode::Up);
        world.advance(90);
        assert_eq!(ask_again(&world.app).await.unwrap(), 1);
        let text = world.messages(ZHANGWEI.phone).await.pop().unwrap();
        assert!(text.contains("实名核验已有结果") && !text.contains("http"), "{text}");
        let number: String = text.split("办理编号").nth(1).unwrap().chars().take(14).collect();
        let mut other = world.browser();
        other.get("/continue").await;
        world.advance(61);
        other.submit(&[("number", &number), ("captcha", "0000")]).await;
        let code = world.code(ZHANGWEI.phone).await;
        other.submit(&[("code", &code)]).await;
        assert!(other.at.ends_with("/user-name"), "{} {}", other.at, other.body);
        other.submit(&[("user_name", "zhangwei")]).await;
        assert!(other.at.ends_with("/email"), "the phone is proven already: {}", other.at);
    }

    async fn an_outage_costs_no_try(world) {
        let mut browser = world.browser();
        to_waiting(&world, &mut browser).await;
        for _ in 0..10 {
            browser.submit(&[("action", "retry")]).await;
            assert!(browser.shows("暂时无法连接"), "{}", browser.body);
        }
        world.neighbours.source.set_mode(Mode::Up);
        browser.submit(&[("action", "retry")]).await;
        assert!(browser.at.ends_with("/user-name"), "{} {}", browser.at, browser.body);
    }

    async fn a_background_match_that_contradicts_the_old_row_is_none(world) {
        let mut thief = world.browser();
        to_agreed(&mut thief, "/migrate", &Person { account: "huanglei", password: "Dashu-mountain9", ..ZHANGWEI }).await;
        world.neighbours.source.set_mode(Mode::Down);
        thief.submit(&ZHANGWEI.identity()).await;
        world.neighbours.source.set_mode(Mode::Up);
        world.advance(31);
        assert_eq!(ask_again(&world.app).await.unwrap(), 1);
        thief.get(&thief.at.clone()).await;
        assert!(thief.shows("未通过核验"), "{}", thief.body);
    }

    async fn the_person_and_the_background_do_not_both_answer(world) {
        let mut browser = world.browser();
        to_waiting(&world, &mut browser).await;
        world.neighbours.source.set_mode(Mode::Up);
        world.advance(31);
        let (mut one, action) = (browser.clone(), [("action", "retry")]);
        let (_, answered) = tokio::join!(one.submit(&action), ask_again(&world.app));
        answered.unwrap();
        one.get(&one.at.clone()).await;
        assert!(one.at.ends_with("/user-name"), "{} {}", one.at, one.body);
        assert_eq!(ask_again(&world.app).await.unwrap(), 0);
    }
}
