//! Every form of the way, answered wrongly.

use super::chrome::{Chrome, DESK, NEXT};
use super::demo::{Demo, person};
use super::walk::Walk;

#[tokio::test]
async fn each_form_says_what_is_wrong_in_a_focused_summary_and_beside_the_field() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "errors" };
    let yanghong = person("yanghong");
    chrome.open(&demo.portal("/login")).await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-login-empty", "identifier").await;
    chrome.fill("#identifier", "nobody").await;
    chrome.fill("#password", "nothing-of-the-kind").await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-login-rejected", "identifier").await;
    assert_eq!(chrome.value("#identifier").await, "nobody", "what was typed is kept");
    assert_eq!(chrome.value("#password").await, "", "a secret isn't");

    walk.to_kind().await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-kind", "kind").await;
    walk.to_sign_in().await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-sign-in-empty", "password").await;
    chrome.fill("#account", yanghong.account).await;
    chrome.fill("#password", "wrong").await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-sign-in-rejected", "account").await;
    assert_eq!(chrome.value("#account").await, yanghong.account, "what was typed is kept");
    walk.sign_in(yanghong).await;

    chrome.press(NEXT).await;
    chrome.see_error("errors-agreement", "identity_data").await;
    walk.agree().await;

    // The old row says male, the number female.
    walk.see("identity", "/identity").await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-identity-gender", "gender").await;
    chrome.fill("#name", "").await;
    chrome.fill("#document_number", "340122199301019981").await;
    chrome.choose("#ethnic_group option[value='']").await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-identity-number", "document_number").await;
    chrome.see_error("errors-identity-name", "name").await;
    chrome.choose("#document_type option[value=passport]").await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-identity-country", "country").await;
    chrome.choose("#country option[value=DEU]").await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-identity-birth", "birth_year").await;
    walk.enter(&yanghong.truth).await;
    chrome.press(NEXT).await;

    walk.see("user-name", "/user-name").await;
    chrome.fill("#user_name", "13800000000").await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-user-name", "user_name").await;
    chrome.fill("#user_name", "yanghong").await;
    chrome.press(NEXT).await;

    chrome.fill("#phone", "12345").await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-phone", "phone").await;
    chrome.fill("#phone", yanghong.mobile).await;
    chrome.fill("#captcha", "zzzz").await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-captcha", "captcha").await;
    assert_eq!(chrome.value("#phone").await, yanghong.mobile, "what was typed is kept");
    chrome.fill("#captcha", "0000").await;
    chrome.press(NEXT).await;

    walk.see("code", "/phone-code").await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-code-empty", "code").await;
    chrome.press("button[name=resend]").await;
    chrome.see_error("errors-code-too-soon", "code").await;
    let code = demo.code(yanghong.mobile, "实名认证").await;
    chrome.fill("#code", if code == "000000" { "111111" } else { "000000" }).await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-code-wrong", "code").await;
    chrome.fill("#code", &code).await;
    chrome.press(NEXT).await;

    // Back to the phone and on again: it is proven, so no second code is needed.
    walk.see("email", "/email").await;
    chrome.press(".back").await;
    walk.see("phone-again", "/phone").await;
    chrome.press(NEXT).await;
    walk.see("email-again", "/email").await;
    chrome.fill("#email", "nonsense").await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-email", "email").await;
    assert_eq!(chrome.value("#email").await, "nonsense", "what was typed is kept");
    chrome.press("button[name=skip]").await;

    walk.see("password", "/password").await;
    chrome.fill("#new_password", "Apricot-tree-2026").await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-password-unclear", "choice").await;
    chrome.choose("#choice-new").await;
    chrome.fill("#new_password", "Apricot-tree-2026").await;
    chrome.fill("#new_password_again", "Apricot-tree-2027").await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-password-differs", "new_password_again").await;
    assert_eq!(chrome.value("#new_password").await, "", "a secret isn't kept");
    assert_eq!(chrome.value("#new_password_again").await, "", "nor is its repetition");
    chrome.choose("#choice-new").await;
    chrome.fill("#new_password", "short").await;
    chrome.press(NEXT).await;
    chrome.see_error("errors-password-short", "new_password").await;
}
