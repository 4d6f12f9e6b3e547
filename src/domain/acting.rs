//! For which clients a person acts by which mandate: the choice that a browser session remembers. It is no right: each
//! use checks the mandate again.

use serde::{Deserialize, Serialize};

use crate::ids::{ClientId, MandateId};

/// How many choices a session remembers; the oldest is forgotten, and asked for again.
const MOST: usize = 16;

/// The choices, the last one first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Acting(Vec<(ClientId, MandateId)>);

impl Acting {
    /// The mandate that was chosen for a client.
    pub fn at(&self, client: &ClientId) -> Option<&MandateId> {
        self.0.iter().find(|(chosen_for, _)| chosen_for == client).map(|(_, mandate)| mandate)
    }

    /// With another choice for a client; none: the person for themselves.
    #[must_use]
    pub fn choosing(&self, client: &ClientId, mandate: Option<&MandateId>) -> Self {
        let others = self.0.iter().filter(|(chosen_for, _)| chosen_for != client).cloned();
        Self(mandate.map(|m| (client.clone(), m.clone())).into_iter().chain(others).take(MOST).collect())
    }

    /// Its text in the database: empty, or JSON.
    pub fn to_text(&self) -> String {
        if self.0.is_empty() { String::new() } else { serde_json::to_string(self).unwrap_or_default() }
    }

    /// Reads that text.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() { Some(Self::default()) } else { serde_json::from_str(text).ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_one_choice_a_client_and_forgets_the_oldest() {
        let (a, b) = (ClientId::from("a"), ClientId::from("b"));
        let acting = Acting::default().choosing(&a, Some(&"m1".into())).choosing(&b, Some(&"m2".into()));
        let acting = acting.choosing(&a, Some(&"m3".into()));
        assert_eq!((acting.at(&a), acting.at(&b)), (Some(&"m3".into()), Some(&"m2".into())));
        assert_eq!(Acting::parse(&acting.to_text()), Some(acting.clone()));
        assert_eq!(acting.choosing(&a, None).at(&a), None);
        assert_eq!(acting.choosing(&a, None).choosing(&b, None).to_text(), "");
        let many =
            (0..40).fold(acting, |acting, n| acting.choosing(&ClientId(format!("client-{n}")), Some(&"m4".into())));
        assert_eq!((many.0.len(), many.at(&a)), (MOST, None));
        assert!(Acting::parse("x").is_none());
    }
}
