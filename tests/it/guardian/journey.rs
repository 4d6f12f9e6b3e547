//! The whole way of a child, by an old account and without one, and each place where it stops and goes on.

use super::*;
use crate::migration::ZHANGWEI;
use crate::migration::review::reviewers;
use guiyi::demo::Mode;
use guiyi::domain::account::AccountStatus;

both! {
    async fn a_guardian_brings_a_child_s_old_account_along(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = guardian(&world).await;
        browser.get("/account").await;
        let children = browser.link("/account/children");
        browser.get(&children).await;
        assert!(browser.shows("还没有由您监护的孩子账号"), "{}", browser.body);
        to_form(&mut browser, &XIAOYU).await;
        assert_eq!(browser.value("document_number"), XIAOYU.number, "what the old row says is proposed");
        to_checked(&mut browser, &XIAOYU.identity()).await;
        assert!(browser.at.ends_with("/evidence"), "a match is not enough: {}", browser.at);
        browser.upload("document", &[photo()]).await;
        browser.submit(&[("submit", "yes")]).await;
        assert!(browser.error("files") && browser.shows("户口簿或出生医学证明"), "nothing of that tells the relation");
        browser.submit(&[("remove", "1")]).await;
        let number = submit_case(&mut browser).await;
        let case = reviewer.open(&world.app, &number).await.unwrap();
        let told = case.content.guardian.as_ref().unwrap();
        assert_eq!((told.identity.name.as_str(), told.relation.as_str()), ("李明", "father"));
        assert_eq!((case.content.identity.name.as_str(), case.content.outcome.as_str()), ("陈小雨", "relation"));
        assert_eq!((case.reviewers_needed(), case.content.contact.masked().as_str()), (1, "199****0001"));
        assert_eq!(rows(&world).await, [1, 0, 1, 0], "nothing of the child before the end");
        approved(&world, &mut browser, &reviewer, &number).await;
        complete(&mut browser, "xiaoyu").await;
        assert!(browser.shows("孩子的统一账号已办好") && browser.shows("href=\"/account/children\""), "{}", browser.body);
        assert_eq!(rows(&world).await, [2, 1, 2, 1]);
        assert_eq!(world.text("SELECT relation FROM guardianships").await, "father");
        assert_eq!(world.count("account_phones").await, 1, "the guardian's phone gives up no place");
        let child = child_id(&world).await;
        let session = format!("SELECT COUNT(*) FROM sessions WHERE account_id = '{child}'");
        assert_eq!(world.scalar(&session).await, 0, "nobody is signed in as the child");
        let said = "SELECT COUNT(*) FROM audit WHERE event = 'guardian.appointed'";
        assert_eq!(world.scalar(said).await, 2, "in the log of both");
        assert!(world.messages(LIMING.phone).await.pop().unwrap().contains("您监护的陈"), "the guardian is told");
        assert!(world.messages(XIAOYU.phone).await.iter().any(|t| t.contains("正在迁移")), "and the old row's phone");
        browser.get("/account").await;
        assert!(browser.shows("liming") && !browser.shows("xiaoyu"), "the guardian is signed in as before");
        browser.get("/account/children").await;
        assert!(browser.shows("陈") && browser.shows("父亲"), "{}", browser.body);
    }

    async fn a_child_signs_in_with_its_own_user_name_or_document(world) {
        let (reviewer, _) = reviewers(&world).await;
        registered(&world, &mut guardian(&world).await, &reviewer, &XIAOYU.identity(), "xiaoyu").await;
        for identifier in ["xiaoyu", XIAOYU.number] {
            let mut child = world.browser();
            sign_in(&mut child, identifier, CHILDS_PASSWORD).await;
            assert!(child.at == "/account" && child.shows("xiaoyu"), "{} {}", child.at, child.body);
        }
        for identifier in [LIMING.phone, "xiaoyu"] {
            let mut other = world.browser();
            sign_in(&mut other, identifier, XIAOYU.password).await;
            assert!(other.at.starts_with("/login"), "neither the guardian's phone nor the old password");
        }
    }

    async fn a_guardian_registers_a_child_who_has_no_old_account(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = guardian(&world).await;
        registered(&world, &mut browser, &reviewer, &XIAOYU.identity(), "chenxiaoyu").await;
        assert_eq!(rows(&world).await, [2, 1, 1, 1]);
        let verified = "SELECT COUNT(*) FROM verifications v JOIN guardianships g ON g.child_id = v.account_id \
                        WHERE method = 'name_and_number' AND level = 2";
        assert_eq!(world.scalar(verified).await, 1, "a reviewer's word on the relation raises no level");
        to_registration_form(&mut browser).await;
        to_checked(&mut browser, &XIAOYU.identity()).await;
        let number = submit_case(&mut browser).await;
        assert!(!browser.shows("c***u"), "that the child has an account is told after the review only");
        approved(&world, &mut browser, &reviewer, &number).await;
        assert!(browser.shows("c***u") && browser.shows("无需重复注册"), "{} {}", browser.at, browser.body);
        assert_eq!(rows(&world).await, [2, 1, 1, 1]);
    }

    async fn a_child_whom_the_source_does_not_confirm_is_a_reviewer_s_to_decide(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = guardian(&world).await;
        to_registration_form(&mut browser).await;
        to_checked(&mut browser, &Person { name: "陈晓雨", ..XIAOYU }.identity()).await;
        assert!(browser.at.ends_with("/check") && browser.shows("未通过核验"), "{} {}", browser.at, browser.body);
        browser.submit(&[("action", "review")]).await;
        let number = submit_case(&mut browser).await;
        assert_eq!(reviewer.open(&world.app, &number).await.unwrap().content.outcome, "mismatch");
        approved(&world, &mut browser, &reviewer, &number).await;
        complete(&mut browser, "xiaoyu").await;
        assert_eq!(world.scalar("SELECT COUNT(*) FROM verifications WHERE method = 'review' AND level = 3").await, 1);
    }

    async fn a_source_that_is_down_is_asked_again_and_the_review_follows(world) {
        let mut browser = guardian(&world).await;
        to_registration_form(&mut browser).await;
        world.neighbours.source.set_mode(Mode::Down);
        to_checked(&mut browser, &XIAOYU.identity()).await;
        assert!(browser.shows("核验服务暂时无法连接"), "{}", browser.body);
        browser.submit(&[("action", "tell")]).await;
        world.neighbours.source.set_mode(Mode::Up);
        world.advance(61);
        assert_eq!(guiyi::journeys::background::ask_again(&world.app).await.unwrap(), 1);
        assert!(world.messages(LIMING.phone).await.pop().unwrap().contains("实名核验已有结果"));
        browser.get(&browser.at.clone()).await;
        assert!(browser.at.ends_with("/evidence"), "{} {}", browser.at, browser.body);
    }

    async fn evidence_can_wait_and_a_correction_is_sent(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = guardian(&world).await;
        to_registration_form(&mut browser).await;
        to_checked(&mut browser, &XIAOYU.identity()).await;
        let evidence = browser.at.clone();
        post(&mut browser, &evidence, &[("cancel", "yes")]).await;
        assert!(browser.at.ends_with("/check") && browser.shows("需要审核监护关系"), "{} {}", browser.at, browser.body);
        browser.submit(&[("action", "review")]).await;
        let number = submit_case(&mut browser).await;
        let case = reviewer.open(&world.app, &number).await.unwrap();
        reviewer.claim(&world.app, &case).await.unwrap();
        let case = reviewer.open(&world.app, &number).await.unwrap();
        let state = guiyi::storage::reviews::State::Returned;
        reviewer.refuse(&world.app, &case, state, "请补充孩子那一页").await.unwrap();
        let journey = browser.at.replace("/review", "");
        browser.get(&journey).await;
        assert!(browser.shows("请补充孩子那一页"), "{}", browser.body);
        browser.submit(&[("submit", "yes")]).await;
        assert_eq!(super::number(&browser), number);
        approved(&world, &mut browser, &reviewer, &number).await;
        assert!(browser.at.ends_with("/user-name"), "{}", browser.at);
    }

    async fn a_case_goes_on_on_another_device_where_the_guardian_signs_in_again(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = guardian(&world).await;
        to_form(&mut browser, &XIAOYU).await;
        to_checked(&mut browser, &XIAOYU.identity()).await;
        let number = submit_case(&mut browser).await;
        let journey = browser.at.replace("/review", "");
        approve(&world, &reviewer, &number).await.unwrap();
        guiyi::review::news::tell(&world.app).await.unwrap();
        assert!(world.messages(LIMING.phone).await.pop().unwrap().contains("已通过"), "the result goes to the guardian");
        world.advance(3 * 24 * 60 * 60);
        let mut other = world.browser();
        other.get("/continue").await;
        other.submit(&[("number", &number.to_string()), ("captcha", "0000")]).await;
        let mut thief = other.clone();
        let csrf = thief.form().1;
        let hidden: Vec<(&str, &str)> = csrf.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let old = [("account", XIAOYU.account), ("password", XIAOYU.password)];
        thief.post("/continue/password", &[&hidden[..], &old[..]].concat()).await;
        assert_eq!(thief.status, 422, "a child's old password resumes nothing: {}", thief.body);
        let code = world.code(LIMING.phone).await;
        other.submit(&[("code", &code)]).await;
        assert!(other.at.ends_with("/guardian") && other.shows("须由该监护人登录"), "{} {}", other.at, other.body);
        assert!(!other.shows("陈"), "nothing of the child before that");
        for step in ["identity", "review", "user-name", "password"] {
            other.get(&format!("{journey}/{step}")).await;
            assert!(other.at.ends_with("/guardian"), "{step}: {}", other.at);
        }
        migrate(&world, &ZHANGWEI).await;
        let to = other.link("/account/children/sign-in");
        other.get(&to).await;
        assert!(other.at.starts_with("/login"));
        other.submit(&[("identifier", "zhangwei"), ("password", NEW_PASSWORD)]).await;
        assert!(other.at.ends_with("/guardian") && other.shows("不是开始这项办理的监护人"), "{} {}", other.at, other.body);
        let to = other.link("/account/children/sign-in");
        other.get(&to).await;
        other.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        assert!(other.shows("人工审核已通过"), "back in the journey: {} {}", other.at, other.body);
        other.submit(&[("action", "continue")]).await;
        complete(&mut other, "xiaoyu").await;
        browser.get(&journey).await;
        assert_eq!(browser.status, 410, "the first device's hold has ended");
        assert_eq!(rows(&world).await, [3, 1, 3, 1]);
    }

    async fn the_last_answer_sent_twice_makes_one_child(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = guardian(&world).await;
        to_form(&mut browser, &XIAOYU).await;
        to_checked(&mut browser, &XIAOYU.identity()).await;
        let number = submit_case(&mut browser).await;
        approved(&world, &mut browser, &reviewer, &number).await;
        to_password(&mut browser, "xiaoyu").await;
        let (mut one, mut two) = (browser.clone(), browser.clone());
        tokio::join!(choose_password(&mut one), choose_password(&mut two));
        assert!(one.at.ends_with("/done") && two.at.ends_with("/done"), "{} {}", one.at, two.at);
        assert_eq!(rows(&world).await, [2, 1, 2, 1]);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'guardian.appointed'").await, 2);
    }

    async fn a_guardian_who_is_stopped_or_signs_out_ends_nothing(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = guardian(&world).await;
        to_form(&mut browser, &XIAOYU).await;
        to_checked(&mut browser, &XIAOYU.identity()).await;
        let number = submit_case(&mut browser).await;
        approved(&world, &mut browser, &reviewer, &number).await;
        to_password(&mut browser, "xiaoyu").await;
        set_status(&world, "liming", AccountStatus::Disabled).await;
        let mut stopped = browser.clone();
        choose_password(&mut stopped).await;
        assert!(stopped.at.ends_with("/guardian"), "{} {}", stopped.at, stopped.body);
        assert_eq!(rows(&world).await, [1, 0, 1, 0], "all or nothing");
        set_status(&world, "liming", AccountStatus::Active).await;
        let mut away = browser.clone();
        away.jar.remove("guiyi_session");
        choose_password(&mut away).await;
        assert!(away.at.ends_with("/guardian"), "{} {}", away.at, away.body);
        // The session has ended elsewhere: this node's cache doesn't know yet, the transaction does.
        let now = world.clock.now().0;
        world.execute(&format!("UPDATE sessions SET ended_at = {now} WHERE ended_at IS NULL")).await;
        let mut ended = browser.clone();
        choose_password(&mut ended).await;
        assert!(!ended.at.ends_with("/done"), "{} {}", ended.at, ended.body);
        assert_eq!(rows(&world).await, [1, 0, 1, 0]);
        let to = away.link("/account/children/sign-in");
        away.get(&to).await;
        away.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        choose_password(&mut away).await;
        assert!(away.at.ends_with("/done"), "nothing was lost: {} {}", away.at, away.body);
        assert_eq!(rows(&world).await, [2, 1, 2, 1]);
    }

    async fn a_child_who_turns_fourteen_during_the_review_goes_on_alone(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = guardian(&world).await;
        to_registration_form(&mut browser).await;
        to_checked(&mut browser, &almost_fourteen()).await;
        let number = submit_case(&mut browser).await;
        approve(&world, &reviewer, &number).await.unwrap();
        let journey = browser.at.replace("/review", "");
        world.advance(8 * 24 * 60 * 60);
        browser.get("/account/children/sign-in").await;
        browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        assert_eq!(browser.at, "/account/children");
        browser.get(&journey).await;
        assert!(browser.at.ends_with("/identity"), "{} {}", browser.at, browser.body);
        browser.submit(&almost_fourteen()).await;
        assert!(browser.shows("已满十四周岁的，由本人办理"), "{}", browser.body);
        assert_eq!(rows(&world).await, [1, 0, 1, 0]);
    }
}
