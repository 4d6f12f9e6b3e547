//! Apache with mod_auth_openidc: no program at all, a configuration.

use std::path::Path;
use std::process::Command;

use guiyi::clock::Random;

use super::program::{Program, client};
use super::stage::{Registration, Stage};
use super::whole_way::{signs_in, signs_out};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signs_in_checks_the_id_token_refreshes_and_signs_out() {
    let stage = Stage::set(Registration { alg: "ES256", confidential: true }).await;
    let program = apache(&stage).await;
    let mut person = stage.person().await;
    person.visit("/").await;
    signs_in(&stage, &mut person, &program).await;
    let first = person.shown(&program.log());
    let token = |page: &serde_json::Value| page["access_token"].as_str().unwrap().to_owned();
    let refresh = [("refresh", format!("{}/", stage.base_url)), ("access_token", token(&first))];
    person.visit(&hook(&refresh)).await;
    let second = person.shown(&program.log());
    assert_eq!(second["sub"], first["sub"]);
    assert_ne!(token(&second), token(&first), "refreshed");
    let logout = [("logout", format!("{}/goodbye", stage.base_url))];
    person.visit(&hook(&logout)).await;
    // The module's hint is the newest ID token, of a refresh, which names no session: so the portal asks.
    assert!(person.portal.shows("Provincial library"), "{} {}", person.portal.at, person.portal.body);
    person.submit(&[]).await;
    signs_out(&stage, &mut person, &program).await;
    person.visit("/").await;
    assert!(person.portal.at.starts_with("/login"), "signed out there too");
}

/// What the module offers to the application at its own path.
fn hook(parameters: &[(&str, String)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("/callback?{query}")
}

/// Starts an Apache in a folder of its own, which its workers can read whatever user they are.
async fn apache(stage: &Stage) -> Program {
    let folder = stage.folder();
    copy(&client("mod_auth_openidc"), &folder);
    let mut command = Command::new("/usr/sbin/apache2");
    command.arg("-d").arg(&folder).arg("-f").arg(folder.join("httpd.conf")).args(["-D", "FOREGROUND"]);
    command.env("FOLDER", &folder).env("COOKIE_SECRET", Random::system().token::<24>());
    stage.start(&mut command).await
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
