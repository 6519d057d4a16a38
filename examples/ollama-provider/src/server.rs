//! A server on the loopback interface that answers like Ollama.

use std::io;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A thought, a text, and a tool call.
const ANSWER: &[&str] = &[
    r#"{"model":"qwen3","message":{"role":"assistant","content":"","thinking":"Look it up."},"done":false}"#,
    r#"{"model":"qwen3","message":{"role":"assistant","content":"One "},"done":false}"#,
    r#"{"model":"qwen3","message":{"role":"assistant","content":"moment."},"done":false}"#,
    r#"{"model":"qwen3","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"weather","arguments":{"city":"Zurich"}}}]},"done":false}"#,
    r#"{"model":"qwen3","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":26,"eval_count":17}"#,
];

/// An error in the middle of a reply, after status 200.
const BREAKS: &[&str] = &[
    r#"{"model":"qwen3","message":{"role":"assistant","content":"I was ab"},"done":false}"#,
    r#"{"error":"model runner has unexpectedly stopped"}"#,
];

/// A connection that closes in the middle of a line.
const IS_CUT: &[&str] = &[
    r#"{"model":"qwen3","message":{"role":"assistant","content":"I was ab"},"done":false}"#,
    r#"{"model":"qwen3","message":{"role":"assistant","cont"#,
];

/// Starts a server that gives these answers, one per request, and returns its URL.
pub(crate) async fn start() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        for lines in [ANSWER, BREAKS, IS_CUT] {
            let (mut socket, _) = listener.accept().await?;
            answer(&mut socket, lines).await?;
        }
        io::Result::Ok(())
    });
    Ok(url)
}

async fn answer(socket: &mut TcpStream, lines: &[&str]) -> io::Result<()> {
    let mut request = Vec::new();
    // The body is an object, and nothing comes after it.
    while !(request.ends_with(b"}") && has_body(&request)) {
        if socket.read_buf(&mut request).await? == 0 {
            break;
        }
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\nconnection: close\r\n\r\n";
    socket.write_all(head.as_bytes()).await?;
    socket.write_all(lines.join("\n").as_bytes()).await?;
    socket.shutdown().await
}

/// Returns `true` if the body of the request has the announced length.
fn has_body(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.to_ascii_lowercase();
    let length = length
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length = length.and_then(|length| length.trim().parse().ok());
    length.is_none_or(|length: usize| body.len() >= length)
}
