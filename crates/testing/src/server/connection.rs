//! A connection: reads requests and sends replies until either side closes.

use std::sync::Arc;

use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, tcp::ReadHalf},
};

use super::{
    ReceivedRequest,
    http::{self, Unreadable},
    listener::Open,
    route, send,
    shared::{Disconnect, Shared},
};
use crate::reply::Reply;

/// Maximum number of bytes that a client may send ahead during its reply.
const MAX_AHEAD: usize = 1024 * 1024;

/// State of the connection after a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    KeepAlive,
    Close,
    /// Close with a reset.
    Reset,
}

/// Serves a connection until it closes.
pub(super) async fn serve(mut stream: TcpStream, shared: Arc<Shared>, open: Open) {
    // A stream of small writes must not wait for acknowledgements; without the option it is only
    // slow.
    let _ = stream.set_nodelay(true);
    let mut inbox = BytesMut::new();
    let after = loop {
        let request = match http::read_request(&mut stream, &mut inbox).await {
            Ok(request) => request,
            Err(Unreadable::Gone) => break After::Close,
            Err(Unreadable::Refused(status, reason)) => {
                refuse(&mut stream, status, reason).await;
                break After::Close;
            }
        };
        shared.received(&request);
        let reply = route::reply_to(&request, &shared);
        match answer(&mut stream, &mut inbox, &request, reply, &shared).await {
            After::KeepAlive => {}
            after => break after,
        }
    };
    if after == After::Reset {
        // Without the option the client only sees an orderly close instead.
        let _ = stream.set_zero_linger();
    }
    // The socket first, so that an open connection never counts as closed.
    drop(stream);
    drop(open);
}

async fn refuse(stream: &mut TcpStream, status: u16, reason: &str) {
    let head = format!(
        "HTTP/1.1 {status} Refused\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{reason}",
        reason.len()
    );
    // The connection closes next, whether or not the client still listens.
    let _ = stream.write_all(head.as_bytes()).await;
}

/// Sends the reply while detecting a disconnect of the client.
async fn answer(
    stream: &mut TcpStream,
    inbox: &mut BytesMut,
    request: &ReceivedRequest,
    reply: Reply,
    shared: &Shared,
) -> After {
    let (mut reader, writer) = stream.split();
    let mut sent = 0;
    let outcome = tokio::select! {
        biased;
        outcome = send::reply(writer, request, reply, &mut sent) => outcome.ok(),
        () = gone(&mut reader, inbox) => None,
    };
    outcome.unwrap_or_else(|| {
        shared.note(|log| {
            log.disconnects.push_back(Disconnect {
                request: request.clone(),
                body_bytes_sent: sent,
            });
        });
        After::Close
    })
}

/// Completes when the client closes the connection; keeps bytes that it sends ahead.
async fn gone(reader: &mut ReadHalf<'_>, inbox: &mut BytesMut) {
    while inbox.len() < MAX_AHEAD {
        if matches!(reader.read_buf(inbox).await, Ok(0) | Err(_)) {
            return;
        }
    }
    std::future::pending::<()>().await;
}
