//! [`TokenSource`]: keys that expire and are renewed.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use geppetto_engine::EngineError;

use crate::ApiKey;

#[cfg(test)]
mod tests;

/// Source of a key that expires, such as an OAuth access token.
///
/// An engine asks for the token before each provider call. If the server refuses it (HTTP 401) before any
/// output, the engine reports the refusal, asks for the token again, and repeats the call once if the
/// source returns another token. A second refusal, or the same token again, is the error of the
/// call. No other status causes a repeat: with 403 the token is valid and does not suffice.
///
/// Both methods take `&self` and are called concurrently by the runs that share the engine. A source that
/// renews a token should do so once for all of them:
///
/// ```
/// use async_trait::async_trait;
/// use geppetto_engine::EngineError;
/// use geppetto_transport::{ApiKey, TokenSource};
/// use tokio::sync::Mutex;
///
/// #[derive(Debug, Default)]
/// struct Login {
///     current: Mutex<Option<ApiKey>>,
/// }
///
/// # async fn request_token() -> Result<ApiKey, EngineError> { Ok(ApiKey::new("token")) }
/// #[async_trait]
/// impl TokenSource for Login {
///     async fn token(&self) -> Result<ApiKey, EngineError> {
///         // The others wait here for the one that renews.
///         let mut current = self.current.lock().await;
///         if let Some(token) = &*current {
///             return Ok(token.clone());
///         }
///         let token = request_token().await?;
///         *current = Some(token.clone());
///         Ok(token)
///     }
///
///     async fn refused(&self, token: &ApiKey) {
///         let mut current = self.current.lock().await;
///         // A late refusal of an old token must not discard its successor.
///         if current.as_ref().is_some_and(|own| own.expose() == token.expose()) {
///             *current = None;
///         }
///     }
/// }
/// ```
///
/// Reports: <https://github.com/MoonshotAI/kimi-cli/pull/1819> (no renewal after a refusal),
/// <https://github.com/aallam/openai-kotlin/issues/455> (a 401 during an outage discarded the only key).
#[async_trait]
pub trait TokenSource: fmt::Debug + Send + Sync {
    /// Returns the current token, and renews it first if it is known to have expired.
    ///
    /// The future is dropped if the run is cancelled or its deadline passes; there is no other limit.
    ///
    /// # Errors
    ///
    /// An error of kind [`Authentication`](geppetto_engine::ErrorKind::Authentication) if the user must
    /// log in again, or that of the request for a new token. It becomes the error of the call, so its
    /// message must not contain secrets.
    async fn token(&self) -> Result<ApiKey, EngineError>;

    /// Reports that the server refused a token. Does nothing by default, which is right for a source
    /// whose [`token`](Self::token) never returns the same token twice.
    async fn refused(&self, token: &ApiKey) {
        let _ = token;
    }
}

#[async_trait]
impl<T: TokenSource + ?Sized> TokenSource for Arc<T> {
    async fn token(&self) -> Result<ApiKey, EngineError> {
        (**self).token().await
    }

    async fn refused(&self, token: &ApiKey) {
        (**self).refused(token).await;
    }
}
