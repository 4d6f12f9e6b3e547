//! Units, put into the store as they are at the end of their own wizard.

use std::sync::Arc;

use guiyi::app::App;
use guiyi::clock::Timestamp;
use guiyi::domain::account::{Account, AccountStatus, Holder, Organisation, PasswordOrigin, StoredPassword};
use guiyi::domain::identifier::SignInIdentifier;
use guiyi::domain::mandate::{Extent, Matter, Reach, Role, Terms, Validity};
use guiyi::domain::unit::{Address, CreditCode, Unit as Facts, UnitName, UnitType};
use guiyi::domain::user_name::UserName;
use guiyi::ids::{AccountId, ClientId, MandateId, SystemId, VerificationId};
use guiyi::protocol::acr::IdentityLevel;
use guiyi::secret::Secret;
use guiyi::storage::mandates::{Ending, Invitation};
use guiyi::storage::{StorageError, accounts, mandates};

use super::World;

/// What the tests need of a unit.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    pub name: &'static str,
    pub code: &'static str,
    pub user_name: &'static str,
    pub password: &'static str,
    /// Carried over from the old system.
    pub carried_over: bool,
}

impl Unit {
    pub const YUNHAI: Self = Self {
        name: "合肥云海茶业有限公司",
        code: "91340100MA2GUY1A0X",
        user_name: "yunhai-tea",
        password: "Unit-of-tea-2026",
        carried_over: false,
    };
    pub const QINGSHAN: Self = Self {
        name: "黄山青山民宿合作社",
        code: "93341000MA2GUY2B0X",
        user_name: "qingshan",
        password: "Unit-of-beds-2026",
        carried_over: false,
    };
}

/// Stores a unit's account, registered today.
pub async fn unit(world: &World, unit: Unit) -> AccountId {
    unit_at(&world.app, unit).await
}

/// The same at any portal.
pub async fn unit_at(app: &App, unit: Unit) -> AccountId {
    let (now, random) = (app.clock.now(), app.random.clone());
    let code = CreditCode::parse(unit.code).unwrap();
    let facts = Facts {
        unit_type: UnitType::of(&code).unwrap(),
        name: UnitName::parse(unit.name).unwrap(),
        credit_code: code,
        address: Address::parse("安徽省合肥市长江中路1号").unwrap(),
        registered_on: guiyi::domain::unit::registered("2015", "6", "1").unwrap(),
    };
    let origin = match unit.carried_over {
        true => PasswordOrigin::CarriedOver(SystemId::from("hefei")),
        false => PasswordOrigin::Chosen,
    };
    let hash = app.passwords.hash(&Secret::new(unit.password)).await.unwrap();
    let account = Account {
        id: AccountId::mint(now, &random),
        status: AccountStatus::Active,
        user_name: UserName::parse(unit.user_name).unwrap(),
        holder: Holder::Organisation(Organisation { unit: facts, email: None }),
        phone_proven_at: None,
        email_verified_at: None,
        password: Some(StoredPassword { hash, origin }),
        second_factors: guiyi::domain::authenticator::SecondFactors::default(),
        identity_level: IdentityLevel::Confirmed,
        created_at: now,
        updated_at: now,
    };
    let (id, keys) = (account.id.clone(), Arc::clone(&app.keys));
    app.db
        .write::<(), StorageError, _>(move |tx| {
            Box::pin(async move {
                let id = VerificationId::mint(now, &random);
                let proof = accounts::Verification { id, method: "registry", source: "organisations", at: now };
                accounts::insert(tx, &keys, &account, &proof).await?.unwrap();
                Ok(())
            })
        })
        .await
        .unwrap();
    id
}

/// The account with this user name.
pub async fn account_of(world: &World, user_name: &str) -> AccountId {
    AccountId(world.text(&format!("SELECT id FROM accounts WHERE user_name_folded = '{user_name}'")).await)
}

/// Makes a person the unit's representative.
pub async fn representative(world: &World, unit: &AccountId, user_name: &str) -> MandateId {
    representative_at(&world.app, unit, user_name).await
}

/// The same at any portal.
pub async fn representative_at(app: &App, unit: &AccountId, user_name: &str) -> MandateId {
    let name = SignInIdentifier::UserName(UserName::parse(user_name).unwrap());
    let found = accounts::find_by_identifier(&mut app.db.read().await.unwrap(), &app.keys, &name).await.unwrap();
    let (person, unit, now) = (found.unwrap().id, unit.clone(), app.clock.now());
    let id = MandateId::mint(now, &app.random);
    let given = id.clone();
    let installed = app.db.write::<_, StorageError, _>(move |tx| {
        Box::pin(async move { mandates::install(tx, &given, &unit, &person, now).await })
    });
    assert!(installed.await.unwrap());
    id
}

/// Grants a mandate on the representative's, which the person accepts at once: for these clients (none: all), with an end
/// after so many seconds.
pub async fn agent(
    world: &World,
    (unit, by): (&AccountId, &MandateId),
    user_name: &str,
    clients: Option<&[&str]>,
    seconds: Option<u64>,
) -> MandateId {
    let (person, unit, by, now) = (account_of(world, user_name).await, unit.clone(), by.clone(), world.clock.now());
    let until = seconds.map(|s| now.plus(std::time::Duration::from_secs(s)));
    let clients = match clients {
        Some(these) => Extent::These(these.iter().map(|id| ClientId::from(*id)).collect()),
        None => Extent::All,
    };
    let matters = Extent::These([Matter::RealEstate, Matter::Taxation].into());
    let terms = Terms { role: Role::Agent, reach: Reach { clients, matters }, validity: Validity { from: now, until } };
    let id = MandateId::mint(now, &world.app.random);
    let given = id.clone();
    let phone = format!("phone of {user_name}");
    let invitation =
        Invitation { invited: String::new(), phone_index: phone.clone(), until: Timestamp(now.0 + 60_000) };
    let accepted = world.app.db.write::<_, StorageError, _>(move |tx| {
        Box::pin(async move {
            assert!(mandates::invite(tx, (&given, &unit), &terms, &by, &invitation, now).await?);
            mandates::accept(tx, &given, &person, &phone, now).await
        })
    });
    assert!(accepted.await.unwrap());
    id
}

/// Takes a mandate back.
pub async fn end(world: &World, id: &MandateId) {
    let (given, now) = (id.clone(), world.clock.now());
    let ended = world.app.db.write::<_, StorageError, _>(move |tx| {
        Box::pin(async move { mandates::end(tx, &given, Ending::Revoked, now).await })
    });
    for ended in ended.await.unwrap() {
        world.app.caches.forget(&mandates::cache_key(&ended));
    }
}

/// The registry says something else of a unit: as another node has heard it.
pub async fn say(world: &World, unit: &AccountId, standing: &str) {
    world.execute(&format!("UPDATE units SET standing = '{standing}' WHERE account_id = '{unit}'")).await;
    let now = world.clock.now().0;
    world.execute(&format!("INSERT INTO changes (subject, changed_at) VALUES ('unit:{unit}', {now})")).await;
    world.advance(1);
}
