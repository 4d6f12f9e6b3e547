//! Types of units: authority and class of GB 32100-2015, the first two characters of a credit code.

use serde::{Deserialize, Serialize};

use super::CreditCode;
use crate::domain::typed::tidy;

struct Row {
    class: &'static str,
    zh: &'static str,
    en: &'static str,
}

const fn row(class: &'static str, zh: &'static str, en: &'static str) -> Row {
    Row { class, zh, en }
}

/// The most frequent first, then by authority.
const ROWS: [Row; 36] = [
    row("91", "企业", "Enterprise"),
    row("92", "个体工商户", "Individual business"),
    row("93", "农民专业合作社", "Farmers' cooperative"),
    row("11", "机关", "Government body"),
    row("12", "事业单位", "Public institution"),
    row("13", "群众团体", "People's organisation"),
    row("19", "其他机构编制单位", "Other body of the establishment"),
    row("21", "外国常驻新闻机构", "Foreign news bureau"),
    row("29", "其他外交登记单位", "Other body registered by foreign affairs"),
    row("31", "律师执业机构", "Law firm"),
    row("32", "公证处", "Notary office"),
    row("33", "基层法律服务所", "Local legal service office"),
    row("34", "司法鉴定机构", "Forensic institution"),
    row("35", "仲裁委员会", "Arbitration commission"),
    row("39", "其他司法行政单位", "Other body of judicial administration"),
    row("41", "外国在华文化中心", "Foreign cultural centre"),
    row("49", "其他文化单位", "Other cultural body"),
    row("51", "社会团体", "Social association"),
    row("52", "民办非企业单位", "Private non-enterprise unit"),
    row("53", "基金会", "Foundation"),
    row("59", "其他民政登记单位", "Other body of civil affairs"),
    row("61", "外国旅游部门常驻代表机构", "Foreign tourism office"),
    row("62", "港澳台旅游部门常驻代表机构", "Hong Kong, Macao or Taiwan tourism office"),
    row("69", "其他旅游单位", "Other tourism body"),
    row("71", "宗教活动场所", "Place of worship"),
    row("72", "宗教院校", "Religious college"),
    row("79", "其他宗教单位", "Other religious body"),
    row("81", "基层工会", "Local trade union"),
    row("89", "其他工会", "Other trade union"),
    row("A1", "军队事业单位", "Military institution"),
    row("A9", "其他军队单位", "Other military body"),
    row("N1", "组级集体经济组织", "Group-level collective"),
    row("N2", "村级集体经济组织", "Village collective"),
    row("N3", "乡镇级集体经济组织", "Township collective"),
    row("N9", "其他农业单位", "Other agricultural body"),
    row("Y1", "其他", "Other"),
];

/// A type, by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct UnitType(usize);

impl UnitType {
    /// Every type.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..ROWS.len()).map(Self)
    }

    /// The type with these two characters.
    pub fn parse(class: &str) -> Option<Self> {
        ROWS.iter().position(|row| row.class == class).map(Self)
    }

    /// The type in an old system's words: its two characters, or its name.
    pub fn from_legacy(text: &str) -> Option<Self> {
        let text = tidy(text);
        Self::parse(&text.to_uppercase()).or_else(|| ROWS.iter().position(|row| row.zh == text).map(Self))
    }

    /// The type that a code says; `None` for a class that the standard leaves free.
    pub fn of(code: &CreditCode) -> Option<Self> {
        Self::parse(code.class())
    }

    /// Whether a code says otherwise: its class where that is known, else its authority alone.
    pub fn contradicts(self, code: &CreditCode) -> bool {
        match Self::of(code) {
            Some(said) => said != self,
            None => self.class().get(..1) != code.class().get(..1),
        }
    }

    /// Its two characters.
    pub fn class(self) -> &'static str {
        ROWS.get(self.0).map_or("", |row| row.class)
    }

    /// Its name.
    pub fn name(self, english: bool) -> &'static str {
        ROWS.get(self.0).map_or("", |row| if english { row.en } else { row.zh })
    }
}

impl TryFrom<String> for UnitType {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text} is no type of unit"))
    }
}

impl From<UnitType> for &'static str {
    fn from(unit_type: UnitType) -> Self {
        unit_type.class()
    }
}
