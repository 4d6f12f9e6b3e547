//! The `openidconnect` crate, in an app without a secret.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::program::client;
use super::stage::Registration;
use super::whole_way::walk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signs_in_without_a_secret_checks_the_id_token_rotates_and_signs_out() {
    walk(Registration { alg: "ES256", confidential: false }, |_| Command::new(built())).await;
}

/// The example, which cargo builds beside the portal when `tests/run` asks for it.
fn built() -> PathBuf {
    const HOW: &str = "tests/run builds it, or `cargo build --example openidconnect`";
    let binary = Path::new(env!("CARGO_BIN_EXE_guiyi")).with_file_name("examples").join("openidconnect");
    let age = |path: &Path| path.metadata().and_then(|file| file.modified());
    let built = age(&binary).unwrap_or_else(|error| panic!("{}: {error}; {HOW}", binary.display()));
    let written = age(&client("openidconnect/main.rs")).unwrap();
    assert!(built >= written, "{} is older than its source; {HOW}", binary.display());
    binary
}
