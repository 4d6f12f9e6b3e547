//! The migration of an individual, and a fresh registration: the order of their steps.

use super::step::Step;
use super::steps::{
    agreement, check, code, contact::Place, email, evidence, existing, identity, kind, password, phone, review,
    sign_in, system, user_name,
};

/// The steps, in order. The current one is the first that applies and isn't satisfied.
pub const STEPS: &[&dyn Step] = &[
    &system::System,
    &kind::Kind,
    &sign_in::SignIn,
    &agreement::Agree,
    &identity::EnterIdentity,
    &phone::EnterPhone(Place::Early),
    &code::EnterCode::Phone(Place::Early),
    &email::EnterEmail(Place::Early),
    &code::EnterCode::Email(Place::Early),
    &check::AwaitCheck,
    &evidence::CollectEvidence,
    &review::AwaitReview,
    &existing::ExistingAccount,
    &user_name::ChooseUserName,
    &phone::EnterPhone(Place::Late),
    &code::EnterCode::Phone(Place::Late),
    &email::EnterEmail(Place::Late),
    &code::EnterCode::Email(Place::Late),
    &password::ChoosePassword,
];

/// The last page, which is no step: nothing is asked on it.
pub(super) const DONE: &str = "done";
