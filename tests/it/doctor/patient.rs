//! A portal that serves, with all its neighbours, and the configuration file that `guiyi doctor` is given.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::Request;
use guiyi::app::{self, App, Ports};
use guiyi::clock::{Clock, Random, Timestamp};
use guiyi::config::{Config, Connector};
use guiyi::demo::world::{Neighbours, Places, Secrets, config};
use guiyi::demo::{exam, inbox, legacy, police, registry, societies, source, staff};
use serde_json::Value;
use sqlx::Connection;
use tower::ServiceExt;
use url::Url;

use crate::support::{Engine, database, listen, listen_tls, same_keys};

pub struct Patient {
    pub app: Arc<App>,
    pub neighbours: Neighbours,
    pub folder: PathBuf,
    pub places: Places,
    /// The configuration's text; tests change it.
    pub text: String,
    config: Config,
}

impl Drop for Patient {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// What the command has said.
pub struct Said {
    pub code: Option<i32>,
    pub findings: Vec<Value>,
    pub text: String,
}

impl Said {
    fn of(&self, severities: &[&str]) -> BTreeSet<String> {
        let is_meant = |finding: &&Value| severities.contains(&finding["severity"].as_str().unwrap());
        self.findings.iter().filter(is_meant).map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
    }

    pub fn faults(&self) -> BTreeSet<String> {
        self.of(&["fault"])
    }

    /// The ids of faults and warnings.
    pub fn troubles(&self) -> BTreeSet<String> {
        self.of(&["fault", "warning"])
    }

    pub fn ids(&self) -> BTreeSet<String> {
        self.of(&["fault", "warning", "ok"])
    }

    /// The findings with this id that aren't in order.
    pub fn about(&self, id: &str) -> Vec<&Value> {
        self.findings.iter().filter(|finding| finding["id"] == id && finding["severity"] != "ok").collect()
    }
}

impl Patient {
    /// Serves at a https address of its own, with accounts in the database.
    pub async fn new(engine: Engine) -> Self {
        // Not in `/tmp`, which may be memory.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("doctor-{}", Random::system().token::<9>()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
        let ports = Ports { clock: Clock::System, random: Random::system() };
        let portal = Arc::new(OnceLock::<Router>::new());
        let serving = Arc::clone(&portal);
        let answer = async move |request: Request| serving.get().unwrap().clone().oneshot(request).await;
        let port = listen_tls(Router::new().fallback(answer)).await;
        let issuer = Url::parse(&format!("https://localhost:{port}/")).unwrap();

        let secrets = Secrets::generate(&ports);
        let later = Arc::new(OnceLock::<Router>::new());
        let serving = Arc::clone(&later);
        let answer = async move |request: Request| serving.get().unwrap().clone().oneshot(request).await;
        let police_url = listen(|_| Router::new().fallback(answer)).await;
        let neighbours = Neighbours::new(&secrets, &ports, &issuer, &police_url).unwrap();
        later.set(police::router(neighbours.police.clone())).unwrap();
        let places = Places {
            issuer,
            relying_party: listen(|_| Router::new()).await,
            legacy: listen(|_| legacy::router(neighbours.legacy.clone())).await,
            source: listen(|_| source::router(neighbours.source.clone())).await,
            registry: listen(|_| registry::router(neighbours.registry.clone())).await,
            inbox: listen(|_| inbox::router(neighbours.inbox.clone())).await,
            police: police_url,
            companies: listen(|_| legacy::router(neighbours.companies.clone())).await,
            exam: folder.join("exam.db"),
            societies: folder.join("mzt.db"),
        };
        exam::write(&places.exam).await.unwrap();
        societies::write(&places.societies).await.unwrap();
        same_keys(&folder.join("keys"));
        std::fs::set_permissions(folder.join("keys"), std::fs::Permissions::from_mode(0o700)).unwrap();
        let config = config(&places, &secrets, &folder.join("keys"), &database(engine, &folder).await);
        let app = app::build(config.clone(), ports, false).await.unwrap();
        portal.set(guiyi::http::router(Arc::clone(&app))).unwrap();
        staff::seed(&app).await.unwrap();
        let (keys, random, now) = (Arc::clone(&app.keys), app.random.clone(), app.clock.now());
        let logged = app.db.write(move |tx| {
            Box::pin(async move {
                for n in 0..3 {
                    let event = format!("test.{n}");
                    guiyi::storage::audit::record(tx, &random, now, &event, ("portal", "portal"), &n).await?;
                }
                guiyi::storage::audit::seal(tx, &keys, Timestamp(now.0 + 1)).await
            })
        });
        assert_eq!(logged.await.unwrap(), 3);
        let text = text(&config, &places);
        Self { app, neighbours, folder, places, text, config }
    }

    /// Changes the configuration's text; what is replaced must be there.
    pub fn edit(&mut self, from: &str, to: &str) -> &mut Self {
        assert!(self.text.contains(from), "{from} isn't in\n{}", self.text);
        self.text = self.text.replace(from, to);
        self
    }

    pub fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }

    pub fn file(&self) -> PathBuf {
        self.folder.join("guiyi.toml")
    }

    /// Examines, and reads the report in both forms; no secret is in it.
    pub async fn examine(&self, args: &[&str]) -> Said {
        std::fs::write(self.file(), &self.text).unwrap();
        std::fs::set_permissions(self.file(), std::fs::Permissions::from_mode(0o600)).unwrap();
        self.examine_as_it_is(args).await
    }

    /// The same with a file that a test has written.
    pub async fn examine_as_it_is(&self, args: &[&str]) -> Said {
        let json = self.run(&[&["--json"], args].concat()).await;
        let report: Value = serde_json::from_slice(&json.stdout)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&json.stderr)));
        let text = String::from_utf8(json.stdout.clone()).unwrap();
        self.tells_no_secret(&text);
        self.tells_no_secret(&String::from_utf8_lossy(&json.stderr));
        let findings = report["findings"].as_array().unwrap().clone();
        let said = Said { code: json.status.code(), findings, text };
        assert_eq!(said.code, Some(i32::from(!said.faults().is_empty())), "{}", said.text);
        for finding in &said.findings {
            let is_mended = !finding["mending"].as_str().unwrap().is_empty();
            assert_eq!(is_mended, finding["severity"] != "ok", "{finding}");
        }
        said
    }

    /// `guiyi doctor --config FILE …`
    pub async fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guiyi"));
        command.args(["doctor", "--config"]).arg(self.file()).args(args).env("RUST_LOG", "warn");
        command.env("SSL_CERT_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/tls/ca.pem"));
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    pub fn tells_no_secret(&self, told: &str) {
        let config = &self.config;
        let services = [&config.gateway, &config.source, &config.registry].map(|service| &service.secret);
        let systems = config.systems.iter().filter_map(|system| match &system.connector {
            Connector::Ticket { service_password, .. } => Some(service_password),
            Connector::OpenidConnect(provider) => Some(&provider.client_secret),
            Connector::UserTable(_) => None,
        });
        let clients = config.clients.iter().filter_map(|client| client.secret.as_ref());
        for secret in services.into_iter().chain(systems).chain(clients).map(guiyi::secret::Secret::expose) {
            assert!(!told.contains(secret), "a secret is in\n{told}");
        }
        assert!(!told.contains("guiyi:guiyi@"), "the database's password is in\n{told}");
    }

    /// The database's URL.
    pub fn url(&self) -> &str {
        self.config.database.url.expose()
    }

    /// Plays the intruder, or the years, in the database.
    pub async fn execute(&self, sql: &str) {
        let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()));
        if self.url().starts_with("sqlite:") {
            sql.execute(&mut sqlx::SqliteConnection::connect(self.url()).await.unwrap()).await.unwrap();
        } else {
            sql.execute(&mut sqlx::PgConnection::connect(self.url()).await.unwrap()).await.unwrap();
        }
    }
}

/// The demonstration's configuration as an operator writes it, with a proxy before it.
fn text(config: &Config, places: &Places) -> String {
    let service = |name: &str, service: &guiyi::config::Service| {
        let (id, url, client, secret) = (&service.id, &service.url, &service.client, service.secret.expose());
        format!("{name} = {{ id = \"{id}\", url = \"{url}\", client = \"{client}\", secret = \"{secret}\" }}\n")
    };
    let password = |system: usize| match &config.systems[system].connector {
        Connector::Ticket { service_code, service_password, .. } => {
            format!("service_code = \"{service_code}\", service_password = \"{}\"", service_password.expose())
        }
        Connector::OpenidConnect(provider) => {
            format!("client_id = \"{}\", client_secret = \"{}\"", provider.client_id, provider.client_secret.expose())
        }
        Connector::UserTable(_) => String::new(),
    };
    let (legacy, police, companies) = (password(0), password(2), password(3));
    let client = config.clients[0].secret.as_ref().unwrap().expose();
    let party = places.relying_party.as_str();
    let services = [("gateway", &config.gateway), ("source", &config.source), ("registry", &config.registry)];
    let services: String = services.map(|(name, entry)| service(name, entry)).concat();
    format!(
        r#"
issuer = "{issuer}"
listen = "127.0.0.1:8080"
trusted_proxies = ["127.0.0.1"]
database = {{ url = "{database}", connections = 8 }}
keys = {{ directory = "{keys}" }}
{services}
[egress]
allow = ["{allowed}"]

[[systems]]
id = "hefei"
vouches = true
connector = {{ kind = "ticket", url = "{legacy_url}", {legacy} }}

[[systems]]
id = "jyt"
[systems.connector]
kind = "user_table"
path = "{exam}"
table = "exam_user"
accounts = ["login_name", "mobile"]
subject = "uid"
password = "passwd"
salt = "salt"
formulas = ["md5_16", "md5_md5_salt"]
columns = {{ name = "real_name", document_number = "id_card" }}

[[systems]]
id = "gat"
sign_in = true
connector = {{ kind = "openid_connect", issuer = "{police_url}", {police} }}

[[systems]]
id = "gsj"
holds = ["legal_person"]
connector = {{ kind = "ticket", url = "{companies_url}", {companies} }}

[[clients]]
id = "booking"
name_zh = "不动产登记预约"
name_en = "Real-estate registration booking"
secret = "{client}"
scopes = "openid profile"
redirect_uris = ["https://booking.example.gov.cn/callback"]
backchannel_logout_uri = "{party}backchannel-logout"
id_token_signed_response_alg = "ES256"
"#,
        issuer = places.issuer.as_str().trim_end_matches('/'),
        database = config.database.url.expose(),
        keys = config.keys.directory.display(),
        allowed = config.egress.allow[0],
        legacy_url = places.legacy,
        exam = places.exam.display(),
        police_url = places.police.as_str().trim_end_matches('/'),
        companies_url = places.companies,
    )
}
