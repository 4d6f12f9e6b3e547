//! The migration of an individual (flows.md, section 1): the order of its steps.

use super::step::Step;
use super::steps::{
    agreement, check, email, existing, identity, kind, password, phone, phone_code, sign_in, system, user_name,
};

/// The steps, in order. The current one is the first that applies and isn't satisfied.
pub const STEPS: &[&dyn Step] = &[
    &system::System,
    &kind::Kind,
    &sign_in::SignIn,
    &agreement::Agree,
    &identity::EnterIdentity,
    &check::AwaitCheck,
    &existing::ExistingAccount,
    &user_name::ChooseUserName,
    &phone::EnterPhone,
    &phone_code::EnterCode,
    &email::EnterEmail,
    &password::ChoosePassword,
];

/// The last page, which is no step: nothing is asked on it.
pub(super) const DONE: &str = "done";
