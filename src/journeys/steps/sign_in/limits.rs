//! How often an old account may be tried. The upstream's own last tries are never spent, and no single address can use
//! up all of the portal's: a stranger leaves the owner a try.

use crate::journeys::engine::Cx;
use crate::pages::Asker;
use crate::storage::StorageError;
use crate::storage::limits::{self, Limit};
use crate::upstream::ConnectedSystem;

const WINDOW: u64 = 15 * 60;
/// Fewer than the five after which old systems lock an account.
const PER_ACCOUNT: Limit = Limit::new(4, WINDOW);
/// So many of these may come from one address.
const PER_ACCOUNT_HERE: Limit = Limit::new(3, WINDOW);
const PER_ADDRESS: Limit = Limit::new(60, WINDOW);
const PER_SYSTEM: Limit = Limit::new(600, 60);
/// From here on a captcha is asked for, of everybody who tries this account.
const ACCOUNT_BEFORE_CAPTCHA: Limit = Limit::new(2, WINDOW);
/// The same for everybody at this address.
const ADDRESS_BEFORE_CAPTCHA: Limit = Limit::new(10, WINDOW);

/// The counters of a try.
#[derive(Clone)]
pub(in crate::journeys) struct Limits {
    address: String,
    asker: Asker,
    /// Absent until it is known which account is tried.
    account: Option<Account>,
}

#[derive(Clone)]
struct Account {
    system: String,
    all: String,
    here: String,
}

/// A limit that is reached.
#[derive(Clone, Copy, Debug)]
pub(in crate::journeys) struct Stopped {
    /// The key of what the page says.
    pub(in crate::journeys) text: &'static str,
    /// When a try is possible again, in minutes.
    pub(in crate::journeys) minutes: u64,
}

impl Limits {
    /// Before anything is typed.
    pub(in crate::journeys) fn of_address(cx: &Cx<'_>) -> Self {
        let asker = &cx.visit.asker;
        Self { address: format!("legacy address {}", asker.address), asker: asker.clone(), account: None }
    }

    /// Of an account, in any spelling.
    pub(in crate::journeys) fn new(cx: &Cx<'_>, system: &ConnectedSystem, account: &str) -> Self {
        let index = cx.app.keys.index("legacy account", &format!("{}\n{}", system.id, account.to_lowercase()));
        let account = Account {
            system: format!("legacy system {}", system.id),
            here: format!("legacy account {index} {}", cx.visit.asker.address),
            all: format!("legacy account {index}"),
        };
        Self { account: Some(account), ..Self::of_address(cx) }
    }

    /// The widest first: a try that is turned away there doesn't touch the account's own count.
    fn all(&self) -> Vec<(String, Limit, &'static str)> {
        let mut all = vec![(self.address.clone(), self.asker.share(PER_ADDRESS), "sign-in-stopped-network")];
        if let Some(Account { system, here, all: account }) = self.account.clone() {
            all.push((system, PER_SYSTEM, "sign-in-stopped-network"));
            all.push((here, PER_ACCOUNT_HERE, "sign-in-stopped-account"));
            all.push((account, PER_ACCOUNT, "sign-in-stopped-account"));
        }
        all
    }

    /// Whether a captcha has to be answered before a password is looked at.
    pub(in crate::journeys) async fn needs_captcha(&self, cx: &Cx<'_>) -> Result<bool, StorageError> {
        let mut conn = cx.app.db.read().await?;
        let now = cx.visit.now;
        let address = self.asker.share(ADDRESS_BEFORE_CAPTCHA);
        Ok(limits::reached(&mut conn, &self.address, address, now).await?
            || match &self.account {
                Some(account) => limits::reached(&mut conn, &account.all, ACCOUNT_BEFORE_CAPTCHA, now).await?,
                None => false,
            })
    }

    /// The limit that is reached already.
    pub(in crate::journeys) async fn reached(&self, cx: &Cx<'_>) -> Result<Option<Stopped>, StorageError> {
        let mut conn = cx.app.db.read().await?;
        for (subject, limit, text) in self.all() {
            if limits::reached(&mut conn, &subject, limit, cx.visit.now).await? {
                return Ok(Some(stopped(cx, limit, text)));
            }
        }
        Ok(None)
    }

    /// Counts a try before it is made: two at the same moment can't both be the last.
    pub(in crate::journeys) async fn count(&self, cx: &Cx<'_>) -> Result<Option<Stopped>, StorageError> {
        let (all, now) = (self.all(), cx.visit.now);
        let full = cx.app.db.write(move |tx| {
            Box::pin(async move {
                for (subject, limit, text) in all {
                    if !limits::hit(tx, &subject, limit, now).await? {
                        return Ok::<_, StorageError>(Some((limit, text)));
                    }
                }
                Ok(None)
            })
        });
        Ok(full.await?.map(|(limit, text)| stopped(cx, limit, text)))
    }

    /// Takes the try back. If the password was `right`, the upstream counts the account's failures from nothing again,
    /// and so do we; if the upstream gave no answer, the try wasn't the person's.
    pub(in crate::journeys) async fn take_back(&self, cx: &Cx<'_>, right: bool) -> Result<(), StorageError> {
        let (all, now) = (self.all(), cx.visit.now);
        let account = self.account.clone().filter(|_| right);
        let subjects = account.map(|Account { here, all, .. }| [here, all]);
        cx.app
            .db
            .write(move |tx| {
                Box::pin(async move {
                    for (subject, limit, _) in &all {
                        limits::refund(tx, subject, *limit, now).await?;
                    }
                    for subject in subjects.iter().flatten() {
                        limits::forgive(tx, subject).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

fn stopped(cx: &Cx<'_>, limit: Limit, text: &'static str) -> Stopped {
    let wait = limit.ends(cx.visit.now).since(cx.visit.now);
    Stopped { text, minutes: wait.as_secs().div_ceil(60).max(1) }
}
