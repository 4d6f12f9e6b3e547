//! A person with a browser who doesn't give up: after a broken connection the page is loaded again, or the form sent
//! again, and the migration goes on from where it stands.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::portal::BROKEN;
use super::report::Report;
use super::town::{Citizen, Story, Town};
use crate::migration::NEW_PASSWORD;
use crate::support::Browser;

/// The pages in the order in which a migration shows them: what was shown once isn't asked again.
const WAY: [&str; 15] = [
    "account-kind",
    "sign-in",
    "agreement",
    "identity",
    "check",
    "contact-phone",
    "contact-code",
    "evidence",
    "review",
    "user-name",
    "phone",
    "phone-code",
    "email",
    "password",
    "done",
];
/// Longer than a message can be held back by kills.
const PATIENCE: Duration = Duration::from_secs(240);
/// After so many interrupted sign-ins the next one has to get through: old systems lock an account, so the portal
/// lets three tries pass in a quarter of an hour, and a kill can't be told from a try.
const INTERRUPTED_SIGN_INS: usize = 2;

pub struct Visitor {
    pub citizen: Citizen,
    pub browser: Browser,
    town: Arc<Town>,
    report: Arc<Report>,
    /// The journey, once one was shown.
    pub journey: Option<String>,
    /// The furthest page that was shown.
    furthest: usize,
    interrupted_sign_ins: usize,
    /// The number of the last kill that interrupted a sign-in.
    interrupted_by: u32,
}

impl Visitor {
    pub fn new(town: Arc<Town>, report: Arc<Report>, citizen: Citizen, mut browser: Browser) -> Self {
        browser.language = "en".into();
        Self { citizen, browser, town, report, journey: None, furthest: 0, interrupted_sign_ins: 0, interrupted_by: 0 }
    }

    /// The whole way, however often it is interrupted.
    pub async fn migrate(&mut self) {
        self.open("/migrate").await;
        for _ in 0..200 {
            match self.step().as_str() {
                "done" => return self.look_at_account().await,
                "review" => return,
                step => self.answer(step).await,
            }
        }
        panic!("{} doesn't get on from {}: {}", self.citizen.old.account, self.browser.at, self.browser.body);
    }

    /// The last pages, once more.
    pub async fn look_back(&mut self) {
        let journey = self.journey.clone().unwrap();
        self.open(&format!("/journey/{journey}")).await;
        if self.citizen.story == Story::Reviewed {
            assert_eq!(self.step(), "review");
        } else {
            assert_eq!(self.step(), "done");
            self.look_at_account().await;
        }
    }

    async fn look_at_account(&mut self) {
        self.open("/account").await;
        assert_eq!(self.browser.at, "/account", "{} is signed in", self.citizen.old.account);
        assert!(self.browser.shows(self.citizen.old.account), "{}", self.browser.body);
        self.open("/account/links").await;
        assert_eq!(self.browser.body.matches("href=\"/account/links/").count(), 1, "one old account is linked");
    }

    /// The step that is shown.
    fn step(&self) -> String {
        self.browser.at.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned()
    }

    async fn answer(&mut self, step: &str) {
        let old = self.citizen.old;
        match step {
            "migrate" => self.submit(&[("system", "hefei")]).await,
            "account-kind" => self.submit(&[("kind", "individual")]).await,
            "sign-in" => self.sign_in().await,
            "agreement" => self.submit(&[("terms", "yes"), ("identity_data", "yes")]).await,
            "identity" => {
                let truth = old.truth;
                let fields = [
                    ("name", truth.name),
                    ("document_type", truth.document_type.as_str()),
                    ("document_number", truth.document_number),
                    ("gender", truth.gender),
                    ("ethnic_group", truth.ethnic_code),
                ];
                self.submit(&fields).await;
            }
            "check" if self.citizen.story == Story::Reviewed && self.browser.shows("value=\"review\"") => {
                self.submit(&[("action", "review")]).await;
            }
            // Interrupted between entering and asking: one button, or a captcha after too many interruptions.
            "check" => self.solve(&[("action", "check")]).await,
            "contact-phone" | "phone" => self.solve(&[("phone", old.mobile)]).await,
            "contact-code" | "phone-code" => {
                let code = self.code().await;
                self.submit(&[("code", &code)]).await;
            }
            "evidence" => match self.browser.body.matches("name=\"remove\"").count() {
                0 => self.upload("document").await,
                1 => self.upload("holding").await,
                _ => self.submit(&[("submit", "yes")]).await,
            },
            "user-name" => self.submit(&[("user_name", old.account)]).await,
            "email" if self.citizen.story == Story::WithEmail => {
                self.submit(&[("email", &format!("{}@demo.invalid", old.account))]).await;
            }
            "email" => self.submit(&[("skip", "yes")]).await,
            "password" if self.citizen.story == Story::Vouched => self.submit(&[("choice", "old")]).await,
            "password" => {
                let new = [("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)];
                self.submit(&new).await;
            }
            other => panic!("{other} was not expected: {} {}", self.browser.at, self.browser.body),
        }
    }

    async fn sign_in(&mut self) {
        let old = self.citizen.old;
        self.solve(&[("account", old.account), ("password", old.password)]).await;
        if self.interrupted_sign_ins >= INTERRUPTED_SIGN_INS && self.step() != "sign-in" {
            self.town.fragile.fetch_sub(1, Ordering::SeqCst);
            self.interrupted_sign_ins = 0;
        }
    }

    /// Past a captcha, if there is one: asks for the question in words, and answers it.
    async fn solve(&mut self, fields: &[(&str, &str)]) {
        if !self.browser.shows("captcha_ticket") {
            return self.submit(fields).await;
        }
        let here = self.step();
        self.submit(&[fields, &[("captcha_kind", "question")]].concat()).await;
        if self.step() == here
            && let Some(answer) = answer(&self.browser.body)
        {
            self.submit(&[fields, &[("captcha", &answer.to_string())]].concat()).await;
        }
    }

    /// The code that the phone has got, sooner or later: asking for another one isn't needed.
    async fn code(&self) -> String {
        let phone = self.citizen.old.mobile;
        let wait = async {
            loop {
                let messages = self.town.inbox.messages(Some(phone));
                if let Some(message) = messages.iter().find(|message| message.text.contains("验证码为：")) {
                    return message.text.split("验证码为：").nth(1).unwrap().chars().take(6).collect();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("the code was lost")
    }

    async fn upload(&mut self, kind: &str) {
        let page = self.browser.clone();
        self.browser.upload(kind, &[crate::migration::review::photo()]).await;
        let again = self.sends_again();
        while self.is_broken() {
            self.pause().await;
            if again {
                self.browser = page.clone();
                self.browser.upload(kind, &[crate::migration::review::photo()]).await;
            } else {
                self.open(&page.at).await;
            }
        }
        self.see();
    }

    async fn open(&mut self, path: &str) {
        self.browser.get(path).await;
        while self.is_broken() {
            self.pause().await;
            let here = self.browser.at.clone();
            self.browser.get(&here).await;
        }
        self.see();
    }

    /// Sends the page's form. If no answer comes: the same again, or a look at where things stand.
    async fn submit(&mut self, fields: &[(&str, &str)]) {
        let (page, step) = (self.browser.clone(), self.step());
        self.browser.submit(fields).await;
        if self.is_broken() {
            let again = self.sends_again();
            while self.is_broken() {
                self.pause().await;
                if step == "sign-in" {
                    self.sign_in_was_interrupted();
                }
                if again {
                    let jar = std::mem::take(&mut self.browser.jar);
                    self.browser = Browser { jar, ..page.clone() };
                    self.browser.submit(fields).await;
                } else {
                    let here = self.browser.at.clone();
                    self.open(&here).await;
                }
            }
            self.report.mended(again, self.step() != step);
        }
        self.see();
    }

    fn sends_again(&self) -> bool {
        self.town.random.below(2) == 0
    }

    /// Counts once a kill.
    fn sign_in_was_interrupted(&mut self) {
        let kills = self.report.kills();
        if self.interrupted_by != kills {
            self.interrupted_by = kills;
            self.interrupted_sign_ins += 1;
            if self.interrupted_sign_ins == INTERRUPTED_SIGN_INS {
                self.town.fragile.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    fn is_broken(&self) -> bool {
        self.browser.status == BROKEN
    }

    async fn pause(&self) {
        tokio::time::sleep(Duration::from_millis(u64::from(10 + self.town.random.below(40)))).await;
    }

    /// Looks at the page: it is the same journey as ever, and no earlier step than before.
    fn see(&mut self) {
        let Browser { status, at, body, .. } = &self.browser;
        assert!(matches!(status, 200 | 422), "{status} at {at}: {body}");
        let Some((journey, step)) = at.strip_prefix("/journey/").and_then(|rest| rest.split_once('/')) else { return };
        let ours = self.journey.get_or_insert_with(|| journey.to_owned());
        assert_eq!(ours, journey, "the migration goes on");
        let place = WAY.iter().position(|name| *name == step).unwrap_or_else(|| panic!("{step} was not expected"));
        let shown = WAY[self.furthest];
        assert!(place >= self.furthest, "{shown} was shown, and now {step} is asked: {body}");
        self.furthest = place;
    }
}

/// The answer to the question in words on a page.
fn answer(page: &str) -> Option<u32> {
    let words: Vec<&str> = page.split("What is ").nth(1)?.split('?').next()?.split(' ').collect();
    let [a, sign, b] = words[..] else { return None };
    Some(if sign == "plus" { number(a)? + number(b)? } else { number(a)? - number(b)? })
}

fn number(word: &str) -> Option<u32> {
    const WORDS: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    WORDS.iter().position(|w| *w == word).and_then(|n| u32::try_from(n).ok())
}

/// The size of the pictures that are uploaded.
pub const PICTURE: (u32, u32) = (640, 400);
