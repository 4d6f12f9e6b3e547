//! What must hold after the last kill, read from the database itself.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use guiyi::app::{self, App, Ports};
use guiyi::clock::Clock;
use guiyi::ids::JourneyId;
use guiyi::storage::{Db, evidence};
use sqlx::Connection;

use super::town::{Story, Town};
use super::visitor::{PICTURE, Visitor};
use crate::support::scalar;

/// How many minutes later it is for whoever checks: the lease of the last node that sealed has run out.
const LATER: Duration = Duration::from_secs(5 * 60);

pub async fn open(town: &Town) -> Arc<App> {
    app::build(guiyi::config::load(&town.config).unwrap(), Ports::system(), false).await.unwrap()
}

/// Waits until everything that is to be told has been handed over.
pub async fn until_told(town: &Town) {
    let app = open(town).await;
    for _ in 0..1200 {
        if scalar(&app.db, "SELECT COUNT(*) FROM outbox WHERE done_at IS NULL").await == 0 {
            return app.db.close().await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("messages are left in the outbox");
}

/// All of it, on a database whose last process was killed.
pub async fn everything(town: &Town, visitors: &[Visitor]) {
    let app = open(town).await;
    let counts = Counts::of(visitors);
    if app.config.database.url.expose().starts_with("sqlite:") {
        file_is_sound(app.config.database.url.expose()).await;
    }
    everybody_finished_once(&app.db, &counts).await;
    nothing_is_half_written(&app.db).await;
    only_what_nobody_was_shown_is_left_over(&app.db, visitors).await;
    cases_and_pictures_are_whole(&app, visitors).await;
    everybody_was_told_once(town, visitors);
    the_audit_log_has_each_event_once(&app.db, &counts).await;
    the_chain_is_sound(town, &app).await;
    app.db.close().await;
}

struct Counts {
    finished: i64,
    vouched: i64,
    reviewed: i64,
}

impl Counts {
    fn of(visitors: &[Visitor]) -> Self {
        let count = |stories: &[Story]| {
            let those = visitors.iter().filter(|visitor| stories.contains(&visitor.citizen.story));
            i64::try_from(those.count()).unwrap()
        };
        let vouched = count(&[Story::Vouched, Story::WithEmail]);
        Self { finished: vouched + count(&[Story::Checked]), vouched, reviewed: count(&[Story::Reviewed]) }
    }
}

async fn file_is_sound(url: &str) {
    let mut connection = sqlx::SqliteConnection::connect(url).await.unwrap();
    let told: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut connection).await.unwrap();
    assert_eq!(told, ["ok"]);
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await.unwrap();
    assert!(broken.is_empty(), "{} rows refer to nothing", broken.len());
    connection.close().await.unwrap();
}

async fn expect(db: &Db, rows: i64, what: &str) {
    assert_eq!(scalar(db, &format!("SELECT COUNT(*) FROM {what}")).await, rows, "{what}");
}

async fn everybody_finished_once(db: &Db, counts: &Counts) {
    let Counts { finished, vouched, reviewed } = counts;
    for table in ["accounts", "documents", "account_phones", "sessions", "verifications", "legacy_links"] {
        expect(db, *finished, table).await;
    }
    expect(db, *finished, "(SELECT DISTINCT account_id, subject FROM legacy_links WHERE unlinked_at IS NULL) AS d")
        .await;
    expect(db, *finished, "(SELECT DISTINCT phone_index FROM account_phones WHERE slot = 1) AS d").await;
    expect(db, *finished, "sessions WHERE ended_at IS NULL").await;
    expect(db, 2 * finished, "agreements").await;
    expect(db, *vouched, "verifications WHERE method = 'upstream'").await;
    expect(db, finished - vouched, "verifications WHERE method = 'name_and_number'").await;
    expect(db, *finished, "journeys WHERE account_id IS NOT NULL").await;
    // A code was typed once, right, and counted with what it proved.
    expect(db, 0, "one_time_codes WHERE consumed_at IS NULL OR tries <> 1").await;
    expect(db, *reviewed, "reviews").await;
    expect(db, *reviewed, "reviews WHERE state = 'open'").await;
}

async fn nothing_is_half_written(db: &Db) {
    for table in ["documents", "account_phones", "verifications", "legacy_links", "sessions"] {
        let sql = format!("accounts a WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE t.account_id = a.id)");
        expect(db, 0, &sql).await;
    }
    for table in ["documents", "account_phones", "verifications", "legacy_links", "sessions", "agreements"] {
        let sql = format!("{table} t WHERE NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = t.account_id)");
        expect(db, 0, &sql).await;
    }
    let ended = "journeys j WHERE account_id IS NOT NULL AND (answers <> '' OR NOT EXISTS \
                 (SELECT 1 FROM legacy_links l WHERE l.journey_id = j.id AND l.account_id = j.account_id))";
    expect(db, 0, ended).await;
    expect(db, 0, "reviews r WHERE NOT EXISTS (SELECT 1 FROM journeys j WHERE j.id = r.journey_id AND j.case_number = r.case_number)").await;
    expect(db, 0, "evidence e WHERE NOT EXISTS (SELECT 1 FROM reviews r WHERE r.journey_id = e.journey_id)").await;
    expect(db, 0, "outbox WHERE done_at IS NOT NULL AND payload <> ''").await;
}

/// A journey that was begun, and whose first page was lost with the connection, stays as it was begun.
async fn only_what_nobody_was_shown_is_left_over(db: &Db, visitors: &[Visitor]) {
    let shown: Vec<String> = visitors.iter().map(|v| format!("'{}'", v.journey.clone().unwrap())).collect();
    let shown = shown.join(", ");
    expect(db, i64::try_from(visitors.len()).unwrap(), &format!("journeys WHERE id IN ({shown})")).await;
    expect(db, 0, &format!("journeys WHERE id NOT IN ({shown}) AND version > 1")).await;
}

async fn cases_and_pictures_are_whole(app: &App, visitors: &[Visitor]) {
    let mut conn = app.db.read().await.unwrap();
    for visitor in visitors.iter().filter(|visitor| visitor.citizen.story == Story::Reviewed) {
        let journey = JourneyId(visitor.journey.clone().unwrap());
        let now = app.clock.now();
        let pieces = evidence::of_journey(&mut conn, &journey, now).await.unwrap();
        let kinds: Vec<&str> = pieces.iter().map(|piece| piece.kind.as_str()).collect();
        assert_eq!(kinds, ["document", "holding"], "each picture once");
        for piece in &pieces {
            let jpeg = evidence::image(&mut conn, &app.keys, &journey, piece.slot, now).await.unwrap().unwrap();
            let picture = image::load_from_memory(&jpeg).unwrap();
            assert_eq!((picture.width(), picture.height()), PICTURE);
        }
    }
}

/// The gateway drops a message whose id it knows, so handing one over twice is right; two ids for one event are wrong.
fn everybody_was_told_once(town: &Town, visitors: &[Visitor]) {
    let mut all = 0;
    for visitor in visitors {
        let phone = visitor.citizen.old.mobile;
        let messages = town.inbox.messages(Some(phone));
        let count = |text: &str| messages.iter().filter(|message| message.text.contains(text)).count();
        let finished = usize::from(visitor.citizen.story != Story::Reviewed);
        assert_eq!(count("正在迁移至统一账号"), 1, "the phone on the old row is warned: {messages:?}");
        assert_eq!(count("验证码为"), 1, "one code: {messages:?}");
        assert_eq!(count("已绑定到您的统一账号"), finished, "the end is told: {messages:?}");
        assert_eq!(messages.len(), 2 + finished, "nothing else: {messages:?}");
        all += messages.len();
        if visitor.citizen.story == Story::WithEmail {
            let mails = town.inbox.messages(Some(&format!("{}@demo.invalid", visitor.citizen.old.account)));
            assert_eq!(mails.len(), 1, "one link to confirm the address");
            all += mails.len();
        }
    }
    assert_eq!(town.inbox.messages(None).len(), all, "nobody else was told anything");
}

async fn the_audit_log_has_each_event_once(db: &Db, counts: &Counts) {
    let everybody = counts.finished + counts.reviewed;
    for (event, times) in [
        ("account.created", counts.finished),
        ("legacy.linked", counts.finished),
        ("journey.code_sent", everybody),
        ("journey.contact_proven", everybody),
        ("journey.review_submitted", counts.reviewed),
        ("journey.evidence_added", 2 * counts.reviewed),
    ] {
        expect(db, times, &format!("audit WHERE event = '{event}'")).await;
    }
    for event in ["account.created", "legacy.linked"] {
        let distinct = format!("(SELECT DISTINCT actor, subject FROM audit WHERE event = '{event}') AS d");
        expect(db, counts.finished, &distinct).await;
    }
}

/// Seals what is left, as the next node would, and lets the command walk the chain.
async fn the_chain_is_sound(town: &Town, app: &App) {
    let clock = Clock::fixed(app.clock.now().plus(LATER));
    let ports = Ports { clock, ..Ports::system() };
    let later = app::build(app.config.clone(), ports, false).await.unwrap();
    while guiyi::jobs::seal(&later, "check", later.clock.now()).await.unwrap() > 0 {}
    later.db.close().await;
    let walk =
        Command::new(env!("CARGO_BIN_EXE_guiyi")).args(["audit", "--config"]).arg(&town.config).output().unwrap();
    assert!(walk.status.success(), "{}", String::from_utf8_lossy(&walk.stderr));
    let entries = scalar(&app.db, "SELECT COUNT(*) FROM audit").await;
    let told = String::from_utf8_lossy(&walk.stdout).into_owned();
    assert!(told.starts_with(&format!("{entries} entries,")), "all of {entries}: {told}");
}
