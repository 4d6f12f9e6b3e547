//! The document already belongs to a verified account: told only after a match, masked.

use futures_util::future::BoxFuture;
use time::Date;

use super::{Stop, login_path, nav, step_path};
use crate::domain::document::Document;
use crate::journeys::answers::{Answers, Existing};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::pages::Rendered;
use crate::protocol::params::Params;
use crate::storage::{StorageError, accounts};

/// Looks up whose a proven document is.
pub(super) async fn look_up(cx: &Cx<'_>, document: &Document) -> Result<Option<Existing>, StorageError> {
    let owner = accounts::find_by_document(&mut cx.app.db.read().await?, &cx.app.keys, document).await?;
    Ok(owner.map(|account| Existing { document: document.clone(), account: account.id }))
}

/// The way ends here: the person signs in with the account that there is.
#[derive(Debug)]
pub(crate) struct ExistingAccount;

impl Step for ExistingAccount {
    fn name(&self) -> &'static str {
        "existing-account"
    }

    fn phase(&self) -> Phase {
        Phase::Identity
    }

    fn when(&self) -> &'static str {
        "the document already belongs to an account"
    }

    fn applies(&self, answers: &Answers, today: Date) -> bool {
        answers.existing_account(today).is_some()
    }

    fn is_satisfied(&self, _: &Answers, _: Date) -> bool {
        false
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        Box::pin(async move {
            let page = cx.visit.page("existing-title");
            let mut masked = String::new();
            if let Some(id) = cx.answers.existing_account(cx.today)
                && let Some(account) = accounts::find(&mut cx.app.db.read().await?, &cx.app.keys, id).await?
            {
                let phone = account.person.phone.as_ref().map(|p| p.last_two().to_owned());
                let phone = phone.map(|end| page.tv("existing-phone", end)).unwrap_or_default();
                masked = format!("{}{phone}", account.user_name.masked());
            }
            let template = Stop {
                text: page.tv("existing-text", masked),
                ways: vec![(page.t("to-login"), login_path(cx)), (page.t("other-systems"), step_path(cx, "system"))],
                retry: None,
                nav: nav(cx, self),
                page,
            };
            Ok(Rendered::new(200, &template))
        })
    }

    fn take<'a>(&'a self, _: &'a Cx<'a>, _: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(async { Ok(Taken::Moved) })
    }
}
