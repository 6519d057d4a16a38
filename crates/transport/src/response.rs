//! [`Response`]: status, headers, and a streaming body.

use std::{fmt, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use tokio::time::timeout;

use crate::{Body, Redactor, SseStream, redact::MaskedHeaders, status};

/// Limit on the body of an error, in bytes.
const MAX_ERROR_BODY: usize = 256 * 1024;
/// Time limit on reading the body of an error; the status alone is enough for an error.
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Reply to a request, with an unread body.
pub struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
    redactor: Redactor,
}

impl Response {
    /// Creates a response, for use by transports.
    #[must_use]
    pub fn new(status: StatusCode, headers: HeaderMap, body: Body) -> Self {
        Self {
            status,
            headers,
            body,
            redactor: Redactor::new(),
        }
    }

    /// Returns the HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the provider's request id, from any of the known headers.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        status::request_id(&self.headers)
    }

    /// Returns a redactor for the secrets of the request, for text of the body that becomes part of
    /// an error.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Returns the body.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// Returns the body for reading.
    pub fn body_mut(&mut self) -> &mut Body {
        &mut self.body
    }

    /// Converts the response into its body.
    #[must_use]
    pub fn into_body(self) -> Body {
        self.body
    }

    /// Reads the part of the body that an error quotes: at most the first 256 KiB received within
    /// 10 seconds. A read error ends it early.
    pub async fn error_body(&mut self) -> Bytes {
        let mut body = BytesMut::new();
        let read = self.body.read_prefix(MAX_ERROR_BODY, &mut body);
        let _out_of_time = timeout(ERROR_BODY_TIMEOUT, read).await;
        body.freeze()
    }

    /// Converts the response into a stream of server-sent events.
    #[must_use]
    pub fn into_sse(self) -> SseStream {
        SseStream::new(self.body)
    }

    pub(crate) fn map_body(mut self, map: impl FnOnce(Body) -> Body) -> Self {
        self.body = map(self.body);
        self
    }

    pub(crate) fn with_redactor(mut self, redactor: Redactor) -> Self {
        self.redactor = redactor;
        self
    }
}

/// Masks headers that can carry a credential, and omits the body.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &MaskedHeaders(&self.headers))
            .field("body", &self.body)
            .finish()
    }
}
