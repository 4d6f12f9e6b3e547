//! ID tokens that come back as hints (`id_token_hint`; OpenID Connect RP-Initiated Logout 1.0, section 2): only our
//! own signature is believed; an expired one is still a hint.

use serde::Deserialize;

use crate::app::App;
use crate::domain::client::Client;
use crate::ids::SessionId;
use crate::keys::ID_TOKEN;

/// The longest hint that is looked at, in bytes.
const MAX: usize = 4096;

/// What a genuine hint says.
#[derive(Clone, Debug, Deserialize)]
pub struct Hint {
    /// The pairwise subject.
    pub sub: String,
    /// The client it was issued to.
    pub aud: String,
    /// The session, as that client knows it. An ID token of a refresh that outlives its session names none.
    pub sid: Option<String>,
}

/// The `sid` claim: pairwise too, so that two clients can't match their users by it.
pub fn sid(app: &App, client: &Client, session: &SessionId) -> String {
    app.keys.hash("sid", &format!("{}\n{session}", client.sector))
}

/// Reads a hint; `None` unless this portal signed it.
pub fn read(app: &App, token: &str) -> Option<Hint> {
    if token.len() > MAX {
        return None;
    }
    app.signing.verify(ID_TOKEN, app.config.issuer_text(), token)
}
