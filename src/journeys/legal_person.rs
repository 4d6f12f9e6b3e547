//! The migration of a unit (flows.md 2): the order of its steps.

use super::step::Phase;
use super::steps::unit::{check, confirmation, enter, existing, representative};
use super::steps::{agreement, contact::Place, email, evidence, kind, password, review, sign_in, system, user_name};
use super::table::Table;

/// ① 法定代表人认证 ② 法人核验 ③ 完善账号信息 ④ 完成.
pub(super) static TABLE: Table = Table {
    phases: &[Phase::Representative, Phase::Unit, Phase::Account, Phase::Done],
    steps: &[
        &system::System,
        &kind::Kind,
        &sign_in::SignIn,
        &representative::Representative,
        &enter::EnterUnit,
        &confirmation::AwaitConfirmation,
        &agreement::Agree,
        &check::AwaitUnitCheck,
        &evidence::CollectEvidence,
        &review::AwaitReview,
        &existing::ExistingUnitAccount,
        &user_name::ChooseUserName,
        &email::EnterEmail(Place::Late),
        &password::ChoosePassword,
    ],
};
