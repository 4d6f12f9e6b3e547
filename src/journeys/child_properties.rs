//! Properties of a child's table, over answers put together at random: of two children and two guardians, reviews of the
//! one relation beside another, a guardian who is here or isn't.

use proptest::prelude::*;
use serde_json::{Value, json};
use time::Date;
use time::macros::date;

use super::answers::{Answers, ChildAnswers};
use super::child::TABLE;
use super::engine::current;

const TODAY: Date = date!(2026 - 11 - 24);

fn identity(name: &str, number: &str) -> Value {
    json!({ "name": name, "document": { "kind": "resident_id", "number": number }, "gender": "female",
            "ethnic_group": null })
}

/// A girl of eleven, another of the same name whose number says thirty-six.
fn people() -> (Value, Value) {
    (identity("陈小雨", "340111201506019985"), identity("陈小雨", "340104199009129995"))
}

/// One of a few values for each part, or none; the parts come from different children, guardians and old accounts.
fn parts() -> Vec<(&'static str, Vec<Value>)> {
    let (child, adult) = people();
    let passed = |who: &Value| {
        json!({ "outcome": "passed", "proof": { "name": who["name"], "document": who["document"],
                "source": "population", "at": 1 } })
    };
    let upstream = |subject: &str, who: &Value, hash: Value| {
        json!({ "system": "hefei", "kind": "individual", "subject": subject, "account": subject, "vouched": true,
                "profile": { "name": who["name"], "document_type": "1", "document_number": who["document"]["number"],
                             "gender": "2", "ethnic_group": "01", "phone": "", "email": "" },
                "password_hash": hash, "at": 1 })
    };
    let review =
        |about: Value, subject: Value, stage: Value| json!({ "about": about, "legacy": subject, "stage": stage });
    let control = |account: &str, seen: bool| {
        let stage =
            json!({ "stage": "approved", "proof": { "review": "r", "level": "present", "at": 1 }, "seen": seen });
        review(json!({ "control": account }), json!(["hefei", "one"]), stage)
    };
    vec![
        ("goal", vec![json!("migration"), json!("registration")]),
        ("system", vec![json!("hefei"), json!("wuhu")]),
        ("kind", vec![json!("individual")]),
        ("upstream", vec![upstream("one", &child, json!("x")), upstream("two", &adult, Value::Null)]),
        (
            "agreement",
            vec![
                json!({ "terms": "2026-11", "identity_data": "2026-11", "at": 1 }),
                json!({ "terms": "2020-01", "identity_data": "2026-11", "at": 1 }),
            ],
        ),
        ("identity", vec![child.clone(), adult.clone()]),
        (
            "check",
            vec![
                passed(&child),
                passed(&adult),
                json!({ "outcome": "failed", "identity": child, "why": "contradiction" }),
            ],
        ),
        (
            "existing",
            vec![
                json!({ "document": child["document"], "account": "a" }),
                json!({ "document": adult["document"], "account": "b" }),
            ],
        ),
        ("control_review", vec![control("a", true), control("a", false), control("b", true)]),
        ("user_name", vec![json!("xiaoyu")]),
        ("password", vec![json!({ "from": "new", "hash": "x" }), json!({ "from": "carried_over" })]),
    ]
}

/// What only a child's journey has. `own` is the old account that reviews were submitted with.
fn child_parts() -> Vec<(&'static str, Vec<Value>)> {
    let (child, adult) = people();
    let about = |who: &Value, guardian: &str, relation: &str| json!({ "child": { "identity": who, "guardian": guardian, "relation": relation } });
    let approved = |seen: bool| json!({ "stage": "approved", "proof": { "review": "r", "level": "confirmed", "at": 1 }, "seen": seen });
    let one = || json!(["hefei", "one"]);
    let review =
        |about: Value, legacy: Value, stage: Value| json!({ "about": about, "legacy": legacy, "stage": stage });
    vec![
        ("relation", vec![json!("father"), json!("mother")]),
        (
            "review",
            vec![
                review(about(&child, "g", "father"), one(), approved(true)),
                review(about(&child, "g", "father"), one(), approved(false)),
                review(about(&child, "g", "father"), Value::Null, approved(true)),
                review(about(&child, "h", "father"), one(), approved(true)),
                review(about(&child, "g", "other"), one(), approved(true)),
                review(about(&adult, "g", "father"), one(), approved(true)),
                review(about(&child, "g", "father"), one(), json!({ "stage": "wanted" })),
                review(about(&child, "g", "father"), one(), json!({ "stage": "submitted", "review": "r" })),
                review(about(&child, "g", "father"), one(), json!({ "stage": "rejected", "reason": "no" })),
            ],
        ),
        (
            "control",
            vec![
                json!({ "account": "a", "guardian": "g", "legacy": ["hefei", "one"] }),
                json!({ "account": "a", "guardian": "h", "legacy": ["hefei", "one"] }),
                json!({ "account": "b", "guardian": "g", "legacy": ["hefei", "two"] }),
            ],
        ),
    ]
}

/// 0 leaves a part out. The first value of each part is preferred, so that ends are reached.
fn chosen(parts: Vec<(&'static str, Vec<Value>)>) -> impl Strategy<Value = serde_json::Map<String, Value>> {
    let choices: Vec<_> = parts
        .into_iter()
        .map(|(name, values)| {
            let chosen = prop_oneof![7 => Just(1_usize), 3 => 0..=values.len()];
            chosen.prop_map(move |at| (name, at.checked_sub(1).and_then(|at| values.get(at)).cloned()))
        })
        .collect();
    choices.prop_map(|parts| parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
}

fn answers() -> impl Strategy<Value = Answers> {
    (chosen(parts()), chosen(child_parts()), prop_oneof![9 => Just(true), 1 => Just(false)]).prop_map(
        |(mut all, mut child, present)| {
            let guardian = json!({ "account": "g", "identity": identity("陈强", "340102198803159975"),
                                   "contact": { "phone": "19900000001" }, "at": 1 });
            child.insert("guardian".to_owned(), guardian);
            all.insert("child".to_owned(), Value::Object(child));
            let answers: Answers = serde_json::from_value(Value::Object(all)).unwrap();
            let child = answers.child.clone().map(|child| Box::new(ChildAnswers { present, ..*child }));
            Answers { child, ..answers }
        },
    )
}

/// What the end takes, told apart from the steps: a second opinion.
fn is_whole(answers: &Answers) -> bool {
    let Some(child) = &answers.child else { return false };
    let (legacy, identity) = (answers.proof(), answers.identity.as_ref());
    let agreed = answers.agreement.as_ref().is_some_and(|a| a.terms == "2026-11");
    let young = identity.is_some_and(|identity| identity.is_under_age(TODAY));
    let seen = answers.approved_child(TODAY).is_some() && child.relation.is_some();
    let ending = match answers.existing_account(TODAY) {
        Some(_) => {
            legacy.is_some() && (answers.child_control(TODAY).is_some() || answers.approved_control(TODAY).is_some())
        }
        None => {
            let chosen = matches!(answers.password, Some(super::answers::Password::New { .. }));
            answers.user_name.is_some() && chosen
        }
    };
    answers.guardian().is_some() && (legacy.is_some() || answers.is_registration()) && agreed && young && seen && ending
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn every_set_of_a_child_s_answers_has_one_current_step_and_all_before_it_are_answered(answers in answers()) {
        let now = current(&answers, TODAY);
        let at = now.and_then(|step| TABLE.position(step.name())).unwrap_or(TABLE.steps.len());
        for step in TABLE.steps.iter().take(at) {
            prop_assert!(!step.applies(&answers, TODAY) || step.is_satisfied(&answers, TODAY), "{}", step.name());
        }
        if let Some(step) = now {
            prop_assert!(step.applies(&answers, TODAY) && !step.is_satisfied(&answers, TODAY));
        }
        prop_assert!(answers.guardian().is_some() || now.is_some_and(|step| step.name() == "guardian"));
    }

    #[test]
    fn a_child_s_journey_ends_with_guardian_consent_and_a_reviewer_s_word_only(answers in answers()) {
        if current(&answers, TODAY).is_none() {
            prop_assert!(is_whole(&answers), "{answers:?}");
        }
    }

    #[test]
    fn that_the_guardian_is_here_is_never_stored(answers in answers()) {
        let read: Answers = serde_json::from_value(serde_json::to_value(&answers).unwrap()).unwrap();
        prop_assert!(read.guardian().is_none());
        prop_assert!(read.is_childs());
    }

    #[test]
    fn starting_anew_keeps_the_guardian_and_nothing_of_the_child(answers in answers()) {
        let anew = answers.anew();
        prop_assert_eq!(anew.guardian().is_some(), answers.guardian().is_some());
        prop_assert!(anew.identity.is_none() && anew.proof().is_none() && anew.child_review(TODAY).is_none());
        prop_assert!(anew.is_childs());
    }
}

#[test]
fn the_random_answers_reach_every_step_and_the_end() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..6_000 {
        let answers = answers().new_tree(&mut runner).unwrap().current();
        seen.insert(current(&answers, TODAY).map_or("done", |step| step.name()));
    }
    let missed: Vec<_> =
        TABLE.steps.iter().map(|step| step.name()).chain(["done"]).filter(|n| !seen.contains(n)).collect();
    assert!(missed.is_empty(), "never the current step: {missed:?}");
}
