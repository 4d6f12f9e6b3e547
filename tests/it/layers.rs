//! The layers' imports: they go right only (docs/architecture.md).

use std::path::{Path, PathBuf};

/// Each module may use the ones of the rows above it, and its own. The base can be used by all.
const LAYERS: &[&[&str]] = &[
    &["clock", "ids", "secret", "crypto"],
    &["protocol"],
    &["domain"],
    &["config", "http_client", "egress", "signed_client", "keys"],
    &["storage"],
    &["upstream", "passwords", "verify", "notify", "client_keys", "clients", "cache", "web_authentication"],
    &["app", "doctor"],
    &["captcha", "provider", "sign_in"],
    &["review", "mandates", "closing"],
    &["pages"],
    &["journeys"],
    &["http", "jobs", "commands"],
    &["serve"],
    &["demo"],
];

/// Where a lower layer names a type of a higher one on purpose.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    // A configuration is checked against the catalogue of systems, which is a plain table.
    ("config", "upstream", "catalogue"),
    // The outbox's message is the gateway's argument; both are below the application.
    ("notify", "storage", "outbox"),
];

fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn imports_go_right_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    files(&root, &mut sources);
    let mut wrong = Vec::new();
    for file in sources {
        let relative = file.strip_prefix(&root).unwrap();
        let own = relative.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        let Some(own_rank) = rank(&own) else {
            assert!(matches!(own.as_str(), "main" | "lib"), "{own} is in no layer");
            continue;
        };
        let text = std::fs::read_to_string(&file).unwrap();
        for part in text.split("crate::").skip(1) {
            let used: String = part.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            let allowed = EXCEPTIONS.iter().any(|(o, u, _)| *o == own && *u == used);
            if let Some(used_rank) = rank(&used)
                && used_rank > own_rank
                && !allowed
            {
                wrong.push(format!("{}: {own} uses {used}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn domain_and_protocol_know_of_no_server_and_no_database() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for layer in ["domain", "protocol"] {
        let mut sources = Vec::new();
        files(&root.join(layer), &mut sources);
        for file in sources {
            let text = std::fs::read_to_string(&file).unwrap();
            for foreign in ["axum::", "sqlx::", "tokio::", "reqwest::"] {
                assert!(!text.contains(foreign), "{} uses {foreign}", file.display());
            }
        }
    }
}

#[test]
fn no_source_file_is_longer_than_four_hundred_lines() {
    let mut sources = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    for file in sources {
        if file.ends_with("demo/people/table.rs") {
            continue; // a table of invented people, not code
        }
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines", file.display());
    }
}
