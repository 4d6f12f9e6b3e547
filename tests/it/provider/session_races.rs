//! A session ends at the moment at which a code of it is redeemed, on another node.

use std::time::Duration;

use serde_json::Value;
use sqlx::{Connection, PgConnection};
use tokio::task::JoinHandle;

use super::logout_back_channel::{listening, tell};
use super::*;
use crate::migration::NEW_PASSWORD;
use crate::support::{BOOKING, Engine, Listener, endpoint, pkce, token, userinfo};

const CALLBACK: &str = "http://localhost:8081/callback";

fn secret(world: &World) -> String {
    world.config.clients[0].secret.as_ref().unwrap().expose().to_owned()
}

async fn redeem_at(router: axum::Router, secret: String, code: String, verifier: String) -> (u16, Value) {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", verifier.as_str()),
    ];
    token(&router, Some((BOOKING, &secret)), &form).await
}

async fn sign_out(mut browser: Browser) {
    browser.get("/logout").await;
    browser.submit(&[]).await;
    assert!(browser.shows("已退出登录"), "{}", browser.body);
}

/// Nothing that was given is good anywhere; and whoever got something is told.
async fn is_over(world: &World, other: &axum::Router, listener: &Listener, (status, answer): (u16, Value)) {
    world.advance(1);
    if status != 200 {
        assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_grant")));
        return;
    }
    let access = answer["access_token"].as_str().unwrap();
    for router in [&world.router, other] {
        assert_eq!(userinfo(router, access).await.0, 401, "no token is alive after the end");
        let (_, told) = endpoint(router, "/introspect", Some((BOOKING, &secret(world))), &[("token", access)]).await;
        assert_eq!(told["active"], false);
    }
    assert_eq!((tell(world).await, listener.heard().len()), (1, 1), "a client that got tokens hears of the end");
}

/// Holds up whoever stores a row, at one instant of its transaction, until the value is dropped.
struct Hold {
    connection: PgConnection,
}

impl Hold {
    async fn at(world: &World, instant: &str) -> Self {
        let mut connection = PgConnection::connect(world.config.database.url.expose()).await.unwrap();
        for sql in [
            "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NEW; END'",
            &format!("CREATE TRIGGER hold {instant} FOR EACH ROW EXECUTE FUNCTION hold()"),
            "SELECT pg_advisory_lock(7)",
        ] {
            sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        }
        Self { connection }
    }

    /// Waits until so many wait for a lock, or the task has ended without.
    async fn until_waiting<T>(&mut self, many: i64, task: &JoinHandle<T>) {
        let waiting =
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        for _ in 0..800 {
            let now: i64 = sqlx::query_scalar(waiting).fetch_one(&mut self.connection).await.unwrap();
            if now >= many || task.is_finished() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nobody waits");
    }
}

/// A code is redeemed on one node, is held up at this instant, and meanwhile the person signs out on another.
async fn overtaken(name: &str, instant: &str) {
    let (world, listener) = listening(World::new(Engine::Postgres, name).await).await;
    let (_app, other) = world.second_node().await;
    let mut browser = signed_in(&world).await;
    let (verifier, challenge) = pkce();
    let code = code(&mut browser, &challenge, &[]).await;
    let mut hold = Hold::at(&world, instant).await;
    let redeemed = tokio::spawn(redeem_at(other.clone(), secret(&world), code, verifier));
    hold.until_waiting(1, &redeemed).await;
    assert!(!redeemed.is_finished(), "it is held up");
    let signed_out = tokio::spawn(sign_out(browser));
    hold.until_waiting(2, &signed_out).await;
    hold.connection.close().await.unwrap();
    signed_out.await.unwrap();
    is_over(&world, &other, &listener, redeemed.await.unwrap()).await;
    assert_eq!(world.scalar("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_out_while_the_grant_is_stored_leaves_no_token_alive_and_tells_the_client_on_postgres() {
    overtaken("storing", "BEFORE INSERT ON grants").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_out_just_before_the_redemption_commits_leaves_no_token_alive_and_tells_the_client_on_postgres() {
    overtaken("committing", "AFTER INSERT ON session_clients").await;
}

both! {
    async fn whichever_comes_first_no_token_is_alive_after_the_end(world) {
        let (world, listener) = listening(world).await;
        let (_app, other) = world.second_node().await;
        let mut browser = signed_in(&world).await;
        let mut given = 0;
        for round in 0..12 {
            if round > 0 {
                browser.get("/login").await;
                browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
            }
            let (verifier, challenge) = pkce();
            let code = code(&mut browser, &challenge, &[]).await;
            browser.get("/logout").await;
            let (mut leaving, secret) = (browser.clone(), secret(&world));
            let (answer, ()) = tokio::join!(redeem_at(other.clone(), secret, code, verifier), async {
                tokio::time::sleep(Duration::from_millis(round / 2)).await;
                leaving.submit(&[]).await;
            });
            given += usize::from(answer.0 == 200);
            is_over(&world, &other, &listener, answer).await;
            assert_eq!(tell(&world).await, 0, "and nobody else is");
            browser.jar = leaving.jar;
        }
        println!("{given} of 12 redemptions came first");
    }
}
