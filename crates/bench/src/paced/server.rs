//! A server that paces its streams: each delta is a separate write.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::{MissedTickBehavior, interval},
};

use super::{Load, clock};

/// How often the server checks which streams are due.
const TICK: Duration = Duration::from_millis(1);

/// Starts a server for one consumer. It answers as many requests as the load has streams, and
/// begins to write once all of them have arrived.
pub(crate) async fn start(load: Load) -> io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(async move {
        let (open, mut opened) = mpsc::unbounded_channel();
        for _ in 0..load.streams {
            let Ok((socket, _)) = listener.accept().await else {
                return;
            };
            let open = open.clone();
            tokio::spawn(async move {
                if greet(&socket).await.is_ok() {
                    // The receiver waits for all streams.
                    let _ = open.send(socket);
                }
            });
        }
        drop(open);
        let mut sockets = Vec::with_capacity(load.streams);
        while let Some(socket) = opened.recv().await {
            sockets.push(socket);
        }
        if load.rate == 0 {
            send_at_once(sockets, load.deltas).await;
        } else {
            pace(&sockets, load).await;
        }
    });
    Ok((address, serving))
}

/// Reads the request and begins the reply.
async fn greet(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut request = Vec::new();
    // The messages need not be the last field of the body, so the content length determines the end
    // of the request.
    while !is_whole(&request) {
        socket.readable().await?;
        let mut buffer = [0; 4096];
        match socket.try_read(&mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => request.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\
                transfer-encoding: chunked\r\n\r\n";
    write(socket, head).await?;
    let first = r#"{"role":"assistant","content":"","refusal":null}"#;
    write(socket, &event(first, "null")).await
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    length.is_none_or(|length| body.len() >= length)
}

/// Writes the deltas of all streams, spread evenly over time.
async fn pace(sockets: &[TcpStream], load: Load) {
    let ticks = (1000 / load.rate.max(1)).max(1) as usize;
    let mut interval = interval(TICK);
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for _ in 0..load.deltas {
        for tick in 0..ticks {
            interval.tick().await;
            for socket in sockets.iter().skip(tick).step_by(ticks) {
                // A consumer that is gone reports that itself.
                let _ = write(socket, &delta()).await;
            }
        }
    }
    for socket in sockets {
        let _ = write(socket, &end()).await;
    }
}

/// Writes the deltas of all streams as fast as they are read.
async fn send_at_once(sockets: Vec<TcpStream>, deltas: u32) {
    let mut streams = JoinSet::new();
    for socket in sockets {
        streams.spawn(async move {
            for _ in 0..deltas {
                write(&socket, &delta()).await?;
            }
            write(&socket, &end()).await
        });
    }
    streams.join_all().await;
}

fn delta() -> String {
    event(&format!("{{\"content\":\" {}\"}}", clock::now()), "null")
}

fn end() -> String {
    event("{}", "\"stop\"") + &chunk("data: [DONE]\n\n") + "0\r\n\r\n"
}

async fn write(socket: &TcpStream, text: &str) -> io::Result<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match socket.try_write(rest) {
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => socket.writable().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// An event in OpenAI's format, as a chunk of the body.
fn event(delta: &str, finish: &str) -> String {
    chunk(&format!(
        "data: {{\"id\":\"chatcmpl-BQ0nYVqsVQ8nUUl0x5D2Wc5mCqWXw\",\"object\":\
         \"chat.completion.chunk\",\"created\":1746042418,\"model\":\"gpt-4o-mini-2024-07-18\",\
         \"service_tier\":\"default\",\"system_fingerprint\":\"fp_dbaca60df0\",\"choices\":\
         [{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finish}}}],\
         \"usage\":null,\"obfuscation\":\"k3VnQ0a\"}}\n\n"
    ))
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}
