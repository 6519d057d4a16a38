//! [`Request`]: HTTP request to a provider.

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

/// HTTP request. Cheap to clone: the body is shared, so a retry copies only the headers.
///
/// Credential headers are always marked sensitive. `Debug` omits them, keys in the URL, and the
/// body.
#[derive(Clone)]
pub struct Request {
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Bytes,
    /// Secrets other than those in headers.
    redactor: Redactor,
}

impl Request {
    /// Creates a request without a body. The URL must be absolute (`https://host/path?query`); it
    /// is validated when the request is sent.
    ///
    /// User info in the URL is removed and converted to HTTP basic authentication (RFC 7617), in a
    /// header marked sensitive; a later `authorization` header replaces it.
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

    /// Creates a POST request.
    #[must_use]
    pub fn post(url: impl Into<String>) -> Self {
        Self::new(Method::POST, url)
    }

    /// Creates a GET request.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self::new(Method::GET, url)
    }

    /// Sets a header, replacing an earlier value.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        if is_secret_header(&name) {
            value.set_sensitive(true);
        }
        self.headers.insert(name, value);
        self
    }

    /// Sets a header from strings, for example from a settings file.
    ///
    /// # Errors
    ///
    /// Returns [`TransportErrorKind::InvalidRequest`] if the name or the value is invalid. The
    /// message does not contain the value.
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
    /// Returns [`TransportErrorKind::InvalidRequest`] if the key is not a valid header value.
    pub fn with_bearer(self, key: &ApiKey) -> Result<Self, TransportError> {
        Ok(self.with_header(AUTHORIZATION, key.bearer()?))
    }

    /// Sets the header `name` to the plain key, as in `x-api-key`, `api-key`, `x-goog-api-key`.
    ///
    /// # Errors
    ///
    /// Returns [`TransportErrorKind::InvalidRequest`] if the key is not a valid header value.
    pub fn with_key_header(self, name: HeaderName, key: &ApiKey) -> Result<Self, TransportError> {
        Ok(self.with_header(name, key.header_value()?))
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the body to JSON text, with its content type.
    #[must_use]
    pub fn with_json(self, json: impl Into<Bytes>) -> Self {
        self.with_header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .with_body(json)
    }

    /// Returns the method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the URL as sent, without user info. It may contain a key; use [`redact_url`] for
    /// display.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the body.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns a redactor for the secrets of this request: values of sensitive headers, and user
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
