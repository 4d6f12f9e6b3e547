//! What the registry of organisations holds: invented units with synthetic credit codes.

use serde::{Deserialize, Serialize};

use super::{Entry, UnitData, entry};

/// How a unit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitStatus {
    /// 存续.
    Registered,
    /// 吊销.
    Revoked,
    /// 注销.
    Dissolved,
    /// 迁出.
    Moved,
}

impl UnitStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Registered, Self::Revoked, Self::Dissolved, Self::Moved];

    /// Its text in the registry's form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Revoked => "revoked",
            Self::Dissolved => "dissolved",
            Self::Moved => "moved",
        }
    }

    /// In Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Registered => "存续",
            Self::Revoked => "吊销",
            Self::Dissolved => "注销",
            Self::Moved => "迁出",
        }
    }
}

/// What the registry holds on one unit.
#[derive(Clone, Copy, Debug)]
pub struct UnitRecord {
    /// The unit.
    pub unit: UnitData,
    /// Its legal representative, or who stands in that place.
    pub representative: Entry,
    /// How it stands.
    pub status: UnitStatus,
}

/// 李明, who has old accounts of his own, and several companies.
pub(super) const LI_MING: Entry = entry("李明", "340102198803159975", "1");
/// 秦朗, who has no account of his own.
pub(super) const QIN_LANG: Entry = entry("秦朗", "34010219820714999X", "1");

/// A company of 李明 with an account at `hefei`.
pub(super) const HUIYUAN: UnitData =
    unit("91", "合肥徽园茶业有限公司（演示）", "91340100MA00000151", "安徽省合肥市演示路1号", "2015-06-01");
/// The noodle shop of 秦朗 with an account at `hefei`.
pub(super) const QIN_SHOP: UnitData =
    unit("92", "合肥市庐阳区秦记面馆（演示）", "92340100MA0000023Q", "安徽省合肥市演示路2号", "2017-09-12");

/// The registry's records.
pub const UNITS: &[UnitRecord] = &[held(HUIYUAN, LI_MING), held(QIN_SHOP, QIN_LANG)];

pub(super) const fn unit(
    unit_type: &'static str,
    name: &'static str,
    credit_code: &'static str,
    address: &'static str,
    registered_on: &'static str,
) -> UnitData {
    UnitData { unit_type, name, credit_code, address, registered_on }
}

const fn held(unit: UnitData, representative: Entry) -> UnitRecord {
    UnitRecord { unit, representative, status: UnitStatus::Registered }
}
