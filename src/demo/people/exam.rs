//! The users of 省教育厅-考试报名, none of them verified, and how the old table holds each password.

use super::{Expectation, Person, State, entry, individual};

/// How a row holds its password.
#[derive(Clone, Copy, Debug)]
pub enum Stored {
    /// The middle 16 digits of the MD5, upper case.
    Md5Middle,
    /// `md5hex(md5hex(password) + salt)`.
    Md5Md5Salt(&'static str),
    /// A hash of a formula that nobody remembers.
    Unknown(&'static str),
}

/// The users.
pub const EXAM: &[(Person, Stored)] = &[
    (
        Person {
            story_zh: "未实名，旧密码为 16 位 MD5：核验一致，须设新密码",
            story_en: "not verified, a 16-digit MD5: the check matches, choose a new password",
            ..individual("hanmei", "Exam-hall-2017", "70001", entry("韩梅", "340103199304129983", "2"), "19900000031")
        },
        Stored::Md5Middle,
    ),
    (
        Person {
            story_zh: "未实名，旧密码为加盐的双重 MD5：核验一致",
            story_en: "not verified, a salted double MD5: the check matches",
            ..individual("gaofeng", "Summit_peak_33", "70002", entry("高峰", "34010419910717997X", "1"), "19900000032")
        },
        Stored::Md5Md5Salt("a3f9c1"),
    ),
    (
        Person {
            story_zh: "与 hanmei 只差大小写的另一个人：hanmei 办完后再办，用户名归一后相同，须改名",
            story_en: "another person than hanmei but for the case: after hanmei is done the user name is taken, choose another",
            expectation: Expectation::UserNameTaken,
            ..individual("HanMei", "Plum+blossom+5", "70003", entry("韩美", "340102199609239984", "2"), "19900000033")
        },
        Stored::Md5Md5Salt("7be204"),
    ),
    (
        Person {
            mobile: "19900000034",
            story_zh: "手机已换，旧号 19900000034 会收到迁移提醒：填新号 19900000044 即可",
            story_en: "a new phone, 19900000044; the old one, 19900000034, is told of the migration",
            ..individual("fengqi", "Number-portable8", "70004", entry("冯琪", "340111198802119986", "2"), "19900000044")
        },
        Stored::Md5Md5Salt("0d55f8"),
    ),
    (
        Person {
            name: "彭飞",
            id_number: "340103199405199972",
            story_zh: "旧记录是别人的姓名：即使核验一致也转人工审核",
            story_en: "the old row names somebody else: even a match isn't enough",
            expectation: Expectation::Contradiction,
            ..individual(
                "pengfei",
                "Borrowed-name-12",
                "70005",
                entry("彭辉", "340122199203089977", "1"),
                "19900000035",
            )
        },
        Stored::Md5Middle,
    ),
    (
        Person {
            state: State::Disabled,
            story_zh: "旧账号已停用",
            story_en: "disabled in the old table",
            expectation: Expectation::Disabled,
            ..individual(
                "xieting",
                "Closed-since-2020",
                "70006",
                entry("谢婷", "340121199006269964", "2"),
                "19900000036",
            )
        },
        Stored::Md5Md5Salt("c0ffee"),
    ),
    (
        Person {
            story_zh: "密码的算法无人知晓：密码再对也登不上，请选择其他系统或人工办理",
            story_en: "a hash of an unknown formula: not even the right password signs in",
            expectation: Expectation::Refused,
            ..individual(
                "dengke",
                "Nobody-knows-how1",
                "70007",
                entry("邓科", "340104198701099978", "1"),
                "19900000037",
            )
        },
        Stored::Unknown("$H$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"),
    ),
];
