//! HTTP/1.1 by hand over one connection that is kept: as cheap as it can be, so that the server is what is measured.

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

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    host: String,
}

impl Connection {
    pub(crate) async fn open(authority: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(authority).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024), host: authority.to_owned() })
    }

    /// `headers` are whole lines.
    pub(crate) async fn get(&mut self, path: &str, headers: &str) -> anyhow::Result<Answer> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n{headers}\r\n", self.host);
        self.call(&request).await
    }

    pub(crate) async fn post(&mut self, path: &str, headers: &str, form: &str) -> anyhow::Result<Answer> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\n{headers}\r\n{form}",
            self.host,
            form.len()
        );
        self.call(&request).await
    }

    async fn call(&mut self, request: &str) -> anyhow::Result<Answer> {
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
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
