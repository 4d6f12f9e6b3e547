//! A town with a unit in it: people with a signed-in browser each, and the unit that 李明 represents.

use std::collections::BTreeMap;

use guiyi::app::App;
use guiyi::clock::{Random, Timestamp};
use guiyi::crypto::Keyring;
use guiyi::domain::account::{Account, AccountStatus, Holder, Organisation, Person};
use guiyi::domain::contact::{EmailAddress, Phone};
use guiyi::domain::device::Device;
use guiyi::domain::document::{Document, DocumentType};
use guiyi::domain::person::{Gender, PersonName};
use guiyi::domain::session::{Method, Place};
use guiyi::domain::unit::{Address, CreditCode, Unit, UnitName, UnitType, day_from_legacy};
use guiyi::domain::user_name::UserName;
use guiyi::ids::{AccountId, MandateId, VerificationId};
use guiyi::protocol::acr::IdentityLevel;
use guiyi::sign_in::session::NewSession;
use guiyi::storage::accounts::Verification;
use guiyi::storage::{Db, StorageError, Tx, accounts, mandates};

use crate::support::{Browser, World};

/// What the registry of the demonstration holds on the unit of these tests.
pub const HUIYUAN: (&str, &str) = ("合肥徽园茶业有限公司（演示）", "91340100MA00000151");
/// Its representative there.
pub const LI_MING: (&str, &str) = ("李明", "340102198803159975");

/// A resident ID number of somebody born on a day (`yyyymmdd`).
pub fn number(born: &str, sequence: u32) -> String {
    let body = format!("340102{born}{sequence:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{body}{}", "10X98765432".as_bytes()[(sum % 11) as usize] as char)
}

/// A person's account.
pub fn individual(random: &Random, now: Timestamp, (name, number): (&str, &str), phone: &str) -> Account {
    let today = time::macros::date!(2026 - 11 - 24);
    let id = AccountId::mint(now, random);
    Account {
        user_name: UserName::parse(&format!("u{}", &id.as_str()[24..])).unwrap(),
        id,
        status: AccountStatus::Active,
        holder: Holder::Person(Person {
            name: PersonName::parse(name).unwrap(),
            gender: Gender::Male,
            ethnic_group: None,
            document: Document::parse(DocumentType::ResidentId, number, today).unwrap(),
            birth_date: None,
            phone: Some(Phone::parse(phone).unwrap()),
            email: None,
            address: None,
        }),
        phone_proven_at: Some(now),
        email_verified_at: None,
        password: None,
        second_factors: guiyi::domain::authenticator::SecondFactors::default(),
        identity_level: IdentityLevel::Confirmed,
        created_at: now,
        updated_at: now,
    }
}

/// A unit's account.
pub fn organisation(random: &Random, now: Timestamp, (name, code): (&str, &str)) -> Account {
    let credit_code = CreditCode::parse(code).unwrap();
    let id = AccountId::mint(now, random);
    Account {
        user_name: UserName::parse(&format!("u{}", &id.as_str()[24..])).unwrap(),
        id,
        status: AccountStatus::Active,
        holder: Holder::Organisation(Organisation {
            unit: Unit {
                unit_type: UnitType::of(&credit_code).unwrap(),
                name: UnitName::parse(name).unwrap(),
                credit_code,
                address: Address::parse("安徽省合肥市演示路1号").unwrap(),
                registered_on: day_from_legacy("2015-06-01").unwrap(),
            },
            email: Some(EmailAddress::parse("office@huiyuan.example").unwrap()),
        }),
        phone_proven_at: None,
        email_verified_at: Some(now),
        password: None,
        second_factors: guiyi::domain::authenticator::SecondFactors::default(),
        identity_level: IdentityLevel::Confirmed,
        created_at: now,
        updated_at: now,
    }
}

/// Stores an account.
pub async fn store(db: &Db, keys: &std::sync::Arc<Keyring>, random: &Random, account: &Account) {
    let (keys, account) = (keys.clone(), account.clone());
    let id = VerificationId::mint(account.created_at, random);
    db.write::<_, StorageError, _>(move |tx| {
        Box::pin(async move {
            let by = Verification { id, method: "test", source: "test", at: account.created_at };
            accounts::insert(tx, &keys, &account, &by).await
        })
    })
    .await
    .unwrap()
    .unwrap();
}

/// Makes somebody a unit's representative.
pub async fn install(db: &Db, random: &Random, now: Timestamp, unit: &AccountId, person: &AccountId) -> MandateId {
    let (id, unit, person) = (MandateId::mint(now, random), unit.clone(), person.clone());
    let mandate = id.clone();
    let done = db
        .write::<_, StorageError, _>(move |tx| {
            Box::pin(async move { mandates::install(tx, &mandate, &unit, &person, now).await })
        })
        .await;
    assert!(done.unwrap());
    id
}

/// A person with a signed-in browser.
#[derive(Clone)]
pub struct Someone {
    pub id: AccountId,
    pub name: String,
    pub phone: String,
    pub browser: Browser,
}

impl Someone {
    pub async fn at(&mut self, path: &str) -> &mut Browser {
        self.browser.get(path).await
    }

    /// Posts with this browser's own form token.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> &mut Browser {
        self.browser.get("/logout").await;
        let csrf = self.browser.csrf();
        self.browser.post(path, &[&[("csrf", csrf.as_str())], fields].concat()).await
    }

    /// The status that a page has for this person.
    pub async fn status(&mut self, path: &str) -> u16 {
        self.at(path).await.status
    }

    /// Answers the one open invitation.
    pub async fn answer(&mut self, answer: &str) -> &mut Browser {
        self.at("/account/units").await;
        let page = self.browser.link("/account/invitations/");
        self.at(&page).await;
        self.browser.submit(&[("answer", answer)]).await
    }
}

/// A town: the world of a test, the unit, and its representative.
pub struct Town<'w> {
    pub world: &'w World,
    pub unit: AccountId,
    pub representative: Someone,
    pub root: MandateId,
}

/// What a grant's form says, unless a test says otherwise.
pub const PLAIN: [(&str, &str); 5] =
    [("role", "agent"), ("clients", "all"), ("matters", "all"), ("from", ""), ("until", "")];

impl<'w> Town<'w> {
    pub async fn new(world: &'w World) -> Self {
        let app = &world.app;
        let account = organisation(&app.random, app.clock.now(), HUIYUAN);
        store(&app.db, &app.keys, &app.random, &account).await;
        let representative = somebody(world, LI_MING, "19900000001", |_| {}).await;
        let root = install(&app.db, &app.random, app.clock.now(), &account.id, &representative.id).await;
        Self { world, unit: account.id, representative, root }
    }

    /// Somebody who has nothing to do with the unit yet.
    pub async fn somebody(&self, name: &str, phone: &str) -> Someone {
        self.other(name, phone, "19900101", |_| {}).await
    }

    /// The same, with something special about the account.
    pub async fn other(&self, name: &str, phone: &str, born: &str, change: impl FnOnce(&mut Account)) -> Someone {
        let sequence: u32 = phone[8..].parse().unwrap();
        somebody(self.world, (name, &number(born, sequence)), phone, change).await
    }

    /// A browser in which the unit's own account is signed in.
    pub async fn own(&self) -> Someone {
        let browser = signed_in(self.world, &self.unit).await;
        Someone { id: self.unit.clone(), name: HUIYUAN.0.to_owned(), phone: String::new(), browser }
    }

    pub fn path(&self, end: &str) -> String {
        format!("/units/{}{end}", self.unit)
    }

    /// `by` invites somebody; fields other than those of [`PLAIN`] win.
    pub async fn invite(&self, by: &mut Someone, whom: (&str, &str), fields: &[(&str, &str)]) -> u16 {
        let mut all: BTreeMap<&str, &str> = PLAIN.into_iter().collect();
        all.extend([("name", whom.0), ("phone", whom.1)]);
        all.extend(fields.iter().copied());
        let all: Vec<(&str, &str)> = all.into_iter().filter(|(_, value)| *value != "-").collect();
        by.post(&self.path("/mandates/new"), &all).await.status
    }

    /// `by` invites somebody, who accepts.
    pub async fn join(&self, by: &mut Someone, whom: &mut Someone, fields: &[(&str, &str)]) -> MandateId {
        let target = (whom.name.clone(), whom.phone.clone());
        assert_eq!(self.invite(by, (&target.0, &target.1), fields).await, 200, "{}", by.browser.body);
        whom.answer("accept").await;
        assert_eq!(whom.browser.at, "/account/units", "{}", whom.browser.body);
        self.mandate(&whom.id).await
    }

    /// The last mandate of somebody.
    pub async fn mandate(&self, person: &AccountId) -> MandateId {
        let sql = format!("SELECT id FROM mandates WHERE person_id = '{person}' ORDER BY id DESC LIMIT 1");
        MandateId(self.world.text(&sql).await)
    }

    /// How many mandates stand, the representative's too.
    pub async fn live(&self) -> i64 {
        self.world.scalar("SELECT COUNT(*) FROM mandates WHERE accepted_at IS NOT NULL AND ended_at IS NULL").await
    }
}

async fn somebody(world: &World, who: (&str, &str), phone: &str, change: impl FnOnce(&mut Account)) -> Someone {
    let app = &world.app;
    let mut account = individual(&app.random, app.clock.now(), who, phone);
    change(&mut account);
    store(&app.db, &app.keys, &app.random, &account).await;
    let browser = signed_in(world, &account.id).await;
    Someone { id: account.id, name: who.0.to_owned(), phone: phone.to_owned(), browser }
}

/// A browser in which an account is signed in.
pub async fn signed_in(world: &World, account: &AccountId) -> Browser {
    let mut browser = world.browser();
    let cookie = session(&world.app, account).await;
    browser.jar.insert("guiyi_session".to_owned(), cookie);
    browser
}

/// A session of an account: its cookie.
async fn session(app: &App, account: &AccountId) -> String {
    let session = NewSession::new(
        account,
        // Its people have no password.
        &[Method::OneTimeCode, Method::Sms],
        Place { device: Device::default(), limits: app.config.session_limits(false) },
        app.clock.now(),
        &app.random,
    );
    let cookie = session.cookie();
    let (keys, random) = (app.keys.clone(), app.random.clone());
    app.db.write(move |tx: &mut Tx| Box::pin(async move { session.store(tx, &keys, &random).await })).await.unwrap();
    cookie
}
