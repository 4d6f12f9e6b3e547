//! A person's device with passkeys, in software: what a browser's `navigator.credentials` answers (Web Authentication, sections
//! 6.1 and 6.5).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Browser;

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// A device with one passkey.
pub struct Device {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    handle: Value,
    /// How often it has signed.
    pub counter: u32,
    /// Where its browser believes to be.
    pub origin: String,
    /// Whether it verifies its user.
    pub verifies: bool,
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A byte string in CBOR.
fn bytes(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let head =
        if length < 256 { vec![0x58, length as u8] } else { [vec![0x59], length.to_be_bytes().to_vec()].concat() };
    [head, content.to_vec()].concat()
}

/// A short text in CBOR.
fn text(content: &str) -> Vec<u8> {
    [vec![0x60 + u8::try_from(content.len()).unwrap()], content.as_bytes().to_vec()].concat()
}

impl Device {
    pub fn new() -> Self {
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            id: guiyi::clock::Random::system().bytes::<32>().to_vec(),
            handle: Value::Null,
            counter: 0,
            origin: "http://localhost:8080".to_owned(),
            verifies: true,
        }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let data =
            json!({ "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false });
        data.to_string().into_bytes()
    }

    fn authenticator_data(&mut self, party: &str, more: u8) -> Vec<u8> {
        let verified = if self.verifies { USER_VERIFIED } else { 0 };
        self.counter += 1;
        let party = digest(&SHA256, party.as_bytes());
        [party.as_ref(), &[USER_PRESENT | verified | more], &self.counter.to_be_bytes()].concat()
    }

    /// What `navigator.credentials.create` gives for these options, as the page's script sends it.
    pub fn create(&mut self, options: &Value) -> String {
        self.handle = options["user"]["id"].clone();
        let point = self.key.public_key().as_ref()[1..].to_vec();
        let (x, y) = point.split_at(32);
        let cose = [&[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21][..], &bytes(x), &[0x22], &bytes(y)].concat();
        let mut data = self.authenticator_data(options["rp"]["id"].as_str().unwrap(), ATTESTED);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(cose);
        let object =
            [vec![0xa3], text("fmt"), text("none"), text("attStmt"), vec![0xa0], text("authData"), bytes(&data)]
                .concat();
        json!({
            "id": encoded(&self.id), "rawId": encoded(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "attestationObject": encoded(&object),
                "clientDataJSON": encoded(&self.client_data("webauthn.create", options)),
                "transports": ["internal"],
            },
        })
        .to_string()
    }

    /// What `navigator.credentials.get` gives for these options.
    pub fn get(&mut self, options: &Value) -> String {
        let client = self.client_data("webauthn.get", options);
        let data = self.authenticator_data(options["rpId"].as_str().unwrap(), 0);
        let signed = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": encoded(&self.id), "rawId": encoded(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "authenticatorData": encoded(&data),
                "clientDataJSON": encoded(&client),
                "signature": encoded(signature.as_ref()),
                "userHandle": self.handle,
            },
        })
        .to_string()
    }
}

/// The options that a page has for its script, and the fields of the form that they stand in.
pub fn ceremony(browser: &Browser) -> (Value, String, Vec<(String, String)>) {
    let start = browser.body.find("data-options=\"").unwrap_or_else(|| panic!("no passkey at {}", browser.at));
    let form = browser.body[..start].rfind("<form").unwrap();
    let form = &browser.body[form..];
    let (action, fields) = super::browser::form_of(&form[..form.find("</form>").unwrap()]);
    let options = super::browser::attribute(form, "data-options");
    (serde_json::from_str(&options).unwrap(), action, fields)
}

/// Sends a passkey's answer with the form that asked for it.
pub async fn answer(browser: &mut Browser, answer: &str, extra: &[(&str, &str)]) {
    let (_, action, mut fields) = ceremony(browser);
    fields.retain(|(name, _)| name != "answer");
    fields.push(("answer".to_owned(), answer.to_owned()));
    fields.extend(extra.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    browser.post(&action, &pairs).await;
}
