//! The catalogue of legacy systems, by city and department (flows.md 1.1; the demo appendix of domain.md, invented
//! for this product). A row without a configured connector is shown as 暂未接入.

use crate::ids::SystemId;

/// How the list is grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// 地市.
    City,
    /// 省直部门.
    Department,
}

/// A system that exists, connected or not.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its id, as configuration names it.
    pub id: &'static str,
    /// Where it stands in the list.
    pub group: Group,
    /// Its name in Chinese.
    pub zh: &'static str,
    /// Its name in English.
    pub en: &'static str,
}

const fn city(id: &'static str, zh: &'static str, en: &'static str) -> Row {
    Row { id, group: Group::City, zh, en }
}

const fn department(id: &'static str, zh: &'static str, en: &'static str) -> Row {
    Row { id, group: Group::Department, zh, en }
}

/// The 16 cities, in the order of GB/T 2260, then the departments.
pub const ROWS: &[Row] = &[
    city("hefei", "合肥市-合肥市政务服务网", "Hefei – City Government Services"),
    city("wuhu", "芜湖市-芜湖市政务服务网", "Wuhu – City Government Services"),
    city("bengbu", "蚌埠市-蚌埠市政务服务网", "Bengbu – City Government Services"),
    city("huainan", "淮南市-淮南市政务服务网", "Huainan – City Government Services"),
    city("maanshan", "马鞍山市-马鞍山市政务服务网", "Ma'anshan – City Government Services"),
    city("huaibei", "淮北市-淮北市政务服务网", "Huaibei – City Government Services"),
    city("tongling", "铜陵市-铜陵市政务服务网", "Tongling – City Government Services"),
    city("anqing", "安庆市-安庆市政务服务网", "Anqing – City Government Services"),
    city("huangshan", "黄山市-黄山市政务服务网", "Huangshan – City Government Services"),
    city("chuzhou", "滁州市-滁州市政务服务网", "Chuzhou – City Government Services"),
    city("fuyang", "阜阳市-阜阳市政务服务网", "Fuyang – City Government Services"),
    city("suzhou", "宿州市-宿州市政务服务网", "Suzhou (Anhui) – City Government Services"),
    city("luan", "六安市-六安市政务服务网", "Lu'an – City Government Services"),
    city("bozhou", "亳州市-亳州市政务服务网", "Bozhou – City Government Services"),
    city("chizhou", "池州市-池州市政务服务网", "Chizhou – City Government Services"),
    city("xuancheng", "宣城市-宣城市政务服务网", "Xuancheng – City Government Services"),
    department("rst", "省人社厅-社会保障网上服务", "Human Resources and Social Security – Online Services"),
    department("gat", "省公安厅-互联网+公安", "Public Security – Internet Services"),
    department("gsj", "省工商局-企业登记网办", "Industry and Commerce – Company Registration"),
    department("swj", "省税务局-网上办税", "Taxation – Online Tax Services"),
    department("jyt", "省教育厅-考试报名", "Education – Examination Registration"),
    department("wjw", "省卫健委-预约挂号", "Health – Appointments"),
    department("zjt", "省住建厅-住房公积金", "Housing – Provident Fund"),
    department("mzt", "省民政厅-社会组织", "Civil Affairs – Social Organisations"),
    department("sft", "省司法厅-法律服务", "Justice – Legal Services"),
    department("zrt", "省自然资源厅-矿业权申报", "Natural Resources – Mining Rights"),
    department("fgw", "省发改委-投资项目在线审批", "Development and Reform – Investment Projects"),
];

/// The row with this id.
pub fn row(id: &SystemId) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.id == id.as_str())
}
