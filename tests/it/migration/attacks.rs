//! The thief and the curious (docs/security.md names these tests).

use super::*;

both! {
    async fn the_thief_of_an_old_password_can_not_claim_the_account_with_an_own_identity(world) {
        // huanglei's row names 黄磊; the thief enters a genuine identity of somebody else.
        let thief = Person { account: "huanglei", password: "Dashu-mountain9", name: "黄志强",
            number: "340122198006059993", gender: "1", ethnic: "01", phone: "19900000090" };
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &thief).await;
        browser.submit(&thief.identity()).await;
        assert!(browser.shows("未通过核验"), "a match that contradicts the old row is no match");
        assert_eq!(world.count("accounts").await, 0);
        let told = world.messages("19900000007").await;
        assert!(told.iter().any(|t| t.contains("正在迁移")), "the phone on the old row is told: {told:?}");
        let audited = "SELECT COUNT(*) FROM audit WHERE event = 'journey.check' AND detail LIKE '%contradiction%'";
        assert_eq!(world.scalar(audited).await, 1);
    }

    async fn hidden_and_posted_fields_decide_nothing(world) {
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &ZHANGWEI).await;
        // Everything that a tamperer could hope for, posted to a step that doesn't ask for it.
        browser.submit(&[
            ("user_name", "zhangwei"), ("system", "wuhu"), ("kind", "legal_person"), ("subject", "hf10000001"),
            ("account", "liming"), ("account_id", "x"), ("existing", "x"), ("vouched", "true"), ("step", "password"),
            ("phone_proof", LIMING.phone), ("document_number", LIMING.number), ("interaction", "x"),
        ]).await;
        assert!(browser.at.ends_with("/phone"), "{}", browser.at);
        complete_from_phone(&world, &mut browser).await;
        let linked = "SELECT COUNT(*) FROM legacy_links WHERE system_id = 'hefei' AND subject = 'hf10000003'";
        assert_eq!(world.scalar(linked).await, 1, "the proven subject, and no other");
    }

    async fn a_form_without_this_browser_s_token_is_refused(world) {
        let mut victim = world.browser();
        to_sign_in(&mut victim, "/migrate").await;
        let mut attacker = world.browser();
        to_sign_in(&mut attacker, "/migrate").await;
        let (_, foreign) = attacker.form();
        let (action, _) = victim.form();
        for csrf in [foreign.iter().find(|(n, _)| n == "csrf").unwrap().1.as_str(), "", "x"] {
            let mut page = victim.clone();
            page.post(&action, &[("csrf", csrf), ("account", "liming"), ("password", LIMING.password)]).await;
            assert_eq!(page.status, 403);
            assert!(page.shows("参考编号"));
        }
    }

    async fn identity_data_is_nowhere_in_the_clear(world) {
        migrate(&world, &ZHANGWEI).await;
        world.messages(ZHANGWEI.phone).await;
        let mut half = world.browser();
        to_user_name(&mut half, "/migrate", &LIMING).await;
        for table in [
            "accounts", "documents", "account_phones", "journeys", "audit", "outbox", "one_time_codes", "limits",
            "legacy_links", "verifications", "sessions", "interactions", "changes", "spent_tickets",
        ] {
            let dump = world.dump(table).await;
            for secret in [
                ZHANGWEI.number, ZHANGWEI.name, ZHANGWEI.phone, ZHANGWEI.password, NEW_PASSWORD, LIMING.number,
                LIMING.name, LIMING.phone, LIMING.password,
            ] {
                assert!(!dump.contains(secret), "{secret} in {table}");
            }
        }
    }

    async fn every_decision_is_in_the_audit_log_and_its_chain_shows_tampering(world) {
        migrate(&world, &ZHANGWEI).await;
        for event in [
            "journey.upstream_proven", "journey.agreed", "journey.check", "journey.code_sent", "journey.contact_proven",
            "account.created", "legacy.linked", "sign_in",
        ] {
            let sql = format!("SELECT COUNT(*) FROM audit WHERE event = '{event}'");
            assert_eq!(world.scalar(&sql).await, 1, "{event}");
        }
        use guiyi::storage::audit::{Verdict, verify};
        let sealed = guiyi::jobs::seal(&world.app, "node", world.clock.now()).await.unwrap();
        assert_eq!(sealed as i64, world.count("audit").await);
        assert_eq!(guiyi::jobs::seal(&world.app, "other", world.clock.now()).await.unwrap(), 0, "one node at a time");
        let check = async || verify(&mut world.app.db.read().await.unwrap(), &world.app.keys).await.unwrap();
        assert_eq!(check().await, Verdict::Sound { entries: sealed as i64 });
        world.execute("UPDATE audit SET detail = '{}' WHERE event = 'journey.check'").await;
        assert!(matches!(check().await, Verdict::Broken { .. }));
    }

    async fn a_user_name_in_the_form_of_an_identifier_is_refused_by_its_form(world) {
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &LIMING).await;
        for name in ["13800138000", "１３８００１３８０００", "a@example.com", "340102198803159975", "H12345678", "91340000711771143J"] {
            browser.submit(&[("user_name", name)]).await;
            assert!(browser.error("user_name"), "{name}");
        }
    }

    async fn no_code_of_another_journey_proves_a_phone(world) {
        let mut attacker = world.browser();
        to_user_name(&mut attacker, "/migrate", &ZHANGWEI).await;
        attacker.submit(&[("user_name", "attacker")]).await;
        attacker.submit(&[("phone", "19900000066"), ("captcha", "0000")]).await;
        world.advance(61);
        let mut victim = world.browser();
        to_user_name(&mut victim, "/migrate", &LIMING).await;
        victim.submit(&[("user_name", "liming")]).await;
        victim.submit(&[("phone", "19900000066"), ("captcha", "0000")]).await;
        let code = world.code("19900000066").await;
        attacker.submit(&[("code", &code)]).await;
        assert!(attacker.error("code"), "a code is bound to its journey");
        victim.submit(&[("code", &code)]).await;
        assert!(victim.at.ends_with("/email"), "and still good in its own");
    }
}

async fn complete_from_phone(world: &World, browser: &mut Browser) {
    to_email(world, browser, ZHANGWEI.phone).await;
    browser.submit(&[("skip", "yes")]).await;
    let fields = [("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)];
    browser.submit(&fields).await;
    assert!(browser.at.ends_with("/done"), "{} {}", browser.at, browser.body);
}
