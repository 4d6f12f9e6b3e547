//! The migration of an individual, and a fresh registration: the order of their steps.

use super::step::Phase;
use super::steps::{
    agreement, check, code, contact::Place, email, evidence, existing, identity, kind, password, phone, review,
    sign_in, system, user_name,
};
use super::table::Table;

/// ① 身份核验 ② 完善账号信息 ③ 完成.
pub(super) static TABLE: Table = Table {
    phases: &[Phase::Identity, Phase::Account, Phase::Done],
    steps: &[
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
    ],
};
