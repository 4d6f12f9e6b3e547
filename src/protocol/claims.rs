//! The `claims` parameter (OpenID Connect Core, section 5.5), reduced to what the portal knows. It is parsed once and
//! strictly; what it doesn't know is left out, as the section asks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::scope::{Scope, Scopes};

/// The longest parameter, in bytes: what is asked for travels in a code and a token.
pub const MAX_LENGTH: usize = 2048;
/// The deepest nesting.
pub const MAX_DEPTH: usize = 12;
/// What can be asked for inside of `verified_claims`, and the scope that it counts for: of a person, then of a unit.
pub const VERIFIED: [(&str, Scope); 6] = [
    ("name", Scope::RealName),
    ("gender", Scope::RealName),
    ("birthdate", Scope::RealName),
    ("identity_document", Scope::RealName),
    ("organization_name", Scope::Organization),
    ("credit_code", Scope::Organization),
];

/// A claim about the person that can be asked for by name, and comes with a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// The user name.
    PreferredUsername,
    /// When the account last changed, in seconds.
    UpdatedAt,
    /// `individual` or `legal_person`: this portal's own.
    AccountKind,
    /// `male` or `female`, where it is known.
    Gender,
    /// E.164.
    PhoneNumber,
    /// Whether its control was proven.
    PhoneNumberVerified,
    /// The address.
    Email,
    /// Whether it was confirmed.
    EmailVerified,
    /// The postal address (section 5.1.1).
    Address,
    /// The verified name.
    Name,
    /// Type and number of the verified document: this portal's own.
    IdentityDocument,
    /// The unit: this portal's own.
    Organization,
    /// Who acts for the unit (RFC 8693, section 4.1).
    Act,
    /// The person's users in the old system that the client owns: this portal's own.
    LegacyAccounts,
}

impl Claim {
    /// Every claim.
    pub const ALL: [Self; 14] = [
        Self::PreferredUsername,
        Self::UpdatedAt,
        Self::AccountKind,
        Self::Gender,
        Self::PhoneNumber,
        Self::PhoneNumberVerified,
        Self::Email,
        Self::EmailVerified,
        Self::Address,
        Self::Name,
        Self::IdentityDocument,
        Self::Organization,
        Self::Act,
        Self::LegacyAccounts,
    ];

    /// Its text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreferredUsername => "preferred_username",
            Self::UpdatedAt => "updated_at",
            Self::AccountKind => "account_kind",
            Self::Gender => "gender",
            Self::PhoneNumber => "phone_number",
            Self::PhoneNumberVerified => "phone_number_verified",
            Self::Email => "email",
            Self::EmailVerified => "email_verified",
            Self::Address => "address",
            Self::Name => "name",
            Self::IdentityDocument => "identity_document",
            Self::Organization => "organization",
            Self::Act => "act",
            Self::LegacyAccounts => "legacy_accounts",
        }
    }

    /// The scope that it comes with; asking for the claim by name counts as asking for the scope.
    pub fn scope(self) -> Scope {
        match self {
            Self::PreferredUsername | Self::UpdatedAt | Self::AccountKind | Self::Gender => Scope::Profile,
            Self::PhoneNumber | Self::PhoneNumberVerified => Scope::Phone,
            Self::Email | Self::EmailVerified => Scope::Email,
            Self::Address => Scope::Address,
            Self::Name | Self::IdentityDocument => Scope::RealName,
            Self::Organization | Self::Act => Scope::Organization,
            Self::LegacyAccounts => Scope::LegacyAccounts,
        }
    }
}

/// The values that will do (`value`, `values`); none: any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Values(Vec<Value>);

impl Values {
    /// Whether a value is one of them.
    pub fn allow(&self, value: &Value) -> bool {
        self.0.is_empty() || self.0.contains(value)
    }

    fn texts(self) -> Vec<String> {
        self.0.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
    }
}

/// One `verified_claims` element (OpenID Connect for Identity Assurance 1.0, section 5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedRequest {
    /// `verification`: filter and template of what is said about the check.
    #[serde(rename = "v")]
    pub verification: Value,
    /// `claims`, of [`VERIFIED`].
    #[serde(rename = "c")]
    pub claims: BTreeMap<String, Values>,
}

impl VerifiedRequest {
    fn scopes(&self) -> impl Iterator<Item = Scope> + '_ {
        VERIFIED.into_iter().filter(|(name, _)| self.claims.contains_key(*name)).map(|(_, scope)| scope)
    }

    /// Without the claims of other scopes; `None` if nothing is left.
    #[must_use]
    pub fn within(&self, granted: &Scopes) -> Option<Self> {
        let mut kept = self.clone();
        let is_granted =
            |claim: &String| VERIFIED.iter().any(|(name, s)| *name == claim.as_str() && granted.contains(*s));
        kept.claims.retain(|claim, _| is_granted(claim));
        (!kept.claims.is_empty()).then_some(kept)
    }
}

/// What is asked for at one place. Field names are short because it travels in tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Claims by name.
    #[serde(rename = "c", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<Claim, Values>,
    /// Verified claims.
    #[serde(rename = "v", default, skip_serializing_if = "Vec::is_empty")]
    pub verified: Vec<VerifiedRequest>,
}

impl Wanted {
    /// Whether nothing is asked for: then it isn't stored at all.
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty() && self.verified.is_empty()
    }

    /// The scopes that consent has to cover for these claims.
    pub fn scopes(&self) -> impl Iterator<Item = Scope> + '_ {
        let verified = self.verified.iter().flat_map(VerifiedRequest::scopes);
        self.claims.keys().map(|claim| claim.scope()).chain(verified)
    }

    fn keep(&mut self, granted: &Scopes) {
        self.claims.retain(|claim, _| granted.contains(claim.scope()));
        self.verified = self.verified.iter().filter_map(|request| request.within(granted)).collect();
    }
}

/// The claims that are asked for, by where they are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// At the userinfo endpoint.
    #[serde(rename = "u", default, skip_serializing_if = "Wanted::is_empty")]
    pub userinfo: Wanted,
    /// In the ID token.
    #[serde(rename = "i", default, skip_serializing_if = "Wanted::is_empty")]
    pub id_token: Wanted,
}

impl ClaimsRequest {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }

    /// The scopes that it counts for.
    pub fn scopes(&self) -> Scopes {
        self.userinfo.scopes().chain(self.id_token.scopes()).collect()
    }

    /// Without what the client isn't granted.
    #[must_use]
    pub fn within(mut self, granted: &Scopes) -> Self {
        self.userinfo.keep(granted);
        self.id_token.keep(granted);
        self
    }
}

/// A parsed parameter: the claims, and those that decide about the request itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// What is asked for.
    pub claims: ClaimsRequest,
    /// The subjects of which the person must be one, each time that `sub` is asked for with a value.
    pub subjects: Vec<Vec<String>>,
    /// `acr` with values, voluntary.
    pub acr_values: Vec<String>,
    /// `acr` with values, essential (section 5.5.1.1).
    pub essential_acr: Vec<String>,
}

/// The parameter isn't what section 5.5 describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the claims parameter is malformed")]
pub struct Malformed;

impl Parsed {
    /// Reads the parameter.
    ///
    /// # Errors
    /// [`Malformed`]: no JSON object of bounded size and depth, or a known member of another shape.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.len() > MAX_LENGTH {
            return Err(Malformed);
        }
        let json: Value = serde_json::from_str(text).map_err(|_| Malformed)?;
        if depth(&json) > MAX_DEPTH {
            return Err(Malformed);
        }
        let members = json.as_object().ok_or(Malformed)?;
        let mut parsed = Self::default();
        parsed.claims.userinfo = parsed.place(members.get("userinfo"))?;
        parsed.claims.id_token = parsed.place(members.get("id_token"))?;
        if let Some(acr) = members.get("id_token").and_then(|claims| claims.get("acr")) {
            let (essential, values) = individual(acr)?;
            match essential {
                true => parsed.essential_acr = values.texts(),
                false => parsed.acr_values = values.texts(),
            }
        }
        Ok(parsed)
    }

    fn place(&mut self, asked: Option<&Value>) -> Result<Wanted, Malformed> {
        let Some(asked) = asked.filter(|v| !v.is_null()) else { return Ok(Wanted::default()) };
        let asked = asked.as_object().ok_or(Malformed)?;
        let mut wanted = Wanted::default();
        for claim in Claim::ALL {
            if let Some(request) = asked.get(claim.as_str()) {
                wanted.claims.insert(claim, individual(request)?.1);
            }
        }
        if let Some(sub) = asked.get("sub") {
            let subjects = individual(sub)?.1;
            if !subjects.0.is_empty() {
                self.subjects.push(subjects.texts());
            }
        }
        match asked.get("verified_claims") {
            None => {}
            Some(Value::Array(several)) if !several.is_empty() => {
                for one in several {
                    wanted.verified.extend(verified(one)?);
                }
            }
            Some(one) => wanted.verified.extend(verified(one)?),
        }
        Ok(wanted)
    }
}

/// A request for one claim (section 5.5.1): whether it is essential, and the values that will do.
fn individual(request: &Value) -> Result<(bool, Values), Malformed> {
    let members = match request {
        Value::Null => return Ok((false, Values::default())),
        Value::Object(members) => members,
        _ => return Err(Malformed),
    };
    let essential = match members.get("essential") {
        None => false,
        Some(essential) => essential.as_bool().ok_or(Malformed)?,
    };
    let values = match (members.get("value"), members.get("values")) {
        (None, None) => Vec::new(),
        (Some(value), None) => vec![value.clone()],
        (None, Some(Value::Array(values))) if !values.is_empty() => values.clone(),
        _ => return Err(Malformed),
    };
    Ok((essential, Values(values)))
}

/// One request for verified claims; `None` if nothing in it is known. `verification` must name a trust framework, each
/// piece of evidence its type, and `claims` must not be empty.
fn verified(request: &Value) -> Result<Option<VerifiedRequest>, Malformed> {
    let part = |name: &str| -> Result<&Map<String, Value>, Malformed> {
        request.get(name).and_then(Value::as_object).filter(|members| !members.is_empty()).ok_or(Malformed)
    };
    let (verification, asked) = (part("verification")?, part("claims")?);
    let framework = verification.get("trust_framework").ok_or(Malformed)?;
    individual(framework)?;
    if let Some(evidence) = verification.get("evidence") {
        let evidence = evidence.as_array().filter(|all| !all.is_empty()).ok_or(Malformed)?;
        let typed = |one: &Value| one.pointer("/type/value").is_some_and(Value::is_string);
        if !evidence.iter().all(typed) {
            return Err(Malformed);
        }
    }
    let mut claims = BTreeMap::new();
    for (name, _) in VERIFIED {
        if let Some(request) = asked.get(name) {
            claims.insert(name.to_owned(), individual(request)?.1);
        }
    }
    let verification = Value::Object(verification.clone());
    Ok((!claims.is_empty()).then_some(VerifiedRequest { verification, claims }))
}

fn depth(value: &Value) -> usize {
    let deepest = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    1 + deepest.unwrap_or(0)
}
