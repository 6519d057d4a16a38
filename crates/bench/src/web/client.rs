//! The windows.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{Failure, paced};

/// Number of digits of a time in nanoseconds.
const DIGITS: usize = 19;

/// Sends a request, and returns its reply.
async fn request(address: &str, method: &str, path: &str, body: &str) -> Result<String, Failure> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await?;
    if !reply.starts_with("HTTP/1.1 20") {
        return Err(format!("{method} {path}: {reply}").into());
    }
    Ok(reply)
}

/// Creates a session, and returns its id.
pub(super) async fn session(address: &str) -> Result<String, Failure> {
    let reply = request(address, "POST", "/sessions", "{}").await?;
    let id = reply.split("\"id\":\"").nth(1);
    let id = id.and_then(|rest| rest.split('"').next());
    Ok(id.ok_or("the session has no id")?.to_owned())
}

/// Sends a message.
pub(super) async fn send(address: &str, session: &str) -> Result<(), Failure> {
    let path = format!("/sessions/{session}/messages");
    request(address, "POST", &path, r#"{"text":"Go"}"#).await?;
    Ok(())
}

/// Opens a window on a session.
pub(super) async fn window(address: &str, session: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!("GET /sessions/{session}/events HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    Ok(stream)
}

/// Sends a message as a page of the AI SDK does; the reply is its stream.
pub(super) async fn page(address: &str, id: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let body = format!(
        r#"{{"id":"{id}","messages":[{{"id":"m","role":"user","parts":[{{"type":"text","text":"Go"}}]}}]}}"#
    );
    let head = format!(
        "POST /ui HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    Ok(stream)
}

/// Returns the CPU time of the server in microseconds, and its memory in MiB.
pub(super) async fn usage(address: &str) -> Result<(f64, f64), Failure> {
    let reply = request(address, "GET", "/usage", "").await?;
    let body = reply.split("\r\n\r\n").nth(1).unwrap_or_default();
    let mut numbers = body.split_whitespace().map(str::parse::<f64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(cpu)), Some(Ok(memory))) => Ok((cpu, memory)),
        _ => Err(format!("the server used `{body}`").into()),
    }
}

/// Reads a window until it has all deltas; each is the time at which it was sent. Returns the delays
/// in nanoseconds.
pub(super) async fn read(
    mut stream: TcpStream,
    deltas: u32,
    arrived: Arc<AtomicUsize>,
) -> io::Result<Vec<f64>> {
    let mut delays = Vec::new();
    let mut bytes = vec![0; 16 << 10];
    let (mut number, mut digits): (u64, usize) = (0, 0);
    while delays.len() < deltas as usize {
        let count = stream.read(&mut bytes).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let now = paced::now();
        for byte in bytes.iter().take(count) {
            if byte.is_ascii_digit() {
                number = number.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                digits += 1;
                continue;
            }
            if digits == DIGITS {
                let delay = u32::try_from(now.saturating_sub(number)).unwrap_or(u32::MAX);
                delays.push(f64::from(delay));
                arrived.fetch_add(1, Ordering::Relaxed);
            }
            (number, digits) = (0, 0);
        }
    }
    Ok(delays)
}
