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

/// 张三, who has an old account of his own.
pub(super) const ZHANG_SAN: Entry = entry("张三", "340103198211209971", "1");
/// 张伟, who has an old account of his own that isn't verified.
pub(super) const ZHANG_WEI: Entry = entry("张伟", "340104199009129995", "1");
/// 沈雪, whom the source knows, and who has no account.
pub(super) const SHEN_XUE: Entry = entry("沈雪", "340103198110249982", "2");
/// 唐宁, whom the source knows, and who has no account.
pub(super) const TANG_NING: Entry = entry("唐宁", "340102197905189978", "1");
/// 吕品, whom the source doesn't know.
pub(super) const LV_PIN: Entry = entry("吕品", "340104198509229963", "2");

// At `hefei`: a company of 李明, and the noodle shop of 秦朗.
pub(super) const HUIYUAN: UnitData =
    unit("91", "合肥徽园茶业有限公司（演示）", "91340100MA00000151", "安徽省合肥市演示路1号", "2015-06-01");
pub(super) const QIN_SHOP: UnitData =
    unit("92", "合肥市庐阳区秦记面馆（演示）", "92340100MA0000023Q", "安徽省合肥市演示路2号", "2017-09-12");

// At `gsj`.
pub(super) const HUIYUN: UnitData =
    unit("91", "合肥徽韵文化有限公司（演示）", "91340100MA0000C11Q", "安徽省合肥市演示路11号", "2016-03-18");
pub(super) const CHAOYU: UnitData =
    unit("91", "合肥巢渔水产有限公司（演示）", "91340111MA0000C2XE", "安徽省合肥市演示路12号", "2009-08-08");
pub(super) const SWAN_LAKE: UnitData =
    unit("91", "合肥天鹅湖供应链有限公司（演示）", "91340104MA0000B234", "安徽省合肥市演示路13号", "2014-02-27");
pub(super) const DASHUSHAN: UnitData =
    unit("91", "合肥大蜀山石材有限公司（演示）", "91340104MA0000C540", "安徽省合肥市演示路14号", "2010-05-05");
pub(super) const YAOHAI: UnitData =
    unit("91", "合肥瑶海煤炭有限公司（演示）", "91340122MA0000C62W", "安徽省合肥市演示路15号", "2003-11-20");
pub(super) const OLD_BRIDGE: UnitData =
    unit("91", "合肥老桥建材厂（演示）", "91340121MA0000C709", "安徽省合肥市演示路16号", "1998-04-13");
pub(super) const MOVED_AWAY: UnitData =
    unit("91", "合肥东迁电子有限公司（演示）", "91340100MA0000C97K", "安徽省合肥市演示路17号", "2012-12-12");
/// Issued with a wrong check character: the right one would be `E`.
pub(super) const PILOT: UnitData =
    unit("91", "合肥先行科技有限公司（演示）", "91340104MA0000D42F", "安徽省合肥市演示路18号", "2015-07-01");
pub(super) const FEIHE: UnitData =
    unit("91", "合肥淝河物流有限公司（演示）", "91340103MA0000D26A", "安徽省合肥市演示路19号", "2013-09-09");
/// Whose code stands in FEIHE's old row.
pub(super) const FEIHE_NEIGHBOUR: UnitData =
    unit("91", "合肥淝河仓储有限公司（演示）", "91340102MA0000D181", "安徽省合肥市演示路20号", "2013-09-10");
pub(super) const ZHANG_SHOP: UnitData =
    unit("92", "芜湖市镜湖区张三小卖部（演示）", "92340202MA0000B314", "安徽省芜湖市演示路21号", "2018-01-15");
pub(super) const FLOUR_MILL: UnitData =
    unit("91", "合肥丰乐面粉有限公司（演示）", "91340111MA0000D34P", "安徽省合肥市演示路22号", "2006-10-30");
pub(super) const PAPER_MILL: UnitData =
    unit("91", "合肥南淝纸业有限公司（演示）", "91340122MA0000D698", "安徽省合肥市演示路23号", "2005-03-02");
pub(super) const MINGDE: UnitData =
    unit("91", "合肥明德培训学校有限公司（演示）", "91340102MA0000C38D", "安徽省合肥市演示路24号", "2018-06-20");
pub(super) const TEA_COOP: UnitData =
    unit("93", "阜阳临泉春芽茶叶专业合作社（演示）", "93341221MA0000B4XM", "安徽省阜阳市演示路25号", "2011-04-01");
pub(super) const BRANCH: UnitData =
    unit("91", "合肥徽韵文化有限公司芜湖分公司（演示）", "91340202MA0000D779", "安徽省芜湖市演示路26号", "2019-07-07");

// At `mzt`.
pub(super) const TEA_CULTURE: UnitData =
    unit("51", "安徽省徽茶文化协会（演示）", "5134000050000A071P", "安徽省合肥市演示路31号", "2011-11-11");
pub(super) const CHESS: UnitData =
    unit("51", "合肥市象棋协会（演示）", "5134010050000D2053", "安徽省合肥市演示路32号", "2004-09-28");
pub(super) const LIGHT_SCHOOL: UnitData =
    unit("52", "合肥市小灯学校（演示）", "52340100MJ0000A89Y", "安徽省合肥市演示路33号", "2008-08-30");
pub(super) const HIKERS: UnitData =
    unit("51", "合肥市登山协会（演示）", "5134010050000D408P", "安徽省合肥市演示路34号", "2012-05-20");

/// The registry's records. DASHUSHAN is missing on purpose.
pub const UNITS: &[UnitRecord] = &[
    held(HUIYUAN, LI_MING),
    held(QIN_SHOP, QIN_LANG),
    held(HUIYUN, LI_MING),
    held(CHAOYU, SHEN_XUE),
    held(SWAN_LAKE, ZHANG_SAN),
    UnitRecord { status: UnitStatus::Revoked, ..held(YAOHAI, ZHANG_SAN) },
    UnitRecord { status: UnitStatus::Dissolved, ..held(OLD_BRIDGE, ZHANG_SAN) },
    UnitRecord { status: UnitStatus::Moved, ..held(MOVED_AWAY, ZHANG_SAN) },
    held(PILOT, ZHANG_SAN),
    held(FEIHE, LI_MING),
    held(FEIHE_NEIGHBOUR, SHEN_XUE),
    held(ZHANG_SHOP, ZHANG_SAN),
    held(FLOUR_MILL, ZHANG_SAN),
    held(PAPER_MILL, ZHANG_SAN),
    held(MINGDE, LI_MING),
    held(TEA_COOP, ZHANG_SAN),
    held(BRANCH, ZHANG_SAN),
    held(TEA_CULTURE, ZHANG_WEI),
    held(CHESS, TANG_NING),
    held(LIGHT_SCHOOL, LV_PIN),
    held(HIKERS, ZHANG_SAN),
];

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
