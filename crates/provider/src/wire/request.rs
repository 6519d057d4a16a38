//! [`WireRequest`]: a request as a wire makes it.

use std::borrow::Cow;

use geppetto_engine::EngineError;
use http::{HeaderName, HeaderValue};
use serde::Serialize;

use crate::{connection::configuration, request::to_json};

/// A request as a wire makes it: the path behind the base URL, headers, and a body of JSON.
///
/// Everything in it is made per request: a path may hold the model, a header may depend on what the
/// turn asks for.
#[derive(Debug, Clone)]
pub struct WireRequest {
    pub(crate) path: Cow<'static, str>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Vec<u8>,
}

impl WireRequest {
    /// A request to `path`, which begins with `/` and may have a query
    /// (`/models/gemini:streamGenerateContent?alt=sse`). A query of the base URL is kept behind it.
    #[must_use]
    pub fn new(path: impl Into<Cow<'static, str>>, body: Vec<u8>) -> Self {
        Self {
            path: path.into(),
            headers: Vec::new(),
            body,
        }
    }

    /// A request whose body is written from `body`.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`: a value in it cannot be JSON.
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

    /// Sets a header from text of settings.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`: the value cannot stand in a header. The message does not show it.
    pub fn try_with_header(self, name: &'static str, value: &str) -> Result<Self, EngineError> {
        let value = HeaderValue::from_str(value).map_err(|error| {
            let message = format!("the value for the header `{name}` cannot stand in a header");
            configuration(message).with_source(error)
        })?;
        Ok(self.with_header(HeaderName::from_static(name), value))
    }

    /// The path, with its query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&HeaderValue> {
        let found = self.headers.iter().rev().find(|(own, _)| own == name);
        found.map(|(_, value)| value)
    }
}
