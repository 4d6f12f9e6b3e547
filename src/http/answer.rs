//! The way of an authorization answer to the client: a redirect, or a page with a form (OAuth 2.0 Form Post Response
//! Mode, section 2). The page works without a script: then the person presses the button.

use askama::Template;

use super::reply::Reply;
use crate::pages::{Page, Rendered, Visit};
use crate::provider::authorize::{Addressed, Answer};

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPostPage {
    page: Page,
    client: String,
    action: String,
    fields: Vec<(&'static str, String)>,
}

/// Sends an answer.
pub(super) fn send(visit: &Visit, addressed: &Addressed, answer: Answer) -> Reply {
    match answer {
        Answer::Redirect(location) => Reply::to(location),
        Answer::Form(fields) => {
            let page = FormPostPage {
                page: visit.page("form-post-title"),
                client: addressed.client.name(visit.locale.is_english()).to_owned(),
                action: addressed.redirect_uri.as_str().to_owned(),
                fields,
            };
            Reply::page(Rendered::new(200, &page).leading_to(addressed.redirect_uri.origin()).scripted())
        }
    }
}
