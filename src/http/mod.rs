//! HTTP: the router, cookies, forms, headers, error pages, and one file a group of pages.

mod account;
mod accounts;
mod actor;
mod answer;
mod apps;
mod authorize;
mod captcha;
mod check_session;
mod closing;
mod consent;
mod cookies;
mod email;
mod hall;
mod headers;
mod home;
mod journey;
mod language;
mod logged_out;
mod login;
mod logout;
mod mishap;
mod not_mine;
mod oidc;
mod posted;
mod recover;
mod registration;
mod reply;
mod represent;
mod resume;
mod second_factor;
mod select;
mod step_up;
mod units;
mod upload;
mod upstream;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use crate::app::App;
use crate::provider::discovery::metadata;

/// The largest request body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// All routes. Protocol endpoints stand apart from pages: they have no cookies, no language and no error pages.
pub fn router(app: Arc<App>) -> Router {
    let discovery = Bytes::from(metadata(&app.config).to_string());
    let protocol = Router::new()
        .route("/.well-known/openid-configuration", get(move || oidc::document(discovery.clone())))
        .route("/jwks", get(oidc::jwks))
        .route("/token", post(oidc::token))
        .route("/userinfo", get(oidc::userinfo).post(oidc::userinfo_post))
        .route("/introspect", post(oidc::introspect))
        .route("/revoke", post(oidc::revoke))
        .route("/clients", post(registration::register))
        .route("/clients/{id}", get(registration::read).put(registration::update).delete(registration::remove))
        .route("/check-session", get(check_session::show))
        .route("/health", get(oidc::health));
    let pages = Router::new()
        .route("/", get(home::home))
        .route("/assets/{name}", get(home::asset))
        .route("/language", get(language::switch))
        .route("/captcha", get(captcha::picture))
        .route("/authorize", get(authorize::authorize).post(authorize::authorize_post))
        .route("/interaction/{id}", get(authorize::resume))
        .route("/interaction/{id}/consent", post(consent::decide))
        .route("/interaction/{id}/account", get(select::show).post(select::choose))
        .route("/login", get(login::show).post(login::submit))
        .route("/login/code", post(second_factor::take))
        .route("/login/step-up", get(step_up::show).post(step_up::begin))
        .route("/recover", get(recover::show).post(recover::begin))
        .route("/recover/code", get(recover::again).post(recover::prove))
        .route("/recover/password", get(recover::again).post(recover::password::take))
        .route("/recover/phone", get(recover::lost::show).post(recover::lost::begin))
        .route("/not-mine/phone", get(not_mine::phone::show).post(not_mine::phone::send))
        .route("/not-mine/phone/code", get(not_mine::phone::show).post(not_mine::phone::take))
        .route("/not-mine/account", get(not_mine::account::show).post(not_mine::account::send))
        .route("/not-mine/account/code", get(not_mine::account::show).post(not_mine::account::take))
        .route("/recover/stop", get(recover::stop::show).post(recover::stop::take))
        .route("/login/passkey", post(login::by_passkey))
        .route("/login/take-back", post(closing::take_back))
        .route("/login/actor", get(actor::show).post(actor::submit))
        .route("/upstream/sign-in", post(upstream::begin))
        .route("/upstream/callback", get(upstream::callback))
        .route("/logout", get(logout::end_session).post(logout::end_session_post))
        .route("/leave", post(logout::leave))
        .route("/logout/confirm", post(logout::confirm))
        .route("/apps", get(apps::show))
        .route("/account", get(account::show))
        .route("/account/close", get(account::close::show).post(account::close::take))
        .route("/account/confirm", get(account::confirm::show).post(account::confirm::take))
        .route("/account/data", get(account::data::show).post(account::data::take))
        .route("/account/factors", get(account::factors::show))
        .route("/account/factors/codes", post(account::factors::renew))
        .route("/account/factors/passkey", get(account::factors::passkey).post(account::factors::take_passkey))
        .route("/account/factors/totp", get(account::factors::totp).post(account::factors::take_totp))
        .route("/account/factors/{id}/remove", post(account::factors::remove))
        .route("/account/links", get(account::links::show))
        .route("/account/links/{id}", get(account::links::ask).post(account::links::unlink))
        .route("/account/password", get(account::password::show).post(account::password::take))
        .route("/account/phone", get(account::phone::show).post(account::phone::take))
        .route("/account/phone/change", get(account::change_phone::show).post(account::change_phone::send))
        .route("/account/phone/change/code", get(account::change_phone::show).post(account::change_phone::take))
        .route(
            "/account/children/{child}/password",
            get(account::others_password::show_child).post(account::others_password::take_child),
        )
        .route(
            "/account/units/{unit}/password",
            get(account::others_password::show_unit).post(account::others_password::take_unit),
        )
        .route("/account/address", get(account::address::show).post(account::address::take))
        .route("/account/freeze", post(not_mine::account::mine))
        .route("/account/recovery/stop", post(recover::stop::mine))
        .route("/account/sessions", get(account::sessions::show))
        .route("/account/sessions/end", post(account::sessions::end))
        .route("/account/sessions/end-others", post(account::sessions::end_others))
        .route("/account/sessions/end-all", post(account::sessions::end_all))
        .route("/account/consents", get(account::consents::show))
        .route("/account/consents/revoke", post(account::consents::revoke))
        .route("/account/children", get(account::children::show).post(account::children::begin))
        .route("/account/children/sign-in", get(account::children::sign_in))
        .route("/account/children/{child}", get(account::children::child::show))
        .route(
            "/account/children/{child}/close",
            get(account::children::close::show).post(account::children::close::take),
        )
        .route("/account/children/{child}/close/withdraw", post(account::children::close::withdraw))
        .route("/account/children/{child}/sessions/end", post(account::children::child::end_session))
        .route("/account/children/{child}/consents/revoke", post(account::children::consents::revoke))
        .route(
            "/account/children/{child}/consents",
            get(account::children::consents::ask).post(account::children::consents::grant),
        )
        .route("/account/log", get(account::log::show))
        .route("/account/switch", get(accounts::show).post(accounts::take))
        .route("/account/switch/end", post(accounts::end))
        .route("/account/units", get(units::mine::show))
        .route("/account/invitations/{id}", get(units::mine::ask).post(units::mine::answer))
        .route("/account/mandates/{id}", get(units::mine::leave).post(units::mine::resigned))
        .route("/units/{id}", get(units::show))
        .route("/units/{id}/check", post(units::check))
        .route("/units/{id}/members", get(units::members::show))
        .route("/units/{id}/mandates/new", get(units::grant::show).post(units::grant::take))
        .route("/units/{id}/mandates/{mandate}/revoke", get(units::members::ask).post(units::members::take))
        .route("/units/{id}/sessions", get(units::sessions::show))
        .route("/units/{id}/sessions/end", post(units::sessions::end))
        .route("/units/{id}/log", get(units::log::show))
        .route("/email/confirm", get(email::show).post(email::confirm))
        .route("/migrate", get(journey::begin_page).post(journey::begin))
        .route("/register", get(journey::register_page).post(journey::register))
        .route("/continue", get(resume::show).post(resume::number))
        .route("/continue/code", post(resume::code))
        .route("/continue/password", post(resume::password))
        .route("/represent", get(represent::show).post(represent::take))
        .route("/journey/{id}", get(journey::current))
        .route("/journey/{id}/evidence/files", post(upload::upload).layer(DefaultBodyLimit::max(upload::LIMIT)))
        .route("/journey/{id}/{step}", get(journey::show).post(journey::submit))
        .fallback(mishap::not_found)
        .layer(from_fn_with_state(Arc::clone(&app), visitor::visit));
    protocol.merge(pages).layer(DefaultBodyLimit::max(BODY_LIMIT)).layer(from_fn(headers::secure)).with_state(app)
}
