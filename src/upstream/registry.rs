//! The connected systems of this portal, by id.

use std::collections::BTreeMap;

use super::catalogue::{self, Group};
use super::ticket::Ticket;
use super::{Credentials, SignInFailure, UpstreamProof, UpstreamUser};
use crate::clock::Clock;
use crate::config::{CarryOver, Connector, System};
use crate::ids::SystemId;

enum Kind {
    Ticket(Ticket),
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
    kind: Kind,
    clock: Clock,
}

impl ConnectedSystem {
    /// Its name.
    pub fn name(&self, english: bool) -> &str {
        if english { &self.name_en } else { &self.name_zh }
    }

    /// Signs somebody in there.
    ///
    /// # Errors
    /// [`SignInFailure`]
    pub async fn sign_in(&self, credentials: &Credentials<'_>) -> Result<UpstreamProof, SignInFailure> {
        let user: UpstreamUser = match &self.kind {
            Kind::Ticket(ticket) => ticket.sign_in(credentials).await?,
        };
        let who = (credentials.account, credentials.kind);
        Ok(UpstreamProof::new(self.id.clone(), who, user, self.vouches, self.clock.now()))
    }
}

impl std::fmt::Debug for ConnectedSystem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ConnectedSystem({})", self.id)
    }
}

/// All connected systems.
#[derive(Debug)]
pub struct Systems(BTreeMap<SystemId, ConnectedSystem>);

impl Systems {
    /// Connects what the configuration names. Nothing is called yet.
    pub fn connect(entries: &[System], http: &reqwest::Client, clock: &Clock) -> Self {
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
            };
            let system = ConnectedSystem {
                id: entry.id.clone(),
                group: row.map_or(Group::Department, |r| r.group),
                name_en: name_en.unwrap_or_else(|| name_zh.clone()),
                name_zh,
                vouches: entry.vouches,
                carry_over: entry.carry_over,
                enabled: entry.enabled,
                kind,
                clock: clock.clone(),
            };
            (entry.id.clone(), system)
        };
        Self(entries.iter().map(connect).collect())
    }

    /// A connected system that isn't switched off.
    pub fn get(&self, id: &SystemId) -> Option<&ConnectedSystem> {
        self.0.get(id).filter(|system| system.enabled)
    }

    /// All that aren't switched off.
    pub fn iter(&self) -> impl Iterator<Item = &ConnectedSystem> {
        self.0.values().filter(|system| system.enabled)
    }
}
