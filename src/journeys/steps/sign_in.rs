//! The old account and its password, checked by the old system itself.

use askama::Template;
use futures_util::future::BoxFuture;
use serde_json::json;
use time::Date;

use super::{Nav, login_path, nav, step_path, stop, stop_with_retry};
use crate::config::CarryOver;
use crate::domain::typed::tidy;
use crate::journeys::answers::Answers;
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::journeys::writes::Effect;
use crate::pages::{Form, Page, Rendered};
use crate::passwords;
use crate::protocol::params::Params;
use crate::secret::Secret;
use crate::storage::limits::{self, Limit};
use crate::storage::{StorageError, accounts, links};
use crate::upstream::{ConnectedSystem, Credentials, SignInFailure, UpstreamProof};

/// Fewer than the five after which old systems lock an account: the portal never spends an upstream's last tries.
const PER_ACCOUNT: Limit = Limit::new(4, 15 * 60);
const PER_ADDRESS: Limit = Limit::new(30, 15 * 60);
const PER_SYSTEM: Limit = Limit::new(600, 60);
/// Below this age by the document, a guardian has to proceed (PIPL, article 31).
const GUARDIAN_BELOW: u8 = 14;

#[derive(Template)]
#[template(path = "journey/sign_in.html")]
struct SignInPage {
    page: Page,
    nav: Nav,
    form: Form,
    system: String,
    others: String,
}

/// Sign in at the old system.
#[derive(Debug)]
pub(crate) struct SignIn;

impl SignIn {
    fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Rendered {
        let english = cx.visit.locale.is_english();
        let system = cx.answers.system.as_ref().and_then(|id| cx.app.systems.get(id));
        let template = SignInPage {
            page: cx.page("sign-in-title"),
            nav: nav(cx, self),
            form,
            system: system.map(|s| s.name(english).to_owned()).unwrap_or_default(),
            others: step_path(cx, "system"),
        };
        Rendered::new(status, &template)
    }

    async fn sign_in(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let mut form = Form::typed(params);
        let (account, password) = (tidy(params.text("account")), Secret::new(params.text("password")));
        if account.is_empty() {
            form.fault("account", "sign-in-account-empty");
        } else if account.chars().count() > 64 {
            form.fault("account", "sign-in-rejected");
        }
        if password.expose().is_empty() {
            form.fault("password", "sign-in-password-empty");
        }
        if form.is_faulty() {
            return Ok(Taken::Show(self.page(cx, form, 422)));
        }
        let (Some(id), Some(kind)) = (&cx.answers.system, cx.answers.kind) else { return Ok(Taken::Moved) };
        // Switched off in the middle of a migration: stopped here, at the next step.
        let Some(system) = cx.app.systems.get(id) else {
            let ways = [("other-systems", step_path(cx, "system"))];
            return Ok(Taken::Show(stop(cx, self, "system-gone", 409, &ways)));
        };
        if !self.count(cx, system, &account).await? {
            form.fault("account", "sign-in-limited");
            return Ok(Taken::Show(self.page(cx, form, 429)));
        }
        match system.sign_in(&Credentials { account: &account, password: &password, kind }).await {
            Ok(proof) => self.proven(cx, system, proof, &password).await,
            Err(SignInFailure::Unavailable) => {
                self.refund(cx, system, &account).await?;
                let ways = [("other-systems", step_path(cx, "system"))];
                Ok(Taken::Show(stop_with_retry(cx, self, "system-down", 503, &ways)))
            }
            Err(failure) => {
                form.fault(
                    "account",
                    match failure {
                        SignInFailure::Locked => "sign-in-locked",
                        SignInFailure::Disabled => "sign-in-disabled",
                        _ => "sign-in-rejected",
                    },
                );
                Ok(Taken::Show(self.page(cx, form, 422)))
            }
        }
    }

    fn limits(&self, cx: &Cx<'_>, system: &ConnectedSystem, account: &str) -> [(String, Limit); 3] {
        let index = cx.app.keys.index("legacy account", &format!("{}\n{}", system.id, account.to_lowercase()));
        let address = Limit { max: PER_ADDRESS.max * cx.visit.asker.factor, ..PER_ADDRESS };
        // The account's own count comes last: a try that the other limits turn away doesn't touch it.
        [
            (format!("legacy address {}", cx.visit.asker.address), address),
            (format!("legacy system {}", system.id), PER_SYSTEM),
            (format!("legacy account {index}"), PER_ACCOUNT),
        ]
    }

    /// Counts a try before it is made: two at the same moment can't both be the last.
    async fn count(&self, cx: &Cx<'_>, system: &ConnectedSystem, account: &str) -> Result<bool, StorageError> {
        let (limits, now) = (self.limits(cx, system, account), cx.visit.now);
        cx.app
            .db
            .write(move |tx| {
                Box::pin(async move {
                    for (subject, limit) in &limits {
                        if !limits::hit(tx, subject, *limit, now).await? {
                            return Ok(false);
                        }
                    }
                    Ok(true)
                })
            })
            .await
    }

    /// The upstream was down: the try isn't the person's.
    async fn refund(&self, cx: &Cx<'_>, system: &ConnectedSystem, account: &str) -> Result<(), StorageError> {
        let (limits, now) = (self.limits(cx, system, account), cx.visit.now);
        cx.app
            .db
            .write(move |tx| {
                Box::pin(async move {
                    for (subject, limit) in &limits {
                        limits::refund(tx, subject, *limit, now).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn proven(
        &self,
        cx: &Cx<'_>,
        system: &ConnectedSystem,
        proof: UpstreamProof,
        password: &Secret,
    ) -> Result<Taken, StepError> {
        let mut conn = cx.app.db.read().await?;
        if let Some(owner) = links::find(&mut conn, proof.system(), proof.subject()).await? {
            let owner = accounts::find(&mut conn, &cx.app.keys, &owner).await?;
            return Ok(Taken::Show(self.linked(cx, owner.map(|a| a.user_name.masked()).unwrap_or_default())));
        }
        drop(conn);
        let hash = self.carried_over_hash(cx, system, &proof, password).await;
        let proof = proof.with_password_hash(hash);
        let audit =
            Effect::Audit("journey.upstream_proven", json!({ "system": proof.system(), "vouched": proof.vouched() }));
        // Another legacy account: nothing of the former one's answers is kept.
        let same = cx.answers.proof().is_some_and(|old| old.subject() == proof.subject());
        let base = if same {
            cx.answers.clone()
        } else {
            Answers { system: cx.answers.system.clone(), kind: cx.answers.kind, ..Answers::default() }
        };
        let answers = Answers { upstream: Some(proof), ..base };
        // Under 14 by the document of the old row, vouched for or not: stop before anything is stored.
        if answers.old_document(cx.today).is_some_and(|document| is_under_age(&document, cx.today)) {
            return Ok(Taken::Show(under_age(cx, self)));
        }
        Ok(Taken::Next(Box::new(answers), vec![audit]))
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
        if system.carry_over == CarryOver::No {
            return None;
        }
        let profile = proof.profile();
        let own = [proof.account(), &profile.phone, &profile.document_number, &profile.name];
        passwords::check(password.expose(), own).ok()?;
        cx.app.passwords.hash(password).await.ok()
    }
}

/// Whether a document is that of a child under 14.
pub(super) fn is_under_age(document: &crate::domain::document::Document, today: Date) -> bool {
    document.age_on(today).is_some_and(|age| age < GUARDIAN_BELOW)
}

/// The page for a child: how a guardian proceeds.
pub(super) fn under_age(cx: &Cx<'_>, step: &dyn Step) -> Rendered {
    stop(cx, step, "under-age", 200, &[("to-home", "/".to_owned())])
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
        let account = cx.answers.proof().map_or("", UpstreamProof::account);
        let rendered = self.page(cx, Form::with([("account", account)]), 200);
        Box::pin(async move { Ok(rendered) })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.sign_in(cx, form))
    }
}
