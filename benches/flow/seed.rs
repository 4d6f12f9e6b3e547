//! A database of signed-in people, made through the library's own storage.

use std::path::{Path, PathBuf};

use anyhow::Context;
use guiyi::app::{self, App, Ports};
use guiyi::clock::Timestamp;
use guiyi::domain::account::{Account, AccountStatus, Holder, PasswordOrigin, Person, StoredPassword};
use guiyi::domain::acting::Acting;
use guiyi::domain::contact::{EmailAddress, Phone};
use guiyi::domain::device::Device;
use guiyi::domain::document::{Document, DocumentType};
use guiyi::domain::person::{Gender, PersonName};
use guiyi::domain::principal::Principal;
use guiyi::domain::session::{ABSOLUTE, Method, Session};
use guiyi::domain::user_name::UserName;
use guiyi::ids::{AccountId, ClientId, SessionId, VerificationId};
use guiyi::protocol::acr::{IdentityLevel, SignInLevel};
use guiyi::protocol::scope::Scopes;
use guiyi::secret::Secret;
use guiyi::storage::accounts::Verification;
use guiyi::storage::consents::Key;
use guiyi::storage::{StorageError, accounts, consents, sessions};

/// The issuer: https, as behind a proxy that ends TLS.
pub(crate) const ISSUER: &str = "https://id.bench.invalid";
/// Where codes go; nothing listens there.
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:3999/cb";
/// What is asked for.
pub(crate) const SCOPE: &str = "openid profile phone email";
/// The secret of every client here. The database lives as long as the run, on loopback.
pub(crate) const CLIENT_SECRET: &str = "bench-only-0123456789abcdef";
/// The password of every account.
const PASSWORD: &str = "Bench-password-1";
/// How many accounts one transaction makes.
const GROUP: usize = 2_000;

/// The client whose ID tokens are signed with ES256.
pub(crate) const ES256: &str = "bench-es";
/// The client whose ID tokens are signed with RS256.
pub(crate) const RS256: &str = "bench-rs";
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

    pub(crate) fn config(&self) -> PathBuf {
        self.0.join("guiyi.toml")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Writes the configuration, fills the database, and returns every session's cookie.
pub(crate) async fn seed(folder: &Folder, port: u16, database: &str, count: usize) -> anyhow::Result<Vec<String>> {
    std::fs::write(folder.config(), settings(folder, port, database))?;
    let ports = Ports::system();
    let app = app::build(guiyi::config::load(&folder.config())?, ports.clone(), false).await?;
    let now = ports.clock.now();
    let password = app.passwords.hash(&Secret::new(PASSWORD)).await?;
    let mut cookies = Vec::with_capacity(count);
    for begin in (0..count).step_by(GROUP) {
        let group = (begin..count.min(begin + GROUP))
            .map(|n| person(n, &app, &password, now).map(|account| (session(&account, &app, now), account)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        cookies.extend(group.iter().map(|((session, secret), _)| format!("{}.{secret}", session.id)));
        store(&app, group, now).await?;
    }
    app.db.close().await;
    Ok(cookies)
}

/// A session and its secret. It has no entry in the audit log, so that the server has none to seal while it is measured.
fn session(account: &Account, app: &App, now: Timestamp) -> (Session, String) {
    let session = Session {
        id: SessionId::mint(now, &app.random),
        account: account.id.clone(),
        methods: Method::join(&[Method::Password]),
        level: SignInLevel::OneFactor,
        acting: Acting::default(),
        authenticated_at: now,
        seen_at: now,
        expires_at: now.plus(ABSOLUTE),
    };
    (session, app.random.token::<32>())
}

async fn store(app: &App, group: Vec<((Session, String), Account)>, now: Timestamp) -> anyhow::Result<()> {
    let (keys, random, scopes) = (app.keys.clone(), app.random.clone(), Scopes::parse(SCOPE));
    app.db
        .write(move |tx| {
            Box::pin(async move {
                for ((session, secret), account) in &group {
                    let id = VerificationId::mint(now, &random);
                    let proof = Verification { id, method: "name_and_number", source: "bench", at: now };
                    if accounts::insert(tx, &keys, account, &proof).await?.is_err() {
                        return Err(StorageError::Closed);
                    }
                    let hash = keys.hash("session", secret);
                    sessions::insert(tx, session, Device::default(), &hash).await?;
                    for (client, _) in CLIENTS.iter().take(2) {
                        let key = Key::of(&Principal::own(account.id.clone()), &ClientId::from(*client));
                        consents::grant(tx, &key, &scopes, now).await?;
                    }
                }
                Ok(())
            })
        })
        .await
        .context("the accounts could not be stored")
}

fn person(n: usize, app: &App, password: &str, now: Timestamp) -> anyhow::Result<Account> {
    let fault = |what| move || anyhow::anyhow!("person {n} has no valid {what}");
    Ok(Account {
        id: AccountId::mint(now, &app.random),
        status: AccountStatus::Active,
        user_name: UserName::parse(&format!("bench{n}")).ok().with_context(fault("user name"))?,
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
        }),
        phone_proven_at: Some(now),
        email_verified_at: Some(now),
        password: Some(StoredPassword { hash: password.to_owned(), origin: PasswordOrigin::Chosen }),
        identity_level: IdentityLevel::Confirmed,
        created_at: now,
        updated_at: now,
    })
}

fn settings(folder: &Folder, port: u16, database: &str) -> String {
    let path = folder.path().display();
    let mut text = format!(
        "issuer = \"{ISSUER}\"\nlisten = \"127.0.0.1:{port}\"\n\
         database.url = \"{database}\"\nkeys.directory = \"{path}/keys\"\n"
    );
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
    text + &format!(
        "[[clients]]\nid = \"{ROTATING}\"\nname_zh = \"测试\"\nname_en = \"Bench\"\n\
         redirect_uris = [\"{REDIRECT_URI}\"]\nscopes = \"{SCOPE} offline_access\"\n\
         id_token_signed_response_alg = \"ES256\"\n"
    )
}
