//! The examination office's old user table: a SQLite file, and nothing that could be called.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::legacy::md5_hex;
use super::people::{EXAM, Stored};

const TABLE: &str = "CREATE TABLE exam_user (uid INTEGER PRIMARY KEY, login_name TEXT NOT NULL UNIQUE, \
    passwd TEXT NOT NULL, salt TEXT, real_name TEXT, id_card TEXT, sex TEXT, nation TEXT, mobile TEXT, mail TEXT, \
    state INTEGER NOT NULL)";
const ROW: &str = "INSERT INTO exam_user VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

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
    for (person, stored) in EXAM {
        let (hash, salt) = match stored {
            Stored::Md5Middle => (md5_hex(person.password).get(8..24).unwrap_or_default().to_ascii_uppercase(), ""),
            Stored::Md5Md5Salt(salt) => (md5_hex(&[&md5_hex(person.password), *salt].concat()), *salt),
            Stored::Unknown(hash) => ((*hash).to_owned(), ""),
        };
        sqlx::query(ROW)
            .bind(person.user_id.parse::<i64>()?)
            .bind(person.account)
            .bind(hash)
            .bind(salt)
            .bind(person.name)
            .bind(person.id_number)
            .bind(person.gender)
            .bind(person.ethnic_code)
            .bind(person.mobile)
            .bind(person.email)
            .bind(person.state as i64)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    connection.close().await?;
    Ok(())
}
