//! The demonstration as one world: the portal's neighbours, and the process that runs them all.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

use super::exam;
use super::inbox::{self, InboxState};
use super::legacy::{self, LegacyState};
use super::people::{COMPANIES, PEOPLE, UNITS, records};
use super::police::{self, PoliceConfig, PoliceState};
use super::registry::{self, RegistryState, UnitEntry};
use super::relying_party::{self, RelyingParty, RelyingPartyConfig};
use super::source::{self, SourceState};
use super::{Manifest, serve, societies};
use crate::app::{self, Ports};
use crate::config::DEMONSTRATION;

mod settings;

pub use settings::{CLIENT_ID, Places, Secrets, config};

use settings::{COMPANIES_CODE, SERVICE_CLIENT, SERVICE_CODE, text};

/// The portal's neighbours, with the switches that make them fail.
#[derive(Clone)]
pub struct Neighbours {
    /// The legacy system.
    pub legacy: LegacyState,
    /// The authoritative source.
    pub source: SourceState,
    /// The registry of organisations.
    pub registry: RegistryState,
    /// The inbox.
    pub inbox: InboxState,
    /// The police's OpenID Connect provider.
    pub police: PoliceState,
    /// The legacy system where companies are registered.
    pub companies: LegacyState,
}

impl Neighbours {
    /// Fresh ones, for the portal at `portal` and the police at `police`.
    ///
    /// # Errors
    /// If the cryptographic library fails.
    pub fn new(secrets: &Secrets, ports: &Ports, portal: &Url, police: &Url) -> anyhow::Result<Self> {
        let (clock, random) = (ports.clock.clone(), ports.random.clone());
        let police = PoliceConfig {
            issuer: text(police).to_owned(),
            client_id: SERVICE_CLIENT.to_owned(),
            client_secret: secrets.police.clone(),
            redirect_uri: format!("{}/upstream/callback", text(portal)),
        };
        let police = PoliceState::new(police, clock.clone(), random.clone());
        Ok(Self {
            police: police.ok_or_else(|| anyhow::anyhow!("no key could be made"))?,
            legacy: LegacyState::new(
                "合肥市政务服务网",
                (SERVICE_CODE, secrets.service.clone()),
                PEOPLE,
                clock.clone(),
                random.clone(),
            ),
            companies: LegacyState::new(
                "省工商局企业登记网办",
                (COMPANIES_CODE, secrets.companies.clone()),
                COMPANIES,
                clock.clone(),
                random,
            ),
            source: SourceState::new(SERVICE_CLIENT, secrets.source.clone(), records(), clock.clone()),
            registry: RegistryState::new(
                SERVICE_CLIENT,
                secrets.registry.clone(),
                UNITS.iter().map(UnitEntry::from).collect(),
                clock.clone(),
            ),
            inbox: InboxState::new(SERVICE_CLIENT, secrets.gateway.clone(), clock),
        })
    }
}

/// How to run the demonstration.
#[derive(Clone, Debug)]
pub struct Options {
    /// The portal's port; the others follow it.
    pub port: u16,
    /// Where data and keys are kept; a temporary folder, removed at the end, otherwise.
    pub dir: Option<PathBuf>,
    /// Where the manifest goes.
    pub json: Option<PathBuf>,
    /// Fixed captcha.
    pub test_mode: bool,
}

/// Opens a demonstration's database and keys beside the running one, for the command line.
///
/// # Errors
/// If they aren't there.
pub async fn open(folder: &Path) -> anyhow::Result<Arc<app::App>> {
    let database = folder.join("guiyi.db");
    anyhow::ensure!(database.is_file(), "there is no demonstration in {}", folder.display());
    let ports = Ports::system();
    let nowhere = Url::parse("http://localhost:1/")?;
    let places = Places {
        issuer: nowhere.clone(),
        relying_party: nowhere.clone(),
        legacy: nowhere.clone(),
        source: nowhere.clone(),
        registry: nowhere.clone(),
        inbox: nowhere.clone(),
        police: nowhere.clone(),
        companies: nowhere,
        exam: folder.join("exam.db"),
        societies: folder.join("mzt.db"),
    };
    let database = format!("sqlite:{}", database.display());
    let config = config(&places, &Secrets::generate(&ports), &folder.join("keys"), &database);
    Ok(app::build(config, ports, false).await?)
}

/// Runs the demonstration until `shutdown` resolves.
///
/// # Errors
/// If a port is taken, or a part can't start.
pub async fn run(options: Options, shutdown: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
    let ports = Ports::system();
    let secrets = Secrets::generate(&ports);
    let mut listeners = Vec::new();
    for offset in 0..8 {
        let port = options.port.checked_add(offset).ok_or_else(|| anyhow::anyhow!("the port is too high"))?;
        let listener = TcpListener::bind(("127.0.0.1", port)).await;
        listeners.push(listener.map_err(|e| anyhow::anyhow!("port {port} can't be used: {e}"))?);
    }
    let [portal, relying_party, legacy, source, inbox, police, registry, companies] =
        <[TcpListener; 8]>::try_from(listeners).map_err(|_| anyhow::anyhow!("eight listeners are needed"))?;
    let at = |listener: &TcpListener| -> anyhow::Result<Url> {
        Ok(Url::parse(&format!("http://localhost:{}/", listener.local_addr()?.port()))?)
    };
    let folder = Folder::open(options.dir, &ports)?;
    let places = Places {
        issuer: at(&portal)?,
        relying_party: at(&relying_party)?,
        legacy: at(&legacy)?,
        source: at(&source)?,
        registry: at(&registry)?,
        inbox: at(&inbox)?,
        police: at(&police)?,
        companies: at(&companies)?,
        exam: folder.path.join("exam.db"),
        societies: folder.path.join("mzt.db"),
    };
    exam::write(&places.exam).await?;
    societies::write(&places.societies).await?;
    let database = format!("sqlite:{}", folder.path.join("guiyi.db").display());
    let keys = folder.path.join("keys");
    std::fs::create_dir_all(&keys)?;
    std::fs::write(keys.join(DEMONSTRATION), "")?;
    let config = config(&places, &secrets, &keys, &database);
    let app = app::build(config, ports.clone(), options.test_mode).await?;
    super::staff::seed(&app).await?;
    super::tester::seed(&app).await?;
    let neighbours = Neighbours::new(&secrets, &ports, &places.issuer, &places.police)?;
    let party = RelyingParty::new(
        RelyingPartyConfig {
            issuer: text(&places.issuer).to_owned(),
            base_url: text(&places.relying_party).to_owned(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: secrets.client.clone(),
            scopes: ["profile", "phone", "email", "address", "real_name", "organization"].map(str::to_owned).to_vec(),
        },
        ports.clock.clone(),
        ports.random.clone(),
    )?;
    let manifest = places.manifest();
    if let Some(file) = &options.json {
        std::fs::write(file, serde_json::to_vec_pretty(&manifest)?)?;
    }
    print(&manifest, &folder.path, options.test_mode);
    let (stop, stopped) = watch::channel(false);
    let until = || {
        let mut stopped = stopped.clone();
        async move {
            let _ = stopped.wait_for(|stop| *stop).await;
        }
    };
    let servers = [
        tokio::spawn(serve(relying_party, relying_party::router(party), until())),
        tokio::spawn(serve(legacy, legacy::router(neighbours.legacy), until())),
        tokio::spawn(serve(source, source::router(neighbours.source), until())),
        tokio::spawn(serve(registry, registry::router(neighbours.registry), until())),
        tokio::spawn(serve(inbox, inbox::router(neighbours.inbox), until())),
        tokio::spawn(serve(companies, legacy::router(neighbours.companies), until())),
        tokio::spawn(serve(police, police::router(neighbours.police), until())),
        tokio::spawn(crate::serve::serve(Arc::clone(&app), portal, until())),
    ];
    shutdown.await;
    let _ = stop.send(true);
    for server in servers {
        server.await??;
    }
    Ok(())
}

fn print(manifest: &Manifest, folder: &Path, test_mode: bool) {
    println!("归一 (Guiyi) demonstration\n");
    println!("  start here   {}   不动产登记预约, a relying party", manifest.relying_party.url);
    println!("  portal       {}", manifest.issuer);
    println!("  phone inbox  {}", manifest.inbox.url);
    println!("  source       {}   (outage switch)", manifest.source.url);
    println!("  registry     {}   units, their representatives and standing can be changed", manifest.registry.url);
    for system in &manifest.systems {
        println!("  {:<12} {}   {}", system.id, system.url, system.name);
    }
    println!("\n{}", super::table(manifest));
    println!("A ready-made account: {}, password {}\n", super::tester::USER_NAME, super::tester::PASSWORD);
    let [(first, ..), (second, ..)] = super::staff::REVIEWERS;
    println!("Reviewers {first} and {second}, password {}:", super::staff::PASSWORD);
    println!("  guiyi review --demo-dir {} --as {first} list\n", folder.display());
    if test_mode {
        println!("!! TEST MODE: every captcha is answered by {} !!\n", crate::captcha::ticket::TEST_ANSWER);
    }
    println!("Ctrl-C stops it.");
}

/// A folder that goes when the demonstration ends, unless it was named.
struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    fn open(named: Option<PathBuf>, ports: &Ports) -> std::io::Result<Self> {
        let temporary = named.is_none();
        let path =
            named.unwrap_or_else(|| std::env::temp_dir().join(format!("guiyi-demo-{}", ports.random.token::<9>())));
        std::fs::create_dir_all(&path)?;
        Ok(Self { path, temporary })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
