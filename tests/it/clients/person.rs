//! A person whose browser goes to and fro between the portal and a relying party.

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use crate::migration::NEW_PASSWORD;
use crate::support::Browser;

/// A browser, as one for each origin.
pub struct Person {
    pub who: guiyi::demo::people::Person,
    issuer: String,
    base_url: String,
    pub portal: Browser,
    pub party: Browser,
    /// The addresses that redirects have led to.
    trail: Vec<String>,
}

impl Person {
    pub fn new(
        who: guiyi::demo::people::Person,
        (issuer, portal): (String, Browser),
        (base_url, party): (String, Browser),
    ) -> Self {
        Self { who, issuer, base_url, portal, party, trail: Vec::new() }
    }

    /// Opens a page of the relying party, and follows every redirect.
    pub async fn visit(&mut self, path: &str) {
        self.party.get(path).await;
        let left = self.party.left.take();
        self.follow(left).await;
    }

    /// Sends a form of the relying party without fields.
    pub async fn press(&mut self, path: &str) {
        self.party.post(path, &[]).await;
        let left = self.party.left.take();
        self.follow(left).await;
    }

    /// Sends the form that the portal shows.
    pub async fn submit(&mut self, fields: &[(&str, &str)]) {
        self.portal.submit(fields).await;
        let left = self.portal.left.take();
        self.follow(left).await;
    }

    async fn follow(&mut self, mut next: Option<String>) {
        while let Some(url) = next {
            let browser = if url.starts_with(&self.issuer) { &mut self.portal } else { &mut self.party };
            let path = url.strip_prefix(&self.issuer).or_else(|| url.strip_prefix(&self.base_url));
            browser.get(path.unwrap_or_else(|| panic!("led astray to {url}"))).await;
            next = browser.left.take();
            self.trail.push(url);
        }
    }

    /// Name and password, then the consent.
    pub async fn sign_in(&mut self) {
        assert!(self.portal.at.starts_with("/login"), "{} {}", self.portal.at, self.portal.body);
        self.submit(&[("identifier", self.who.account), ("password", NEW_PASSWORD)]).await;
        assert!(self.portal.shows("Provincial library"), "{} {}", self.portal.at, self.portal.body);
        self.submit(&[("decision", "allow")]).await;
    }

    /// The parameters of the last redirect to a page.
    pub fn sent(&self, origin_and_path: &str) -> BTreeMap<String, String> {
        let url = self.trail.iter().rev().find(|url| url.split('?').next() == Some(origin_and_path));
        let Browser { at, body, .. } = &self.party;
        let url = url.unwrap_or_else(|| panic!("never at {origin_and_path} in {:#?}; {at} shows {body}", self.trail));
        Url::parse(url).unwrap().query_pairs().into_owned().collect()
    }

    /// What the relying party shows.
    pub fn shown(&self, log: &str) -> Value {
        let Browser { status, at, body, .. } = &self.party;
        assert_eq!(*status, 200, "{at}: {body}\n{log}");
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error} at {at}: {body}\n{log}"))
    }
}
