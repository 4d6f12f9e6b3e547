//! 人工审核: evidence, the reviewers' desk, 继续办理 in another browser, and each way to cheat.

use std::io::Cursor;

use super::*;
use guiyi::domain::case_number::CaseNumber;
use guiyi::review::desk::{Approval, DeskError, Reviewer};
use guiyi::secret::Secret;
use guiyi::storage::reviews::State;

/// Not known to the source: only a reviewer leads on.
pub const LIUYANG: Person = Person {
    account: "liuyang",
    password: "Lujiang_2019x",
    name: "刘洋",
    number: "34011119790703997X",
    gender: "1",
    ethnic: "01",
    phone: "19900000005",
};
const SECOND: Person = Person { account: "liming2009", password: "Old-Luyang-09", ..LIMING };

/// A picture in the form that phones send.
pub fn photo() -> Vec<u8> {
    another_photo(120)
}

fn another_photo(shade: u8) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let pixel = |x: u32, y: u32| image::Rgb([(x % 255) as u8, (y % 255) as u8, shade]);
    let image = image::DynamicImage::ImageRgb8(image::RgbImage::from_fn(640, 400, pixel));
    image.write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

pub async fn reviewers(world: &World) -> (Reviewer, Reviewer) {
    guiyi::demo::staff::seed(&world.app).await.unwrap();
    let password = Secret::new(guiyi::demo::staff::PASSWORD);
    let [(first, ..), (second, ..)] = guiyi::demo::staff::REVIEWERS;
    let first = Reviewer::sign_in(&world.app, first, &password).await.unwrap();
    (first, Reviewer::sign_in(&world.app, second, &password).await.unwrap())
}

/// From the check page to the upload page.
pub async fn to_evidence(world: &World, browser: &mut Browser, phone: &str) {
    browser.submit(&[("action", "review")]).await;
    assert!(browser.at.ends_with("/contact-phone"), "{} {}", browser.at, browser.body);
    browser.submit(&[("phone", phone), ("captcha", "0000")]).await;
    let code = world.code(phone).await;
    browser.submit(&[("code", &code)]).await;
    assert!(browser.at.ends_with("/evidence"), "{} {}", browser.at, browser.body);
}

/// Two pictures and the submission; the case number that the page shows.
pub async fn submit_case(browser: &mut Browser) -> CaseNumber {
    browser.upload("document", &[photo()]).await;
    browser.upload("holding", &[photo()]).await;
    assert_eq!(browser.body.matches("name=\"remove\"").count(), 2, "{} {}", browser.at, browser.body);
    browser.submit(&[("submit", "yes")]).await;
    assert!(browser.at.ends_with("/review"), "{} {}", browser.at, browser.body);
    number(browser)
}

fn number(browser: &Browser) -> CaseNumber {
    let text = browser.body.split("<strong>").nth(1).unwrap().split('<').next().unwrap();
    CaseNumber::parse(text).unwrap()
}

async fn to_submitted(world: &World, browser: &mut Browser) -> CaseNumber {
    to_agreed(browser, "/migrate", &LIUYANG).await;
    browser.submit(&LIUYANG.identity()).await;
    assert!(browser.shows("未通过核验"), "{}", browser.body);
    to_evidence(world, browser, LIUYANG.phone).await;
    submit_case(browser).await
}

pub async fn approve(world: &World, reviewer: &Reviewer, number: &CaseNumber) -> Result<Approval, DeskError> {
    let case = reviewer.open(&world.app, number).await?;
    reviewer.claim(&world.app, &case).await?;
    let case = reviewer.open(&world.app, number).await?;
    reviewer.approve(&world.app, &case, &[1, 2]).await
}

async fn refuse(world: &World, reviewer: &Reviewer, number: &CaseNumber, state: State, reason: &str) {
    let case = reviewer.open(&world.app, number).await.unwrap();
    reviewer.claim(&world.app, &case).await.unwrap();
    let case = reviewer.open(&world.app, number).await.unwrap();
    reviewer.refuse(&world.app, &case, state, reason).await.unwrap();
}

/// Types the number into 继续办理 in a fresh browser, and the code that goes out.
async fn go_on(world: &World, number: &CaseNumber, phone: &str) -> Browser {
    world.advance(61);
    let mut browser = world.browser();
    browser.get("/continue").await;
    browser.submit(&[("number", &number.to_string()), ("captcha", "0000")]).await;
    let code = world.code(phone).await;
    browser.submit(&[("code", &code)]).await;
    browser
}

both! {
    async fn two_pages_that_come_back_at_once_both_show_the_decision(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = world.browser();
        let number = to_submitted(&world, &mut browser).await;
        refuse(&world, &reviewer, &number, State::Rejected, "照片与本人不符").await;
        let (mut other, at) = (browser.clone(), browser.at.clone());
        tokio::join!(browser.get(&at), other.get(&at));
        for page in [&browser, &other] {
            assert!(page.shows("照片与本人不符"), "{} {}", page.at, page.body);
        }
    }

    async fn an_approved_case_goes_on_in_another_browser_to_the_end(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = world.browser();
        let number = to_submitted(&world, &mut browser).await;
        assert!(browser.shows("人工审核中") && browser.headers["refresh"] == "60");
        let approval = approve(&world, &reviewer, &number).await.unwrap();
        assert!(matches!(approval, Approval::From(at) if at == world.clock.now()), "no account is touched: at once");
        assert_eq!(guiyi::review::news::tell(&world.app).await.unwrap(), 1);
        assert_eq!(guiyi::review::news::tell(&world.app).await.unwrap(), 0, "told once");
        let told = world.messages(LIUYANG.phone).await.pop().unwrap();
        assert!(told.contains("已通过") && told.contains(&number.to_string()) && !told.contains("http"), "{told}");
        let old = browser.at.clone();
        let mut other = go_on(&world, &number, LIUYANG.phone).await;
        assert!(other.shows("人工审核已通过"), "{} {}", other.at, other.body);
        browser.get(&old).await;
        assert_eq!(browser.status, 410, "the first browser's hold has ended");
        other.submit(&[("action", "continue")]).await;
        assert!(other.at.ends_with("/user-name"), "{}", other.at);
        other.submit(&[("user_name", "liuyang")]).await;
        assert!(other.at.ends_with("/email"), "the phone is proven already: {}", other.at);
        other.submit(&[("skip", "yes")]).await;
        other.submit(&[("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)]).await;
        assert!(other.shows("账号升级完成") && other.shows("href=\"/account\""), "{}", other.body);
        let verified = "SELECT COUNT(*) FROM verifications WHERE method = 'review' AND level = 3";
        assert_eq!(world.scalar(verified).await, 1, "the level follows the evidence");
        assert_eq!(world.count("legacy_links").await, 1);
    }

    async fn a_case_that_is_approved_while_the_page_is_open_ends_at_the_waiting_client(world) {
        let (reviewer, _) = reviewers(&world).await;
        let party = crate::support::RelyingParty::booking(&world).await;
        let mut browser = world.browser();
        browser.get(&party.start(&["profile"], &[]).path).await;
        let entry = browser.link("/migrate?interaction=");
        to_agreed(&mut browser, &entry, &LIUYANG).await;
        browser.submit(&LIUYANG.identity()).await;
        to_evidence(&world, &mut browser, LIUYANG.phone).await;
        let number = submit_case(&mut browser).await;
        approve(&world, &reviewer, &number).await.unwrap();
        let here = browser.at.clone();
        browser.get(&here).await;
        browser.submit(&[("action", "continue")]).await;
        browser.submit(&[("user_name", "liuyang")]).await;
        browser.submit(&[("skip", "yes")]).await;
        browser.submit(&[("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)]).await;
        assert!(browser.shows("href=\"/interaction/"), "{}", browser.body);
    }

    async fn a_correction_is_asked_for_and_sent(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = world.browser();
        let number = to_submitted(&world, &mut browser).await;
        refuse(&world, &reviewer, &number, State::Returned, "照片反光，请重新拍摄").await;
        guiyi::review::news::tell(&world.app).await.unwrap();
        assert!(world.messages(LIUYANG.phone).await.pop().unwrap().contains("补正"));
        let here = browser.at.replace("/review", "");
        browser.get(&here).await;
        assert!(browser.at.ends_with("/evidence") && browser.shows("照片反光"), "{}", browser.body);
        browser.submit(&[("remove", "1")]).await;
        browser.upload("document", &[photo()]).await;
        browser.submit(&[("submit", "yes")]).await;
        assert_eq!(super::review::number(&browser), number, "the case keeps its number");
        approve(&world, &reviewer, &number).await.unwrap();
        browser.get(&here).await;
        assert!(browser.shows("人工审核已通过"));
    }

    async fn a_rejected_case_says_why_and_leads_on(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = world.browser();
        let number = to_submitted(&world, &mut browser).await;
        refuse(&world, &reviewer, &number, State::Rejected, "证件与本人不符").await;
        let here = browser.at.clone();
        browser.get(&here).await;
        assert!(browser.shows("证件与本人不符") && browser.shows("返回修改") && browser.shows("12345"), "{}", browser.body);
        assert_eq!(world.count("legacy_links").await, 0);
        browser.submit(&[("action", "again")]).await;
        assert!(browser.at.ends_with("/evidence"), "{}", browser.at);
        submit_again(&mut browser).await;
        approve(&world, &reviewer, &number).await.unwrap();
        browser.get(&here).await;
        assert!(browser.shows("人工审核已通过"));
    }

    async fn correcting_the_data_takes_the_case_back(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = world.browser();
        let number = to_submitted(&world, &mut browser).await;
        let identity = browser.at.replace("/review", "/identity");
        browser.get(&identity).await;
        browser.submit(&Person { name: "刘阳", ..LIUYANG }.identity()).await;
        assert!(browser.shows("未通过核验"), "another person's data is checked anew: {}", browser.body);
        let refused = approve(&world, &reviewer, &number).await;
        assert!(matches!(refused, Err(DeskError::Closed("withdrawn"))), "{refused:?}");
    }

    async fn an_approval_counts_for_the_data_that_was_approved_only(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = world.browser();
        let number = to_submitted(&world, &mut browser).await;
        approve(&world, &reviewer, &number).await.unwrap();
        let review = browser.at.clone();
        browser.get(&review).await;
        browser.submit(&[("action", "continue")]).await;
        assert!(browser.at.ends_with("/user-name"));
        browser.get(&review.replace("/review", "/identity")).await;
        browser.submit(&Person { name: "刘大洋", ..LIUYANG }.identity()).await;
        assert!(browser.shows("未通过核验"), "{} {}", browser.at, browser.body);
        browser.get(&review.replace("/review", "/password")).await;
        assert!(browser.at.ends_with("/check"), "{}", browser.at);
    }

    async fn a_contradiction_is_a_reviewer_s_to_decide(world) {
        // The thief of 黄蕾's old password enters his own, real data.
        let mut thief = world.browser();
        to_agreed(&mut thief, "/migrate", &Person { account: "huanglei", password: "Dashu-mountain9", ..ZHANGWEI }).await;
        assert!(thief.at.ends_with("/identity"), "{} {}", thief.at, thief.body);
        thief.submit(&ZHANGWEI.identity()).await;
        assert!(thief.shows("未通过核验"), "a match isn't enough: {}", thief.body);
        to_evidence(&world, &mut thief, "19900000066").await;
        let number = submit_case(&mut thief).await;
        let (reviewer, _) = reviewers(&world).await;
        let case = reviewer.open(&world.app, &number).await.unwrap();
        assert_eq!(case.content.outcome, "contradiction", "the reviewer sees what the page doesn't tell");
        assert_eq!(world.count("legacy_links").await, 0);
    }

    async fn two_reviewers_and_72_hours_where_an_account_is_touched(world) {
        migrate(&world, &LIMING).await;
        world.advance(61);
        let (first, second) = reviewers(&world).await;
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &SECOND).await;
        assert!(browser.at.ends_with("/existing-account"), "{}", browser.at);
        to_evidence(&world, &mut browser, "19900000055").await;
        assert!(browser.shows("72 小时"));
        let number = submit_case(&mut browser).await;
        assert_eq!(approve(&world, &first, &number).await.unwrap(), Approval::NeedsSecond);
        let again = approve(&world, &first, &number).await;
        assert!(matches!(again, Err(DeskError::SecondNeeded)), "one reviewer doesn't count twice: {again:?}");
        let review = browser.at.clone();
        browser.get(&review).await;
        assert!(browser.shows("人工审核中"), "one approval is none");
        let Approval::From(from) = approve(&world, &second, &number).await.unwrap() else { panic!("not approved") };
        assert_eq!(from.since(world.clock.now()).as_secs(), 72 * 60 * 60);
        let told = world.messages(LIMING.phone).await.pop().unwrap();
        assert!(told.contains("72小时") && told.contains("12345"), "the owner can object: {told}");
        assert_eq!(guiyi::review::news::tell(&world.app).await.unwrap(), 0);
        browser.get(&review).await;
        assert!(browser.shows("等待生效"), "{}", browser.body);
        browser.post(&review, &[("action", "continue")]).await;
        assert_eq!(world.count("legacy_links").await, 1);
        world.advance(72 * 60 * 60);
        assert_eq!(guiyi::review::news::tell(&world.app).await.unwrap(), 1);
        browser.get(&review).await;
        assert!(browser.shows("人工审核已通过"), "{}", browser.body);
        browser.submit(&[("action", "continue")]).await;
        assert!(browser.at.ends_with("/done"), "{} {}", browser.at, browser.body);
        assert_eq!(world.count("legacy_links").await, 2);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM accounts WHERE user_name LIKE 'liming%'").await, 1);
    }

    async fn the_owner_s_objection_stops_it(world) {
        migrate(&world, &LIMING).await;
        world.advance(61);
        let (first, second) = reviewers(&world).await;
        let mut thief = world.browser();
        to_agreed(&mut thief, "/migrate", &SECOND).await;
        to_evidence(&world, &mut thief, "19900000055").await;
        let number = submit_case(&mut thief).await;
        approve(&world, &first, &number).await.unwrap();
        approve(&world, &second, &number).await.unwrap();
        world.advance(71 * 60 * 60);
        let case = first.open(&world.app, &number).await.unwrap();
        first.stop(&world.app, &case, "账号所有人提出异议").await.unwrap();
        world.advance(2 * 60 * 60);
        let here = thief.at.clone();
        thief.get(&here).await;
        assert!(thief.shows("人工审核未通过"), "{}", thief.body);
        assert_eq!(world.count("legacy_links").await, 1);
        assert!(first.stop(&world.app, &case, "zu spät").await.is_err(), "once");
    }

    async fn an_approval_for_an_account_that_is_gone_meanwhile_binds_nothing(world) {
        migrate(&world, &LIMING).await;
        world.advance(61);
        let (first, second) = reviewers(&world).await;
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &SECOND).await;
        to_evidence(&world, &mut browser, "19900000055").await;
        let number = submit_case(&mut browser).await;
        approve(&world, &first, &number).await.unwrap();
        approve(&world, &second, &number).await.unwrap();
        world.advance(73 * 60 * 60);
        world.execute("UPDATE accounts SET status = 'closed' WHERE user_name = 'liming'").await;
        let mut world = world;
        world.restart().await;
        browser.router = world.router.clone();
        let here = browser.at.clone();
        browser.get(&here).await;
        assert!(browser.shows("人工审核已通过"), "{}", browser.body);
        browser.submit(&[("action", "continue")]).await;
        assert!(browser.at.ends_with("/existing-account") && browser.shows("已停用"), "{} {}", browser.at, browser.body);
        assert_eq!(world.count("legacy_links").await, 1);
    }

    async fn nobody_reviews_an_own_case(world) {
        let (reviewer, _) = reviewers(&world).await;
        let (_, name, document) = guiyi::demo::staff::REVIEWERS[0];
        let own = Person { name, number: document, ..LIUYANG };
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &LIUYANG).await;
        browser.submit(&own.identity()).await;
        to_evidence(&world, &mut browser, LIUYANG.phone).await;
        let number = submit_case(&mut browser).await;
        let refused = approve(&world, &reviewer, &number).await;
        assert!(matches!(refused, Err(DeskError::Own)), "{refused:?}");
    }

    async fn the_desk_is_for_reviewers_who_have_claimed_the_case(world) {
        let (first, second) = reviewers(&world).await;
        let mut browser = world.browser();
        let number = to_submitted(&world, &mut browser).await;
        let wrong = Reviewer::sign_in(&world.app, "shenhe-zhao", &Secret::new("wrong-password")).await;
        assert!(matches!(wrong, Err(DeskError::Rejected)));
        migrate(&world, &ZHANGWEI).await;
        let citizen = Reviewer::sign_in(&world.app, "zhangwei", &Secret::new(NEW_PASSWORD)).await;
        assert!(matches!(citizen, Err(DeskError::Rejected)), "a portal account alone is no reviewer");
        let case = first.open(&world.app, &number).await.unwrap();
        assert!(matches!(first.unmask(&world.app, &case, "x").await, Err(DeskError::Unclaimed)));
        assert!(matches!(first.approve(&world.app, &case, &[1, 2]).await, Err(DeskError::Unclaimed)));
        first.claim(&world.app, &case).await.unwrap();
        assert!(matches!(second.claim(&world.app, &case).await, Err(DeskError::Claimed)));
        let case = first.open(&world.app, &number).await.unwrap();
        first.unmask(&world.app, &case, "compare the picture").await.unwrap();
        assert!(first.picture(&world.app, &case, 1).await.unwrap().starts_with(&[0xFF, 0xD8]));
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'review.unmasked'").await, 1);
        for slots in [&[][..], &[2], &[5], &[1, 9]] {
            let refused = first.approve(&world.app, &case, slots).await;
            assert!(matches!(refused, Err(DeskError::Evidence(_))), "{slots:?}: {refused:?}");
        }
        world.advance(4 * 60 * 60 + 1);
        second.claim(&world.app, &case).await.unwrap();
        assert!(first.approve(&world.app, &case, &[1, 2]).await.is_err(), "it is another's now");
    }

    async fn knowing_a_case_s_number_is_no_way_in(world) {
        let mut browser = world.browser();
        let number = to_submitted(&world, &mut browser).await;
        let mut pages = Vec::new();
        for typed in [number.to_string(), "0000-0000-0000".to_owned()] {
            let mut thief = world.browser();
            thief.get("/continue").await;
            thief.submit(&[("number", &typed), ("captcha", "0000")]).await;
            assert!(!thief.shows(LIUYANG.phone) && !thief.shows("199****"), "nothing of its owner is shown");
            for code in ["000000", "111111"] {
                thief.submit(&[("code", code)]).await;
                assert!(thief.error("code"), "{}", thief.body);
            }
            let main = thief.body.find("<main").unwrap();
            let hidden = thief.form().1;
            pages.push(hidden.iter().fold(thief.body[main..].to_owned(), |body, (_, value)| body.replace(value, "")));
            thief.get(&browser.at).await;
            assert_eq!(thief.status, 410);
        }
        assert_eq!(pages[0], pages[1], "a number that exists and one that doesn't look the same");
        let here = browser.at.clone();
        browser.get(&here).await;
        assert!(browser.shows("人工审核中"), "its owner's hold is untouched");
    }

    async fn the_old_account_s_password_resumes_its_own_case_only(world) {
        let mut browser = world.browser();
        let number = to_submitted(&world, &mut browser).await;
        let mut other = world.browser();
        other.get("/continue").await;
        other.submit(&[("number", &number.to_string()), ("captcha", "0000")]).await;
        let (_, hidden) = other.form();
        let hidden: Vec<(&str, &str)> = hidden.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        for (account, password) in [(LIUYANG.account, "wrong"), (ZHANGWEI.account, ZHANGWEI.password)] {
            let fields = [hidden.clone(), vec![("account", account), ("password", password)]].concat();
            other.post("/continue/password", &fields).await;
            assert!(other.error("account") && !other.shows(password), "{account}: {}", other.body);
        }
        let fields = [hidden, vec![("account", LIUYANG.account), ("password", LIUYANG.password)]].concat();
        other.post("/continue/password", &fields).await;
        assert!(other.at.ends_with("/review"), "{} {}", other.at, other.body);
        browser.get(&browser.at.clone()).await;
        assert_eq!(browser.status, 410, "the first browser's hold has ended");
    }

    async fn a_code_of_another_browser_resumes_nothing(world) {
        let mut browser = world.browser();
        let number = to_submitted(&world, &mut browser).await;
        world.advance(61);
        let mut victim = world.browser();
        victim.get("/continue").await;
        victim.submit(&[("number", &number.to_string()), ("captcha", "0000")]).await;
        let code = world.code(LIUYANG.phone).await;
        let (_, hidden) = victim.form();
        let ticket = hidden.iter().find(|(name, _)| name == "ticket").unwrap().1.clone();
        let mut thief = world.browser();
        thief.get("/continue").await;
        thief.submit(&[("number", &number.to_string()), ("captcha", "0000")]).await;
        thief.submit(&[("code", &code)]).await;
        assert!(thief.error("code"), "{}", thief.body);
        thief.submit(&[("ticket", &ticket), ("code", &code)]).await;
        assert!(thief.at.ends_with("/continue"), "{}", thief.at);
        victim.submit(&[("code", &code)]).await;
        assert!(victim.at.ends_with("/review"), "{} {}", victim.at, victim.body);
    }

    async fn evidence_is_sniffed_limited_and_sealed(world) {
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &LIUYANG).await;
        browser.submit(&LIUYANG.identity()).await;
        to_evidence(&world, &mut browser, LIUYANG.phone).await;
        let (page, csrf) = (browser.at.clone(), browser.form().1[0].1.clone());
        browser.post(&page, &[("csrf", &csrf), ("submit", "yes")]).await;
        assert!(browser.error("files") && browser.shows("至少添加一张"), "{}", browser.body);
        browser.get(&browser.at.clone()).await;
        for (file, text) in [(b"<html><script>1</script>".to_vec(), "无法识别"), (Vec::new(), "请选择照片")] {
            browser.upload("document", &[file]).await;
            assert!(browser.error("files") && browser.shows(text), "{} {text} {}", browser.status, browser.body);
        }
        browser.upload("selfie-of-somebody", &[photo()]).await;
        assert!(browser.error("kind"));
        browser.upload_with("wrong-token", "document", &[photo()]).await;
        assert_eq!(browser.status, 403);
        assert_eq!(world.count("evidence").await, 0);
        browser.get(&page).await;
        for shade in [0, 100] {
            let three = [0, 30, 60].map(|more| another_photo(shade + more));
            browser.upload("other", &three).await;
        }
        assert_eq!(world.count("evidence").await, 6);
        browser.upload_with(&csrf, "document", &[photo()]).await;
        assert!(browser.shows("最多添加 6 张"), "{}", browser.body);
        let dump = world.dump("evidence").await;
        // How a JPEG begins, bare and in either base64: long enough never to stand in sealed text by chance.
        for start in ["JFIF\0", "/9j/4AAQSkZJRg", "_9j_4AAQSkZJRg"] {
            assert!(!dump.contains(start), "sealed at rest: {start:?}");
        }
        world.advance(25 * 60 * 60);
        guiyi::jobs::clear(&world.app).await.unwrap();
        assert_eq!(world.count("evidence").await, 0, "a draft's pictures go with it");
    }

    async fn a_picture_that_is_sent_again_is_kept_once(world) {
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &LIUYANG).await;
        browser.submit(&LIUYANG.identity()).await;
        to_evidence(&world, &mut browser, LIUYANG.phone).await;
        for _ in 0..2 {
            browser.upload("document", &[photo(), another_photo(0)]).await;
            assert!(browser.at.ends_with("/evidence") && !browser.error("files"), "{}", browser.body);
            assert_eq!(browser.body.matches("name=\"remove\"").count(), 2);
        }
        let told = "SELECT COUNT(*) FROM audit WHERE event = 'journey.evidence_added'";
        assert_eq!((world.count("evidence").await, world.scalar(told).await), (2, 2));
        browser.upload("holding", &[photo()]).await;
        assert_eq!(world.count("evidence").await, 3, "what it shows is the person's word");
    }

    async fn evidence_goes_when_its_term_is_over(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = world.browser();
        let number = to_submitted(&world, &mut browser).await;
        world.advance(10 * 24 * 60 * 60);
        guiyi::jobs::clear(&world.app).await.unwrap();
        assert_eq!(world.count("evidence").await, 2, "an open case keeps its own");
        approve(&world, &reviewer, &number).await.unwrap();
        world.advance(29 * 24 * 60 * 60);
        guiyi::jobs::clear(&world.app).await.unwrap();
        assert_eq!(world.count("evidence").await, 2);
        world.advance(2 * 24 * 60 * 60);
        guiyi::jobs::clear(&world.app).await.unwrap();
        assert_eq!(world.count("evidence").await, 0);
    }

    async fn a_submission_that_is_sent_again_stays_the_same_case(world) {
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &LIUYANG).await;
        browser.submit(&LIUYANG.identity()).await;
        to_evidence(&world, &mut browser, LIUYANG.phone).await;
        browser.upload("document", &[photo()]).await;
        let page = browser.clone();
        browser.submit(&[("submit", "yes")]).await;
        let number = number(&browser);
        for fields in [("submit", "yes"), ("remove", "1"), ("cancel", "yes")] {
            let mut again = page.clone();
            again.submit(&[fields]).await;
            assert!(again.at.ends_with("/review"), "{fields:?} {} {}", again.at, again.body);
            assert_eq!(super::review::number(&again), number);
        }
        page.clone().upload("document", &[another_photo(0)]).await;
        browser.get(&browser.at.clone()).await;
        assert!(browser.at.ends_with("/review"), "{} {}", browser.at, browser.body);
        assert_eq!((world.count("reviews").await, world.count("evidence").await), (1, 1));
    }

    async fn a_double_submission_makes_one_case(world) {
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &LIUYANG).await;
        browser.submit(&LIUYANG.identity()).await;
        to_evidence(&world, &mut browser, LIUYANG.phone).await;
        browser.upload("document", &[photo()]).await;
        let (mut one, mut two) = (browser.clone(), browser.clone());
        let (a, b) = (&[("submit", "yes")], &[("submit", "yes")]);
        tokio::join!(one.submit(a), two.submit(b));
        assert!(one.at.ends_with("/review") && two.at.ends_with("/review"), "{} {}", one.at, two.at);
        assert_eq!(world.count("reviews").await, 1);
    }

    async fn a_name_that_no_source_can_confirm_goes_to_a_reviewer(world) {
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &ZHANGWEI).await;
        browser.submit(&Person { name: "张\u{E863}", ..ZHANGWEI }.identity()).await;
        assert!(browser.shows("姓名需要人工核对"), "{}", browser.body);
        to_evidence(&world, &mut browser, ZHANGWEI.phone).await;
    }
}

async fn submit_again(browser: &mut Browser) {
    browser.submit(&[("submit", "yes")]).await;
    assert!(browser.at.ends_with("/review"), "{} {}", browser.at, browser.body);
}
