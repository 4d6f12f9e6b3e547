//! No sequence of grants and endings gives a right that nobody gave: random people do random things, and every right that
//! exists at the end is traced, link by link, to the representative.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use guiyi::app::App;
use guiyi::clock::Timestamp;
use guiyi::domain::contact::Phone;
use guiyi::domain::mandate::{Extent, Mandate, Matter, Reach, Role, Terms, Validity};
use guiyi::domain::person::PersonName;
use guiyi::ids::{AccountId, ClientId, MandateId};
use guiyi::mandates::{Asked, Invited, accept, decline, grant, resign, revoke};
use guiyi::notify::codes::Asker;
use guiyi::storage::mandates::{self, Ending, Entry};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::town::{individual, install, number, organisation, store};
use crate::support::{Engine, World};

const HOUR: i64 = 3_600_000;
const NAMES: [&str; 5] = ["李明", "赵敏", "钱进", "孙丽", "周涛"];

fn extent<T: Ord + Clone + std::fmt::Debug + 'static>(all: Vec<T>) -> impl Strategy<Value = Extent<T>> {
    prop_oneof![
        2 => Just(Extent::All),
        3 => proptest::sample::subsequence(all.clone(), 0..=all.len()).prop_map(|these| Extent::These(these.into_iter().collect::<BTreeSet<T>>())),
    ]
}

/// Terms in which `from` and `until` are hours from now.
fn terms() -> impl Strategy<Value = Terms> {
    let clients = ["a", "b", "c"].map(ClientId::from).to_vec();
    let matters = Matter::ALL[..3].to_vec();
    (
        proptest::sample::select(Role::ALL.to_vec()),
        extent(clients),
        extent(matters),
        -1..3_i64,
        proptest::option::of(-1..40_i64),
    )
        .prop_map(|(role, clients, matters, from, until)| Terms {
            role,
            reach: Reach { clients, matters },
            validity: Validity { from: Timestamp(from * HOUR), until: until.map(|hours| Timestamp(hours * HOUR)) },
        })
}

/// Terms that are granted more often than not.
fn likely() -> impl Strategy<Value = Terms> {
    let role = proptest::sample::select(vec![Role::Administrator, Role::Agent]);
    let clients = prop_oneof![Just(Extent::All), Just(Extent::These(BTreeSet::from([ClientId::from("a")])))];
    (role, clients, proptest::option::of(8..40_i64)).prop_map(|(role, clients, until)| Terms {
        role,
        reach: Reach { clients, matters: Extent::All },
        validity: Validity { from: Timestamp(0), until: until.map(|hours| Timestamp(hours * HOUR)) },
    })
}

fn shifted(terms: &Terms, now: Timestamp) -> Terms {
    let at = |time: Timestamp| Timestamp(now.0 + time.0);
    Terms { validity: Validity { from: at(terms.validity.from), until: terms.validity.until.map(at) }, ..terms.clone() }
}

/// What somebody does. People and mandates are picked by number, whether that makes sense or not.
#[derive(Clone, Debug)]
enum Act {
    Grant {
        by: usize,
        to: usize,
        terms: Terms,
    },
    Accept {
        by: usize,
        which: usize,
    },
    /// One that waits, by whom it is meant for.
    AcceptOwn {
        which: usize,
    },
    Decline {
        by: usize,
        which: usize,
    },
    Revoke {
        by: usize,
        which: usize,
    },
    Resign {
        by: usize,
        which: usize,
    },
    Wait(i64),
    /// The registry names somebody else, who takes over.
    Replace {
        by: usize,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let (who, which) = (0..NAMES.len(), 0..60_usize);
    // More often than not the representative (one past the people) grants something likely: else nothing could go wrong.
    let granter = prop_oneof![2 => Just(NAMES.len()), 3 => who.clone()];
    prop_oneof![
        20 => (granter, who.clone(), prop_oneof![1 => terms(), 3 => likely()]).prop_map(|(by, to, terms)| Act::Grant { by, to, terms }),
        6 => (who.clone(), which.clone()).prop_map(|(by, which)| Act::Accept { by, which }),
        20 => which.clone().prop_map(|which| Act::AcceptOwn { which }),
        2 => (who.clone(), which.clone()).prop_map(|(by, which)| Act::Decline { by, which }),
        6 => (who.clone(), which.clone()).prop_map(|(by, which)| Act::Revoke { by, which }),
        3 => (who.clone(), which).prop_map(|(by, which)| Act::Resign { by, which }),
        4 => (1..8_i64).prop_map(Act::Wait),
        1 => who.prop_map(|by| Act::Replace { by }),
    ]
}

/// What was really given, written down beside the store: by whom, to whom, accepted, ended.
#[derive(Clone, Debug)]
struct Given {
    by: Option<MandateId>,
    to: AccountId,
    terms: Terms,
    accepted: bool,
    ended: bool,
}

type Ledger = BTreeMap<String, Given>;

/// A representative's own.
fn own(to: AccountId, now: Timestamp) -> Given {
    let validity = Validity { from: now, until: None };
    let terms = Terms { role: Role::LegalRepresentative, reach: Reach::whole(), validity };
    Given { by: None, to, terms, accepted: true, ended: false }
}

/// Whether the ledger knows an unbroken chain for a mandate, each link in force and within the one above it.
fn stands(ledger: &Ledger, id: &MandateId, now: Timestamp) -> bool {
    let Some(given) = ledger.get(id.as_str()) else { return false };
    let here = given.accepted && !given.ended && given.terms.validity.contains(now);
    here && match &given.by {
        None => given.terms.role == Role::LegalRepresentative,
        Some(by) => {
            let above = &ledger[by.as_str()];
            stands(ledger, by, now)
                && above.terms.role.may_grant(given.terms.role)
                && above.terms.reach.covers(&given.terms.reach)
                && above.terms.validity.covers(&given.terms.validity)
                && above.to != given.to
        }
    }
}

struct Play<'a> {
    app: &'a Arc<App>,
    unit: AccountId,
    people: Vec<(AccountId, String)>,
    root: MandateId,
    order: Vec<MandateId>,
    ledger: Ledger,
}

impl Play<'_> {
    fn pick(&self, which: usize) -> Option<MandateId> {
        self.order.get(which % self.order.len()).cloned()
    }

    async fn act(&mut self, act: &Act) {
        let (app, now) = (self.app, self.app.clock.now());
        match act {
            Act::Grant { by, to, terms } => {
                let terms = shifted(terms, now);
                let representative = || self.ledger[self.root.as_str()].to.clone();
                let granter = self.people.get(*by).map_or_else(representative, |(id, _)| id.clone());
                let (target, phone) = self.people[*to].clone();
                let invited =
                    Invited { name: PersonName::parse(NAMES[*to]).unwrap(), phone: Phone::parse(&phone).unwrap() };
                let mine = mandates::held(&mut app.db.read().await.unwrap(), &self.unit, &granter).await.unwrap();
                let asker = Asker { address: "test".into(), factor: 1_000_000 };
                let asked = Asked { invited, terms: terms.clone() };
                let granted = grant(app, (&granter, &self.unit), asked, &asker).await.unwrap();
                let Some(id) = granted.ok().filter(|id| !self.order.contains(id)) else { return };
                let given = Given { by: mine.map(|m| m.id), to: target, terms, accepted: false, ended: false };
                self.ledger.insert(id.0.clone(), given);
                self.order.push(id);
            }
            Act::Accept { by, which } => {
                let Some(id) = self.pick(*which) else { return };
                let who = self.people[*by].0.clone();
                if accept(app, &who, &id).await.unwrap().is_ok() {
                    let given = self.ledger.get_mut(id.as_str()).unwrap();
                    assert_eq!(given.to, who, "accepted by whom it was given to");
                    assert!(!given.accepted && !given.ended, "once");
                    given.accepted = true;
                }
            }
            Act::AcceptOwn { which } => {
                let waits = |id: &&MandateId| !self.ledger[id.as_str()].accepted && !self.ledger[id.as_str()].ended;
                let waiting: Vec<&MandateId> = self.order.iter().filter(waits).collect();
                let Some(id) = waiting.get(which % waiting.len().max(1)).map(|id| (*id).clone()) else { return };
                let who = self.ledger[id.as_str()].to.clone();
                if accept(app, &who, &id).await.unwrap().is_ok() {
                    self.ledger.get_mut(id.as_str()).unwrap().accepted = true;
                }
            }
            Act::Decline { by, which } => {
                let Some(id) = self.pick(*which) else { return };
                if decline(app, &self.people[*by].0, &id).await.unwrap().is_ok() {
                    self.end(&id);
                }
            }
            Act::Revoke { by, which } => {
                let Some(id) = self.pick(*which) else { return };
                if revoke(app, (&self.people[*by].0, &self.unit), &id).await.unwrap().is_ok() {
                    self.end(&id);
                }
            }
            Act::Resign { by, which } => {
                let Some(id) = self.pick(*which) else { return };
                let who = &self.people[*by].0;
                if resign(app, who, &id).await.unwrap().is_ok() {
                    assert_eq!(self.ledger[id.as_str()].to, *who, "one's own");
                    self.end(&id);
                }
            }
            Act::Wait(hours) => app.clock.advance(std::time::Duration::from_secs(u64::try_from(hours * 3600).unwrap())),
            Act::Replace { by } => {
                let (old, person) = (self.root.clone(), self.people[*by].0.clone());
                let ending = old.clone();
                app.db
                    .write(move |tx| Box::pin(async move { mandates::end(tx, &ending, Ending::Replaced, now).await }))
                    .await
                    .unwrap();
                for id in &self.order {
                    app.caches.forget(&mandates::cache_key(id));
                }
                self.end(&old);
                let new = install(&app.db, &app.random, now, &self.unit, &person).await;
                self.ledger.insert(new.0.clone(), own(person, now));
                self.order.push(new.clone());
                self.root = new;
            }
        }
    }

    fn end(&mut self, id: &MandateId) {
        self.ledger.get_mut(id.as_str()).unwrap().ended = true;
    }

    /// Every right that the store and the cache honour is one of the ledger's; every one of the ledger's is honoured.
    async fn check(&self) {
        let now = self.app.clock.now();
        let mut conn = self.app.db.read().await.unwrap();
        for entry in mandates::of_unit(&mut conn, &self.unit).await.unwrap() {
            let id = entry.id.clone();
            let honoured = entry.live().filter(|mandate| mandate.is_in_force(now));
            let cached = self.app.caches.mandate(&id).await.unwrap();
            assert_eq!(cached.as_deref(), honoured.as_ref(), "the cache and the store agree");
            assert_eq!(honoured.is_some(), stands(&self.ledger, &id, now), "{id}: {:?}", self.ledger[id.as_str()]);
            if let Some(mandate) = honoured {
                let given = &self.ledger[id.as_str()];
                assert_eq!((&mandate.terms, &mandate.person), (&given.terms, &given.to));
                self.trace(&mandate, now).await;
            }
        }
    }

    /// Walks from a mandate in force to the representative.
    async fn trace(&self, leaf: &Mandate, now: Timestamp) {
        let mut conn = self.app.db.read().await.unwrap();
        let mut here = leaf.clone();
        while let Some(by) = here.granted_by.clone() {
            let above = mandates::find(&mut conn, &by).await.unwrap().and_then(Entry::live).expect("a live link");
            assert!(above.is_in_force(now) && above.unit == here.unit && above.person != here.person);
            assert!(above.terms.role.may_grant(here.terms.role));
            assert!(above.terms.reach.covers(&here.terms.reach) && above.terms.validity.covers(&here.terms.validity));
            here = above;
        }
        assert_eq!((here.id, here.terms.role), (self.root.clone(), Role::LegalRepresentative));
    }
}

/// Plays one sequence; how many agents and administrators it made.
async fn play(app: &Arc<App>, round: u32, acts: &[Act]) -> usize {
    let now = app.clock.now();
    let code = format!("91340100MA{round:07}");
    let code = with_check(&code);
    let unit = organisation(&app.random, now, ("合肥甲有限公司", &code));
    store(&app.db, &app.keys, &app.random, &unit).await;
    let mut people = Vec::new();
    for (n, name) in NAMES.into_iter().enumerate() {
        let phone = format!("1{}{:09}", 3 + n, round);
        let born = format!("19{:02}{:02}{:02}", 40 + (round / 336) % 60, 1 + (round / 28) % 12, 1 + round % 28);
        let person = individual(
            &app.random,
            now,
            (name, &number(&born, u32::try_from(n).unwrap() * 7 + round / 20160 + 1)),
            &phone,
        );
        store(&app.db, &app.keys, &app.random, &person).await;
        people.push((person.id, phone));
    }
    let root = install(&app.db, &app.random, now, &unit.id, &people[0].0).await;
    let given = own(people[0].0.clone(), now);
    let ledger = Ledger::from([(root.0.clone(), given)]);
    let mut play = Play { app, unit: unit.id, people, order: vec![root.clone()], root, ledger };
    for act in acts {
        play.act(act).await;
        play.check().await;
    }
    play.ledger.values().filter(|given| given.accepted && given.by.is_some()).count()
}

/// A credit code with its check character (GB 32100-2015).
fn with_check(body: &str) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let mut weight = 1;
    let mut sum = 0;
    for c in body.bytes() {
        sum += ALPHABET.iter().position(|a| *a == c).unwrap() * weight;
        weight = weight * 3 % 31;
    }
    format!("{body}{}", ALPHABET[(31 - sum % 31) % 31] as char)
}

#[test]
fn no_sequence_of_grants_and_revocations_gives_a_right_nobody_gave() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let world = runtime.block_on(World::new(Engine::Sqlite, "mandate-properties"));
    let rounds = std::sync::atomic::AtomicU32::new(0);
    let accepted = std::sync::atomic::AtomicUsize::new(0);
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let acts = proptest::collection::vec(act(), 10..60);
    TestRunner::new(config)
        .run(&acts, |acts| {
            let round = rounds.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let made = runtime.block_on(play(&world.app, round, &acts));
            accepted.fetch_add(made, std::sync::atomic::Ordering::SeqCst);
            Ok(())
        })
        .unwrap();
    assert!(
        accepted.load(std::sync::atomic::Ordering::SeqCst) > 60,
        "sequences that give nobody anything prove nothing"
    );
    runtime.block_on(async move { drop(world) });
}

proptest! {
    /// The domain alone: whatever a chain of grants ends in lies within every link, and serves nowhere else.
    #[test]
    fn what_may_be_granted_lies_within_what_the_granter_has(chain in proptest::collection::vec(terms(), 1..5), at in -2..50_i64) {
        let now = Timestamp(0);
        let mandate = |n: usize, terms: Terms| Mandate {
            id: MandateId(n.to_string()),
            unit: AccountId::from("unit"),
            person: AccountId(n.to_string()),
            terms,
            granted_by: None,
        };
        let whole = Terms { role: Role::LegalRepresentative, reach: Reach::whole(), validity: Validity { from: Timestamp(-HOUR), until: None } };
        let mut links = vec![mandate(0, whole)];
        for terms in chain {
            let above = links.last().unwrap();
            prop_assert!(above.may_grant(&terms, Some(&above.person), now).is_err(), "never to oneself");
            if above.may_grant(&terms, None, now).is_ok() {
                links.push(mandate(links.len(), terms));
            }
        }
        prop_assert!(links.len() <= 3, "a representative, an administrator, an agent");
        let leaf = links.last().unwrap();
        for client in ["a", "b", "c", "d"].map(ClientId::from) {
            if leaf.serves(&client, Timestamp(at * HOUR)) {
                prop_assert!(links.iter().all(|link| link.serves(&client, Timestamp(at * HOUR))));
            }
        }
        for pair in links.windows(2) {
            prop_assert!(pair[0].terms.reach.covers(&pair[1].terms.reach));
            prop_assert!(pair[0].terms.validity.covers(&pair[1].terms.validity));
            prop_assert!(pair[0].terms.role.may_grant(pair[1].terms.role));
        }
    }
}
