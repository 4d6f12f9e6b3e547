//! The demonstration as a child process.

use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use guiyi::demo::people::{PEOPLE, Person};
use serde_json::Value;

use super::{end, until};

/// A running demonstration in test mode; it ends with the value.
pub(super) struct Demo {
    process: Child,
    port: u16,
    folder: PathBuf,
    http: reqwest::Client,
}

impl Drop for Demo {
    fn drop(&mut self) {
        end(&mut self.process);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The first of eight free ports in a row, below those that the system gives out by itself.
fn eight_ports() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 1800).unwrap() * 10;
    for _ in 0..1800 {
        let port = 12_000 + (start + NEXT.fetch_add(10, Ordering::SeqCst)) % 18_000;
        if (port..port + 8).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return port;
        }
    }
    panic!("no eight ports in a row are free");
}

/// A fresh folder below cargo's own for tests.
pub(super) fn folder(of: &str, port: u16) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{of}-{}-{port}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

impl Demo {
    /// Starts one and waits until it answers.
    pub(super) async fn start() -> Self {
        let port = eight_ports();
        let folder = folder("demo", port);
        let log = folder.join("log");
        let mut process = Command::new(env!("CARGO_BIN_EXE_guiyi"))
            .args(["demo", "--test-mode", "--port", &port.to_string(), "--dir"])
            .arg(folder.join("data"))
            .stdin(Stdio::null())
            .stdout(File::create(&log).unwrap())
            .stderr(File::options().append(true).open(&log).unwrap())
            .spawn()
            .expect("the demonstration starts");
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let health = format!("http://localhost:{port}/health");
        until("the demonstration's first answer", async || {
            if let Ok(Some(status)) = process.try_wait() {
                panic!("the demonstration ended, {status}: {}", std::fs::read_to_string(&log).unwrap_or_default());
            }
            http.get(&health).send().await.ok().filter(|r| r.status().is_success()).map(drop)
        })
        .await;
        // So that nobody serves it in earnest.
        assert!(folder.join("data/keys").join(guiyi::config::DEMONSTRATION).is_file());
        Self { process, port, folder, http }
    }

    fn at(&self, offset: u16, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port + offset)
    }

    /// A page of the portal.
    pub(super) fn portal(&self, path: &str) -> String {
        self.at(0, path)
    }

    /// A page of the relying party.
    pub(super) fn relying_party(&self, path: &str) -> String {
        self.at(1, path)
    }

    /// A page of the police.
    pub(super) fn police(&self, path: &str) -> String {
        self.at(5, path)
    }

    /// Turns the legacy system `up`, `down` or `slow`.
    pub(super) async fn turn_legacy_system(&self, mode: &str) {
        self.turn(2, mode).await;
    }

    /// Turns the authoritative source `up`, `down` or `slow`.
    pub(super) async fn turn_source(&self, mode: &str) {
        self.turn(3, mode).await;
    }

    /// Turns the police's provider `up`, `down` or `slow`.
    pub(super) async fn turn_police(&self, mode: &str) {
        self.turn(5, mode).await;
    }

    async fn turn(&self, offset: u16, mode: &str) {
        let answer = self.http.post(self.at(offset, "/switch")).form(&[("mode", mode)]).send().await.unwrap();
        assert!(answer.status().is_success(), "the switch answered {}", answer.status());
    }

    /// What `pick` finds in the newest message to `to` that has it.
    async fn message(&self, to: &str, pick: impl Fn(&str) -> Option<String>) -> Option<String> {
        let url = self.at(4, &format!("/messages?phone={}", to.replace('@', "%40")));
        let messages: Value = self.http.get(&url).send().await.ok()?.json().await.ok()?;
        messages.as_array()?.iter().find_map(|message| pick(message["text"].as_str()?))
    }

    /// The newest code that was sent to a phone, for a migration (`实名认证`) or a sign-in (`正在登录`).
    pub(super) async fn code(&self, phone: &str, purpose: &str) -> String {
        until(&format!("a code to {phone}"), async || self.code_now(phone, purpose).await).await
    }

    /// The newest code, if one is there.
    pub(super) async fn code_now(&self, phone: &str, purpose: &str) -> Option<String> {
        let pick = |text: &str| {
            let (before, after) = text.split_once("验证码为：")?;
            before.contains(purpose).then(|| after.chars().take_while(char::is_ascii_digit).collect())
        };
        self.message(phone, pick).await
    }

    /// What `pick` finds in the newest message that has it, once it is there.
    pub(super) async fn told(&self, to: &str, words: &str) -> String {
        let pick = |text: &str| text.contains(words).then(|| text.to_owned());
        until(&format!("a message to {to} with {words}"), async || self.message(to, pick).await).await
    }

    /// The running portal's database and keys, for putting there what no page makes yet.
    pub(super) async fn store(&self) -> std::sync::Arc<guiyi::app::App> {
        guiyi::demo::world::open(&self.folder.join("data")).await.unwrap()
    }

    /// The running portal's database.
    pub(super) fn database(&self) -> String {
        format!("sqlite:{}", self.folder.join("data/guiyi.db").display())
    }

    /// Runs `guiyi review` as one of the demonstration's reviewers, and gives what it prints.
    pub(super) fn review(&self, reviewer: usize, arguments: &[&str]) -> String {
        use std::io::Write;
        let (name, ..) = guiyi::demo::staff::REVIEWERS[reviewer];
        let mut child = Command::new(env!("CARGO_BIN_EXE_guiyi"))
            .args(["review", "--as", name, "--demo-dir"])
            .arg(self.folder.join("data"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{}", guiyi::demo::staff::PASSWORD).unwrap();
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "guiyi review {arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A picture in a file, for an upload.
    pub(super) fn picture(&self) -> String {
        let path = self.folder.join("document.png");
        image::RgbImage::from_fn(640, 400, |x, y| image::Rgb([(x % 255) as u8, (y % 255) as u8, 120]))
            .save(&path)
            .unwrap();
        path.display().to_string()
    }

    /// The link in a mail.
    pub(super) async fn mailed_link(&self, to: &str) -> String {
        let pick = |text: &str| text.split_whitespace().find(|word| word.starts_with("http")).map(str::to_owned);
        until(&format!("a mail to {to}"), async || self.message(to, pick).await).await
    }
}

/// An invented person, by the old account.
pub(super) fn person(account: &str) -> &'static Person {
    PEOPLE.iter().find(|person| person.account == account).expect("an account of the demonstration")
}
