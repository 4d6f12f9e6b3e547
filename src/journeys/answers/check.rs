//! What the automatic check came to.

use serde::{Deserialize, Serialize};

use crate::domain::identity::Identity;
use crate::verify::{CheckPassed, CheckResult};

/// What a check came to. Bound to the name and document that were checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Check {
    /// The source confirmed it.
    Passed {
        /// The proof.
        proof: CheckPassed,
    },
    /// It didn't. To the outside all of these look the same.
    Failed {
        /// What was checked.
        identity: Identity,
        /// What the source said; a match that contradicts the old row is a failure too.
        why: Failure,
    },
    /// The source gave no answer.
    Unavailable {
        /// What was to be checked.
        identity: Identity,
    },
    /// So many tries that a captcha comes first.
    Captcha {
        /// What is to be checked.
        identity: Identity,
    },
    /// A limit was reached: only a reviewer can go on.
    Limited {
        /// What was to be checked.
        identity: Identity,
    },
}

/// Why a check failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The source's own word.
    Source(CheckResult),
    /// It matches, but the old row names somebody else: whoever holds a stolen old password could be claiming it.
    Contradiction,
    /// The name is one that no source can confirm.
    Unusual,
}

impl Failure {
    /// Its text in the audit log and for reviewers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source(result) => result.as_str(),
            Self::Contradiction => "contradiction",
            Self::Unusual => "unusual_name",
        }
    }
}

impl Check {
    /// Whether it is about this identity.
    pub fn is_for(&self, identity: &Identity) -> bool {
        match self {
            Self::Passed { proof } => proof.is_for(&identity.name, &identity.document),
            Self::Failed { identity: checked, .. }
            | Self::Unavailable { identity: checked }
            | Self::Captcha { identity: checked }
            | Self::Limited { identity: checked } => checked.is_same_person(identity),
        }
    }
}
