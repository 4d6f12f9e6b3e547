//! `guiyi doctor` as an operator gives it: a portal that is well, and portals of which one thing is broken.

use std::collections::BTreeSet;
use std::path::Path;

use guiyi::doctor::Check;

use crate::support::Engine;

mod database;
mod files;
mod neighbours;
mod patient;

use patient::Patient;

/// Declares tests that run on both engines, each with a portal of its own that serves.
macro_rules! patients {
    ($($(#[$meta:meta])* async fn $name:ident($patient:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[allow(unused_mut)]
            async fn run(mut $patient: Patient) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                run(Patient::new($crate::support::Engine::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                run(Patient::new($crate::support::Engine::Postgres).await).await;
            }
        }
    )*};
}
use patients;

/// The ids as a set.
fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// What a portal that is well has all the same: the tests' PostgreSQL may run without its durable settings.
async fn constitution(patient: &Patient) -> BTreeSet<String> {
    use sqlx::Connection;
    let mut ids = BTreeSet::new();
    if patient.url().starts_with("postgres") {
        let mut connection = sqlx::PgConnection::connect(patient.url()).await.unwrap();
        let sql = "SELECT COUNT(*) FROM pg_settings WHERE setting = 'off' \
                   AND name IN ('fsync', 'full_page_writes', 'synchronous_commit')";
        let off: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        ids.extend((off > 0).then(|| "database.durable".to_owned()));
    }
    ids
}

/// Examines a portal of which something is broken: exactly these findings, beside those of before.
async fn exactly(patient: &Patient, args: &[&str], ids: &[&str]) -> patient::Said {
    let said = patient.examine(args).await;
    let wanted: BTreeSet<String> = constitution(patient).await.union(&set(ids)).cloned().collect();
    assert_eq!(said.troubles(), wanted, "{}", said.text);
    said
}

/// Every file below a folder, with its content; but for what SQLite notes in shared memory of who is reading.
fn content(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "db-shm") {
            continue;
        }
        if path.is_dir() {
            found.extend(content(&path))
        } else {
            found.push((path.clone(), std::fs::read(path).unwrap()))
        }
    }
    found.sort();
    found
}

patients! {
    async fn a_portal_that_is_well_has_no_fault_and_is_left_as_it_was(patient) {
        let said = exactly(&patient, &["--deep"], &[]).await;
        // What is looked at only where there is something of it.
        let mut rare = set(&["upstream.reachable", "upstream.secret", "upstream.issuer", "upstream.algorithms",
            "upstream.file", "upstream.columns", "service.reachable", "service.protocol", "egress.ca", "clients.keys",
            "database.tls"]);
        let is_file = patient.url().starts_with("sqlite:");
        rare.extend(if is_file { set(&["database.connections", "clock.database"]) }
            else { set(&["database.mode", "database.space", "database.damage"]) });
        let all: BTreeSet<String> = Check::ALL.iter().map(|check| check.id().to_owned()).collect();
        assert_eq!(all.difference(&said.ids()).cloned().collect::<BTreeSet<_>>(), rare, "{}", said.text);

        // What another process sees of it now is the same as after the next examination.
        let tables = ["accounts", "audit", "outbox", "journeys", "limits"];
        let count = async || {
            let mut counts = Vec::new();
            for table in tables {
                counts.push(crate::support::scalar(&patient.app.db, &format!("SELECT COUNT(*) FROM {table}")).await);
            }
            counts
        };
        let (files, rows) = (content(&patient.folder), count().await);
        let text = patient.run(&[]).await;
        assert_eq!((content(&patient.folder) == files, count().await), (true, rows), "nothing is changed");
        assert!(patient.neighbours.inbox.messages(None).is_empty(), "nothing is sent");
        let text = String::from_utf8(text.stdout).unwrap();
        patient.tells_no_secret(&text);
        assert!(text.contains("ok       service.signature: gateway at http://127.0.0.1:"), "{text}");
        assert!(text.contains(&format!("faults: {}, ", said.faults().len())), "{text}");
    }

    async fn all_that_is_broken_is_told_at_once_and_the_rest_is_looked_at_all_the_same(patient) {
        patient.neighbours.inbox.set_mode(guiyi::demo::Mode::Down);
        let table = patient.places.exam.display().to_string();
        patient.edit("connections = 8", "conections = 8").edit("listen = ", "lisen = ");
        patient.edit(&table, "/nowhere/exam.db").edit("scopes = \"openid profile\"", "scopes = \"openid everything\"");
        patient.edit("id = \"organisations\", ", "").edit("vouches = true", "vouches = \"yes\"");
        let said = patient.examine(&[]).await;
        let wanted = set(&["config.settings", "config.values", "service.reachable", "upstream.file"]);
        assert_eq!(said.troubles(), constitution(&patient).await.union(&wanted).cloned().collect(), "{}", said.text);
        let settings: BTreeSet<&str> =
            said.about("config.settings").iter().map(|finding| finding["what"].as_str().unwrap()).collect();
        let wrong = ["database.conections", "lisen", "listen", "registry.id", "systems.hefei.vouches"];
        assert_eq!(settings, wrong.into(), "{}", said.text);
        for fine in ["database.schema", "keys.sealed", "issuer.keys", "clock.neighbours", "passwords.costs"] {
            assert!(said.ids().contains(fine) && said.about(fine).is_empty(), "{fine}: {}", said.text);
        }
        let text = String::from_utf8(patient.run(&[]).await.stdout).unwrap();
        patient.tells_no_secret(&text);
        assert_eq!(text.matches("\n         mend: ").count(), said.findings.iter().filter(|f| f["severity"] != "ok").count());
        assert!(text.starts_with("FAULT  "), "the worst first: {text}");
        assert!(text.contains("systems.jyt: /nowhere/exam.db"), "{text}");
    }
}

/// A portal that has never been started: the first start makes what is missing, and the examination doesn't.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_the_first_start_nothing_is_wrong_and_nothing_is_made() {
    let mut patient = Patient::new(Engine::Sqlite).await;
    let place = patient.folder.join("new");
    std::fs::create_dir(&place).unwrap();
    let (keys, database) = (patient.keys().display().to_string(), patient.url().to_owned());
    patient.edit(&keys, &place.join("keys").display().to_string());
    patient.edit(&database, &format!("sqlite:{}", place.join("guiyi.db").display()));
    let said = exactly(&patient, &["--deep"], &[]).await;
    assert!(said.text.contains("there is none; the first start makes one"), "{}", said.text);
    assert_eq!(std::fs::read_dir(place).unwrap().count(), 0);
}

#[test]
fn every_finding_has_its_row_in_the_operations_manual() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md")).unwrap();
    let section = text.split("## guiyi doctor\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<Vec<&str>> = rows.map(|row| row.split('|').map(str::trim).collect()).collect();
    let ids: Vec<&str> = rows.iter().map(|row| row[1].trim_matches('`')).collect();
    assert_eq!(ids, Check::ALL.iter().map(|check| check.id()).collect::<Vec<_>>(), "each once, in the report's order");
    for row in rows {
        assert!(!row[2].is_empty() && !row[3].is_empty(), "{row:?}");
    }
}
