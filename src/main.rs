//! The command line: `guiyi demo | serve | doctor | review | passwords | keys | journey | audit`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 归一: an OpenID Connect provider and account-migration portal for government services.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the demonstration: portal, relying party, legacy systems, authoritative source and phone inbox.
    #[cfg(feature = "demo")]
    Demo {
        /// The portal's port; the other servers take the five after it.
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Keep data and keys in this folder.
        #[arg(long)]
        dir: Option<PathBuf>,
        /// Write addresses, people and records to this file.
        #[arg(long)]
        json: Option<PathBuf>,
        /// Every captcha has the same answer.
        #[arg(long)]
        test_mode: bool,
    },
    /// Run the portal.
    Serve {
        /// The configuration file.
        #[arg(long, default_value = "guiyi.toml")]
        config: PathBuf,
    },
    /// Examine a configuration and all that it names: every fault at once, each with its mending. Changes nothing.
    Doctor {
        /// The configuration file.
        #[arg(long, default_value = "guiyi.toml")]
        config: PathBuf,
        #[command(flatten)]
        args: guiyi::commands::doctor::DoctorArgs,
    },
    /// Decide cases of manual review.
    Review {
        /// The configuration file.
        #[arg(long, default_value = "guiyi.toml")]
        config: PathBuf,
        /// The folder of a running demonstration instead of a configuration.
        #[cfg(feature = "demo")]
        #[arg(long, conflicts_with = "config")]
        demo_dir: Option<PathBuf>,
        #[command(flatten)]
        args: guiyi::commands::review::ReviewArgs,
    },
    /// Expire the passwords that were carried over from an old system.
    Passwords {
        /// The configuration file.
        #[arg(long, default_value = "guiyi.toml", global = true)]
        config: PathBuf,
        #[command(flatten)]
        args: guiyi::commands::passwords::PasswordsArgs,
    },
    /// List and rotate signing keys.
    Keys {
        /// The configuration file.
        #[arg(long, default_value = "guiyi.toml", global = true)]
        config: PathBuf,
        /// The folder of a demonstration instead of a configuration.
        #[cfg(feature = "demo")]
        #[arg(long, global = true)]
        demo_dir: Option<PathBuf>,
        #[command(flatten)]
        args: guiyi::commands::keys::KeysArgs,
    },
    /// Print the steps of a migration as a diagram.
    Journey,
    /// Walk the chain of the audit log.
    Audit {
        /// The configuration file.
        #[arg(long, default_value = "guiyi.toml")]
        config: PathBuf,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,guiyi=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(cli.command))
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let done = match command {
        #[cfg(feature = "demo")]
        Command::Demo { port, dir, json, test_mode } => {
            let options = guiyi::demo::world::Options { port, dir, json, test_mode };
            guiyi::demo::world::run(options, guiyi::serve::signal()).await
        }
        Command::Serve { config } => serve(&config).await,
        Command::Doctor { config, args } => {
            let is_well = guiyi::commands::doctor::run(&config, args, &mut std::io::stdout()).await?;
            return Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        #[cfg(feature = "demo")]
        Command::Review { demo_dir: Some(folder), args, .. } => {
            let app = guiyi::demo::world::open(&folder).await?;
            guiyi::commands::review::run(&app, args).await
        }
        Command::Review { config, args, .. } => {
            let config = guiyi::config::load(&config)?;
            let app = guiyi::app::build(config, guiyi::app::Ports::system(), false).await?;
            guiyi::commands::review::run(&app, args).await
        }
        Command::Passwords { config, args } => {
            let app = guiyi::app::build(guiyi::config::load(&config)?, guiyi::app::Ports::system(), false).await?;
            guiyi::commands::passwords::run(&app, args, &mut std::io::stdout().lock()).await
        }
        #[cfg(feature = "demo")]
        Command::Keys { demo_dir: Some(folder), args, .. } => keys(&folder.join("keys"), args),
        Command::Keys { config, args, .. } => keys(&guiyi::config::load(&config)?.keys.directory, args),
        Command::Journey => {
            println!("{}", guiyi::journeys::diagram::individual());
            println!("{}", guiyi::journeys::diagram::legal_person());
            print!("{}", guiyi::journeys::diagram::child());
            Ok(())
        }
        Command::Audit { config } => audit(&config).await,
    };
    done.map(|()| ExitCode::SUCCESS)
}

fn keys(directory: &std::path::Path, args: guiyi::commands::keys::KeysArgs) -> anyhow::Result<()> {
    guiyi::commands::keys::run(directory, guiyi::clock::Clock::System.now(), args, &mut std::io::stdout().lock())
}

async fn serve(path: &std::path::Path) -> anyhow::Result<()> {
    let config = guiyi::config::load(path)?;
    let listen = config.listen;
    let app = guiyi::app::build(config, guiyi::app::Ports::system(), false).await?;
    let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| format!("{listen} can't be used"))?;
    tracing::info!(%listen, issuer = app.config.issuer_text(), "serving");
    guiyi::serve::serve(app, listener, guiyi::serve::signal()).await?;
    Ok(())
}

async fn audit(path: &std::path::Path) -> anyhow::Result<()> {
    use guiyi::storage::audit::Verdict;
    let config = guiyi::config::load(path)?;
    let app = guiyi::app::build(config, guiyi::app::Ports::system(), false).await?;
    match guiyi::storage::audit::verify(&mut app.db.read().await?, &app.keys).await? {
        Verdict::Sound { entries } => println!("{entries} entries, every one in its place"),
        Verdict::Broken { sequence } => anyhow::bail!("the chain is broken at entry {sequence}"),
    }
    Ok(())
}
