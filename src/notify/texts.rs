//! The texts of messages. An SMS says what its code does, has no link, and only one 【】 (domain.md, "SMS").

/// What a one-time code is for; part of its binding, so that a code for one purpose is worthless for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Proving a phone in a migration.
    Migration,
    /// The second step of a sign-in.
    SignIn,
    /// Binding an account of this legacy system to an account that exists already.
    Bind(String),
}

impl Purpose {
    /// Its text in bindings.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Migration => "migration",
            Self::SignIn => "sign_in",
            Self::Bind(_) => "bind",
        }
    }
}

/// The text of a code.
pub fn code(signature: &str, purpose: &Purpose, code: &str) -> String {
    let (doing, warning) = match purpose {
        Purpose::Migration => ("您正在办理存量用户实名认证".to_owned(), "请勿告知他人"),
        Purpose::SignIn => ("您正在登录".to_owned(), "请勿告知他人"),
        Purpose::Bind(system) => (format!("将“{system}”账号绑定到您的统一账号"), "非本人操作请勿告知"),
    };
    format!("【{signature}】{doing}，验证码为：{code}，5分钟内有效。{warning}。")
}

/// Tells the phone on the old row that its account is being migrated.
pub fn migration_notice(signature: &str, system: &str, hotline: &str) -> String {
    format!("【{signature}】您在“{system}”的账号正在迁移至统一账号。如非本人操作，请致电{hotline}。")
}

/// Tells the account's phone that a migration has ended.
pub fn migrated(signature: &str, system: &str, hotline: &str) -> String {
    format!("【{signature}】“{system}”的账号已绑定到您的统一账号。如非本人操作，请致电{hotline}。")
}

/// The subject of the mail that tells the same.
pub const BOUND_SUBJECT: &str = "原账号已绑定到您的统一账号";

/// Subject and text of the mail that confirms an address.
pub fn confirm_email(english: bool, link: &str) -> (String, String) {
    if english {
        let text = format!(
            "Open this link within 24 hours to confirm your e-mail address:\n\n{link}\n\n\
             If you didn't ask for this, you need do nothing.\n"
        );
        ("Confirm your e-mail address".to_owned(), text)
    } else {
        let text = format!("请在24小时内打开以下链接，确认您的电子邮箱：\n\n{link}\n\n如非本人操作，请忽略本邮件。\n");
        ("确认您的电子邮箱".to_owned(), text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_message_fits_one_part_and_carries_no_link() {
        let bind = Purpose::Bind("合肥市-合肥市政务服务网".to_owned());
        for purpose in [Purpose::Migration, Purpose::SignIn, bind] {
            let text = code("安徽政务服务网", &purpose, "123456");
            assert!(text.chars().count() <= 70, "{text}");
            assert!(text.contains("验证码") && text.contains("5分钟") && !text.contains("http"));
            assert_eq!(text.matches('【').count(), 1);
        }
    }

    #[test]
    fn texts_of_different_purposes_differ() {
        assert_ne!(code("x", &Purpose::Migration, "1"), code("x", &Purpose::SignIn, "1"));
        assert!(code("x", &Purpose::Bind("旧系统".to_owned()), "1").contains("绑定"));
    }
}
