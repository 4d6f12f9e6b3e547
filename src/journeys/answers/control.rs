//! Control of an account that exists already.

use serde::{Deserialize, Serialize};
use time::Date;

use super::Answers;
use crate::ids::{AccountId, SystemId, UpstreamSubject};

/// Control of an account that exists already, proven now. Bound to that account and to the legacy account that is to
/// be bound to it: another one can't consume it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    account: AccountId,
    system: SystemId,
    subject: UpstreamSubject,
    password: bool,
    code: bool,
    enough: bool,
}

impl Control {
    /// Nothing is proven yet.
    pub(in crate::journeys) fn begin(answers: &Answers, today: Date) -> Option<Self> {
        let proof = answers.proof()?;
        Some(Self {
            account: answers.existing_account(today)?.clone(),
            system: proof.system().clone(),
            subject: proof.subject().clone(),
            password: false,
            code: false,
            enough: false,
        })
    }

    /// The password was right; `alone` says whether that is enough.
    pub(in crate::journeys) fn with_password(self, alone: bool) -> Self {
        Self { password: true, enough: self.enough || alone || self.code, ..self }
    }

    /// The code was right; `alone` says whether that is enough.
    pub(in crate::journeys) fn with_code(self, alone: bool) -> Self {
        Self { code: true, enough: self.enough || alone || self.password, ..self }
    }

    /// Whether it is about the accounts of these answers.
    pub(in crate::journeys) fn is_for(&self, answers: &Answers, today: Date) -> bool {
        answers.existing_account(today) == Some(&self.account)
            && answers.proof().is_some_and(|p| *p.system() == self.system && *p.subject() == self.subject)
    }

    /// Whether nothing more is needed.
    pub fn is_enough(&self) -> bool {
        self.enough
    }

    /// Whether the password is proven.
    pub fn has_password(&self) -> bool {
        self.password
    }

    /// Whether a code is proven.
    pub fn has_code(&self) -> bool {
        self.code
    }
}
