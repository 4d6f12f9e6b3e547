//! `guiyi passwords …`: what an operator does about the passwords that came from an old system.

use std::io::Write;

use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::app::App;
use crate::config::CarryOver;
use crate::ids::{AccountId, SystemId};
use crate::storage::{StorageError, accounts, audit};

/// How many accounts one transaction takes.
const BATCH: i64 = 200;

/// What to do with passwords.
#[derive(Debug, Args)]
pub struct PasswordsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// End every password that was carried over from a system: its owner sets another by 忘记密码. Sessions go on.
    Expire {
        /// The old system's id.
        #[arg(long)]
        system: String,
        /// Only say how many there are.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Does what was asked for. A run that was interrupted is repeated.
///
/// # Errors
/// The store's own, or a system that carries passwords over still, in words.
pub async fn run(app: &App, args: PasswordsArgs, out: &mut impl Write) -> anyhow::Result<()> {
    let Action::Expire { system, dry_run } = args.action;
    let system = SystemId::from(system.as_str());
    let still = app.config.systems.iter().any(|s| s.id == system && s.carry_over != CarryOver::No);
    if still && !dry_run {
        bail!(
            "set carry_over = \"no\" for {system} first, and restart every node: migrations would carry over more of them"
        );
    }
    let (mut ended, mut last) = (0, None);
    loop {
        let found = accounts::carried_over(&mut app.db.read().await?, &system, last.as_ref(), BATCH).await?;
        let Some(end) = found.last().cloned() else { break };
        ended += match dry_run {
            true => found.len(),
            false => expire(app, &system, found).await?,
        };
        last = Some(end);
    }
    if ended == 0 && !app.config.systems.iter().any(|s| s.id == system) {
        bail!("there is no system {system}, and no password from it");
    }
    let done = if dry_run { "would be expired" } else { "expired" };
    Ok(writeln!(out, "{ended} password(s) carried over from {system} {done}")?)
}

async fn expire(app: &App, system: &SystemId, found: Vec<AccountId>) -> Result<usize, StorageError> {
    let (random, now, system) = (app.random.clone(), app.clock.now(), system.clone());
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let mut ended = 0;
                for id in &found {
                    if accounts::drop_carried_over(tx, id, &system, now).await? {
                        let (subject, detail) = (format!("account:{id}"), json!({ "system": system }));
                        audit::record(tx, &random, now, "password.expired", ("operator", &subject), &detail).await?;
                        ended += 1;
                    }
                }
                Ok(ended)
            })
        })
        .await
}
