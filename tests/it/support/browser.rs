//! A browser without JavaScript on the real router: keeps cookies, follows redirects on the portal, fills in forms.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use tower::ServiceExt;

#[derive(Clone)]
pub struct Browser {
    pub router: Router,
    pub jar: BTreeMap<String, String>,
    pub language: String,
    /// What the proxy in front says of where this browser is; empty: nothing.
    pub address: String,
    pub agent: String,
    /// Further headers of each request.
    pub says: Vec<(&'static str, &'static str)>,
    pub status: u16,
    /// Path and query of the page that is shown.
    pub at: String,
    pub body: String,
    pub headers: HeaderMap,
    /// Where a redirect led off the portal.
    pub left: Option<String>,
}

/// The portal's own origin, in redirects that name it.
const PORTAL: &str = "http://localhost:8080";

impl Browser {
    pub fn new(router: Router) -> Self {
        Self {
            router,
            jar: BTreeMap::new(),
            language: "zh-CN".into(),
            address: String::new(),
            agent: String::new(),
            says: Vec::new(),
            status: 0,
            at: String::new(),
            body: String::new(),
            headers: HeaderMap::new(),
            left: None,
        }
    }

    pub async fn get(&mut self, path: &str) -> &mut Self {
        self.request("GET", path, None).await
    }

    /// Sends a form as it is: nothing hidden is added.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> &mut Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.request("POST", path, Some(body)).await
    }

    /// Fills in the page's first POST form, hidden fields included, and sends it.
    pub async fn submit(&mut self, fields: &[(&str, &str)]) -> &mut Self {
        let (action, mut all) = self.form();
        all.retain(|(name, _)| !fields.iter().any(|(n, _)| n == name));
        all.extend(fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        let pairs: Vec<(&str, &str)> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        self.post(&action, &pairs).await
    }

    /// Action and hidden fields of the page's first POST form.
    pub fn form(&self) -> (String, Vec<(String, String)>) {
        let start = self.body.find("<form method=\"post\"").unwrap_or_else(|| panic!("no form at {}", self.at));
        let form = &self.body[start..];
        let form = &form[..form.find("</form>").unwrap()];
        form_of(form)
    }

    /// The value that a text field shows.
    pub fn value(&self, field: &str) -> String {
        let tag = format!("id=\"{field}\" name=\"{field}\"");
        let start = self.body.find(&tag).unwrap_or_else(|| panic!("no field {field} at {}", self.at));
        let tag = &self.body[start..];
        unescape(between(&tag[..tag.find('>').unwrap()], "value=\"", "\""))
    }

    /// The option that a select shows.
    pub fn selected(&self, field: &str) -> String {
        let start = self.body.find(&format!("<select id=\"{field}\"")).expect("no such select");
        let select = &self.body[start..];
        let select = &select[..select.find("</select>").unwrap()];
        let until = select.find(" selected").unwrap_or_else(|| panic!("nothing is selected in {field}"));
        let before = &select[..until];
        between(&before[before.rfind("<option ").unwrap()..], "value=\"", "\"").to_owned()
    }

    /// Whether the error of a field stands beside it.
    pub fn error(&self, field: &str) -> bool {
        self.body.contains(&format!("id=\"{field}-error\"")) && self.body.contains("role=\"alert\"")
    }

    pub fn shows(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    /// The target of the first link or button-link whose tag holds `part`.
    pub fn link(&self, part: &str) -> String {
        let hrefs = self.body.split("href=\"").skip(1).map(|rest| unescape(rest.split('"').next().unwrap()));
        hrefs.into_iter().find(|h| h.contains(part)).unwrap_or_else(|| panic!("no link with {part} at {}", self.at))
    }

    pub async fn request(&mut self, method: &str, path: &str, form: Option<String>) -> &mut Self {
        let (mut method, mut path, mut form) = (method.to_owned(), path.to_owned(), form);
        self.left = None;
        for _ in 0..12 {
            self.once(&method, &path, form.take()).await;
            let Some(location) = self.headers.get("location").map(|l| l.to_str().unwrap().to_owned()) else {
                return self;
            };
            let local = location.strip_prefix(PORTAL).unwrap_or(&location);
            if !local.starts_with('/') {
                self.left = Some(location);
                return self;
            }
            (method, path) = ("GET".into(), local.to_owned());
        }
        panic!("redirected too often, last to {path}");
    }

    /// One request, no redirects followed.
    pub async fn once(&mut self, method: &str, path: &str, form: Option<String>) -> &mut Self {
        const FORM: &str = "application/x-www-form-urlencoded";
        self.send(method, path, form.map(|form| (FORM.to_owned(), form.into_bytes()))).await
    }

    /// Sends files with the page's upload form.
    /// The token of the form that is shown.
    pub fn csrf(&self) -> String {
        self.form().1.into_iter().find(|(name, _)| name == "csrf").unwrap().1
    }

    pub async fn upload(&mut self, kind: &str, files: &[Vec<u8>]) -> &mut Self {
        let csrf = self.csrf();
        self.upload_with(&csrf, kind, files).await
    }

    pub async fn upload_with(&mut self, csrf: &str, kind: &str, files: &[Vec<u8>]) -> &mut Self {
        let mut body = Vec::new();
        for (name, value) in [("csrf", csrf), ("kind", kind)] {
            let part = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        for file in files {
            let head = "Content-Disposition: form-data; name=\"files\"; filename=\"x.exe\"";
            body.extend_from_slice(format!("--edge\r\n{head}\r\nContent-Type: text/html\r\n\r\n").as_bytes());
            body.extend_from_slice(file);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--edge--\r\n");
        let journey = self.at.rsplit_once("/evidence").unwrap().0.to_owned();
        let path = format!("{journey}/evidence/files");
        self.send("POST", &path, Some(("multipart/form-data; boundary=edge".to_owned(), body))).await;
        if let Some(to) = self.headers.get("location").map(|l| l.to_str().unwrap().to_owned()) {
            self.get(&to).await;
        }
        self
    }

    async fn send(&mut self, method: &str, path: &str, content: Option<(String, Vec<u8>)>) -> &mut Self {
        let mut request = Request::builder().method(method).uri(path).header("accept-language", &self.language);
        request = request.header("accept", "text/html,*/*;q=0.8");
        if !self.agent.is_empty() {
            request = request.header("user-agent", &self.agent);
        }
        if !self.jar.is_empty() {
            let cookies: Vec<String> = self.jar.iter().map(|(n, v)| format!("{n}={v}")).collect();
            request = request.header("cookie", cookies.join("; "));
        }
        if !self.address.is_empty() {
            request = request.header("x-forwarded-for", &self.address);
        }
        for (name, value) in &self.says {
            request = request.header(*name, *value);
        }
        if let Some((media, _)) = &content {
            request = request.header("content-type", media).header("sec-fetch-site", "same-origin");
        }
        let request = request.body(content.map_or_else(Body::empty, |(_, bytes)| Body::from(bytes))).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        self.status = response.status().as_u16();
        self.headers = response.headers().clone();
        self.at = path.to_owned();
        for cookie in self.headers.get_all("set-cookie") {
            let text = cookie.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        self.body = String::from_utf8_lossy(&bytes).into_owned();
        assert!(self.status != 500, "500 at {path}: {}", self.body);
        self
    }
}

fn between<'a>(text: &'a str, left: &str, right: &str) -> &'a str {
    let start = text.find(left).unwrap_or_else(|| panic!("no {left} in {text}")) + left.len();
    &text[start..start + text[start..].find(right).unwrap()]
}

/// Action and hidden fields of a form.
pub fn form_of(form: &str) -> (String, Vec<(String, String)>) {
    let action = unescape(between(form, "action=\"", "\""));
    let hidden = form
        .split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|part| {
            let (name, rest) = part.split_once('"').unwrap();
            (name.to_owned(), unescape(between(rest, "value=\"", "\"")))
        })
        .collect();
    (action, hidden)
}

/// The value of the first attribute of this name.
pub fn attribute(html: &str, name: &str) -> String {
    unescape(between(html, &format!("{name}=\""), "\""))
}

fn unescape(text: &str) -> String {
    text.replace("&#38;", "&").replace("&amp;", "&").replace("&#34;", "\"").replace("&#39;", "'")
}
