//! The civil-affairs department's old user table: a SQLite file of units, and nothing that could be called.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::legacy::md5_hex;
use super::people::SOCIETIES;
use crate::domain::unit::UnitType;

const TABLE: &str = "CREATE TABLE org_user (org_id INTEGER PRIMARY KEY, login_name TEXT NOT NULL UNIQUE, \
    passwd TEXT NOT NULL, salt TEXT NOT NULL, org_name TEXT, org_type TEXT, uscc TEXT, address TEXT, founded TEXT, \
    legal_rep TEXT, legal_rep_id TEXT, mobile TEXT, state INTEGER NOT NULL)";
const ROW: &str = "INSERT INTO org_user VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

/// Writes the table anew.
///
/// # Errors
/// If the file can't be written.
pub async fn write(file: &Path) -> anyhow::Result<()> {
    if file.exists() {
        std::fs::remove_file(file)?;
    }
    let mut connection = SqliteConnectOptions::new().filename(file).create_if_missing(true).connect().await?;
    let mut tx = connection.begin().await?;
    sqlx::query(TABLE).execute(&mut *tx).await?;
    for (person, salt) in SOCIETIES {
        let Some(unit) = &person.unit else { continue };
        sqlx::query(ROW)
            .bind(person.user_id.parse::<i64>()?)
            .bind(person.account)
            .bind(md5_hex(&[&md5_hex(person.password), *salt].concat()))
            .bind(*salt)
            .bind(unit.row.name)
            .bind(UnitType::parse(unit.row.unit_type).map_or("", |unit_type| unit_type.name(false)))
            .bind(unit.row.credit_code)
            .bind(unit.row.address)
            .bind(unit.row.registered_on.replace('-', ""))
            .bind(person.name)
            .bind(person.id_number)
            .bind(person.mobile)
            .bind(person.state as i64)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    connection.close().await?;
    Ok(())
}
