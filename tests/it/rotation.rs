//! `guiyi keys rotate` as operators give it: beside a running `guiyi serve`, and broken off by kill -9.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use guiyi::clock::{Clock, Random};
use guiyi::keys::{Listed, SigningKeys, State, list};
use guiyi::protocol::signing::SigningAlgorithm;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::Value;

use crate::kill::portal::{Portal, free_port};
use crate::kill::town::Town;
use crate::support::Engine;

const SECRET: &str = "a-secret-of-a-machine-0123456789abcdef";
const RESOURCE: &str = "https://tax.example.gov.cn";
/// How often a rotation is broken off on each engine.
const KILLS: u64 = 14;

/// A portal with a machine for each algorithm: their tokens show which keys sign.
struct Operator {
    town: Town,
    portal: Portal,
    address: SocketAddr,
    http: reqwest::Client,
}

impl Operator {
    async fn new(engine: Engine) -> Self {
        let (random, mut more) = (Random::system(), String::new());
        for algorithm in SigningAlgorithm::ALL.map(SigningAlgorithm::as_str) {
            more.push_str(&format!(
                "\n[[clients]]\nid = \"{algorithm}\"\nname_zh = \"数据交换\"\nname_en = \"Data exchange\"\nsecret = \"{SECRET}\"\n\
                 grant_types = [\"client_credentials\"]\naccess_token_format = \"jwt\"\nresources = [\"{RESOURCE}\"]\n\
                 id_token_signed_response_alg = \"{algorithm}\"\n"
            ));
        }
        let address = free_port(&random);
        let town = Town::at("https://portal.example.gov.cn", &more, engine, address, random).await;
        let mut portal = Portal::new(town.config.clone(), address);
        portal.spawn();
        portal.until_up().await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { town, portal, address, http }
    }

    fn keys(&self) -> PathBuf {
        self.town.folder.join("keys")
    }

    fn list(&self) -> Vec<Listed> {
        list(&self.keys(), Clock::System.now()).unwrap()
    }

    /// `guiyi keys --config FILE …`
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guiyi"));
        command.args(["keys", "--config"]).arg(&self.town.config).args(args);
        command
    }

    fn say(&self, args: &[&str]) -> String {
        let output = self.command(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    async fn post(&self, path: &str, client: &str, form: &[(&str, &str)]) -> Value {
        let url = format!("http://{}{path}", self.address);
        let answer = self.http.post(url).basic_auth(client, Some(SECRET)).form(form).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    async fn published(&self) -> JwkSet {
        self.http.get(format!("http://{}/jwks", self.address)).send().await.unwrap().json().await.unwrap()
    }

    /// A token that each key signs.
    async fn tokens(&self) -> Vec<String> {
        let mut tokens = Vec::new();
        for algorithm in SigningAlgorithm::ALL.map(SigningAlgorithm::as_str) {
            let answer = self.post("/token", algorithm, &[("grant_type", "client_credentials")]).await;
            tokens.push(answer["access_token"].as_str().unwrap().to_owned());
        }
        tokens
    }

    /// A relying party takes the tokens by the published keys, and the portal knows them for its own.
    async fn are_good(&self, tokens: &[String]) {
        let keys = self.published().await;
        for (token, client) in tokens.iter().zip(SigningAlgorithm::ALL.map(SigningAlgorithm::as_str)) {
            let header = jsonwebtoken::decode_header(token).unwrap();
            let key = keys.find(header.kid.as_deref().unwrap()).expect("its key is published");
            let mut validation = Validation::new(header.alg);
            validation.set_audience(&[RESOURCE]);
            jsonwebtoken::decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation).unwrap();
            assert_eq!(self.post("/introspect", client, &[("token", token)]).await["active"], true, "{client}");
        }
    }
}

fn kids(tokens: &[String]) -> BTreeSet<String> {
    tokens.iter().map(|token| jsonwebtoken::decode_header(token).unwrap().kid.unwrap()).collect()
}

/// Waits until the running portal has noticed.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{what}");
}

async fn beside_a_running_portal(engine: Engine) {
    let operator = Operator::new(engine).await;
    let listed = operator.say(&["list"]);
    assert_eq!((listed.lines().count(), listed.matches(" signs (").count()), (4, 4), "{listed}");
    let before = operator.tokens().await;
    let old = kids(&before);
    assert_eq!(old.len(), 4);

    let told = operator.say(&["rotate", "--activate-after", "8"]);
    let begun = Instant::now();
    assert!(told.starts_with("clients that keep") && told.matches("published, signs from").count() == 4, "{told}");
    let both = until("the successors are published", async || {
        Some(operator.published().await.keys).filter(|keys| keys.len() == 8)
    });
    let both: BTreeSet<String> = both.await.into_iter().map(|key| key.common.key_id.unwrap()).collect();
    assert!(old.is_subset(&both), "beside those that sign");
    let meanwhile = operator.tokens().await;
    // A machine that was busy for so long proves nothing here.
    if begun.elapsed() < Duration::from_secs(6) {
        assert_eq!(kids(&meanwhile), old, "published, and not signing yet");
    }

    let after = until("the successors sign", async || {
        let tokens = operator.tokens().await;
        kids(&tokens).is_disjoint(&old).then_some(tokens)
    });
    let after = after.await;
    assert_eq!((kids(&after).len(), kids(&after).is_subset(&both)), (4, true), "with the keys that were published");
    for tokens in [&before, &meanwhile, &after] {
        operator.are_good(tokens).await;
    }
    assert_eq!(operator.published().await.keys.len(), 8, "the old ones stay for what they have signed");
    let listed = operator.say(&["list"]);
    assert_eq!((listed.matches(" signs (").count(), listed.matches("published until").count()), (4, 4), "{listed}");
}

async fn broken_off(engine: Engine) {
    let mut operator = Operator::new(engine).await;
    let first: BTreeSet<PathBuf> = files(&operator.keys());
    let tokens = operator.tokens().await;
    let begun = Instant::now();
    operator.say(&["rotate"]);
    let whole = begun.elapsed();
    let mut seen = BTreeSet::new();
    for n in 0..KILLS {
        for path in files(&operator.keys()).difference(&first) {
            std::fs::remove_file(path).unwrap();
        }
        let mut child = operator.command(&["rotate"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        if n % 2 == 0 {
            // From the very beginning to a little past the end.
            tokio::time::sleep(whole.mul_f64(f64::from(u32::try_from(n).unwrap()) * 1.1 / KILLS as f64)).await;
        } else {
            // When so many files are there, however long that takes.
            let wanted = usize::try_from(n / 2 % 5).unwrap();
            while files(&operator.keys()).difference(&first).count() < wanted && child.try_wait().unwrap().is_none() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // Every key that is there is a whole one, and private; those that signed still do.
        let listed = operator.list();
        assert_eq!(listed.iter().filter(|key| key.state == State::Signing).count(), 4);
        let made = listed.iter().filter(|key| matches!(key.state, State::Waiting(_))).count();
        assert_eq!(listed.len(), 4 + made);
        seen.insert(made);
        SigningKeys::load(&operator.keys(), &Clock::System).unwrap();
        // The portal goes on, with its database; now and then it is killed as well, and starts on what there is.
        if n % 4 == 3 {
            operator.portal.kill();
            operator.portal.spawn();
            operator.portal.until_up().await;
        }
        operator.are_good(&tokens).await;
        let fresh = operator.tokens().await;
        assert_eq!(kids(&fresh), kids(&tokens));
        // The command is simply given again.
        let told = operator.say(&["rotate"]);
        assert_eq!((told.matches(" signs (").count(), told.matches("published, signs from").count()), (4, 4), "{told}");
        until("the successors are published", async || (operator.published().await.keys.len() == 8).then_some(()))
            .await;
        operator.are_good(&fresh).await;
    }
    println!("{engine:?}: a rotation of {whole:?} was broken off {KILLS} times, after {seen:?} keys");
    let log = std::fs::read_to_string(operator.portal.log()).unwrap();
    // It may have looked at the folder just when this test took a file out of it.
    let mut errors = log.lines().filter(|line| line.contains("ERROR") && !line.contains("could not be read again"));
    assert_eq!(errors.next(), None, "{log}");
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_portal_changes_over_without_a_restart_on_sqlite() {
    beside_a_running_portal(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_portal_changes_over_without_a_restart_on_postgres() {
    beside_a_running_portal(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_killed_at_any_instant_leaves_whole_keys_on_sqlite() {
    broken_off(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_killed_at_any_instant_leaves_whole_keys_on_postgres() {
    broken_off(Engine::Postgres).await;
}
