//! What a person types to sign in: a user name, a phone, a document's number or a unit's credit code. Their forms don't
//! overlap but in one place: a code of digits alone may look like a citizen's number. Then the check characters decide.

use time::Date;

use super::contact::{Phone, PhoneFault};
use super::document::{Document, DocumentFault, DocumentType};
use super::typed::{compact, is_dash};
use super::unit::CreditCode;
use super::user_name::{UserName, UserNameFault};

/// A sign-in identifier, recognised by its form alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInIdentifier {
    /// A user name.
    UserName(UserName),
    /// A mobile number.
    Phone(Phone),
    /// A document's number; its kind follows from its form.
    Document(Document),
    /// A unit's credit code.
    CreditCode(CreditCode),
}

/// Why a text is no sign-in identifier: the fault of the kind that it comes closest to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierFault {
    /// Nothing was typed.
    #[error("empty")]
    Empty,
    /// Meant as a phone.
    #[error("phone_{0}")]
    Phone(PhoneFault),
    /// Meant as a document's number.
    #[error("document_{0}")]
    Document(DocumentFault),
    /// Meant as a user name.
    #[error("user_name_{0}")]
    UserName(UserNameFault),
}

impl SignInIdentifier {
    /// Recognises what was typed.
    pub fn parse(raw: &str, today: Date) -> Result<Self, IdentifierFault> {
        let number = plain(raw);
        if number.is_empty() {
            return Err(IdentifierFault::Empty);
        }
        if let Ok(phone) = Phone::parse(raw) {
            return Ok(Self::Phone(phone));
        }
        let code = CreditCode::parse(&number).ok();
        if let Some(kind) = document_type(&number) {
            return match (Document::parse(kind, &number, today), code) {
                (Err(_), Some(code)) if code.has_right_check() => Ok(Self::CreditCode(code)),
                (document, _) => document.map(Self::Document).map_err(IdentifierFault::Document),
            };
        }
        if let Some(code) = code {
            return Ok(Self::CreditCode(code));
        }
        if number.starts_with(|c: char| c.is_ascii_digit()) && number.len() > 13 {
            let citizen = Document::parse(of_citizen_form(&number), &number, today);
            return citizen.map(Self::Document).map_err(IdentifierFault::Document);
        }
        if number.starts_with(|c: char| c.is_ascii_digit() || c == '+') {
            return Phone::parse(raw).map(Self::Phone).map_err(IdentifierFault::Phone);
        }
        UserName::parse(raw).map(Self::UserName).map_err(IdentifierFault::UserName)
    }
}

/// Whether a text has the form of a phone, an e-mail address, a document's number or a credit code (GB 32100-2015) in
/// any spelling. The form alone counts, not a check character: a number mistyped in one digit still isn't a name.
pub(super) fn looks_like_identifier(text: &str) -> bool {
    let number: String = plain(text).chars().filter(|c| !is_dash(*c) && !matches!(c, '.' | '_')).collect();
    number.contains('@')
        || looks_like_phone(&number)
        || document_type(&number).is_some()
        || CreditCode::parse(&number).is_ok()
}

/// The compact form, without the brackets around the letter of an old Taiwan permit.
fn plain(raw: &str) -> String {
    compact(raw).replace(['(', ')'], "")
}

/// Whether a text has the form of a mobile number.
pub(super) fn looks_like_phone(text: &str) -> bool {
    Phone::parse(text).is_ok() || text.strip_prefix("00").is_some_and(|rest| Phone::parse(rest).is_ok())
}

/// The kind of document whose numbers have this form, of a compact text.
fn document_type(number: &str) -> Option<DocumentType> {
    let (head, tail) = number.split_at_checked(number.find(|c: char| c.is_ascii_digit())?)?;
    if !head.bytes().all(|b| b.is_ascii_uppercase()) {
        return None;
    }
    let (digits, last) = match tail.strip_suffix(|c: char| c.is_ascii_uppercase()) {
        Some(digits) => (digits, tail.chars().last()),
        None => (tail, None),
    };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match (head.len(), head, digits.len(), last) {
        (0, _, 18, None) | (0, _, 17, Some('X')) => Some(of_citizen_form(number)),
        (0, _, 15, None) => Some(DocumentType::ResidentId),
        (0, _, 8, None) | (0, _, 10, Some(_)) => Some(DocumentType::TaiwanPermit),
        (3, _, 12, None) => Some(DocumentType::ForeignPermanentResident),
        (1, "H" | "M", 8 | 10, None) => Some(DocumentType::HongKongMacaoPermit),
        (1, "E" | "G", 8, None) | (2, "DE" | "SE" | "PE", 7, None) => Some(DocumentType::Passport),
        (2, _, 7, None) if head.starts_with('E') => Some(DocumentType::Passport),
        _ => None,
    }
}

fn of_citizen_form(number: &str) -> DocumentType {
    match number.get(..6) {
        Some("810000" | "820000") => DocumentType::HongKongMacaoResidence,
        Some("830000") => DocumentType::TaiwanResidence,
        _ if number.starts_with('9') => DocumentType::ForeignPermanentResident,
        _ => DocumentType::ResidentId,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = time::macros::date!(2026 - 11 - 24);

    #[test]
    fn recognises_each_kind() {
        use DocumentType::*;
        for (raw, kind) in [
            ("３４０１０２ 19880315 9975", ResidentId),
            ("34010419760501997x", ResidentId),
            ("81000019900101997x", HongKongMacaoResidence),
            ("830000199001019973", TaiwanResidence),
            ("934840198507099971", ForeignPermanentResident),
            ("jpn340185070917", ForeignPermanentResident),
            ("h00000001", HongKongMacaoPermit),
            ("00000001", TaiwanPermit),
            ("0000000001(B)", TaiwanPermit),
            ("EA0000001", Passport),
        ] {
            match SignInIdentifier::parse(raw, TODAY) {
                Ok(SignInIdentifier::Document(document)) => assert_eq!(document.kind(), kind, "{raw}"),
                other => panic!("{raw}: {other:?}"),
            }
        }
        assert!(matches!(SignInIdentifier::parse("+86 138 0013 8000", TODAY), Ok(SignInIdentifier::Phone(_))));
        assert!(matches!(SignInIdentifier::parse("ZhangSan", TODAY), Ok(SignInIdentifier::UserName(_))));
        for raw in ["91340100MA2TESTX0A", " ９１340100ma2testx0a", "91340100-MA2TESTX0-A"] {
            let raw = raw.replace('S', "R").replace('s', "r");
            assert!(matches!(SignInIdentifier::parse(&raw, TODAY), Ok(SignInIdentifier::CreditCode(_))), "{raw}");
        }
        // Of the form of a citizen's number, but the date in it is none, and its own check character is right.
        assert!(matches!(SignInIdentifier::parse("913401007049012352", TODAY), Ok(SignInIdentifier::CreditCode(_))));
    }

    #[test]
    fn tells_the_nearest_fault() {
        let fault = |raw| SignInIdentifier::parse(raw, TODAY).unwrap_err();
        assert_eq!(fault(" "), IdentifierFault::Empty);
        assert_eq!(fault("340102198803159970"), IdentifierFault::Document(DocumentFault::Checksum));
        assert_eq!(fault("340102880315997"), IdentifierFault::Document(DocumentFault::Obsolete15));
        assert_eq!(fault("34010219880315997"), IdentifierFault::Document(DocumentFault::Length));
        assert_eq!(fault("12800138000"), IdentifierFault::Phone(PhoneFault::NotMobile));
        assert_eq!(fault("张三"), IdentifierFault::UserName(UserNameFault::FirstCharacter));
        assert_eq!(fault("张三").to_string(), "user_name_first_character");
    }
}
