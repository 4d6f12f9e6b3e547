//! Whom a request is to be answered about: the person who is signed in, or a unit that they act for.

use std::sync::Arc;

use crate::app::App;
use crate::domain::account::{Account, AccountKind};
use crate::domain::client::Client;
use crate::domain::principal::Principal;
use crate::domain::session::Session;
use crate::ids::MandateId;
use crate::protocol::request::AuthorizationRequest;
use crate::provider::bearer::{Bearer, acting, bearer};
use crate::provider::claims::subject;
use crate::storage::{Stored, mandates};

/// What a person has chosen on a page of this very request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// To be there for themselves (自己).
    Oneself,
    /// To act by this mandate.
    Mandate(MandateId),
}

/// Whom it is about.
#[derive(Clone, Debug)]
pub enum About {
    /// This one.
    Bearer(Bearer),
    /// The person has to choose a unit.
    Choose,
    /// A unit is signed in by its own password; the person who acts has to prove themselves.
    Prove,
    /// Whoever is signed in isn't of the kind that is asked for.
    Nobody,
}

/// Finds out. Without a choice the one that the session remembers for this client stands, as long as its mandate does.
///
/// # Errors
/// The store's own.
pub async fn about(
    app: &App,
    client: &Client,
    request: &AuthorizationRequest,
    (session, account): (&Session, &Arc<Account>),
    choice: Option<&Choice>,
) -> Stored<About> {
    let kind = client.kind_of(request.account_kind);
    if account.kind() == AccountKind::LegalPerson {
        return of_unit(app, client, kind, account).await;
    }
    let oneself = || match kind {
        Some(AccountKind::LegalPerson) => About::Choose,
        _ => About::Bearer(Bearer::own(account)),
    };
    let remembered = match choice {
        _ if kind == Some(AccountKind::Individual) => return Ok(oneself()),
        Some(Choice::Oneself) => return Ok(oneself()),
        Some(Choice::Mandate(id)) => {
            let chosen = acting(app, client, &account.id, id).await?;
            return Ok(chosen.map_or(About::Choose, About::Bearer));
        }
        None => session.acting.at(&client.id),
    };
    let remembered = match remembered {
        Some(id) => acting(app, client, &account.id, id).await?,
        None => None,
    };
    // Somebody is named (`id_token_hint`, or `sub` with a value): whichever of the person's own that is.
    let fits = remembered.as_ref().is_some_and(|bearer| is_named(app, client, request, bearer));
    if !fits
        && !request.subjects.is_empty()
        && let Some(named) = named(app, client, request, (kind, account)).await?
    {
        return Ok(About::Bearer(named));
    }
    Ok(remembered.map_or_else(oneself, About::Bearer))
}

async fn of_unit(app: &App, client: &Client, kind: Option<AccountKind>, unit: &Account) -> Stored<About> {
    if kind == Some(AccountKind::Individual) {
        return Ok(About::Nobody);
    }
    let alone = bearer(app, client, &Principal::own(unit.id.clone())).await?;
    Ok(alone.map_or(About::Prove, About::Bearer))
}

/// Whether the request names nobody, or this one.
pub fn is_named(app: &App, client: &Client, request: &AuthorizationRequest, bearer: &Bearer) -> bool {
    // The subject costs a keyed hash: only where somebody is named.
    request.subjects.is_empty() || {
        let subject = subject(app, client, &bearer.account);
        request.subjects.iter().all(|named| named.contains(&subject))
    }
}

async fn named(
    app: &App,
    client: &Client,
    request: &AuthorizationRequest,
    (kind, account): (Option<AccountKind>, &Arc<Account>),
) -> Stored<Option<Bearer>> {
    let own = Bearer::own(account);
    if kind.is_none() && is_named(app, client, request, &own) {
        return Ok(Some(own));
    }
    for mandate in mandates::of_person(&mut app.db.read().await?, &account.id).await? {
        let found = acting(app, client, &account.id, &mandate.id).await?;
        if let Some(found) = found.filter(|found| is_named(app, client, request, found)) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
