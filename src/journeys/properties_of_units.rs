//! Properties of a unit's steps, over answers put together at random: of two units, two representatives, two old accounts,
//! proofs of the one beside data of the other.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use time::Date;
use time::macros::date;

use super::answers::Answers;
use super::legal_person::TABLE;
use super::properties::of;

const TODAY: Date = date!(2026 - 11 - 24);
const CODES: [&str; 2] = ["91340100MA0000C11Q", "91340102MA0000C38D"];

fn identity(name: &str, number: &str) -> Value {
    json!({ "name": name, "document": { "kind": "resident_id", "number": number }, "gender": "male", "ethnic_group": null })
}

fn unit(name: &str, code: &str) -> Value {
    json!({ "unit_type": "91", "name": name, "credit_code": code, "address": "演示路1号", "registered_on": "2016-03-18" })
}

/// What only a unit answers.
fn unit_parts() -> Vec<(&'static str, Vec<Value>)> {
    let (li, zhang) = (identity("李明", "340102198803159975"), identity("张伟", "340104199009129995"));
    let (one, two) = (unit("甲公司", CODES[0]), unit("乙公司", CODES[1]));
    let representative = |account: &str, identity: &Value, subject: &str, by: Value| {
        json!({ "account": account, "identity": identity, "contact": { "phone": "19900000001" },
                "legacy": ["gsj", subject], "by": by, "at": 1 })
    };
    let here = json!({ "here": { "methods": ["password"], "browser": "b" } });
    let invited = |unit: &Value| json!({ "invitation": ["i", unit] });
    let passed = |unit: &Value, person: &Value| {
        json!({ "outcome": "passed", "proof": { "name": unit["name"], "credit_code": unit["credit_code"],
                "representative": person["name"], "document": person["document"], "source": "organisations", "at": 1 } })
    };
    let failed = |unit: &Value, person: &Value| json!({ "outcome": "failed", "claim": { "unit": unit, "representative": person }, "why": "contradiction" });
    let review = |unit: &Value, person: &str, stage: Value| json!({ "about": { "unit": { "unit": unit, "representative": person } }, "legacy": ["gsj", "one"], "stage": stage });
    let approved = |seen: bool| json!({ "stage": "approved", "proof": { "review": "r", "level": "present", "at": 1 }, "seen": seen });
    let existing = |code: &str, account: &str| json!({ "credit_code": code, "account": account });
    let control = |account: &str, person: &str, subject: &str, by: &str| json!({ "account": account, "person": person, "legacy": ["gsj", subject], "by": by });
    vec![
        ("invited", vec![json!(false), json!(true)]),
        (
            "representative",
            vec![
                representative("li", &li, "one", here.clone()),
                representative("li", &li, "two", here.clone()),
                representative("zhang", &zhang, "one", here),
                representative("li", &li, "one", invited(&one)),
                representative("li", &li, "one", invited(&two)),
            ],
        ),
        ("entered", vec![one.clone(), two.clone()]),
        ("check", vec![passed(&one, &li), passed(&two, &li), passed(&one, &zhang), failed(&one, &li)]),
        (
            "review",
            vec![
                review(&one, "li", approved(true)),
                review(&one, "li", approved(false)),
                review(&two, "li", approved(true)),
                review(&one, "zhang", approved(true)),
                review(&one, "li", json!({ "stage": "wanted" })),
                review(&one, "li", json!({ "stage": "submitted", "review": "r" })),
            ],
        ),
        ("existing", vec![existing(CODES[0], "a"), existing(CODES[1], "b")]),
        (
            "control",
            vec![
                control("a", "li", "one", "registry"),
                control("b", "li", "one", "mandate"),
                control("a", "zhang", "one", "mandate"),
                control("a", "li", "two", "password"),
            ],
        ),
    ]
}

fn parts() -> Vec<(&'static str, Vec<Value>)> {
    let upstream = |subject: &str| {
        json!({ "system": "gsj", "kind": "legal_person", "subject": subject, "account": subject, "vouched": true,
                "profile": { "name": "李明", "document_type": "1", "document_number": "340102198803159975",
                             "gender": "1", "ethnic_group": "01", "phone": "", "email": "" },
                "password_hash": null, "at": 1 })
    };
    let terms = |version: &str| json!({ "terms": version, "identity_data": "2026-11", "at": 1 });
    let control = json!({ "about": { "control": "a" }, "legacy": ["gsj", "one"],
        "stage": { "stage": "approved", "proof": { "review": "r", "level": "present", "at": 1 }, "seen": true } });
    vec![
        ("system", vec![json!("gsj"), json!("mzt")]),
        ("upstream", vec![upstream("one"), upstream("two")]),
        ("agreement", vec![terms("2026-11"), terms("2020-01")]),
        ("control_review", vec![control]),
        ("user_name", vec![json!("huiyun")]),
        ("email", vec![json!("declined"), json!({ "given": "a@mail.example" })]),
        ("password", vec![json!({ "from": "new", "hash": "x" }), json!({ "from": "carried_over" })]),
    ]
}

fn answers() -> impl Strategy<Value = Answers> {
    (of(parts()), of(unit_parts())).prop_map(|(mut answers, unit)| {
        answers["kind"] = json!("legal_person");
        answers["unit"] = unit;
        serde_json::from_value(answers).unwrap()
    })
}

/// What the end takes, told apart from the steps: a second opinion.
fn is_whole(answers: &Answers) -> bool {
    let (Some(proof), Some(unit), Some(representative)) =
        (answers.proof(), &answers.unit.entered, &answers.unit.representative)
    else {
        return false;
    };
    let legacy = (proof.system().clone(), proof.subject().clone());
    if representative.legacy != legacy || answers.agreement.as_ref().is_none_or(|a| a.terms != "2026-11") {
        return false;
    }
    let confirmed = match serde_json::to_value(&representative.by).unwrap() {
        Value::Object(by) if by.contains_key("invitation") => {
            answers.unit.invited && by["invitation"][1] == serde_json::to_value(unit).unwrap()
        }
        _ => !answers.unit.invited,
    };
    let of_registry = matches!(&answers.unit.check, Some(super::answers::UnitCheck::Passed { proof })
        if proof.is_for(unit, &representative.identity.name, &representative.identity.document));
    let proven = of_registry || answers.approved_unit(TODAY).is_some();
    let known = answers.unit.existing.as_ref().filter(|existing| existing.credit_code == unit.credit_code);
    let ending = match known {
        Some(existing) => {
            let control = serde_json::to_value(&answers.unit.control).unwrap();
            let own = control["account"] == existing.account.as_str()
                && control["person"] == representative.account.as_str()
                && control["legacy"][1] == legacy.1.as_str();
            own || answers.approved_control(TODAY).is_some()
        }
        None => answers.user_name.is_some() && answers.email.is_some() && answers.password.is_some(),
    };
    confirmed && proven && ending
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn a_unit_s_end_is_reached_with_every_proof_only(answers in answers()) {
        if TABLE.current(&answers, TODAY).is_none() {
            prop_assert!(is_whole(&answers), "{answers:?}");
        }
    }

    #[test]
    fn all_steps_before_the_current_one_are_answered(answers in answers()) {
        let now = TABLE.current(&answers, TODAY);
        let at = now.and_then(|step| TABLE.position(step.name())).unwrap_or(TABLE.steps.len());
        for step in TABLE.steps.iter().take(at) {
            prop_assert!(!step.applies(&answers, TODAY) || step.is_satisfied(&answers, TODAY), "{}", step.name());
        }
    }
}

#[test]
fn the_random_answers_reach_every_step_of_a_unit_and_the_end() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..25_000 {
        let answers = answers().new_tree(&mut runner).unwrap().current();
        seen.insert(TABLE.current(&answers, TODAY).map_or("done", |step| step.name()));
    }
    // The kind is given here: without one the table is another.
    let all = TABLE.steps.iter().map(|step| step.name()).filter(|name| *name != "account-kind").chain(["done"]);
    let missed: Vec<_> = all.filter(|name| !seen.contains(name)).collect();
    assert!(missed.is_empty(), "never the current step: {missed:?}");
}
