//! Sessions begin here. The cookie is `id.secret`; only the secret's keyed hash is stored.

use crate::app::App;
use crate::clock::{Random, Timestamp};
use crate::crypto::Keyring;
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
    secret: Secret,
}

impl NewSession {
    /// A session for an account, signed in by these methods.
    pub fn new(account: &AccountId, methods: &[Method], now: Timestamp, random: &Random) -> Self {
        Self::with_secret(account, methods, now, SessionId::mint(now, random), Secret::new(random.token::<32>()))
    }

    /// A session whose id and secret are given: a finished journey's, which a repeated submit must find again.
    pub fn with_secret(account: &AccountId, methods: &[Method], now: Timestamp, id: SessionId, secret: Secret) -> Self {
        // A code to a phone that was named a minute ago is no second factor yet: only one beside the account's password.
        let two = methods.contains(&Method::OneTimeCode) && methods.contains(&Method::Password);
        let session = Session {
            id,
            account: account.clone(),
            methods: Method::join(methods),
            level: if two { SignInLevel::TwoFactors } else { SignInLevel::OneFactor },
            authenticated_at: now,
            seen_at: now,
            expires_at: now.plus(ABSOLUTE),
        };
        Self { session, secret }
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
        sessions::insert(tx, &self.session, &token_hash(keys, self.secret.expose())).await?;
        let who = format!("account:{}", self.session.account);
        let detail = serde_json::json!({ "session": self.session.id, "amr": self.session.methods });
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
    let (id, account, random, now) = (session.id.clone(), session.account.clone(), app.random.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            Box::pin(async move {
                if sessions::end(tx, &id, now).await? {
                    let who = format!("account:{account}");
                    let detail = serde_json::json!({ "session": id, "why": why });
                    audit::record(tx, &random, now, "sign_out", (&who, &who), &detail).await?;
                }
                Stored::Ok(())
            })
        })
        .await?;
    app.caches.forget(&sessions::cache_key(&session.id));
    Ok(())
}
