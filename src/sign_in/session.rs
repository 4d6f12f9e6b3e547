//! Sessions begin here. The cookie is `id.secret`; only the secret's keyed hash is stored.

use crate::app::App;
use crate::clock::{Random, Timestamp};
use crate::crypto::Keyring;
use crate::domain::acting::Acting;
use crate::domain::device::Device;
use crate::domain::session::{ABSOLUTE, Method, Session};
use crate::ids::{AccountId, SessionId};
use crate::protocol::acr::SignInLevel;
use crate::secret::Secret;
use crate::storage::{Stored, Tx, audit, sessions};

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
    pub fn new(account: &AccountId, methods: &[Method], device: Device, now: Timestamp, random: &Random) -> Self {
        let (id, secret) = (SessionId::mint(now, random), Secret::new(random.token::<32>()));
        Self::with_secret(account, methods, device, now, id, secret)
    }

    /// A session whose id and secret are given: a finished journey's, which a repeated submit must find again.
    pub fn with_secret(
        account: &AccountId,
        methods: &[Method],
        device: Device,
        now: Timestamp,
        id: SessionId,
        secret: Secret,
    ) -> Self {
        // A code to a phone that was named a minute ago is no second factor yet: only one beside the account's password.
        let two = methods.contains(&Method::OneTimeCode) && methods.contains(&Method::Password);
        let session = Session {
            id,
            account: account.clone(),
            methods: Method::join(methods),
            level: if two { SignInLevel::TwoFactors } else { SignInLevel::OneFactor },
            acting: Acting::default(),
            authenticated_at: now,
            seen_at: now,
            expires_at: now.plus(ABSOLUTE),
        };
        Self { session, device, secret }
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
        let who = format!("account:{}", self.session.account);
        let (session, device) = (&self.session, self.device.to_string());
        let detail = serde_json::json!({ "session": session.id, "amr": session.methods, "device": device });
        audit::record(tx, random, self.session.authenticated_at, "sign_in", (&who, &who), &detail).await
    }
}

fn token_hash(keys: &Keyring, secret: &str) -> String {
    keys.hash("session", secret)
}

/// The live session behind a cookie.
///
/// # Errors
/// The store's own.
pub async fn read(app: &App, cookie: &str) -> Stored<Option<Session>> {
    let Some((id, secret)) = cookie.split_once('.') else { return Ok(None) };
    if id.len() > 64 || secret.len() > 64 {
        return Ok(None);
    }
    app.caches.session(&SessionId::from(id), &token_hash(&app.keys, secret)).await
}

/// Ends a session and every token granted in it.
///
/// # Errors
/// The store's own.
pub async fn end(app: &App, session: &Session, why: &'static str) -> Stored<()> {
    end_of(app, &session.account, &session.id, why).await
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
