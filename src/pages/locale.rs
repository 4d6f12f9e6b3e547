//! Languages: Fluent files in `templates/locales`, compiled in. zh-CN first, English complete (a test compares keys).

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::domain::account::AccountKind;
use crate::domain::mandate::Role;
use crate::protocol::scope::Scope;

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// 简体中文.
    #[default]
    Zh,
    /// English.
    En,
}

type Bundle = FluentBundle<FluentResource>;

static ZH: LazyLock<Bundle> = LazyLock::new(|| bundle("zh-CN", include_str!("../../templates/locales/zh-CN.ftl")));
static EN: LazyLock<Bundle> = LazyLock::new(|| bundle("en", include_str!("../../templates/locales/en.ftl")));

fn bundle(tag: &str, source: &str) -> Bundle {
    let language: LanguageIdentifier = tag.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    bundle.set_use_isolating(false);
    // Faulty entries are left out; a test refuses them.
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
    bundle.add_resource_overriding(resource);
    bundle
}

/// The keys of a language's file, for the test that compares the languages; an error names what can't be read.
///
/// # Errors
/// The parser's messages.
pub fn keys(source: &str) -> Result<Vec<String>, String> {
    let resource = FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| format!("{errors:?}"))?;
    let lines = resource.source().lines();
    Ok(lines
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
        .filter_map(|line| line.split_once(" =").map(|(key, _)| key.to_owned()))
        .collect())
}

impl Locale {
    /// The language's tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// Whether it is English.
    pub fn is_english(self) -> bool {
        self == Self::En
    }

    /// The other language.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }

    /// The language of a tag such as `en-GB` or `zh-Hans-CN`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The best language of an `Accept-Language` header (RFC 9110, section 12.5.4).
    pub fn from_accept_language(header: &str) -> Option<Self> {
        let weighed = header.split(',').take(20).filter_map(|part| {
            let mut fields = part.trim().split(';');
            let locale = Self::from_tag(fields.next()?)?;
            let q = fields.find_map(|f| f.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
            Some((locale, q))
        });
        weighed
            .fold(None, |best: Option<(Self, f32)>, next| match best {
                Some((_, q)) if q >= next.1 => best,
                _ => Some(next),
            })
            .map(|(locale, _)| locale)
    }

    /// The text of a key.
    pub fn t(self, key: &str) -> String {
        self.format(key, None)
    }

    /// The text of a key with one value in it, as `$value`.
    pub fn tv(self, key: &str, value: impl std::fmt::Display) -> String {
        let mut args = FluentArgs::new();
        args.set("value", value.to_string());
        self.format(key, Some(&args))
    }

    /// What a scope opens of a person or of a unit, in words; `None`: nothing of it.
    pub fn scope(self, scope: Scope, kind: AccountKind) -> Option<String> {
        Some(match (scope, kind) {
            (Scope::Profile, AccountKind::LegalPerson) => self.t("consent-unit-profile"),
            (Scope::Address, AccountKind::LegalPerson) => self.t("consent-unit-address"),
            (Scope::RealName, AccountKind::LegalPerson) => self.t("consent-unit-real-name"),
            // A unit has no phone, and its agent's is nobody's business.
            (Scope::Phone, AccountKind::LegalPerson) | (Scope::Organization, AccountKind::Individual) => return None,
            _ => self.t(&format!("scope-{}", scope.as_str().replace('_', "-"))),
        })
    }

    /// What somebody is to a unit, in words.
    pub fn role(self, role: Role) -> String {
        self.t(match role {
            Role::LegalRepresentative => "role-legal-representative",
            Role::Administrator => "role-administrator",
            Role::Agent => "role-agent",
        })
    }

    fn format(self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let bundle: &Bundle = match self {
            Self::Zh => &ZH,
            Self::En => &EN,
        };
        let Some(pattern) = bundle.get_message(key).and_then(|m| m.value()) else {
            tracing::error!(key, locale = self.tag(), "a text is missing");
            debug_assert!(false, "a text is missing: {key:?} in {}", self.tag());
            return key.to_owned();
        };
        bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned()
    }
}
