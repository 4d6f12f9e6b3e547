//! The connected systems of this portal, by id.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::catalogue::{self, Group};
use super::openid_connect::{Answer, Answered, Asked, OpenidConnect, Standing};
use super::ticket::Ticket;
use super::user_table::UserTable;
use super::{Credentials, Doubt, SignInFailure, UpstreamProof, UpstreamUser};
use crate::clock::{Clock, Random};
use crate::config::{CarryOver, Connector, System};
use crate::ids::SystemId;
use crate::protocol::account_kind::AccountKind;

enum Kind {
    Ticket(Ticket),
    UserTable(Box<UserTable>),
    OpenidConnect(Box<OpenidConnect>),
}

/// A legacy system that can be signed in to.
pub struct ConnectedSystem {
    /// Its id.
    pub id: SystemId,
    /// Where it stands in the list.
    pub group: Group,
    name_zh: String,
    name_en: String,
    vouches: bool,
    /// What becomes of its passwords.
    pub carry_over: CarryOver,
    /// Off: refused at the next step.
    pub enabled: bool,
    /// Whether whoever is linked may sign in with it.
    pub signs_in: bool,
    holds: Vec<AccountKind>,
    kind: Kind,
    clock: Clock,
}

impl ConnectedSystem {
    /// Its name.
    pub fn name(&self, english: bool) -> &str {
        if english { &self.name_en } else { &self.name_zh }
    }

    /// Whether it has accounts of this kind.
    pub fn holds(&self, kind: AccountKind) -> bool {
        self.holds.contains(&kind)
    }

    /// Signs somebody in there. A kind of account that it doesn't have is refused without asking.
    ///
    /// # Errors
    /// [`SignInFailure`]
    pub async fn sign_in(&self, credentials: &Credentials<'_>) -> Result<UpstreamProof, SignInFailure> {
        if !self.holds(credentials.kind) {
            return Err(SignInFailure::Rejected);
        }
        let user = match &self.kind {
            Kind::Ticket(ticket) => ticket.sign_in(credentials).await?,
            Kind::UserTable(table) => table.sign_in(credentials).await?,
            // Its password is typed over there, and nowhere else.
            Kind::OpenidConnect(_) => return Err(SignInFailure::Unavailable),
        };
        Ok(self.proof((credentials.account, credentials.kind), user))
    }

    /// The origins that a form leads to which begins a sign-in over there, blank-separated; `None` if this system is
    /// signed in to here, with account and password.
    pub fn leads_to(&self) -> Option<&str> {
        match &self.kind {
            Kind::OpenidConnect(provider) => Some(&provider.origins),
            Kind::Ticket(_) | Kind::UserTable(_) => None,
        }
    }

    /// Begins a sign-in over there: where to send the browser, and what to remember until it comes back with `state`.
    ///
    /// # Errors
    /// [`SignInFailure::Unavailable`]
    pub async fn ask(&self, state: &str) -> Result<(String, Asked), SignInFailure> {
        match &self.kind {
            Kind::OpenidConnect(provider) => provider.ask(state).await,
            Kind::Ticket(_) | Kind::UserTable(_) => Err(SignInFailure::Unavailable),
        }
    }

    /// Ends a sign-in over there.
    ///
    /// # Errors
    /// [`SignInFailure`]
    pub async fn answered(&self, asked: &Asked, answer: &Answer<'_>) -> Result<UpstreamProof, SignInFailure> {
        match &self.kind {
            Kind::OpenidConnect(provider) => {
                let Answered { account, user, renewal } = provider.answered(asked, answer).await?;
                Ok(self.proof((&account, AccountKind::Individual), user).with_renewal(renewal))
            }
            Kind::Ticket(_) | Kind::UserTable(_) => Err(SignInFailure::Untrusted),
        }
    }

    /// Whether a proof of this system may be relied on now, or has to be confirmed first.
    pub fn standing(&self, proof: &UpstreamProof) -> Standing {
        match &self.kind {
            Kind::OpenidConnect(provider) => provider.standing(proof.renewal(), proof.at()),
            Kind::Ticket(_) | Kind::UserTable(_) => Standing::Good,
        }
    }

    /// Has a proof confirmed over there.
    ///
    /// # Errors
    /// [`SignInFailure`]: it doesn't count any more.
    pub async fn renew(&self, proof: &UpstreamProof) -> Result<UpstreamProof, SignInFailure> {
        match (&self.kind, proof.renewal()) {
            (Kind::OpenidConnect(provider), Some(renewal)) => {
                let renewal = provider.renew(renewal).await?;
                Ok(proof.clone().with_renewal(Some(renewal)))
            }
            _ => Err(SignInFailure::Unavailable),
        }
    }

    /// Looks whether it would take a sign-in, without one: a provider's metadata and keys, a table's columns, and whether the
    /// ticket API knows the portal.
    ///
    /// # Errors
    /// [`Doubt`]
    pub async fn examine(&self) -> Result<(), Doubt> {
        match &self.kind {
            Kind::Ticket(ticket) => ticket.examine().await,
            Kind::UserTable(table) => table.examine().await,
            Kind::OpenidConnect(provider) => provider.examine().await,
        }
    }

    fn proof(&self, who: (&str, AccountKind), user: UpstreamUser) -> UpstreamProof {
        UpstreamProof::new(self.id.clone(), who, user, self.vouches, self.clock.now())
    }
}

impl std::fmt::Debug for ConnectedSystem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ConnectedSystem({})", self.id)
    }
}

/// All connected systems.
#[derive(Debug)]
pub struct Systems(BTreeMap<SystemId, Arc<ConnectedSystem>>);

impl Systems {
    /// Connects what the configuration names; providers send people back to `callback`. Nothing is called yet.
    pub fn connect(entries: &[System], callback: &str, http: &reqwest::Client, clock: &Clock, random: &Random) -> Self {
        let connect = |entry: &System| {
            let row = catalogue::row(&entry.id);
            let name_zh = entry.name_zh.clone().or_else(|| row.map(|r| r.zh.to_owned())).unwrap_or_default();
            let name_en = entry.name_en.clone().or_else(|| row.map(|r| r.en.to_owned()));
            let kind = match &entry.connector {
                Connector::Ticket { url, service_code, service_password } => Kind::Ticket(Ticket {
                    url: url.clone(),
                    service_code: service_code.clone(),
                    service_password: service_password.clone(),
                    http: http.clone(),
                    clock: clock.clone(),
                }),
                Connector::UserTable(table) => Kind::UserTable(Box::new(UserTable::new(&entry.id, table))),
                Connector::OpenidConnect(provider) => {
                    Kind::OpenidConnect(Box::new(OpenidConnect::new(provider.clone(), callback, http, clock, random)))
                }
            };
            let system = ConnectedSystem {
                id: entry.id.clone(),
                group: row.map_or(Group::Department, |r| r.group),
                name_en: name_en.unwrap_or_else(|| name_zh.clone()),
                name_zh,
                vouches: entry.vouches,
                carry_over: entry.carry_over,
                enabled: entry.enabled,
                signs_in: entry.sign_in,
                holds: AccountKind::ALL.into_iter().filter(|kind| entry.holds(*kind)).collect(),
                kind,
                clock: clock.clone(),
            };
            (entry.id.clone(), Arc::new(system))
        };
        Self(entries.iter().map(connect).collect())
    }

    /// A connected system that isn't switched off.
    pub fn get(&self, id: &SystemId) -> Option<&ConnectedSystem> {
        self.0.get(id).map(Arc::as_ref).filter(|system| system.enabled)
    }

    /// The same, for work that goes on when whoever asked for it has gone.
    pub fn shared(&self, id: &SystemId) -> Option<Arc<ConnectedSystem>> {
        self.0.get(id).filter(|system| system.enabled).cloned()
    }

    /// All that aren't switched off.
    pub fn iter(&self) -> impl Iterator<Item = &ConnectedSystem> {
        self.0.values().map(Arc::as_ref).filter(|system| system.enabled)
    }
}
