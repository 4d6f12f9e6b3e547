//! 单位类型, 单位名称, 统一社会信用代码, 注册地址, 注册时间: pre-filled from the old row, editable, checked field by field.

use askama::Template;
use futures_util::future::BoxFuture;
use time::Date;

use crate::domain::unit::{Address, CreditCode, Unit, UnitName, UnitType, day_from_legacy, registered};
use crate::journeys::answers::{Answers, Stage, UnitAnswers};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::journeys::steps::{Nav, nav};
use crate::journeys::writes::Effect;
use crate::pages::{Form, Page, Rendered};
use crate::protocol::params::Params;

#[derive(Template)]
#[template(path = "journey/unit.html")]
struct UnitPage {
    page: Page,
    nav: Nav,
    form: Form,
    unit_types: Vec<(&'static str, String)>,
}

/// Enter what the unit is.
#[derive(Debug)]
pub(crate) struct EnterUnit;

impl EnterUnit {
    fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Rendered {
        let english = cx.visit.locale.is_english();
        let named = |t: UnitType| (t.class(), format!("{} {}", t.class(), t.name(english)));
        let (page, nav) = (cx.page("unit-title"), nav(cx, self));
        Rendered::new(status, &UnitPage { page, nav, form, unit_types: UnitType::all().map(named).collect() })
    }

    fn enter(&self, cx: &Cx<'_>, params: &Params) -> Taken {
        let mut form = Form::typed(params);
        let Some(unit) = parse(params, &mut form, cx.today) else { return Taken::Show(self.page(cx, form, 422)) };
        let old = &cx.answers.unit;
        if old.entered.as_ref() == Some(&unit) && cx.answers.proven_unit(cx.today).is_some() {
            return Taken::Moved;
        }
        // Another unit: what a reviewer has of the former isn't decided any more, and its representative isn't asked.
        let mut effects = vec![Effect::Schedule(None)];
        if let Some(Stage::Submitted { review }) = old.review.as_ref().map(|r| &r.stage)
            && !old.entered.as_ref().is_some_and(|entered| entered.is_same_unit(&unit))
        {
            effects.push(Effect::Withdraw(review.clone()));
        }
        let mut new = UnitAnswers { check: None, existing: None, control: None, ..(**old).clone() };
        if old.entered.as_ref() != Some(&unit) && old.invitation.is_some() {
            new.invitation = None;
            effects.push(Effect::Uninvite);
        }
        new.entered = Some(unit);
        // Kept before the registry is asked: whatever happens during the call, nothing typed is lost.
        Taken::Next(Box::new(Answers { unit: Box::new(new), ..cx.answers.clone() }), effects)
    }
}

/// What was typed before, else what the old row says.
fn prefilled(answers: &Answers) -> Form {
    let parts = |day: Option<Date>| {
        day.map_or_else(Default::default, |day| {
            [day.year(), u8::from(day.month()).into(), day.day().into()].map(|part| part.to_string())
        })
    };
    if let Some(unit) = &answers.unit.entered {
        let [year, month, day] = parts(Some(unit.registered_on));
        return Form::with([
            ("unit_type", unit.unit_type.class()),
            ("unit_name", unit.name.as_str()),
            ("credit_code", unit.credit_code.as_str()),
            ("address", unit.address.as_str()),
            ("registered_year", &year),
            ("registered_month", &month),
            ("registered_day", &day),
        ]);
    }
    let Some(old) = answers.proof().and_then(|proof| proof.profile().unit.as_ref()) else { return Form::default() };
    let [year, month, day] = parts(day_from_legacy(&old.registered_on));
    let code = CreditCode::parse(&old.credit_code);
    // The code decides, where it has a known class; the old system's own words are a hint otherwise.
    let said =
        UnitType::parse(old.unit_type.trim()).or_else(|| UnitType::all().find(|t| t.name(false) == old.unit_type));
    let unit_type = code.as_ref().ok().and_then(UnitType::of).or(said);
    Form::with([
        ("unit_type", unit_type.map_or("", UnitType::class)),
        ("unit_name", old.name.as_str()),
        ("credit_code", code.as_ref().map_or(old.credit_code.as_str(), CreditCode::as_str)),
        ("address", old.address.as_str()),
        ("registered_year", &year),
        ("registered_month", &month),
        ("registered_day", &day),
    ])
}

/// What was typed, checked field by field in the order of the page.
fn parse(params: &Params, form: &mut Form, today: Date) -> Option<Unit> {
    let unit_type = UnitType::parse(params.text("unit_type"));
    if unit_type.is_none() {
        form.fault("unit_type", "unit-type-empty");
    }
    let name = UnitName::parse(params.text("unit_name"));
    let name = name.map_err(|fault| form.fault("unit_name", key("unit-name", &fault))).ok();
    let code = CreditCode::parse(params.text("credit_code"));
    let code = code.map_err(|fault| form.fault("credit_code", key("credit-code", &fault))).ok();
    if let (Some(unit_type), Some(code)) = (unit_type, &code)
        && unit_type.contradicts(code)
    {
        form.fault("unit_type", "unit-type-contradicts");
    }
    let address = Address::parse(params.text("address"));
    let address = address.map_err(|fault| form.fault("address", key("unit-address", &fault))).ok();
    let [year, month, day] =
        ["registered_year", "registered_month", "registered_day"].map(|name| params.text(name).trim());
    let registered_on = match registered(year, month, day) {
        Some(day) if day <= today => Some(day),
        Some(_) => {
            form.fault("registered_year", "unit-registered-future");
            None
        }
        None => {
            form.fault("registered_year", "unit-registered-empty");
            None
        }
    };
    if form.is_faulty() {
        return None;
    }
    Some(Unit {
        unit_type: unit_type?,
        name: name?,
        credit_code: code?,
        address: address?,
        registered_on: registered_on?,
    })
}

fn key(field: &str, fault: &impl ToString) -> String {
    format!("{field}-{}", fault.to_string().replace('_', "-"))
}

impl Step for EnterUnit {
    fn name(&self) -> &'static str {
        "unit"
    }

    fn phase(&self) -> Phase {
        Phase::Unit
    }

    fn is_satisfied(&self, answers: &Answers, _: Date) -> bool {
        answers.unit.entered.is_some()
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        let rendered = self.page(cx, prefilled(cx.answers), 200);
        Box::pin(async move { Ok(rendered) })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        let taken = self.enter(cx, form);
        Box::pin(async move { Ok(taken) })
    }
}
