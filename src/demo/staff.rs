//! The demonstration's two reviewers: invented people with portal accounts of their own.

use anyhow::Context;

use crate::app::App;
use crate::domain::account::{Account, AccountStatus, Holder, PasswordOrigin, Person, StoredPassword};
use crate::domain::document::{Document, DocumentType};
use crate::domain::person::{Gender, PersonName};
use crate::domain::user_name::UserName;
use crate::ids::{AccountId, VerificationId};
use crate::protocol::acr::IdentityLevel;
use crate::secret::Secret;
use crate::storage::accounts::{self, Verification};
use crate::storage::{StorageError, Stored};

/// User name, name and document number of each.
pub const REVIEWERS: [(&str, &str, &str); 2] =
    [("shenhe-zhao", "赵审核", "340102198506019992"), ("shenhe-qian", "钱审核", "340102198607019975")];
/// The password of both.
pub const PASSWORD: &str = "Review-desk-2026";

/// The reviewers' user names, for the configuration.
pub fn user_names() -> Vec<UserName> {
    REVIEWERS.iter().filter_map(|(user_name, ..)| UserName::parse(user_name).ok()).collect()
}

/// Makes their accounts, unless they are there.
///
/// # Errors
/// The store's own.
pub async fn seed(app: &App) -> anyhow::Result<()> {
    for (user_name, name, number) in REVIEWERS {
        open_account(app, user_name, PASSWORD, person(app, name, number)?).await?;
    }
    Ok(())
}

/// A person with no more than a name and a resident's document.
pub(super) fn person(app: &App, name: &str, number: &str) -> anyhow::Result<Person> {
    Ok(Person {
        name: PersonName::parse(name)?,
        gender: Gender::Male,
        ethnic_group: None,
        birth_date: None,
        document: Document::parse(DocumentType::ResidentId, number, app.today())?,
        phone: None,
        email: None,
        address: None,
    })
}

/// A portal account without the way there; nothing happens if the user name is taken.
pub(super) async fn open_account(app: &App, user_name: &str, password: &str, person: Person) -> anyhow::Result<()> {
    let now = app.clock.now();
    let hash = app.passwords.hash(&Secret::new(password)).await.context("a password could not be hashed")?;
    let account = Account {
        id: AccountId::mint(now, &app.random),
        status: AccountStatus::Active,
        user_name: UserName::parse(user_name)?,
        phone_proven_at: person.phone.is_some().then_some(now),
        email_verified_at: person.email.is_some().then_some(now),
        holder: Holder::Person(person),
        password: Some(StoredPassword { hash, origin: PasswordOrigin::Chosen }),
        second_factors: crate::domain::authenticator::SecondFactors::default(),
        identity_level: IdentityLevel::Confirmed,
        created_at: now,
        updated_at: now,
    };
    let (keys, id) = (std::sync::Arc::clone(&app.keys), VerificationId::mint(now, &app.random));
    app.db
        .write(move |tx| {
            Box::pin(async move {
                if accounts::user_name_taken(tx, &keys, &account.user_name).await? {
                    return Stored::Ok(());
                }
                let evidence = Verification { id, method: "name_and_number", source: "population", at: now };
                let _ = accounts::insert(tx, &keys, &account, &evidence).await?;
                Ok::<_, StorageError>(())
            })
        })
        .await?;
    Ok(())
}
