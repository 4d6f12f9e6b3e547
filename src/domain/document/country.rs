//! Countries and territories of ISO 3166-1: who issues a passport, and the nationality in a foreign resident's number.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A country or territory. In JSON it is its alpha-3 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country {
    alpha3: &'static str,
    numeric: &'static str,
    zh: &'static str,
    en: &'static str,
}

impl Country {
    /// China: the issuer of every document here but foreign passports.
    pub const CHINA: Self = row("CHN", "156", "中国", "China");
    /// Every one, in the order of pinyin.
    pub const ALL: &'static [Self] = &TABLE;

    /// The one with this alpha-3 code.
    pub fn from_alpha3(code: &str) -> Option<Self> {
        TABLE.iter().find(|country| country.alpha3 == code).copied()
    }

    /// The one with this numeric code.
    pub fn from_numeric(code: &str) -> Option<Self> {
        TABLE.iter().find(|country| country.numeric == code).copied()
    }

    /// What an old system wrote: a code or a name.
    pub fn from_legacy(text: &str) -> Option<Self> {
        let text = text.trim();
        let named = |country: &&Self| {
            [country.alpha3, country.en].iter().any(|name| name.eq_ignore_ascii_case(text))
                || [country.numeric, country.zh].contains(&text)
        };
        TABLE.iter().find(named).copied()
    }

    /// Every one as a list shows them: China first, then by name.
    pub fn listed(english: bool) -> Vec<Self> {
        let mut all = TABLE.to_vec();
        if english {
            all.sort_by_key(|country| country.en);
        }
        all.sort_by_key(|country| !country.is_china());
        all
    }

    /// Code and name, as a choice.
    pub fn choice(self, english: bool) -> (&'static str, &'static str) {
        (self.alpha3, if english { self.en } else { self.zh })
    }

    /// The alpha-3 code.
    pub fn alpha3(self) -> &'static str {
        self.alpha3
    }

    /// The Chinese name.
    pub fn zh(self) -> &'static str {
        self.zh
    }

    /// The English name.
    pub fn en(self) -> &'static str {
        self.en
    }

    /// Whether it is China.
    pub fn is_china(&self) -> bool {
        *self == Self::CHINA
    }

    /// Whether its passport is a document here. People of Hong Kong, Macao and Taiwan have permits.
    pub fn issues_passports(self) -> bool {
        !matches!(self.alpha3, "HKG" | "MAC" | "TWN")
    }
}

impl Default for Country {
    fn default() -> Self {
        Self::CHINA
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.alpha3)
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::from_alpha3(&code).ok_or_else(|| serde::de::Error::custom("no such code in ISO 3166-1"))
    }
}

const fn row(alpha3: &'static str, numeric: &'static str, zh: &'static str, en: &'static str) -> Country {
    Country { alpha3, numeric, zh, en }
}

/// ISO 3166-1. The names are the short ones in common use (CLDR), a few by the usage of Chinese authorities.
const TABLE: [Country; 249] = [
    row("ALB", "008", "阿尔巴尼亚", "Albania"),
    row("DZA", "012", "阿尔及利亚", "Algeria"),
    row("AFG", "004", "阿富汗", "Afghanistan"),
    row("ARG", "032", "阿根廷", "Argentina"),
    row("ARE", "784", "阿拉伯联合酋长国", "United Arab Emirates"),
    row("ABW", "533", "阿鲁巴", "Aruba"),
    row("OMN", "512", "阿曼", "Oman"),
    row("AZE", "031", "阿塞拜疆", "Azerbaijan"),
    row("EGY", "818", "埃及", "Egypt"),
    row("ETH", "231", "埃塞俄比亚", "Ethiopia"),
    row("IRL", "372", "爱尔兰", "Ireland"),
    row("EST", "233", "爱沙尼亚", "Estonia"),
    row("AND", "020", "安道尔", "Andorra"),
    row("AGO", "024", "安哥拉", "Angola"),
    row("AIA", "660", "安圭拉", "Anguilla"),
    row("ATG", "028", "安提瓜和巴布达", "Antigua and Barbuda"),
    row("AUT", "040", "奥地利", "Austria"),
    row("ALA", "248", "奥兰群岛", "Åland Islands"),
    row("AUS", "036", "澳大利亚", "Australia"),
    row("BRB", "052", "巴巴多斯", "Barbados"),
    row("PNG", "598", "巴布亚新几内亚", "Papua New Guinea"),
    row("BHS", "044", "巴哈马", "Bahamas"),
    row("PAK", "586", "巴基斯坦", "Pakistan"),
    row("PRY", "600", "巴拉圭", "Paraguay"),
    row("PSE", "275", "巴勒斯坦", "Palestine"),
    row("BHR", "048", "巴林", "Bahrain"),
    row("PAN", "591", "巴拿马", "Panama"),
    row("BRA", "076", "巴西", "Brazil"),
    row("BLR", "112", "白俄罗斯", "Belarus"),
    row("BMU", "060", "百慕大", "Bermuda"),
    row("BGR", "100", "保加利亚", "Bulgaria"),
    row("MNP", "580", "北马里亚纳群岛", "Northern Mariana Islands"),
    row("MKD", "807", "北马其顿", "North Macedonia"),
    row("BEN", "204", "贝宁", "Benin"),
    row("BEL", "056", "比利时", "Belgium"),
    row("ISL", "352", "冰岛", "Iceland"),
    row("PRI", "630", "波多黎各", "Puerto Rico"),
    row("POL", "616", "波兰", "Poland"),
    row("BIH", "070", "波斯尼亚和黑塞哥维那", "Bosnia and Herzegovina"),
    row("BOL", "068", "玻利维亚", "Bolivia"),
    row("BLZ", "084", "伯利兹", "Belize"),
    row("BWA", "072", "博茨瓦纳", "Botswana"),
    row("BTN", "064", "不丹", "Bhutan"),
    row("BFA", "854", "布基纳法索", "Burkina Faso"),
    row("BDI", "108", "布隆迪", "Burundi"),
    row("BVT", "074", "布韦岛", "Bouvet Island"),
    row("PRK", "408", "朝鲜", "North Korea"),
    row("GNQ", "226", "赤道几内亚", "Equatorial Guinea"),
    row("DNK", "208", "丹麦", "Denmark"),
    row("DEU", "276", "德国", "Germany"),
    row("TLS", "626", "东帝汶", "Timor-Leste"),
    row("TGO", "768", "多哥", "Togo"),
    row("DOM", "214", "多米尼加共和国", "Dominican Republic"),
    row("DMA", "212", "多米尼克", "Dominica"),
    row("RUS", "643", "俄罗斯", "Russia"),
    row("ECU", "218", "厄瓜多尔", "Ecuador"),
    row("ERI", "232", "厄立特里亚", "Eritrea"),
    row("FRA", "250", "法国", "France"),
    row("FRO", "234", "法罗群岛", "Faroe Islands"),
    row("PYF", "258", "法属波利尼西亚", "French Polynesia"),
    row("GUF", "254", "法属圭亚那", "French Guiana"),
    row("ATF", "260", "法属南部领地", "French Southern Territories"),
    row("MAF", "663", "法属圣马丁", "Saint Martin"),
    row("VAT", "336", "梵蒂冈", "Vatican City"),
    row("PHL", "608", "菲律宾", "Philippines"),
    row("FJI", "242", "斐济", "Fiji"),
    row("FIN", "246", "芬兰", "Finland"),
    row("CPV", "132", "佛得角", "Cape Verde"),
    row("GMB", "270", "冈比亚", "Gambia"),
    row("COG", "178", "刚果共和国", "Congo (Brazzaville)"),
    row("COD", "180", "刚果民主共和国", "Congo (Kinshasa)"),
    row("COL", "170", "哥伦比亚", "Colombia"),
    row("CRI", "188", "哥斯达黎加", "Costa Rica"),
    row("GRD", "308", "格林纳达", "Grenada"),
    row("GRL", "304", "格陵兰", "Greenland"),
    row("GEO", "268", "格鲁吉亚", "Georgia"),
    row("GGY", "831", "根西岛", "Guernsey"),
    row("CUB", "192", "古巴", "Cuba"),
    row("GLP", "312", "瓜德罗普", "Guadeloupe"),
    row("GUM", "316", "关岛", "Guam"),
    row("GUY", "328", "圭亚那", "Guyana"),
    row("KAZ", "398", "哈萨克斯坦", "Kazakhstan"),
    row("HTI", "332", "海地", "Haiti"),
    row("KOR", "410", "韩国", "South Korea"),
    row("NLD", "528", "荷兰", "Netherlands"),
    row("BES", "535", "荷属加勒比区", "Caribbean Netherlands"),
    row("SXM", "534", "荷属圣马丁", "Sint Maarten"),
    row("HMD", "334", "赫德岛和麦克唐纳群岛", "Heard and McDonald Islands"),
    row("MNE", "499", "黑山", "Montenegro"),
    row("HND", "340", "洪都拉斯", "Honduras"),
    row("KIR", "296", "基里巴斯", "Kiribati"),
    row("DJI", "262", "吉布提", "Djibouti"),
    row("KGZ", "417", "吉尔吉斯斯坦", "Kyrgyzstan"),
    row("GIN", "324", "几内亚", "Guinea"),
    row("GNB", "624", "几内亚比绍", "Guinea-Bissau"),
    row("CAN", "124", "加拿大", "Canada"),
    row("GHA", "288", "加纳", "Ghana"),
    row("GAB", "266", "加蓬", "Gabon"),
    row("KHM", "116", "柬埔寨", "Cambodia"),
    row("CZE", "203", "捷克", "Czechia"),
    row("ZWE", "716", "津巴布韦", "Zimbabwe"),
    row("CMR", "120", "喀麦隆", "Cameroon"),
    row("QAT", "634", "卡塔尔", "Qatar"),
    row("CYM", "136", "开曼群岛", "Cayman Islands"),
    row("CCK", "166", "科科斯（基林）群岛", "Cocos (Keeling) Islands"),
    row("COM", "174", "科摩罗", "Comoros"),
    row("CIV", "384", "科特迪瓦", "Côte d’Ivoire"),
    row("KWT", "414", "科威特", "Kuwait"),
    row("HRV", "191", "克罗地亚", "Croatia"),
    row("KEN", "404", "肯尼亚", "Kenya"),
    row("COK", "184", "库克群岛", "Cook Islands"),
    row("CUW", "531", "库拉索", "Curaçao"),
    row("LVA", "428", "拉脱维亚", "Latvia"),
    row("LSO", "426", "莱索托", "Lesotho"),
    row("LAO", "418", "老挝", "Laos"),
    row("LBN", "422", "黎巴嫩", "Lebanon"),
    row("LTU", "440", "立陶宛", "Lithuania"),
    row("LBR", "430", "利比里亚", "Liberia"),
    row("LBY", "434", "利比亚", "Libya"),
    row("LIE", "438", "列支敦士登", "Liechtenstein"),
    row("REU", "638", "留尼汪", "Réunion"),
    row("LUX", "442", "卢森堡", "Luxembourg"),
    row("RWA", "646", "卢旺达", "Rwanda"),
    row("ROU", "642", "罗马尼亚", "Romania"),
    row("MDG", "450", "马达加斯加", "Madagascar"),
    row("IMN", "833", "马恩岛", "Isle of Man"),
    row("MDV", "462", "马尔代夫", "Maldives"),
    row("FLK", "238", "马尔维纳斯群岛（福克兰）", "Falkland Islands (Malvinas)"),
    row("MLT", "470", "马耳他", "Malta"),
    row("MWI", "454", "马拉维", "Malawi"),
    row("MYS", "458", "马来西亚", "Malaysia"),
    row("MLI", "466", "马里", "Mali"),
    row("MHL", "584", "马绍尔群岛", "Marshall Islands"),
    row("MTQ", "474", "马提尼克", "Martinique"),
    row("MYT", "175", "马约特", "Mayotte"),
    row("MUS", "480", "毛里求斯", "Mauritius"),
    row("MRT", "478", "毛里塔尼亚", "Mauritania"),
    row("USA", "840", "美国", "United States"),
    row("UMI", "581", "美国本土外小岛屿", "U.S. Outlying Islands"),
    row("ASM", "016", "美属萨摩亚", "American Samoa"),
    row("VIR", "850", "美属维尔京群岛", "U.S. Virgin Islands"),
    row("MNG", "496", "蒙古", "Mongolia"),
    row("MSR", "500", "蒙特塞拉特", "Montserrat"),
    row("BGD", "050", "孟加拉国", "Bangladesh"),
    row("PER", "604", "秘鲁", "Peru"),
    row("FSM", "583", "密克罗尼西亚", "Micronesia"),
    row("MMR", "104", "缅甸", "Myanmar"),
    row("MDA", "498", "摩尔多瓦", "Moldova"),
    row("MAR", "504", "摩洛哥", "Morocco"),
    row("MCO", "492", "摩纳哥", "Monaco"),
    row("MOZ", "508", "莫桑比克", "Mozambique"),
    row("MEX", "484", "墨西哥", "Mexico"),
    row("NAM", "516", "纳米比亚", "Namibia"),
    row("ZAF", "710", "南非", "South Africa"),
    row("ATA", "010", "南极洲", "Antarctica"),
    row("SGS", "239", "南乔治亚和南桑威奇群岛", "South Georgia and South Sandwich Islands"),
    row("SSD", "728", "南苏丹", "South Sudan"),
    row("NRU", "520", "瑙鲁", "Nauru"),
    row("NIC", "558", "尼加拉瓜", "Nicaragua"),
    row("NPL", "524", "尼泊尔", "Nepal"),
    row("NER", "562", "尼日尔", "Niger"),
    row("NGA", "566", "尼日利亚", "Nigeria"),
    row("NIU", "570", "纽埃", "Niue"),
    row("NOR", "578", "挪威", "Norway"),
    row("NFK", "574", "诺福克岛", "Norfolk Island"),
    row("PLW", "585", "帕劳", "Palau"),
    row("PCN", "612", "皮特凯恩群岛", "Pitcairn Islands"),
    row("PRT", "620", "葡萄牙", "Portugal"),
    row("JPN", "392", "日本", "Japan"),
    row("SWE", "752", "瑞典", "Sweden"),
    row("CHE", "756", "瑞士", "Switzerland"),
    row("SLV", "222", "萨尔瓦多", "El Salvador"),
    row("WSM", "882", "萨摩亚", "Samoa"),
    row("SRB", "688", "塞尔维亚", "Serbia"),
    row("SLE", "694", "塞拉利昂", "Sierra Leone"),
    row("SEN", "686", "塞内加尔", "Senegal"),
    row("CYP", "196", "塞浦路斯", "Cyprus"),
    row("SYC", "690", "塞舌尔", "Seychelles"),
    row("SAU", "682", "沙特阿拉伯", "Saudi Arabia"),
    row("BLM", "652", "圣巴泰勒米", "Saint Barthélemy"),
    row("CXR", "162", "圣诞岛", "Christmas Island"),
    row("STP", "678", "圣多美和普林西比", "São Tomé and Príncipe"),
    row("SHN", "654", "圣赫勒拿", "Saint Helena"),
    row("KNA", "659", "圣基茨和尼维斯", "Saint Kitts and Nevis"),
    row("LCA", "662", "圣卢西亚", "Saint Lucia"),
    row("SMR", "674", "圣马力诺", "San Marino"),
    row("SPM", "666", "圣皮埃尔和密克隆群岛", "Saint Pierre and Miquelon"),
    row("VCT", "670", "圣文森特和格林纳丁斯", "Saint Vincent and Grenadines"),
    row("LKA", "144", "斯里兰卡", "Sri Lanka"),
    row("SVK", "703", "斯洛伐克", "Slovakia"),
    row("SVN", "705", "斯洛文尼亚", "Slovenia"),
    row("SJM", "744", "斯瓦尔巴和扬马延", "Svalbard and Jan Mayen"),
    row("SWZ", "748", "斯威士兰", "Eswatini"),
    row("SDN", "729", "苏丹", "Sudan"),
    row("SUR", "740", "苏里南", "Suriname"),
    row("SLB", "090", "所罗门群岛", "Solomon Islands"),
    row("SOM", "706", "索马里", "Somalia"),
    row("TJK", "762", "塔吉克斯坦", "Tajikistan"),
    row("THA", "764", "泰国", "Thailand"),
    row("TZA", "834", "坦桑尼亚", "Tanzania"),
    row("TON", "776", "汤加", "Tonga"),
    row("TCA", "796", "特克斯和凯科斯群岛", "Turks and Caicos Islands"),
    row("TTO", "780", "特立尼达和多巴哥", "Trinidad and Tobago"),
    row("TUN", "788", "突尼斯", "Tunisia"),
    row("TUV", "798", "图瓦卢", "Tuvalu"),
    row("TUR", "792", "土耳其", "Türkiye"),
    row("TKM", "795", "土库曼斯坦", "Turkmenistan"),
    row("TKL", "772", "托克劳", "Tokelau"),
    row("WLF", "876", "瓦利斯和富图纳", "Wallis and Futuna"),
    row("VUT", "548", "瓦努阿图", "Vanuatu"),
    row("GTM", "320", "危地马拉", "Guatemala"),
    row("VEN", "862", "委内瑞拉", "Venezuela"),
    row("BRN", "096", "文莱", "Brunei"),
    row("UGA", "800", "乌干达", "Uganda"),
    row("UKR", "804", "乌克兰", "Ukraine"),
    row("URY", "858", "乌拉圭", "Uruguay"),
    row("UZB", "860", "乌兹别克斯坦", "Uzbekistan"),
    row("ESP", "724", "西班牙", "Spain"),
    row("ESH", "732", "西撒哈拉", "Western Sahara"),
    row("GRC", "300", "希腊", "Greece"),
    row("SGP", "702", "新加坡", "Singapore"),
    row("NCL", "540", "新喀里多尼亚", "New Caledonia"),
    row("NZL", "554", "新西兰", "New Zealand"),
    row("HUN", "348", "匈牙利", "Hungary"),
    row("SYR", "760", "叙利亚", "Syria"),
    row("JAM", "388", "牙买加", "Jamaica"),
    row("ARM", "051", "亚美尼亚", "Armenia"),
    row("YEM", "887", "也门", "Yemen"),
    row("IRQ", "368", "伊拉克", "Iraq"),
    row("IRN", "364", "伊朗", "Iran"),
    row("ISR", "376", "以色列", "Israel"),
    row("ITA", "380", "意大利", "Italy"),
    row("IND", "356", "印度", "India"),
    row("IDN", "360", "印度尼西亚", "Indonesia"),
    row("GBR", "826", "英国", "United Kingdom"),
    row("VGB", "092", "英属维尔京群岛", "British Virgin Islands"),
    row("IOT", "086", "英属印度洋领地", "British Indian Ocean Territory"),
    row("JOR", "400", "约旦", "Jordan"),
    row("VNM", "704", "越南", "Vietnam"),
    row("ZMB", "894", "赞比亚", "Zambia"),
    row("JEY", "832", "泽西岛", "Jersey"),
    row("TCD", "148", "乍得", "Chad"),
    row("GIB", "292", "直布罗陀", "Gibraltar"),
    row("CHL", "152", "智利", "Chile"),
    row("CAF", "140", "中非共和国", "Central African Republic"),
    row("CHN", "156", "中国", "China"),
    row("MAC", "446", "中国澳门", "Macao, China"),
    row("TWN", "158", "中国台湾", "Taiwan, China"),
    row("HKG", "344", "中国香港", "Hong Kong, China"),
];
