//! One connection: requests in, replies out, until either side closes.

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

/// How many bytes a client may send ahead while its reply is under way.
const MAX_AHEAD: usize = 1024 * 1024;

/// What happens to the connection after a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    KeepAlive,
    Close,
    /// Close so that the client sees a reset.
    Reset,
}

/// Serves a connection until it closes.
pub(super) async fn serve(mut stream: TcpStream, shared: Arc<Shared>, open: Open) {
    // A stream of small writes must not wait for acknowledgements; without the option it is slow,
    // not wrong.
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
        // Without the option the client sees an orderly close instead, nothing worse.
        let _ = stream.set_zero_linger();
    }
    // The socket first, so that a connection never counts as closed while it is open.
    drop(stream);
    drop(open);
}

async fn refuse(stream: &mut TcpStream, status: u16, reason: &str) {
    let head = format!(
        "HTTP/1.1 {status} Refused\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{reason}",
        reason.len()
    );
    // The connection closes next, whether the client still listens or not.
    let _ = stream.write_all(head.as_bytes()).await;
}

/// Sends the reply while watching whether the client is still there.
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

/// Ends when the client closes the connection; keeps what it sends ahead.
async fn gone(reader: &mut ReadHalf<'_>, inbox: &mut BytesMut) {
    while inbox.len() < MAX_AHEAD {
        if matches!(reader.read_buf(inbox).await, Ok(0) | Err(_)) {
            return;
        }
    }
    std::future::pending::<()>().await;
}
