//! The users of 省工商局-企业登记网办: units, whose legal representatives it has verified.

use super::registered::{self as units, LI_MING, SHEN_XUE, ZHANG_SAN};
use super::{Entry, Expectation, Kind, Person, State, Unit, UnitData};

/// The users.
pub const COMPANIES: &[Person] = &[
    Person {
        story_zh: "企业，法定代表人李明：由 hefei 的 liming 办完后再办（或在流程中先办），李明登录确认后核验一致",
        story_en: "a company of 李明: after liming of Hefei is done, or as a detour, 李明 signs in and the registry matches",
        ..company("huiyun", "Hongcun-ink-2016", "qy50000001", units::HUIYUN, LI_MING, "19900000071")
    },
    Person {
        story_zh: "企业，法定代表人沈雪有真实身份但没有统一账号：先注册（手机 19900000081），再回到单位核验，核验一致",
        story_en: "a company of 沈雪, who has no account: she registers (phone 19900000081), comes back, and the registry matches",
        expectation: Expectation::RepresentativeRegisters,
        ..company("chaoyu", "Chaohu-fishing-09", "qy50000002", units::CHAOYU, SHEN_XUE, "19900000072")
    },
    Person {
        unit: Some(Unit {
            row: UnitData { name: "合肥天鹅湖贸易有限公司（演示）", ..units::SWAN_LAKE },
            truth: units::SWAN_LAKE,
        }),
        story_zh: "单位已更名，旧系统仍是旧名（zhangsan 办完后再办）：按预填旧名核验不一致，返回改为新名即通过",
        story_en: "renamed since (after zhangsan is done): the pre-filled old name doesn't match, the new one does",
        expectation: Expectation::MismatchThenMatch,
        ..company("swanlake", "Two-swans-on-ice7", "qy50000003", units::SWAN_LAKE, ZHANG_SAN, "19900000073")
    },
    Person {
        story_zh: "登记库查无此单位（liming 办完后再办）：返回更正或人工审核",
        story_en: "unknown to the registry (after liming is done): go back, or manual review",
        expectation: Expectation::ManualReview,
        ..company("dashushan", "Big-hill-quarry-4", "qy50000004", units::DASHUSHAN, LI_MING, "19900000074")
    },
    Person {
        story_zh: "营业执照已被吊销（zhangsan 办完后再办）：不予通过，说明原因",
        story_en: "its licence was revoked (after zhangsan is done): refused, with the reason",
        expectation: Expectation::Revoked,
        ..company("yaohaicoal", "Coal-yard-by-rail3", "qy50000005", units::YAOHAI, ZHANG_SAN, "19900000075")
    },
    Person {
        story_zh: "单位已注销（zhangsan 办完后再办）：不予通过，说明原因",
        story_en: "dissolved (after zhangsan is done): refused, with the reason",
        expectation: Expectation::Dissolved,
        ..company("oldbridge", "Stone-bridge-1998", "qy50000006", units::OLD_BRIDGE, ZHANG_SAN, "19900000076")
    },
    Person {
        story_zh: "单位已迁出本省登记（zhangsan 办完后再办）：返回更正或人工审核",
        story_en: "registered in another province now (after zhangsan is done): go back, or manual review",
        expectation: Expectation::Moved,
        ..company("movedaway", "Gone_to_Nanjing_22", "qy50000007", units::MOVED_AWAY, ZHANG_SAN, "19900000077")
    },
    Person {
        story_zh: "试点时期发放的代码，校验位有误，登记库亦如此（zhangsan 办完后再办）：只能人工审核",
        story_en: "a code of the pilot years with a wrong check character, at the registry too (after zhangsan is done): manual review only",
        expectation: Expectation::WrongCheck,
        ..company("pilot2015", "First-of-its-kind1", "qy50000008", units::PILOT, ZHANG_SAN, "19900000078")
    },
    Person {
        story_zh: "同一单位的另一个旧账号：huiyun 办完后再办，进入“确认绑定”",
        story_en: "a second old account of the same company: after huiyun is done, it leads to 确认绑定",
        expectation: Expectation::UnitBound,
        ..company("huiyun2009", "Old-ink-stone-09", "qy50000009", units::HUIYUN, LI_MING, "19900000071")
    },
    Person {
        unit: Some(Unit { row: UnitData { credit_code: "91340102MA0000D181", ..units::FEIHE }, truth: units::FEIHE }),
        story_zh: "旧记录的信用代码是别的单位的（liming 办完后再办）：改正后虽核验一致，与旧记录矛盾，转人工审核",
        story_en: "the old row has another unit's code (after liming is done): corrected it matches, but contradicts the row, so manual review",
        expectation: Expectation::Contradiction,
        ..company("feihelogistics", "Wrong-row-since-13", "qy50000010", units::FEIHE, LI_MING, "19900000079")
    },
    Person {
        story_zh: "个体工商户，经营者张三，旧密码太弱（zhangsan 办完后再办）：核验一致，须设新密码",
        story_en: "an individual business of 张三 with a weak password (after zhangsan is done): matched, choose a new one",
        expectation: Expectation::NewPassword,
        ..company("zhangshop", "88888888", "qy50000011", units::ZHANG_SHOP, ZHANG_SAN, "19900000080")
    },
    Person {
        state: State::Locked,
        story_zh: "旧账号已锁定：密码正确时提示到原系统解锁",
        story_en: "locked in the old system: the right password is told to unlock it there",
        expectation: Expectation::Locked,
        ..company("lockedmill", "Flour-mill-locked6", "qy50000012", units::FLOUR_MILL, ZHANG_SAN, "19900000082")
    },
    Person {
        state: State::Disabled,
        story_zh: "旧账号已停用：密码正确时提示联系原系统",
        story_en: "disabled in the old system: the right password is told to contact its owner",
        expectation: Expectation::Disabled,
        ..company("closedmill", "Paper-mill-closed5", "qy50000013", units::PAPER_MILL, ZHANG_SAN, "19900000083")
    },
    Person {
        story_zh: "李明的第二个单位（liming 办完后再办）：核验一致，李明可在两个单位之间选择",
        story_en: "a second company of 李明 (after liming is done): matched, and 李明 may choose which one to act for",
        ..company("mingde", "Bright-virtue-2018", "qy50000014", units::MINGDE, LI_MING, "19900000084")
    },
    Person {
        story_zh: "农民专业合作社，法定代表人张三（zhangsan 办完后再办）：核验一致",
        story_en: "a farmers' cooperative of 张三 (after zhangsan is done): matched",
        ..company("teacoop", "Spring-leaf-harvest", "qy50000015", units::TEA_COOP, ZHANG_SAN, "19900000085")
    },
    Person {
        story_zh: "分公司，负责人张三（zhangsan 办完后再办）：核验一致",
        story_en: "a branch whose person in charge is 张三 (after zhangsan is done): matched",
        ..company("huiyunwuhu", "Branch-on-the-river", "qy50000016", units::BRANCH, ZHANG_SAN, "19900000086")
    },
];

/// A unit's account whose representative the system has verified and whose row says what is true; the registry matches.
pub(super) const fn company(
    account: &'static str,
    password: &'static str,
    user_id: &'static str,
    unit: UnitData,
    representative: Entry,
    mobile: &'static str,
) -> Person {
    Person {
        account,
        password,
        kind: Kind::LegalPerson,
        user_id,
        name: representative.name,
        id_number: representative.document_number,
        gender: "",
        ethnic_code: "",
        birth_date: "",
        mobile,
        email: "",
        auth_level: 2,
        state: State::Active,
        unit: Some(Unit::plain(unit)),
        truth: representative,
        story_zh: "",
        story_en: "",
        expectation: Expectation::Unit,
    }
}
