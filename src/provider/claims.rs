//! The claims that a client gets about a person or a unit: by scope (OpenID Connect Core, section 5.4), by name (section 5.5).

use serde_json::{Map, Value, json};

use super::bearer::Bearer;
use super::organization::{act, brief_act, organization};
use super::verified::verified_claims;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::client::Client;
use crate::domain::document::{Country, Document};
use crate::protocol::claims::{Claim, Wanted};
use crate::protocol::scope::{Scope, Scopes};
use crate::storage::{Stored, links};

/// The pairwise `sub` of an account at a client (OpenID Connect Core, section 8.1).
pub fn subject(app: &App, client: &Client, account: &Account) -> String {
    app.keys.pairwise(&client.sector, account.id.as_str())
}

/// The claims of these scopes, and what was asked for besides; each only where it is known. A client that has lost a
/// scope since the consent loses its claims too. Only what `legacy_accounts`, `organization` and `verified_claims` tell is
/// read from the database.
///
/// # Errors
/// The store's own.
pub async fn claims(
    app: &App,
    client: &Client,
    bearer: &Bearer,
    scopes: &Scopes,
    wanted: &Wanted,
) -> Stored<Map<String, Value>> {
    let mut claims = Map::new();
    for claim in Claim::ALL.into_iter().filter(|claim| client.scopes.contains(claim.scope())) {
        let (by_scope, by_name) = (scopes.contains(claim.scope()), wanted.claims.get(&claim));
        if !by_scope && by_name.is_none() {
            continue;
        }
        let value = match claim {
            Claim::LegacyAccounts => legacy_accounts(app, client, &bearer.account).await?,
            Claim::Organization => organization(app, &bearer.account).await?,
            Claim::Act => {
                let with_name = scopes.contains(Scope::RealName) && client.scopes.contains(Scope::RealName);
                act(app, client, bearer, with_name).map(Value::Object)
            }
            _ => of_account(&bearer.account, claim),
        };
        if let Some(value) = value.filter(|value| by_scope || by_name.is_some_and(|values| values.allow(value))) {
            claims.insert(claim.as_str().to_owned(), value);
        }
    }
    verified(app, client, bearer, wanted, &mut claims).await?;
    Ok(claims)
}

/// Adds what is proven: of the subject on the outside, of the person who acts for it within `act`.
async fn verified(
    app: &App,
    client: &Client,
    bearer: &Bearer,
    wanted: &Wanted,
    claims: &mut Map<String, Value>,
) -> Stored<()> {
    let asked: Vec<_> = wanted.verified.iter().filter_map(|request| request.within(&client.scopes)).collect();
    if asked.is_empty() {
        return Ok(());
    }
    if let Some(verified) = verified_claims(app, &bearer.account, &asked).await? {
        claims.insert("verified_claims".to_owned(), verified);
    }
    if let (Some((person, _)), Some(brief)) = (&bearer.actor, brief_act(app, client, bearer))
        && let Some(verified) = verified_claims(app, person, &asked).await?
        && let Value::Object(act) = claims.entry("act").or_insert(Value::Object(brief))
    {
        act.insert("verified_claims".to_owned(), verified);
    }
    Ok(())
}

fn of_account(account: &Account, claim: Claim) -> Option<Value> {
    Some(match claim {
        Claim::PreferredUsername => json!(account.user_name.as_str()),
        Claim::UpdatedAt => json!(account.updated_at.seconds()),
        Claim::AccountKind => json!(account.kind().as_str()),
        Claim::Gender => json!(account.person()?.gender.claim()?),
        Claim::PhoneNumber => json!(account.phone()?.e164()),
        Claim::PhoneNumberVerified => json!(account.phone().map(|_| account.phone_proven_at.is_some())?),
        Claim::Email => json!(account.email()?.as_str()),
        Claim::EmailVerified => json!(account.email().map(|_| account.email_verified_at.is_some())?),
        Claim::Address => address(account)?,
        Claim::Name => json!(account.name()),
        Claim::IdentityDocument => identity_document(&account.person()?.document),
        Claim::Organization | Claim::Act | Claim::LegacyAccounts => return None,
    })
}

/// The address (OpenID Connect Core, section 5.1.1): a person's as they say, a unit's as it is registered.
fn address(account: &Account) -> Option<Value> {
    if let Some(unit) = account.unit() {
        return Some(json!({ "formatted": unit.address.as_str(), "country": Country::CHINA.zh() }));
    }
    let address = account.address()?;
    let parts = address.parts();
    let mut members = Map::new();
    members.insert("formatted".to_owned(), json!(address.formatted()));
    members.insert("country".to_owned(), json!(address.country().zh()));
    for (name, text) in [
        ("region", parts.region),
        ("locality", parts.locality),
        ("street_address", parts.street_address),
        ("postal_code", parts.postal_code),
    ] {
        if !text.is_empty() {
            members.insert(name.to_owned(), json!(text));
        }
    }
    Some(Value::Object(members))
}

/// Type, issuing country (ISO 3166-1 alpha-3) and number of the verified document: this portal's own claim.
pub(super) fn identity_document(document: &Document) -> Value {
    json!({ "type": document.kind().as_str(), "country": document.country().alpha3(), "number": document.number() })
}

/// The person's users in the system that the client owns; links that were undone are gone.
async fn legacy_accounts(app: &App, client: &Client, account: &Account) -> Stored<Option<Value>> {
    let Some(system) = &client.owns_system else { return Ok(None) };
    let links = links::of_account(&mut app.db.read().await?, &account.id).await?;
    let owned: Vec<Value> = links
        .iter()
        .filter(|link| link.system == *system)
        .map(|link| json!({ "system": link.system, "sub": link.subject, "linked_at": link.linked_at.seconds() }))
        .collect();
    Ok((!owned.is_empty()).then_some(Value::Array(owned)))
}
