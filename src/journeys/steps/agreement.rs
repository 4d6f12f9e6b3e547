//! 用户注册协议 and, apart from it, the consent to process identity data: both versioned, version and time stored.

use askama::Template;
use futures_util::future::BoxFuture;
use serde_json::json;
use time::Date;

use super::existing::look_up;
use super::{Nav, nav};
use crate::domain::contact::Phone;
use crate::journeys::answers::{Agreement, Answers, Guardian};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::journeys::writes::Effect;
use crate::notify::codes::Recipient;
use crate::notify::texts;
use crate::pages::{Form, Page, Rendered};
use crate::protocol::params::Params;
use crate::storage::limits::Limit;

/// The version of the agreement that is shown.
pub(crate) const TERMS: &str = "2026-11";
/// The version of the consent that is shown.
pub(crate) const IDENTITY_DATA: &str = "2026-11";
/// The version of the guardian's consent to process a child's data (PIPL, article 31).
pub(crate) const CHILD_DATA: &str = "2026-11";
/// The old phone is told once a day at the most.
const NOTICE: Limit = Limit::new(1, 24 * 60 * 60);

#[derive(Template)]
#[template(path = "journey/agreement.html")]
struct AgreementPage {
    page: Page,
    nav: Nav,
    form: Form,
    version: &'static str,
    data_version: &'static str,
}

/// The version of the consent that these answers ask for.
fn data_version(answers: &Answers) -> &'static str {
    if answers.is_childs() { CHILD_DATA } else { IDENTITY_DATA }
}

/// Accept the agreement.
#[derive(Debug)]
pub(crate) struct Agree;

impl Agree {
    fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Rendered {
        let page = cx.page("agreement-title");
        let data_version = data_version(cx.answers);
        Rendered::new(status, &AgreementPage { page, nav: nav(cx, self), form, version: TERMS, data_version })
    }

    async fn accept(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let mut form = Form::typed(params);
        for (field, key) in [("terms", "agreement-terms-empty"), ("identity_data", "agreement-data-empty")] {
            if params.get(field).is_none() {
                form.fault(field, key);
            }
        }
        if form.is_faulty() {
            return Ok(Taken::Show(self.page(cx, form, 422)));
        }
        let data = data_version(cx.answers);
        let agreement = Agreement { terms: TERMS.into(), identity_data: data.into(), at: cx.visit.now };
        let mut answers = Answers { agreement: Some(agreement), ..cx.answers.clone() };
        // An upstream that vouches stands in for the check: now it may be asked whose document this is already.
        if let Some(identity) = answers.vouched_identity(cx.today) {
            answers.existing = look_up(cx.app, &identity.document).await?;
        }
        let guardian = cx.answers.guardian().map(Guardian::account);
        let detail = json!({ "terms": TERMS, "identity_data": data, "guardian": guardian });
        let mut effects = vec![Effect::Audit("journey.agreed", detail)];
        effects.extend(self.notice(cx));
        Ok(Taken::Next(Box::new(answers), effects))
    }

    /// The phone on the old row is told that its account is being migrated, with a way to object.
    fn notice(&self, cx: &Cx<'_>) -> Option<Effect> {
        let proof = cx.answers.proof()?;
        let phone = Phone::parse(&proof.profile().phone).ok()?;
        let subject = format!("notice {}", cx.app.keys.index("phone", phone.as_str()));
        let site = &cx.app.config.site;
        let system = cx.app.systems.get(proof.system()).map(|s| s.name(false).to_owned()).unwrap_or_default();
        let text = texts::migration_notice(&site.sms_signature, &system, &site.hotline);
        Some(Effect::TellWithin(subject, NOTICE, Recipient::Phone(phone).message("", text)))
    }
}

impl Step for Agree {
    fn name(&self) -> &'static str {
        "agreement"
    }

    fn phase(&self) -> Phase {
        Phase::Identity
    }

    fn is_satisfied(&self, answers: &Answers, _: Date) -> bool {
        answers.agreement.as_ref().is_some_and(|a| a.terms == TERMS && a.identity_data == data_version(answers))
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        let ticked = if cx.answers.agreement.is_some() { "yes" } else { "" };
        let form = Form::with([("terms", ticked), ("identity_data", ticked)]);
        let rendered = self.page(cx, form, 200);
        Box::pin(async move { Ok(rendered) })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.accept(cx, form))
    }
}
