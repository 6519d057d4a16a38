//! [`ReqwestTransport`]: HTTP/1.1 and 2 over TCP and rustls.

use std::{
    error::Error as StdError,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, header::ACCEPT_ENCODING};
use http_body::Body as _;
use reqwest::{Client, redirect};

use crate::{
    Body, BodySource, HttpTransport, Request, Response, Timeouts,
    error::{TimeoutPhase, TransportError, TransportErrorKind},
};

mod tls;

/// What the server is told about the caller, unless a request says otherwise.
const USER_AGENT: &str = concat!("geppetto-rs/", env!("CARGO_PKG_VERSION"));

/// The real transport: HTTP/1.1 and HTTP/2 through reqwest, TLS by rustls with the system's
/// certificates.
///
/// Connections are kept and shared: make one per program and clone it. Redirects are not
/// followed, replies are not decompressed (`accept-encoding: identity` says so), the proxy of the
/// environment (`HTTPS_PROXY`, `NO_PROXY`, …) is used. It changes no global state: the crypto
/// provider is its own.
#[derive(Debug, Clone)]
pub struct ReqwestTransport {
    client: Client,
    connect: Duration,
    /// Why TLS cannot work here; plain HTTP to a local server still can.
    no_tls: Option<String>,
}

impl ReqwestTransport {
    /// A transport with the default limit on connecting.
    ///
    /// # Errors
    ///
    /// The client cannot be set up: a proxy setting of the environment that is no URL.
    pub fn new() -> Result<Self, TransportError> {
        Self::with_timeouts(&Timeouts::default())
    }

    /// A transport with the `connect` limit of `timeouts`; the others are
    /// [`HttpClient`](crate::HttpClient)'s.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn with_timeouts(timeouts: &Timeouts) -> Result<Self, TransportError> {
        let (tls, no_tls) = tls::config()?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(timeouts.connect)
            .redirect(redirect::Policy::none())
            .referer(false)
            .user_agent(USER_AGENT)
            .build()
            .map_err(|error| {
                TransportError::new(
                    TransportErrorKind::InvalidRequest,
                    "the HTTP client cannot be set up",
                )
                .with_source(error.without_url())
            })?;
        Ok(Self {
            client,
            connect: timeouts.connect,
            no_tls,
        })
    }

    fn build(&self, request: Request) -> Result<reqwest::Request, TransportError> {
        let (method, url, headers, body) = request.into_parts();
        let invalid = |message| TransportError::new(TransportErrorKind::InvalidRequest, message);
        let url = reqwest::Url::parse(&url).map_err(|error| {
            invalid("the URL of the request is not valid; check the base URL").with_source(error)
        })?;
        match (url.scheme(), &self.no_tls) {
            ("http", _) | ("https", None) => {}
            ("https", Some(reason)) => {
                return Err(TransportError::new(
                    TransportErrorKind::Tls,
                    format!("TLS does not work on this system: {reason}"),
                ));
            }
            _ => return Err(invalid("the URL of the request is neither http nor https")),
        }
        let mut built = reqwest::Request::new(method, url);
        *built.headers_mut() = headers;
        // Without the header a server may compress as it likes (RFC 9110, section 12.5.3).
        built
            .headers_mut()
            .entry(ACCEPT_ENCODING)
            .or_insert(HeaderValue::from_static("identity"));
        *built.body_mut() = Some(body.into());
        Ok(built)
    }
}

#[async_trait]
impl HttpTransport for ReqwestTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let request = self.build(request)?;
        let server = place(request.url());
        let response = self
            .client
            .execute(request)
            .await
            .map_err(|error| convert(error, &server, self.connect))?;
        let (parts, body) = http::Response::from(response).into_parts();
        Ok(Response::new(
            parts.status,
            parts.headers,
            Body::new(Socket { body }),
        ))
    }
}

struct Socket {
    body: reqwest::Body,
}

impl BodySource for Socket {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        loop {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => {
                    return Poll::Ready(Some(Err(TransportError::new(
                        TransportErrorKind::Disconnected,
                        "the connection broke while the reply was read",
                    )
                    .with_source(error.without_url()))));
                }
                Some(Ok(frame)) => frame,
            };
            // Trailers carry nothing that a provider needs.
            if let Ok(data) = frame.into_data() {
                return Poll::Ready(Some(Ok(data)));
            }
        }
    }
}

/// Host and port of a URL: what an error may say of it.
fn place(url: &reqwest::Url) -> String {
    let host = url.host_str().unwrap_or("the server");
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The innermost cause of an error, in its own words.
fn root_cause(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// A failure before the reply, classified. The URL is dropped: it can hold a key.
fn convert(error: reqwest::Error, server: &str, connect: Duration) -> TransportError {
    let error = error.without_url();
    let (kind, message) = if error.is_timeout() && error.is_connect() {
        return TransportError::timeout(TimeoutPhase::Connect, connect).with_source(error);
    } else if error.is_connect() && has_tls_cause(&error) {
        let cause = root_cause(&error);
        let message = format!("the TLS handshake with {server} failed: {cause}");
        (TransportErrorKind::Tls, message)
    } else if error.is_connect() {
        let cause = root_cause(&error);
        let message = format!(
            "no connection to {server} could be made: {cause}; check the address, and that the \
             server is running"
        );
        (TransportErrorKind::Connect, message)
    } else if error.is_builder() {
        let message = "the request cannot be sent as given".to_owned();
        (TransportErrorKind::InvalidRequest, message)
    } else if let Some(cause) = not_http(&error) {
        let message = format!(
            "what {server} sent is not a reply of HTTP: {cause}; check the scheme and the port of \
             the base URL"
        );
        (TransportErrorKind::Protocol, message)
    } else {
        let message = format!("the connection to {server} broke before the reply began");
        (TransportErrorKind::Disconnected, message)
    };
    TransportError::new(kind, message).with_source(error)
}

/// Why the head of a reply could not be read, if it came: no HTTP, or more headers than are read.
fn not_http(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(error) = current.downcast_ref::<hyper::Error>()
            && error.is_parse()
        {
            return Some(error.to_string());
        }
        cause = current.source();
    }
    None
}

/// Whether rustls is among the causes. It arrives inside [`io::Error`]s, whose inner error is not
/// part of the chain of sources.
fn has_tls_cause(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if current.is::<rustls::Error>() {
            return true;
        }
        cause = match current
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => current.source(),
        };
    }
    false
}
