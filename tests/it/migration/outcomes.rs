//! Every way through.

use super::*;
use crate::support::RelyingParty;

/// Walks from a relying party to the wizard's entry and gives the started request.
async fn arrive(party: &RelyingParty, browser: &mut Browser, scopes: &[&str]) -> (crate::support::Started, String) {
    let started = party.start(scopes, &[]);
    browser.get(&started.path.clone()).await;
    assert!(browser.at.starts_with("/login?interaction="), "{}", browser.at);
    let entry = browser.link("/migrate");
    (started, entry)
}

both! {
    async fn a_verified_user_is_migrated_inside_a_login_and_the_relying_party_gets_the_claims(world) {
        let party = RelyingParty::booking(&world).await;
        let mut browser = world.browser();
        let (started, entry) = arrive(&party, &mut browser, &["profile", "phone", "real_name"]).await;
        to_user_name(&mut browser, &entry, &LIMING).await;
        assert!(browser.link("/login").contains("interaction="), "the header's sign-in keeps the waiting request");
        browser.submit(&[("user_name", "liming")]).await;
        assert_eq!(browser.value("phone"), LIMING.phone, "the old row's phone is proposed");
        to_email(&world, &mut browser, LIMING.phone).await;
        browser.submit(&[("email", "liming@example.com")]).await;
        assert!(browser.shows("value=\"old\""), "a good old password may be kept");
        browser.submit(&[("choice", "old")]).await;
        assert!(browser.shows("账号升级完成"), "{}", browser.body);
        let on = browser.link("/interaction/");
        browser.get(&on).await;
        assert!(browser.shows("李*") && browser.shows("3****************5"), "consent shows masked values");
        assert!(!browser.shows(LIMING.number));
        browser.submit(&[("decision", "allow")]).await;
        let back = browser.left.clone().expect("back at the relying party");
        let (tokens, claims) = party.finish(started, &back).await;
        assert_eq!(claims.auth_context_ref().unwrap().as_str(), "urn:guiyi:i2:a1");
        assert_eq!(claims.auth_time().unwrap().timestamp(), 1_795_485_600);
        let info = party.userinfo(&tokens).await;
        assert_eq!(info["name"], "李明");
        assert_eq!(info["identity_document"]["number"], LIMING.number);
        assert_eq!(info["phone_number"], "+8619900000001");
        assert_eq!(info["preferred_username"], "liming");
        assert_eq!(info["sub"], claims.subject().as_str());
        assert!(info.get("email").is_none(), "not asked for");
    }

    async fn an_unverified_user_is_checked_against_the_source(world) {
        let browser = migrate(&world, &ZHANGWEI).await;
        assert!(browser.shows("账号升级完成"));
        let method = "SELECT COUNT(*) FROM verifications WHERE method = 'name_and_number' AND source = 'population' AND level = 2";
        assert_eq!(world.scalar(method).await, 1);
        assert_eq!(world.count("legacy_links").await, 1);
        assert_eq!(world.count("agreements").await, 2, "the agreement and the consent are stored apart");
    }

    async fn a_mismatch_leads_back_with_everything_typed_and_then_through(world) {
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &ZHANGWEI).await;
        let mut wrong = ZHANGWEI.identity();
        wrong[2].1 = "340103199211079980"; // somebody else's, of a woman
        wrong[3].1 = "2";
        browser.submit(&wrong).await;
        // The old row has another number: whatever the source says, it isn't confirmed.
        assert!(browser.at.ends_with("/check"), "{}", browser.at);
        assert!(browser.shows("未通过核验"));
        let back = browser.link("/identity");
        browser.get(&back).await;
        assert_eq!(browser.value("name"), "张伟");
        assert_eq!(browser.value("document_number"), "340103199211079980");
        assert_eq!(browser.selected("ethnic_group"), "01");
        browser.submit(&ZHANGWEI.identity()).await;
        assert!(browser.at.ends_with("/user-name"), "{}", browser.at);
        complete(&world, &mut browser, &ZHANGWEI).await;
    }

    async fn the_misread_name_is_corrected_on_the_second_try(world) {
        let chen = Person { account: "chenjing", password: "Feixi-osmanthus7", name: "陈静",
            number: "340103198506209987", gender: "2", ethnic: "01", phone: "19900000004" };
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &chen).await;
        browser.submit(&chen.identity()).await;
        assert!(browser.shows("未通过核验"));
        browser.submit_at_identity(&Person { name: "陈婧", ..chen }).await;
        assert!(browser.at.ends_with("/user-name"), "{}", browser.at);
    }

    async fn names_with_a_separator_and_rare_characters_pass(world) {
        let people = [
            Person { account: "gulnar", password: "Tianshan-2020s", name: "古丽娜尔•买买提",
                number: "340103198812129985", gender: "2", ethnic: "05", phone: "19900000008" },
            Person { account: "wangji", password: "Rare-glyph-20bb7", name: "王𠮷",
                number: "34012319721010997x", gender: "1", ethnic: "01", phone: "19900000009" },
        ];
        for person in people {
            let browser = migrate(&world, &person).await;
            assert!(browser.shows("账号升级完成"), "{}", person.account);
        }
    }

    async fn a_foreign_permanent_resident_passes_with_the_card(world) {
        let carter = Person { account: "jcarter", password: "Anhui-PR-card-23", name: "JAMES CARTER",
            number: "934840198507099971", gender: "1", ethnic: "98", phone: "19900000010" };
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &carter).await;
        let mut identity = carter.identity();
        identity[1].1 = "foreign_permanent_resident";
        browser.submit(&identity).await;
        assert!(browser.at.ends_with("/user-name"), "{} {}", browser.at, browser.body);
        complete(&world, &mut browser, &carter).await;
    }

    async fn a_weak_old_password_leads_to_a_new_one(world) {
        let fang = Person { account: "wangfang", password: "123456", name: "王芳",
            number: "340103199211079980", gender: "2", ethnic: "01", phone: "19900000002" };
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &fang).await;
        browser.submit(&[("user_name", "wangfang")]).await;
        to_email(&world, &mut browser, fang.phone).await;
        browser.submit(&[("skip", "yes")]).await;
        assert!(!browser.shows("value=\"old\""), "it isn't offered");
        // Nor is it taken when it is asked for all the same.
        browser.submit(&[("choice", "old")]).await;
        assert!(browser.error("new_password"), "{}", browser.body);
        browser.submit(&[("new_password", "123456"), ("new_password_again", "123456")]).await;
        assert!(browser.error("new_password"));
        browser.submit(&[("new_password", NEW_PASSWORD), ("new_password_again", "other")]).await;
        assert!(browser.error("new_password_again"));
        assert!(!browser.shows(NEW_PASSWORD), "secrets don't come back");
        browser.submit(&[("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)]).await;
        assert!(browser.shows("账号升级完成"));
    }

    async fn a_taken_user_name_must_be_changed_and_free_ones_are_offered(world) {
        let first = Person { account: "zhangsan", password: "Qimen-black-tea", name: "张三",
            number: "340103198211209971", gender: "1", ethnic: "01", phone: "19900000013" };
        let second = Person { account: "ZhangSan", password: "Keemun_Spring8", name: "张珊",
            number: "340104198701239985", gender: "2", ethnic: "01", phone: "19900000014" };
        migrate(&world, &first).await;
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &second).await;
        assert!(browser.error("user_name"), "the proposal is taken, in another spelling");
        assert!(browser.shows("value=\"ZhangSan_ah\""), "{}", browser.body);
        browser.submit(&[("user_name", "zhangsan")]).await;
        assert!(browser.error("user_name"));
        browser.submit(&[("suggestion", "ZhangSan_ah")]).await;
        assert!(browser.at.ends_with("/phone"), "{}", browser.at);
    }

    async fn the_e_mail_address_is_confirmed_by_its_link_once_and_signs_nobody_in(world) {
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &LIMING).await;
        browser.submit(&[("user_name", "liming")]).await;
        to_email(&world, &mut browser, LIMING.phone).await;
        browser.submit(&[("email", "li.ming@example.com")]).await;
        browser.submit(&[("choice", "old")]).await;
        let mail = world.messages("li.ming@example.com").await.pop().unwrap();
        let link = mail.split_whitespace().find(|w| w.starts_with("http://localhost:8080/email/")).unwrap();
        let path = link.strip_prefix("http://localhost:8080").unwrap();
        let mut elsewhere = world.browser();
        elsewhere.get(path).await;
        assert_eq!(world.scalar("SELECT COUNT(*) FROM accounts WHERE email_verified_at IS NOT NULL").await, 0);
        elsewhere.submit(&[]).await;
        assert!(elsewhere.shows("已确认"), "{}", elsewhere.body);
        elsewhere.get("/account").await;
        assert!(elsewhere.at.starts_with("/login"), "the link signs nobody in");
        elsewhere.get(path).await.submit(&[]).await;
        assert_eq!(elsewhere.status, 410, "once");
        browser.get("/account").await;
        assert!(browser.shows("（已确认）"));
    }

    async fn the_whole_way_works_in_english(world) {
        let mut browser = world.browser();
        browser.language = "en-GB,en;q=0.9,zh;q=0.1".into();
        to_user_name(&mut browser, "/migrate", &ZHANGWEI).await;
        assert!(browser.shows("<html lang=\"en\"") && browser.shows("Choose a user name"));
        complete(&world, &mut browser, &ZHANGWEI).await;
        assert!(browser.shows("Your account is upgraded"));
    }

    async fn the_list_of_systems_is_whole_and_can_be_searched(world) {
        let mut browser = world.browser();
        browser.get("/migrate").await;
        assert_eq!(browser.body.matches("市政务服务网").count(), 16, "all the cities");
        assert_eq!(browser.body.matches("<button name=\"system\"").count(), 5, "five are connected");
        assert!(browser.shows("省司法厅-法律服务") && browser.shows("暂未接入"));
        browser.get("/migrate?q=%E5%90%88%E8%82%A5").await;
        assert_eq!(browser.body.matches("市政务服务网").count(), 1);
        browser.get("/migrate?q=nothing+like+it").await;
        assert!(browser.shows("没有符合的系统"));
    }
}

impl Browser {
    async fn submit_at_identity(&mut self, person: &Person) {
        let back = self.link("/identity");
        self.get(&back).await;
        self.submit(&person.identity()).await;
    }
}
