//! Detects an Ollama server on its default port, and its model.

use std::time::Duration;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Ollama's default address.
const ADDRESS: &str = "127.0.0.1:11434";

/// The address of the server's OpenAI-compatible API.
pub(crate) const BASE_URL: &str = "http://127.0.0.1:11434/v1";

/// Returns the first model of the server; `None` if no server answers or it has no model.
pub(crate) async fn first_model() -> Option<String> {
    timeout(Duration::from_millis(500), ask()).await.ok()?
}

async fn ask() -> Option<String> {
    let mut stream = TcpStream::connect(ADDRESS).await.ok()?;
    let request = format!("GET /api/tags HTTP/1.0\r\nHost: {ADDRESS}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut reply = Vec::new();
    stream.take(1 << 20).read_to_end(&mut reply).await.ok()?;
    let reply = String::from_utf8(reply).ok()?;
    let (_, body) = reply.split_once("\r\n\r\n")?;
    let tags: Value = serde_json::from_str(body).ok()?;
    Some(
        tags.get("models")?
            .get(0)?
            .get("name")?
            .as_str()?
            .to_owned(),
    )
}
