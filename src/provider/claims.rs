//! The claims that a client gets about a person, by scope.

use serde_json::{Map, Value, json};

use crate::app::App;
use crate::domain::account::Account;
use crate::domain::client::Client;
use crate::protocol::scope::{Scope, Scopes};

/// The pairwise `sub` of an account at a client (OpenID Connect Core, section 8.1).
pub fn subject(app: &App, client: &Client, account: &Account) -> String {
    app.keys.pairwise(&client.sector, account.id.as_str())
}

/// The claims of these scopes: `sub` always, the rest only where it is known.
pub fn claims(app: &App, client: &Client, account: &Account, scopes: &Scopes) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    put("sub", json!(subject(app, client, account)));
    // A client that has lost a scope since the consent loses its claims too.
    for scope in scopes.intersection(&client.scopes).iter() {
        match scope {
            Scope::Openid => {}
            Scope::Profile => {
                put("preferred_username", json!(account.user_name.as_str()));
                put("updated_at", json!(account.updated_at.seconds()));
                put("account_kind", json!(account.kind.as_str()));
                if let Some(gender) = account.person.gender.claim() {
                    put("gender", json!(gender));
                }
            }
            Scope::Phone => {
                if let Some(phone) = &account.person.phone {
                    put("phone_number", json!(phone.e164()));
                    put("phone_number_verified", json!(account.phone_proven_at.is_some()));
                }
            }
            Scope::Email => {
                if let Some(email) = &account.person.email {
                    put("email", json!(email.as_str()));
                    put("email_verified", json!(account.email_verified_at.is_some()));
                }
            }
            Scope::RealName => {
                let document = &account.person.document;
                put("name", json!(account.person.name.as_str()));
                put("identity_document", json!({ "type": document.kind().as_str(), "number": document.number() }));
            }
        }
    }
    claims
}
