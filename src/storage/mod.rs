//! The database: one file an aggregate, one SQL text for SQLite and PostgreSQL, all writes through [`Db::write`].

pub mod accounts;
pub mod audit;
pub mod authenticators;
pub mod changes;
pub mod clients;
pub mod closures;
pub mod codes;
pub mod consents;
pub mod copies;
mod db;
pub mod erasure;
mod error;
pub mod evidence;
pub mod examination;
pub mod failures;
pub mod grants;
pub mod guardianships;
pub mod interactions;
pub mod journeys;
pub mod leases;
pub mod limits;
pub mod links;
pub mod mandates;
pub mod outbox;
mod query;
pub mod recoveries;
mod redemptions;
pub mod refresh_tokens;
pub mod representative_invitations;
pub mod reviews;
pub mod revoked_tokens;
pub mod session_clients;
pub mod sessions;
pub mod sweep;
pub mod tickets;
pub mod units;
pub mod upstream_sign_ins;
mod writer;

pub use db::{Conn, Db, Tx};
pub use error::{StorageError, Stored};
pub use redemptions::Redemptions;
pub use writer::Writer;

/// Every statement of every aggregate.
pub fn statements() -> impl Iterator<Item = &'static str> {
    [
        accounts::STATEMENTS,
        audit::STATEMENTS,
        authenticators::STATEMENTS,
        changes::STATEMENTS,
        clients::STATEMENTS,
        closures::STATEMENTS,
        codes::STATEMENTS,
        consents::STATEMENTS,
        copies::STATEMENTS,
        erasure::STATEMENTS,
        evidence::STATEMENTS,
        examination::STATEMENTS,
        failures::STATEMENTS,
        grants::STATEMENTS,
        guardianships::STATEMENTS,
        interactions::STATEMENTS,
        journeys::STATEMENTS,
        leases::STATEMENTS,
        limits::STATEMENTS,
        links::STATEMENTS,
        mandates::STATEMENTS,
        outbox::STATEMENTS,
        representative_invitations::STATEMENTS,
        recoveries::STATEMENTS,
        refresh_tokens::STATEMENTS,
        reviews::STATEMENTS,
        revoked_tokens::STATEMENTS,
        session_clients::STATEMENTS,
        sessions::STATEMENTS,
        sweep::STATEMENTS,
        tickets::STATEMENTS,
        units::STATEMENTS,
        upstream_sign_ins::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

impl Db {
    /// Prepares a statement on this engine without running it.
    ///
    /// # Errors
    /// If the engine refuses it.
    pub async fn prepare(&self, sql: &'static str) -> Stored<()> {
        use sqlx::Executor;
        let mut conn = self.read().await?;
        query::on_engine!(conn, |c| c.prepare(sqlx::SqlStr::from_static(sql)).await.map(|_| ()))
    }
}
