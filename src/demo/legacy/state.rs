//! The legacy system's rows, its tickets and its lock-out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Envelope, Fault, md5_hex, read_beijing_time, sign};
use crate::clock::{Clock, Random, Timestamp};
use crate::demo::lock;
use crate::demo::outage::{Mode, Switch};
use crate::demo::people::{Kind, Person, State};
use crate::secret::{Secret, same};

/// The legacy system's state.
#[derive(Clone, Debug)]
pub struct LegacyState(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: &'static str,
    service_code: String,
    service_password: Secret,
    rows: Vec<Row>,
    clock: Clock,
    random: Random,
    switch: Switch,
    changing: Mutex<Changing>,
}

/// A user as the old table holds it: the password as unsalted MD5.
#[derive(Debug)]
struct Row {
    person: Person,
    password_md5: String,
}

/// What the API's calls change. Users are named by their place in the table.
#[derive(Debug, Default)]
struct Changing {
    tickets: HashMap<String, (usize, Timestamp)>,
    tokens: HashMap<String, (usize, Timestamp)>,
    wrong: HashMap<usize, u8>,
}

const TOLERANCE: Duration = Duration::from_secs(300);
const TICKET_LIFE: Duration = Duration::from_secs(60);
const TOKEN_LIFE: Duration = Duration::from_secs(600);
/// Some callers say it short.
const SHORT_LEGAL: &str = "legal";
/// So many wrong passwords in a row lock an account, until the demonstration starts again.
const WRONG_LIMIT: u8 = 5;

impl LegacyState {
    /// A legacy system of this name with these users, which the service `service_code` may call.
    pub fn new(
        name: &'static str,
        (service_code, service_password): (&str, Secret),
        people: &[Person],
        clock: Clock,
        random: Random,
    ) -> Self {
        let row = |person: &Person| Row { person: *person, password_md5: md5_hex(person.password) };
        Self(Arc::new(Inner {
            name,
            service_code: service_code.to_owned(),
            service_password,
            rows: people.iter().map(row).collect(),
            clock,
            random,
            switch: Switch::default(),
            changing: Mutex::default(),
        }))
    }

    /// Up, down or slow.
    pub fn set_mode(&self, mode: Mode) {
        self.0.switch.set(mode);
    }

    pub(super) fn name(&self) -> &'static str {
        self.0.name
    }

    pub(super) fn switch(&self) -> &Switch {
        &self.0.switch
    }

    /// Every user with its present state, for the home page.
    pub(super) fn users(&self) -> Vec<(&Person, State)> {
        let changing = lock(&self.0.changing);
        let rows = self.0.rows.iter().enumerate();
        rows.map(|(user, row)| (&row.person, changing.state(user, &row.person))).collect()
    }

    /// Whether the caller is the service, now.
    pub(super) fn check(&self, envelope: &Envelope) -> Result<(), Fault> {
        let Envelope { servicecode, time, sign: given } = envelope;
        let expected = sign(&self.0.service_code, self.0.service_password.expose(), time);
        if *servicecode != self.0.service_code || !same(expected.as_bytes(), given.as_bytes()) {
            return Err(Fault::BadSign);
        }
        let at = read_beijing_time(time).ok_or(Fault::StaleTime)?;
        let now = self.0.clock.now();
        if now.since(at) > TOLERANCE || at.since(now) > TOLERANCE { Err(Fault::StaleTime) } else { Ok(()) }
    }

    /// A ticket for whoever knows the password.
    pub(super) fn issue_ticket(&self, kind: &str, account: &str, password: &str) -> Result<String, Fault> {
        let kind = if kind == SHORT_LEGAL { Kind::LegalPerson.as_str() } else { kind };
        let named = |row: &Row| row.person.kind.as_str() == kind && row.person.account == account;
        let mut rows = self.0.rows.iter().enumerate();
        let (user, row) = rows.find(|(_, row)| named(row)).ok_or(Fault::UnknownUser)?;
        let mut changing = lock(&self.0.changing);
        match changing.state(user, &row.person) {
            State::Locked => return Err(Fault::Locked),
            State::Disabled => return Err(Fault::Disabled),
            State::Active => {}
        }
        if !same(md5_hex(password).as_bytes(), row.password_md5.as_bytes()) {
            return Err(changing.count_wrong(user));
        }
        changing.wrong.remove(&user);
        let now = self.0.clock.now();
        changing.tickets.retain(|_, (_, until)| *until > now);
        let ticket = format!("ST-{}", self.0.random.token::<24>());
        changing.tickets.insert(ticket.clone(), (user, now.plus(TICKET_LIFE)));
        Ok(ticket)
    }

    /// A token for a ticket, which is used up.
    pub(super) fn swap_ticket(&self, ticket: &str) -> Result<String, Fault> {
        let now = self.0.clock.now();
        let mut changing = lock(&self.0.changing);
        let (user, until) = changing.tickets.remove(ticket).ok_or(Fault::BadTicket)?;
        if until <= now {
            return Err(Fault::BadTicket);
        }
        changing.tokens.retain(|_, (_, until)| *until > now);
        let token = self.0.random.token::<24>();
        changing.tokens.insert(token.clone(), (user, now.plus(TOKEN_LIFE)));
        Ok(token)
    }

    /// The user whose token it is.
    pub(super) fn user(&self, token: &str) -> Result<&Person, Fault> {
        let now = self.0.clock.now();
        let found = lock(&self.0.changing).tokens.get(token).copied();
        let (user, _) = found.filter(|(_, until)| *until > now).ok_or(Fault::BadToken)?;
        self.0.rows.get(user).map(|row| &row.person).ok_or(Fault::BadToken)
    }
}

impl Changing {
    fn state(&self, user: usize, person: &Person) -> State {
        let locked = self.wrong.get(&user).is_some_and(|wrong| *wrong >= WRONG_LIMIT);
        if person.state == State::Active && locked { State::Locked } else { person.state }
    }

    fn count_wrong(&mut self, user: usize) -> Fault {
        let wrong = self.wrong.entry(user).or_default();
        *wrong = wrong.saturating_add(1);
        if *wrong >= WRONG_LIMIT { Fault::Locked } else { Fault::WrongPassword }
    }
}
