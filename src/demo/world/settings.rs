//! The portal's configuration in the demonstration, and where everything is.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use url::Url;

use crate::app::Ports;
use crate::config::{
    CarryOver, ClientEntry, Config, Connector, Database, Egress, Formula, Halls, Keys, NewBrowser, OpenidConnect,
    Passwords, ProfileNames, Registration, Review, Service, Sessions, SignIn, Site, Status, System, UserTable,
};
use crate::demo::manifest::{COMPANIES_ID, EXAM_ID, POLICE_ID, SOCIETIES_ID, SYSTEM_ID};
use crate::demo::people::State as AccountState;
use crate::demo::{Addresses, Manifest, manifest, staff};
use crate::domain::client::AccessTokenFormat;
use crate::ids::{ClientId, SystemId};
use crate::protocol::account_kind::AccountKind;
use crate::protocol::client_metadata::{ClientMetadata, GrantType};
use crate::protocol::signing::SigningAlgorithm;
use crate::secret::Secret;

/// The relying party's `client_id`.
pub const CLIENT_ID: &str = "real-estate-booking";
pub(super) const SERVICE_CODE: &str = "hfzwfw";
pub(super) const COMPANIES_CODE: &str = "gsqydj";
pub(super) const SERVICE_CLIENT: &str = "guiyi";

/// The secrets between the portal and its neighbours: made anew at each start.
#[derive(Clone, Debug)]
pub struct Secrets {
    pub(super) client: Secret,
    pub(super) service: Secret,
    pub(super) companies: Secret,
    pub(super) source: Secret,
    pub(super) registry: Secret,
    pub(super) gateway: Secret,
    pub(super) police: Secret,
}

impl Secrets {
    /// Fresh ones.
    pub fn generate(ports: &Ports) -> Self {
        let secret = || Secret::new(ports.random.token::<24>());
        Self {
            client: secret(),
            service: secret(),
            companies: secret(),
            source: secret(),
            registry: secret(),
            gateway: secret(),
            police: secret(),
        }
    }
}

/// Where the servers listen, and the files are.
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
    /// The registry of organisations.
    pub registry: Url,
    /// The SMS and mail gateway.
    pub inbox: Url,
    /// The police's OpenID Connect provider.
    pub police: Url,
    /// The legacy system where companies are registered.
    pub companies: Url,
    /// The examination office's user table.
    pub exam: PathBuf,
    /// The civil-affairs department's user table.
    pub societies: PathBuf,
}

pub(super) fn text(url: &Url) -> &str {
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
            registry: text(&self.registry),
            inbox: text(&self.inbox),
            police: text(&self.police),
            companies: text(&self.companies),
            exam: &self.exam.display().to_string(),
            societies: &self.societies.display().to_string(),
        })
    }
}

/// Host and port.
fn place(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
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
        registry: service("organisations", &places.registry, &secrets.registry),
        halls: Halls::default(),
        review: Review { reviewers: staff::user_names(), ..Review::default() },
        systems: vec![
            System {
                vouches: true,
                // Its hashes are unsalted, so the default would be `no`; the demonstration shows the second step.
                carry_over: CarryOver::WithSecondStep,
                ..system(
                    SYSTEM_ID,
                    Connector::Ticket {
                        url: places.legacy.clone(),
                        service_code: SERVICE_CODE.to_owned(),
                        service_password: secrets.service.clone(),
                    },
                )
            },
            system(EXAM_ID, Connector::UserTable(exam_table(places))),
            System {
                vouches: true,
                sign_in: true,
                ..system(POLICE_ID, Connector::OpenidConnect(police_provider(places, secrets)))
            },
            System {
                vouches: true,
                carry_over: CarryOver::WithSecondStep,
                holds: Some(vec![AccountKind::LegalPerson]),
                ..system(
                    COMPANIES_ID,
                    Connector::Ticket {
                        url: places.companies.clone(),
                        service_code: COMPANIES_CODE.to_owned(),
                        service_password: secrets.companies.clone(),
                    },
                )
            },
            System {
                holds: Some(vec![AccountKind::LegalPerson]),
                ..system(SOCIETIES_ID, Connector::UserTable(societies_table(places)))
            },
        ],
        clients: vec![ClientEntry {
            id: ClientId::from(CLIENT_ID),
            name_zh: "不动产登记预约".to_owned(),
            name_en: "Real-estate registration booking".to_owned(),
            secret: Some(secrets.client.clone()),
            scopes: "openid profile phone email address real_name organization offline_access".to_owned(),
            account_kinds: vec![AccountKind::Individual, AccountKind::LegalPerson],
            units_alone: false,
            owns_system: None,
            sector: Some("booking.demo.invalid".to_owned()),
            access_token_format: AccessTokenFormat::Opaque,
            rotate_refresh_tokens: false,
            require_pkce: false,
            token_endpoint_as_audience: false,
            resources: Vec::new(),
            enabled: true,
            metadata: ClientMetadata {
                redirect_uris: vec![format!("{}/callback", text(&places.relying_party))],
                post_logout_redirect_uris: vec![format!("{}/logged-out", text(&places.relying_party))],
                grant_types: Some(vec![GrantType::AuthorizationCode, GrantType::RefreshToken]),
                client_uri: Some(places.relying_party.clone()),
                initiate_login_uri: places.relying_party.join("initiate").ok(),
                frontchannel_logout_uri: places.relying_party.join("frontchannel-logout").ok(),
                frontchannel_logout_session_required: true,
                backchannel_logout_uri: places.relying_party.join("backchannel-logout").ok(),
                backchannel_logout_session_required: true,
                id_token_signed_response_alg: SigningAlgorithm::ES256,
                ..ClientMetadata::default()
            },
            unknown: BTreeMap::new(),
        }],
        registration: Registration::default(),
        passwords: Passwords::default(),
        // Else every browser that is opened to look around would ask for a code from the inbox first.
        sign_in: SignIn { new_browser: NewBrowser::Enrolled },
        sessions: Sessions::default(),
        // Plain http to this machine: the relying party's back channel.
        egress: Egress { allow: vec![place(&places.relying_party)], ..Egress::default() },
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
        holds: None,
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
        status: Some(state_column()),
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

fn societies_table(places: &Places) -> UserTable {
    let name = |text: &str| Some(text.to_owned());
    UserTable {
        path: places.societies.clone(),
        table: "org_user".to_owned(),
        accounts: vec!["login_name".to_owned()],
        subject: "org_id".to_owned(),
        password: "passwd".to_owned(),
        salt: name("salt"),
        formulas: vec![Formula::Md5Md5Salt],
        status: Some(state_column()),
        columns: ProfileNames {
            name: name("legal_rep"),
            document_number: name("legal_rep_id"),
            phone: name("mobile"),
            unit_name: name("org_name"),
            unit_type: name("org_type"),
            credit_code: name("uscc"),
            unit_address: name("address"),
            registered_on: name("founded"),
            ..ProfileNames::default()
        },
    }
}

/// The column of both tables that says whether an account works.
fn state_column() -> Status {
    Status {
        column: "state".to_owned(),
        disabled: vec![(AccountState::Disabled as i64).to_string()],
        locked: vec![(AccountState::Locked as i64).to_string()],
    }
}

fn police_provider(places: &Places, secrets: &Secrets) -> OpenidConnect {
    OpenidConnect {
        issuer: text(&places.police).to_owned(),
        client_id: SERVICE_CLIENT.to_owned(),
        client_secret: secrets.police.clone(),
        scopes: "openid profile phone".to_owned(),
        refresh_after: 600,
        userinfo: true,
        account: "preferred_username".to_owned(),
        claims: ProfileNames::default(),
        verified_claim: Some("real_name_level".to_owned()),
        verified_value: "verified".to_owned(),
        origins: Vec::new(),
    }
}
