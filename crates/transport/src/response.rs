//! [`Response`]: status, headers, and a body that is read as it arrives.

use std::{fmt, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use tokio::time::timeout;

use crate::{Body, Redactor, SseStream, redact::MaskedHeaders, status};

/// How much of an error's body is read, in bytes.
const MAX_ERROR_BODY: usize = 256 * 1024;
/// How long reading an error's body may take: the error is known, the body is a bonus.
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The reply to a request, its body not read yet.
pub struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
    redactor: Redactor,
}

impl Response {
    /// A reply made of its parts, as a transport makes it.
    #[must_use]
    pub fn new(status: StatusCode, headers: HeaderMap, body: Body) -> Self {
        Self {
            status,
            headers,
            body,
            redactor: Redactor::new(),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The provider's id of the request, from whichever header it uses.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        status::request_id(&self.headers)
    }

    /// Masks the secrets of the request that this answers: for text out of the body that goes
    /// into an error.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The body, to read chunks from.
    pub fn body_mut(&mut self) -> &mut Body {
        &mut self.body
    }

    /// The body alone.
    #[must_use]
    pub fn into_body(self) -> Body {
        self.body
    }

    /// Reads what an error quotes of the body: at most the first 256 KiB, and what came within
    /// 10 seconds. A body that breaks ends there.
    pub async fn error_body(&mut self) -> Bytes {
        let mut body = BytesMut::new();
        let read = self.body.read_prefix(MAX_ERROR_BODY, &mut body);
        let _out_of_time = timeout(ERROR_BODY_TIMEOUT, read).await;
        body.freeze()
    }

    /// The body as a stream of server-sent events.
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

/// Headers that can carry a credential are masked, the body is left out.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &MaskedHeaders(&self.headers))
            .field("body", &self.body)
            .finish()
    }
}
