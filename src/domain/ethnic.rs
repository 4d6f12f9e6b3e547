//! Ethnic groups: GB/T 3304 《中国各民族名称的罗马字母拼写法和代码》.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::typed::compact;

/// One of the 56 ethnic groups, or one of the two extensions in common use: 其他 (97) and 外国血统中国籍人士 (98).
/// In JSON it is its code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EthnicGroup {
    code: &'static str,
    zh: &'static str,
    romanised: &'static str,
}

impl EthnicGroup {
    /// Every group, by code.
    pub const ALL: &'static [Self] = &TABLE;

    /// The group with a two-digit code.
    pub fn from_code(code: &str) -> Option<Self> {
        TABLE.iter().find(|group| group.code == code).copied()
    }

    /// What an old system wrote: a code with or without its zero, a name with or without 族, an earlier spelling.
    pub fn from_legacy(text: &str) -> Option<Self> {
        let text = compact(text);
        if text.is_empty() {
            return None;
        }
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return Self::from_code(&format!("{text:0>2}"));
        }
        let bare = stem(&text);
        let current = EARLIER.iter().find(|(earlier, _)| *earlier == bare).map_or(bare, |(_, current)| current);
        TABLE.iter().find(|group| stem(group.zh) == current).copied()
    }

    /// The code of GB/T 3304: two digits.
    pub fn code(self) -> &'static str {
        self.code
    }

    /// The Chinese name, with 族.
    pub fn zh(self) -> &'static str {
        self.zh
    }

    /// The romanised name of GB/T 3304; the extensions have none.
    pub fn romanised(self) -> Option<&'static str> {
        Some(self.romanised).filter(|name| !name.is_empty())
    }
}

impl fmt::Debug for EthnicGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EthnicGroup({})", self.code)
    }
}

impl Serialize for EthnicGroup {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code)
    }
}

impl<'de> Deserialize<'de> for EthnicGroup {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::from_code(&code).ok_or_else(|| serde::de::Error::custom("no such code in GB/T 3304"))
    }
}

/// A name without its last 族.
fn stem(name: &str) -> &str {
    name.strip_suffix('族').filter(|rest| !rest.is_empty()).unwrap_or(name)
}

const fn group(code: &'static str, zh: &'static str, romanised: &'static str) -> EthnicGroup {
    EthnicGroup { code, zh, romanised }
}

/// Earlier names, variant characters and common misspellings in old user tables, without 族.
const EARLIER: [(&str, &str); 20] = [
    ("乌兹别克", "乌孜别克"),
    ("崩龙", "德昂"),
    ("毛难", "毛南"),
    ("僮", "壮"),
    ("佧佤", "佤"),
    ("卡瓦", "佤"),
    ("仫老", "仫佬"),
    ("畬", "畲"),
    ("傜", "瑶"),
    ("蒙", "蒙古"),
    ("维", "维吾尔"),
    ("维吾", "维吾尔"),
    ("布衣", "布依"),
    ("达翰尔", "达斡尔"),
    ("达呼尔", "达斡尔"),
    ("锡泊", "锡伯"),
    ("其它", "其他"),
    ("穿青人", "其他"),
    ("外国血统", "外国血统中国籍人士"),
    ("外国血统中国籍", "外国血统中国籍人士"),
];

const TABLE: [EthnicGroup; 58] = [
    group("01", "汉族", "Han"),
    group("02", "蒙古族", "Mongol"),
    group("03", "回族", "Hui"),
    group("04", "藏族", "Zang"),
    group("05", "维吾尔族", "Uygur"),
    group("06", "苗族", "Miao"),
    group("07", "彝族", "Yi"),
    group("08", "壮族", "Zhuang"),
    group("09", "布依族", "Buyei"),
    group("10", "朝鲜族", "Chosen"),
    group("11", "满族", "Man"),
    group("12", "侗族", "Dong"),
    group("13", "瑶族", "Yao"),
    group("14", "白族", "Bai"),
    group("15", "土家族", "Tujia"),
    group("16", "哈尼族", "Hani"),
    group("17", "哈萨克族", "Kazak"),
    group("18", "傣族", "Dai"),
    group("19", "黎族", "Li"),
    group("20", "傈僳族", "Lisu"),
    group("21", "佤族", "Va"),
    group("22", "畲族", "She"),
    group("23", "高山族", "Gaoshan"),
    group("24", "拉祜族", "Lahu"),
    group("25", "水族", "Sui"),
    group("26", "东乡族", "Dongxiang"),
    group("27", "纳西族", "Naxi"),
    group("28", "景颇族", "Jingpo"),
    group("29", "柯尔克孜族", "Kirgiz"),
    group("30", "土族", "Tu"),
    group("31", "达斡尔族", "Daur"),
    group("32", "仫佬族", "Mulao"),
    group("33", "羌族", "Qiang"),
    group("34", "布朗族", "Blang"),
    group("35", "撒拉族", "Salar"),
    group("36", "毛南族", "Maonan"),
    group("37", "仡佬族", "Gelao"),
    group("38", "锡伯族", "Xibe"),
    group("39", "阿昌族", "Achang"),
    group("40", "普米族", "Pumi"),
    group("41", "塔吉克族", "Tajik"),
    group("42", "怒族", "Nu"),
    group("43", "乌孜别克族", "Uzbek"),
    group("44", "俄罗斯族", "Russ"),
    group("45", "鄂温克族", "Ewenki"),
    group("46", "德昂族", "Deang"),
    group("47", "保安族", "Bonan"),
    group("48", "裕固族", "Yugur"),
    group("49", "京族", "Gin"),
    group("50", "塔塔尔族", "Tatar"),
    group("51", "独龙族", "Derung"),
    group("52", "鄂伦春族", "Oroqen"),
    group("53", "赫哲族", "Hezhen"),
    group("54", "门巴族", "Monba"),
    group("55", "珞巴族", "Lhoba"),
    group("56", "基诺族", "Jino"),
    group("97", "其他", ""),
    group("98", "外国血统中国籍人士", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_spellings_find_the_group() {
        for (old, code) in [
            ("汉", "01"),
            ("汉族", "01"),
            ("1", "01"),
            (" 乌兹别克族", "43"),
            ("乌孜别克", "43"),
            ("崩龙族", "46"),
            ("毛难族", "36"),
            ("其它", "97"),
            ("穿青人族", "97"),
            ("外国血统", "98"),
        ] {
            assert_eq!(EthnicGroup::from_legacy(old).map(EthnicGroup::code), Some(code), "{old}");
        }
        for none in ["", "族", "0", "57", "火星族", "汉族族"] {
            assert_eq!(EthnicGroup::from_legacy(none), None, "{none}");
        }
    }

    #[test]
    fn every_earlier_name_leads_to_a_group() {
        for (earlier, _) in EARLIER {
            assert!(EthnicGroup::from_legacy(earlier).is_some(), "{earlier}");
        }
    }
}
