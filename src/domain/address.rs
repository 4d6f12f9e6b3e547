//! Addresses: a line of one, and a person's own postal address, which nobody has checked (OpenID Connect Core, section 5.1.1).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::document::Country;
use super::typed::{compact, tidy};

/// Why a text can't be a line of an address. The text is a key: the pages word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AddressFault {
    /// Nothing was typed.
    #[error("empty")]
    Empty,
    /// A character that no address has.
    #[error("characters")]
    Characters,
    /// More than 100 characters.
    #[error("too_long")]
    TooLong,
}

/// A line of an address, such as a unit's registered one (住所): up to 100 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Line(String);

impl Line {
    /// Reads what was typed: half width, one blank between words.
    ///
    /// # Errors
    /// [`AddressFault`]
    pub fn parse(raw: &str) -> Result<Self, AddressFault> {
        let text = tidy(raw).split_whitespace().collect::<Vec<_>>().join(" ");
        match text.chars().count() {
            0 => Err(AddressFault::Empty),
            _ if text.chars().any(|c| c.is_control() || matches!(c, '<' | '>')) => Err(AddressFault::Characters),
            1..=100 => Ok(Self(text)),
            _ => Err(AddressFault::TooLong),
        }
    }

    /// Reads what may be left out.
    fn optional(raw: &str) -> Result<Option<Self>, AddressFault> {
        match Self::parse(raw) {
            Ok(line) => Ok(Some(line)),
            Err(AddressFault::Empty) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The line.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Line {
    type Error = AddressFault;

    fn try_from(text: String) -> Result<Self, AddressFault> {
        Self::parse(&text)
    }
}

impl From<Line> for String {
    fn from(line: Line) -> Self {
        line.0
    }
}

/// The members of the `address` claim, as they are typed, stored and told; empty: not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parts {
    /// ISO 3166-1 alpha-3.
    pub country: String,
    /// 省, 自治区, 直辖市.
    pub region: String,
    /// 市, 州.
    pub locality: String,
    /// Everything smaller.
    pub street_address: String,
    /// 邮政编码.
    pub postal_code: String,
}

/// What is wrong with an address: each member, and the key of the text that says so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address has {} faults", self.0.len())]
pub struct Faults(pub Vec<(&'static str, &'static str)>);

/// A person's own address, as they say. `Debug` shows the masked one only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct PostalAddress {
    country: Country,
    region: Option<Line>,
    locality: Option<Line>,
    street_address: Line,
    postal_code: Option<String>,
}

impl PostalAddress {
    /// Reads what was typed. Country and street are needed, and in China the province.
    ///
    /// # Errors
    /// [`Faults`], in the order of the members.
    pub fn parse(typed: &Parts) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        let country = Country::from_alpha3(&typed.country);
        if country.is_none() {
            faults.push(("country", "address-country-empty"));
        }
        let at_home = country.is_some_and(|country| country.is_china());
        let region = line("region", Line::optional(&typed.region), &mut faults);
        if at_home && region == Some(None) {
            faults.push(("region", "address-region-empty"));
        }
        let locality = line("locality", Line::optional(&typed.locality), &mut faults).flatten();
        let street_address = line("street_address", Line::parse(&typed.street_address), &mut faults);
        let postal_code = postal_code(&typed.postal_code, at_home);
        if postal_code.is_none() {
            faults.push(("postal_code", if at_home { "address-postal-code-six" } else { "address-postal-code-form" }));
        }
        match (country, street_address, postal_code) {
            (Some(country), Some(street_address), Some(postal_code)) if faults.is_empty() => Ok(Self {
                country,
                region: region.flatten(),
                locality,
                street_address,
                postal_code: Some(postal_code).filter(|code| !code.is_empty()),
            }),
            _ => Err(Faults(faults)),
        }
    }

    /// Its members as they are stored.
    pub fn parts(&self) -> Parts {
        let text = |line: &Option<Line>| line.as_ref().map(|line| line.0.clone()).unwrap_or_default();
        Parts {
            country: self.country.alpha3().to_owned(),
            region: text(&self.region),
            locality: text(&self.locality),
            street_address: self.street_address.0.clone(),
            postal_code: self.postal_code.clone().unwrap_or_default(),
        }
    }

    /// Where.
    pub fn country(&self) -> Country {
        self.country
    }

    /// As it stands on a letter that is sent from here: in China in one line from the large to the small, elsewhere in
    /// lines from the small to the large, with the country at the end.
    pub fn formatted(&self) -> String {
        let Parts { region, locality, street_address, postal_code, .. } = self.parts();
        if self.country.is_china() {
            return [self.area(), street_address].iter().fold(postal_code, |so_far, part| joined(&so_far, part));
        }
        let town =
            [locality, region, postal_code].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let lines = [street_address, town, self.country.zh().to_owned()];
        lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// Region and locality: what pages may show of it.
    pub fn masked(&self) -> String {
        format!("{}***", self.area())
    }

    /// Region and locality; a municipality (直辖市) is both, and named once.
    fn area(&self) -> String {
        let Parts { region, locality, .. } = self.parts();
        if region == locality { region } else { joined(&region, &locality) }
    }
}

impl fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostalAddress({})", self.masked())
    }
}

impl TryFrom<Parts> for PostalAddress {
    type Error = Faults;

    fn try_from(parts: Parts) -> Result<Self, Faults> {
        Self::parse(&parts)
    }
}

impl From<PostalAddress> for Parts {
    fn from(address: PostalAddress) -> Self {
        address.parts()
    }
}

fn line<T>(
    field: &'static str,
    read: Result<T, AddressFault>,
    faults: &mut Vec<(&'static str, &'static str)>,
) -> Option<T> {
    let fault = match read {
        Ok(line) => return Some(line),
        Err(AddressFault::Empty) => "address-street-empty",
        Err(AddressFault::Characters) => "address-characters",
        Err(AddressFault::TooLong) => "address-too-long",
    };
    faults.push((field, fault));
    None
}

/// A postal code, or an empty text; `None` if it can't be one. China's have six digits; elsewhere there are letters, blanks
/// and dashes in them, and ten characters at the most.
fn postal_code(raw: &str, at_home: bool) -> Option<String> {
    let code = if at_home { compact(raw) } else { tidy(raw).to_ascii_uppercase() };
    let fits = if at_home {
        code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit())
    } else {
        code.len() <= 10 && code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-'))
    };
    (fits || code.is_empty()).then_some(code)
}

/// Two parts side by side: Chinese ones without a blank.
fn joined(left: &str, right: &str) -> String {
    let apart = left.ends_with(|c: char| c.is_ascii()) && !right.is_empty();
    format!("{left}{}{right}", if apart { " " } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts([country, region, locality, street_address, postal_code]: [&str; 5]) -> Parts {
        let own = str::to_owned;
        Parts {
            country: own(country),
            region: own(region),
            locality: own(locality),
            street_address: own(street_address),
            postal_code: own(postal_code),
        }
    }

    #[test]
    fn lines() {
        assert_eq!(Line::parse("  合肥市　长江中路１号 ").map(|a| a.0), Ok("合肥市 长江中路1号".to_owned()));
        assert_eq!(Line::parse("\u{3000}"), Err(AddressFault::Empty));
        assert_eq!(Line::parse(&"路".repeat(101)), Err(AddressFault::TooLong));
    }

    #[test]
    fn letters_are_addressed_as_the_country_does() {
        for (typed, formatted, masked) in [
            (
                ["CHN", "安徽省", "合肥市", "庐阳区长江中路１号", "２３０００１"],
                "230001 安徽省合肥市庐阳区长江中路1号",
                "安徽省合肥市***",
            ),
            (["CHN", "北京市", "北京市", "朝阳区 2 号", ""], "北京市朝阳区 2 号", "北京市***"),
            (
                ["CHN", "Anhui", "Hefei", "1 Changjiang Road", "230001"],
                "230001 Anhui Hefei 1 Changjiang Road",
                "Anhui Hefei***",
            ),
            (
                ["GBR", "", "London", "10 Downing Street", "sw1a 2aa"],
                "10 Downing Street\nLondon SW1A 2AA\n英国",
                "London***",
            ),
            (["SGP", "", "", "1 Raffles Place", ""], "1 Raffles Place\n新加坡", "***"),
        ] {
            let address = PostalAddress::parse(&parts(typed)).unwrap();
            assert_eq!((address.formatted().as_str(), address.masked().as_str()), (formatted, masked));
            assert_eq!(PostalAddress::parse(&address.parts()), Ok(address.clone()), "stored and read again");
            assert!(!format!("{address:?}").contains(&address.parts().street_address));
        }
    }

    #[test]
    fn every_fault_is_named_at_its_member() {
        for (typed, faults) in [
            (
                ["", "", "", "", ""],
                vec![("country", "address-country-empty"), ("street_address", "address-street-empty")],
            ),
            (
                ["CHN", " ", "合肥市", "长江路", "2300"],
                vec![("region", "address-region-empty"), ("postal_code", "address-postal-code-six")],
            ),
            (
                ["GBR", "", "<b>", "x", "12345678901"],
                vec![("locality", "address-characters"), ("postal_code", "address-postal-code-form")],
            ),
            (
                ["ZZZ", "", "", "a\u{7}b", "1"],
                vec![("country", "address-country-empty"), ("street_address", "address-characters")],
            ),
        ] {
            assert_eq!(PostalAddress::parse(&parts(typed)), Err(Faults(faults)));
        }
        let long = "路".repeat(101);
        assert_eq!(
            PostalAddress::parse(&parts(["CHN", &long, "", "x", ""])),
            Err(Faults(vec![("region", "address-too-long")]))
        );
    }
}
