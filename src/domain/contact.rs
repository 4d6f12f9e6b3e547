//! Ways to reach a person: a mobile phone and an e-mail address.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::typed::{compact, is_dash, tidy};

/// Why a text can't be a mobile number of the mainland. The text is a key: the pages word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PhoneFault {
    /// Nothing was typed.
    #[error("empty")]
    Empty,
    /// Something other than digits.
    #[error("characters")]
    Characters,
    /// Not 11 digits.
    #[error("length")]
    Length,
    /// Eleven digits, but no mobile number; or a 13-digit machine card (14…), which gets no text messages.
    #[error("not_mobile")]
    NotMobile,
}

/// A mobile number of the mainland: `1[3-9]` and 9 digits. `Debug` shows the masked number only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

impl Phone {
    /// Reads what was typed: `+86` or `86` before the number, blanks, dashes, brackets and full width are forgiven.
    pub fn parse(raw: &str) -> Result<Self, PhoneFault> {
        let typed: String = compact(raw).chars().filter(|c| !is_dash(*c) && !matches!(c, '(' | ')')).collect();
        let number = typed
            .strip_prefix("+86")
            .or_else(|| typed.strip_prefix("86").filter(|rest| rest.len() == 11))
            .unwrap_or(&typed);
        if number.is_empty() {
            return Err(PhoneFault::Empty);
        }
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PhoneFault::Characters);
        }
        let mobile = number.starts_with('1') && matches!(number.as_bytes().get(1), Some(b'3'..=b'9'));
        match (number.len(), mobile) {
            (11, true) => Ok(Self(number.to_owned())),
            (11, false) => Err(PhoneFault::NotMobile),
            (13, _) if number.starts_with("14") => Err(PhoneFault::NotMobile),
            _ => Err(PhoneFault::Length),
        }
    }

    /// The 11 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number in the form of ITU-T E.164, as the `phone_number` claim wants it (OpenID Connect Core, 5.1).
    pub fn e164(&self) -> String {
        format!("+86{}", self.0)
    }

    /// The first 3 digits and the last 4.
    pub fn masked(&self) -> String {
        let part = |range: std::ops::Range<usize>| self.0.get(range).unwrap_or_default();
        format!("{}****{}", part(0..3), part(7..11))
    }

    /// The last 2 digits: what a page about someone else's account may show.
    pub fn last_two(&self) -> &str {
        self.0.get(9..).unwrap_or_default()
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

impl TryFrom<String> for Phone {
    type Error = PhoneFault;

    fn try_from(text: String) -> Result<Self, PhoneFault> {
        Self::parse(&text)
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

/// Why a text can't be an e-mail address. The text is a key: the pages word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum EmailFault {
    /// Nothing was typed.
    #[error("empty")]
    Empty,
    /// More than 254 octets, or 64 before the `@` (RFC 5321, section 4.5.3.1).
    #[error("length")]
    Length,
    /// Not `name@domain` in ASCII.
    #[error("form")]
    Form,
}

/// An e-mail address: a dot-atom and a host name in ASCII (RFC 5321, section 4.1.2), without quoted names, comments,
/// address literals and internationalised parts. `Debug` shows the masked address only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads what was typed; full width is forgiven, `。` in the domain is a full stop, the domain gets lower case.
    pub fn parse(raw: &str) -> Result<Self, EmailFault> {
        let typed = tidy(raw);
        if typed.is_empty() {
            return Err(EmailFault::Empty);
        }
        let (local, domain) = typed.rsplit_once('@').ok_or(EmailFault::Form)?;
        let domain = domain.replace(['\u{3002}', '\u{FF61}'], ".").to_ascii_lowercase();
        if local.len() > 64 || local.len() + 1 + domain.len() > 254 {
            return Err(EmailFault::Length);
        }
        let atoms = local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom));
        if !atoms || !is_host(&domain) {
            return Err(EmailFault::Form);
        }
        Ok(Self(format!("{local}@{domain}")))
    }

    /// The address as it is written to.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two addresses are compared: all lower case.
    pub fn fold(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The first character, three `*` and the domain.
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or_default();
        let head: String = local.chars().take(1).collect();
        format!("{head}***@{domain}")
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({})", self.masked())
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailFault;

    fn try_from(text: String) -> Result<Self, EmailFault> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

/// `atext` of RFC 5322, section 3.2.3.
fn is_atom(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b)
}

/// A host name of at least two labels (RFC 1123, section 2.1) whose last one isn't a number.
fn is_host(domain: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top_is_name = domain.rsplit_once('.').is_some_and(|(_, top)| !top.bytes().all(|b| b.is_ascii_digit()));
    top_is_name && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones() {
        let phone = Phone::parse("+86 138－0013 8000").unwrap();
        assert_eq!((phone.as_str(), phone.masked().as_str(), phone.last_two()), ("13800138000", "138****8000", "00"));
        assert_eq!(phone.e164(), "+8613800138000");
        assert_eq!(Phone::parse("86 138 0013 8000"), Ok(phone));
        assert_eq!(Phone::parse("1440000000000"), Err(PhoneFault::NotMobile));
        assert_eq!(Phone::parse("١٣٨٠٠١٣٨٠٠٠"), Err(PhoneFault::Characters));
        assert_eq!(Phone::parse(" "), Err(PhoneFault::Empty));
    }

    #[test]
    fn addresses() {
        let address = EmailAddress::parse(" Zhang.San@EXAMPLE。com ").unwrap();
        assert_eq!(address.as_str(), "Zhang.San@example.com");
        assert_eq!(address.fold(), "zhang.san@example.com");
        assert_eq!(address.masked(), "Z***@example.com");
        for bad in
            ["a", "@b.cn", "a@", "a@b", "a@@b.cn", "a b@c.cn", "a..b@c.cn", "a@-b.cn", "a@1.2", "张@b.cn", "a@[::1]"]
        {
            assert_eq!(EmailAddress::parse(bad), Err(EmailFault::Form), "{bad}");
        }
        assert_eq!(EmailAddress::parse("\"a\"@b.cn\r\nBcc: x@y.cn"), Err(EmailFault::Form));
    }
}
