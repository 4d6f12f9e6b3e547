//! What every client must be able to do, step by step.

use std::process::Command;

use super::person::Person;
use super::program::Program;
use super::stage::{Registration, Stage};

/// From the first click to the end of the session: the relying party has `/login`, `/`, `/refresh` and `/logout`.
pub async fn walk(registration: Registration, command: impl FnOnce(&Stage) -> Command) {
    let stage = Stage::set(registration).await;
    let program = stage.start(&mut command(&stage)).await;
    let mut person = stage.person().await;
    person.visit("/login").await;
    signs_in(&stage, &mut person, &program).await;
    refreshes(&stage, &mut person, &program, registration.confidential).await;
    person.press("/logout").await;
    signs_out(&stage, &mut person, &program).await;
    assert!(!person.sent(&format!("{}/logout", stage.issuer))["state"].is_empty());
    assert_eq!(person.shown(&program.log()), serde_json::json!({}), "signed out there too");
}

/// The request has what protects it, and the claims are the person's.
pub async fn signs_in(stage: &Stage, person: &mut Person, program: &Program) {
    let sent = person.sent(&format!("{}/authorize", stage.issuer));
    for (name, value) in [("response_type", "code"), ("code_challenge_method", "S256"), ("prompt", "consent")] {
        assert_eq!(sent[name], value, "{sent:?}");
    }
    assert_eq!(sent["redirect_uri"], format!("{}/callback", stage.base_url));
    assert_eq!(sent["code_challenge"].len(), 43, "{sent:?}");
    assert!(sent["state"].len() >= 16 && sent["nonce"].len() >= 16, "{sent:?}");
    person.sign_in().await;
    let answer = person.sent(&sent["redirect_uri"]);
    assert_eq!((&answer["state"], &answer["iss"]), (&sent["state"], &stage.issuer));
    let shown = person.shown(&program.log());
    assert_eq!(shown["iss"], stage.issuer);
    assert_eq!(shown["nonce"], sent["nonce"], "the ID token is that of this request");
    assert_eq!(shown["acr"], "urn:guiyi:i2:a1");
    assert_eq!(shown["phone_number"], format!("+86{}", person.who.mobile), "from userinfo");
    assert!(shown["sub"].as_str().is_some_and(|sub| sub.len() == 43), "{shown}");
    assert_eq!(stage.scalar("SELECT generation FROM refresh_tokens").await, 1);
}

/// The refresh token is used; it rotates only where there is no secret.
async fn refreshes(stage: &Stage, person: &mut Person, program: &Program, confidential: bool) {
    let sub = person.shown(&program.log())["sub"].clone();
    person.visit("/refresh").await;
    let shown = person.shown(&program.log());
    assert_eq!(shown["sub"], sub);
    assert!(shown["refreshed_at"].is_i64(), "{shown}");
    if confidential {
        assert_eq!(shown["active"], true, "introspection says so");
    }
    let generation = stage.scalar("SELECT generation FROM refresh_tokens").await;
    assert_eq!(generation, if confidential { 1 } else { 2 });
    person.visit("/refresh").await;
    assert_eq!(person.shown(&program.log())["sub"], sub, "and again");
}

/// The client has revoked its tokens and sent the browser to the portal, whose session ends without a question.
pub async fn signs_out(stage: &Stage, person: &mut Person, program: &Program) {
    let sent = person.sent(&format!("{}/logout", stage.issuer));
    let back = format!("{}/goodbye", stage.base_url);
    assert_eq!((sent["id_token_hint"].split('.').count(), &sent["post_logout_redirect_uri"]), (3, &back));
    assert_eq!(person.sent(&back).get("state"), sent.get("state"));
    assert!(person.party.at.starts_with("/goodbye"), "{} {}", person.party.at, program.log());
    assert_eq!(stage.scalar("SELECT COUNT(*) FROM grants WHERE revoked_at IS NULL").await, 0, "its tokens are over");
    person.portal.get("/account").await;
    assert!(person.portal.at.starts_with("/login"), "{}", person.portal.at);
}
