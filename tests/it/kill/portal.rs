//! The portal as a real process that is killed, and the wire to it, on which its visitors notice that.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use guiyi::clock::Random;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::watch;

/// What a visitor sees instead of an answer: the connection broke, or nobody listens.
pub const BROKEN: u16 = 502;

/// `guiyi serve` as an operator runs it.
pub struct Portal {
    config: PathBuf,
    address: SocketAddr,
    child: Option<Child>,
}

impl Portal {
    pub fn new(config: PathBuf, address: SocketAddr) -> Self {
        Self { config, address, child: None }
    }

    pub fn log(&self) -> PathBuf {
        self.config.with_extension("log")
    }

    /// Starts the process, and doesn't wait for it.
    pub fn spawn(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.log()).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_guiyi"))
            .args(["serve", "--config"])
            .arg(&self.config)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        self.child = Some(child.unwrap());
    }

    /// Waits until somebody listens.
    pub async fn until_up(&mut self) {
        for _ in 0..6000 {
            if tokio::net::TcpStream::connect(self.address).await.is_ok() {
                return;
            }
            let ended = self.child.as_mut().and_then(|child| child.try_wait().unwrap());
            assert!(ended.is_none(), "the portal didn't start: {}", std::fs::read_to_string(self.log()).unwrap());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the portal doesn't listen");
    }

    /// Stops it where it is, so that one can look what it was doing before it is killed.
    pub fn freeze(&self) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("sh").args(["-c", "kill -STOP \"$0\"", &id]).status().unwrap().success());
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port at which nothing listens; below those that the system gives to others.
pub fn free_port(random: &Random) -> SocketAddr {
    (0..100)
        .map(|_| SocketAddr::from(([127, 0, 0, 1], u16::try_from(10_000 + random.below(10_000)).unwrap())))
        .find(|address| std::net::TcpListener::bind(address).is_ok())
        .expect("no port is free")
}

/// The way from the browsers to the process, as a proxy that ends TLS is one: knows what is under way.
#[derive(Clone)]
pub struct Wire(Arc<Inner>);

struct Inner {
    address: SocketAddr,
    client: Client<HttpConnector, Body>,
    flights: Mutex<BTreeMap<u64, String>>,
    begun: watch::Sender<u64>,
}

impl Wire {
    pub fn new(address: SocketAddr) -> Self {
        // A connection for each request: none is found broken that was good for the one before.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        Self(Arc::new(Inner { address, client, flights: Mutex::default(), begun: watch::channel(0).0 }))
    }

    /// The portal, for [`crate::support::Browser`].
    pub fn router(&self) -> Router {
        Router::new().fallback(forward).with_state(self.clone())
    }

    /// Waits for so many more requests to begin.
    pub async fn requests(&self, more: u64) {
        let mut begun = self.0.begun.subscribe();
        let enough = *begun.borrow() + more;
        begun.wait_for(|n| *n >= enough).await.unwrap();
    }

    /// The requests that are waiting for their answer: method and step.
    pub fn flights(&self) -> Vec<String> {
        self.0.flights.lock().unwrap().values().cloned().collect()
    }

    async fn exchange(&self, mut request: Request) -> Result<Response, Box<dyn std::error::Error + Send + Sync>> {
        let path = request.uri().path_and_query().unwrap().as_str();
        *request.uri_mut() = format!("http://{}{path}", self.0.address).parse::<Uri>()?;
        let (parts, body) = self.0.client.request(request).await?.into_parts();
        let body: Bytes = body.collect().await?.to_bytes();
        Ok(Response::from_parts(parts, Body::from(body)))
    }
}

async fn forward(State(wire): State<Wire>, request: Request) -> Response {
    let what = format!("{} {}", request.method(), page(request.uri().path()));
    let mut id = 0;
    wire.0.begun.send_modify(|begun| {
        *begun += 1;
        id = *begun;
    });
    wire.0.flights.lock().unwrap().insert(id, what);
    let answer = wire.exchange(request).await;
    wire.0.flights.lock().unwrap().remove(&id);
    answer.unwrap_or_else(|_| StatusCode::BAD_GATEWAY.into_response())
}

/// The page of a path: a journey's step, or the path itself.
fn page(path: &str) -> &str {
    let step = path.strip_prefix("/journey/").and_then(|rest| rest.split_once('/'));
    step.map_or(if path.starts_with("/journey/") { "(the current step)" } else { path }, |(_, step)| step)
}
