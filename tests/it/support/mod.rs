//! The harness: a world with a fixed clock and a seeded generator on a fresh database of either engine, real
//! neighbours on loopback, a cookie-keeping browser on the real router, and a relying party.

pub mod authenticator;
mod browser;
mod listener;
mod relying_party;
mod signer;
mod tls;
mod unit;
mod upstream;
mod world;

pub use browser::Browser;
pub use listener::{Listener, part, verified};
pub use relying_party::{RelyingParty, Started, endpoint, token, userinfo};
pub use signer::{Signer, changed, unsigned};
pub use tls::{listen_tls, through};
pub use unit::{Unit, account_of, agent, end, representative, representative_at, say, unit, unit_at};
pub use upstream::{Refresh, Rogue, Token, at_police, parameter};
pub use world::{BOOKING, Engine, PUBLIC, RS256, RS256_SECRET, World, database, listen, pkce, same_keys, scalar};

/// Declares tests that run on both engines: `both! { async fn name(world) { … } }`.
macro_rules! both {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn run($world: $crate::support::World) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                run($crate::support::World::new($crate::support::Engine::Sqlite, stringify!($name)).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                run($crate::support::World::new($crate::support::Engine::Postgres, stringify!($name)).await).await;
            }
        }
    )*};
}
