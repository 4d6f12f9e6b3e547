//! What an examination of a connected system finds wrong, where nobody signs in (`guiyi doctor`).

/// Why a connected system wouldn't take a sign-in. The texts hold no secret and no person's data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// No answer, or a server's error.
    #[error("{0}")]
    Down(String),
    /// An answer of another protocol.
    #[error("{0}")]
    Protocol(String),
    /// It doesn't know the portal, or its secret.
    #[error("{0}")]
    Refused(String),
    /// It finds the portal's time too far from its own.
    #[error("{0}")]
    Clock(String),
    /// A provider whose metadata is another issuer's.
    #[error("{0}")]
    Issuer(String),
    /// A provider that signs with nothing that is accepted here.
    #[error("{0}")]
    Algorithms(String),
    /// A file that isn't there, or can't be read.
    #[error("{0}")]
    File(String),
    /// A table without what the configuration names.
    #[error("{0}")]
    Columns(String),
}
