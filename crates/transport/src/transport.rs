//! [`HttpTransport`]: the one trait between providers and the network.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;

use crate::{Request, Response, error::TransportError};

#[cfg(test)]
mod tests;

/// Sends one request and gives back the reply once its headers are there.
///
/// The only way to the network. [`ReqwestTransport`](crate::ReqwestTransport) is the real one,
/// [`MemoryTransport`](crate::memory::MemoryTransport) the one for tests; an application may
/// bring its own. An implementation
///
/// - returns every status as a [`Response`]: which are errors is decided above it;
/// - follows no redirect, so that credentials go to the host they were meant for only;
/// - sends once: retries, the limits on waiting, and redaction are [`HttpClient`]'s;
/// - is drop-safe: dropping the future ends the request.
///
/// [`HttpClient`]: crate::HttpClient
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait HttpTransport: Debug + Send + Sync {
    /// Sends `request`.
    ///
    /// # Errors
    ///
    /// The request is invalid, no connection could be made, or it broke before the headers of
    /// the reply had arrived.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}

#[async_trait]
impl<T: HttpTransport + ?Sized> HttpTransport for Arc<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        (**self).send(request).await
    }
}
