//! What can go wrong at a sign-in, each with a page.

use axum::http::StatusCode;
use axum::response::Response;

use super::pages::{Lang, Notice};

/// Why there is no signed-in user.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The portal can't be reached, or its answer can't be read.
    Portal,
    /// The answer belongs to no sign-in of this browser.
    State,
    /// The answer names another issuer.
    Issuer,
    /// The portal answered with an error of RFC 6749, section 4.1.2.1.
    Declined(String),
    /// The ID token isn't in order.
    IdToken,
    /// The ID token's key is unknown: the portal may have new ones.
    NewKeys,
}

impl Trouble {
    pub(super) fn page(&self, lang: Lang) -> Response {
        let (status, [zh, en]) = self.words();
        let detail = match self {
            Self::Declined(error) => error.as_str(),
            _ => "",
        };
        Notice { lang, title: lang.pick("登录未完成", "You are not signed in"), text: lang.pick(zh, en), detail }
            .page(status)
    }

    fn words(&self) -> (StatusCode, [&'static str; 2]) {
        match self {
            Self::Portal => (
                StatusCode::BAD_GATEWAY,
                ["暂时无法连接统一门户，请稍后重试。", "The portal can't be reached just now. Please try again later."],
            ),
            Self::State => (
                StatusCode::BAD_REQUEST,
                [
                    "这次登录已失效，或不是在本浏览器发起的，请重新登录。",
                    "This sign-in has expired or was started in another browser. Please sign in again.",
                ],
            ),
            Self::Issuer => (
                StatusCode::BAD_REQUEST,
                [
                    "登录结果不是来自统一门户，已拒绝。请重新登录。",
                    "The answer didn't come from the portal and was refused. Please sign in again.",
                ],
            ),
            Self::Declined(error) if error == "access_denied" => (
                StatusCode::OK,
                ["您取消了登录或没有同意授权。", "You cancelled the sign-in, or didn't give your consent."],
            ),
            Self::Declined(_) => (
                StatusCode::OK,
                [
                    "统一门户没有完成这次登录，请重新登录。",
                    "The portal didn't complete this sign-in. Please try again.",
                ],
            ),
            Self::IdToken | Self::NewKeys => (
                StatusCode::BAD_GATEWAY,
                [
                    "登录凭证未通过校验，已拒绝。请重新登录。",
                    "The sign-in couldn't be verified and was refused. Please sign in again.",
                ],
            ),
        }
    }
}
