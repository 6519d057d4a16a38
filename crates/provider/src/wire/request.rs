//! [`WireRequest`]: a request encoded by a wire.

use std::borrow::Cow;

use geppetto_engine::EngineError;
use http::{HeaderName, HeaderValue};
use serde::Serialize;

use crate::{connection::configuration, request::to_json};

/// A request of a wire: the path relative to the base URL, headers, and a JSON body.
///
/// All of it is built per request: a path may contain the model, and a header may depend on the
/// turn.
#[derive(Debug, Clone)]
pub struct WireRequest {
    pub(crate) path: Cow<'static, str>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Vec<u8>,
}

impl WireRequest {
    /// Creates a request to `path`, which starts with `/` and may have a query
    /// (`/models/gemini:streamGenerateContent?alt=sse`). A query of the base URL is appended to it.
    #[must_use]
    pub fn new(path: impl Into<Cow<'static, str>>, body: Vec<u8>) -> Self {
        Self {
            path: path.into(),
            headers: Vec::new(),
            body,
        }
    }

    /// Creates a request whose body is serialized from `body`.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` if a value cannot be serialized as JSON.
    pub fn json(
        path: impl Into<Cow<'static, str>>,
        body: &impl Serialize,
    ) -> Result<Self, EngineError> {
        Ok(Self::new(path, to_json(body)?))
    }

    /// Sets a header. The builder's headers replace those of the wire.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Sets a header from a text of the settings.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` if the value is not valid in a header. The message does not
    /// show it.
    pub fn try_with_header(self, name: &'static str, value: &str) -> Result<Self, EngineError> {
        let value = HeaderValue::from_str(value).map_err(|error| {
            let message = format!("the value for the header `{name}` cannot stand in a header");
            configuration(message).with_source(error)
        })?;
        Ok(self.with_header(HeaderName::from_static(name), value))
    }

    /// Returns the path, with its query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Returns the value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&HeaderValue> {
        let found = self.headers.iter().rev().find(|(own, _)| own == name);
        found.map(|(_, value)| value)
    }
}
