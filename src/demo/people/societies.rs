//! The users of 省民政厅-社会组织: units, whose legal representatives nobody has verified. Each row holds
//! `md5hex(md5hex(password) + salt)`.

use super::registered::{self as units, LI_MING, LV_PIN, TANG_NING, ZHANG_SAN, ZHANG_WEI};
use super::units::company;
use super::{Entry, Expectation, Person, Unit, UnitData};

/// The users, each with the salt of its row.
pub const SOCIETIES: &[(Person, &str)] = &[
    (
        Person {
            story_zh: "社会团体，法定代表人张伟未实名：张伟用 hefei 的 zhangwei 先办（流程中可办），再回到单位核验，核验一致",
            story_en: "an association of 张伟, who isn't verified: he brings zhangwei of Hefei along first, comes back, and the registry matches",
            expectation: Expectation::RepresentativeFirst,
            ..society("teaculture", "Tea-and-sky-2011", "9101", units::TEA_CULTURE, ZHANG_WEI, "19900000091")
        },
        "5e0b71",
    ),
    (
        Person {
            story_zh: "社会团体，法定代表人唐宁没有任何旧账号：先注册（手机 19900000087），再回到单位核验，核验一致",
            story_en: "an association of 唐宁, who has no old account: he registers (phone 19900000087), comes back, and the registry matches",
            expectation: Expectation::RepresentativeRegisters,
            ..society("chess", "River-border-1894", "9102", units::CHESS, TANG_NING, "19900000092")
        },
        "c41d9a",
    ),
    (
        Person {
            story_zh: "民办非企业单位，法定代表人吕品在权威库查无此人（手机 19900000088）：先人工审核，通过后回到单位核验",
            story_en: "a private non-enterprise unit of 吕品 (phone 19900000088), unknown to the source: manual review first, then the unit",
            expectation: Expectation::RepresentativeReview,
            ..society("lightschool", "Little-lamp-school", "9103", units::LIGHT_SCHOOL, LV_PIN, "19900000093")
        },
        "08fa36",
    ),
    (
        Person {
            unit: Some(Unit {
                row: UnitData {
                    credit_code: "５１３４０１００５００００ｄ４０８ｐ", ..units::HIKERS
                },
                truth: units::HIKERS,
            }),
            story_zh: "旧记录的信用代码为全角、小写（zhangsan 办完后再办，由张三登录）：自动归一，核验一致",
            story_en: "the old row's code is in full-width, lower-case letters (after zhangsan is done; 张三 signs in): brought into form and matched",
            ..society("hikers", "Up-the-hill-by-six", "9104", units::HIKERS, ZHANG_SAN, "19900000094")
        },
        "b7720c",
    ),
    (
        Person {
            story_zh: "与工商局的 mingde 是同一单位（学校已改制为公司）：mingde 办完后再办，进入“确认绑定”",
            story_en: "the same unit as mingde of the commerce office, a school that became a company: after mingde is done, it leads to 确认绑定",
            expectation: Expectation::UnitBound,
            ..society("mingdeschool", "Evening-classes-15", "9105", units::MINGDE, LI_MING, "19900000084")
        },
        "93e5d2",
    ),
];

/// A unit's account whose row says what is true, and whose representative nobody has verified.
const fn society(
    account: &'static str,
    password: &'static str,
    user_id: &'static str,
    unit: UnitData,
    representative: Entry,
    mobile: &'static str,
) -> Person {
    Person { auth_level: 0, ..company(account, password, user_id, unit, representative, mobile) }
}
