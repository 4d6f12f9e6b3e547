//! The steps of the way that the tests share. `shot` is how a step's picture is named; an empty one isn't looked at.

use guiyi::demo::people::{Entry, Person};

use super::chrome::{Chrome, NEXT};
use super::demo::Demo;

/// A password that meets the policy.
pub(super) const NEW_PASSWORD: &str = "Tulip-garden-77";

/// A walk through the wizard, page by page.
pub(super) struct Walk<'a> {
    /// The browser.
    pub(super) chrome: &'a Chrome,
    /// The demonstration.
    pub(super) demo: &'a Demo,
    /// What the pictures' names begin with.
    pub(super) shot: &'static str,
}

impl Walk<'_> {
    /// Looks at a page of this walk.
    pub(super) async fn see(&self, name: &str, end: &str) {
        self.chrome.see(&format!("{}-{name}", self.shot), end).await;
    }

    /// From the relying party to the login page.
    pub(super) async fn to_login(&self) {
        self.chrome.press("a.button.main").await;
        self.see("login", "/login").await;
    }

    /// From the login page to the question of the kind.
    pub(super) async fn to_kind(&self) {
        self.chrome.press("a[href^='/migrate']").await;
        self.see("systems", "/migrate").await;
        self.chrome.press("button[value=hefei]").await;
        self.see("kind", "/account-kind").await;
    }

    /// From the kind to the old system's sign-in.
    pub(super) async fn to_sign_in(&self) {
        self.chrome.choose("#kind").await;
        self.chrome.press(NEXT).await;
        self.see("sign-in", "/sign-in").await;
    }

    /// Signs in at the old system.
    pub(super) async fn sign_in(&self, person: &Person) {
        self.chrome.fill("#account", person.account).await;
        self.chrome.fill("#password", person.password).await;
        self.chrome.press(NEXT).await;
    }

    /// Accepts the agreement.
    pub(super) async fn agree(&self) {
        self.see("agreement", "/agreement").await;
        self.chrome.choose("#terms").await;
        self.chrome.choose("#identity_data").await;
        self.chrome.press(NEXT).await;
    }

    /// From the portal's own front page to behind the agreement.
    pub(super) async fn through_agreement(&self, person: &Person) {
        self.chrome.open(&self.demo.portal("/login")).await;
        self.to_kind().await;
        self.to_sign_in().await;
        self.sign_in(person).await;
        self.agree().await;
    }

    /// Fills the real-name form.
    pub(super) async fn enter(&self, entry: &Entry) {
        self.chrome.fill("#name", entry.name).await;
        self.chrome.choose(&format!("#document_type option[value={}]", entry.document_type.as_str())).await;
        self.chrome.fill("#document_number", entry.document_number).await;
        self.chrome.choose(&format!("[name=gender][value='{}']", entry.gender)).await;
        self.chrome.choose(&format!("#ethnic_group option[value='{}']", entry.ethnic_code)).await;
    }

    /// From the user name to the password: takes what is proposed.
    pub(super) async fn complete(&self, person: &Person, email: Option<&str>) {
        self.see("user-name", "/user-name").await;
        self.chrome.press(NEXT).await;
        self.see("phone", "/phone").await;
        assert_eq!(self.chrome.value("#phone").await, person.mobile, "the old row's phone is proposed");
        self.chrome.fill("#captcha", "0000").await;
        self.chrome.press(NEXT).await;
        self.see("phone-code", "/phone-code").await;
        let code = self.demo.code(person.mobile, "实名认证").await;
        self.chrome.fill("#code", &code).await;
        self.chrome.press(NEXT).await;
        self.see("email", "/email").await;
        match email {
            Some(email) => {
                self.chrome.fill("#email", email).await;
                self.chrome.press(NEXT).await;
            }
            None => self.chrome.press("button[name=skip]").await,
        }
        self.see("password", "/password").await;
    }

    /// Chooses a new password, which ends the wizard.
    pub(super) async fn new_password(&self) {
        if self.chrome.count("#choice-new").await == 1 {
            self.chrome.choose("#choice-new").await;
        }
        self.chrome.fill("#new_password", NEW_PASSWORD).await;
        self.chrome.fill("#new_password_again", NEW_PASSWORD).await;
        self.chrome.press(NEXT).await;
        self.see("done", "/done").await;
    }

    /// Keeps the old password, which ends the wizard.
    pub(super) async fn old_password(&self) {
        self.chrome.choose("#choice").await;
        self.chrome.press(NEXT).await;
        self.see("done", "/done").await;
    }

    /// From the last page to the relying party, by way of consent.
    pub(super) async fn to_relying_party(&self, person: &Person) {
        self.chrome.press("main a.button").await;
        self.chrome.look(&format!("{}-consent", self.shot)).await;
        self.chrome.press("button[value=allow]").await;
        let address = self.chrome.address().await;
        assert_eq!(address.split('?').next(), Some(self.demo.relying_party("/").as_str()), "back at the application");
        let words = self.chrome.words("main").await;
        assert!(words.contains(person.truth.name), "the application shows the name: {words}");
        self.chrome.look(&format!("{}-signed-in", self.shot)).await;
    }
}
