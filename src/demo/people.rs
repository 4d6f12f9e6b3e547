//! The invented people of the demonstration, and what the authoritative source knows about them.
//!
//! No number here belongs to a living person: the sequence codes 996 to 999 were kept for centenarians, the birth
//! dates are modern. The phones reach nobody but the demonstration's own inbox.

use serde::{Deserialize, Serialize};

use crate::domain::document::DocumentType;

mod exam;
mod police;
mod registered;
mod societies;
mod table;
mod units;

pub use exam::{EXAM, Stored};
pub use police::POLICE;
pub use registered::{UNITS, UnitRecord, UnitStatus};
pub use societies::SOCIETIES;
pub use table::{PEOPLE, RECORDS};
pub use units::COMPANIES;

/// Whose account it is in the legacy system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 个人用户.
    Individual,
    /// 法人用户.
    LegalPerson,
}

impl Kind {
    /// The text that the ticket API takes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Individual => "individual",
            Self::LegalPerson => "legal_person",
        }
    }
}

/// What became of an account in the legacy system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 正常.
    Active,
    /// 锁定.
    Locked,
    /// 停用.
    Disabled,
}

/// How the wizard ends for a person who follows the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expectation {
    /// Verified upstream; the old password goes along, if the system's setting allows it.
    CarriedOver,
    /// Verified upstream; the old password is too weak for today's policy, or was never typed here.
    NewPassword,
    /// The automatic check matches.
    Match,
    /// The first try doesn't match, the corrected one does.
    MismatchThenMatch,
    /// The form refuses what the old row pre-filled; corrected, the check matches.
    CorrectedThenMatch,
    /// Unknown to the source: only manual review leads on.
    ManualReview,
    /// A match, but the old row names somebody else: manual review.
    Contradiction,
    /// Dead, cancelled or duplicate at the source: shown as no match, flagged inside.
    Flagged,
    /// A name that no source can confirm: manual review.
    UnusualName,
    /// The identity has an account already: bind to it by a code to its phone.
    BindByCode,
    /// The identity has an account already: bind to it by its own password.
    BindByPassword,
    /// The user name is taken by the time of the second person.
    UserNameTaken,
    /// The phone belongs to another account already: it becomes a contact, and no name to sign in with.
    SharedPhone,
    /// No phone: an e-mail address stands in.
    NoPhone,
    /// Under 14 by the old row: stop, and say how a guardian proceeds.
    Minor,
    /// Under 14 by the day of birth that is typed: the same.
    MinorByBirthDate,
    /// The legacy system refuses the sign-in.
    Refused,
    /// Locked in the legacy system.
    Locked,
    /// Disabled in the legacy system.
    Disabled,
    /// A unit whose representative has an account, or brings one along: the registry matches.
    Unit,
    /// A unit whose representative brings an old account along first, which isn't verified; then the registry matches.
    RepresentativeFirst,
    /// A unit whose representative has no account anywhere and registers first; then the registry matches.
    RepresentativeRegisters,
    /// A unit whose representative is unknown to the source: a reviewer first, then the registry matches.
    RepresentativeReview,
    /// The unit has an account already: bind to it.
    UnitBound,
    /// The unit's licence was revoked: refused.
    Revoked,
    /// The unit is dissolved: refused.
    Dissolved,
    /// The unit is registered elsewhere now: back, or manual review.
    Moved,
    /// A credit code that was issued with a wrong check character: only manual review leads on.
    WrongCheck,
}

/// What the person in the story types into the real-name form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// 姓名.
    pub name: &'static str,
    /// 证件类型.
    pub document_type: DocumentType,
    /// 签发国家, ISO 3166-1 alpha-3; chosen for passports only.
    pub country: &'static str,
    /// 证件号码.
    pub document_number: &'static str,
    /// 出生日期, where the number doesn't tell it.
    pub birth_date: &'static str,
    /// 性别, GB/T 2261.1.
    pub gender: &'static str,
    /// 民族, GB/T 3304.
    pub ethnic_code: &'static str,
}

/// A unit's data, in one place or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct UnitData {
    /// 单位类型, the two characters of GB 32100-2015.
    pub unit_type: &'static str,
    /// 单位名称.
    pub name: &'static str,
    /// 统一社会信用代码.
    pub credit_code: &'static str,
    /// 注册地址.
    pub address: &'static str,
    /// 注册时间, `yyyy-mm-dd`.
    pub registered_on: &'static str,
}

/// The unit whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// What the old row says.
    pub row: UnitData,
    /// The truth, as typed into the unit's form.
    pub truth: UnitData,
}

impl Unit {
    /// A unit whose old row says what is true.
    const fn plain(truth: UnitData) -> Self {
        Self { row: truth, truth }
    }
}

/// One user of a legacy system, and the story that goes with it.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// The old user name; case matters there.
    pub account: &'static str,
    /// The old password.
    pub password: &'static str,
    /// Individual or unit.
    pub kind: Kind,
    /// The legacy system's own subject identifier.
    pub user_id: &'static str,
    /// The name of the old row, which may be empty or wrong.
    pub name: &'static str,
    /// The document number of the old row, which may be empty or wrong.
    pub id_number: &'static str,
    /// The gender of the old row: `1`, `2` or empty.
    pub gender: &'static str,
    /// The ethnic group of the old row, or empty.
    pub ethnic_code: &'static str,
    /// The day of birth of the old row, or empty.
    pub birth_date: &'static str,
    /// The phone of the old row, or empty.
    pub mobile: &'static str,
    /// The mail address of the old row, or empty.
    pub email: &'static str,
    /// `0` not verified, `1` and `2` verified.
    pub auth_level: u8,
    /// Whether the old account works.
    pub state: State,
    /// The unit, for [`Kind::LegalPerson`]; `name` and `id_number` are its legal representative's.
    pub unit: Option<Unit>,
    /// The truth, as typed into the real-name form.
    pub truth: Entry,
    /// What to try, in Chinese.
    pub story_zh: &'static str,
    /// What to try, in English.
    pub story_en: &'static str,
    /// How it ends.
    pub expectation: Expectation,
}

/// A resident of the Han nationality, as typed into the real-name form.
const fn entry(name: &'static str, document_number: &'static str, gender: &'static str) -> Entry {
    Entry { ethnic_code: "01", ..other(DocumentType::ResidentId, name, document_number, gender, "") }
}

/// Somebody with another document, issued in China unless it says otherwise, and without an ethnic group.
const fn other(
    document_type: DocumentType,
    name: &'static str,
    document_number: &'static str,
    gender: &'static str,
    birth_date: &'static str,
) -> Entry {
    Entry { name, document_type, country: "CHN", document_number, birth_date, gender, ethnic_code: "" }
}

/// An unverified individual whose old row says what is true, and whom the check confirms.
const fn individual(
    account: &'static str,
    password: &'static str,
    user_id: &'static str,
    truth: Entry,
    mobile: &'static str,
) -> Person {
    Person {
        account,
        password,
        kind: Kind::Individual,
        user_id,
        name: truth.name,
        id_number: truth.document_number,
        gender: truth.gender,
        ethnic_code: truth.ethnic_code,
        birth_date: "",
        mobile,
        email: "",
        auth_level: 0,
        state: State::Active,
        unit: None,
        truth,
        story_zh: "",
        story_en: "",
        expectation: Expectation::Match,
    }
}

/// A record's standing at the authoritative source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// In order.
    Alive,
    /// 死亡注销.
    Deceased,
    /// 户口注销.
    Cancelled,
    /// 重号.
    Duplicate,
}

/// What the authoritative source holds on one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// The name on the document.
    pub name: &'static str,
    /// The kind of document.
    pub document_type: DocumentType,
    /// Who issued it, ISO 3166-1 alpha-3.
    pub country: &'static str,
    /// Its number.
    pub document_number: &'static str,
    /// Whether the record is in order.
    pub standing: Standing,
}

/// The source's records.
pub fn records() -> Vec<Record> {
    RECORDS.to_vec()
}

impl Standing {
    /// In Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Alive => "正常",
            Self::Deceased => "已故",
            Self::Cancelled => "已注销",
            Self::Duplicate => "重号",
        }
    }
}

impl State {
    /// In Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Active => "正常",
            Self::Locked => "锁定",
            Self::Disabled => "停用",
        }
    }
}
