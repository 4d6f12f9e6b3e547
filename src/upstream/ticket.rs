//! The ticket API with md5 signatures that provincial portals of the 2010s spoke (shape in docs/legacy-systems.md):
//! account and password give a single-use ticket, the ticket a token, the token the user's data.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use time::macros::{format_description, offset};
use url::Url;

use super::formula::md5_hex;
use super::{Credentials, Doubt, SignInFailure, UpstreamProfile, UpstreamUnit, UpstreamUser};
use crate::clock::{Clock, Timestamp};
use crate::ids::UpstreamSubject;
use crate::protocol::account_kind::AccountKind;
use crate::secret::Secret;

/// How long one call may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 64 * 1024;

pub(super) struct Ticket {
    pub(super) url: Url,
    pub(super) service_code: String,
    pub(super) service_password: Secret,
    pub(super) http: reqwest::Client,
    pub(super) clock: Clock,
}

#[derive(Deserialize)]
struct Answer {
    result: String,
    #[serde(default)]
    ticket: String,
    #[serde(default)]
    token: String,
    user: Option<User>,
}

/// A user's row; of a unit's account the fields of the unit stand in place of `idtype` to `nation`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct User {
    userid: String,
    authlevel: String,
    idtype: String,
    username: String,
    idcountry: String,
    idnum: String,
    birthday: String,
    sex: String,
    nation: String,
    mobile: String,
    email: String,
    #[serde(rename = "CompanyName")]
    company_name: String,
    #[serde(rename = "CompanyType")]
    company_type: String,
    uniscid: String,
    #[serde(rename = "CompanyAddress")]
    company_address: String,
    #[serde(rename = "EstablishDate")]
    establish_date: String,
    #[serde(rename = "CompanyLegRep")]
    representative: String,
    #[serde(rename = "CompanyLegRepIdType")]
    representative_id_type: String,
    #[serde(rename = "CompanyLegRepIdCountry")]
    representative_id_country: String,
    #[serde(rename = "CompanyLegRepIdNum")]
    representative_id_num: String,
}

impl User {
    fn profile(self, kind: AccountKind) -> UpstreamProfile {
        match kind {
            AccountKind::Individual => UpstreamProfile {
                name: self.username,
                document_type: self.idtype,
                document_country: self.idcountry,
                document_number: self.idnum,
                birth_date: self.birthday,
                gender: self.sex,
                ethnic_group: self.nation,
                phone: self.mobile,
                email: self.email,
                unit: None,
            },
            AccountKind::LegalPerson => UpstreamProfile {
                name: self.representative,
                document_type: self.representative_id_type,
                document_country: self.representative_id_country,
                document_number: self.representative_id_num,
                phone: self.mobile,
                email: self.email,
                unit: Some(UpstreamUnit {
                    name: self.company_name,
                    unit_type: self.company_type,
                    credit_code: self.uniscid,
                    address: self.company_address,
                    registered_on: self.establish_date,
                }),
                ..UpstreamProfile::default()
            },
        }
    }
}

impl Ticket {
    pub(super) async fn sign_in(&self, credentials: &Credentials<'_>) -> Result<UpstreamUser, SignInFailure> {
        let kind = match credentials.kind {
            AccountKind::Individual => "individual",
            AccountKind::LegalPerson => "legal",
        };
        let login = [("account", credentials.account), ("password", credentials.password.expose()), ("kind", kind)];
        let ticket = self.call("api/ticket", &login).await?.ticket;
        let token = self.call("api/token", &[("ticket", &ticket)]).await?.token;
        let user = self.call("api/userinfo", &[("token", &token)]).await?.user.ok_or(SignInFailure::Unavailable)?;
        if user.userid.is_empty() {
            return Err(SignInFailure::Unavailable);
        }
        Ok(UpstreamUser {
            subject: UpstreamSubject(user.userid.clone()),
            says_verified: matches!(user.authlevel.as_str(), "1" | "2" | "3"),
            profile: user.profile(credentials.kind),
        })
    }

    /// Brings no ticket for a token, which is refused whoever asks; whose signature is wrong is refused for that.
    pub(super) async fn examine(&self) -> Result<(), Doubt> {
        let answer = self.signed("api/token", &[("ticket", "")]).await.map_err(CallError::doubt)?;
        match answer.result.as_str() {
            "1001" => Err(Doubt::Refused("the service code or its password is wrong (1001)".to_owned())),
            "1002" => Err(Doubt::Clock("the time of the request is too far from its own (1002)".to_owned())),
            // 3001: no such ticket.
            code if code.len() == 4 && code.starts_with('3') => Ok(()),
            _ => Err(Doubt::Protocol("a ticket that there isn't was not refused".to_owned())),
        }
    }

    /// A call with its signature, whatever comes of it.
    async fn signed(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer, CallError> {
        let time = beijing_time(self.clock.now());
        let sign = signature(&self.service_code, self.service_password.expose(), &time);
        let mut form = fields.to_vec();
        form.extend([("servicecode", self.service_code.as_str()), ("time", &time), ("sign", &sign)]);
        self.post(self.url.join(path)?, &form).await
    }

    async fn call(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer, SignInFailure> {
        let answer = self.signed(path, fields).await.map_err(|error| {
            tracing::warn!(system = %self.service_code, path, %error, "legacy system unavailable");
            SignInFailure::Unavailable
        })?;
        match answer.result.as_str() {
            "0" => Ok(answer),
            "2001" | "2002" => Err(SignInFailure::Rejected),
            "2003" => Err(SignInFailure::Locked),
            "2004" => Err(SignInFailure::Disabled),
            code => {
                tracing::warn!(system = %self.service_code, path, code, "legacy system refused the call");
                Err(SignInFailure::Unavailable)
            }
        }
    }

    async fn post<T: DeserializeOwned>(&self, url: Url, form: &[(&str, &str)]) -> Result<T, CallError> {
        let answer = self.http.post(url).form(form).timeout(TIMEOUT).send().await?.error_for_status()?;
        let body = crate::http_client::bounded(answer, MAX_ANSWER).await.ok_or(CallError::TooLarge)?;
        Ok(serde_json::from_slice(&body)?)
    }
}

#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error("{}", .0.to_string().split(" for url").next().unwrap_or_default())]
    Http(#[from] reqwest::Error),
    #[error("the address makes no sense: {0}")]
    Address(#[from] url::ParseError),
    #[error("the answer is too large")]
    TooLarge,
    #[error("the answer makes no sense: {0}")]
    Format(#[from] serde_json::Error),
}

impl CallError {
    fn doubt(self) -> Doubt {
        match self {
            Self::Http(error) if error.status().is_none_or(|status| status.is_server_error()) => {
                Doubt::Down(crate::http_client::why(error))
            }
            other => Doubt::Protocol(other.to_string()),
        }
    }
}

/// `yyyyMMddHHmmss` in Beijing time.
fn beijing_time(now: Timestamp) -> String {
    let format = format_description!("[year][month][day][hour][minute][second]");
    time::OffsetDateTime::from_unix_timestamp(now.seconds())
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
        .to_offset(offset!(+8))
        .format(format)
        .unwrap_or_default()
}

/// `md5hex(servicecode + servicepwd + time)`.
fn signature(code: &str, password: &str, time: &str) -> String {
    md5_hex(&[code, password, time].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `zj_simpleauth` of the published vectors.
    #[test]
    fn the_signature_is_the_one_that_the_old_portals_computed() {
        assert_eq!(signature("hfzwfw", "hfzwfwpwd", "20261124101530"), "d89dc3afcf08f818440110c095d4d968");
        assert_eq!(beijing_time(Timestamp(1_795_486_530_000)), "20261124101530");
    }
}
