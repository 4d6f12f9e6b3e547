//! Legacy systems as upstream identity sources: one file a connector kind, the catalogue, what a sign-in proves.

pub mod catalogue;
mod doubt;
mod formula;
mod openid_connect;
mod proof;
mod registry;
mod ticket;
mod user_table;

pub use doubt::Doubt;
pub use openid_connect::{Answer, Asked, Standing};
pub use proof::{UpstreamProfile, UpstreamProof, UpstreamUnit};
pub use registry::{ConnectedSystem, Systems};

use crate::secret::Secret;

/// What a person typed to sign in at a legacy system.
#[derive(Clone, Debug)]
pub struct Credentials<'a> {
    /// The old account.
    pub account: &'a str,
    /// The old password.
    pub password: &'a Secret,
    /// Individual or legal person.
    pub kind: crate::protocol::account_kind::AccountKind,
}

/// What a connector learned from a successful sign-in.
#[derive(Clone, Debug)]
pub struct UpstreamUser {
    /// The upstream's own, never-changing identifier of this user.
    pub subject: crate::ids::UpstreamSubject,
    /// Whether the upstream says that the user, or a unit's legal representative, is real-name verified.
    pub says_verified: bool,
    /// What else it knows; pre-fills forms, never proof.
    pub profile: UpstreamProfile,
}

/// Why a sign-in at a legacy system failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInFailure {
    /// Unknown user or wrong password: nothing says which.
    #[error("unknown user or wrong password")]
    Rejected,
    /// The upstream has locked the account for a while.
    #[error("locked")]
    Locked,
    /// The upstream has disabled the account.
    #[error("disabled")]
    Disabled,
    /// No answer, a late one, or one that makes no sense.
    #[error("unavailable")]
    Unavailable,
    /// The person, or the provider, has broken off a sign-in over there.
    #[error("declined")]
    Declined,
    /// An answer that doesn't verify: forged, meant for somebody else, or mixed up with another provider's.
    #[error("untrusted")]
    Untrusted,
}
