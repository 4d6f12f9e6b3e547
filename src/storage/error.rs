//! What can go wrong below: three kinds, and an absent row is none of them.

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// A uniqueness rule of the database was hit where the statement didn't expect it.
    #[error("conflict with {0}")]
    Conflict(String),
    /// A row holds what can't be: names its table, key and column.
    #[error("corrupt row {key} in {table}.{column}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The row's primary key.
        key: String,
        /// The column.
        column: &'static str,
    },
    /// The database itself failed.
    #[error("database: {0}")]
    Backend(#[source] sqlx::Error),
    /// A value couldn't be sealed or opened.
    #[error(transparent)]
    Seal(#[from] crate::crypto::SealError),
    /// The writer has ended: the process is shutting down.
    #[error("the writer has ended")]
    Closed,
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error() {
            Some(database) if database.is_unique_violation() => {
                Self::Conflict(database.constraint().unwrap_or(database.message()).to_owned())
            }
            _ => Self::Backend(error),
        }
    }
}

/// The result of a storage call.
pub type Stored<T> = Result<T, StorageError>;
