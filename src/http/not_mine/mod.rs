//! What somebody says who is told of things that aren't theirs: 'this number is no longer that person's', 'this wasn't me'.

pub(super) mod account;
pub(super) mod phone;

use askama::Template;

use super::reply::Reply;
use crate::pages::{Page, Rendered, Visit};

#[derive(Template)]
#[template(path = "not_mine/done.html")]
struct DonePage {
    page: Page,
    text: String,
    /// An account was frozen: how its owner gets it back is told.
    frozen: bool,
}

fn done(visit: &Visit, (title, text): (&str, &str), frozen: bool) -> Reply {
    let text = visit.locale.t(text);
    Reply::page(Rendered::new(200, &DonePage { page: visit.page(title), text, frozen }))
}
