//! The people of a run, the neighbours that survive the kills, and the configuration file of the portal.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use guiyi::clock::{Clock, Random};
use guiyi::demo::inbox::{self, InboxState};
use guiyi::demo::legacy::{self, LegacyState};
use guiyi::demo::people::{Entry, Kind, Person, Record, Standing, State};
use guiyi::demo::source::{self, SourceState};
use guiyi::domain::document::DocumentType;
use guiyi::secret::Secret;

use crate::support::{Engine, database, listen};

/// How many people there are; a run takes as many as it needs.
const PEOPLE: usize = 1500;
const SERVICE_CODE: &str = "killed";
const ISSUER: &str = "https://portal.example.gov.cn";

/// How a migration goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// The old system vouches; the old password is kept.
    Vouched,
    /// The source is asked.
    Checked,
    /// The old system vouches; an e-mail address is added.
    WithEmail,
    /// The source doesn't know the person: it ends with a reviewer.
    Reviewed,
}

/// Somebody with an old account.
#[derive(Clone, Copy, Debug)]
pub struct Citizen {
    pub old: Person,
    pub story: Story,
}

pub struct Town {
    pub folder: PathBuf,
    pub config: PathBuf,
    pub inbox: InboxState,
    pub random: Random,
    /// How often a message was handed over, repetitions included.
    pub handed_over: Arc<AtomicU64>,
    /// People who would be turned away for a quarter of an hour if their sign-in was interrupted once more.
    pub fragile: AtomicUsize,
    people: Vec<Citizen>,
    next: AtomicUsize,
}

impl Drop for Town {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Town {
    pub async fn found(engine: Engine, address: SocketAddr, random: Random) -> Self {
        Self::at(ISSUER, "", engine, address, random).await
    }

    /// A town whose portal has this issuer, and `more` at the end of its configuration.
    pub async fn at(issuer: &str, more: &str, engine: Engine, address: SocketAddr, random: Random) -> Self {
        let folder = std::env::temp_dir().join(format!("guiyi-kill-{}", Random::system().token::<9>()));
        std::fs::create_dir_all(&folder).unwrap();
        let people: Vec<Citizen> = (0..PEOPLE).map(citizen).collect();
        let secret = Secret::new(Random::system().token::<24>());
        let old: Vec<Person> = people.iter().map(|citizen| citizen.old).collect();
        let known = people.iter().filter(|citizen| citizen.story != Story::Reviewed).map(|citizen| Record {
            name: citizen.old.truth.name,
            document_type: DocumentType::ResidentId,
            document_number: citizen.old.truth.document_number,
            country: "CHN",
            standing: Standing::Alive,
        });
        let clock = Clock::System;
        let legacy = LegacyState::new("old", (SERVICE_CODE, secret.clone()), &old, clock.clone(), Random::system());
        let source = SourceState::new("guiyi", secret.clone(), known.collect(), clock.clone());
        let inbox = InboxState::new("guiyi", secret.clone(), clock);
        let handed_over = Arc::new(AtomicU64::new(0));
        let (state, counter) = (inbox.clone(), Arc::clone(&handed_over));
        let counted = inbox::router(state).layer(from_fn(move |request: Request, next: Next| {
            counter.fetch_add(1, Ordering::Relaxed);
            next.run(request)
        }));
        let places = [
            listen(|_| legacy::router(legacy)).await,
            listen(|_| source::router(source)).await,
            listen(|_| counted).await,
        ];
        let config = folder.join("guiyi.toml");
        let text = configuration(issuer, address, &database(engine, &folder).await, &folder, &secret, &places);
        std::fs::write(&config, text + more).unwrap();
        let fragile = AtomicUsize::new(0);
        Self { folder, config, inbox, random, handed_over, fragile, people, next: AtomicUsize::new(0) }
    }

    /// The next person to come.
    pub fn next(&self) -> Citizen {
        self.people[self.next.fetch_add(1, Ordering::Relaxed)]
    }
}

/// As behind a proxy that ends TLS: the issuer is https, the listener isn't. All people are behind one address, as in
/// a service hall.
fn configuration(
    issuer: &str,
    address: SocketAddr,
    database: &str,
    folder: &Path,
    secret: &Secret,
    [legacy, source, inbox]: &[url::Url; 3],
) -> String {
    let (keys, secret) = (folder.join("keys"), secret.expose());
    format!(
        r#"
        issuer = "{issuer}"
        listen = "{address}"
        database = {{ url = "{database}", connections = 6 }}
        keys = {{ directory = "{}" }}
        site = {{ sms_signature = "省政务服务网", hotline = "12345" }}
        gateway = {{ id = "inbox", url = "{inbox}", client = "guiyi", secret = "{secret}" }}
        source = {{ id = "population", url = "{source}", client = "guiyi", secret = "{secret}" }}
        registry = {{ id = "organisations", url = "{source}", client = "guiyi", secret = "{secret}" }}
        halls = {{ addresses = ["127.0.0.1"] }}
        sign_in = {{ new_browser = "enrolled" }}

        [[systems]]
        id = "hefei"
        vouches = true
        carry_over = "with_second_step"
        connector = {{ kind = "ticket", url = "{legacy}", service_code = "{SERVICE_CODE}", service_password = "{secret}" }}
        "#,
        keys.display(),
    )
}

fn citizen(n: usize) -> Citizen {
    let story = match n % 5 {
        0 | 3 => Story::Checked,
        1 => Story::Vouched,
        2 => Story::WithEmail,
        _ => Story::Reviewed,
    };
    let (name, number) = (leak(name(n)), leak(number(n)));
    let old = Person {
        account: leak(format!("citizen{n:04}")),
        password: leak(format!("Old-river-bank-{n:04}")),
        kind: Kind::Individual,
        user_id: leak(format!("k{n:08}")),
        name,
        id_number: number,
        birth_date: "",
        gender: "1",
        ethnic_code: "01",
        // A new block of numbers every fifty people: a swept block is limited.
        mobile: leak(format!("199{:04}{n:04}", n / 50)),
        email: "",
        auth_level: if matches!(story, Story::Vouched | Story::WithEmail) { 2 } else { 0 },
        state: State::Active,
        unit: None,
        truth: Entry {
            name,
            document_type: DocumentType::ResidentId,
            document_number: number,
            country: "CHN",
            birth_date: "",
            gender: "1",
            ethnic_code: "01",
        },
        story_zh: "",
        story_en: "",
        expectation: guiyi::demo::people::Expectation::Match,
    };
    Citizen { old, story }
}

/// The demonstration's people live as long as the program, so these do too.
fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn name(n: usize) -> String {
    let given: Vec<char> = "安平乐和顺康宁泰祥瑞".chars().collect();
    format!("赵{}{}", given[n / 10 % 10], given[n % 10])
}

/// A number that is nobody's: the sequence 997 was kept for centenarians, the birth dates are modern.
fn number(n: usize) -> String {
    let born = time::macros::date!(1970 - 01 - 01) + time::Duration::days(i64::try_from(n).unwrap());
    let digits = format!("340102{:04}{:02}{:02}997", born.year(), u8::from(born.month()), born.day());
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{digits}{}", &"10X98765432"[sum as usize % 11..][..1])
}
