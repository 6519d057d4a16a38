//! [`HttpTransport`]: the interface between providers and the network.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;

use crate::{Request, Response, error::TransportError};

#[cfg(test)]
mod tests;

/// Sends one request and returns the reply as soon as its headers have arrived.
///
/// The only access to the network. [`ReqwestTransport`](crate::ReqwestTransport) is the production
/// implementation, [`MemoryTransport`](crate::memory::MemoryTransport) the one for tests;
/// applications can supply their own. Implementations must
///
/// - return replies of any status as a [`Response`]: errors are classified by the caller;
/// - not follow redirects, so that credentials only reach the intended host;
/// - send the request once: retries, time limits and redaction are the responsibility of
///   [`HttpClient`];
/// - be cancel safe: dropping the future cancels the request.
///
/// [`HttpClient`]: crate::HttpClient
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait HttpTransport: Debug + Send + Sync {
    /// Sends `request`. Called once per attempt.
    ///
    /// # Errors
    ///
    /// Returns an error if the request is invalid, no connection could be established, or it broke
    /// before the headers of the reply arrived.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}

#[async_trait]
impl<T: HttpTransport + ?Sized> HttpTransport for Arc<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        (**self).send(request).await
    }
}
