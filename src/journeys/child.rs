//! A child's migration or registration, which its guardian goes: the order of its steps.

use super::step::Phase;
use super::steps::child::{existing, guardian, relation};
use super::steps::{agreement, check, evidence, identity, password, review, sign_in, system, user_name};
use super::table::Table;

/// ① 身份核验 ② 完善账号信息 ③ 完成.
pub(super) static TABLE: Table = Table {
    phases: &[Phase::Identity, Phase::Account, Phase::Done],
    steps: &[
        &guardian::GuardianHere,
        &system::System,
        &sign_in::SignIn,
        &agreement::Agree,
        &identity::EnterIdentity,
        &relation::ChooseRelation,
        &check::AwaitCheck,
        &evidence::CollectEvidence,
        &review::AwaitReview,
        &existing::ExistingChildAccount,
        &user_name::ChooseUserName,
        &password::ChoosePassword,
    ],
};
