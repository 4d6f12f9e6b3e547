//! Phones: none at all, moved, shared by a family.

use super::*;

const MAIL: &str = "zhangwei@mail.example";

async fn mail_code(world: &World) -> String {
    let text = world.messages(MAIL).await.into_iter().rfind(|t| t.contains("验证码为")).expect("no mail");
    text.split("验证码为：").nth(1).unwrap().chars().take(6).collect()
}

both! {
    async fn without_a_phone_an_e_mail_address_stands_in(world) {
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &ZHANGWEI).await;
        browser.submit(&[("user_name", "zhangwei")]).await;
        browser.submit(&[("no_phone", "yes")]).await;
        assert!(browser.at.ends_with("/email") && browser.shows("没有手机号的"), "{} {}", browser.at, browser.body);
        browser.submit(&[("email", ""), ("skip", "yes"), ("captcha", "0000")]).await;
        assert!(browser.error("email"), "it can't be skipped");
        browser.submit(&[("email", MAIL), ("captcha", "wrong")]).await;
        assert!(browser.error("captcha"));
        browser.submit(&[("email", MAIL), ("captcha", "0000")]).await;
        assert!(browser.at.ends_with("/email-code"), "{} {}", browser.at, browser.body);
        browser.submit(&[("code", "000000")]).await;
        assert!(browser.error("code"));
        let code = mail_code(&world).await;
        browser.submit(&[("code", &code)]).await;
        assert!(browser.at.ends_with("/password"), "{} {}", browser.at, browser.body);
        browser.submit(&[("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)]).await;
        assert!(browser.at.ends_with("/done"), "{}", browser.body);
        assert_eq!(world.count("account_phones").await, 0);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM accounts WHERE email_verified_at IS NOT NULL").await, 1);
        assert!(world.messages(MAIL).await.pop().unwrap().contains("已绑定"), "the address is told");
        let mut login = world.browser();
        login.get("/login").await;
        login.submit(&[("identifier", "zhangwei"), ("password", NEW_PASSWORD)]).await;
        assert!(login.at.ends_with("/account"), "{}", login.at);
    }

    async fn editing_the_address_after_its_code_was_sent_restarts_the_proof(world) {
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &ZHANGWEI).await;
        browser.submit(&[("user_name", "zhangwei")]).await;
        browser.submit(&[("no_phone", "yes")]).await;
        browser.submit(&[("email", MAIL), ("captcha", "0000")]).await;
        let code = mail_code(&world).await;
        let back = browser.link("/email");
        browser.get(&back).await;
        browser.submit(&[("email", "victim@mail.example"), ("captcha", "0000")]).await;
        browser.submit(&[("code", &code)]).await;
        assert!(browser.error("code"), "{} {}", browser.at, browser.body);
    }

    async fn a_proven_address_does_not_stand_in_once_a_phone_is_named(world) {
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &ZHANGWEI).await;
        browser.submit(&[("user_name", "zhangwei")]).await;
        browser.submit(&[("no_phone", "yes")]).await;
        browser.submit(&[("email", MAIL), ("captcha", "0000")]).await;
        let code = mail_code(&world).await;
        browser.submit(&[("code", &code)]).await;
        browser.get(&browser.at.replace("/password", "/phone")).await;
        browser.submit(&[("phone", ZHANGWEI.phone), ("captcha", "0000")]).await;
        assert!(browser.at.ends_with("/phone-code"), "{}", browser.at);
        browser.get(&browser.at.replace("/phone-code", "/password")).await;
        assert!(browser.at.ends_with("/phone-code"), "a named phone is proven: {}", browser.at);
    }

    async fn a_new_phone_is_no_contradiction_and_the_old_one_is_told(world) {
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &ZHANGWEI).await;
        let told = world.messages(ZHANGWEI.phone).await.pop().unwrap();
        assert!(told.contains("正在迁移") && told.contains("12345"), "a way to object: {told}");
        browser.submit(&[("user_name", "zhangwei")]).await;
        to_email(&world, &mut browser, "19900000044").await;
        browser.submit(&[("skip", "yes")]).await;
        browser.submit(&[("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)]).await;
        assert!(browser.at.ends_with("/done"));
    }

    async fn a_family_s_phone_signs_in_the_first_account_only(world) {
        migrate(&world, &ZHANGWEI).await;
        world.advance(61);
        migrate(&world, &Person { phone: ZHANGWEI.phone, ..LIMING }).await;
        let mut login = world.browser();
        login.get("/login").await;
        login.submit(&[("identifier", ZHANGWEI.phone), ("password", NEW_PASSWORD)]).await;
        assert!(login.at.ends_with("/account") && login.shows("zhangwei"), "{}", login.body);
        assert_eq!(world.count("account_phones").await, 2);
    }

    async fn the_sign_in_name_moves_with_proof_on_both_accounts_only(world) {
        let mut first = migrate(&world, &ZHANGWEI).await;
        world.advance(61);
        let mut second = migrate(&world, &Person { phone: ZHANGWEI.phone, ..LIMING }).await;
        first.get("/account/phone").await;
        assert!(first.shows("您可以用手机号"), "{}", first.body);
        second.get("/account/phone").await;
        assert!(second.shows("另一个统一账号") && !second.shows("zhangwei"), "it isn't told whose: {}", second.body);
        world.advance(61);
        second.submit(&[("action", "send"), ("captcha", "0000")]).await;
        let text = world.messages(ZHANGWEI.phone).await.pop().unwrap();
        assert!(text.contains("另一个统一账号的登录名") && text.contains("非本人操作请勿告知"), "{text}");
        let code = world.code(ZHANGWEI.phone).await;
        second.submit(&[("action", "move"), ("code", &code), ("password", "wrong-password")]).await;
        assert!(second.error("password"), "{}", second.body);
        second.submit(&[("action", "move"), ("code", "000000"), ("password", NEW_PASSWORD)]).await;
        assert!(second.error("code"), "{}", second.body);
        second.submit(&[("action", "move"), ("code", &code), ("password", NEW_PASSWORD)]).await;
        assert!(second.shows("您可以用手机号"), "{} {}", second.at, second.body);
        assert_eq!(world.count("account_phones").await, 2);
        let mut login = world.browser();
        login.get("/login").await;
        login.submit(&[("identifier", ZHANGWEI.phone), ("password", NEW_PASSWORD)]).await;
        assert!(login.shows("liming"), "{}", login.body);
        first.get("/account/log").await;
        assert!(first.shows("不再用于登录这个账号"), "{}", first.body);
    }
}
