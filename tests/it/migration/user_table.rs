//! 省教育厅-考试报名: an old user table with md5-16 and md5(md5(p)+salt) rows, none of them verified.

use super::*;
use guiyi::config::Connector;

const HANMEI: Person = Person {
    account: "hanmei",
    password: "Exam-hall-2017",
    name: "韩梅",
    number: "340103199304129983",
    gender: "2",
    ethnic: "01",
    phone: "19900000031",
};
const GAOFENG: Person = Person {
    account: "gaofeng",
    password: "Summit_peak_33",
    name: "高峰",
    number: "34010419910717997X",
    gender: "1",
    ethnic: "01",
    phone: "19900000032",
};
const FENGQI: Person = Person {
    account: "fengqi",
    password: "Number-portable8",
    name: "冯琪",
    number: "340111198802119986",
    gender: "2",
    ethnic: "01",
    phone: "19900000044",
};

async fn sign_in(world: &World, account: &str, password: &str) -> Browser {
    let mut browser = world.browser();
    to_sign_in_at(&mut browser, "/migrate", "jyt").await;
    browser.submit(&[("account", account), ("password", password)]).await;
    browser
}

async fn to_identity(world: &World, account: &str, password: &str) -> Browser {
    let mut browser = sign_in(world, account, password).await;
    assert!(browser.at.ends_with("/agreement"), "{account}: {}", browser.body);
    browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
    assert!(browser.at.ends_with("/identity"), "nobody is verified there: {}", browser.at);
    browser
}

both! {
    async fn rows_of_either_formula_sign_in_and_are_checked_and_choose_a_new_password(world) {
        for person in [HANMEI, GAOFENG, FENGQI] {
            let mut browser = to_identity(&world, person.account, person.password).await;
            assert_eq!(browser.value("name"), person.name, "pre-filled from the row");
            assert_eq!(browser.value("document_number"), person.number);
            browser.submit(&person.identity()).await;
            assert!(browser.at.ends_with("/user-name"), "{} {}", browser.at, browser.body);
            browser.submit(&[("user_name", person.account)]).await;
            to_email(&world, &mut browser, person.phone).await;
            browser.submit(&[("skip", "yes")]).await;
            assert!(!browser.shows("value=\"old\""), "an old password of such a table isn't kept");
            let fields = [("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)];
            browser.submit(&fields).await;
            assert!(browser.shows("账号升级完成"), "{}", browser.body);
        }
        let told = world.messages("19900000034").await;
        assert!(told.iter().any(|t| t.contains("正在迁移")), "the phone on the old row is told: {told:?}");
        let linked = "SELECT COUNT(*) FROM legacy_links WHERE system_id = 'jyt' AND subject IN ('70001', '70002', '70004')";
        assert_eq!(world.scalar(linked).await, 3, "by the column that never changes");
    }

    async fn a_phone_column_signs_in_too_and_names_differ_by_case(world) {
        to_identity(&world, HANMEI.phone, HANMEI.password).await;
        let other = to_identity(&world, "HanMei", "Plum+blossom+5").await;
        assert_eq!(other.value("name"), "韩美", "another person but for the case");
        for (account, password) in [("hanmei", "Plum+blossom+5"), ("HANMEI", HANMEI.password)] {
            assert!(sign_in(&world, account, password).await.error("account"), "{account}");
        }
    }

    async fn wrong_unknown_and_forgotten_formulas_get_one_answer_and_disabled_ones_another(world) {
        let mut pages = Vec::new();
        for (account, password) in [
            ("hanmei", "wrong"), ("nobody-here", HANMEI.password), ("dengke", "Nobody-knows-how1"),
            ("xieting", "wrong"), ("' OR 1=1 --", "x"), ("dengke", "$H$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"),
        ] {
            let browser = sign_in(&world, account, password).await;
            assert_eq!(browser.status, 422, "{account}");
            let start = browser.body.find("role=\"alert\"").unwrap();
            pages.push(browser.body[start..].split("</div>").next().unwrap().to_owned());
        }
        assert!(pages.windows(2).all(|pair| pair[0] == pair[1]));
        assert!(sign_in(&world, "xieting", "Closed-since-2020").await.shows("停用"), "only whoever knows the password");
    }

    async fn a_row_that_names_somebody_else_is_no_match(world) {
        let peng = Person { account: "pengfei", password: "Borrowed-name-12", name: "彭辉",
            number: "340122199203089977", gender: "1", ethnic: "01", phone: "19900000035" };
        let mut browser = to_identity(&world, peng.account, peng.password).await;
        browser.submit(&peng.identity()).await;
        assert!(browser.shows("未通过核验"), "{}", browser.body);
        let audited = "SELECT COUNT(*) FROM audit WHERE event = 'journey.check' AND detail LIKE '%contradiction%'";
        assert_eq!(world.scalar(audited).await, 1);
        assert_eq!(world.count("accounts").await, 0);
    }

    async fn a_table_that_is_missing_broken_or_locked_costs_no_try_and_is_never_made(world) {
        let (file, aside) = (world.folder.join("exam.db"), world.folder.join("aside.db"));
        std::fs::rename(&file, &aside).unwrap();
        for _ in 0..5 {
            let browser = sign_in(&world, "hanmei", HANMEI.password).await;
            assert_eq!(browser.status, 503);
            assert!(browser.shows("暂时无法连接") && browser.shows("选择其他系统") && browser.shows("重试"));
        }
        assert!(!file.exists(), "nothing is made in its place");
        std::fs::write(&file, "no database at all, but long enough to be looked at as one").unwrap();
        assert_eq!(sign_in(&world, "hanmei", HANMEI.password).await.status, 503);
        std::fs::remove_file(&file).unwrap();
        std::fs::rename(&aside, &file).unwrap();
        use sqlx::Connection;
        let url = format!("sqlite:{}", file.display());
        let mut writer = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::query("BEGIN EXCLUSIVE").execute(&mut writer).await.unwrap();
        assert_eq!(sign_in(&world, "hanmei", HANMEI.password).await.status, 503);
        sqlx::query("ROLLBACK").execute(&mut writer).await.unwrap();
        to_identity(&world, "hanmei", HANMEI.password).await;
    }

    async fn a_column_that_is_not_there_is_no_constant(world) {
        // SQLite would take "nothing" for the text 'nothing', and everybody for one user.
        let mut world = world;
        world.restart_with(|config| {
            let Connector::UserTable(table) = &mut config.systems[1].connector else { unreachable!() };
            table.subject = "nothing".into();
        }).await;
        assert_eq!(sign_in(&world, "hanmei", HANMEI.password).await.status, 503);
    }
}
