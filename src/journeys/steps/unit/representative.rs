//! The representative: signs in with an own account; gets one first, as a detour; or is asked on an own device.

use std::sync::Arc;

use askama::Template;
use futures_util::future::BoxFuture;
use serde_json::json;
use time::Date;

use crate::captcha::Kind;
use crate::captcha::ticket::{self, View};
use crate::domain::account::Account;
use crate::domain::session::{FRESH, Method};
use crate::domain::typed::compact;
use crate::ids::JourneyId;
use crate::journeys::answers::{Answers, By, Goal, UnitAnswers};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::representative::proof;
use crate::journeys::step::{Phase, Step};
use crate::journeys::steps::{Nav, nav};
use crate::journeys::writes::{Effect, save};
use crate::notify::codes::{Sent, Verified};
use crate::pages::door::{Tried, tried};
use crate::pages::{Form, Page, Rendered};
use crate::protocol::params::Params;
use crate::sign_in::second_factor::Goal::SignIn;
use crate::sign_in::second_factor::{Opened, Pending, Way, sms, verify};
use crate::sign_in::{KnownBrowser, needs_captcha};

#[derive(Template)]
#[template(path = "journey/representative.html")]
struct RepresentativePage {
    page: Page,
    nav: Nav,
    form: Form,
    captcha: Option<View>,
    /// Whether the old system says that the representative is verified.
    verified: bool,
    /// The masked user name of who is signed in freshly, and may go on with that.
    here: Option<String>,
    /// Where the detour goes on.
    detour: Option<String>,
    /// The unit's own case number, once there is one.
    number: String,
}

#[derive(Template)]
#[template(path = "journey/representative_code.html")]
struct CodePage {
    page: Page,
    nav: Nav,
    form: Form,
    ticket: String,
    /// The code comes by SMS; else an authenticator app shows it.
    by_phone: bool,
    phone: String,
}

/// Prove who represents the unit.
#[derive(Debug)]
pub(crate) struct Representative;

impl Representative {
    fn page(&self, cx: &Cx<'_>, form: Form, captcha: Option<Kind>, status: u16) -> Result<Rendered, StepError> {
        let (english, retry_after) = (cx.visit.locale.is_english(), form.retry_after());
        let template = RepresentativePage {
            page: cx.page("representative-title"),
            nav: nav(cx, self),
            captcha: captcha.map(|kind| ticket::issue(cx.app, kind, &cx.visit.browser, english)).transpose()?,
            verified: cx.answers.proof().is_some_and(|proof| proof.vouched()),
            here: fresh(cx).map(|(account, _)| account.user_name.masked()),
            detour: cx.answers.unit.detour.as_ref().map(|id| format!("/journey/{id}")),
            number: cx.case.map(ToString::to_string).unwrap_or_default(),
            form,
        };
        Ok(Rendered::new(status, &template).retrying(retry_after))
    }

    async fn first(&self, cx: &Cx<'_>) -> Result<Rendered, StepError> {
        let captcha = needs_captcha(cx.app, None, &cx.visit.asker).await?.then_some(Kind::Picture);
        self.page(cx, Form::default(), captcha, 200)
    }

    async fn act(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        match params.text("action") {
            "session" => match fresh(cx) {
                Some((account, methods)) => self.proven(cx, account, methods, params).await,
                None => Ok(Taken::Moved),
            },
            "migrate" => self.detour(cx, Goal::Migration).await,
            "register" => self.detour(cx, Goal::Registration).await,
            "invite" => {
                let unit = UnitAnswers { invited: true, representative: None, ..(*cx.answers.unit).clone() };
                let audit = Effect::Audit("journey.representative_elsewhere", json!({}));
                let answers = Answers { unit: Box::new(unit), agreement: None, ..cx.answers.clone() };
                Ok(Taken::Next(Box::new(answers), vec![audit]))
            }
            "code" | "resend" => self.code(cx, params).await,
            _ => self.password(cx, params).await,
        }
    }

    async fn password(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        match tried(cx.app, cx.visit, &KnownBrowser::default(), params).await? {
            Tried::SignedIn(account) => self.proven(cx, &account, vec![Method::Password], params).await,
            Tried::SecondStep(account) => self.second_step(cx, &account, None).await,
            Tried::Again(form, status, captcha) => Ok(Taken::Show(self.page(cx, form, captcha, status)?)),
        }
    }

    /// Asks for the representative's second factor: a code that can be typed.
    async fn second_step(&self, cx: &Cx<'_>, account: &Arc<Account>, ticket: Option<&str>) -> Result<Taken, StepError> {
        let mut form = Form::default();
        if Way::typed(cx.app, account) == Some(Way::Sms) {
            match sms::send(cx.app, account, &cx.visit.browser, &cx.visit.asker).await? {
                Sent::Sent => {}
                Sent::TooSoon if ticket.is_none() => {}
                Sent::TooSoon => form.fault("code", "code-too-soon"),
                Sent::Wait => form.fault("code", "code-wait"),
                Sent::Limited => form.fault("code", "code-limited"),
            }
        }
        let ticket = match ticket {
            Some(ticket) => ticket.to_owned(),
            None => Pending::begin(cx.app, account, &cx.visit.browser, SignIn, &[Method::Password])?,
        };
        Ok(Taken::Show(self.code_page(cx, account, ticket, form, 200)))
    }

    fn code_page(&self, cx: &Cx<'_>, account: &Account, ticket: String, form: Form, status: u16) -> Rendered {
        let phone = account.phone().map(|phone| phone.last_two().to_owned()).unwrap_or_default();
        let by_phone = Way::typed(cx.app, account) == Some(Way::Sms);
        let page = cx.page("second-factor-title");
        Rendered::new(status, &CodePage { page, nav: nav(cx, self), form, ticket, by_phone, phone })
    }

    async fn code(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let ticket = params.text("ticket");
        let opened = Pending::open(cx.app, ticket, &cx.visit.browser).await?;
        let Some(Opened { account, proven, .. }) = opened.filter(|opened| opened.goal == SignIn) else {
            return Ok(Taken::Moved);
        };
        if params.text("action") == "resend" {
            return self.second_step(cx, &account, Some(ticket)).await;
        }
        let mut form = Form::default();
        let who = (cx.visit.browser.as_str(), &cx.visit.asker);
        let way = Way::typed(cx.app, &account).unwrap_or(Way::Sms);
        match verify(cx.app, way, &account, who, &compact(params.text("code"))).await? {
            Verified::Right => return self.proven(cx, &account, [&proven, way.methods()].concat(), params).await,
            Verified::Wrong => form.fault("code", "code-wrong"),
            Verified::Spent => form.fault("code", "code-spent"),
            Verified::Limited => form.fault("code", "code-limited"),
        }
        Ok(Taken::Show(self.code_page(cx, &account, ticket.to_owned(), form, 422)))
    }

    async fn proven(
        &self,
        cx: &Cx<'_>,
        account: &Account,
        methods: Vec<Method>,
        params: &Params,
    ) -> Result<Taken, StepError> {
        let by = By::Here { methods, browser: cx.visit.browser.clone() };
        let Some(proof) = proof(cx.answers, account, by, cx.visit.now) else {
            let mut form = Form::typed(params);
            form.fault("identifier", "representative-no-person");
            return Ok(Taken::Show(self.page(cx, form, None, 422)?));
        };
        let audit = Effect::Audit("journey.representative", json!({ "account": proof.account() }));
        let unit =
            UnitAnswers { invited: false, invitation: None, representative: Some(proof), ..(*cx.answers.unit).clone() };
        let answers = Answers { unit: Box::new(unit), ..cx.answers.clone() };
        Ok(Taken::Next(Box::new(answers), vec![audit, Effect::Uninvite]))
    }

    /// Begins the journey by which the representative gets an account. This one waits for it: it has a number from now on.
    async fn detour(&self, cx: &Cx<'_>, goal: Goal) -> Result<Taken, StepError> {
        let child = JourneyId::mint(cx.visit.now, &cx.app.random);
        let unit = UnitAnswers { detour: Some(child.clone()), ..(*cx.answers.unit).clone() };
        let answers = Answers { unit: Box::new(unit), ..cx.answers.clone() };
        let begun = Answers { goal, kind: Some(crate::domain::account::AccountKind::Individual), ..Answers::default() };
        let effects = vec![
            Effect::Audit("journey.detour", json!({ "journey": child })),
            Effect::Case(cx.case_number()),
            Effect::Begin(child.clone(), cx.visit.browser.clone(), Box::new(begun)),
        ];
        if !save(cx, answers, effects).await? {
            return Ok(Taken::Moved);
        }
        Ok(Taken::Leave(format!("/journey/{child}")))
    }
}

/// Who is signed in here as an individual, freshly, and how: whoever comes back from the detour.
fn fresh<'a>(cx: &'a Cx<'_>) -> Option<(&'a Account, Vec<Method>)> {
    let (session, account) = cx.visit.signed_in.as_ref()?;
    let fresh = cx.visit.now.since(session.authenticated_at) < FRESH;
    (fresh && account.person().is_some()).then(|| (&**account, Method::split(&session.methods)))
}

impl Step for Representative {
    fn name(&self) -> &'static str {
        "representative"
    }

    fn phase(&self) -> Phase {
        Phase::Representative
    }

    fn is_satisfied(&self, answers: &Answers, _: Date) -> bool {
        answers.unit.invited || answers.representative().is_some()
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        Box::pin(self.first(cx))
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.act(cx, form))
    }
}
