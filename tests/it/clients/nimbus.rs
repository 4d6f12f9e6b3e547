//! Nimbus' SDK on Java.

use std::process::Command;

use super::program::{client, installed};
use super::stage::Registration;
use super::whole_way::walk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signs_in_checks_the_id_token_refreshes_introspects_and_signs_out() {
    walk(Registration { alg: "ES256", confidential: true }, |stage| {
        let mut command = Command::new("java");
        command
            .arg(format!("-Djavax.net.ssl.trustStore={}", stage.authority.trust_store().display()))
            .arg("-Djavax.net.ssl.trustStorePassword=changeit")
            .arg("-cp")
            .arg(installed("nimbus/lib").join("*"))
            .arg(client("nimbus/RelyingParty.java"));
        command
    })
    .await;
}
