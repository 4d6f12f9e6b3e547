//! The credit code already belongs to an account: 确认绑定, by whoever has authority over the unit now — its
//! representative or an administrator by mandate, the representative whom the registry names, or the unit's own password.

use askama::Template;
use futures_util::future::BoxFuture;
use serde_json::json;
use time::Date;

use crate::app::App;
use crate::captcha::ticket::View;
use crate::domain::account::{Account, PasswordOrigin};
use crate::domain::mandate::Role;
use crate::domain::unit::Unit;
use crate::journeys::answers::{About, Answers, Authority, ExistingUnit, Review, UnitAnswers, UnitControl};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::journeys::steps::existing::owner;
use crate::journeys::steps::{Nav, login_path, nav, stop};
use crate::journeys::writes::Effect;
use crate::pages::door::is_own_password;
use crate::pages::{Form, Page, Rendered, captcha};
use crate::protocol::params::Params;
use crate::storage::{StorageError, mandates, units};

#[derive(Template)]
#[template(path = "journey/existing_unit.html")]
struct ExistingUnitPage {
    page: Page,
    nav: Nav,
    form: Form,
    masked: String,
    /// Whether the person has authority already: one button.
    authority: bool,
    /// Whether somebody else represents the unit so far, and won't any more.
    takes_over: bool,
    captcha: View,
    login: String,
}

/// Looks up whose a unit's proven code is.
pub(in crate::journeys) async fn look_up(app: &App, unit: &Unit) -> Result<Option<ExistingUnit>, StorageError> {
    let owner = units::find(&mut app.db.read().await?, &unit.credit_code).await?;
    Ok(owner.map(|account| ExistingUnit { credit_code: unit.credit_code.clone(), account }))
}

/// Confirm that the account is the unit's, and bind the legacy account to it.
#[derive(Debug)]
pub(crate) struct ExistingUnitAccount;

/// What the person has to go by without typing anything.
struct Standing {
    authority: Option<Authority>,
    takes_over: bool,
}

impl ExistingUnitAccount {
    async fn page(&self, cx: &Cx<'_>, account: &Account, form: Form, status: u16) -> Result<Rendered, StepError> {
        let Standing { authority, takes_over } = standing(cx, account).await?;
        let template = ExistingUnitPage {
            page: cx.page("existing-unit-title"),
            nav: nav(cx, self),
            captcha: captcha(cx.app, cx.visit, &form)?,
            form,
            masked: account.user_name.masked(),
            authority: authority.is_some(),
            takes_over,
            login: login_path(cx),
        };
        Ok(Rendered::new(status, &template))
    }

    async fn prove(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let Some(account) = owner(cx).await? else { return Ok(Taken::Moved) };
        let mut form = Form::typed(params);
        if params.get("captcha_kind").is_some() {
            return Ok(Taken::Show(self.page(cx, &account, form, 200).await?));
        }
        let by = match params.text("action") {
            "review" => {
                let review = Review::wanted(About::Control(account.id.clone()), cx.answers);
                let audit = Effect::Audit("journey.review_wanted", json!({ "about": "control" }));
                return Ok(Taken::Next(Box::new(cx.answers.clone().with_review(review)), vec![audit]));
            }
            "bind" => standing(cx, &account).await?.authority,
            _ => self.password(cx, &account, params, &mut form).await?,
        };
        let Some(control) = by.and_then(|by| UnitControl::new(cx.answers, by, cx.today)) else {
            let status = if form.is_faulty() { 422 } else { 200 };
            return Ok(Taken::Show(self.page(cx, &account, form, status).await?));
        };
        let audit = Effect::Audit("journey.unit_control", json!({ "by": control.by, "account": account.id }));
        let unit = UnitAnswers { control: Some(control), ..(*cx.answers.unit).clone() };
        Ok(Taken::Next(Box::new(Answers { unit: Box::new(unit), ..cx.answers.clone() }), vec![audit]))
    }

    /// A password carried over from an old system may be the stolen one: it isn't enough.
    async fn password(
        &self,
        cx: &Cx<'_>,
        account: &Account,
        params: &Params,
        form: &mut Form,
    ) -> Result<Option<Authority>, StepError> {
        if !is_own_password(cx.app, cx.visit, account, params, form).await? {
            return Ok(None);
        }
        if account.password.as_ref().is_some_and(|p| p.origin == PasswordOrigin::Chosen) {
            return Ok(Some(Authority::Password));
        }
        form.fault("password", "existing-unit-carried-over");
        Ok(None)
    }
}

async fn standing(cx: &Cx<'_>, account: &Account) -> Result<Standing, StorageError> {
    let Some(person) = cx.answers.representative() else { return Ok(Standing { authority: None, takes_over: false }) };
    let mut conn = cx.app.db.read().await?;
    let representative = mandates::representative(&mut conn, &account.id).await?;
    let takes_over = representative.is_some_and(|mandate| mandate.person != *person.account());
    let named = cx.answers.registry_proof().is_some();
    let granted = mandates::of_person(&mut conn, person.account()).await?.into_iter().any(|mandate| {
        mandate.unit == account.id && mandate.terms.role != Role::Agent && mandate.is_in_force(cx.visit.now)
    });
    let authority = match (granted, named) {
        // An administrator whom the registry names takes over like anybody else.
        (_, true) if takes_over || !granted => Some(Authority::Registry),
        (true, _) => Some(Authority::Mandate),
        (false, _) => None,
    };
    Ok(Standing { authority, takes_over: takes_over && named })
}

impl Step for ExistingUnitAccount {
    fn name(&self) -> &'static str {
        "existing-unit"
    }

    fn phase(&self) -> Phase {
        Phase::Unit
    }

    fn when(&self) -> &'static str {
        "the credit code already belongs to an account"
    }

    fn applies(&self, answers: &Answers, today: Date) -> bool {
        answers.existing_account(today).is_some()
    }

    fn is_satisfied(&self, answers: &Answers, today: Date) -> bool {
        answers.unit_control(today).is_some()
            || answers.approved_control(today).is_some()
            || answers.open_review(today).is_some_and(|review| matches!(review.about(), About::Control(_)))
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        Box::pin(async move {
            match owner(cx).await? {
                Some(account) => self.page(cx, &account, Form::default(), 200).await,
                None => Ok(stop(cx, self, "existing-gone", 200, &[("to-home", "/".to_owned())])),
            }
        })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.prove(cx, form))
    }
}
