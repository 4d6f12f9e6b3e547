//! Everybody of the demonstration, walked as the story says, ends as the story promises.

use super::review::{approve, reviewers, submit_case, to_evidence};
use super::*;
use crate::support::Engine;
use guiyi::demo::people::{EXAM, Expectation, PEOPLE, POLICE, Person as Character};
use guiyi::domain::document::DocumentType;
use guiyi::review::desk::Reviewer;

/// A person and the system where the old account is.
type Story = (&'static str, &'static Character);

fn everybody() -> Vec<Story> {
    let exam = EXAM.iter().map(|(person, _)| ("jyt", person));
    // Units have stories of their own: units::stories.
    let people = PEOPLE.iter().filter(|person| person.unit.is_none());
    people.map(|person| ("hefei", person)).chain(exam).chain(POLICE.iter().map(|p| ("gat", p))).collect()
}

/// Whom the story wants to be done before: `liming 办完`.
fn before(story: Story) -> Option<Story> {
    let text = story.1.story_zh.split_once(" 办完")?.0;
    let account = text.rsplit(|c: char| !c.is_ascii_alphanumeric()).next()?;
    everybody().into_iter().find(|(_, person)| person.account == account && !std::ptr::eq(*person, story.1))
}

/// What the story tells to type elsewhere than the table says.
fn told(person: &Character, word: &str, until: char) -> Option<&'static str> {
    person.story_zh.split_once(word)?.1.split(until).next()
}

struct Walk {
    world: World,
    reviewer: Reviewer,
    walked: Vec<Story>,
}

impl Walk {
    async fn new(name: &str) -> Self {
        let mut world = World::new(Engine::Sqlite, name).await;
        world.restart_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
        let (reviewer, _) = reviewers(&world).await;
        Self { world, reviewer, walked: Vec::new() }
    }

    /// Everybody who ends like this, after those who have to go first.
    async fn all(mut self, endings: &[Expectation]) {
        let mut met = std::collections::HashSet::new();
        for story in everybody().into_iter().filter(|(_, person)| endings.contains(&person.expectation)) {
            met.insert(story.1.expectation);
            for one in before(story).into_iter().chain([story]) {
                if !self.walked.iter().any(|(_, person)| std::ptr::eq(*person, one.1)) {
                    self.walked.push(one);
                    self.world.advance(61);
                    self.walk(one).await;
                }
            }
        }
        assert_eq!(met.len(), endings.len(), "somebody for each: {met:?}");
    }

    async fn sign_in(&self, (system, person): Story) -> Browser {
        let mut browser = self.world.browser();
        browser.address = format!("192.0.2.{}", self.walked.len());
        to_sign_in_at(&mut browser, "/migrate", system).await;
        if system == "gat" {
            browser.submit(&[]).await;
            federated::come_back(&mut browser, person.account, person.password).await;
        } else {
            browser.submit(&[("account", person.account), ("password", person.password)]).await;
        }
        browser
    }

    /// Fills the real-name form.
    async fn enter(&self, browser: &mut Browser, person: &Character, name: &str) {
        let truth = &person.truth;
        let born: Vec<&str> = truth.birth_date.split('-').chain([""; 3]).take(3).collect();
        let country = if truth.document_type == DocumentType::Passport { truth.country } else { "" };
        let fields = [
            ("name", name),
            ("document_type", truth.document_type.as_str()),
            ("country", country),
            ("document_number", truth.document_number),
            ("birth_year", born[0]),
            ("birth_month", born[1]),
            ("birth_day", born[2]),
            ("gender", truth.gender),
            ("ethnic_group", truth.ethnic_code),
        ];
        browser.submit(&fields).await;
    }

    async fn walk(&self, story: Story) {
        use Expectation as E;
        let person = story.1;
        let (who, end) = (person.account, person.expectation);
        let mut browser = self.sign_in(story).await;
        let refusal = match end {
            E::Locked => "锁定",
            E::Disabled => "停用",
            E::Refused => "不正确",
            E::Minor => "监护人",
            _ => "",
        };
        if !refusal.is_empty() {
            assert!(browser.shows(refusal) && !browser.at.ends_with("/agreement"), "{who}: {}", browser.body);
            return;
        }
        assert!(browser.at.ends_with("/agreement"), "{who}: {} {}", browser.at, browser.body);
        browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
        if person.auth_level == 0 || story.0 == "jyt" {
            assert!(browser.at.ends_with("/identity"), "{who}: {}", browser.at);
            self.at_identity(&mut browser, person).await;
        }
        match end {
            E::MinorByBirthDate => {
                assert!(browser.shows("监护人"), "{who}: {}", browser.body);
                return;
            }
            E::BindByCode | E::BindByPassword => return self.bind(&mut browser, person).await,
            E::ManualReview | E::Contradiction | E::Flagged | E::UnusualName => self.review(&mut browser, person).await,
            _ => {}
        }
        assert!(browser.at.ends_with("/user-name"), "{who}: {} {}", browser.at, browser.body);
        self.complete(&mut browser, person).await;
    }

    async fn at_identity(&self, browser: &mut Browser, person: &Character) {
        let truth = &person.truth;
        match person.expectation {
            Expectation::MismatchThenMatch => {
                let wrong = told(person, "先填“", '”').unwrap();
                self.enter(browser, person, wrong).await;
                assert!(browser.shows("未通过核验"), "{}: {}", person.account, browser.body);
                let back = browser.link("/identity");
                browser.get(&back).await;
            }
            Expectation::CorrectedThenMatch => {
                let row =
                    Character { truth: guiyi::demo::people::Entry { gender: person.gender, ..*truth }, ..*person };
                self.enter(browser, &row, truth.name).await;
                assert!(browser.error("gender"), "{}", browser.body);
            }
            _ => {}
        }
        self.enter(browser, person, truth.name).await;
    }

    async fn bind(&self, browser: &mut Browser, person: &Character) {
        let who = person.account;
        assert!(browser.at.ends_with("/existing-account"), "{who}: {} {}", browser.at, browser.body);
        if person.expectation == Expectation::BindByPassword {
            browser.submit(&[("action", "password"), ("password", NEW_PASSWORD)]).await;
        } else {
            browser.submit(&[("action", "send"), ("captcha", "0000")]).await;
            let code = self.world.code(person.mobile).await;
            browser.submit(&[("action", "code"), ("code", &code)]).await;
        }
        assert!(browser.at.ends_with("/done"), "{who}: {} {}", browser.at, browser.body);
    }

    async fn review(&self, browser: &mut Browser, person: &Character) {
        let unusual = person.expectation == Expectation::UnusualName;
        let title = if unusual { "姓名需要人工核对" } else { "未通过核验" };
        assert!(browser.shows(title), "{}: {}", person.account, browser.body);
        to_evidence(&self.world, browser, person.mobile).await;
        let number = submit_case(browser).await;
        let why = self.reviewer.open(&self.world.app, &number).await.unwrap().content.outcome;
        let inside: &[&str] = match person.expectation {
            Expectation::ManualReview => &["not_found"],
            Expectation::Contradiction => &["contradiction"],
            Expectation::UnusualName => &["unusual_name"],
            _ => &["deceased", "cancelled", "duplicate"],
        };
        assert!(inside.contains(&why.as_str()), "{}: {why}", person.account);
        approve(&self.world, &self.reviewer, &number).await.unwrap();
        browser.get(&browser.at.clone()).await;
        browser.submit(&[("action", "continue")]).await;
    }

    async fn complete(&self, browser: &mut Browser, person: &Character) {
        let (who, world, end) = (person.account, &self.world, person.expectation);
        let proposed = browser.value("user_name");
        browser.submit(&[("user_name", &proposed)]).await;
        let taken = browser.error("user_name");
        assert!(taken || end != Expectation::UserNameTaken, "{who}: {}", browser.body);
        if taken {
            browser.submit(&[("user_name", &format!("{proposed}_2"))]).await;
        }
        let phone = told(person, "填新号 ", ' ').unwrap_or(person.mobile);
        if end == Expectation::NoPhone {
            let mail = format!("{who}@mail.example");
            browser.submit(&[("no_phone", "yes")]).await;
            browser.submit(&[("email", &mail), ("captcha", "0000")]).await;
            let code = world.code(&mail).await;
            browser.submit(&[("code", &code)]).await;
        } else {
            if browser.at.ends_with("/phone") {
                to_email(world, browser, phone).await;
            }
            browser.submit(&[("skip", "yes")]).await;
        }
        assert!(browser.at.ends_with("/password"), "{who}: {} {}", browser.at, browser.body);
        match end {
            Expectation::CarriedOver => {
                assert!(browser.shows("value=\"old\""), "{who}: {}", browser.body);
                browser.submit(&[("choice", "old")]).await;
            }
            _ => {
                let offered = browser.shows("value=\"old\"");
                assert!(!offered || end != Expectation::NewPassword, "{who}: {}", browser.body);
                let fields = [("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)];
                browser.submit(&fields).await;
            }
        }
        assert!(browser.at.ends_with("/done") && browser.shows("账号升级完成"), "{who}: {}", browser.body);
        if end == Expectation::SharedPhone {
            let second = "SELECT COUNT(*) FROM account_phones WHERE slot = 2";
            assert_eq!(world.scalar(second).await, 1, "{who}: a contact, and no name to sign in with");
        }
    }
}

macro_rules! stories {
    ($($name:ident: $($ending:ident),*;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            Walk::new(stringify!($name)).await.all(&[$(Expectation::$ending),*]).await;
        }
    )*};
}

stories! {
    whoever_is_vouched_for: CarriedOver, NewPassword, NoPhone;
    whoever_matches: Match, MismatchThenMatch, CorrectedThenMatch;
    whoever_comes_second: BindByCode, BindByPassword, UserNameTaken, SharedPhone;
    whoever_needs_a_reviewer: ManualReview, Contradiction, Flagged, UnusualName;
    whoever_is_stopped: Minor, MinorByBirthDate, Refused, Locked, Disabled;
}
