//! What a client is told of a unit, and of who acts for it. `act` is the actor claim of RFC 8693, section 4.1: its
//! members say who that is, and so `exp` isn't one of them; the end of the mandate is a member of its own.

use serde_json::{Map, Value, json};

use super::bearer::Bearer;
use super::claims::subject;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::client::Client;
use crate::domain::mandate::{Mandate, Matter};
use crate::protocol::account_kind::AccountKind;
use crate::storage::{Stored, accounts};

/// Who acts, in as few words as will do: for ID tokens and introspection. None for a person, or a unit alone.
pub(super) fn brief_act(app: &App, client: &Client, bearer: &Bearer) -> Option<Map<String, Value>> {
    let (person, mandate) = bearer.actor.as_ref()?;
    let mut act = Map::new();
    act.insert("sub".to_owned(), json!(subject(app, client, person)));
    act.insert("role".to_owned(), json!(mandate.terms.role.as_str()));
    act.insert("mandate_id".to_owned(), json!(mandate_id(app, client, mandate)));
    Some(act)
}

/// The mandate as this client knows it: pairwise, as `sub` is, so that two clients can't match people by it.
fn mandate_id(app: &App, client: &Client, mandate: &Mandate) -> String {
    app.keys.hash("mandate", &format!("{}\n{}", client.sector, mandate.id))
}

/// Who acts, in what, and until when. With which other clients is told to nobody: the portal itself heeds that.
pub(super) fn act(app: &App, client: &Client, bearer: &Bearer, with_name: bool) -> Option<Map<String, Value>> {
    let (person, mandate) = bearer.actor.as_ref()?;
    let mut act = brief_act(app, client, bearer)?;
    let admitted = Matter::ALL.into_iter().filter(|matter| mandate.terms.reach.matters.admits(matter));
    act.insert("matters".to_owned(), json!(admitted.map(Matter::as_str).collect::<Vec<_>>()));
    if let Some(until) = mandate.terms.validity.until {
        act.insert("mandate_expires_at".to_owned(), json!(until.seconds()));
    }
    if with_name {
        act.insert("name".to_owned(), json!(person.name()));
    }
    Some(act)
}

/// The unit: who it is, how well that is proven, when it was, and what the registry last said of it.
pub(super) async fn organization(app: &App, account: &Account) -> Stored<Option<Value>> {
    let Some(unit) = account.unit() else { return Ok(None) };
    let standing = app.caches.unit_standing(&account.id).await?;
    let evidence = accounts::evidence(&mut app.db.read().await?, &account.id).await?;
    let mut organization = json!({
        "name": unit.name.as_str(),
        "credit_code": unit.credit_code.as_str(),
        "type": { "code": unit.unit_type.class(), "name": unit.unit_type.name(false) },
        "address": unit.address.as_str(),
        "assurance_level": format!("i{}", account.identity_level as u8),
    });
    if let Some(members) = organization.as_object_mut() {
        members.extend(standing.map(|standing| ("standing".to_owned(), json!(standing.as_str()))));
        members.extend(evidence.first().map(|row| ("verified_at".to_owned(), json!(row.at.seconds()))));
    }
    Ok(Some(organization))
}

/// What every ID token of a unit says, so that nobody takes it for a person's.
pub(super) fn marks(app: &App, client: &Client, bearer: &Bearer) -> Map<String, Value> {
    let mut marks = Map::new();
    if bearer.is_unit() {
        marks.insert("account_kind".to_owned(), json!(AccountKind::LegalPerson.as_str()));
        marks.extend(brief_act(app, client, bearer).map(|act| ("act".to_owned(), Value::Object(act))));
    }
    marks
}
