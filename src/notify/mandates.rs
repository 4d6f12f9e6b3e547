//! Messages about acting for a unit. No link: whoever gets one signs in as usual and looks at 我的单位.

use crate::domain::mandate::Role;
use crate::domain::unit::Standing;

/// The subject of every mail about acting for a unit.
pub const SUBJECT: &str = "单位授权变更";

/// A role in the words of a message.
fn role(role: Role) -> &'static str {
    match role {
        Role::LegalRepresentative => "法定代表人",
        Role::Administrator => "管理员",
        Role::Agent => "经办人",
    }
}

fn not_you(hotline: &str) -> String {
    if hotline.is_empty() { String::new() } else { format!("如有疑问，请致电{hotline}。") }
}

/// Asks whoever has this phone to act for a unit.
pub fn invited(signature: &str, unit: &str, as_what: Role) -> String {
    let role = role(as_what);
    format!(
        "【{signature}】“{unit}”邀请您担任{role}。同意的，请登录统一门户，在“我的单位”中接受，7天内有效；不同意的，无需处理。"
    )
}

/// Tells the representative that an administrator has invited an agent.
pub fn granted(signature: &str, unit: &str, by: &str, hotline: &str) -> String {
    format!("【{signature}】“{unit}”的管理员{by}邀请了一名经办人，详见统一门户“我的单位”。{}", not_you(hotline))
}

/// Tells granter and representative that an invitation was accepted.
pub fn accepted(signature: &str, unit: &str, (who, as_what): (&str, Role), hotline: &str) -> String {
    let role = role(as_what);
    format!("【{signature}】{who}已接受邀请，成为“{unit}”的{role}。{}", not_you(hotline))
}

/// Tells the granter that somebody has given a mandate up.
pub fn resigned(signature: &str, unit: &str, (who, what): (&str, Role)) -> String {
    let role = role(what);
    format!("【{signature}】{who}已不再担任“{unit}”的{role}。")
}

/// Tells somebody that the unit has taken the mandate back.
pub fn revoked(signature: &str, unit: &str, what: Role, hotline: &str) -> String {
    let role = role(what);
    format!("【{signature}】“{unit}”已撤销对您的{role}授权，立即失效。{}", not_you(hotline))
}

/// Tells somebody that the mandate has ended with the one that it rested on.
pub fn ended_with(signature: &str, unit: &str, what: Role, hotline: &str) -> String {
    let role = role(what);
    format!("【{signature}】您在“{unit}”的{role}授权已终止，因为授予该授权的人不再有权办理。{}", not_you(hotline))
}

/// Tells everybody concerned that the registry names another representative.
pub fn replaced(signature: &str, unit: &str, hotline: &str) -> String {
    format!(
        "【{signature}】登记信息显示“{unit}”的法定代表人已变更，原有授权全部终止，由新的法定代表人重新办理。{}",
        not_you(hotline)
    )
}

/// Tells everybody concerned how a unit stands now.
pub fn standing(signature: &str, unit: &str, standing: Standing, hotline: &str) -> String {
    let news = match standing {
        Standing::Registered => "已恢复正常，可以继续代办业务",
        Standing::Revoked => "为吊销，暂停代办业务",
        Standing::Dissolved => "为注销，不能再代办业务",
    };
    format!("【{signature}】登记信息显示“{unit}”的状态{news}。{}", not_you(hotline))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_carry_no_link_and_one_signature() {
        let texts = [
            invited("安徽政务服务网", "合肥甲公司", Role::Agent),
            granted("安徽政务服务网", "合肥甲公司", "李*", "0551-12345"),
            accepted("安徽政务服务网", "合肥甲公司", ("李*", Role::Administrator), "0551-12345"),
            resigned("安徽政务服务网", "合肥甲公司", ("李*", Role::Agent)),
            revoked("安徽政务服务网", "合肥甲公司", Role::Agent, "0551-12345"),
            ended_with("安徽政务服务网", "合肥甲公司", Role::Agent, ""),
            replaced("安徽政务服务网", "合肥甲公司", "0551-12345"),
            standing("安徽政务服务网", "合肥甲公司", Standing::Dissolved, "0551-12345"),
        ];
        for text in texts {
            assert!(text.contains("合肥甲公司") && !text.contains("http"), "{text}");
            assert_eq!(text.matches('【').count(), 1, "{text}");
        }
    }
}
