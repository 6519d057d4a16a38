//! [`Server`]: a server of Chat Completions whose answers are long, or never end.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{interval, sleep, timeout},
};

use crate::Failure;

/// Size of the text of a delta.
pub(super) const DELTA_BYTES: usize = 16;

/// Number of deltas of the long answer, which has 1 MB.
const DELTAS: usize = 1_000_000 / DELTA_BYTES;

/// Number of deltas that are sent per millisecond.
const PACE: usize = 4;

/// Time limit for an answer.
const LIMIT: Duration = Duration::from_secs(120);

/// A server on a port of this machine.
#[derive(Debug)]
pub(super) struct Server {
    port: u16,
    /// Deltas of the long answer that were sent.
    sent: Arc<AtomicUsize>,
}

impl Server {
    pub(super) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let sent = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&sent);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let counter = Arc::clone(&counter);
                tokio::spawn(async move {
                    // The chat may go away at any time.
                    let _ = answer(socket, &counter).await;
                });
            }
        });
        Ok(Self { port, sent })
    }

    /// Returns the arguments of a chat with this server.
    pub(super) fn arguments(&self) -> String {
        let port = self.port;
        format!("-m test --openai-base-url http://127.0.0.1:{port}/v1 --no-store")
    }

    /// Waits until a share of the long answer was sent. Returns the number of deltas.
    pub(super) async fn reached(&self, share: f64) -> Result<usize, Failure> {
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place in the answer"
        )]
        let place = (DELTAS as f64 * share) as usize;
        let wait = async {
            loop {
                let sent = self.sent.load(Ordering::SeqCst);
                if sent >= place {
                    return sent;
                }
                sleep(Duration::from_millis(1)).await;
            }
        };
        let reached = timeout(LIMIT, wait).await;
        reached.map_err(|_| "the answer takes too long".into())
    }
}

async fn answer(mut socket: TcpStream, sent: &AtomicUsize) -> io::Result<()> {
    let request = request(&mut socket).await?;
    socket
        .write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n",
        )
        .await?;
    if request.contains("stall") {
        socket.write_all(delta("the beginning").as_bytes()).await?;
        // The chat closes the connection.
        socket.read_u8().await?;
        return Ok(());
    }
    let mut ticks = interval(Duration::from_millis(1));
    let text = "Lorem ipsum dol ";
    let mut at = 0;
    while at < DELTAS {
        ticks.tick().await;
        let mut chunk = String::new();
        for _ in 0..PACE {
            at += 1;
            // A paragraph has 640 bytes.
            let end = if at % 40 == 0 { "\\n\\n" } else { text };
            chunk.push_str(&delta(end));
        }
        socket.write_all(chunk.as_bytes()).await?;
        sent.store(at, Ordering::SeqCst);
    }
    socket.write_all(b"data: [DONE]\n\n").await
}

fn delta(text: &str) -> String {
    format!(
        "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"test\",\"choices\":\
         [{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\"finish_reason\":null}}]}}\n\n"
    )
}

/// Reads a request to the end of its body.
async fn request(socket: &mut TcpStream) -> io::Result<String> {
    let mut bytes = Vec::new();
    loop {
        if socket.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_lowercase();
        let length = head.split("content-length:").nth(1);
        let length = length.and_then(|rest| rest.lines().next()?.trim().parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Ok(body.to_owned());
        }
    }
}
