//! A raw HTTP/1.1 client that shows the actual bytes on the wire.

use geppetto_testing::ProviderServer;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// End of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With its last chunk, or with the announced length.
    Complete,
    /// The connection was closed orderly before that.
    Closed,
    /// The connection was reset before that.
    Reset,
}

/// A reply as received.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    pub(crate) chunks: Vec<usize>,
    pub(crate) end: End,
}

impl Received {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Returns the data of all events.
    pub(crate) fn events(&self) -> Vec<String> {
        let text = self.text();
        text.split_terminator("\n\n")
            .map(|event| event.strip_prefix("data: ").unwrap().to_owned())
            .collect()
    }

    /// Returns the chunks of a streamed chat reply, without `[DONE]`.
    pub(crate) fn chat_chunks(&self) -> Vec<Value> {
        let mut events = self.events();
        assert_eq!(events.pop().as_deref(), Some("[DONE]"));
        let parse = |event: &String| serde_json::from_str(event).unwrap();
        events.iter().map(parse).collect()
    }

    /// Returns the events of a streamed Responses reply, each with its event name.
    pub(crate) fn named_events(&self) -> Vec<(String, Value)> {
        let text = self.text();
        text.split_terminator("\n\n")
            .map(|event| {
                let (name, data) = event.split_once("\ndata: ").unwrap();
                let name = name.strip_prefix("event: ").unwrap().to_owned();
                (name, serde_json::from_str(data).unwrap())
            })
            .collect()
    }

    /// Returns the deltas of a streamed chat reply, without the first one (the role).
    pub(crate) fn deltas(&self) -> Vec<Value> {
        let chunks = self.chat_chunks();
        let delta = |chunk: &Value| chunk.pointer("/choices/0/delta").cloned();
        chunks.iter().skip(1).filter_map(delta).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            (key == name).then_some(value)
        })
    }
}

pub(crate) struct Client {
    stream: TcpStream,
    inbox: Vec<u8>,
    lost: Option<End>,
}

impl Client {
    pub(crate) async fn connect(server: &ProviderServer) -> Self {
        Self {
            stream: TcpStream::connect(server.address()).await.unwrap(),
            inbox: Vec::new(),
            lost: None,
        }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    pub(crate) async fn post(&mut self, body: &Value) {
        let path = match body.get("input") {
            Some(_) => "/v1/responses",
            None => "/v1/chat/completions",
        };
        self.send(post_to(path, "", body)).await;
    }

    /// Reads until the connection ends or the received bytes contain this text.
    pub(crate) async fn read_until(&mut self, text: &str) -> String {
        loop {
            let read = String::from_utf8_lossy(&self.inbox).into_owned();
            if read.contains(text) || !self.read_more().await {
                return read;
            }
        }
    }

    async fn read_more(&mut self) -> bool {
        let lost = match self.stream.read_buf(&mut self.inbox).await {
            Ok(0) => End::Closed,
            Ok(_) => return true,
            Err(_) => End::Reset,
        };
        self.lost = Some(lost);
        false
    }

    async fn line(&mut self, end: &[u8]) -> Option<String> {
        loop {
            let found = self.inbox.windows(end.len()).position(|w| w == end);
            if let Some(position) = found {
                let line: Vec<u8> = self.inbox.drain(..position + end.len()).collect();
                return Some(String::from_utf8(line[..position].to_vec()).unwrap());
            }
            if !self.read_more().await {
                return None;
            }
        }
    }

    async fn take(&mut self, length: usize) -> Vec<u8> {
        while self.inbox.len() < length && self.read_more().await {}
        let length = length.min(self.inbox.len());
        self.inbox.drain(..length).collect()
    }

    /// Returns the end of the connection when nothing more is sent to it.
    pub(crate) async fn end(&mut self) -> End {
        while self.lost.is_none() {
            self.read_more().await;
        }
        self.lost.unwrap()
    }

    /// Returns the head of a reply without a body, such as an interim one.
    pub(crate) async fn head(&mut self) -> Option<String> {
        self.line(b"\r\n\r\n").await
    }

    /// Returns one reply, or the end of the connection before its headers.
    pub(crate) async fn reply(&mut self) -> Result<Received, End> {
        let Some(head) = self.line(b"\r\n\r\n").await else {
            return Err(self.lost.unwrap());
        };
        let mut received = Received {
            status: head[9..12].parse().unwrap(),
            head,
            body: Vec::new(),
            chunks: Vec::new(),
            end: End::Complete,
        };
        if received.header("transfer-encoding") == Some("chunked") {
            self.read_chunks(&mut received).await;
        } else if let Some(length) = received.header("content-length") {
            let length = length.parse().unwrap();
            received.body = self.take(length).await;
            if received.body.len() < length {
                received.end = self.lost.unwrap();
            }
        } else {
            while self.read_more().await {}
            received.body = std::mem::take(&mut self.inbox);
            received.end = self.lost.unwrap();
        }
        Ok(received)
    }

    async fn read_chunks(&mut self, received: &mut Received) {
        while let Some(size) = self.line(b"\r\n").await {
            let size = usize::from_str_radix(&size, 16).unwrap();
            let data = self.take(size + 2).await;
            if data.len() < size + 2 {
                break;
            }
            if size == 0 {
                return;
            }
            received.body.extend_from_slice(&data[..size]);
            received.chunks.push(size);
        }
        received.end = self.lost.unwrap();
    }
}

pub(crate) fn post_to(path: &str, headers: &str, body: &Value) -> String {
    let body = body.to_string();
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}

/// A request for a stream.
pub(crate) fn streamed() -> Value {
    json!({
        "model": "test-model",
        "stream": true,
        "messages": [{"role": "user", "content": "Hi"}],
    })
}

/// Returns the same request with this field set.
pub(crate) fn streamed_with(field: &str, value: Value) -> Value {
    let mut request = streamed();
    request[field] = value;
    request
}

/// A request for an unstreamed reply.
pub(crate) fn whole() -> Value {
    json!({"model": "test-model", "messages": [{"role": "user", "content": "Hi"}]})
}

/// A request to the Responses API for a stream.
pub(crate) fn responses_streamed() -> Value {
    json!({"model": "test-model", "stream": true, "input": "Hi"})
}

/// A request to the Responses API for an unstreamed reply.
pub(crate) fn responses_whole() -> Value {
    json!({"model": "test-model", "input": "Hi"})
}

/// Sends one request on a separate connection and reads the reply.
pub(crate) async fn ask(server: &ProviderServer, body: &Value) -> Received {
    try_to_ask(server, body).await.unwrap()
}

pub(crate) async fn try_to_ask(server: &ProviderServer, body: &Value) -> Result<Received, End> {
    let mut client = Client::connect(server).await;
    client.post(body).await;
    client.reply().await
}
