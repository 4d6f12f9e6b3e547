//! The database: that it can be reached, its schema, whether it keeps what it has confirmed, and whether the keys fit.

use std::path::Path;
use std::time::Duration;

use super::clock;
use super::files::{Access, FileSystem, file_system, is_writable, room, space};
use super::finding::{Check, Finding};
use crate::clock::Clock;
use crate::config::Database;
use crate::crypto::Keyring;
use crate::storage::audit::Verdict;
use crate::storage::examination::{Examination, Place, Schema, Sealed};
use crate::storage::{StorageError, Stored};

/// How long it may take to connect.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the rest may take, unless every page is looked at.
const DEADLINE: Duration = Duration::from_secs(25);
/// The oldest PostgreSQL that its makers still mend.
const OLDEST_POSTGRES: i64 = 140_000;

/// What was found, and whether anybody has an account, if that could be told.
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    pub(super) has_accounts: Option<bool>,
}

/// Looks at the database; with `deep` at each of its pages and each entry of the audit log.
pub(super) async fn examine(settings: &Database, keyring: Option<&Keyring>, clock: &Clock, deep: bool) -> Found {
    let mut found = Found { findings: Vec::new(), has_accounts: None };
    let url = settings.url.expose();
    let place = match Place::of(url) {
        Ok(place) => place,
        Err(error) => {
            let mending = "`sqlite:/var/lib/guiyi/guiyi.db` or `postgres://user:password@host/database`";
            found.findings.push(Finding::fault(Check::DatabaseReachable, "database.url", words(&error), mending));
            return found;
        }
    };
    let what = name(&place);
    if let Place::File(path) = &place
        && !file(&mut found, &what, path)
    {
        return found;
    }
    let opened = tokio::time::timeout(PATIENCE, Examination::open(url)).await;
    let mut database = match opened {
        Ok(Ok(database)) => database,
        Ok(Err(error)) => {
            found.findings.push(unreachable(&what, &place, words(&error)));
            return found;
        }
        Err(_) => {
            found.findings.push(unreachable(&what, &place, "no answer in time".to_owned()));
            return found;
        }
    };
    let looked = async {
        server(&mut found.findings, &what, &mut database).await?;
        if let Place::Server { is_local: false, is_verified, .. } = &place {
            found.findings.push(tls(&what, database.is_encrypted().await?, *is_verified));
        }
        if let Some(most) = database.most_connections().await? {
            found.findings.push(connections(&what, settings.connections, most));
        }
        found.findings.push(durable(&what, &mut database).await?);
        if let Some(theirs) = database.clock().await? {
            found.findings.push(clock::compare(Check::ClockDatabase, &what, theirs, clock.now()));
        }
        let schema = database.schema().await?;
        found.findings.push(finding_of(&what, schema));
        match schema {
            Schema::Current => content(&mut found, &what, &mut database, keyring, clock, deep).await?,
            Schema::Empty => found.has_accounts = Some(false),
            _ => {}
        }
        Stored::Ok(())
    };
    // Each page and each entry takes as long as it takes.
    let term = if deep { Duration::MAX } else { DEADLINE };
    match tokio::time::timeout(term, looked).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => found.findings.push(unreachable(&what, &place, words(&error))),
        Err(_) => found.findings.push(unreachable(&what, &place, "no answer in time".to_owned())),
    }
    found
}

/// Host or path; never the URL, which may hold a password.
fn name(place: &Place) -> String {
    match place {
        Place::File(path) => path.display().to_string(),
        Place::Server { host, .. } => format!("the database at {host}"),
    }
}

fn words(error: &StorageError) -> String {
    match error {
        StorageError::Backend(error) => error.to_string(),
        other => other.to_string(),
    }
}

fn unreachable(what: &str, place: &Place, why: String) -> Finding {
    let mending = match place {
        Place::File(_) => "run this as the portal's user; if the file is damaged, restore the last backup",
        Place::Server { .. } => {
            "look at the server and its log, at address, user and password in database.url, and at pg_hba.conf"
        }
    };
    Finding::fault(Check::DatabaseReachable, what, why, mending)
}

/// A SQLite file and its folder; whether the file can be opened.
fn file(found: &mut Found, what: &str, path: &Path) -> bool {
    let id = Check::DatabaseReachable;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !is_writable(folder) {
        let why = format!("{} is no folder that one can write to", folder.display());
        found.findings.push(Finding::fault(id, what, why, "make the folder, and `chown` it to the portal's user"));
        return path.exists();
    }
    if let Ok(mib) = room(folder) {
        found.findings.push(space(what, mib));
    }
    match file_system(folder) {
        Ok(FileSystem::Network) => found.findings.push(Finding::fault(
            Check::DatabaseDurable,
            what,
            "the file system is another machine's: SQLite's locks and shared memory don't work there",
            "put the file on a disk of this machine, or use PostgreSQL",
        )),
        Ok(FileSystem::Memory) => found.findings.push(Finding::fault(
            Check::DatabaseDurable,
            what,
            "the file system is in memory: everything is gone after a restart",
            "put the file on a disk",
        )),
        Ok(FileSystem::Disk) | Err(_) => {}
    }
    if !path.exists() {
        found.findings.push(Finding::ok(id, what, "there is no database yet; the first start makes it"));
        found.has_accounts = Some(false);
        return false;
    }
    if !is_writable(path) {
        let why = "the file can't be written to";
        found.findings.push(Finding::fault(id, what, why, format!("`chown` {what} to the portal's user")));
    }
    found.findings.extend(mode(what, path, folder));
    true
}

fn mode(what: &str, path: &Path, folder: &Path) -> Option<Finding> {
    let (file, folder) = (Access::of(path).ok()?, Access::of(folder).ok()?);
    let why = format!("mode {:03o}, in a folder with mode {:03o}", file.mode, folder.mode);
    // Whoever can't pass through the folder can't reach the file.
    let is_open = (file.mode & 0o066) & ((folder.mode & 0o011) * 0o6) != 0;
    Some(if is_open {
        let why = format!("others can reach user names, hashes and sealed data ({why})");
        Finding::warning(Check::DatabaseMode, what, why, format!("chmod 600 {what}"))
    } else {
        Finding::ok(Check::DatabaseMode, what, why)
    })
}

async fn server(findings: &mut Vec<Finding>, what: &str, database: &mut Examination) -> Stored<()> {
    let (version, number) = database.version().await?;
    if database.is_standby().await? {
        let why = "the server follows another one and takes no writes";
        findings.push(Finding::fault(Check::DatabaseReachable, what, why, "name the primary server in database.url"));
    } else {
        findings.push(Finding::ok(Check::DatabaseReachable, what, "answers"));
    }
    findings.push(if number.is_some_and(|number| number < OLDEST_POSTGRES) {
        let why = format!("{version} isn't maintained any more");
        Finding::warning(Check::DatabaseVersion, what, why, "move to a PostgreSQL that is (14 or later)")
    } else {
        Finding::ok(Check::DatabaseVersion, what, version)
    });
    Ok(())
}

fn tls(what: &str, is_encrypted: bool, is_verified: bool) -> Finding {
    let id = Check::DatabaseTls;
    match (is_encrypted, is_verified) {
        (false, _) => Finding::fault(
            id,
            what,
            "the way there leads over a network, and isn't encrypted",
            "turn on `ssl` at the server, and add `?sslmode=verify-full&sslrootcert=…` to database.url",
        ),
        (true, false) => Finding::warning(
            id,
            what,
            "encrypted, but anybody could answer in the server's place: its certificate isn't looked at",
            "add `?sslmode=verify-full&sslrootcert=…` to database.url",
        ),
        (true, true) => Finding::ok(id, what, "encrypted, and the server's certificate is looked at"),
    }
}

fn connections(what: &str, wanted: u32, most: i64) -> Finding {
    let id = Check::DatabaseConnections;
    let why = format!("each node takes {wanted} at the most, the server gives {most} to all");
    if i64::from(wanted) > most {
        Finding::fault(id, what, why, "lower database.connections, or raise max_connections at the server")
    } else {
        Finding::ok(id, what, why)
    }
}

async fn durable(what: &str, database: &mut Examination) -> Stored<Finding> {
    let settings = database.settings().await?;
    let all = |is_durable: Option<bool>| {
        let chosen = settings.iter().filter(|setting| is_durable.is_none_or(|wanted| setting.is_durable == wanted));
        chosen.map(|setting| format!("{} = {}", setting.name, setting.value)).collect::<Vec<_>>().join(", ")
    };
    let (id, bad) = (Check::DatabaseDurable, all(Some(false)));
    Ok(match bad.as_str() {
        "" => Finding::ok(id, what, all(None)),
        "journal_mode = delete" => Finding::ok(id, what, "journal_mode = delete; the portal's start makes it wal"),
        _ => Finding::fault(
            id,
            what,
            format!("{bad}: what was answered can be lost in a power failure, or the database damaged"),
            "turn it on in postgresql.conf (and look at `ALTER ROLE … SET`, `ALTER DATABASE … SET`), then reload",
        ),
    })
}

fn finding_of(what: &str, schema: Schema) -> Finding {
    let id = Check::DatabaseSchema;
    match schema {
        Schema::Current => Finding::ok(id, what, "the schema is this program's"),
        Schema::Empty => Finding::ok(id, what, "there is no schema yet; the first start makes it"),
        Schema::Behind(count) => Finding::warning(
            id,
            what,
            format!("{count} migrations are missing"),
            "make a backup; the next `guiyi serve` brings the schema up to date",
        ),
        Schema::Ahead(version) => Finding::fault(
            id,
            what,
            format!("migration {version} is of a newer program, and this one doesn't start on it"),
            "use the newer program, or restore the backup that was made before it",
        ),
        Schema::Altered(version) => Finding::fault(
            id,
            what,
            format!("migration {version} was another one when it was made, and this program doesn't start on it"),
            "use the program that made it; a schema of a development version can't be kept",
        ),
        Schema::Unfinished(version) => Finding::fault(
            id,
            what,
            format!("migration {version} was broken off"),
            "restore the backup that was made before it, and start again",
        ),
    }
}

async fn content(
    found: &mut Found,
    what: &str,
    database: &mut Examination,
    keyring: Option<&Keyring>,
    clock: &Clock,
    deep: bool,
) -> Stored<()> {
    found.has_accounts = Some(database.has_accounts().await?);
    if let Some(newest) = database.newest().await? {
        found.findings.push(clock::history(newest, clock.now()));
    }
    if let Some(keyring) = keyring {
        found.findings.push(sealed(what, database.sealed(keyring).await?));
    }
    if !deep {
        return Ok(());
    }
    if let Some(damage) = database.damage().await? {
        let id = Check::DatabaseDamage;
        found.findings.push(if damage.is_empty() {
            Finding::ok(id, what, "no page is damaged")
        } else {
            let mending = "stop the portal, keep the file, and restore the last backup; look at the disk";
            Finding::fault(id, what, damage.join("; "), mending)
        });
    }
    if let Some(keyring) = keyring {
        found.findings.push(audit(what, &database.audit(keyring).await?));
    }
    Ok(())
}

fn sealed(what: &str, sealed: Sealed) -> Finding {
    let id = Check::KeysSealed;
    match sealed {
        Sealed::Nothing => Finding::ok(id, what, "nothing is sealed yet"),
        Sealed::Opens => Finding::ok(id, what, "what is stored was sealed with this root key"),
        Sealed::Foreign(table) => Finding::fault(
            id,
            what,
            format!("a row of the table {table} can't be opened: it was sealed with another root key, or altered"),
            "put the root key of this database into the keys folder, or name the database of this root key",
        ),
    }
}

fn audit(what: &str, verdict: &Verdict) -> Finding {
    let id = Check::DatabaseAudit;
    match verdict {
        Verdict::Sound { entries } => Finding::ok(id, what, format!("{entries} entries, every one in its place")),
        Verdict::Broken { sequence } => Finding::fault(
            id,
            what,
            format!("entry {sequence} of the audit log isn't what was sealed"),
            "find out who can write to the database; compare the entry with a backup's",
        ),
    }
}
