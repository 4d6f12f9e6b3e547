//! An old user table, read where it lies. A SQLite file is opened read-only for each sign-in: it may be replaced by a
//! newer copy at any time, and is never made, locked or written to from here.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, FromRow, Row as _};

use super::{Credentials, Doubt, SignInFailure, UpstreamProfile, UpstreamUnit, UpstreamUser, formula};
use crate::config::{self, Formula, Status};
use crate::ids::{SystemId, UpstreamSubject};
use crate::protocol::account_kind::AccountKind;

/// How long a sign-in may take in all.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long a writer of the old system is waited for.
const BUSY: Duration = Duration::from_secs(2);

pub(super) struct UserTable {
    system: SystemId,
    file: SqliteConnectOptions,
    query: String,
    formulas: Vec<Formula>,
    status: Option<Status>,
}

/// Subject, hash, salt, status, then the person and the unit in the order of [`config::ProfileNames`].
#[derive(Default)]
struct Row([String; 18]);

impl FromRow<'_, SqliteRow> for Row {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let mut columns = Self::default();
        for (index, column) in columns.0.iter_mut().enumerate() {
            *column = row.try_get(index)?;
        }
        Ok(columns)
    }
}

impl UserTable {
    pub(super) fn new(system: &SystemId, table: &config::UserTable) -> Self {
        let file = SqliteConnectOptions::new()
            .filename(&table.path)
            .read_only(true)
            .busy_timeout(BUSY)
            .pragma("query_only", "ON")
            .pragma("trusted_schema", "OFF")
            .disable_statement_logging();
        Self {
            system: system.clone(),
            file,
            query: query(table),
            formulas: table.formulas.clone(),
            status: table.status.clone(),
        }
    }

    /// Whoever isn't there costs the same query and the same hashes.
    pub(super) async fn sign_in(&self, credentials: &Credentials<'_>) -> Result<UpstreamUser, SignInFailure> {
        let rows = match tokio::time::timeout(TIMEOUT, self.rows(credentials.account)).await {
            Ok(Ok(rows)) => rows,
            Ok(Err(error)) => {
                tracing::warn!(system = %self.system, %error, "the old user table can't be read");
                return Err(SignInFailure::Unavailable);
            }
            Err(_) => return Err(SignInFailure::Unavailable),
        };
        // Two users of whom each has the other's number as a name: nobody can say whose password it would be.
        let row = <[Row; 1]>::try_from(rows).map(|[row]| row).ok();
        let is_user = row.is_some();
        let Row([subject, stored, salt, status, profile @ ..]) = row.unwrap_or_default();
        let [name, document_type, document_country, document_number, birth_date, profile @ ..] = profile;
        let [gender, ethnic_group, phone, email, unit @ ..] = profile;
        let [unit_name, unit_type, credit_code, address, registered_on] = unit;
        let right = self
            .formulas
            .iter()
            .fold(false, |right, formula| formula::matches(*formula, credentials.password, &stored, &salt) | right);
        if !(right && is_user) {
            return Err(SignInFailure::Rejected);
        }
        if let Some(known) = &self.status {
            if known.disabled.contains(&status) {
                return Err(SignInFailure::Disabled);
            }
            if known.locked.contains(&status) {
                return Err(SignInFailure::Locked);
            }
        }
        if subject.is_empty() {
            tracing::warn!(system = %self.system, "a row of the old user table has no subject");
            return Err(SignInFailure::Unavailable);
        }
        let profile = UpstreamProfile {
            name,
            document_type,
            document_country,
            document_number,
            birth_date,
            gender,
            ethnic_group,
            phone,
            email,
            unit: (credentials.kind == AccountKind::LegalPerson).then_some(UpstreamUnit {
                name: unit_name,
                unit_type,
                credit_code,
                address,
                registered_on,
            }),
        };
        Ok(UpstreamUser { subject: UpstreamSubject(subject), says_verified: false, profile })
    }

    /// Asks for nobody.
    pub(super) async fn examine(&self) -> Result<(), Doubt> {
        let look = async {
            let mut connection = self.file.connect().await.map_err(|error| Doubt::File(error.to_string()))?;
            let query = sqlx::query_as::<_, Row>(AssertSqlSafe(self.query.clone())).bind("");
            let found = query.fetch_all(&mut connection).await;
            let _ = connection.close().await;
            found.map(drop).map_err(|error| Doubt::Columns(error.to_string()))
        };
        let late = |_| Doubt::File("somebody else holds the file".to_owned());
        tokio::time::timeout(TIMEOUT, look).await.map_err(late)?
    }

    async fn rows(&self, account: &str) -> sqlx::Result<Vec<Row>> {
        let mut connection = self.file.connect().await?;
        let query = sqlx::query_as(AssertSqlSafe(self.query.clone())).bind(account);
        let rows = query.fetch_all(&mut connection).await;
        let _ = connection.close().await;
        rows
    }
}

/// At most two rows whose account is `?1`, every column as text. The names were checked with the configuration; they
/// stand behind `t.`, because SQLite takes a quoted name that no column has for a text.
fn query(table: &config::UserTable) -> String {
    let text = |column: Option<&str>| {
        column.map_or_else(|| "''".to_owned(), |column| format!("coalesce(cast(t.\"{column}\" AS TEXT), '')"))
    };
    let status = table.status.as_ref().map(|status| status.column.as_str());
    let columns = [Some(table.subject.as_str()), Some(&table.password), table.salt.as_deref(), status];
    let columns = columns.into_iter().chain(table.columns.person()).chain(table.columns.unit());
    let columns: Vec<String> = columns.map(text).collect();
    let accounts: Vec<String> =
        table.accounts.iter().map(|column| format!("t.\"{column}\" = ?1 COLLATE BINARY")).collect();
    format!("SELECT {} FROM \"{}\" AS t WHERE {} LIMIT 2", columns.join(", "), table.table, accounts.join(" OR "))
}
