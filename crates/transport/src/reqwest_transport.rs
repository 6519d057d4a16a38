//! [`ReqwestTransport`]: HTTP/1.1 and HTTP/2 over TCP and rustls.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, header::ACCEPT_ENCODING};
use http_body::Body as _;
use reqwest::Client;

use crate::{
    Body, BodySource, HttpTransport, Request, Response, Timeouts,
    error::{TransportError, TransportErrorKind},
};
pub use builder::ReqwestTransportBuilder;
use failure::{Failed, convert};
use idle::{IdleConnections, Returned};
use proxy::Proxies;

mod builder;
mod failure;
mod idle;
mod proxy;
mod resolver;
mod tls;

#[cfg(test)]
mod tests;

/// Network transport: HTTP/1.1 and HTTP/2 through reqwest, TLS by rustls with the certificates of
/// the system.
///
/// Connections are pooled: create one transport per program and clone it. Redirects are not
/// followed. Replies are not decompressed (requests send `accept-encoding: identity`). The proxy of
/// the environment (`HTTPS_PROXY`, `NO_PROXY`, …) is used, except for the local machine. No global
/// state is changed: the crypto provider is private to the transport. Use
/// [`builder`](Self::builder) to set proxies, certificates and the connection pool.
///
/// Host names are resolved on detached threads, so that shutting down the runtime does not wait for
/// a name server.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: Client,
    connect: Duration,
    proxies: Arc<Proxies>,
    idle: IdleConnections,
    /// Reason that TLS is unavailable; plain HTTP to a local server still works.
    no_tls: Option<String>,
}

impl ReqwestTransport {
    /// Creates a transport with the default settings.
    ///
    /// # Errors
    ///
    /// Returns an error if the client cannot be set up because a proxy variable of the environment
    /// is not a valid proxy URL. The message names the variable.
    pub fn new() -> Result<Self, TransportError> {
        Self::builder().build()
    }

    /// Creates a transport with the `connect` limit of `timeouts`; the other limits are enforced by
    /// [`HttpClient`](crate::HttpClient).
    ///
    /// # Errors
    ///
    /// Same as [`new`](Self::new).
    pub fn with_timeouts(timeouts: &Timeouts) -> Result<Self, TransportError> {
        Self::builder().timeouts(timeouts).build()
    }

    /// Creates a builder for a transport with custom settings.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder::new()
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
        // Without the header a server may compress at its discretion (RFC 9110, section 12.5.3).
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
        let url = request.url().clone();
        let may_be_stale = self.idle.take(&url);
        let sent = self.client.execute(request).await;
        let response = sent.map_err(|error| {
            convert(
                error,
                &Failed {
                    server: failure::place(&url),
                    proxy: self.proxies.of(&url).map(proxy::Proxy::place),
                    connect: self.connect,
                    may_be_stale,
                },
            )
        })?;
        let (parts, body) = http::Response::from(response).into_parts();
        let socket = Socket {
            body,
            returned: Some(self.idle.lent(&url)),
        };
        Ok(Response::new(
            parts.status,
            parts.headers,
            Body::new(socket),
        ))
    }
}

/// Omits the credentials of proxies.
impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport")
            .field("connect", &self.connect)
            .field("proxies", &self.proxies)
            .field("no_tls", &self.no_tls)
            .finish_non_exhaustive()
    }
}

struct Socket {
    body: reqwest::Body,
    /// Marks the connection as free again.
    returned: Option<Returned>,
}

impl BodySource for Socket {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        loop {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                None => {
                    if let Some(returned) = self.returned.take() {
                        returned.now();
                    }
                    return Poll::Ready(None);
                }
                Some(Err(error)) => {
                    return Poll::Ready(Some(Err(TransportError::new(
                        TransportErrorKind::Disconnected,
                        "the connection broke while the reply was read",
                    )
                    .with_source(error.without_url()))));
                }
                Some(Ok(frame)) => frame,
            };
            // Providers send nothing relevant in trailers.
            if let Ok(data) = frame.into_data() {
                return Poll::Ready(Some(Ok(data)));
            }
        }
    }
}
