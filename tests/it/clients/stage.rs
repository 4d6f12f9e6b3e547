//! A portal as its operators run it, one registered client, and a person with an account.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use guiyi::clock::Random;
use tokio::net::TcpListener;

use super::authority::Authority;
use super::person::Person;
use super::program::Program;
use crate::kill::portal::{Portal, Wire, free_port};
use crate::kill::report::Report;
use crate::kill::town::Town;
use crate::kill::visitor::Visitor;
use crate::support::{Browser, Engine, scalar};

pub const CLIENT_ID: &str = "library";

/// What the client is registered for.
#[derive(Clone, Copy)]
pub struct Registration {
    pub alg: &'static str,
    /// Whether it can keep a secret.
    pub confidential: bool,
}

pub struct Stage {
    pub issuer: String,
    pub authority: Authority,
    /// Where the relying party will be.
    pub base_url: String,
    address: SocketAddr,
    secret: String,
    wire: Wire,
    town: Arc<Town>,
    _portal: Portal,
}

impl Stage {
    pub async fn set(registration: Registration) -> Self {
        let random = Random::system();
        let (behind, address) = (free_port(&random), free_port(&random));
        let front = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let issuer = format!("https://localhost:{}", front.local_addr().unwrap().port());
        let (base_url, secret) = (format!("http://{address}"), random.token::<24>());
        let clients = entry(registration, &base_url, &secret);
        let town = Town::at(&issuer, &clients, Engine::Sqlite, behind, random).await;
        let authority = Authority::found(&town.folder);
        authority.stand_in_front(front, behind);
        let mut portal = Portal::new(town.config.clone(), behind);
        portal.spawn();
        portal.until_up().await;
        let (wire, town) = (Wire::new(behind), Arc::new(town));
        Self { issuer, authority, base_url, address, secret, wire, town, _portal: portal }
    }

    /// A folder for what the relying party writes.
    pub fn folder(&self) -> PathBuf {
        let folder = self.town.folder.join("relying-party");
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Starts the relying party.
    pub async fn start(&self, command: &mut Command) -> Program {
        let certificate = self.authority.certificate();
        command
            .env("ISSUER", &self.issuer)
            .env("CLIENT_ID", CLIENT_ID)
            .env("CLIENT_SECRET", &self.secret)
            .env("BASE_URL", &self.base_url)
            .env("PORT", self.address.port().to_string());
        // Whom to trust, by the name that each program's TLS looks for.
        for name in ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"] {
            command.env(name, &certificate);
        }
        // Nothing here is beyond loopback.
        for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(name);
        }
        Program::start(command, self.address, self.folder().join("log")).await
    }

    /// Somebody who has migrated, and comes back with another browser.
    pub async fn person(&self) -> Person {
        let citizen = self.town.next();
        let (town, report) = (Arc::clone(&self.town), Arc::new(Report::default()));
        Visitor::new(town, report, citizen, Browser::new(self.wire.router())).migrate().await;
        let mut portal = Browser::new(self.wire.router());
        portal.language = "en".into();
        let party = Browser::new(Wire::new(self.address).router());
        Person::new(citizen.old, (self.issuer.clone(), portal), (self.base_url.clone(), party))
    }

    /// One number of the portal's database.
    pub async fn scalar(&self, sql: &str) -> i64 {
        let app = crate::kill::checks::open(&self.town).await;
        let number = scalar(&app.db, sql).await;
        app.db.close().await;
        number
    }
}

/// The client, as the operator writes it down.
fn entry(registration: Registration, base_url: &str, secret: &str) -> String {
    let secret = if registration.confidential { format!("secret = \"{secret}\"") } else { String::new() };
    format!(
        r#"
        [[clients]]
        id = "{CLIENT_ID}"
        name_zh = "省图书馆"
        name_en = "Provincial library"
        {secret}
        redirect_uris = ["{base_url}/callback"]
        post_logout_redirect_uris = ["{base_url}/goodbye"]
        scopes = "openid profile phone offline_access"
        id_token_signed_response_alg = "{}"
        "#,
        registration.alg
    )
}
