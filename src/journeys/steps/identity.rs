//! 姓名, 证件, 性别, 民族: typed by the person, pre-filled from the old row, checked field by field.

use askama::Template;
use futures_util::future::BoxFuture;
use time::Date;

use super::sign_in::of_wrong_age;
use super::{Nav, nav};
use crate::domain::birth::{self, BirthFault};
use crate::domain::document::{Country, Document, DocumentFault, DocumentType};
use crate::domain::ethnic::EthnicGroup;
use crate::domain::person::{Gender, PersonName};
use crate::journeys::answers::{Answers, Identity, document_type};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::journeys::writes::Effect;
use crate::pages::{Form, Page, Rendered};
use crate::protocol::params::Params;

#[derive(Template)]
#[template(path = "journey/identity.html")]
struct IdentityPage {
    page: Page,
    nav: Nav,
    form: Form,
    document_types: Vec<(&'static str, String)>,
    countries: Vec<(&'static str, &'static str)>,
    ethnic_groups: Vec<(&'static str, String)>,
}

/// Enter name and document.
#[derive(Debug)]
pub(crate) struct EnterIdentity;

impl EnterIdentity {
    fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Rendered {
        let page = cx.page(if cx.answers.is_childs() { "identity-child-title" } else { "identity-title" });
        let english = cx.visit.locale.is_english();
        let group = |g: &EthnicGroup| {
            let name = g.romanised().filter(|_| english).map_or_else(|| g.zh().to_owned(), str::to_owned);
            (g.code(), name)
        };
        let template = IdentityPage {
            document_types: DocumentType::ALL
                .map(|t| (t.as_str(), page.t(&format!("document-{}", t.as_str().replace('_', "-")))))
                .to_vec(),
            countries: countries(english),
            ethnic_groups: EthnicGroup::ALL.iter().map(group).collect(),
            nav: nav(cx, self),
            form,
            page,
        };
        Rendered::new(status, &template)
    }

    /// What the person typed before, else what the old row says.
    fn prefilled(&self, answers: &Answers, today: Date) -> Form {
        let born = |born: Option<Date>| {
            born.map_or_else(Default::default, |born| {
                [born.year(), u8::from(born.month()).into(), born.day().into()].map(|part| part.to_string())
            })
        };
        if let Some(identity) = &answers.identity {
            let (document, [year, month, day]) = (&identity.document, born(identity.birth_date));
            let is_passport = document.kind() == DocumentType::Passport;
            return Form::with([
                ("name", identity.name.as_str()),
                ("document_type", document.kind().as_str()),
                ("country", if is_passport { document.country().alpha3() } else { "" }),
                ("document_number", document.number()),
                ("birth_year", &year),
                ("birth_month", &month),
                ("birth_day", &day),
                ("gender", identity.gender.code()),
                ("ethnic_group", identity.ethnic_group.map_or("", EthnicGroup::code)),
            ]);
        }
        let Some(proof) = answers.proof() else { return Form::default() };
        let profile = proof.profile();
        let [year, month, day] = born(birth::from_legacy(&profile.birth_date, today));
        Form::with([
            ("name", profile.name.as_str()),
            ("document_type", document_type(&profile.document_type).unwrap_or(DocumentType::ResidentId).as_str()),
            ("country", Country::from_legacy(&profile.document_country).map_or("", Country::alpha3)),
            ("document_number", profile.document_number.as_str()),
            ("birth_year", &year),
            ("birth_month", &month),
            ("birth_day", &day),
            ("gender", Gender::parse(&profile.gender).map_or("", Gender::code)),
            ("ethnic_group", EthnicGroup::from_legacy(&profile.ethnic_group).map_or("", EthnicGroup::code)),
        ])
    }

    async fn enter(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let mut form = Form::typed(params);
        let Some(identity) = parse(params, &mut form, cx.today) else {
            return Ok(Taken::Show(self.page(cx, form, 422)));
        };
        if let Some(stopped) = of_wrong_age(cx, self, identity.is_under_age(cx.today)) {
            return Ok(Taken::Show(stopped));
        }
        let same = cx.answers.identity.as_ref() == Some(&identity);
        if same && cx.answers.proven_identity(cx.today).is_some() {
            return Ok(Taken::Moved);
        }
        // Another person's data: what a reviewer has of the former isn't decided any more.
        let mut effects = vec![Effect::Schedule(None)];
        if !cx.answers.identity.as_ref().is_some_and(|old| old.is_same_person(&identity)) {
            effects.extend(cx.answers.withdrawals());
        }
        // Kept before the source is asked: whatever happens during the call, nothing typed is lost.
        let before = Answers { check: None, existing: None, ..cx.answers.clone() };
        let answers = Answers { identity: Some(identity.clone()), ..before };
        Ok(Taken::Next(Box::new(answers.asking_for_recovery(&identity)), effects))
    }
}

/// Whose passports are documents here.
fn countries(english: bool) -> Vec<(&'static str, &'static str)> {
    let issuers = Country::listed(english).into_iter().filter(|country| country.issues_passports());
    issuers.map(|country| country.choice(english)).collect()
}

/// What was typed, checked field by field in the order of the page.
fn parse(params: &Params, form: &mut Form, today: Date) -> Option<Identity> {
    let name = PersonName::parse(params.text("name"))
        .map_err(|fault| form.fault("name", format!("name-{}", key(&fault.to_string()))))
        .ok();
    let document = document(params, form, today);
    let birth_date = birth_date(params, form, document.as_ref(), today);
    let gender = match params.text("gender") {
        "1" => Some(Gender::Male),
        "2" => Some(Gender::Female),
        _ => {
            form.fault("gender", "gender-empty");
            None
        }
    };
    if let (Some(gender), Some(told)) = (gender, document.as_ref().and_then(Document::gender))
        && gender != told
    {
        form.fault("gender", "gender-contradicts");
    }
    let ethnic_group = EthnicGroup::from_code(params.text("ethnic_group"));
    // Of a number that isn't right yet, the kind that was chosen.
    let is_citizen = document.as_ref().map_or(params.text("document_type") == "resident_id", Document::is_citizens);
    if is_citizen && ethnic_group.is_none() {
        form.fault("ethnic_group", "ethnic-group-empty");
    }
    if form.is_faulty() {
        return None;
    }
    Some(Identity { name: name?, document: document?, gender: gender?, ethnic_group, birth_date })
}

/// Kind, country and number. The country counts for passports only.
fn document(params: &Params, form: &mut Form, today: Date) -> Option<Document> {
    let kind = DocumentType::parse(params.text("document_type"));
    if kind.is_none() {
        form.fault("document_type", "document-type-empty");
    }
    let number = params.text("document_number");
    let document = if kind == Some(DocumentType::Passport) {
        let country = Country::from_alpha3(params.text("country")).filter(|country| country.issues_passports());
        let Some(country) = country else {
            form.fault("country", "country-empty");
            if number.trim().is_empty() {
                form.fault("document_number", "document-number-empty");
            }
            return None;
        };
        let document = Document::passport(country, number);
        if document.as_ref().is_err_and(|fault| *fault != DocumentFault::Empty) {
            form.fault("country", "country-other-number");
        }
        document
    } else {
        Document::parse(kind.unwrap_or(DocumentType::ResidentId), number, today)
    };
    document.map_err(|fault| form.fault("document_number", format!("document-number-{}", key(&fault.to_string())))).ok()
}

/// The day of birth, if the number doesn't tell it. If it does, what was typed may be left out, but not be another.
fn birth_date(params: &Params, form: &mut Form, document: Option<&Document>, today: Date) -> Option<Date> {
    let [year, month, day] = ["birth_year", "birth_month", "birth_day"].map(|name| params.text(name));
    let told = document.and_then(Document::birth_date);
    let fault = match (birth::parse(year, month, day, today), document) {
        (Err(BirthFault::Empty), _) if told.is_some() => return None,
        // Whether it is needed isn't known before the number is right.
        (Err(BirthFault::Empty), None) => return None,
        (Err(fault), _) => format!("birth-{fault}"),
        (Ok(born), Some(document)) if !document.admits_birth(born) => "birth-contradicts".to_owned(),
        (Ok(born), _) => return Some(born).filter(|_| told.is_none()),
    };
    form.fault("birth_year", fault);
    None
}

fn key(fault: &str) -> String {
    fault.replace('_', "-")
}

impl Step for EnterIdentity {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn phase(&self) -> Phase {
        Phase::Identity
    }

    fn when(&self) -> &'static str {
        "the old system does not vouch"
    }

    fn applies(&self, answers: &Answers, today: Date) -> bool {
        answers.vouched_identity(today).is_none()
    }

    fn is_satisfied(&self, answers: &Answers, today: Date) -> bool {
        // A recovery that was taken back begins here again.
        let asked = answers.lost.as_ref().is_none_or(|lost| lost.review.is_some());
        // A child may turn 14 while its case is with the reviewers.
        asked && answers.identity.as_ref().is_some_and(|identity| !answers.is_childs() || identity.is_under_age(today))
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        let rendered = self.page(cx, self.prefilled(cx.answers, cx.today), 200);
        Box::pin(async move { Ok(rendered) })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.enter(cx, form))
    }
}
