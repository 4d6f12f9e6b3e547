//! One statement, two engines: the macros expand a query once for each.

/// Declares the statements of a file and `STATEMENTS`, which a test prepares on both engines.
macro_rules! statements {
    ($($name:ident = $sql:literal;)*) => {
        $(const $name: &str = $sql;)*
        /// Every statement of this file, for the test that prepares them on both engines.
        pub const STATEMENTS: &[&str] = &[$($name),*];
    };
}

macro_rules! on_engine {
    ($conn:expr, |$c:ident| $query:expr) => {
        match $conn.engine() {
            $crate::storage::db::Engine::Sqlite($c) => $query,
            $crate::storage::db::Engine::Postgres($c) => $query,
        }
        .map_err($crate::storage::StorageError::from)
    };
}

/// Runs a statement: how many rows it touched.
macro_rules! execute {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        on_engine!($conn, |c| sqlx::query($sql)$(.bind($bind))*.execute(c).await.map(|done| done.rows_affected()))
    };
}

/// The row that a statement returns, if there is one.
macro_rules! fetch_optional {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        on_engine!($conn, |c| sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(c).await)
    };
}

/// All rows that a statement returns.
macro_rules! fetch_all {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        on_engine!($conn, |c| sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(c).await)
    };
}

pub(super) use {execute, fetch_all, fetch_optional, on_engine, statements};
