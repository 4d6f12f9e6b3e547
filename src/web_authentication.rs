//! The portal as a relying party of Web Authentication: passkeys belong to its host.

use url::{Host, Url};
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// The relying party at this issuer, shown to people under this name; `None` where the host is a bare address: passkeys need
/// a name (Web Authentication, section 5.1.2).
pub fn relying_party(issuer: &Url, name: &str) -> Option<Webauthn> {
    let Some(Host::Domain(host)) = issuer.host() else { return None };
    WebauthnBuilder::new(host, issuer).ok()?.rp_name(name).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_need_a_host_with_a_name() {
        let party = |issuer: &str| relying_party(&Url::parse(issuer).unwrap(), "归一");
        assert!(party("https://id.example.gov.cn").is_some() && party("http://localhost:8080").is_some());
        assert!(party("http://127.0.0.1:8080").is_none() && party("https://[::1]").is_none());
    }
}
