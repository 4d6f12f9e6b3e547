//! A browser, and what a test does with it: type, press, look.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fantoccini::cookies::Cookie;
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::sync::SemaphorePermit;

use super::{PATIENCE, demo, end, turn, until};

/// What kind of browser.
#[derive(Clone, Copy)]
pub(super) struct Look {
    /// The language that the browser asks for.
    pub(super) language: &'static str,
    /// Width and height of the window's inside.
    pub(super) size: (u32, u32),
    /// Whether pages may run scripts.
    pub(super) script: bool,
}

/// A Chinese browser on a desk.
pub(super) const DESK: Look = Look { language: "zh-CN", size: (1280, 900), script: true };

/// A browser of its own, with a fresh profile; it ends with the value.
pub(super) struct Chrome {
    client: Client,
    look: Look,
    _driver: Driver,
    _turn: SemaphorePermit<'static>,
}

/// The chromedriver process.
struct Driver {
    process: Child,
    port: u16,
    folder: PathBuf,
}

impl Drop for Driver {
    /// The driver is asked to go, and takes its browser along.
    fn drop(&mut self) {
        let asked = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).and_then(|mut stream| {
            stream.set_read_timeout(Some(Duration::from_secs(10)))?;
            stream.write_all(b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
            stream.read_to_end(&mut Vec::new())
        });
        // A browser that doesn't react has left its number in the lock of its profile.
        if asked.is_err()
            && let Ok(lock) = std::fs::read_link(self.folder.join("profile/SingletonLock"))
            && let Some((_, number)) = lock.to_string_lossy().rsplit_once('-')
        {
            let _ = Command::new("kill").args(["-9", number]).status();
        }
        end(&mut self.process);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Driver {
    async fn start() -> Self {
        // The folder is named by a port that the system has just given out.
        let unique = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let folder = demo::folder("chrome", unique);
        let log = folder.join("log");
        let process = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(File::create(&log).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts; tests/run installs it");
        let mut driver = Self { process, port: 0, folder };
        driver.port = until("chromedriver's port", async || {
            let told = std::fs::read_to_string(&log).ok()?;
            told.split_once("successfully on port ")?.1.split_once('.')?.0.parse().ok()
        })
        .await;
        driver
    }
}

const FLAGS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// The button that leads on, among the others of a page.
pub(super) const NEXT: &str = "main form button:not(.hidden):not(.link):not(.secondary):not(.choice)";

impl Chrome {
    /// Starts one.
    pub(super) async fn start(look: Look) -> Self {
        let turn = turn().await;
        let driver = Driver::start().await;
        let mut flags: Vec<String> = FLAGS.map(str::to_owned).to_vec();
        flags.push(format!("--user-data-dir={}", driver.folder.join("profile").display()));
        let (width, height) = look.size;
        let metrics = json!({ "width": width, "height": height, "pixelRatio": 1, "touch": false, "mobile": false });
        let mut preferences = json!({ "intl.accept_languages": look.language });
        if !look.script {
            preferences["profile.managed_default_content_settings.javascript"] = json!(2);
        }
        let options = json!({ "args": flags, "prefs": preferences, "mobileEmulation": { "deviceMetrics": metrics } });
        let capabilities = json!({ "browserName": "chrome", "goog:chromeOptions": options });
        let Value::Object(capabilities) = capabilities else { unreachable!() };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await
            .expect("the browser starts");
        Self { client, look, _driver: driver, _turn: turn }
    }

    /// Opens an address.
    pub(super) async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Path and query of the present page.
    pub(super) async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// The present page's whole address.
    pub(super) async fn address(&self) -> String {
        self.client.current_url().await.unwrap().to_string()
    }

    /// The element of a selector, once it is there.
    pub(super) async fn find(&self, css: &str) -> Element {
        let find = tokio::time::timeout(PATIENCE, async {
            loop {
                if let Ok(element) = self.client.find(Locator::Css(css)).await {
                    return element;
                }
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
        });
        match find.await {
            Ok(element) => element,
            Err(_) => panic!("no {css} on {}: {}", self.address().await, self.words("body").await),
        }
    }

    /// How many elements a selector has.
    pub(super) async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.unwrap().len()
    }

    /// The visible text of the first element.
    pub(super) async fn words(&self, css: &str) -> String {
        match self.client.find(Locator::Css(css)).await {
            Ok(element) => element.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// What a field holds.
    pub(super) async fn value(&self, css: &str) -> String {
        self.find(css).await.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Replaces what a field holds.
    pub(super) async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap_or_else(|error| panic!("{css}: {error}"));
        field.send_keys(text).await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Chooses a file.
    pub(super) async fn attach(&self, css: &str, path: &str) {
        self.find(css).await.send_keys(path).await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Chooses a box, a radio button or an option.
    pub(super) async fn choose(&self, css: &str) {
        let element = self.find(css).await;
        if !element.is_selected().await.unwrap() {
            element.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
        }
    }

    /// Presses what leads to another page, or to this one anew, and waits for that.
    pub(super) async fn press(&self, css: &str) {
        let element = self.find(css).await;
        self.leave(css, async { element.click().await }).await;
    }

    /// Does what leads to another page, and waits until the present one is gone and the next one is complete.
    pub(super) async fn leave(&self, what: &str, action: impl Future<Output = Result<(), CmdError>>) {
        let page = self.find("html").await;
        let from = self.address().await;
        action.await.unwrap_or_else(|error| panic!("{what} on {from}: {error}"));
        until(&format!("a new page after {what} on {from}"), async || page.tag_name().await.is_err().then_some(()))
            .await;
        self.loaded().await;
    }

    /// The back button.
    pub(super) async fn back(&self) {
        self.leave("the back button", async { self.client.back().await }).await;
    }

    async fn loaded(&self) {
        let state = "return document.readyState";
        until("a complete page", async || {
            let state = self.client.execute(state, Vec::new()).await.ok()?;
            (state == "complete").then_some(())
        })
        .await;
    }

    /// Sends keys to whatever has the focus.
    pub(super) async fn keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Keys that lead to another page.
    pub(super) async fn leave_by_keys(&self, keys: &str) {
        let element = self.client.active_element().await.unwrap();
        self.leave("a key", async { element.send_keys(keys).await }).await;
    }

    /// Forgets all cookies of the present site.
    pub(super) async fn forget(&self) {
        self.client.delete_all_cookies().await.unwrap();
    }

    /// Takes one cookie away.
    pub(super) async fn drop_cookie(&self, name: &str) -> Cookie<'static> {
        let cookie = self.client.get_named_cookie(name).await.unwrap();
        self.client.delete_cookie(name).await.unwrap();
        cookie
    }

    /// Puts it back.
    pub(super) async fn set_cookie(&self, cookie: Cookie<'static>) {
        self.client.add_cookie(cookie).await.unwrap();
    }

    /// Gives the browser a device that keeps passkeys and always knows its user.
    pub(super) async fn with_authenticator(&self) {
        self.devtools("WebAuthn.enable", json!({})).await;
        let options = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserVerified": true, "automaticPresenceSimulation": true,
        });
        self.devtools("WebAuthn.addVirtualAuthenticator", json!({ "options": options })).await;
    }

    /// Takes it away.
    pub(super) async fn without_authenticator(&self) {
        self.devtools("WebAuthn.disable", json!({})).await;
    }

    async fn devtools(&self, name: &'static str, parameters: Value) -> Value {
        let command = DevTools { name, parameters };
        self.client.issue_cmd(command).await.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Waits until the browser is at a path: by itself, as it offers a passkey in the field of the name, or by a press.
    pub(super) async fn arrive(&self, path: &str, press: &str) {
        if let Ok(button) = self.client.find(Locator::Css(press)).await {
            let _ = button.click().await;
        }
        until(&format!("{path} after {press}"), async || (self.path().await == path).then_some(())).await;
        self.loaded().await;
    }

    /// What a script of the test itself says.
    pub(super) async fn ask(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// The page is at a path that ends like this; looks at it.
    pub(super) async fn see(&self, name: &str, end: &str) {
        let path = self.path().await;
        let without_query = path.split('?').next().unwrap();
        assert!(without_query.ends_with(end), "{name}: not at …{end}, but at {path}: {}", self.words("main").await);
        self.look(name).await;
    }

    /// Keeps a picture of the page, and judges it: its width, its accessibility, its language.
    pub(super) async fn look(&self, name: &str) {
        self.loaded().await;
        self.picture(name).await;
        let widths = "return [document.documentElement.scrollWidth, window.innerWidth, document.documentElement.lang]";
        let widths = self.ask(widths).await;
        assert!(
            widths[0].as_u64() <= widths[1].as_u64() && widths[1] == self.look.size.0,
            "{name}: the page is {} wide in a window of {}",
            widths[0],
            widths[1]
        );
        assert_eq!(widths[2], self.look.language, "{name}: the page's language");
        // axe-core waits by timers, which don't run where scripts don't.
        let found = if self.look.script { self.violations().await } else { Vec::new() };
        assert!(found.is_empty(), "{name} ({}): axe-core objects:\n{}", self.address().await, found.join("\n"));
    }

    async fn violations(&self) -> Vec<String> {
        let run = "const done = arguments[arguments.length - 1]; \
                   axe.run(document, { resultTypes: ['violations'], preload: false }) \
                   .then(r => done(r.violations), e => done([{ impact: 'critical', id: String(e), nodes: [] }]));";
        // The page's policy forbids scripts; what the driver runs isn't the page's.
        let script = format!("{}\n{run}", *AXE);
        let found = self.client.execute_async(&script, Vec::new()).await.expect("axe-core runs");
        let serious = |v: &&Value| matches!(v["impact"].as_str(), Some("serious" | "critical"));
        let describe = |v: &Value| {
            let nodes = v["nodes"].as_array().into_iter().flatten();
            let nodes: Vec<String> = nodes.map(|n| format!("{} {}", n["target"], n["failureSummary"])).collect();
            format!("{} {}: {}\n  {}", v["impact"], v["id"], v["help"], nodes.join("\n  "))
        };
        found.as_array().expect("a list of violations").iter().filter(serious).map(describe).collect()
    }

    /// The whole page as a picture in `target/screenshots`.
    async fn picture(&self, name: &str) {
        let (width, height) = self.look.size;
        let tall = self.ask("return document.documentElement.scrollHeight").await.as_u64().unwrap();
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": tall.max(height.into()), "scale": 1 });
        let parameters = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let answer = self.devtools("Page.captureScreenshot", parameters).await;
        let picture = STANDARD.decode(answer["data"].as_str().expect("a picture")).unwrap();
        std::fs::create_dir_all(&*PICTURES).unwrap();
        std::fs::write(PICTURES.join(format!("{name}.png")), picture).unwrap();
    }

    /// A form came back with an error beside `field`: the summary has the focus, leads to the field, and the field
    /// says what is wrong with it.
    pub(super) async fn see_error(&self, name: &str, field: &str) {
        self.find(&format!("#{field}-error")).await;
        let focused = self.ask("return document.activeElement.className").await;
        assert_eq!(focused, "summary", "{name}: the error summary has the focus");
        assert!(self.count(&format!(".summary a[href='#{field}']")).await == 1, "{name}: the summary leads to {field}");
        let described = format!("return document.getElementById('{field}') !== null");
        assert_eq!(self.ask(&described).await, true, "{name}: the summary's link leads to an element");
        self.look(name).await;
    }
}

static PICTURES: LazyLock<PathBuf> =
    LazyLock::new(|| Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots"));

static AXE: LazyLock<String> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(path).expect("axe-core is there; tests/run installs it")
});

/// A command of the browser's own protocol, which chromedriver passes on.
#[derive(Debug)]
struct DevTools {
    name: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "cmd": self.name, "params": self.parameters }).to_string()))
    }
}
