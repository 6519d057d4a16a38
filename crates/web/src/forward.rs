//! Requests for sessions that another process owns.

use std::{net::SocketAddr, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequestParts as _, OriginalUri, RawPathParams, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header,
    request::{self, Parts},
};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use crate::{Forward, Problem, app::App, owner::Scope};

/// Marks a request that was passed on, so that it is not passed on again.
const PASSED_ON: HeaderName = HeaderName::from_static("geppetto-passed-on");

/// Time limit for a connection to an owner.
const CONNECT: Duration = Duration::from_secs(2);

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

/// Sends a request to the owner of its session, as configured.
pub(crate) async fn owner(State(app): State<App>, request: Request, next: Next) -> Response {
    let forward = app.options.forward;
    if forward == Forward::Nothing || request.headers().contains_key(PASSED_ON) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Some(address) = address(&app, &mut parts).await else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    let uri = match parts.extensions.get::<OriginalUri>() {
        Some(OriginalUri(uri)) => uri.clone(),
        None => parts.uri.clone(),
    };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    if forward == Forward::Redirect {
        let target = format!("{}{path}", address.trim_end_matches('/'));
        return match HeaderValue::try_from(target) {
            Ok(target) => {
                (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, target)]).into_response()
            }
            Err(_) => next.run(Request::from_parts(parts, body)).await,
        };
    }
    let Ok(body) = to_bytes(body, app.options.max_body).await else {
        let detail = "the body is too large, or was cut off";
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail).into_response();
    };
    match pass_on(&address, path, &parts, body.clone()).await {
        Ok(response) => response,
        // Nothing was sent: the owner may be gone, and its session is taken over here in time.
        Err(Failed::NotSent) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Err(Failed::NoReply) => {
            let detail = "the process that owns the session did not reply; whether the request was \
                          carried out is unknown";
            Problem::new(StatusCode::BAD_GATEWAY, "owner-lost", detail)
                .help("send it again with the same Idempotency-Key")
                .retry_after(5)
                .into_response()
        }
    }
}

/// Returns the address of the owner of a request's session, if it is another process and the
/// session exists for the user.
async fn address(app: &App, parts: &mut Parts) -> Option<String> {
    let params = RawPathParams::from_request_parts(parts, app).await.ok()?;
    let id = params.iter().find(|(name, _)| *name == "id")?.1.to_owned();
    let scope = parts.extensions.get::<Scope>()?;
    let session = scope.session(&app.host, &id).await.ok()?;
    let owner = session.owned_by().await.ok()??;
    owner.address().map(str::to_owned)
}

enum Failed {
    NotSent,
    NoReply,
}

async fn pass_on(
    address: &str,
    path: &str,
    parts: &Parts,
    body: Bytes,
) -> Result<Response, Failed> {
    let stream = connect(address).await.ok_or(Failed::NotSent)?;
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|_| Failed::NotSent)?;
    tokio::spawn(async move {
        // Its failure is that of the reply.
        let _ = connection.await;
    });
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
    let reply = sender
        .send_request(request)
        .await
        .map_err(|_| Failed::NoReply)?;
    let (head, body) = reply.into_parts();
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = head.status;
    *response.headers_mut() = end_to_end(&head.headers).collect::<HeaderMap>();
    Ok(response)
}

fn end_to_end(headers: &HeaderMap) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let named = headers
        .iter()
        .filter(|(name, _)| !HOP_BY_HOP.contains(name));
    named.map(|(name, value)| (name.clone(), value.clone()))
}

/// Connects to an address such as `http://10.0.0.7:8080`.
async fn connect(address: &str) -> Option<TcpStream> {
    let uri: Uri = address.parse().ok()?;
    let host = uri.host()?.trim_matches(['[', ']']).to_owned();
    let port = uri.port_u16().unwrap_or(80);
    let connecting = async {
        let found: Vec<SocketAddr> = lookup_host((host, port)).await.ok()?.collect();
        TcpStream::connect(found.as_slice()).await.ok()
    };
    timeout(CONNECT, connecting).await.ok()?
}
