//! Whose account somebody says it is, and the proof: a code to the account's phone and, of a verified account, the number of its
//! document. For an account that there isn't, everything goes the same way and takes as much work, and no code comes of it.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Pen;
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::{Keyring, Purpose as Seal, SealError};
use crate::domain::account::Account;
use crate::domain::identifier::SignInIdentifier;
use crate::domain::typed::compact;
use crate::ids::AccountId;
use crate::notify::codes::{self, Asker, Binding, Recipient, Sender, Verified};
use crate::notify::texts::Purpose;
use crate::protocol::acr::IdentityLevel;
use crate::storage::limits::{self, Limit};
use crate::storage::{Stored, accounts, audit};

const LIFETIME: Duration = Duration::from_secs(15 * 60);
/// Tries of one browser at one account.
const PER_CLAIM: Limit = Limit::new(10, 60 * 60);
/// Tries of one address.
const PER_ADDRESS: Limit = Limit::new(30, 60 * 60);
/// Wrong document numbers beside a right code: whoever has the phone in hand doesn't find the number by trying. Nobody without the
/// phone can use them up.
const WRONG_NUMBERS: Limit = Limit::new(8, 30 * 24 * 60 * 60);

/// A claim to an account: travels sealed through the form, bound to the browser, and proves nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claim {
    /// The account, or one that there isn't: the sealed text is as long.
    account: AccountId,
    purpose: String,
    /// The code goes to the e-mail address, though there may be a phone: it may be in other hands.
    by_mail: bool,
    browser: String,
    expires_at: Timestamp,
}

/// What became of a proof.
#[derive(Clone, Debug)]
pub enum Proof {
    /// Code and number are right.
    Right(Arc<Account>),
    /// One of them isn't, or there is no such account: nothing says which.
    Wrong,
    /// Too many tries.
    Limited,
}

impl Claim {
    /// The claim to the account with this identifier (`None`: what was typed is none), for `purpose`, in this browser.
    ///
    /// # Errors
    /// The store's own.
    pub async fn of(
        app: &App,
        (identifier, typed): (Option<&SignInIdentifier>, &str),
        purpose: &Purpose,
        (browser, by_mail): (&str, bool),
    ) -> Stored<(Self, Option<Account>)> {
        let found = match identifier {
            Some(identifier) => accounts::find_by_identifier(&mut app.db.read().await?, &app.keys, identifier).await?,
            None => None,
        };
        let found = found.filter(|account| account.is_active() && account.person().is_some());
        let account = found.as_ref().map_or_else(|| nobody(&app.keys, typed), |account| account.id.clone());
        let claim = Self {
            account,
            purpose: purpose.as_str().to_owned(),
            by_mail,
            browser: browser.to_owned(),
            expires_at: app.clock.now().plus(LIFETIME),
        };
        Ok((claim, found))
    }

    /// As it travels.
    ///
    /// # Errors
    /// If it can't be sealed.
    pub fn seal(&self, app: &App) -> Result<String, SealError> {
        app.keys.seal_json(Seal::Ticket, CONTEXT, self)
    }

    /// Reads what [`Claim::seal`] wrote, if it is for this purpose and this browser's, and still good.
    pub fn open(app: &App, ticket: &str, purpose: &Purpose, browser: &str) -> Option<Self> {
        let claim: Self = app.keys.open_json(Seal::Ticket, CONTEXT, ticket).ok()?;
        let mine = crate::secret::same(claim.browser.as_bytes(), browser.as_bytes());
        (mine && claim.purpose == purpose.as_str() && app.clock.now() < claim.expires_at).then_some(claim)
    }

    fn transaction(&self) -> String {
        format!("{}:{}", self.account, self.browser)
    }

    /// Where the code goes.
    fn recipient(&self, account: &Account) -> Option<Recipient> {
        let channels = Recipient::all_of(account);
        channels.into_iter().find(|to| !self.by_mail || matches!(to, Recipient::Email(_)))
    }

    fn binding(&self, purpose: &Purpose, to: Recipient) -> Binding {
        Binding { purpose: purpose.clone(), transaction: self.transaction(), to }
    }

    /// Sends the code, or does as much for nobody.
    ///
    /// # Errors
    /// The store's own.
    pub async fn send(&self, app: &App, purpose: Purpose, account: Option<&Account>, asker: &Asker) -> Stored<()> {
        if let Some(to) = account.and_then(|account| self.recipient(account)) {
            return app.send_code(self.binding(&purpose, to), asker.clone()).await.map(drop);
        }
        let Some(nobody) = Recipient::nobody(self.account.as_str()) else { return Ok(()) };
        let (pen, binding, asker) = (Pen::of(app), self.binding(&purpose, nobody), asker.clone());
        app.db
            .write(move |tx| {
                Box::pin(async move {
                    let sender = Sender { keys: &pen.keys, random: &pen.random, signature: &pen.site.sms_signature };
                    codes::pretend(tx, sender, &binding, &asker, pen.now).await
                })
            })
            .await
    }

    /// Tries what was typed. Every try counts, whatever comes of it. `number` is asked of verified accounts; `None`: of nobody.
    ///
    /// # Errors
    /// The store's own.
    pub async fn prove(
        &self,
        app: &App,
        (purpose, asker): (&Purpose, &Asker),
        (code, number): (&str, Option<&str>),
    ) -> Stored<Proof> {
        let account = app.caches.account(&self.account).await?.filter(|account| account.is_active());
        let to = account
            .as_deref()
            .and_then(|account| self.recipient(account))
            .or_else(|| Recipient::nobody(self.account.as_str()));
        let Some(to) = to else { return Ok(Proof::Wrong) };
        let right_number = account.as_ref().is_some_and(|account| {
            number.is_none_or(|number| {
                account.identity_level < IdentityLevel::Confirmed || is_own(&app.keys, account, number)
            })
        });
        let (pen, code, known) = (Pen::of(app), code.to_owned(), account.is_some());
        let (binding, asker, transaction) = (self.binding(purpose, to), asker.clone(), self.transaction());
        let id = self.account.clone();
        let proof = app
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let Pen { keys, random, now, .. } = &pen;
                    let purpose = binding.purpose.as_str();
                    let claim = limits::hit(tx, &format!("{purpose} claim {transaction}"), PER_CLAIM, *now).await?;
                    let address = format!("{purpose} address {}", asker.address);
                    if !limits::hit(tx, &address, asker.share(PER_ADDRESS), *now).await? || !claim {
                        return Ok(Verified::Limited);
                    }
                    let verified = codes::verify(tx, keys, (&binding, &asker), &code, *now).await?;
                    if !known || verified != Verified::Right {
                        return Ok(Verified::Wrong);
                    }
                    let wrong = format!("{purpose} number {id}");
                    if limits::reached(tx, &wrong, WRONG_NUMBERS, *now).await? {
                        return Ok(Verified::Limited);
                    }
                    if !right_number {
                        limits::hit(tx, &wrong, WRONG_NUMBERS, *now).await?;
                        let subject = format!("account:{id}");
                        let detail = serde_json::json!({ "purpose": purpose });
                        audit::record(tx, random, *now, "recovery.wrong_number", ("browser", &subject), &detail)
                            .await?;
                        return Ok(Verified::Wrong);
                    }
                    Stored::Ok(Verified::Right)
                })
            })
            .await?;
        Ok(match (proof, account) {
            (Verified::Right, Some(account)) => Proof::Right(account),
            (Verified::Limited, _) => Proof::Limited,
            _ => Proof::Wrong,
        })
    }
}

const CONTEXT: &str = "recovery claim";

/// Where a code goes: the phone, or, for whoever has none, the confirmed e-mail address.
pub fn reachable(account: &Account) -> Option<Recipient> {
    Recipient::all_of(account).into_iter().next()
}

/// The id of an account that there isn't, the same for the same text.
fn nobody(keys: &Keyring, typed: &str) -> AccountId {
    AccountId(keys.index("nobody", &compact(typed)).chars().take(35).collect())
}

/// Whether this is the number of the account's document: compared by blind index, in constant time.
fn is_own(keys: &Keyring, account: &Account, typed: &str) -> bool {
    let index = |number: &str| keys.index("recovery number", &compact(number));
    let own = account.person().map(|person| index(person.document.number()));
    own.is_some_and(|own| crate::secret::same(own.as_bytes(), index(typed).as_bytes()))
}
