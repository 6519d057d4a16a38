//! Passing a request on, over HTTP/1.1.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header, request, request::Parts};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use crate::app::App;

/// Marks a request that was passed on, so that it is not passed on again.
pub(super) const PASSED_ON: HeaderName = HeaderName::from_static("geppetto-passed-on");

/// Time limit for a connection to an owner.
const CONNECT: Duration = Duration::from_secs(2);

/// Time to wait for a reply before the owner is asked whether it is alive, and for its answer. A
/// process that is stopped accepts connections all the same.
const PROBE: Duration = Duration::from_secs(5);

/// Headers that belong to a connection.
const HOP_BY_HOP: [HeaderName; 7] = [
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::PROXY_AUTHENTICATE,
    HeaderName::from_static("keep-alive"),
];

/// Why there is no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failed {
    /// The request did not reach the owner.
    NotSent,
    /// Whether the owner carried the request out is unknown.
    NoReply,
}

/// Sends a request to an owner, and returns its reply.
pub(super) async fn pass_on(
    app: &App,
    address: &str,
    path: &str,
    parts: &Parts,
    body: Bytes,
) -> Result<Response, Failed> {
    let mut request = request::Builder::new()
        .method(parts.method.clone())
        .uri(path);
    if let Some(headers) = request.headers_mut() {
        headers.extend(end_to_end(&parts.headers));
        headers.insert(PASSED_ON, HeaderValue::from_static("1"));
        headers.remove(header::CONTENT_LENGTH);
        headers.remove(header::EXPECT);
    }
    let request = request
        .body(Body::from(body))
        .map_err(|_| Failed::NotSent)?;
    let mut sender = open(address).await.ok_or(Failed::NotSent)?;
    let reply = while_alive(address, sender.send_request(request)).await;
    let (head, body) = reply.ok_or(Failed::NoReply)?.into_parts();
    let is_stream = head.headers.get(header::CONTENT_TYPE);
    let is_stream = is_stream.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    let body = match is_stream {
        true => lively(body, app.options.keep_alive.saturating_mul(3)),
        false => Body::new(body),
    };
    let mut response = Response::new(body);
    *response.status_mut() = head.status;
    *response.headers_mut() = end_to_end(&head.headers).collect::<HeaderMap>();
    Ok(response)
}

/// Waits for a reply for as long as its server answers at all.
async fn while_alive<T>(
    address: &str,
    reply: impl Future<Output = Result<T, hyper::Error>>,
) -> Option<T> {
    let mut reply = std::pin::pin!(reply);
    loop {
        if let Ok(reply) = timeout(PROBE, &mut reply).await {
            return reply.ok();
        }
        let alive = std::pin::pin!(timeout(PROBE, answers(address)));
        tokio::select! {
            reply = &mut reply => return reply.ok(),
            alive = alive => if alive != Ok(true) { return None },
        }
    }
}

/// Returns `true` if a server sends any answer.
async fn answers(address: &str) -> bool {
    let Some(mut sender) = open(address).await else {
        return false;
    };
    let host = address.rsplit('/').next().unwrap_or_default();
    let request = request::Builder::new()
        .uri("/openapi.json")
        .header(header::HOST, host);
    let Ok(request) = request.body(Body::empty()) else {
        return false;
    };
    sender.send_request(request).await.is_ok()
}

/// Returns an event stream that breaks off if nothing comes for a time. The owner sends comments
/// while it is alive, and the client connects again.
fn lively(body: Incoming, limit: Duration) -> Body {
    let frames = Body::new(body).into_data_stream();
    let frames = stream::unfold(Some(frames), move |frames| async move {
        let mut frames = frames?;
        match timeout(limit, frames.next()).await {
            Ok(Some(Ok(bytes))) => Some((Ok(bytes), Some(frames))),
            Ok(Some(Err(error))) => Some((Err(io::Error::other(error)), None)),
            Ok(None) => None,
            Err(_) => {
                let error = io::Error::other("the owner of the session is silent");
                Some((Err(error), None))
            }
        }
    });
    Body::from_stream(frames)
}

fn end_to_end(headers: &HeaderMap) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let named = headers
        .iter()
        .filter(|(name, _)| !HOP_BY_HOP.contains(name));
    named.map(|(name, value)| (name.clone(), value.clone()))
}

/// Opens a connection to an address such as `http://10.0.0.7:8080`.
async fn open(address: &str) -> Option<http1::SendRequest<Body>> {
    let uri: Uri = address.parse().ok()?;
    let host = uri.host()?.trim_matches(['[', ']']).to_owned();
    let port = uri.port_u16().unwrap_or(80);
    let connecting = async {
        let found: Vec<SocketAddr> = lookup_host((host, port)).await.ok()?.collect();
        TcpStream::connect(found.as_slice()).await.ok()
    };
    let stream = timeout(CONNECT, connecting).await.ok()??;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(async move {
        // Its failure is that of the reply.
        let _ = connection.await;
    });
    Some(sender)
}
