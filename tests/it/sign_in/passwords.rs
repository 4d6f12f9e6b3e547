//! Passwords: what may be chosen, how they are kept, and how those of an old system end.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use clap::Parser;
use guiyi::commands::passwords::{PasswordsArgs, run};
use guiyi::config::CarryOver;
use guiyi::passwords::HashError;
use guiyi::secret::Secret;

use super::{login, migrate_with_old_password};
use crate::migration::{LIMING, NEW_PASSWORD, Person, ZHANGWEI, migrate, to_email, to_user_name};
use crate::support::{Browser, World};

/// To the page where a password is chosen.
async fn to_password(world: &World, person: &Person) -> Browser {
    let mut browser = world.browser();
    to_user_name(&mut browser, "/migrate", person).await;
    let name = browser.value("user_name");
    browser.submit(&[("user_name", &name)]).await;
    to_email(world, &mut browser, person.phone).await;
    browser.submit(&[("skip", "yes")]).await;
    assert!(browser.at.ends_with("/password"), "{}", browser.at);
    browser
}

async fn choose(browser: &mut Browser, password: &str) {
    let fields = [("choice", "new"), ("new_password", password), ("new_password_again", password)];
    browser.submit(&fields).await;
}

/// A list in the form of Pwned Passwords, ordered by hash: these, and a thousand others.
fn list(world: &World, passwords: &[&str]) -> PathBuf {
    let others = (0..1000).map(|n| format!("other-{n}"));
    let mut lines: Vec<String> = passwords
        .iter()
        .map(|password| (*password).to_owned())
        .chain(others)
        .map(|password| {
            let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
            hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect::<String>() + ":17\r\n"
        })
        .collect();
    lines.sort();
    let path = world.folder.join("pwned-passwords-sha1-ordered-by-hash.txt");
    std::fs::write(&path, lines.concat()).unwrap();
    path
}

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: PasswordsArgs,
}

/// `guiyi passwords …`
async fn command(world: &World, line: &str) -> anyhow::Result<String> {
    let args = Cli::parse_from(["passwords"].into_iter().chain(line.split(' '))).args;
    let mut out = Vec::new();
    run(&world.app, args, &mut out).await?;
    Ok(String::from_utf8(out).unwrap())
}

both! {
    async fn common_breached_and_telling_passwords_are_refused_in_plain_words(world) {
        let mut world = world;
        let path = list(&world, &["Unguessable-but-stolen-1"]);
        world.restart_with(|config| {
            config.passwords.breached = Some(path);
            config.site.organiser = "安徽省数据资源管理局".into();
        }).await;
        let mut browser = to_password(&world, &LIMING).await;
        for (password, zh, en) in [
            ("short", "至少 8 个字符", "at least 8 characters"),
            ("WoAiNi1314", "太常见", "too common"),
            ("ｉｌｏｖｅｙｏｕ１", "太常见", "too common"),
            ("Unguessable-but-stolen-1", "外泄的密码名单", "list of stolen passwords"),
            ("李明的密码非常长", "不要包含您的姓名", "must not hold your name"),
            ("x-19900000001-x", "不要包含您的姓名", "must not hold your name"),
            ("安徽省数据资源管理局2026", "本网站的名称", "the name of this site"),
        ] {
            for (language, said) in [("zh-CN", zh), ("en", en)] {
                browser.language = language.into();
                choose(&mut browser, password).await;
                assert_eq!(browser.status, 422, "{password}");
                assert!(browser.error("new_password") && browser.shows(said), "{password}: {}", browser.body);
                assert!(!browser.shows(password), "a password is never shown again");
            }
        }
        browser.language = "zh-CN".into();
        choose(&mut browser, "Unguessable-and-private-1").await;
        assert!(browser.at.ends_with("/done"), "{}", browser.body);
    }

    async fn a_carried_over_password_on_the_list_is_not_kept(world) {
        let mut world = world;
        let path = list(&world, &[LIMING.password]);
        world.restart_with(|config| config.passwords.breached = Some(path)).await;
        let browser = to_password(&world, &LIMING).await;
        assert!(!browser.shows("沿用原系统的密码"), "{}", browser.body);
    }

    async fn without_its_list_the_portal_does_not_start_and_takes_no_password_unchecked(world) {
        let mut world = world;
        let mut config = world.config.clone();
        for content in [None, Some(""), Some("123456\npassword\n"), Some("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8:1\n")] {
            let path = world.folder.join("no-list.txt");
            let _ = content.map(|content| std::fs::write(&path, content).unwrap());
            config.passwords.breached = Some(path);
            let ports = guiyi::app::Ports { clock: world.clock.clone(), random: guiyi::clock::Random::seeded(1) };
            let told = guiyi::app::build(config.clone(), ports, true).await.err().map(|error| error.to_string());
            assert!(told.as_ref().is_some_and(|told| told.contains("passwords.breached")), "{content:?}: {told:?}");
        }
        migrate(&world, &LIMING).await;
        let path = list(&world, &[]);
        let first = std::fs::read_to_string(&path).unwrap().lines().next().unwrap().to_owned();
        std::fs::write(&path, first + "\n" + &"x".repeat(1 << 16)).unwrap();
        world.restart_with(|config| config.passwords.breached = Some(path)).await;
        let mut browser = to_password(&world, &ZHANGWEI).await;
        choose(&mut browser, NEW_PASSWORD).await;
        assert!(browser.error("new_password") && browser.shows("暂时无法检查"), "{}", browser.body);
        let mut owner = world.browser();
        login(&mut owner, "liming", NEW_PASSWORD).await;
        assert_eq!(owner.at, "/account", "whoever has a password isn't kept out by it: {}", owner.body);
    }

    async fn an_exposed_password_needs_a_code_on_a_new_browser_and_its_owner_is_told_once(world) {
        let mut world = world;
        let mut home = migrate(&world, &LIMING).await;
        let path = list(&world, &[NEW_PASSWORD]);
        world.restart_with(|config| config.passwords.breached = Some(path)).await;
        for _ in 0..2 {
            let mut thief = world.browser();
            login(&mut thief, "liming", NEW_PASSWORD).await;
            assert!(thief.shows("短信验证码") && !thief.jar.contains_key("guiyi_session"), "{}", thief.body);
            world.advance(61);
        }
        let told = world.messages(LIMING.phone).await.into_iter().filter(|text| text.contains("泄露密码名单")).count();
        assert_eq!(told, 1);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'password.exposed'").await, 1);
        home.router = world.router.clone();
        home.jar.remove("guiyi_session");
        login(&mut home, "liming", NEW_PASSWORD).await;
        assert_eq!(home.at, "/account", "a known browser goes on: {}", home.body);
        home.get("/account/log").await;
        assert!(home.shows("常见或泄露密码名单"), "{}", home.body);
        let mut guess = world.browser();
        login(&mut guess, "liming", "other-7-other").await;
        assert!(guess.error("identifier") && guess.shows("账号或密码不正确"));
    }

    async fn hashes_of_lower_costs_are_made_anew_at_the_next_sign_in(world) {
        let mut world = world;
        migrate(&world, &LIMING).await;
        let hash = "SELECT password_hash FROM accounts WHERE user_name = 'liming'";
        assert!(world.text(hash).await.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        world.restart_with(|config| (config.passwords.memory_kib, config.passwords.passes) = (20 * 1024, 3)).await;
        let mut browser = world.browser();
        login(&mut browser, "liming", "wrong-password").await;
        assert!(world.text(hash).await.contains("m=19456,t=2"), "not by a wrong one");
        login(&mut browser, "liming", NEW_PASSWORD).await;
        assert_eq!(browser.at, "/account");
        let stronger = world.text(hash).await;
        assert!(stronger.contains("m=20480,t=3"), "{stronger}");
        world.restart_with(|config| (config.passwords.memory_kib, config.passwords.passes) = (19 * 1024, 2)).await;
        browser.router = world.router.clone();
        login(&mut browser, "liming", NEW_PASSWORD).await;
        assert_eq!((browser.at.as_str(), world.text(hash).await), ("/account", stronger), "and never weaker");
    }

    async fn a_full_queue_answers_at_once_says_when_to_come_again_and_counts_nothing(world) {
        migrate(&world, &LIMING).await;
        let over = Arc::new(AtomicBool::new(false));
        let flood: Vec<_> = (0..100).map(|n| {
            let (passwords, over) = (world.app.passwords.asked_from(&format!("address {}", n % 8)), Arc::clone(&over));
            tokio::spawn(async move {
                let mut turned_away = false;
                while !over.load(Ordering::Relaxed) {
                    turned_away |= passwords.verify(&Secret::new("x"), None).await == Err(HashError::Busy);
                    tokio::task::yield_now().await;
                }
                turned_away
            })
        }).collect();
        let mut browser = world.browser();
        for _ in 0..100 {
            login(&mut browser, "liming", NEW_PASSWORD).await;
            if browser.status == 503 {
                break;
            }
            assert_eq!(browser.at, "/account", "who has a place gets an answer: {}", browser.body);
        }
        assert_eq!((browser.status, &browser.headers["retry-after"]), (503, &"5".parse().unwrap()));
        assert!(browser.error("identifier") && browser.shows("登录人数较多"), "{}", browser.body);
        over.store(true, Ordering::Relaxed);
        let mut turned_away = false;
        for one in flood {
            turned_away |= one.await.unwrap();
        }
        assert!(turned_away);
        assert_eq!(world.scalar("SELECT CAST(COALESCE(SUM(hits), 0) AS BIGINT) FROM limits WHERE subject LIKE 'login%'").await, 0);
        login(&mut browser, "liming", NEW_PASSWORD).await;
        assert_eq!(browser.at, "/account", "{}", browser.body);
    }

    async fn expiring_a_system_s_passwords_ends_them_and_nothing_else(world) {
        let mut world = world;
        let mut home = migrate_with_old_password(&world, &LIMING).await;
        let mut waiting = to_password(&world, &ZHANGWEI).await;
        assert!(waiting.shows("沿用原系统的密码"));
        assert!(command(&world, "expire --system hefei --dry-run").await.unwrap().starts_with("1 password(s)"));
        let refused = command(&world, "expire --system hefei").await.unwrap_err().to_string();
        assert!(refused.contains("carry_over = \"no\""), "{refused}");
        world.restart_with(|config| {
            let hefei = config.systems.iter_mut().find(|system| system.id.as_str() == "hefei");
            hefei.unwrap().carry_over = CarryOver::No;
        }).await;
        assert_eq!(command(&world, "expire --system hefei").await.unwrap(), "1 password(s) carried over from hefei expired\n");
        assert!(command(&world, "expire --system hefei").await.unwrap().starts_with("0 "), "once");
        assert!(command(&world, "expire --system nowhere").await.is_err());
        // On any browser, known or not, the old password is one that nobody has.
        home.router = world.router.clone();
        let mut known = home.clone();
        known.jar.remove("guiyi_session");
        for browser in [&mut known, &mut world.browser()] {
            login(browser, "liming", LIMING.password).await;
            assert!(browser.status == 422 && browser.shows("账号或密码不正确"), "{}", browser.body);
        }
        home.get("/account/log").await;
        assert!(home.at == "/account/log" && home.shows("的密码已停用"), "sessions go on: {}", home.body);
        let entry = "SELECT actor FROM audit WHERE event = 'password.expired'";
        assert_eq!(world.text(entry).await, "operator");
        // A migration that was under way has nothing of it left.
        waiting.router = world.router.clone();
        let here = waiting.at.clone();
        waiting.get(&here).await;
        assert!(waiting.at == here && !waiting.shows("沿用原系统的密码"), "{}", waiting.body);
        waiting.submit(&[("choice", "old")]).await;
        assert!(waiting.at == here && waiting.error("new_password"), "{}", waiting.body);
        choose(&mut waiting, NEW_PASSWORD).await;
        assert!(waiting.at.ends_with("/done"), "{}", waiting.body);
    }
}
