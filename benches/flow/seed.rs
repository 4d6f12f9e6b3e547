//! A database of signed-in people: the rows that the product itself would have stored, sealed by its own keys.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use guiyi::app::{self, App, Ports};
use guiyi::clock::{Random, Timestamp};
use guiyi::crypto::Purpose;
use guiyi::domain::account::{Account, AccountStatus, Holder, PasswordOrigin, Person, StoredPassword};
use guiyi::domain::acting::Acting;
use guiyi::domain::contact::{EmailAddress, Phone};
use guiyi::domain::device::Device;
use guiyi::domain::document::{Document, DocumentType};
use guiyi::domain::person::{Gender, PersonName};
use guiyi::domain::session::Method;
use guiyi::domain::user_name::UserName;
use guiyi::ids::{AccountId, SessionId};
use guiyi::protocol::acr::{IdentityLevel, SignInLevel};
use guiyi::protocol::scope::Scopes;
use guiyi::secret::Secret;
use guiyi::storage::accounts;

use crate::bulk::{Loader, Rows, Value};

/// The issuer: https, as behind a proxy that ends TLS.
pub(crate) const ISSUER: &str = "https://id.bench.invalid";
/// Where codes go; nothing listens there.
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:3999/cb";
/// What is asked for.
pub(crate) const SCOPE: &str = "openid profile phone email";
/// The secret of every client here. The database lives as long as the run, on loopback.
pub(crate) const CLIENT_SECRET: &str = "bench-only-0123456789abcdef";
/// The password of every account that has one.
pub(crate) const PASSWORD: &str = "Bench-password-1";
/// One account in so many has none: it is signed in to otherwise.
const WITHOUT: usize = 10;
/// How many people one transaction makes.
const GROUP: usize = 5_000;

/// The client whose ID tokens are signed with ES256.
pub(crate) const ES256: &str = "bench-es";
/// The client whose ID tokens are signed with RS256.
pub(crate) const RS256: &str = "bench-rs";
/// The machine that gets tokens about itself, signed with ES256, and the resource server that they are for.
pub(crate) const SERVICE: &str = "bench-service";
pub(crate) const RESOURCE: &str = "https://api.bench.invalid";
/// The client without a secret, whose refresh tokens rotate.
pub(crate) const ROTATING: &str = "bench-rotating";
/// A client that signs with this algorithm. People have consented to the first two; the third has to ask.
const CLIENTS: [(&str, &str); 3] = [(ES256, "ES256"), (RS256, "RS256"), ("bench-new", "ES256")];

/// The run's folder, under cargo's `target/`: on disk, and gone at the end.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn make() -> anyhow::Result<Self> {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("flow-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn sqlite(&self) -> String {
        format!("sqlite:{}/guiyi.db", self.0.display())
    }

    /// The configuration of the node on this port.
    pub(crate) fn config(&self, port: u16) -> PathBuf {
        self.0.join(format!("guiyi-{port}.toml"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Everybody who is signed in. Whoever they are follows from their number, so that ten million take no memory here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Population {
    pub(crate) count: usize,
    at: Timestamp,
}

impl Population {
    /// When this person came: each a moment after the one before, as ids are minted.
    fn came_at(self, n: usize) -> Timestamp {
        self.at.minus(Duration::from_millis((self.count - n) as u64))
    }

    /// What a person's own ids are made of.
    fn random(n: usize) -> Random {
        Random::seeded(n as u64)
    }

    /// A person's session and its secret. It has no entry in the audit log, so that the server has none to seal while it
    /// is measured.
    fn session(self, n: usize) -> (SessionId, String) {
        let random = Self::random(n);
        (SessionId::mint(self.came_at(n), &random), random.token::<32>())
    }

    /// The user name of a person.
    pub(crate) fn user_name(n: usize) -> String {
        format!("bench{n}")
    }

    /// Whether a person has a password.
    pub(crate) fn has_password(n: usize) -> bool {
        !(n + 1).is_multiple_of(WITHOUT)
    }

    /// The value of a person's session cookie.
    pub(crate) fn cookie(self, n: usize) -> String {
        let (id, secret) = self.session(n);
        format!("{id}.{secret}")
    }
}

/// Writes each node's configuration and fills the database, while the next rows are being made.
pub(crate) async fn seed(folder: &Folder, nodes: &[u16], database: &str, count: usize) -> anyhow::Result<Population> {
    for port in nodes {
        std::fs::write(folder.config(*port), settings(folder, *port, database))?;
    }
    let system = Ports::system();
    let first = nodes.first().context("no nodes")?;
    let app = app::build(guiyi::config::load(&folder.config(*first))?, system.clone(), false).await?;
    let people = Population { count, at: system.clock.now() };
    let password = app.passwords.hash(&Secret::new(PASSWORD)).await?;
    app.db.close().await;
    let mut loader = Loader::open(database).await?;
    let mut made: Option<Vec<Rows>> = None;
    for begin in (0..count).step_by(GROUP).map(Some).chain([None]) {
        let next = begin.map(|begin| {
            let (app, password) = (Arc::clone(&app), password.clone());
            tokio::task::spawn_blocking(move || rows(people, begin..count.min(begin + GROUP), &app, &password))
        });
        if let Some(rows) = made.take() {
            loader.insert(&rows).await.context("the accounts could not be stored")?;
        }
        made = match next {
            Some(next) => Some(next.await??),
            None => None,
        };
    }
    loader.close().await?;
    Ok(people)
}

/// What the product stores of people with a session and two consents.
fn rows(people: Population, which: Range<usize>, app: &App, password: &str) -> anyhow::Result<Vec<Rows>> {
    let mut accounts = Rows::of(
        "accounts",
        &[
            "id",
            "kind",
            "status",
            "user_name",
            "user_name_folded",
            "holder",
            "phone_proven_at",
            "email_verified_at",
            "password_hash",
            "password_origin",
            "identity_level",
            "created_at",
            "updated_at",
        ],
    );
    let mut phones = Rows::of("account_phones", &["phone_index", "slot", "account_id"]);
    let mut documents = Rows::of("documents", &["number_index", "account_id", "document", "added_at"]);
    let mut checks = Rows::of("verifications", &["id", "account_id", "method", "source", "level", "verified_at"]);
    let mut sessions = Rows::of(
        "sessions",
        &[
            "id",
            "token_hash",
            "account_id",
            "methods",
            "sign_in_level",
            "acting",
            "device",
            "authenticated_at",
            "seen_at",
            "idle",
            "expires_at",
            "generation",
        ],
    );
    let mut consents = Rows::of("consents", &["account_id", "actor_id", "client_id", "scopes", "granted_at"]);
    let (keys, scopes) = (&app.keys, Scopes::parse(SCOPE).to_string());
    for n in which {
        let (account, now) = (person(n, people, app, password)?, people.at.0);
        let with = Population::has_password(n);
        let id = account.id.as_str();
        let name = account.user_name.as_str();
        let Holder::Person(of) = &account.holder else { continue };
        accounts.push([
            id.into(),
            account.kind().as_str().into(),
            account.status.as_str().into(),
            name.into(),
            account.user_name.fold().into(),
            keys.seal_json(Purpose::Field, id, &account.holder)?.into(),
            now.into(),
            now.into(),
            if with { password.into() } else { Value::Null },
            if with { "chosen".into() } else { Value::Null },
            (account.identity_level as i64).into(),
            now.into(),
            now.into(),
        ]);
        if let Some(phone) = account.phone() {
            phones.push([accounts::phone_index(keys, phone).into(), 1.into(), id.into()]);
        }
        documents.push([
            accounts::document_index(keys, &of.document).into(),
            id.into(),
            keys.seal_json(Purpose::Field, id, &of.document)?.into(),
            now.into(),
        ]);
        let level = account.identity_level as i64;
        checks.push([id.into(), id.into(), "name_and_number".into(), "bench".into(), level.into(), now.into()]);
        let (limits, (session, secret)) = (app.config.session_limits(false), people.session(n));
        sessions.push([
            session.as_str().into(),
            keys.hash("session", &secret).into(),
            id.into(),
            Method::join(&[Method::Password]).into(),
            (SignInLevel::OneFactor as i64).into(),
            Acting::default().to_text().into(),
            Device::default().to_string().into(),
            now.into(),
            now.into(),
            i64::try_from(limits.idle.as_millis())?.into(),
            people.at.plus(limits.absolute).0.into(),
            0.into(),
        ]);
        for (client, _) in CLIENTS.iter().take(2) {
            consents.push([id.into(), id.into(), (*client).into(), scopes.as_str().into(), now.into()]);
        }
    }
    Ok(vec![accounts, phones, documents, checks, sessions, consents])
}

fn person(n: usize, people: Population, app: &App, password: &str) -> anyhow::Result<Account> {
    let fault = |what| move || anyhow::anyhow!("person {n} has no valid {what}");
    Ok(Account {
        id: AccountId::mint(people.came_at(n), &Population::random(n)),
        status: AccountStatus::Active,
        user_name: UserName::parse(&Population::user_name(n)).ok().with_context(fault("user name"))?,
        holder: Holder::Person(Person {
            name: PersonName::parse("张测试").ok().with_context(fault("name"))?,
            gender: Gender::Female,
            birth_date: None,
            ethnic_group: None,
            document: Document::parse(DocumentType::Passport, &format!("E{n:08}"), app.today())
                .ok()
                .with_context(fault("document"))?,
            phone: Some(Phone::parse(&format!("138{n:08}")).ok().with_context(fault("phone"))?),
            email: Some(EmailAddress::parse(&format!("bench{n}@example.invalid")).ok().with_context(fault("address"))?),
            address: None,
        }),
        phone_proven_at: Some(people.at),
        email_verified_at: Some(people.at),
        password: Some(StoredPassword { hash: password.to_owned(), origin: PasswordOrigin::Chosen }),
        second_factors: guiyi::domain::authenticator::SecondFactors::default(),
        identity_level: IdentityLevel::Confirmed,
        created_at: people.at,
        updated_at: people.at,
    })
}

fn settings(folder: &Folder, port: u16, database: &str) -> String {
    let path = folder.path().display();
    let mut text = format!(
        "issuer = \"{ISSUER}\"\nlisten = \"127.0.0.1:{port}\"\n\
         database.url = \"{database}\"\nkeys.directory = \"{path}/keys\"\n\
         trusted_proxies = [\"127.0.0.1\"]\npasswords.failures_a_minute = {}\n",
        u32::MAX
    );
    // Nobody is there to read a code from the phone.
    text += "[sign_in]\nnew_browser = \"enrolled\"\n";
    for service in ["gateway", "source", "registry"] {
        text += &format!(
            "[{service}]\nid = \"{service}\"\nurl = \"http://127.0.0.1:9/\"\nclient = \"bench\"\n\
             secret = \"bench-only-{service}-secret\"\n"
        );
    }
    for (id, algorithm) in CLIENTS {
        text += &format!(
            "[[clients]]\nid = \"{id}\"\nname_zh = \"测试\"\nname_en = \"Bench\"\nsecret = \"{CLIENT_SECRET}\"\n\
             redirect_uris = [\"{REDIRECT_URI}\"]\nscopes = \"{SCOPE}\"\n\
             id_token_signed_response_alg = \"{algorithm}\"\n"
        );
    }
    text += &format!(
        "[[clients]]\nid = \"{SERVICE}\"\nname_zh = \"测试\"\nname_en = \"Bench\"\nsecret = \"{CLIENT_SECRET}\"\n\
         grant_types = [\"client_credentials\"]\naccess_token_format = \"jwt\"\nresources = [\"{RESOURCE}\"]\n\
         id_token_signed_response_alg = \"ES256\"\n"
    );
    text + &format!(
        "[[clients]]\nid = \"{ROTATING}\"\nname_zh = \"测试\"\nname_en = \"Bench\"\n\
         redirect_uris = [\"{REDIRECT_URI}\"]\nscopes = \"{SCOPE} offline_access\"\n\
         id_token_signed_response_alg = \"ES256\"\n"
    )
}
