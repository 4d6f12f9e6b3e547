//! The policy: whether a request can be answered now, or which page has to come first. Evaluated again each time the
//! person returns: nothing trusts that "login happened".

use crate::clock::Timestamp;
use crate::domain::account::Account;
use crate::domain::session::Session;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::request::AuthorizationRequest;
use crate::protocol::scope::{Scope, Scopes};

/// What has been given so far.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// Who is signed in.
    pub signed_in: Option<(&'a Session, &'a Account)>,
    /// What the account has allowed this client.
    pub consent: &'a Scopes,
    /// Whether consent was given on this request's own page.
    pub consented_here: bool,
    /// Whether the account was chosen on this request's own page.
    pub selected_here: bool,
    /// When the interaction began; none on the silent path.
    pub asked_at: Option<Timestamp>,
    /// Whether an `id_token_hint` names somebody else than who is signed in.
    pub hint_is_other: bool,
    /// The time.
    pub now: Timestamp,
}

/// What to do with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Issue the code.
    Issue,
    /// Ask for the sign-in.
    Login,
    /// Ask which account.
    Select,
    /// Ask for consent.
    Consent,
    /// Answer with an error.
    Refuse(OAuthError),
}

/// Decides (OpenID Connect Core, sections 3.1.2.3 and 3.1.2.4).
pub fn decide(request: &AuthorizationRequest, given: &Given<'_>) -> Decision {
    let wanted = page(request, given);
    if !request.prompt.none {
        return wanted;
    }
    let refuse = |code, text| Decision::Refuse(OAuthError::new(code, text));
    match wanted {
        Decision::Login => refuse(ErrorCode::LoginRequired, "nobody is signed in, or not recently enough"),
        Decision::Select => refuse(ErrorCode::AccountSelectionRequired, "an account has to be chosen"),
        Decision::Consent => refuse(ErrorCode::ConsentRequired, "the person has not consented yet"),
        other => other,
    }
}

fn page(request: &AuthorizationRequest, given: &Given<'_>) -> Decision {
    let Some((session, account)) = given.signed_in else { return Decision::Login };
    if !signed_in_recently(request, given, session) || given.hint_is_other {
        return Decision::Login;
    }
    if request.account_kind.is_some_and(|kind| kind != account.kind) {
        return Decision::Login;
    }
    if request.prompt.select_account && !given.selected_here && !is_after(session, given.asked_at) {
        return Decision::Select;
    }
    let real_name_asked = request.scopes.contains(Scope::RealName);
    let covered = given.consent.covers(&request.scopes);
    if !given.consented_here && (request.prompt.consent || !covered) {
        return Decision::Consent;
    }
    // Real-name data never goes out by a consent that only seems to be there.
    if real_name_asked && !given.consent.contains(Scope::RealName) {
        return Decision::Consent;
    }
    Decision::Issue
}

fn signed_in_recently(request: &AuthorizationRequest, given: &Given<'_>, session: &Session) -> bool {
    if request.prompt.login && !is_after(session, given.asked_at) {
        return false;
    }
    let age = given.now.seconds() - session.authenticated_at.seconds();
    // `max_age=0` is `prompt=login` (section 3.1.2.1): a sign-in for this very request will do.
    request.max_age.is_none_or(|most| age <= most || (most == 0 && is_after(session, given.asked_at)))
}

/// Whether the sign-in happened for this interaction.
fn is_after(session: &Session, asked_at: Option<Timestamp>) -> bool {
    asked_at.is_some_and(|asked| session.authenticated_at >= asked)
}
