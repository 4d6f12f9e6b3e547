//! Authlib on Python.

use std::process::Command;

use super::program::{client, installed};
use super::stage::Registration;
use super::whole_way::walk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signs_in_checks_the_id_token_refreshes_introspects_and_signs_out() {
    walk(Registration { alg: "RS256", confidential: true }, |_| {
        let mut command = Command::new(installed("authlib/.venv/bin/python"));
        command.arg(client("authlib/relying_party.py"));
        command
    })
    .await;
}
