//! A step of a wizard.

use futures_util::future::BoxFuture;
use time::Date;

use super::answers::Answers;
use super::engine::{Cx, StepError, Taken};
use crate::pages::Rendered;
use crate::protocol::params::Params;

/// What a step is part of. A person goes through ① 身份核验 ② 完善账号信息 ③ 完成, a unit through ① 法定代表人认证
/// ② 法人核验 ③ 完善账号信息 ④ 完成.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// 身份核验.
    Identity,
    /// 法定代表人认证.
    Representative,
    /// 法人核验.
    Unit,
    /// 完善账号信息.
    Account,
    /// 完成.
    Done,
}

impl Phase {
    /// The key of its name.
    pub fn key(self) -> &'static str {
        match self {
            Self::Identity => "phase-identity",
            Self::Representative => "phase-representative",
            Self::Unit => "phase-unit",
            Self::Account => "phase-account",
            Self::Done => "phase-done",
        }
    }
}

/// A step: one page, one question.
pub trait Step: Sync {
    /// Its name: the last segment of its path, and its node in the diagram.
    fn name(&self) -> &'static str;

    /// Where it stands.
    fn phase(&self) -> Phase;

    /// When it applies, in words: for the diagram.
    fn when(&self) -> &'static str {
        "always"
    }

    /// Whether it is asked at all, given the other answers.
    fn applies(&self, _answers: &Answers, _today: Date) -> bool {
        true
    }

    /// Whether it is answered, by what is proven now.
    fn is_satisfied(&self, answers: &Answers, today: Date) -> bool;

    /// Whether an answered one is a page to go back to: not if nothing on it could be changed.
    fn is_revisited(&self) -> bool {
        true
    }

    /// What it begins by itself when a submitted answer has led to it; whether it did anything.
    fn arrive<'a>(&'a self, _cx: &'a Cx<'a>) -> BoxFuture<'a, Result<bool, StepError>> {
        Box::pin(async { Ok(false) })
    }

    /// Its page.
    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>>;

    /// Takes what was submitted.
    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>>;
}
