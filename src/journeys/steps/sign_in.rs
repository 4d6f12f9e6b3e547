//! Signing in at the old system: here, with the old account and its password, which the system itself checks; or over
//! there, at a federated system, which sends the person back.

use askama::Template;
use futures_util::future::BoxFuture;
use serde_json::json;
use time::Date;

use super::{Nav, login_path, nav, step_path, stop, stop_with_retry};
use crate::captcha::Kind;
use crate::captcha::ticket::{self, View};
use crate::config::CarryOver;
use crate::domain::account::AccountKind;
use crate::domain::birth;
use crate::domain::typed::tidy;
use crate::ids::SystemId;
use crate::journeys::answers::Answers;
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::journeys::writes::Effect;
use crate::pages::{Form, Page, Rendered, passes_captcha};
use crate::protocol::params::Params;
use crate::secret::Secret;
use crate::sign_in::federated::{self, Purpose};
use crate::storage::{accounts, links};
use crate::upstream::{ConnectedSystem, Credentials, SignInFailure, UpstreamProof};

pub(in crate::journeys) mod limits;

use limits::{Limits, Stopped};

#[derive(Template)]
#[template(path = "journey/sign_in.html")]
struct SignInPage {
    page: Page,
    nav: Nav,
    form: Form,
    system: String,
    others: String,
    captcha: Option<View>,
}

#[derive(Template)]
#[template(path = "journey/federated.html")]
struct FederatedPage {
    page: Page,
    nav: Nav,
    system: String,
    others: String,
    /// Whoever has been here before has to come again.
    lapsed: bool,
}

/// Sign in at the old system.
#[derive(Debug)]
pub(crate) struct SignIn;

impl SignIn {
    fn page(
        &self,
        cx: &Cx<'_>,
        system: &ConnectedSystem,
        form: Form,
        captcha: Option<Kind>,
        status: u16,
    ) -> Result<Rendered, StepError> {
        let english = cx.visit.locale.is_english();
        let (page, nav, others) = (
            cx.page(if cx.answers.is_childs() { "sign-in-child-title" } else { "sign-in-title" }),
            nav(cx, self),
            step_path(cx, "system"),
        );
        let system_name = system.name(english).to_owned();
        if let Some(origins) = system.leads_to() {
            let template = FederatedPage { page, nav, system: system_name, others, lapsed: cx.answers.upstream_lapsed };
            return Ok(Rendered::new(status, &template).leading_to(origins.to_owned()));
        }
        let captcha = captcha.map(|kind| ticket::issue(cx.app, kind, &cx.visit.browser, english)).transpose()?;
        Ok(Rendered::new(status, &SignInPage { page, nav, form, system: system_name, others, captcha }))
    }

    /// The chosen system; switched off in the middle of a migration, the page that stops here.
    fn system<'a>(&self, cx: &Cx<'a>) -> Result<&'a ConnectedSystem, Rendered> {
        let system = cx.answers.system.as_ref().and_then(|id| cx.app.systems.get(id));
        system.ok_or_else(|| stop(cx, self, "system-gone", 409, &[("other-systems", step_path(cx, "system"))]))
    }

    async fn first(&self, cx: &Cx<'_>) -> Result<Rendered, StepError> {
        let system = match self.system(cx) {
            Ok(system) => system,
            Err(gone) => return Ok(gone),
        };
        let account = cx.answers.proof().map_or("", UpstreamProof::account);
        let captcha = Limits::of_address(cx).needs_captcha(cx).await?.then_some(Kind::Picture);
        self.page(cx, system, Form::with([("account", account)]), captcha, 200)
    }

    async fn sign_in(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let system = match self.system(cx) {
            Ok(system) => system,
            Err(gone) => return Ok(Taken::Show(gone)),
        };
        if system.leads_to().is_some() {
            let purpose = Purpose::Journey(cx.id.clone());
            return Ok(match federated::begin(cx.app, &cx.visit.browser, system, purpose).await? {
                Ok(to) => Taken::Leave(to),
                Err(failure) => Taken::Show(self.failed(cx, system, failure)),
            });
        }
        self.with_password(cx, system, params).await
    }

    async fn with_password(&self, cx: &Cx<'_>, system: &ConnectedSystem, params: &Params) -> Result<Taken, StepError> {
        let Some(kind) = cx.answers.kind else { return Ok(Taken::Moved) };
        let mut form = Form::typed(params);
        let (account, password) = (tidy(params.text("account")), Secret::new(params.text("password")));
        let limits = Limits::new(cx, system, &account);
        let captcha = limits.needs_captcha(cx).await?.then_some(Kind::named(params.text("captcha_kind")));
        if params.get("captcha_kind").is_some() {
            return Ok(Taken::Show(self.page(cx, system, form, captcha, 200)?));
        }
        if account.is_empty() {
            form.fault("account", "sign-in-account-empty");
        } else if account.chars().count() > 64 {
            form.fault("account", "sign-in-rejected");
        }
        if password.expose().is_empty() {
            form.fault("password", "sign-in-password-empty");
        }
        if form.is_faulty() {
            return Ok(Taken::Show(self.page(cx, system, form, captcha, 422)?));
        }
        if let Some(stopped) = limits.reached(cx).await? {
            return Ok(Taken::Show(self.stopped(cx, stopped)));
        }
        if captcha.is_some() && !passes_captcha(cx.app, cx.visit, params, &mut form).await? {
            return Ok(Taken::Show(self.page(cx, system, form, captcha, 422)?));
        }
        if let Some(stopped) = limits.count(cx).await? {
            return Ok(Taken::Show(self.stopped(cx, stopped)));
        }
        match system.sign_in(&Credentials { account: &account, password: &password, kind }).await {
            Ok(proof) => {
                limits.take_back(cx, true).await?;
                self.proven(cx, system, proof, Some(&password)).await
            }
            Err(failure) => self.rejected(cx, system, &limits, form, failure).await,
        }
    }

    async fn rejected(
        &self,
        cx: &Cx<'_>,
        system: &ConnectedSystem,
        limits: &Limits,
        mut form: Form,
        failure: SignInFailure,
    ) -> Result<Taken, StepError> {
        form.fault(
            "account",
            match failure {
                SignInFailure::Locked => "sign-in-locked",
                SignInFailure::Disabled => "sign-in-disabled",
                SignInFailure::Rejected => "sign-in-rejected",
                SignInFailure::Unavailable | SignInFailure::Declined | SignInFailure::Untrusted => {
                    limits.take_back(cx, false).await?;
                    return Ok(Taken::Show(self.failed(cx, system, failure)));
                }
            },
        );
        let captcha = limits.needs_captcha(cx).await?.then_some(Kind::Picture);
        Ok(Taken::Show(self.page(cx, system, form, captcha, 422)?))
    }

    /// What came back from a federated system.
    pub(in crate::journeys) async fn returned(
        &self,
        cx: &Cx<'_>,
        asked: &SystemId,
        outcome: Result<UpstreamProof, SignInFailure>,
    ) -> Result<Taken, StepError> {
        // Another tab has chosen something else meanwhile.
        if cx.answers.system.as_ref() != Some(asked) || cx.answers.kind != Some(AccountKind::Individual) {
            return Ok(Taken::Moved);
        }
        let system = match self.system(cx) {
            Ok(system) => system,
            Err(gone) => return Ok(Taken::Show(gone)),
        };
        match outcome {
            Ok(proof) => self.proven(cx, system, proof, None).await,
            Err(failure) => Ok(Taken::Show(self.failed(cx, system, failure))),
        }
    }

    /// No answer, or none that helps: again, or another system. The try isn't counted.
    fn failed(&self, cx: &Cx<'_>, system: &ConnectedSystem, failure: SignInFailure) -> Rendered {
        let (key, status) = match failure {
            SignInFailure::Declined => ("federated-declined", 200),
            SignInFailure::Untrusted => ("federated-untrusted", 502),
            _ => ("system-down", 503),
        };
        let others = ("other-systems", step_path(cx, "system"));
        match system.leads_to() {
            Some(origins) => stop_with_retry(cx, self, key, status, &[others]).leading_to(origins.to_owned()),
            // What was typed is gone: only the form itself can be tried again.
            None => stop(cx, self, key, status, &[("retry", step_path(cx, self.name())), others]),
        }
    }

    /// A limit is reached: until when, and what leads on meanwhile.
    fn stopped(&self, cx: &Cx<'_>, stopped: Stopped) -> Rendered {
        let page = cx.page("sign-in-stopped-title");
        let ways = [
            ("other-systems", step_path(cx, "system")),
            ("to-register", "/register".to_owned()),
            ("sign-in-again", step_path(cx, self.name())),
        ];
        let template = super::Stop {
            text: page.tv(stopped.text, stopped.minutes),
            ways: ways.map(|(label, path)| (page.t(label), path)).to_vec(),
            retry: None,
            nav: nav(cx, self),
            page,
        };
        Rendered::new(429, &template)
    }

    async fn proven(
        &self,
        cx: &Cx<'_>,
        system: &ConnectedSystem,
        proof: UpstreamProof,
        password: Option<&Secret>,
    ) -> Result<Taken, StepError> {
        let mut conn = cx.app.db.read().await?;
        if let Some(owner) = links::find(&mut conn, proof.system(), proof.subject()).await? {
            let owner = accounts::find(&mut conn, &cx.app.keys, &owner).await?;
            // A unit goes on: its new representative may have nothing else to take over by. The end takes no other account.
            let unit = cx.answers.is_units() && owner.as_ref().is_some_and(|account| account.unit().is_some());
            if !unit {
                return Ok(Taken::Show(self.linked(cx, owner.map(|a| a.user_name.masked()).unwrap_or_default())));
            }
        }
        drop(conn);
        let hash = match password {
            Some(password) => self.carried_over_hash(cx, system, &proof, password).await,
            None => None,
        };
        let proof = proof.with_password_hash(hash);
        let audit =
            Effect::Audit("journey.upstream_proven", json!({ "system": proof.system(), "vouched": proof.vouched() }));
        // Another legacy account: nothing of the former one's answers is kept.
        let same = cx.answers.upstream.as_ref().is_some_and(|old| old.is_same_account(&proof));
        let base = if same {
            cx.answers.clone()
        } else {
            Answers { system: cx.answers.system.clone(), kind: cx.answers.kind, ..cx.answers.anew() }
        };
        let answers = Answers { upstream: Some(proof), upstream_lapsed: false, ..base };
        // By the old row, vouched for or not: stop before anything is stored.
        let born = answers.old_birth_date(cx.today).filter(|_| !answers.is_units());
        if let Some(stopped) = born.and_then(|born| of_wrong_age(cx, self, birth::is_under_age(born, cx.today))) {
            return Ok(Taken::Show(stopped));
        }
        let mut effects = vec![audit];
        if !same {
            effects.extend(cx.answers.withdrawals());
        }
        Ok(Taken::Next(Box::new(answers), effects))
    }

    fn linked(&self, cx: &Cx<'_>, masked: String) -> Rendered {
        let page = cx.page("linked-title");
        let template = super::Stop {
            text: page.tv("linked-text", masked),
            ways: vec![(page.t("to-login"), login_path(cx)), (page.t("other-systems"), step_path(cx, "system"))],
            retry: None,
            nav: nav(cx, self),
            page,
        };
        Rendered::new(200, &template)
    }

    /// The hash of a password that may become the account's: the system allows it, and it meets today's policy.
    async fn carried_over_hash(
        &self,
        cx: &Cx<'_>,
        system: &ConnectedSystem,
        proof: &UpstreamProof,
        password: &Secret,
    ) -> Option<String> {
        // A child's second step would go to the guardian's phone: its password is always a new one.
        if system.carry_over == CarryOver::No || cx.answers.is_childs() {
            return None;
        }
        let profile = proof.profile();
        let own = [proof.account(), &profile.phone, &profile.document_number, &profile.name];
        let passwords = cx.app.passwords.asked_from(&cx.visit.asker.address);
        passwords.check(password, own).await.ok()?;
        passwords.hash(password).await.ok()
    }
}

/// The page for a child: how a guardian proceeds; or, where a guardian has come, for whoever isn't a child.
pub(super) fn of_wrong_age(cx: &Cx<'_>, step: &dyn Step, under_age: bool) -> Option<Rendered> {
    let to_children = ("to-children", "/account/children".to_owned());
    match (under_age, cx.answers.is_childs()) {
        (true, false) => Some(stop(cx, step, "under-age", 200, &[to_children, ("to-home", "/".to_owned())])),
        (false, true) => Some(stop(cx, step, "of-age", 200, &[("migrate-entry", "/migrate".to_owned()), to_children])),
        _ => None,
    }
}

impl Step for SignIn {
    fn name(&self) -> &'static str {
        "sign-in"
    }

    fn phase(&self) -> Phase {
        Phase::Identity
    }

    fn applies(&self, answers: &Answers, _: Date) -> bool {
        !answers.is_registration()
    }

    fn is_satisfied(&self, answers: &Answers, _: Date) -> bool {
        answers.proof().is_some()
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        Box::pin(self.first(cx))
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.sign_in(cx, form))
    }
}
