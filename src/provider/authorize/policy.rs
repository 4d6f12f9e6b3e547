//! The policy: whether a request can be answered now, or which page has to come first. Evaluated again each time the
//! person returns: nothing trusts that "login happened".

use super::about::About;
use super::guardian;
use crate::clock::Timestamp;
use crate::domain::session::Session;
use crate::protocol::acr::{Acr, SignInLevel};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::request::AuthorizationRequest;
use crate::protocol::scope::{Scope, Scopes};

/// What has been given so far.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// Who is signed in, and whom the request is about.
    pub signed_in: Option<(&'a Session, &'a About)>,
    /// How strongly whoever is signed in can be.
    pub reachable: SignInLevel,
    /// What the client was allowed about them.
    pub consent: &'a Scopes,
    /// Whether consent was given on this request's own page.
    pub consented_here: bool,
    /// Whether it was chosen on this request's own page whom to act for.
    pub selected_here: bool,
    /// Whether the client takes units: then a sign-in alone is no choice.
    pub takes_units: bool,
    /// When the interaction began; none on the silent path.
    pub asked_at: Option<Timestamp>,
    /// Whether the request is for somebody else.
    pub is_other: bool,
    /// Whether it is certain that the answer reaches the client (RFC 8252, section 8.6).
    pub is_assured: bool,
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
    /// Ask for a second factor: the session isn't strong enough.
    StepUp,
    /// Ask who acts for the unit that has signed in.
    Actor,
    /// Ask which account, or whom to act for.
    Select,
    /// Ask for consent.
    Consent,
    /// Say that the child's guardian consents.
    Guardian,
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
        Decision::StepUp => refuse(ErrorCode::LoginRequired, "a second factor has to be proven"),
        Decision::Actor => refuse(ErrorCode::LoginRequired, "who acts for the unit has to be proven"),
        Decision::Select => refuse(ErrorCode::AccountSelectionRequired, "an account has to be chosen"),
        Decision::Consent => refuse(ErrorCode::ConsentRequired, "the person has not consented yet"),
        Decision::Guardian => refuse(ErrorCode::ConsentRequired, "the child's guardian has not consented yet"),
        other => other,
    }
}

fn page(request: &AuthorizationRequest, given: &Given<'_>) -> Decision {
    let Some((session, about)) = given.signed_in else { return Decision::Login };
    if !signed_in_recently(request, given, session) {
        return Decision::Login;
    }
    let bearer = match about {
        About::Bearer(bearer) => bearer,
        About::Choose => return Decision::Select,
        About::Prove => return Decision::Actor,
        About::Nobody => return Decision::Login,
    };
    let fresh = is_after(session, given.asked_at);
    if request.prompt.select_account && !given.selected_here && (given.takes_units || !fresh) {
        return Decision::Select;
    }
    // A sign-in may help, once: what isn't met after it is for the client to know.
    let unmet = |code, text| match fresh {
        true => Decision::Refuse(OAuthError::new(code, text)),
        false => Decision::Login,
    };
    if given.is_other {
        return unmet(ErrorCode::LoginRequired, "somebody else has signed in");
    }
    let reached = Acr { identity: bearer.identity_level(), sign_in: session.level };
    let reachable = Acr { sign_in: reached.sign_in.max(given.reachable), ..reached };
    let any = |wanted: &[String], acr: Acr| wanted.iter().filter_map(|w| Acr::parse(w)).any(|w| acr.satisfies(w));
    let essential = &request.essential_acr;
    if !essential.is_empty() && !any(essential, reached) {
        return match any(essential, reachable) {
            true => Decision::StepUp,
            false => unmet(ErrorCode::UnmetAuthenticationRequirements, "no essential acr value is reached"),
        };
    }
    // What is only welcome is asked for where the person has it, and a silent request goes on without.
    let welcome = &request.acr_values;
    if !request.prompt.none && !welcome.is_empty() && !any(welcome, reached) && any(welcome, reachable) {
        return Decision::StepUp;
    }
    let asked = request.asked();
    let covered = given.consent.covers(&asked);
    // An app that others can pass themselves off as gets nothing without the person's doing (RFC 8252, section 8.6). A child,
    // who is not asked for consent, signs in for it.
    if guardian::consents(&bearer.account, &asked, given.now.date()) {
        return match (covered, given.is_assured || fresh) {
            (true, true) => Decision::Issue,
            (true, false) => Decision::Login,
            (false, _) => Decision::Guardian,
        };
    }
    if !given.consented_here && (request.prompt.consent || !covered || !given.is_assured) {
        return Decision::Consent;
    }
    // Real-name data never goes out by a consent that only seems to be there.
    if asked.contains(Scope::RealName) && !given.consent.contains(Scope::RealName) {
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
pub(super) fn is_after(session: &Session, asked_at: Option<Timestamp>) -> bool {
    asked_at.is_some_and(|asked| session.authenticated_at >= asked)
}
