//! The users of 省公安厅-互联网+公安, which knows most of them by their documents.

use super::{Expectation, Person, entry, individual};

/// The users.
pub const POLICE: &[Person] = &[
    Person {
        auth_level: 2,
        email: "fangjing@demo.invalid",
        story_zh: "在公安系统已实名：登录返回后完善账号，须设新密码；以后可用该系统登录",
        story_en: "verified there: come back, complete the account with a new password, then sign in with that system",
        expectation: Expectation::NewPassword,
        ..individual(
            "fangjing",
            "Quiet+garden+61",
            "ga-5f2c01",
            entry("方静", "340102198909309986", "2"),
            "19900000041",
        )
    },
    Person {
        auth_level: 2,
        email: "liming@demo.invalid",
        story_zh: "李明在公安系统的账号：合肥的 liming 办完后再办，进入“确认绑定”，用短信验证码确认",
        story_en: "another account of 李明: after liming of Hefei is done, it leads to 确认绑定; confirm by SMS code",
        expectation: Expectation::BindByCode,
        ..individual("liming", "Blue-lantern-88", "ga-5f2c02", entry("李明", "340102198803159975", "1"), "19900000001")
    },
    Person {
        auth_level: 2,
        email: "wangfang@demo.invalid",
        story_zh: "与合肥的 wangfang 同用户名、同手机、同邮箱，却是另一个人：什么也不会绑定到她的账号",
        story_en: "user name, phone and e-mail of Hefei's wangfang, but another person: nothing is linked to her account",
        expectation: Expectation::NewPassword,
        ..individual(
            "wangfang",
            "Other+person+17",
            "ga-5f2c03",
            entry("汪芳", "340111198507049989", "2"),
            "19900000002",
        )
    },
    Person {
        story_zh: "在公安系统未实名：按预填内容提交即核验一致",
        story_en: "not verified there: submit what is pre-filled, the check matches",
        ..individual(
            "suqiang",
            "Half-way-there-3",
            "ga-5f2c04",
            entry("苏强", "340121199006269999", "1"),
            "19900000042",
        )
    },
    Person {
        auth_level: 2,
        story_zh: "未满 14 周岁：提示监护人办理",
        story_en: "under 14: a guardian has to proceed",
        expectation: Expectation::Minor,
        ..individual(
            "xiaoman",
            "Kite_on_a_hill_7",
            "ga-5f2c05",
            entry("许小满", "340103201503019971", "1"),
            "19900000043",
        )
    },
];
