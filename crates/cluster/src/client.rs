//! An HTTP client that knows what an answer is, and that none came.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};

use crate::host::TOKEN;

/// Time limit of a request.
const LIMIT: Duration = Duration::from_secs(8);

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Sends a request. An error means that its outcome is unknown.
pub(crate) async fn send(
    to: &str,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: &str,
) -> Result<Answer> {
    timeout(LIMIT, send_now(to, method, path, key, body)).await?
}

async fn send_now(
    to: &str,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: &str,
) -> Result<Answer> {
    let mut stream = connect(to, method, path, key, body).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").context("no answer")?;
    Ok(Answer {
        status: status(head)?,
        body: body.to_owned(),
    })
}

async fn connect(
    to: &str,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: &str,
) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(to).await?;
    let key = key.map(|key| format!("Idempotency-Key: {key}\r\n"));
    // Version 1.0 has no chunks, which may begin in the middle of a line.
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
         Authorization: Bearer {TOKEN}\r\n\
         Content-Type: application/json\r\n{}Content-Length: {}\r\n\r\n",
        key.unwrap_or_default(),
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    Ok(stream)
}

fn status(head: &str) -> Result<u16> {
    let status = head.split(' ').nth(1).context("no status")?;
    Ok(status.parse()?)
}

/// A stream of server-sent events.
pub(crate) struct Stream(BufReader<TcpStream>);

impl Stream {
    pub(crate) async fn open(to: &str, path: &str) -> Result<Self> {
        let opening = async {
            let stream = connect(to, "GET", path, None, "").await?;
            let mut reader = BufReader::new(stream);
            let mut line = String::new();
            reader.read_line(&mut line).await?;
            if status(&line)? != 200 {
                bail!("{line}");
            }
            Ok(Self(reader))
        };
        timeout(LIMIT, opening).await?
    }

    /// Returns the data of the next event. `None` at the end, and if nothing came for some time.
    pub(crate) async fn next(&mut self, within: Duration) -> Option<String> {
        let mut line = String::new();
        loop {
            line.clear();
            let read = timeout(within, self.0.read_line(&mut line)).await;
            if !matches!(read, Ok(Ok(1..))) {
                return None;
            }
            // An event has one line of data.
            if let Some(data) = line.strip_prefix("data: ").filter(|_| line.ends_with('\n')) {
                return Some(data.trim_end().to_owned());
            }
        }
    }
}
