//! A world of its own for each test.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use guiyi::app::{self, App, Ports};
use guiyi::clock::{Clock, Random, Timestamp};
use guiyi::config::{ClientEntry, Config};
use guiyi::demo::world::{Neighbours, Places, Secrets, config};
use guiyi::demo::{exam, inbox, legacy, police, registry, societies, source};
use guiyi::domain::account::AccountKind;
use guiyi::ids::{ClientId, SystemId};
use guiyi::keys::SigningKeys;
use guiyi::protocol::client_metadata::{ApplicationType, ClientMetadata};
use guiyi::protocol::signing::SigningAlgorithm;
use guiyi::secret::Secret;
use guiyi::storage::Db;
use sqlx::Connection;
use tokio::net::TcpListener;
use url::Url;

use super::Browser;

/// The demonstration's relying party: ES256, client_secret_basic.
pub const BOOKING: &str = "real-estate-booking";
/// A second one, of another sector, with RS256 and without real-name data; it owns the old system.
pub const RS256: &str = "social-security";
/// A public client.
pub const PUBLIC: &str = "mobile-app";
pub const RS256_SECRET: &str = "a-secret-of-the-second-client-0123";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

pub struct World {
    pub app: Arc<App>,
    pub router: Router,
    pub clock: Clock,
    pub neighbours: Neighbours,
    pub config: Config,
    ports: Ports,
    pub folder: PathBuf,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn bind() -> (TcpListener, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port())).unwrap();
    (listener, url)
}

/// Serves a neighbour whose own address doesn't matter to it, or is known already.
pub async fn listen(router: impl FnOnce(&Url) -> Router) -> Url {
    let (listener, url) = bind().await;
    let router = router(&url);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// A fresh database: a file, or a database of the PostgreSQL that `tests/run` started.
pub async fn database(engine: Engine, folder: &Path) -> String {
    match engine {
        Engine::Sqlite => format!("sqlite:{}", folder.join("test.db").display()),
        Engine::Postgres => {
            let admin = std::env::var("TEST_POSTGRES_URL")
                .expect("tests on PostgreSQL need TEST_POSTGRES_URL: run them with tests/run");
            let name = format!("t{}", Random::system().below(u32::MAX));
            let mut connection = sqlx::PgConnection::connect(&admin).await.unwrap();
            let sql = format!("CREATE DATABASE {name}");
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
            let mut url = Url::parse(&admin).unwrap();
            url.set_path(&name);
            url.into()
        }
    }
}

/// RSA keys take a while to make: every world begins with the same signing keys.
pub fn same_keys(folder: &Path) {
    static MADE: OnceLock<Vec<(std::ffi::OsString, Vec<u8>)>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("guiyi-keys-{}", Random::system().token::<9>()));
        SigningKeys::load(&folder, &Clock::System).unwrap();
        let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap());
        let made = files.map(|file| (file.file_name(), std::fs::read(file.path()).unwrap())).collect();
        std::fs::remove_dir_all(folder).unwrap();
        made
    });
    std::fs::create_dir_all(folder).unwrap();
    for (name, text) in made {
        std::fs::write(folder.join(name), text).unwrap();
        std::fs::set_permissions(folder.join(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// One number of a database.
pub async fn scalar(db: &Db, sql: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    match db {
        Db::Sqlite(pool, _) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        Db::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
    }
}

impl World {
    pub async fn new(engine: Engine, name: &str) -> Self {
        let clock = Clock::fixed(Timestamp(1_795_485_600_000)); // 2026-11-24 10:00 in Beijing
        let ports = Ports { clock: clock.clone(), random: Random::seeded(u64::from(Random::system().below(u32::MAX))) };
        let folder = std::env::temp_dir().join(format!("guiyi-{name}-{}", Random::system().token::<9>()));
        std::fs::create_dir_all(&folder).unwrap();
        let secrets = Secrets::generate(&ports);
        let issuer = Url::parse("http://localhost:8080").unwrap();
        let (police, police_url) = bind().await;
        let neighbours = Neighbours::new(&secrets, &ports, &issuer, &police_url).unwrap();
        let (l, s, i) = (neighbours.legacy.clone(), neighbours.source.clone(), neighbours.inbox.clone());
        let (r, c) = (neighbours.registry.clone(), neighbours.companies.clone());
        let router = police::router(neighbours.police.clone());
        tokio::spawn(async move { axum::serve(police, router).await.unwrap() });
        let places = Places {
            issuer,
            relying_party: Url::parse("http://localhost:8081").unwrap(),
            legacy: listen(|_| legacy::router(l)).await,
            source: listen(|_| source::router(s)).await,
            registry: listen(|_| registry::router(r)).await,
            inbox: listen(|_| inbox::router(i)).await,
            police: police_url,
            companies: listen(|_| legacy::router(c)).await,
            exam: folder.join("exam.db"),
            societies: folder.join("mzt.db"),
        };
        exam::write(&places.exam).await.unwrap();
        societies::write(&places.societies).await.unwrap();
        same_keys(&folder.join("keys"));
        let mut config = config(&places, &secrets, &folder.join("keys"), &database(engine, &folder).await);
        // Nobody listens there; the tests of logouts set their own.
        config.clients[0].metadata.frontchannel_logout_uri = None;
        config.clients[0].metadata.backchannel_logout_uri = None;
        let mut second = config.clients[0].clone();
        second.metadata.initiate_login_uri = None;
        second.id = ClientId::from(RS256);
        second.name_zh = "社保查询".into();
        second.secret = Some(Secret::new(RS256_SECRET));
        second.metadata.redirect_uris = vec!["https://social.example/callback?tenant=1".into()];
        second.scopes = "openid profile phone legacy_accounts offline_access".into();
        second.account_kinds = vec![AccountKind::Individual];
        second.owns_system = Some(SystemId::from("hefei"));
        second.sector = Some("social.example".into());
        second.metadata.id_token_signed_response_alg = SigningAlgorithm::RS256;
        let public = ClientEntry {
            id: ClientId::from(PUBLIC),
            secret: None,
            scopes: "openid profile offline_access".into(),
            owns_system: None,
            sector: Some("app.example".into()),
            metadata: ClientMetadata {
                redirect_uris: vec!["cn.example.app:/callback".into()],
                application_type: ApplicationType::Native,
                ..second.metadata.clone()
            },
            ..second.clone()
        };
        config.clients.extend([second, public]);
        let app = app::build(config.clone(), ports.clone(), true).await.unwrap();
        let router = guiyi::http::router(Arc::clone(&app));
        Self { app, router, clock, neighbours, config, ports, folder }
    }

    /// What kill and start do to the portal: nothing of it is left but keys and database.
    pub async fn restart(&mut self) {
        self.restart_with(|_| {}).await;
    }

    /// The same with another configuration.
    pub async fn restart_with(&mut self, change: impl FnOnce(&mut Config)) {
        change(&mut self.config);
        self.app = app::build(self.config.clone(), self.ports.clone(), true).await.unwrap();
        self.router = guiyi::http::router(Arc::clone(&self.app));
    }

    /// A second portal on the same database and keys.
    pub async fn second_node(&self) -> (Arc<App>, Router) {
        self.node_with(self.config.clone()).await
    }

    /// Another node on the same database, configured otherwise.
    pub async fn node_with(&self, config: Config) -> (Arc<App>, Router) {
        let app = app::build(config, self.ports.clone(), true).await.unwrap();
        let router = guiyi::http::router(Arc::clone(&app));
        (app, router)
    }

    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Works off the outbox, and gives the texts that a phone or an address has got, oldest first.
    pub async fn messages(&self, to: &str) -> Vec<String> {
        guiyi::jobs::deliver(&self.app).await.unwrap();
        self.neighbours.inbox.messages(Some(to)).into_iter().map(|m| m.text).rev().collect()
    }

    /// The newest code that a phone has got.
    pub async fn code(&self, phone: &str) -> String {
        let texts = self.messages(phone).await;
        let text = texts.iter().rev().find(|t| t.contains("验证码为")).expect("no code was sent");
        text.split("验证码为：").nth(1).unwrap().chars().take(6).collect()
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &'static str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        self.scalar(&sql).await
    }

    pub async fn scalar(&self, sql: &str) -> i64 {
        scalar(&self.app.db, sql).await
    }

    /// One text of the database.
    pub async fn text(&self, sql: &str) -> String {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        match &self.app.db {
            Db::Sqlite(pool, _) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        }
    }

    /// Runs a statement: for playing the intruder in the database.
    pub async fn execute(&self, sql: &str) {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        let Db::Postgres(pool) = &self.app.db else {
            // The readers refuse to write; the intruder brings an own connection.
            let url = self.config.database.url.expose();
            let mut connection = sqlx::SqliteConnection::connect(url).await.unwrap();
            sqlx::query(sql).execute(&mut connection).await.unwrap();
            return;
        };
        sqlx::query(sql).execute(pool).await.unwrap();
    }

    /// Every text of every row of a table, for looking for what must not be there.
    pub async fn dump(&self, table: &str) -> String {
        let rows: Vec<String> = match &self.app.db {
            Db::Sqlite(pool, _) => {
                let columns: Vec<String> =
                    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT name FROM pragma_table_info('{table}')")))
                        .fetch_all(pool)
                        .await
                        .unwrap();
                let list = columns.iter().map(|c| format!("coalesce({c}, '')")).collect::<Vec<_>>().join(" || '|' || ");
                sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT {list} FROM {table}"))).fetch_all(pool).await
            }
            Db::Postgres(pool) => {
                sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT {table}::text FROM {table}")))
                    .fetch_all(pool)
                    .await
            }
        }
        .unwrap();
        rows.join("\n")
    }
}

/// A PKCE pair: verifier and S256 challenge.
pub fn pkce() -> (String, String) {
    let verifier = Random::system().token::<32>();
    let challenge = guiyi::crypto::sha256(&verifier);
    (verifier, challenge)
}
