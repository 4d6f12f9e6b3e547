//! The demonstration's servers and its invented people. Never part of a package (cargo feature `demo`).
//!
//! Each server is a function that makes an [`axum::Router`] of its state, and speaks the protocol that its real
//! counterpart would: nothing in the portal is mocked for the demonstration.

use std::future::Future;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::Router;
use tokio::net::TcpListener;

pub mod exam;
pub mod inbox;
pub mod legacy;
pub mod manifest;
pub mod outage;
pub mod people;
pub mod police;
pub mod registry;
pub mod relying_party;
pub mod signed;
pub mod societies;
pub mod source;
pub mod staff;
pub mod tester;
pub mod world;

mod page;

pub use manifest::{Addresses, Manifest, manifest, table};
pub use outage::Mode;

/// Serves `router` until `shutdown` is ready, then lets the requests under way finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

/// A panic elsewhere leaves the demonstration's little maps usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
