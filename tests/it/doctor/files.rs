//! The configuration file, its secrets, the keys folder and the costs of passwords.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use guiyi::clock::Random;

use super::{Patient, exactly, patients, set};
use crate::support::Engine;

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn only(said: &super::patient::Said, id: &str) -> serde_json::Value {
    let [finding] = said.about(id)[..] else { panic!("{id} in\n{}", said.text) };
    finding.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_missing_or_no_toml_is_the_only_finding_and_its_line_is_not_shown() {
    let mut patient = Patient::new(Engine::Sqlite).await;
    let said = patient.examine_as_it_is(&[]).await;
    assert_eq!((said.findings.len(), &said.findings[0]["id"]), (1, &"config.file".into()));
    let secret = patient.app.config.gateway.secret.expose().to_owned();
    patient.edit(&format!("secret = \"{secret}\""), &format!("secret = \"{secret}"));
    let said = patient.examine(&[]).await;
    assert_eq!((said.findings.len(), &said.findings[0]["id"]), (1, &"config.file".into()));
    assert!(said.text.contains("line 7"), "{}", said.text);
    // `guiyi serve` doesn't show it either.
    let serve = std::process::Command::new(env!("CARGO_BIN_EXE_guiyi"))
        .args(["serve", "--config"])
        .arg(patient.file())
        .output()
        .unwrap();
    assert!(!serve.status.success());
    patient.tells_no_secret(&String::from_utf8_lossy(&serve.stderr));
    // Nor a secret that is no text.
    patient.edit(&format!("secret = \"{secret}"), "secret = 4711471147114711");
    let said = patient.examine(&[]).await;
    assert_eq!(only(&said, "config.settings")["what"], "gateway.secret");
    assert!(!said.text.contains("4711"), "{}", said.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_can_read_configuration_and_keys() {
    let patient = Patient::new(Engine::Sqlite).await;
    patient.examine(&[]).await;
    for (mode, severity) in [(0o644, "fault"), (0o640, "warning"), (0o620, "fault")] {
        chmod(&patient.file(), mode);
        let said = patient.examine_as_it_is(&[]).await;
        assert_eq!(said.troubles(), set(&["config.mode"]), "{mode:o}: {}", said.text);
        let finding = only(&said, "config.mode");
        assert_eq!(finding["severity"], severity, "{mode:o}");
        assert_eq!(finding["mending"], format!("chmod 600 {}", patient.file().display()));
    }
    for (path, mode, severity) in [
        (patient.keys(), 0o755, "warning"),
        (patient.keys(), 0o777, "fault"),
        (patient.keys().join("es256.pem"), 0o640, "fault"),
        (patient.keys().join("root.key"), 0o604, "fault"),
    ] {
        let before = std::fs::metadata(&path).unwrap().permissions().mode();
        chmod(&path, mode);
        let said = exactly(&patient, &[], &["keys.mode"]).await;
        let finding = only(&said, "keys.mode");
        assert_eq!((finding["severity"].as_str(), finding["what"].as_str()), (Some(severity), path.to_str()));
        chmod(&path, before);
    }
    let database = patient.folder.join("test.db");
    chmod(&database, 0o644);
    exactly(&patient, &[], &[]).await;
    chmod(&patient.folder, 0o755);
    assert_eq!(only(&exactly(&patient, &[], &["database.mode"]).await, "database.mode")["severity"], "warning");
    chmod(&patient.folder, 0o700);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_somebody_else_are_noticed_by_whoever_is_not_root() {
    let patient = Patient::new(Engine::Sqlite).await;
    patient.examine(&[]).await;
    // Only root can give a file away; the examination is then somebody else's.
    if std::os::unix::fs::chown(patient.file(), Some(4711), None).is_err() {
        return;
    }
    exactly(&patient, &[], &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_that_are_short_published_a_pattern_or_shared() {
    let mut patient = Patient::new(Engine::Sqlite).await;
    let text = patient.text.clone();
    let (gateway, client) = {
        let config = &patient.app.config;
        (config.gateway.secret.expose().to_owned(), config.clients[0].secret.as_ref().unwrap().expose().to_owned())
    };
    for weak in ["short", "change-me-0000000000000000", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "abcdefghijklmnopqrstuvwxyz"]
    {
        patient.text = text.clone();
        patient.edit(&client, weak);
        let said = exactly(&patient, &[], &["secrets.weak"]).await;
        let finding = only(&said, "secrets.weak");
        assert_eq!((&finding["what"], &finding["severity"]), (&"clients.booking.secret".into(), &"fault".into()));
        assert!(!said.text.contains(weak), "{}", said.text);
    }
    // Another system's, which the operator can't choose.
    patient.text = text.clone();
    let old = patient.app.config.systems[3].connector.clone();
    let guiyi::config::Connector::Ticket { service_password, .. } = old else { unreachable!() };
    patient.edit(service_password.expose(), "gsj12345");
    let said = exactly(&patient, &[], &["secrets.weak", "upstream.secret"]).await;
    assert_eq!(only(&said, "secrets.weak")["severity"], "warning");
    patient.text = text;
    patient.edit(&client, &gateway);
    let said = exactly(&patient, &[], &["secrets.repeated"]).await;
    assert_eq!(only(&said, "secrets.repeated")["what"], "gateway.secret, clients.booking.secret");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_keys_that_are_damaged_missing_or_old() {
    let patient = Patient::new(Engine::Sqlite).await;
    let es256 = patient.keys().join("es256.pem");
    let good = std::fs::read(&es256).unwrap();
    std::fs::write(&es256, "-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5\n-----END PRIVATE KEY-----\n").unwrap();
    exactly(&patient, &[], &["keys.signing"]).await;
    std::fs::remove_file(&es256).unwrap();
    let said = exactly(&patient, &[], &["keys.algorithms"]).await;
    assert!(said.text.contains("guiyi keys rotate --now --algorithm ES256"), "{}", said.text);
    assert!(!es256.exists(), "none is made");
    std::fs::write(&es256, good).unwrap();
    chmod(&es256, 0o600);
    let long_ago = SystemTime::now() - Duration::from_secs(401 * 24 * 60 * 60);
    std::fs::File::options().write(true).open(&es256).unwrap().set_modified(long_ago).unwrap();
    let said = exactly(&patient, &[], &["keys.age"]).await;
    assert_eq!(only(&said, "keys.age")["mending"], "guiyi keys rotate --algorithm ES256");
}

patients! {
    async fn the_root_key_is_the_database_s_own(patient) {
        let root = patient.keys().join("root.key");
        std::fs::write(&root, guiyi::crypto::RootKey::generate(&Random::system()).encode()).unwrap();
        exactly(&patient, &[], &["keys.sealed"]).await;
        exactly(&patient, &["--deep"], &["keys.sealed", "database.audit"]).await;
        std::fs::write(&root, "no key").unwrap();
        exactly(&patient, &[], &["keys.root"]).await;
        std::fs::remove_file(&root).unwrap();
        let said = exactly(&patient, &[], &["keys.root"]).await;
        assert!(said.text.contains("don't start the portal"), "{}", said.text);
        assert!(!root.exists(), "none is made");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn costs_of_passwords_that_the_machine_can_not_bear() {
    let mut patient = Patient::new(Engine::Sqlite).await;
    let said = patient.examine(&[]).await;
    let [costs] = said.findings.iter().filter(|f| f["id"] == "passwords.costs").collect::<Vec<_>>()[..] else {
        panic!()
    };
    assert!(costs["why"].as_str().unwrap().contains("memory_kib = "), "it recommends: {costs}");
    let text = patient.text.clone();
    patient.text = format!("{text}\n[passwords]\nmemory_kib = 4000000000\npasses = 2\n");
    exactly(&patient, &[], &["passwords.costs", "passwords.memory"]).await;
    patient.text = format!("{text}\n[passwords]\nmemory_kib = 19456\npasses = 100000\n");
    exactly(&patient, &[], &["passwords.costs"]).await;
    patient.text = format!("{text}\n[passwords]\nmemory_kib = 19456\npasses = 1\n");
    exactly(&patient, &[], &["config.values"]).await;
}
