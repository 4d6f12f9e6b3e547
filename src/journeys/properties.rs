//! Properties of the step computation, over answers put together at random: of two people, two old accounts, two
//! phones, proofs of the one beside data of the other.

use proptest::prelude::*;
use serde_json::{Value, json};
use time::Date;
use time::macros::date;

use super::answers::Answers;
use super::engine::current;
use super::individual::TABLE;

const TODAY: Date = date!(2026 - 11 - 24);

/// One of a few values for each part, or none; the parts come from different people and old accounts.
fn parts() -> Vec<(&'static str, Vec<Value>)> {
    let identity = |name: &str, number: &str| {
        json!({ "name": name, "document": { "kind": "resident_id", "number": number }, "gender": "male",
                "ethnic_group": null })
    };
    let (zhang, li) = (identity("张伟", "340104199009129995"), identity("李明", "340102198803159975"));
    let passed = |identity: &Value| {
        json!({ "outcome": "passed", "proof": { "name": identity["name"], "document": identity["document"],
                "source": "population", "at": 1 } })
    };
    let failed = |identity: &Value| json!({ "outcome": "failed", "identity": identity, "why": "contradiction" });
    let upstream = |subject: &str, vouched: bool, identity: &Value| {
        json!({ "system": "hefei", "kind": "individual", "subject": subject, "account": subject, "vouched": vouched,
                "profile": { "name": identity["name"], "document_type": "1",
                             "document_number": identity["document"]["number"],
                             "gender": "1", "ethnic_group": "01", "phone": "", "email": "" },
                "password_hash": null, "at": 1 })
    };
    let review = |about: Value, subject: &str, seen: bool| {
        json!({ "about": about, "legacy": ["hefei", subject],
                "stage": { "stage": "approved", "proof": { "review": "r", "level": "present", "at": 1 }, "seen": seen } })
    };
    let wanted = |about: Value, subject: &str, stage: Value| json!({ "about": about, "legacy": ["hefei", subject], "stage": stage });
    let about = |identity: &Value| json!({ "identity": identity });
    let control = |account: &str, subject: &str, enough: bool| {
        json!({ "account": account, "system": "hefei", "subject": subject, "password": true, "code": false,
                "enough": enough })
    };
    let phone = |number: &str| json!({ "phone": number, "at": 1 });
    let mail = |address: &str| json!({ "given": address });
    let terms = |version: &str| json!({ "terms": version, "identity_data": "2026-11", "at": 1 });
    vec![
        ("goal", vec![json!("registration"), json!("migration")]),
        ("system", vec![json!("hefei"), json!("wuhu")]),
        ("kind", vec![json!("individual")]),
        ("upstream", vec![upstream("one", false, &zhang), upstream("two", true, &li), upstream("three", false, &li)]),
        ("agreement", vec![terms("2026-11"), terms("2020-01")]),
        ("identity", vec![zhang.clone(), li.clone()]),
        ("check", vec![passed(&zhang), passed(&li), failed(&zhang)]),
        (
            "identity_review",
            vec![
                review(about(&zhang), "one", true),
                review(about(&li), "one", true),
                review(about(&zhang), "one", false),
                wanted(about(&zhang), "one", json!({ "stage": "wanted" })),
                wanted(about(&zhang), "one", json!({ "stage": "submitted", "review": "r" })),
                wanted(about(&zhang), "one", json!({ "stage": "rejected", "reason": "no" })),
            ],
        ),
        ("tell_me", vec![json!(true)]),
        (
            "existing",
            vec![
                json!({ "document": zhang["document"], "account": "a" }),
                json!({ "document": li["document"], "account": "b" }),
            ],
        ),
        ("control", vec![control("a", "one", true), control("b", "one", true), control("a", "one", false)]),
        (
            "control_review",
            vec![
                review(json!({ "control": "a" }), "one", true),
                review(json!({ "control": "b" }), "two", true),
                wanted(json!({ "control": "a" }), "one", json!({ "stage": "submitted", "review": "r" })),
            ],
        ),
        ("user_name", vec![json!("zhangwei")]),
        ("phone", vec![json!("19900000001"), json!("19900000002")]),
        ("phone_proof", vec![phone("19900000001"), phone("19900000002")]),
        ("no_phone", vec![json!(true)]),
        ("email", vec![json!("declined"), mail("a@mail.example"), mail("b@mail.example")]),
        ("email_proof", vec![json!({ "address": "a@mail.example", "at": 1 })]),
        ("password", vec![json!({ "from": "new", "hash": "x" }), json!({ "from": "carried_over" })]),
    ]
}

/// Answers of these choices: 0 leaves a part out. The first value of each part is preferred, so that ends are reached.
fn answers() -> impl Strategy<Value = Answers> {
    of(parts()).prop_map(|object| serde_json::from_value(object).unwrap())
}

/// An object of some of these parts.
pub(super) fn of(parts: Vec<(&'static str, Vec<Value>)>) -> impl Strategy<Value = Value> {
    let choices: Vec<_> = parts
        .into_iter()
        .map(|(name, values)| {
            let count = values.len();
            let chosen = prop_oneof![5 => Just(1_usize), 3 => 0..=count];
            chosen.prop_map(move |at| (name, at.checked_sub(1).and_then(|at| values.get(at)).cloned()))
        })
        .collect();
    choices.prop_map(|parts| {
        let object: serde_json::Map<String, Value> =
            parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        Value::Object(object)
    })
}

/// What the end takes, told apart from the steps: a second opinion.
fn is_whole(answers: &Answers) -> bool {
    let legacy = answers.proof().is_some() || answers.is_registration();
    let agreed = answers.agreement.is_some();
    let identified = answers.proven_identity(TODAY).is_some();
    let ending = match answers.existing_account(TODAY) {
        Some(_) => {
            let controlled = answers.control(TODAY).is_some_and(|control| control.is_enough());
            !answers.is_registration() && (controlled || answers.approved_control(TODAY).is_some())
        }
        None => answers.contact().is_some() && answers.user_name.is_some() && answers.password.is_some(),
    };
    legacy && agreed && identified && ending
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn every_set_of_answers_has_one_current_step_and_all_before_it_are_answered(answers in answers()) {
        let now = current(&answers, TODAY);
        let at = now.and_then(|step| TABLE.steps.iter().position(|s| s.name() == step.name())).unwrap_or(TABLE.steps.len());
        for step in TABLE.steps.iter().take(at) {
            prop_assert!(!step.applies(&answers, TODAY) || step.is_satisfied(&answers, TODAY), "{}", step.name());
        }
        if let Some(step) = now {
            prop_assert!(step.applies(&answers, TODAY) && !step.is_satisfied(&answers, TODAY));
        }
    }

    #[test]
    fn the_end_is_reached_with_every_proof_only(answers in answers()) {
        if current(&answers, TODAY).is_none() {
            prop_assert!(is_whole(&answers), "{answers:?}");
        }
    }
}

proptest! {
    #[test]
    fn a_lapsed_proof_leads_back_to_the_sign_in_whatever_else_is_answered(answers in answers()) {
        let lapsed = Answers { upstream_lapsed: true, ..answers };
        let now = current(&lapsed, TODAY).map(|step| step.name());
        let back = matches!(now, Some("system" | "account-kind" | "sign-in"));
        prop_assert!(back || lapsed.is_registration(), "{now:?}: {lapsed:?}");
    }
}

#[test]
fn the_random_answers_reach_every_step_and_the_end() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..15_000 {
        let answers = answers().new_tree(&mut runner).unwrap().current();
        seen.insert(current(&answers, TODAY).map_or("done", |step| step.name()));
    }
    let missed: Vec<_> =
        TABLE.steps.iter().map(|step| step.name()).chain(["done"]).filter(|n| !seen.contains(n)).collect();
    assert!(missed.is_empty(), "never the current step: {missed:?}");
}
