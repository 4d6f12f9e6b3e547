//! Identity documents: which kinds the portal knows, and the form of their numbers.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::Date;

use super::birth;
use super::person::Gender;
use super::typed::{compact, stars};

pub mod citizen;
pub mod country;
pub mod permit;

pub use country::Country;

/// The kinds of identity document, as the registration form offers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentType {
    /// 居民身份证, GB 11643-1999.
    ResidentId,
    /// 外国人永久居留身份证: the form since 2023-12-01 (18 digits), or the earlier one (3 letters, 12 digits).
    ForeignPermanentResident,
    /// 港澳居民来往内地通行证.
    HongKongMacaoPermit,
    /// 台湾居民来往大陆通行证.
    TaiwanPermit,
    /// 港澳居民居住证: a number of GB 11643 form under 810000 or 820000.
    HongKongMacaoResidence,
    /// 台湾居民居住证: a number of GB 11643 form under 830000.
    TaiwanResidence,
    /// 中华人民共和国护照, or the passport of another country.
    Passport,
}

impl DocumentType {
    /// Every kind, in the order of the form.
    pub const ALL: [Self; 7] = [
        Self::ResidentId,
        Self::ForeignPermanentResident,
        Self::HongKongMacaoPermit,
        Self::TaiwanPermit,
        Self::HongKongMacaoResidence,
        Self::TaiwanResidence,
        Self::Passport,
    ];

    /// The stored name; the same text as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResidentId => "resident_id",
            Self::ForeignPermanentResident => "foreign_permanent_resident",
            Self::HongKongMacaoPermit => "hong_kong_macao_permit",
            Self::TaiwanPermit => "taiwan_permit",
            Self::HongKongMacaoResidence => "hong_kong_macao_residence",
            Self::TaiwanResidence => "taiwan_residence",
            Self::Passport => "passport",
        }
    }

    /// The kind with this stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Why a number can't be one of the chosen kind of document. The text is a key: the pages word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DocumentFault {
    /// Nothing was typed.
    #[error("empty")]
    Empty,
    /// A character that this kind of number doesn't have, or not in this place.
    #[error("characters")]
    Characters,
    /// Too short or too long.
    #[error("length")]
    Length,
    /// The check character is wrong: a digit was mistyped.
    #[error("checksum")]
    Checksum,
    /// No such day, a day to come, or more than 150 years ago.
    #[error("birth_date")]
    BirthDate,
    /// No such province, nationality or issuing region.
    #[error("region")]
    Region,
    /// A first-generation number of 15 digits; no longer a document since 2013.
    #[error("obsolete_15")]
    Obsolete15,
}

/// A document's kind, who issued it, and its number in canonical form. `Debug` shows the masked number only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Document {
    kind: DocumentType,
    /// China's are stored without it.
    #[serde(skip_serializing_if = "Country::is_china")]
    country: Country,
    number: String,
}

impl Document {
    /// Reads what was typed: full width, lower case and blanks are forgiven, everything else is checked. A passport is a
    /// Chinese one here.
    pub fn parse(kind: DocumentType, raw: &str, today: Date) -> Result<Self, DocumentFault> {
        Self::check(kind, Country::CHINA, raw, Some(today))
    }

    /// Reads the number of a passport that this country has issued. The same number of another country is another's.
    pub fn passport(country: Country, raw: &str) -> Result<Self, DocumentFault> {
        Self::check(DocumentType::Passport, country, raw, None)
    }

    /// The 18-digit form of a first-generation resident ID: `19` goes before the year, a check character to the end.
    ///
    /// Only to match the rows of old systems: nobody can register with 15 digits. The sequences 996 to 999, which the
    /// 15-digit form kept for people born in the 1800s, are read as 19xx too: none of these people is left.
    pub fn from_legacy_15(raw: &str) -> Result<Self, DocumentFault> {
        let number = citizen::upgrade_15(&compact(raw))?;
        Self::check(DocumentType::ResidentId, Country::CHINA, &number, None)
    }

    /// The kind of document.
    pub fn kind(&self) -> DocumentType {
        self.kind
    }

    /// Who issued it.
    pub fn country(&self) -> Country {
        self.country
    }

    /// What makes it unique: kind, issuing country and number.
    pub fn key(&self) -> String {
        [self.kind.as_str(), self.country.alpha3(), &self.number].join("\n")
    }

    /// Whether its holder is a Chinese citizen of the mainland, who has an ethnic group.
    pub fn is_citizens(&self) -> bool {
        match self.kind {
            DocumentType::ResidentId => true,
            DocumentType::Passport => self.country.is_china(),
            _ => false,
        }
    }

    /// The whole number, in canonical form.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The day of birth, if the number tells it. The two-digit year of the earlier permanent-resident card doesn't.
    pub fn birth_date(&self) -> Option<Date> {
        self.tells_birth().then(|| citizen::birth_date(&self.number))?
    }

    /// The gender, if the number tells it: an odd 17th digit is male (GB 11643-1999, 4.3).
    pub fn gender(&self) -> Option<Gender> {
        self.tells_birth().then(|| citizen::gender(&self.number))?
    }

    /// Whether the holder can be born on a day, as far as the number tells: the earlier permanent-resident card tells the
    /// day without the century.
    pub fn admits_birth(&self, born: Date) -> bool {
        if let Some(told) = self.birth_date() {
            return told == born;
        }
        let (year, month, day) = match self.kind {
            DocumentType::ForeignPermanentResident => permit::earlier_birth(&self.number).unwrap_or_default(),
            _ => return true,
        };
        let two_digits = born.year().rem_euclid(100);
        (i32::from(year), month, day) == (two_digits, u16::from(u8::from(born.month())), u16::from(born.day()))
    }

    /// The age in full years on a day, if the number tells it; the birthday itself completes the year.
    pub fn age_on(&self, date: Date) -> Option<u8> {
        birth::age(self.birth_date()?, date)
    }

    /// For pages that others may see: the first and the last character.
    pub fn masked_public(&self) -> String {
        mask(&self.number, 1, 1)
    }

    /// For the holder: the first 3 and the last 4; of a number under 15 characters the first 2 and the last 2.
    pub fn masked_owner(&self) -> String {
        if self.number.len() >= 15 { mask(&self.number, 3, 4) } else { mask(&self.number, 2, 2) }
    }

    fn tells_birth(&self) -> bool {
        let of_id_form = matches!(
            self.kind,
            DocumentType::ResidentId
                | DocumentType::ForeignPermanentResident
                | DocumentType::HongKongMacaoResidence
                | DocumentType::TaiwanResidence
        );
        of_id_form && self.number.len() == 18
    }

    fn check(kind: DocumentType, country: Country, raw: &str, today: Option<Date>) -> Result<Self, DocumentFault> {
        let number = compact(raw);
        if number.is_empty() {
            return Err(DocumentFault::Empty);
        }
        let number = match kind {
            DocumentType::ResidentId => citizen::resident(number, today),
            DocumentType::HongKongMacaoResidence => citizen::residence(number, &["810000", "820000"], today),
            DocumentType::TaiwanResidence => citizen::residence(number, &["830000"], today),
            DocumentType::ForeignPermanentResident => permit::foreign_resident(number, today),
            DocumentType::HongKongMacaoPermit => permit::hong_kong_macao(number),
            DocumentType::TaiwanPermit => permit::taiwan(&number),
            DocumentType::Passport if country.is_china() => permit::passport(number),
            DocumentType::Passport => permit::foreign_passport(number),
        }?;
        Ok(Self { kind, country, number })
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({} {})", self.kind.as_str(), self.masked_public())
    }
}

/// A document as it is stored. Read back, its form is checked again, but not against today's date.
#[derive(Deserialize)]
struct Stored {
    kind: DocumentType,
    #[serde(default)]
    country: Country,
    number: String,
}

impl TryFrom<Stored> for Document {
    type Error = DocumentFault;

    fn try_from(stored: Stored) -> Result<Self, DocumentFault> {
        let foreign = stored.kind != DocumentType::Passport && !stored.country.is_china();
        if foreign {
            Err(DocumentFault::Region)
        } else {
            Self::check(stored.kind, stored.country, &stored.number, None)
        }
    }
}

fn mask(text: &str, head: usize, tail: usize) -> String {
    let length = text.chars().count();
    let hidden = length.saturating_sub(head + tail);
    let first: String = text.chars().take(head).collect();
    let last: String = text.chars().skip(head + hidden).collect();
    format!("{first}{}{last}", stars(hidden))
}
