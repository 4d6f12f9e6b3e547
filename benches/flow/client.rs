//! HTTP/1.1 by hand over connections that are kept: as cheap as it can be, so that the server is what is measured.

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON, of an answer with this status.
    pub(crate) fn json(&self, status: u16) -> anyhow::Result<serde_json::Value> {
        if self.status != status {
            bail!("{} instead of {status}: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        serde_json::from_slice(&self.body).context("not JSON")
    }
}

/// A connection to each node. Every request goes to the next one, so that no two steps of a sign-on meet the same node.
#[derive(Debug)]
pub(crate) struct Connection {
    nodes: Vec<(TcpStream, String)>,
    next: usize,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(authorities: &[String]) -> anyhow::Result<Self> {
        let mut nodes = Vec::new();
        for authority in authorities {
            let stream = TcpStream::connect(authority).await?;
            stream.set_nodelay(true)?;
            nodes.push((stream, authority.clone()));
        }
        Ok(Self { nodes, next: 0, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// `headers` are whole lines.
    pub(crate) async fn get(&mut self, path: &str, headers: &str) -> anyhow::Result<Answer> {
        self.call(|host| format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{headers}\r\n")).await
    }

    pub(crate) async fn post(&mut self, path: &str, headers: &str, form: &str) -> anyhow::Result<Answer> {
        self.call(|host| {
            format!(
                "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                 content-length: {}\r\n{headers}\r\n{form}",
                form.len()
            )
        })
        .await
    }

    async fn call(&mut self, request: impl FnOnce(&str) -> String) -> anyhow::Result<Answer> {
        let nodes = self.nodes.len();
        let (stream, host) = self.nodes.get_mut(self.next).context("no nodes")?;
        self.next = (self.next + 1) % nodes;
        stream.write_all(request(host).as_bytes()).await?;
        self.buffer.clear();
        loop {
            if stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(answer) = parse(&self.buffer)? {
                return Ok(answer);
            }
        }
    }
}

/// The answer, once all of it is there.
fn parse(bytes: &[u8]) -> anyhow::Result<Option<Answer>> {
    let mut headers = [httparse::EMPTY_HEADER; 40];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(start) = head.parse(bytes)? else { return Ok(None) };
    let header = |name: &str| {
        let found = head.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name));
        found.and_then(|h| std::str::from_utf8(h.value).ok())
    };
    let length: usize = header("content-length").context("an answer without a length")?.parse()?;
    let Some(body) = bytes.get(start..start + length) else { return Ok(None) };
    Ok(Some(Answer {
        status: head.code.unwrap_or_default(),
        location: header("location").map(str::to_owned),
        body: body.to_vec(),
    }))
}
