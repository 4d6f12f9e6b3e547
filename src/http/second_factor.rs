//! The page of the second factor, whatever it is for: a sign-in, a confirmation, a session that has to be stronger. The
//! strongest way comes first; every other one that the account has is a button.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;

use super::account::confirm;
use super::login::{SignedIn, finish, keeps, known, waiting};
use super::mishap::Mishap;
use super::posted::Posted;
use super::recover::password;
use super::reply::Reply;
use super::{actor, step_up};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::session::Method;
use crate::domain::typed::compact;
use crate::notify::codes::{Sent, Verified};
use crate::pages::{Form, Page, Rendered, Visit};
use crate::protocol::params::Params;
use crate::sign_in::second_factor::passkey::{self, Ceremony};
use crate::sign_in::second_factor::{Goal, Opened, Pending, Way, sms, verify};

/// What goes on through the step: where it leads afterwards. None of it proves anything.
const CARRIED: [&str; 5] = ["interaction", "tab", "unit", "to", "keep"];

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorPage {
    page: Page,
    form: Form,
    ticket: String,
    way: &'static str,
    /// The other ways of the account, and in what words they are offered.
    others: Vec<(&'static str, String)>,
    /// The phone's last two digits.
    phone: String,
    passkey: Option<Ceremony>,
    /// The browser may be somebody's own: it isn't in a service hall.
    may_be_own: bool,
    carried: Vec<(&'static str, String)>,
    /// A forgotten password: it can wait instead.
    recovers: bool,
}

/// Asks for the second factor after what was `proven`.
pub(super) async fn begin(
    app: &App,
    visit: &Visit,
    params: &Params,
    account: &Arc<Account>,
    (goal, proven): (Goal, &[Method]),
) -> Result<Reply, Mishap> {
    let ticket = Pending::begin(app, account, &visit.browser, goal, proven)?;
    let way = Way::chosen(&goal.ways(app, account), "");
    let mut form = Form::default();
    match way {
        Some(Way::Sms) => sent(send(app, visit, account).await?, &mut form, true),
        Some(_) => {}
        None => form.fault("code", "second-factor-none"),
    }
    page(app, visit, params, (account, goal), way.unwrap_or(Way::Sms), (ticket, form), 200).await
}

async fn send(app: &App, visit: &Visit, account: &Account) -> Result<Sent, Mishap> {
    Ok(sms::send(app, account, &visit.browser, &visit.asker).await?)
}

/// Says what became of a code, where that isn't plain; `first`: whoever comes to the page again has one already.
fn sent(sent: Sent, form: &mut Form, first: bool) {
    match sent {
        Sent::Sent => {}
        Sent::TooSoon if first => {}
        Sent::TooSoon => form.fault("code", "code-too-soon"),
        Sent::Wait => form.fault("code", "code-wait"),
        Sent::Limited => form.fault("code", "code-limited"),
    }
}

async fn page(
    app: &App,
    visit: &Visit,
    params: &Params,
    (account, goal): (&Account, Goal),
    way: Way,
    (ticket, form): (String, Form),
    status: u16,
) -> Result<Reply, Mishap> {
    let origin = waiting(app, visit, params.text("interaction")).await?.origin;
    let passkey = match way {
        Way::Passkey => passkey::ask(app, account, &visit.browser).await?,
        _ => None,
    };
    let phone = account.phone().map(|p| p.last_two().to_owned()).unwrap_or_default();
    let offered = |way: Way| (way.as_str(), visit.locale.tv(&format!("second-factor-use-{}", way.as_str()), &phone));
    let page = SecondFactorPage {
        page: visit.page("second-factor-title"),
        form,
        ticket,
        way: way.as_str(),
        others: goal.ways(app, account).into_iter().filter(|other| *other != way).map(offered).collect(),
        phone,
        may_be_own: !visit.is_in_hall() && goal != Goal::Recover,
        carried: CARRIED.into_iter().filter_map(|name| Some((name, params.get(name)?.to_owned()))).collect(),
        recovers: goal == Goal::Recover,
        passkey,
    };
    let rendered = Rendered::new(status, &page).leading_to(origin.unwrap_or_default());
    Ok(Reply::page(if way == Way::Passkey { rendered.scripted() } else { rendered }))
}

/// `POST /login/code`: what was typed, another code, or another way.
pub(super) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    headers: HeaderMap,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let ticket = params.text("ticket");
    let opened = Pending::open(&app, ticket, &visit.browser).await?.ok_or(Mishap::Expired)?;
    let (account, goal) = (&opened.account, opened.goal);
    if goal == Goal::Recover && params.get("later").is_some() {
        return password::ask(&app, &visit, &params, ticket).await;
    }
    let other = params.get("other");
    let way = Way::chosen(&goal.ways(&app, account), other.unwrap_or(params.text("way"))).ok_or(Mishap::Expired)?;
    let mut form = Form::default();
    if other.is_some() || params.get("resend").is_some() {
        if way == Way::Sms {
            sent(send(&app, &visit, account).await?, &mut form, other.is_some());
        }
        return page(&app, &visit, &params, (account, goal), way, (ticket.to_owned(), form), 200).await;
    }
    let verified = match way {
        Way::Passkey => {
            let answer = (params.text("passkey_ticket"), params.text("answer"));
            match passkey::prove(&app, account, &visit.browser, answer).await? {
                true => Verified::Right,
                false => Verified::Spent,
            }
        }
        _ => verify(&app, way, account, (&visit.browser, &visit.asker), &compact(params.text("code"))).await?,
    };
    match (verified, way) {
        (Verified::Right, way) => return passed(&app, &visit, &headers, (&params, opened), way).await,
        (_, Way::Passkey) => form.fault("passkey", "passkey-refused"),
        (Verified::Wrong, _) => form.fault("code", "code-wrong"),
        (Verified::Spent, _) => form.fault("code", "code-spent"),
        (Verified::Limited, _) => form.fault("code", "code-limited"),
    }
    page(&app, &visit, &params, (account, goal), way, (ticket.to_owned(), form), 422).await
}

/// Goes on: the sealed ticket says with what, the form only where to.
async fn passed(
    app: &App,
    visit: &Visit,
    headers: &HeaderMap,
    (params, opened): (&Params, Opened),
    way: Way,
) -> Result<Reply, Mishap> {
    let Opened { account, goal, proven } = opened;
    // A recovery code stands for what was lost: the browser stays a new one.
    let remembered = params.text("remember") == "yes" && !visit.is_in_hall() && way != Way::RecoveryCode;
    let known = match remembered {
        true => {
            let known = known(app, visit, headers);
            Some(known.with(app, &account, visit.now)?)
        }
        false => None,
    };
    let methods = [proven.as_slice(), way.methods()].concat();
    match goal {
        Goal::StepUp => step_up::raised(app, visit, params, &account, (way.methods(), known)).await,
        Goal::Recover => password::strengthened(app, visit, params, (&account, &methods)).await,
        Goal::Confirm => confirm::confirmed(app, visit, &account, (&methods, known), params).await,
        Goal::SignIn if params.text("tab") == "actor" => {
            actor::proven(app, visit, params, &account, (&methods, known)).await
        }
        Goal::SignIn => {
            let legal = params.text("tab") == "legal";
            let signed_in = SignedIn { account: &account, methods: &methods, known, legal, keep: keeps(params) };
            finish(app, visit, params.get("interaction"), signed_in).await
        }
    }
}
