//! The database: whether it answers, its schema, its content.

use super::{Patient, constitution, exactly, patients, set};

patients! {
    async fn a_database_that_does_not_answer(patient) {
        let database = patient.url().to_owned();
        if database.starts_with("sqlite:") {
            patient.edit(&database, "sqlite:/nowhere/guiyi.db");
            exactly(&patient, &[], &["database.reachable"]).await;
            patient.edit("sqlite:/nowhere/guiyi.db", &format!("sqlite:{}", patient.file().display()));
            let said = exactly(&patient, &[], &["database.reachable"]).await;
            assert!(said.text.contains("restore the last backup"), "a file that is no database: {}", said.text);
            patient.edit(&format!("sqlite:{}", patient.file().display()), "mysql://localhost/guiyi");
        } else {
            let port = |port: &str| {
                let mut url = url::Url::parse(&database).unwrap();
                url.set_port(Some(port.parse().unwrap())).unwrap();
                url.to_string()
            };
            patient.edit(&database, &port("1"));
            let said = patient.examine(&[]).await;
            assert_eq!(said.troubles(), set(&["database.reachable"]), "{}", said.text);
            let mut url = url::Url::parse(&database).unwrap();
            url.set_password(Some("wrong")).unwrap();
            patient.edit(&port("1"), url.as_str());
            let said = patient.examine(&[]).await;
            assert_eq!(said.troubles(), set(&["database.reachable"]), "{}", said.text);
            patient.edit(url.as_str(), "mysql://localhost/guiyi");
        }
        let said = patient.examine(&[]).await;
        assert_eq!(said.troubles(), set(&["database.reachable"]), "{}", said.text);
        // Without the database nobody can tell what a missing root key means.
        std::fs::remove_file(patient.keys().join("root.key")).unwrap();
        let said = patient.examine(&[]).await;
        assert_eq!(said.troubles(), set(&["database.reachable", "keys.root"]), "{}", said.text);
        assert_eq!(said.faults(), set(&["database.reachable"]));
    }

    async fn a_schema_that_is_behind_ahead_altered_or_unfinished(patient) {
        patient.execute("CREATE TABLE kept AS SELECT * FROM _sqlx_migrations").await;
        for (sql, severity) in [
            ("DELETE FROM _sqlx_migrations WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)", "warning"),
            ("UPDATE _sqlx_migrations SET version = 99999999999999", "fault"),
            ("UPDATE _sqlx_migrations SET success = FALSE", "fault"),
        ] {
            patient.execute(sql).await;
            let said = exactly(&patient, &[], &["database.schema"]).await;
            assert_eq!(said.about("database.schema")[0]["severity"], severity, "{sql}");
            patient.execute("DELETE FROM _sqlx_migrations; INSERT INTO _sqlx_migrations SELECT * FROM kept").await;
        }
        let other = if patient.url().starts_with("sqlite:") { "x'00'" } else { "'\\x00'::bytea" };
        patient.execute(&format!("UPDATE _sqlx_migrations SET checksum = {other}")).await;
        let said = exactly(&patient, &[], &["database.schema"]).await;
        assert!(said.text.contains("was another one"), "{}", said.text);
    }

    async fn an_entry_of_tomorrow(patient) {
        let tomorrow = patient.app.clock.now().0 + 86_400_000;
        let insert = |at: i64, id: &str| format!(
            "INSERT INTO audit (id, at, event, actor, subject, detail) VALUES ('{id}', {at}, 'e', 'a', 's', '{{}}')"
        );
        patient.execute(&insert(tomorrow, "zzzz")).await;
        let said = exactly(&patient, &[], &["clock.history"]).await;
        assert_eq!(said.about("clock.history")[0]["severity"], "fault");
        patient.execute("DELETE FROM audit WHERE id = 'zzzz'").await;
        patient.execute(&insert(patient.app.clock.now().0 + 30_000, "zzzz")).await;
        let said = exactly(&patient, &[], &["clock.history"]).await;
        assert_eq!(said.about("clock.history")[0]["severity"], "warning");
    }

    async fn what_was_altered_is_found_by_a_deep_look(patient) {
        patient.execute("UPDATE audit SET detail = '{}' WHERE sequence = 1").await;
        exactly(&patient, &[], &[]).await;
        let said = exactly(&patient, &["--deep"], &["database.audit"]).await;
        assert!(said.text.contains("entry 1 of the audit log"), "{}", said.text);
        if patient.url().starts_with("sqlite:") {
            // An impossible row is what a damaged page looks like.
            patient.execute(
                "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, 'email_verified_at BIGINT,', \
                 'email_verified_at BIGINT NOT NULL,') WHERE name = 'accounts'",
            ).await;
            exactly(&patient, &[], &[]).await;
            exactly(&patient, &["--deep"], &["database.audit", "database.damage"]).await;
        }
    }

    async fn a_server_beyond_this_machine_has_an_encrypted_way_and_enough_connections(patient) {
        if patient.url().starts_with("postgres:") {
            patient.edit("connections = 8", "connections = 5000");
            exactly(&patient, &[], &["database.connections"]).await;
            patient.edit("connections = 5000", "connections = 8");
            // Not one of this machine's names, though it leads to it.
            patient.edit("@127.0.0.1:", "@0.0.0.0:");
            let said = patient.examine(&[]).await;
            let mut wanted = constitution(&patient).await;
            wanted.insert("database.tls".to_owned());
            // Its password travels too, and may be a poor one: that depends on whose server it is.
            let mut troubles = said.troubles();
            troubles.remove("secrets.weak");
            assert_eq!(troubles, wanted, "{}", said.text);
        }
    }
}
