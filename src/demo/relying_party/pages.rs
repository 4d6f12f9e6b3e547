//! The relying party's pages.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::RelyingParty;
use super::session::User;
use crate::demo::page::page;

/// A page's language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) enum Lang {
    #[default]
    #[serde(rename = "zh", alias = "zh-CN")]
    Zh,
    #[serde(rename = "en")]
    En,
}

impl Lang {
    /// The text in this language.
    pub(super) fn pick(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// The home page in this language.
    pub(super) fn home(self) -> &'static str {
        self.pick("/", "/?lang=en")
    }

    /// `ui_locales` for the portal; Chinese is its default.
    pub(super) fn locale(self) -> Option<&'static str> {
        (self == Self::En).then_some("en")
    }

    fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }

    fn code(self) -> &'static str {
        self.pick("zh", "en")
    }
}

/// The language that a link or a form asks for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Words {
    #[serde(default)]
    pub(super) lang: Lang,
}

#[derive(Template)]
#[template(path = "demo/rp_home.html")]
struct Home<'a> {
    lang: Lang,
    issuer: &'a str,
    user: Option<User>,
}

pub(super) async fn home(
    State(party): State<RelyingParty>,
    Query(words): Query<Words>,
    headers: HeaderMap,
) -> Response {
    let user = party.0.sessions.user(&headers);
    page(StatusCode::OK, &Home { lang: words.lang, issuer: &party.0.config.issuer, user })
}

/// A page with one thing to say and a way on.
#[derive(Template)]
#[template(path = "demo/rp_notice.html")]
pub(super) struct Notice<'a> {
    pub(super) lang: Lang,
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    /// The protocol's own word, for whoever is asked for help.
    pub(super) detail: &'a str,
}

impl Notice<'_> {
    pub(super) fn signed_out(lang: Lang) -> Self {
        let text = lang.pick("您已退出不动产登记预约。", "You have signed out of real-estate registration booking.");
        Self { lang, title: lang.pick("已退出", "Signed out"), text, detail: "" }
    }

    pub(super) fn page(&self, status: StatusCode) -> Response {
        page(status, self)
    }
}

/// What a role is called.
fn role(lang: Lang, role: &str) -> &str {
    match role {
        "legal_representative" => lang.pick("法定代表人", "legal representative"),
        "administrator" => lang.pick("管理员", "administrator"),
        "agent" => lang.pick("经办人", "agent"),
        other => other,
    }
}

/// What a claim is called; empty where its own name has to do.
fn label(lang: Lang, claim: &str) -> &'static str {
    let [zh, en] = match claim {
        "sub" => ["用户标识", "Subject"],
        "name" => ["姓名", "Name"],
        "preferred_username" => ["用户名", "User name"],
        "gender" => ["性别", "Gender"],
        "identity_document" => ["证件", "Identity document"],
        "updated_at" => ["更新时间", "Updated"],
        "phone_number" => ["手机号", "Phone"],
        "phone_number_verified" => ["手机号已验证", "Phone verified"],
        "email" => ["电子邮箱", "E-mail"],
        "email_verified" => ["邮箱已验证", "E-mail verified"],
        "address" => ["地址", "Postal address"],
        "acr" => ["认证级别", "Level of assurance"],
        "amr" => ["登录方式", "Methods of sign-in"],
        "auth_time" => ["登录时间", "Time of sign-in"],
        "account_kind" => ["账号类型", "Kind of account"],
        "organization" => ["单位", "Organisation"],
        "act" => ["经办人", "Acting person"],
        "legacy_accounts" => ["存量账号", "Legacy accounts"],
        "verified_claims" => ["已核验信息", "Verified claims"],
        "iss" => ["签发方", "Issuer"],
        "aud" => ["接收方", "Audience"],
        "exp" => ["有效期至", "Expires"],
        "iat" => ["签发时间", "Issued"],
        "sid" => ["会话标识", "Session"],
        "nonce" => ["随机数", "Nonce"],
        "at_hash" => ["访问令牌摘要", "Hash of the access token"],
        _ => ["", ""],
    };
    lang.pick(zh, en)
}
