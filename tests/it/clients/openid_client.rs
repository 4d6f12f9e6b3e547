//! `openid-client` on Node.js.

use std::process::Command;

use super::program::{client, installed};
use super::stage::Registration;
use super::whole_way::walk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signs_in_checks_the_id_token_refreshes_introspects_and_signs_out() {
    walk(Registration { alg: "ES256", confidential: true }, |_| {
        installed("openid-client/node_modules/openid-client");
        let mut command = Command::new("node");
        command.arg(client("openid-client/relying_party.mjs"));
        command
    })
    .await;
}
