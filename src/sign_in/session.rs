//! Sessions begin here. The cookie is `id.secret`; only the secret's keyed hash is stored.

use std::sync::Arc;

use crate::app::App;
use crate::clock::{Random, Timestamp};
use crate::crypto::Keyring;
use crate::domain::acting::Acting;
use crate::domain::device::Device;
use crate::domain::session::{Method, Place, Session};
use crate::ids::{AccountId, SessionId};
use crate::secret::Secret;
use crate::storage::{Stored, Tx, accounts, audit, grants, sessions};

/// A session about to be stored, and its cookie.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The session.
    pub session: Session,
    device: Device,
    secret: Secret,
}

impl NewSession {
    /// A session for an account, signed in by these methods.
    pub fn new(account: &AccountId, methods: &[Method], place: Place, now: Timestamp, random: &Random) -> Self {
        let (id, secret) = (SessionId::mint(now, random), Secret::new(random.token::<32>()));
        Self::with_secret(account, methods, place, now, id, secret)
    }

    /// A session whose id and secret are given: a finished journey's, which a repeated submit must find again.
    pub fn with_secret(
        account: &AccountId,
        methods: &[Method],
        place: Place,
        now: Timestamp,
        id: SessionId,
        secret: Secret,
    ) -> Self {
        let session = Session {
            id,
            account: account.clone(),
            methods: Method::join(methods),
            level: Method::level(methods),
            acting: Acting::default(),
            authenticated_at: now,
            seen_at: now,
            idle: place.limits.idle,
            expires_at: now.plus(place.limits.absolute),
            generation: 0,
        };
        Self { session, device: place.device, secret }
    }

    /// The same session, whose person has signed in anew: what hangs on it stays. Its cookie is another one, as after every
    /// sign-in, and it is as strong and as old as this sign-in.
    fn again(here: &Session, methods: &[Method], place: Place, now: Timestamp, random: &Random) -> Self {
        let mut new = Self::new(&here.account, methods, place, now, random);
        new.session.id = here.id.clone();
        new.session.acting = here.acting.clone();
        new.session.generation = here.generation;
        new
    }

    /// The same session, to which a second factor was added: it is stronger, and neither younger nor longer.
    fn raised(here: &Session, methods: &[Method], place: Place, now: Timestamp, random: &Random) -> Self {
        let mut all = Method::split(&here.methods);
        all.extend(methods.iter().filter(|method| !Method::split(&here.methods).contains(method)));
        let mut new = Self::again(here, &all, place, now, random);
        new.session.authenticated_at = here.authenticated_at;
        new.session.idle = here.idle;
        new.session.expires_at = here.expires_at;
        new
    }

    /// The cookie's value.
    pub fn cookie(&self) -> String {
        format!("{}.{}", self.session.id, self.secret.expose())
    }

    /// Stores it, with its entry in the audit log.
    ///
    /// # Errors
    /// The store's own.
    pub async fn store(&self, tx: &mut Tx, keys: &Keyring, random: &Random) -> Stored<()> {
        sessions::insert(tx, &self.session, self.device, &token_hash(keys, self.secret.expose())).await?;
        self.note(tx, random).await
    }

    /// Puts it in the place of what is stored; `false` if the session has ended, or another sign-in was faster.
    async fn renew(&self, tx: &mut Tx, keys: &Keyring, random: &Random) -> Stored<bool> {
        let stands = sessions::renew(tx, &self.session, self.device, &token_hash(keys, self.secret.expose())).await?;
        if stands {
            self.note(tx, random).await?;
        }
        Ok(stands)
    }

    async fn note(&self, tx: &mut Tx, random: &Random) -> Stored<()> {
        let who = format!("account:{}", self.session.account);
        let (session, device) = (&self.session, self.device.to_string());
        let detail = serde_json::json!({ "session": session.id, "amr": session.methods, "device": device });
        audit::record(tx, random, self.session.seen_at, "sign_in", (&who, &who), &detail).await
    }
}

fn token_hash(keys: &Keyring, secret: &str) -> String {
    keys.hash("session", secret)
}

/// Begins the session of an account that has just signed in. Where it was signed in in this browser already (`here`) its session
/// goes on, and no client is told of an end; of two sign-ins at once the second gets a session of its own.
///
/// # Errors
/// The store's own.
pub async fn begin(
    app: &App,
    account: &AccountId,
    (methods, place): (&[Method], Place),
    here: Option<&Session>,
) -> Stored<NewSession> {
    let (now, random) = (app.clock.now(), &app.random);
    if let Some(here) = here.filter(|here| here.account == *account) {
        let new = NewSession::again(here, methods, place, now, random);
        let (stored, keys, random) = (new.clone(), Arc::clone(&app.keys), random.clone());
        let stands = app.db.write(move |tx| Box::pin(async move { stored.renew(tx, &keys, &random).await })).await?;
        app.caches.forget(&sessions::cache_key(&new.session.id));
        if stands {
            return Ok(new);
        }
    }
    let new = NewSession::new(account, methods, place, now, random);
    let (stored, keys, random) = (new.clone(), Arc::clone(&app.keys), random.clone());
    app.db.write(move |tx| Box::pin(async move { stored.store(tx, &keys, &random).await })).await?;
    Ok(new)
}

/// Adds a second factor to a session; its cookie is another one then. `None` if the session has ended.
///
/// # Errors
/// The store's own.
pub async fn raise(app: &App, here: &Session, methods: &[Method], place: Place) -> Stored<Option<NewSession>> {
    let new = NewSession::raised(here, methods, place, app.clock.now(), &app.random);
    let (stored, keys, random) = (new.clone(), Arc::clone(&app.keys), app.random.clone());
    let stands = app.db.write(move |tx| Box::pin(async move { stored.renew(tx, &keys, &random).await })).await?;
    app.caches.forget(&sessions::cache_key(&here.id));
    Ok(stands.then_some(new))
}

/// The live session behind a cookie, which is used by that.
///
/// # Errors
/// The store's own.
pub async fn read(app: &App, cookie: &str) -> Stored<Option<Session>> {
    match parts(cookie) {
        Some((id, secret)) => app.caches.session(&id, &token_hash(&app.keys, secret)).await,
        None => Ok(None),
    }
}

/// The same without using it.
///
/// # Errors
/// The store's own.
pub async fn peek(app: &App, cookie: &str) -> Stored<Option<Session>> {
    match parts(cookie) {
        Some((id, secret)) => app.caches.unused_session(&id, &token_hash(&app.keys, secret)).await,
        None => Ok(None),
    }
}

fn parts(cookie: &str) -> Option<(SessionId, &str)> {
    let (id, secret) = cookie.split_once('.')?;
    (id.len() <= 64 && secret.len() <= 64).then(|| (SessionId::from(id), secret))
}

/// Ends a session and every token granted in it.
///
/// # Errors
/// The store's own.
pub async fn end(app: &App, session: &Session, why: &'static str) -> Stored<()> {
    end_of(app, &session.account, &session.id, why).await
}

/// Ends a session that another sign-in in its browser has taken the place of. One that was renewed since it was read has another
/// cookie by now, which the browser may hold: it goes on.
///
/// # Errors
/// The store's own.
pub async fn supersede(app: &App, old: &Session) -> Stored<()> {
    let (ended, random, now) = (old.clone(), app.random.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            Box::pin(async move {
                if sessions::supersede(tx, &ended, now).await? {
                    let who = format!("account:{}", ended.account);
                    let detail = serde_json::json!({ "session": ended.id, "why": "signed in again" });
                    audit::record(tx, &random, now, "sign_out", (&who, &who), &detail).await?;
                }
                Stored::Ok(())
            })
        })
        .await?;
    app.caches.forget(&sessions::cache_key(&old.id));
    Ok(())
}

/// Ends a session if it is this account's, and every token granted in it.
///
/// # Errors
/// The store's own.
pub async fn end_of(app: &App, account: &AccountId, session: &SessionId, why: &'static str) -> Stored<()> {
    end_by(app, account, account, session, why).await
}

/// The same by another account: a guardian's.
///
/// # Errors
/// The store's own.
pub async fn end_by(
    app: &App,
    actor: &AccountId,
    account: &AccountId,
    session: &SessionId,
    why: &'static str,
) -> Stored<()> {
    let (id, account, random, now) = (session.clone(), account.clone(), app.random.clone(), app.clock.now());
    let actor = format!("account:{actor}");
    app.db
        .write(move |tx| {
            Box::pin(async move {
                if sessions::end(tx, &account, &id, now).await? {
                    let who = format!("account:{account}");
                    let detail = serde_json::json!({ "session": id, "why": why });
                    audit::record(tx, &random, now, "sign_out", (&actor, &who), &detail).await?;
                }
                Stored::Ok(())
            })
        })
        .await?;
    app.caches.forget(&sessions::cache_key(session));
    Ok(())
}

/// Ends every other session of this session's account.
///
/// # Errors
/// The store's own.
pub async fn end_others(app: &App, here: &Session) -> Stored<()> {
    let (here, random, now) = (here.clone(), app.random.clone(), app.clock.now());
    let ended = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let ended = sessions::end_others(tx, &here, now).await?;
                if !ended.is_empty() {
                    let who = format!("account:{}", here.account);
                    let detail = serde_json::json!({ "sessions": ended });
                    audit::record(tx, &random, now, "sign_out.others", (&who, &who), &detail).await?;
                }
                Stored::Ok(ended)
            })
        })
        .await?;
    for session in &ended {
        app.caches.forget(&sessions::cache_key(session));
    }
    Ok(())
}

/// Ends every session of an account, this one too.
///
/// # Errors
/// The store's own.
pub async fn end_everywhere(app: &App, account: &AccountId) -> Stored<()> {
    let (account, random, now) = (account.clone(), app.random.clone(), app.clock.now());
    let ended = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let ended = sessions::end_all(tx, &account, now).await?;
                if !ended.is_empty() {
                    let who = format!("account:{account}");
                    let detail = serde_json::json!({ "sessions": ended });
                    audit::record(tx, &random, now, "sign_out.all", (&who, &who), &detail).await?;
                }
                Stored::Ok(ended)
            })
        })
        .await?;
    for session in &ended {
        app.caches.forget(&sessions::cache_key(session));
    }
    Ok(())
}

/// Ends, in the caller's transaction, what was begun with an account's former way in: every session but `spare`, and the grants
/// that outlive sessions. What to forget from the caches when it is committed.
///
/// # Errors
/// The store's own.
pub async fn end_all(tx: &mut Tx, account: &AccountId, spare: Option<&Session>, now: Timestamp) -> Stored<Vec<String>> {
    let ended = match spare {
        Some(here) => sessions::end_others(tx, here, now).await?,
        None => sessions::end_all(tx, account, now).await?,
    };
    let revoked = grants::revoke_offline_of(tx, account, now).await?;
    let keys = ended.iter().map(sessions::cache_key).chain(revoked.iter().map(grants::cache_key));
    Ok(keys.chain([accounts::cache_key(account)]).collect())
}
