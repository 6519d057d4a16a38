//! [`Request`]: what is sent to a provider.

use std::fmt;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{AUTHORIZATION, CONTENT_TYPE},
};

use crate::{
    ApiKey, Redactor,
    error::{TransportError, TransportErrorKind},
    redact::{
        MaskedHeaders, basic, is_secret_header, percent_decoded, redact_url, secrets_in_url,
        without_user_info,
    },
};

#[cfg(test)]
mod tests;

/// One HTTP request. Cheap to clone: the body is shared, so a retry copies only the headers.
///
/// Headers that carry credentials are marked sensitive when they are set, whatever way they are
/// set; `Debug` shows neither them, nor keys inside the URL, nor the body.
#[derive(Clone)]
pub struct Request {
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Bytes,
    /// What is secret beside the headers.
    redactor: Redactor,
}

impl Request {
    /// A request without a body. The URL is absolute (`https://host/path?query`); it is checked
    /// when the request is sent.
    ///
    /// A user and a password in the URL are taken out of it and become HTTP's basic authentication
    /// (RFC 7617), in a header that is marked sensitive; an `authorization` header that is set
    /// later replaces it.
    #[must_use]
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        let url = url.into();
        let redactor = secrets_in_url(&url).fold(Redactor::new(), |known, secret| {
            known
                .with_secret(secret)
                .with_secret(&percent_decoded(secret))
        });
        let mut headers = HeaderMap::new();
        let (url, user_info) = without_user_info(url);
        if let Some(basic) = user_info.as_deref().and_then(basic) {
            headers.insert(AUTHORIZATION, basic);
        }
        Self {
            method,
            url,
            headers,
            body: Bytes::new(),
            redactor,
        }
    }

    /// A POST request.
    #[must_use]
    pub fn post(url: impl Into<String>) -> Self {
        Self::new(Method::POST, url)
    }

    /// A GET request.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self::new(Method::GET, url)
    }

    /// Sets a header, replacing the value it had.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        if is_secret_header(&name) {
            value.set_sensitive(true);
        }
        self.headers.insert(name, value);
        self
    }

    /// Sets a header from text, as it stands in settings.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::InvalidRequest`] when name or value cannot stand in a header. The
    /// message does not show the value.
    pub fn try_with_header(self, name: &str, value: &str) -> Result<Self, TransportError> {
        let parsed_name = HeaderName::from_bytes(name.as_bytes()).map_err(|source| {
            invalid(format!("`{}` is not a header name", name.escape_debug())).with_source(source)
        })?;
        let value = HeaderValue::from_str(value).map_err(|source| {
            invalid(format!(
                "the value of header `{parsed_name}` holds characters that a header cannot carry"
            ))
            .with_source(source)
        })?;
        Ok(self.with_header(parsed_name, value))
    }

    /// Sets `authorization: Bearer <key>`.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::InvalidRequest`] when the key cannot stand in a header.
    pub fn with_bearer(self, key: &ApiKey) -> Result<Self, TransportError> {
        Ok(self.with_header(AUTHORIZATION, key.bearer()?))
    }

    /// Sets the header `name` to the key alone: `x-api-key`, `api-key`, `x-goog-api-key`.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::InvalidRequest`] when the key cannot stand in a header.
    pub fn with_key_header(self, name: HeaderName, key: &ApiKey) -> Result<Self, TransportError> {
        Ok(self.with_header(name, key.header_value()?))
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets a body of JSON text and its content type.
    #[must_use]
    pub fn with_json(self, json: impl Into<Bytes>) -> Self {
        self.with_header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .with_body(json)
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The URL as it is sent, without user info; it may hold a key. For people, use
    /// [`redact_url`].
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// A redactor that knows the secrets in this request: values of sensitive headers, user
    /// info and key parameters of the URL.
    #[must_use]
    pub fn redactor(&self) -> Redactor {
        let headers = self
            .headers
            .values()
            .filter(|value| value.is_sensitive())
            .filter_map(|value| value.to_str().ok());
        headers.fold(self.redactor.clone(), Redactor::with_secret)
    }

    pub(crate) fn into_parts(self) -> (Method, String, HeaderMap, Bytes) {
        (self.method, self.url, self.headers, self.body)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &redact_url(&self.url))
            .field("headers", &MaskedHeaders(&self.headers))
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

fn invalid(message: String) -> TransportError {
    TransportError::new(TransportErrorKind::InvalidRequest, message)
}
