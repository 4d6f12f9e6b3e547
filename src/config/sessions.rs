//! How long sign-ins last, and what is different in service halls.

use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;

use super::Config;
use crate::domain::session::Limits;

/// How long sign-ins last.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sessions {
    /// How many minutes one may rest; 30 at the most.
    pub idle_minutes: u32,
    /// After how many hours one ends at the latest; 12 at the most.
    pub absolute_hours: u32,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { idle_minutes: 30, absolute_hours: 12 }
    }
}

/// Service halls: many citizens behind one address, one after the other at the same machine.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Halls {
    /// Their addresses.
    pub addresses: Vec<IpAddr>,
    /// How many minutes a machine there may rest before whatever the last person left there is gone; no more than elsewhere.
    pub idle_minutes: u32,
    /// After how many minutes a sign-in there ends at the latest; no more than elsewhere.
    pub absolute_minutes: u32,
}

impl Default for Halls {
    fn default() -> Self {
        Self { addresses: Vec::new(), idle_minutes: 5, absolute_minutes: 60 }
    }
}

impl Config {
    /// How long a session lasts that begins now, in a service hall or elsewhere.
    pub fn session_limits(&self, in_hall: bool) -> Limits {
        let (ordinary, hall) = limits_of(&self.sessions, &self.halls);
        if in_hall { hall } else { ordinary }
    }
}

/// How long sessions last: ordinarily, and in service halls.
pub(super) fn limits_of(sessions: &Sessions, halls: &Halls) -> (Limits, Limits) {
    let minutes = |minutes: u32| Duration::from_secs(u64::from(minutes) * 60);
    let ordinary =
        Limits { idle: minutes(sessions.idle_minutes), absolute: minutes(sessions.absolute_hours.saturating_mul(60)) };
    (ordinary, Limits { idle: minutes(halls.idle_minutes), absolute: minutes(halls.absolute_minutes) })
}
