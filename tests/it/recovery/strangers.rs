//! Nothing says whether there is an account, and nobody uses up what its owner needs.

use super::*;
use crate::migration::migrate;
use crate::second_factors::ELSEWHERE;

/// A page without what differs between any two: tokens, tickets, pictures.
fn shape(browser: &Browser) -> String {
    let mut parts = browser.body.split("value=\"");
    let mut shape = parts.next().unwrap().to_owned();
    parts.for_each(|part| shape.push_str(&part[part.find('"').unwrap()..]));
    shape
}

fn ticket(browser: &Browser) -> String {
    browser.form().1.into_iter().find(|(name, _)| name == "ticket").unwrap().1
}

both! {
    async fn known_and_unknown_people_get_one_answer_at_every_step(world) {
        let mut world = world;
        migrate(&world, &LIMING).await;
        seed_stopped(&world).await;
        world.restart_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
        world.advance(61);
        let names = ["liming", "nobody9", "19900000001", "19955555555", "340102198803159975", "340104199009129995", "§§§", "stopped"];
        let mut shapes = Vec::new();
        for (n, name) in names.into_iter().enumerate() {
            let mut browser = world.browser();
            browser.address = format!("198.51.100.{n}");
            ask(&mut browser, name).await;
            let mut seen = vec![shape(&browser), ticket(&browser).len().to_string()];
            for _ in 0..11 {
                browser.submit(&[("code", "000000"), ("document_number", "")]).await;
                seen.push(format!("{} {}", browser.status, shape(&browser)));
            }
            shapes.push((name, seen));
        }
        for (name, seen) in &shapes {
            assert_eq!(seen, &shapes[0].1, "{name}");
        }
        assert!(shapes[0].1.last().unwrap().starts_with("429"), "a limit ends with a next step");
    }

    async fn one_code_is_worth_as_much_as_the_work_for_nobody(world) {
        migrate(&world, &LIMING).await;
        world.messages(LIMING.phone).await;
        world.advance(61);
        let before = (world.count("one_time_codes").await, world.count("limits").await);
        ask(&mut world.browser(), "nobody9").await;
        let between = (world.count("one_time_codes").await, world.count("limits").await);
        ask(&mut world.browser(), "liming").await;
        let after = (world.count("one_time_codes").await, world.count("limits").await);
        assert_eq!(between.0 - before.0, after.0 - between.0, "both store a code to try");
        assert!(between.1 > before.1, "both are counted");
        assert_eq!(world.scalar("SELECT COUNT(*) FROM outbox WHERE done_at IS NULL").await, 1, "and one is sent");
    }

    async fn a_wrong_code_and_a_wrong_number_are_one_answer(world) {
        migrate(&world, &LIMING).await;
        let mut answers = Vec::new();
        for (right, number) in [(true, "340104199009129995"), (false, LIMING.number), (false, "340104199009129995")] {
            world.advance(61);
            let mut browser = world.browser();
            ask(&mut browser, "liming").await;
            let code = if right { world.code(LIMING.phone).await } else { "000000".to_owned() };
            browser.submit(&[("code", &code), ("document_number", number)]).await;
            assert!(browser.error("code") && browser.status == 422);
            answers.push(shape(&browser));
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    }

    async fn strangers_do_not_use_up_the_codes_of_a_reset(world) {
        let mut owner = migrate(&world, &LIMING).await;
        world.advance(61);
        // One address sends so many and no more: the owner elsewhere still gets one.
        for _ in 0..7 {
            let mut stranger = world.browser();
            ask(&mut stranger, "liming").await;
            world.messages(LIMING.phone).await;
            world.advance(61 * 20);
        }
        assert!(owner.jar.contains_key("guiyi_known"));
        let sent = world.messages(LIMING.phone).await.iter().filter(|text| text.contains("重设统一账号的密码")).count();
        assert_eq!(sent, 4, "one address's share: the migration's own code was its first");
        // Three addresses together use up what strangers may have sent: the owner's own browser still gets one.
        let mut world = world;
        world.restart_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
        for n in 0..4 {
            let mut stranger = world.browser();
            stranger.address = format!("198.51.100.{n}");
            ask(&mut stranger, "liming").await;
            world.messages(LIMING.phone).await;
            world.advance(61 * 20);
        }
        let sent = world.messages(LIMING.phone).await.iter().filter(|text| text.contains("重设统一账号的密码")).count();
        assert_eq!(sent, 7, "the eighth that nobody had earned was the migration's");
        owner.router = world.router.clone();
        ask(&mut owner, "liming").await;
        prove(&world, &mut owner, LIMING.phone, LIMING.number).await;
        choose(&mut owner).await;
        assert!(owner.shows("密码已重新设置"), "{}", owner.body);
    }

    async fn wrong_tries_of_strangers_do_not_stop_the_owner(world) {
        let mut world = world;
        migrate(&world, &LIMING).await;
        world.restart_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
        world.advance(61);
        for n in 0..3 {
            let mut stranger = world.browser();
            stranger.address = format!("198.51.100.{n}");
            ask(&mut stranger, "liming").await;
            for _ in 0..12 {
                stranger.submit(&[("code", "000000"), ("document_number", LIMING.number)]).await;
            }
            assert_eq!(stranger.status, 429);
            world.advance(61 * 20);
        }
        let mut owner = world.browser();
        owner.address = ELSEWHERE.into();
        ask(&mut owner, "liming").await;
        prove(&world, &mut owner, LIMING.phone, LIMING.number).await;
        choose(&mut owner).await;
        assert!(owner.shows("密码已重新设置"), "{}", owner.body);
    }

    async fn no_code_goes_out_before_a_captcha(world) {
        migrate(&world, &LIMING).await;
        world.messages(LIMING.phone).await;
        world.advance(61);
        let mut browser = world.browser();
        browser.get("/recover").await;
        browser.submit(&[("identifier", "liming"), ("captcha", "1111")]).await;
        assert!(browser.error("captcha") && browser.value("identifier") == "liming", "{}", browser.body);
        browser.submit(&[("identifier", ""), ("captcha", "0000")]).await;
        assert!(browser.error("identifier"));
        assert_eq!(world.scalar("SELECT COUNT(*) FROM outbox WHERE done_at IS NULL").await, 0);
        browser.submit(&[("captcha_kind", "question"), ("identifier", "liming")]).await;
        assert!(browser.shows("文字题") && browser.value("identifier") == "liming");
    }

    async fn a_unit_is_told_the_way_by_its_code_s_form_alone(world) {
        let mut browser = world.browser();
        browser.get("/login?tab=legal").await;
        let entry = browser.link("/recover?tab=legal");
        browser.get(&entry).await;
        assert!(browser.shows("设置单位密码"), "{}", browser.body);
        browser.get("/recover").await;
        browser.submit(&[("identifier", "91340100MA00000151"), ("captcha", "0000")]).await;
        assert!(browser.shows("设置单位密码"), "{}", browser.body);
        assert_eq!(world.count("one_time_codes").await, 0);
    }
}

/// An account that an operator has stopped.
async fn seed_stopped(world: &World) {
    use guiyi::domain::account::AccountStatus;
    use guiyi::domain::document::{Document, DocumentType};
    use guiyi::domain::user_name::UserName;
    seed(world, "19911110002", |account| {
        account.status = AccountStatus::Disabled;
        account.user_name = UserName::parse("stopped").unwrap();
        let today = time::macros::date!(2026 - 11 - 24);
        let number = crate::mandates::town::number("19920202", 123);
        person(account).document = Document::parse(DocumentType::ResidentId, &number, today).unwrap();
    })
    .await;
}
