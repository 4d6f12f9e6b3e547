//! The texts of messages. An SMS says what its code does, has no link, and only one 【】 (domain.md, "SMS").

use crate::domain::authenticator::AuthenticatorKind;
use crate::domain::case_number::CaseNumber;
use crate::domain::recovery::Kind;

/// What a one-time code is for; part of its binding, so that a code for one purpose is worthless for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Proving a phone in a migration.
    Migration,
    /// The second step of a sign-in.
    SignIn,
    /// Proving a phone or an address in a registration.
    Registration,
    /// Going on with a case in another browser.
    Resume,
    /// Making a phone the sign-in name of another account.
    MovePhone,
    /// Binding an account of this legacy system to an account that exists already.
    Bind(String),
    /// A new password instead of a forgotten one.
    Recover {
        /// The browser has passed a second factor of the account: strangers can't use up what it may have sent.
        known: bool,
    },
    /// Freezing one's own account.
    Freeze,
    /// Saying that a number isn't its former holder's any more.
    NotMine,
    /// Making a phone the contact of one's account, instead of another one.
    NewPhone,
    /// The consent of that other one.
    OldPhone,
}

impl Purpose {
    /// Its text in bindings.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Migration => "migration",
            Self::Registration => "registration",
            Self::Resume => "resume",
            Self::MovePhone => "move_phone",
            Self::SignIn => "sign_in",
            Self::Bind(_) => "bind",
            Self::Recover { .. } => "recover",
            Self::Freeze => "freeze",
            Self::NotMine => "not_mine",
            Self::NewPhone => "new_phone",
            Self::OldPhone => "old_phone",
        }
    }
}

impl Purpose {
    /// Whether whoever asks has proven something about the recipient's account already.
    pub fn is_proven(&self) -> bool {
        match self {
            Self::SignIn | Self::MovePhone | Self::OldPhone | Self::Bind(_) => true,
            Self::Recover { known } => *known,
            Self::Migration | Self::Registration | Self::Resume | Self::Freeze | Self::NotMine | Self::NewPhone => {
                false
            }
        }
    }
}

/// The text of a code.
pub fn code(signature: &str, purpose: &Purpose, code: &str) -> String {
    let (doing, warning) = match purpose {
        Purpose::Migration => ("您正在办理存量用户实名认证".to_owned(), "请勿告知他人"),
        Purpose::Registration => ("您正在注册统一账号".to_owned(), "请勿告知他人"),
        Purpose::MovePhone => ("将本手机号改为另一个统一账号的登录名".to_owned(), "非本人操作请勿告知"),
        Purpose::Resume => ("您正在换一个浏览器继续办理".to_owned(), "非本人操作请勿告知"),
        Purpose::SignIn => ("您正在登录".to_owned(), "请勿告知他人"),
        Purpose::Freeze => ("您正在冻结自己的统一账号".to_owned(), "非本人操作请勿告知"),
        Purpose::NotMine => ("您声明本手机号不再属于原用户".to_owned(), "非本人操作请勿告知"),
        Purpose::NewPhone => ("将本手机号登记到统一账号".to_owned(), "非本人操作请勿告知"),
        Purpose::OldPhone => ("您的统一账号将更换为其他手机号".to_owned(), "非本人操作请勿告知"),
        Purpose::Recover { .. } => ("您正在重设统一账号的密码".to_owned(), "非本人操作请勿告知"),
        Purpose::Bind(system) => (format!("将“{system}”账号绑定到您的统一账号"), "非本人操作请勿告知"),
    };
    format!("【{signature}】{doing}，验证码为：{code}，5分钟内有效。{warning}。")
}

/// Whose account a message is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The reader's own.
    Own,
    /// That of a child whom the reader looks after, by its masked name.
    Childs(String),
}

impl std::fmt::Display for Whose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Own => f.write_str("您的统一账号"),
            Self::Childs(name) => write!(f, "您监护的{name}的统一账号"),
        }
    }
}

/// Tells the phone on the old row that its account is being migrated.
pub fn migration_notice(signature: &str, system: &str, hotline: &str) -> String {
    format!("【{signature}】您在“{system}”的账号正在迁移至统一账号。如非本人操作，请致电{hotline}。")
}

/// The subject of the mail that tells of an unlinked account.
pub const UNLINKED_SUBJECT: &str = "原账号已解除绑定";

/// Tells every channel of an account that a legacy account was taken off it.
pub fn unlinked(signature: &str, system: &str, whose: &Whose, hotline: &str) -> String {
    format!("【{signature}】“{system}”的账号已从{whose}解除绑定。如非本人操作，请致电{hotline}。")
}

/// The subject of the mail that tells of second factors.
pub const FACTOR_SUBJECT: &str = "登录方式有变动";

/// Tells every channel of an account that a second factor was set up.
pub fn factor_added(signature: &str, kind: AuthenticatorKind, whose: &Whose, hotline: &str) -> String {
    let what = match kind {
        AuthenticatorKind::Passkey => "通行密钥",
        AuthenticatorKind::Totp => "身份验证器",
    };
    format!("【{signature}】{whose}已添加{what}。如非本人操作，请致电{hotline}。")
}

/// Tells every channel of an account that a second factor was removed.
pub fn factor_removed(signature: &str, whose: &Whose, hotline: &str) -> String {
    format!("【{signature}】{whose}已移除一个登录验证方式。如非本人操作，请致电{hotline}。")
}

/// The subject of the mail that tells of another password.
pub const PASSWORD_SUBJECT: &str = "密码已修改";

/// Tells every channel of an account that it has another password.
pub fn password_changed(signature: &str, whose: &Whose, hotline: &str) -> String {
    format!("【{signature}】{whose}的密码已修改，其他地方的登录已退出。如非本人操作，请致电{hotline}。")
}

/// The subject of the mail that tells of a password on a list.
pub const EXPOSED_SUBJECT: &str = "请更换您的密码";

/// Tells every channel of an account that its password, which signs in, is one of those that are tried first.
pub fn password_exposed(signature: &str, whose: &Whose, hotline: &str) -> String {
    format!(
        "【{signature}】{whose}的密码在公开的常见或泄露密码名单中，容易被人猜到，请登录后尽快更换。咨询请致电{hotline}。"
    )
}

/// The subject of the mail that tells of a recovery.
pub const RECOVERY_SUBJECT: &str = "账号找回";

/// What a recovery is for, in the words of a message.
fn recovery(kind: Kind) -> &'static str {
    match kind {
        Kind::Password => "重设密码",
        Kind::Phone => "更换手机号",
    }
}

/// Tells every channel of an account what will change, when, and the number that stops it. No link: the person opens 停止申请.
pub fn recovery_begun(signature: &str, kind: Kind, whose: &Whose, hours: u64, number: &CaseNumber) -> String {
    let what = recovery(kind);
    format!(
        "【{signature}】有人申请对{whose}{what}，{hours}小时后生效。如非本人操作，请打开统一门户“停止申请”，输入编号{number}。"
    )
}

/// Tells every channel of an account that it won't.
pub fn recovery_stopped(signature: &str, kind: Kind, whose: &Whose, hotline: &str) -> String {
    let what = recovery(kind);
    format!("【{signature}】对{whose}{what}的申请已停止。如有疑问，请致电{hotline}。")
}

/// What somebody reads whose case the account's owner has stopped.
pub const STOPPED_BY_OWNER: &str = "账号所有人提出异议";

/// Tells the old channels of an account and the new one that it has another phone.
pub fn phone_changed(signature: &str, whose: &Whose, hotline: &str) -> String {
    format!("【{signature}】{whose}已更换登记的手机号，其他地方的登录已退出。如非本人操作，请致电{hotline}。")
}

/// Tells the other channels of an account that its phone is somebody else's by now.
pub fn phone_given_up(signature: &str, whose: &Whose, hotline: &str) -> String {
    format!(
        "【{signature}】{whose}登记的手机号已由他人证明在使用，不再用于登录和验证。请登录统一门户登记新的手机号，或致电{hotline}。"
    )
}

/// Tells every channel of an account that it is frozen.
pub fn frozen(signature: &str, whose: &Whose, hotline: &str) -> String {
    format!(
        "【{signature}】{whose}已冻结，所有登录已退出。恢复使用请打开统一门户“手机丢失或恢复账号”，或致电{hotline}。"
    )
}

/// Tells those who manage a unit that its account has another password.
pub fn unit_password_set(signature: &str, unit: &str, hotline: &str) -> String {
    let unit: String = unit.chars().take(24).collect();
    format!(
        "【{signature}】“{unit}”的统一账号已由法定代表人设置新密码，原有登录已退出。如非本单位操作，请致电{hotline}。"
    )
}

/// The subject of the mail that tells of a closing, and of its being taken back.
pub const CLOSING_SUBJECT: &str = "账号注销";

/// Tells every channel of an account that it is being closed, and how that is taken back. `until` is a day.
pub fn closing(signature: &str, whose: &Whose, until: &str, hotline: &str) -> String {
    format!("【{signature}】{whose}已申请注销并停用，{until}之前登录门户可以撤回。如非本人操作，请致电{hotline}。")
}

/// Tells every channel of an account that its closing was taken back.
pub fn closing_withdrawn(signature: &str, whose: &Whose, hotline: &str) -> String {
    format!("【{signature}】{whose}已撤回注销，可以照常使用。如非本人操作，请致电{hotline}。")
}

/// The subject of the mail that tells of the end.
pub const CLOSED_SUBJECT: &str = "账号已注销";

/// Tells every channel of an account that it is closed, for the last time.
pub fn closed(signature: &str, whose: &Whose, hotline: &str) -> String {
    format!("【{signature}】{whose}已注销，个人信息已删除。如有疑问，请致电{hotline}。")
}

/// Tells the account's phone that a registration has ended.
pub fn registered(signature: &str, whose: &Whose, hotline: &str) -> String {
    format!("【{signature}】{whose}已注册成功。如非本人操作，请致电{hotline}。")
}

/// Tells the account's phone that a migration has ended.
pub fn migrated(signature: &str, system: &str, whose: &Whose, hotline: &str) -> String {
    format!("【{signature}】“{system}”的账号已绑定到{whose}。如非本人操作，请致电{hotline}。")
}

/// Asks a unit's representative to confirm on an own device. No link: the person signs in and types the number.
pub fn represent(signature: &str, unit: &str, number: &CaseNumber) -> String {
    let unit: String = unit.chars().take(20).collect();
    format!("【{signature}】“{unit}”办理统一账号，请您以法定代表人身份登录门户，在“法定代表人确认”中输入编号{number}。")
}

/// Tells that a unit's old account was brought along.
pub fn unit_migrated(signature: &str, unit: &str, hotline: &str) -> String {
    let unit: String = unit.chars().take(24).collect();
    format!("【{signature}】“{unit}”的统一账号已绑定原账号。如非本单位操作，请致电{hotline}。")
}

/// The subject of a mail that carries a code.
pub const CODE_SUBJECT: &str = "验证码";

/// The subject of a mail about a case.
pub const CASE_SUBJECT: &str = "您的办理进度";

/// Tells how a case stands. No link: the person opens 继续办理 and types the number.
pub fn case(signature: &str, number: &CaseNumber, news: CaseNews) -> String {
    let news = match news {
        CaseNews::Approved => "人工审核已通过",
        CaseNews::Returned => "人工审核需要您补正",
        CaseNews::Rejected => "人工审核未通过",
        CaseNews::Checked => "实名核验已有结果",
    };
    format!("【{signature}】{news}，请打开统一门户，在“继续办理”中输入办理编号{number}。")
}

/// What happened to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseNews {
    /// A reviewer approved it.
    Approved,
    /// A reviewer asks for a correction.
    Returned,
    /// A reviewer rejected it.
    Rejected,
    /// The source, which had been unavailable, has answered.
    Checked,
}

/// Tells the phone on file that somebody asks to bind a legacy account to this account by review.
pub fn review_notice(signature: &str, system: &str, whose: &Whose, hours: u64, hotline: &str) -> String {
    format!(
        "【{signature}】有人经人工审核申请将“{system}”账号绑定到{whose}，{hours}小时后生效。如非本人操作，请致电{hotline}。"
    )
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
        let plain = [
            Purpose::Migration,
            Purpose::Registration,
            Purpose::Resume,
            Purpose::MovePhone,
            Purpose::SignIn,
            Purpose::Recover { known: false },
            Purpose::Freeze,
            Purpose::NotMine,
            Purpose::NewPhone,
            Purpose::OldPhone,
        ];
        for purpose in plain.into_iter().chain([bind]) {
            let text = code("安徽政务服务网", &purpose, "123456");
            assert!(text.chars().count() <= 70, "{text}");
            assert!(text.contains("验证码") && text.contains("5分钟") && !text.contains("http"));
            assert_eq!(text.matches('【').count(), 1);
        }
    }

    #[test]
    fn a_guardian_reads_whose_account_it_is() {
        let childs = Whose::Childs("陈**".to_owned());
        let texts = [
            registered("x", &childs, "12345"),
            migrated("x", "旧系统", &childs, "12345"),
            unlinked("x", "旧系统", &childs, "12345"),
            password_exposed("x", &childs, "12345"),
            review_notice("x", "旧系统", &childs, 72, "12345"),
        ];
        assert!(texts.iter().all(|text| text.contains("您监护的陈**的统一账号")), "{texts:?}");
        assert!(registered("x", &Whose::Own, "12345").contains("您的统一账号"));
    }

    #[test]
    fn texts_of_different_purposes_differ() {
        assert_ne!(code("x", &Purpose::Migration, "1"), code("x", &Purpose::SignIn, "1"));
        assert!(code("x", &Purpose::Bind("旧系统".to_owned()), "1").contains("绑定"));
    }
}
