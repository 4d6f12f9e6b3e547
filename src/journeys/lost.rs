//! 手机丢失或恢复账号: the owner of an account shows who they are to a reviewer, and gets another phone on file.

use super::step::Phase;
use super::steps::{code, contact::Place, evidence, identity, lost, phone, review};
use super::table::Table;

/// ① 身份核验 ② 完成.
pub(super) static TABLE: Table = Table {
    phases: &[Phase::Identity, Phase::Done],
    steps: &[
        &identity::EnterIdentity,
        &phone::EnterPhone(Place::Early),
        &code::EnterCode::Phone(Place::Early),
        &evidence::CollectEvidence,
        &review::AwaitReview,
        &lost::Regained,
    ],
};
