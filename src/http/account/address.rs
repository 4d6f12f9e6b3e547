//! The person's own postal address: entered, changed and removed here alone. Nobody checks it, and no sign-in hangs on it, so
//! the session is proof enough. This is the one page that shows it in full; the audit log tells that it changed, never what
//! it is.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::person;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::address::{Parts, PostalAddress};
use crate::domain::document::Country;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::pages::{Form, Page, Rendered, Visit};
use crate::protocol::params::Params;
use crate::storage::{StorageError, accounts, audit};

#[derive(Template)]
#[template(path = "account/address.html")]
struct AddressPage {
    page: Page,
    form: Form,
    countries: Vec<(&'static str, &'static str)>,
    /// There is one to remove.
    kept: bool,
}

fn page(visit: &Visit, account: &Account, form: Form, status: u16) -> Reply {
    let english = visit.locale.is_english();
    let template = AddressPage {
        page: visit.page("address-title"),
        countries: Country::listed(english).into_iter().map(|country| country.choice(english)).collect(),
        kept: account.address().is_some(),
        form,
    };
    Reply::page(Rendered::new(status, &template))
}

/// `GET /account/address`
pub(in crate::http) async fn show(visit: Visit) -> Reply {
    let (_, account) = match person(&visit) {
        Ok(signed_in) => signed_in,
        Err(elsewhere) => return elsewhere,
    };
    let parts = account.address().map(PostalAddress::parts);
    let parts = parts.unwrap_or_else(|| Parts { country: Country::CHINA.alpha3().to_owned(), ..Parts::default() });
    let form = Form::with([
        ("country", parts.country.as_str()),
        ("region", &parts.region),
        ("locality", &parts.locality),
        ("street_address", &parts.street_address),
        ("postal_code", &parts.postal_code),
    ]);
    page(&visit, account, form, 200)
}

/// `POST /account/address`: keeps what was typed, or removes what is there.
pub(in crate::http) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let (_, account) = match person(&visit) {
        Ok(signed_in) => signed_in,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let address = match params.text("action") {
        "remove" => None,
        _ => match PostalAddress::parse(&typed(&params)) {
            Ok(address) => Some(address),
            Err(faults) => {
                let mut form = Form::typed(&params);
                faults.0.into_iter().for_each(|(field, key)| form.fault(field, key));
                return Ok(page(&visit, account, form, 422));
            }
        },
    };
    write(&app, &visit, account, address).await?;
    Ok(Reply::to("/account"))
}

fn typed(params: &Params) -> Parts {
    let text = |name| params.text(name).to_owned();
    Parts {
        country: text("country"),
        region: text("region"),
        locality: text("locality"),
        street_address: text("street_address"),
        postal_code: text("postal_code"),
    }
}

async fn write(
    app: &App,
    visit: &Visit,
    account: &Account,
    address: Option<PostalAddress>,
) -> Result<(), StorageError> {
    let (keys, random, now, id) = (Arc::clone(&app.keys), app.random.clone(), visit.now, account.id.clone());
    app.db
        .write(move |tx| {
            Box::pin(async move {
                if accounts::set_address(tx, &keys, &id, address.as_ref(), now).await? {
                    let who = format!("account:{id}");
                    let event = if address.is_some() { "address.changed" } else { "address.removed" };
                    audit::record(tx, &random, now, event, (&who, &who), &serde_json::json!({})).await?;
                }
                Ok::<_, StorageError>(())
            })
        })
        .await?;
    app.caches.forget(&accounts::cache_key(&account.id));
    Ok(())
}
