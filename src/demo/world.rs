//! The demonstration as one world: the portal's configuration, its neighbours, and the process that runs them all.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

use super::exam;
use super::inbox::{self, InboxState};
use super::legacy::{self, LegacyState};
use super::people::{PEOPLE, State as AccountState, records};
use super::police::{self, PoliceConfig, PoliceState};
use super::relying_party::{self, RelyingParty, RelyingPartyConfig};
use super::source::{self, SourceState};
use super::{Addresses, Manifest, manifest, serve};
use crate::app::{self, Ports};
use crate::config::{
    CarryOver, ClientEntry, Config, Connector, Database, Formula, Halls, Keys, OpenidConnect, Passwords, ProfileNames,
    Review, Service, Site, Status, System, UserTable,
};
use crate::domain::account::AccountKind;
use crate::domain::client::SigningAlgorithm;
use crate::ids::{ClientId, SystemId};
use crate::secret::Secret;

/// The relying party's `client_id`.
pub const CLIENT_ID: &str = "real-estate-booking";
const SERVICE_CODE: &str = "hfzwfw";
const SERVICE_CLIENT: &str = "guiyi";

/// The secrets between the portal and its neighbours: made anew at each start.
#[derive(Clone, Debug)]
pub struct Secrets {
    client: Secret,
    service: Secret,
    source: Secret,
    gateway: Secret,
    police: Secret,
}

impl Secrets {
    /// Fresh ones.
    pub fn generate(ports: &Ports) -> Self {
        let secret = || Secret::new(ports.random.token::<24>());
        Self { client: secret(), service: secret(), source: secret(), gateway: secret(), police: secret() }
    }
}

/// Where the six servers listen, and the one file is.
#[derive(Clone, Debug)]
pub struct Places {
    /// The portal; also its issuer.
    pub issuer: Url,
    /// The relying party.
    pub relying_party: Url,
    /// The legacy system.
    pub legacy: Url,
    /// The authoritative source.
    pub source: Url,
    /// The SMS and mail gateway.
    pub inbox: Url,
    /// The police's OpenID Connect provider.
    pub police: Url,
    /// The examination office's user table.
    pub exam: PathBuf,
}

fn text(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

impl Places {
    /// What a visitor needs to know.
    pub fn manifest(&self) -> Manifest {
        manifest(&Addresses {
            issuer: text(&self.issuer),
            relying_party: text(&self.relying_party),
            client_id: CLIENT_ID,
            legacy: text(&self.legacy),
            source: text(&self.source),
            inbox: text(&self.inbox),
            police: text(&self.police),
            exam: &self.exam.display().to_string(),
        })
    }
}

/// The portal's configuration in the demonstration. An http issuer is possible only here.
pub fn config(places: &Places, secrets: &Secrets, keys: &Path, database: &str) -> Config {
    let service = |id: &str, url: &Url, secret: &Secret| Service {
        id: id.to_owned(),
        url: url.clone(),
        client: SERVICE_CLIENT.to_owned(),
        secret: secret.clone(),
    };
    Config {
        issuer: places.issuer.clone(),
        listen: SocketAddr::from(([127, 0, 0, 1], places.issuer.port().unwrap_or(0))),
        trusted_proxies: Vec::new(),
        database: Database { url: Secret::new(database), connections: 4 },
        keys: Keys { directory: keys.to_owned() },
        site: Site {
            organiser: "归一演示（与任何真实单位无关）".to_owned(),
            site_code: "0000000000".to_owned(),
            icp: "ICP备00000000号（演示）".to_owned(),
            police: "公网安备00000000000000号（演示）".to_owned(),
            hotline: "12345".to_owned(),
            sms_signature: "安徽政务服务网".to_owned(),
        },
        gateway: service("inbox", &places.inbox, &secrets.gateway),
        source: service("population", &places.source, &secrets.source),
        halls: Halls::default(),
        review: Review { reviewers: super::staff::user_names(), ..Review::default() },
        systems: vec![
            System {
                vouches: true,
                // Its hashes are unsalted, so the default would be `no`; the demonstration shows the second step.
                carry_over: CarryOver::WithSecondStep,
                ..system(
                    super::manifest::SYSTEM_ID,
                    Connector::Ticket {
                        url: places.legacy.clone(),
                        service_code: SERVICE_CODE.to_owned(),
                        service_password: secrets.service.clone(),
                    },
                )
            },
            system(super::manifest::EXAM_ID, Connector::UserTable(exam_table(places))),
            System {
                vouches: true,
                sign_in: true,
                ..system(super::manifest::POLICE_ID, Connector::OpenidConnect(police_provider(places, secrets)))
            },
        ],
        clients: vec![ClientEntry {
            id: ClientId::from(CLIENT_ID),
            name_zh: "不动产登记预约".to_owned(),
            name_en: "Real-estate registration booking".to_owned(),
            secret: Some(secrets.client.clone()),
            redirect_uris: vec![format!("{}/callback", text(&places.relying_party))],
            post_logout_redirect_uris: vec![format!("{}/logged-out", text(&places.relying_party))],
            scopes: "openid profile phone email real_name organization offline_access".to_owned(),
            account_kinds: vec![AccountKind::Individual, AccountKind::LegalPerson],
            units_alone: false,
            owns_system: None,
            sector: Some("booking.demo.invalid".to_owned()),
            id_token_signed_response_alg: SigningAlgorithm::ES256,
            enabled: true,
        }],
        passwords: Passwords::default(),
    }
}

fn system(id: &str, connector: Connector) -> System {
    System {
        id: SystemId::from(id),
        name_zh: None,
        name_en: None,
        vouches: false,
        carry_over: CarryOver::No,
        sign_in: false,
        connector,
        enabled: true,
    }
}

fn exam_table(places: &Places) -> UserTable {
    let name = |text: &str| Some(text.to_owned());
    UserTable {
        path: places.exam.clone(),
        table: "exam_user".to_owned(),
        accounts: vec!["login_name".to_owned(), "mobile".to_owned()],
        subject: "uid".to_owned(),
        password: "passwd".to_owned(),
        salt: name("salt"),
        formulas: vec![Formula::Md5Middle, Formula::Md5Md5Salt],
        status: Some(Status {
            column: "state".to_owned(),
            disabled: vec![(AccountState::Disabled as i64).to_string()],
            locked: vec![(AccountState::Locked as i64).to_string()],
        }),
        columns: ProfileNames {
            name: name("real_name"),
            document_number: name("id_card"),
            gender: name("sex"),
            ethnic_group: name("nation"),
            phone: name("mobile"),
            email: name("mail"),
            ..ProfileNames::default()
        },
    }
}

fn police_provider(places: &Places, secrets: &Secrets) -> OpenidConnect {
    OpenidConnect {
        issuer: text(&places.police).to_owned(),
        client_id: SERVICE_CLIENT.to_owned(),
        client_secret: secrets.police.clone(),
        scopes: "openid profile phone".to_owned(),
        userinfo: true,
        account: "preferred_username".to_owned(),
        claims: ProfileNames::default(),
        verified_claim: Some("real_name_level".to_owned()),
        verified_value: "verified".to_owned(),
        origins: Vec::new(),
    }
}

/// The portal's neighbours, with the switches that make them fail.
#[derive(Clone)]
pub struct Neighbours {
    /// The legacy system.
    pub legacy: LegacyState,
    /// The authoritative source.
    pub source: SourceState,
    /// The inbox.
    pub inbox: InboxState,
    /// The police's OpenID Connect provider.
    pub police: PoliceState,
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
            legacy: LegacyState::new(SERVICE_CODE, secrets.service.clone(), PEOPLE, clock.clone(), random),
            source: SourceState::new(SERVICE_CLIENT, secrets.source.clone(), records(), clock.clone()),
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
        inbox: nowhere.clone(),
        police: nowhere,
        exam: folder.join("exam.db"),
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
    for offset in 0..6 {
        let port = options.port.checked_add(offset).ok_or_else(|| anyhow::anyhow!("the port is too high"))?;
        let listener = TcpListener::bind(("127.0.0.1", port)).await;
        listeners.push(listener.map_err(|e| anyhow::anyhow!("port {port} can't be used: {e}"))?);
    }
    let [portal, relying_party, legacy, source, inbox, police] =
        <[TcpListener; 6]>::try_from(listeners).map_err(|_| anyhow::anyhow!("six listeners are needed"))?;
    let at = |listener: &TcpListener| -> anyhow::Result<Url> {
        Ok(Url::parse(&format!("http://localhost:{}/", listener.local_addr()?.port()))?)
    };
    let folder = Folder::open(options.dir, &ports)?;
    let places = Places {
        issuer: at(&portal)?,
        relying_party: at(&relying_party)?,
        legacy: at(&legacy)?,
        source: at(&source)?,
        inbox: at(&inbox)?,
        police: at(&police)?,
        exam: folder.path.join("exam.db"),
    };
    exam::write(&places.exam).await?;
    let database = format!("sqlite:{}", folder.path.join("guiyi.db").display());
    let config = config(&places, &secrets, &folder.path.join("keys"), &database);
    let app = app::build(config, ports.clone(), options.test_mode).await?;
    super::staff::seed(&app).await?;
    let neighbours = Neighbours::new(&secrets, &ports, &places.issuer, &places.police)?;
    let party = RelyingParty::new(
        RelyingPartyConfig {
            issuer: text(&places.issuer).to_owned(),
            base_url: text(&places.relying_party).to_owned(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: secrets.client.clone(),
            scopes: ["profile", "phone", "email", "real_name", "organization"].map(str::to_owned).to_vec(),
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
        tokio::spawn(serve(inbox, inbox::router(neighbours.inbox), until())),
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
    for system in &manifest.systems {
        println!("  {:<12} {}   {}", system.id, system.url, system.name);
    }
    println!("\n{}", super::table(manifest));
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
