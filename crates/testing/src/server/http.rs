//! Reading HTTP/1.1 requests from a socket.

mod chunked;

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::ReceivedRequest;

const MAX_HEADERS: usize = 128;
const MAX_HEAD: usize = 256 * 1024;
const MAX_BODY: usize = 256 * 1024 * 1024;

/// Reason why no request could be read.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// The client closed the connection, or it broke.
    Gone,
    /// Invalid or unsupported request: status and reason of the answer.
    Refused(u16, &'static str),
}

impl From<io::Error> for Unreadable {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

/// Request line and headers.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) keep_alive: bool,
}

/// Reads one request; bytes after it stay in `inbox`.
pub(super) async fn read_request(
    stream: &mut TcpStream,
    inbox: &mut BytesMut,
) -> Result<ReceivedRequest, Unreadable> {
    let mut socket = Socket { stream, inbox };
    let head = socket.read_head().await?;
    if head.header("expect").is_some() {
        socket
            .stream
            .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
            .await?;
    }
    let body = socket.read_body(&head).await?;
    Ok(ReceivedRequest::new(head, body))
}

struct Socket<'a> {
    stream: &'a mut TcpStream,
    inbox: &'a mut BytesMut,
}

impl Socket<'_> {
    async fn read_more(&mut self) -> Result<(), Unreadable> {
        let read = self.stream.read_buf(self.inbox).await?;
        if read == 0 {
            Err(Unreadable::Gone)
        } else {
            Ok(())
        }
    }

    async fn read_head(&mut self) -> Result<Head, Unreadable> {
        loop {
            if let Some((head, length)) = parse_head(self.inbox)? {
                let _ = self.inbox.split_to(length);
                return Ok(head);
            }
            if self.inbox.len() > MAX_HEAD {
                return Err(Unreadable::Refused(431, "the headers are too long"));
            }
            self.read_more().await?;
        }
    }

    async fn read_body(&mut self, head: &Head) -> Result<Bytes, Unreadable> {
        let chunked = head
            .header("transfer-encoding")
            .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        if chunked {
            return self.read_chunked().await;
        }
        let length = match head.header("content-length") {
            None => return Ok(Bytes::new()),
            Some(text) => text
                .parse::<usize>()
                .map_err(|_| Unreadable::Refused(400, "content-length is not a number"))?,
        };
        if length > MAX_BODY {
            return Err(Unreadable::Refused(413, "the body is too long"));
        }
        while self.inbox.len() < length {
            self.read_more().await?;
        }
        Ok(self.inbox.split_to(length).freeze())
    }

    async fn read_chunked(&mut self) -> Result<Bytes, Unreadable> {
        let mut body = BytesMut::new();
        loop {
            match chunked::next_chunk(self.inbox)? {
                chunked::Next::Chunk(data) => body.extend_from_slice(&data),
                chunked::Next::End => return Ok(body.freeze()),
                chunked::Next::Incomplete => self.read_more().await?,
            }
            if body.len() + self.inbox.len() > MAX_BODY {
                return Err(Unreadable::Refused(413, "the body is too long"));
            }
        }
    }
}

impl Head {
    fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// Returns the first header with this name, ignoring case.
pub(super) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// Returns the head of a request and its length in bytes, once it is complete.
fn parse_head(bytes: &[u8]) -> Result<Option<(Head, usize)>, Unreadable> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Unreadable::Refused(431, "there are too many headers"));
        }
        Err(_) => return Err(Unreadable::Refused(400, "this is not an HTTP request")),
    };
    let headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|field| {
            let value = String::from_utf8_lossy(field.value).into_owned();
            (field.name.to_ascii_lowercase(), value)
        })
        .collect();
    let connection = header(&headers, "connection").unwrap_or_default();
    let keep_alive = if request.version == Some(0) {
        connection.eq_ignore_ascii_case("keep-alive")
    } else {
        !connection.eq_ignore_ascii_case("close")
    };
    let head = Head {
        method: request.method.unwrap_or_default().to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        headers,
        keep_alive,
    };
    Ok(Some((head, length)))
}
