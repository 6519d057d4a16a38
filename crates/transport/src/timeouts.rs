//! [`Timeouts`]: how long each phase of one request may take.

use std::time::Duration;

/// The time limits of one attempt.
///
/// Every default is finite except `total`: a healthy stream may run as long as it likes, since
/// `idle` ends one that went silent. A limit of [`Duration::MAX`] never passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Name resolution, TCP and TLS handshake, 10 s by default. Enforced by
    /// [`ReqwestTransport`](crate::ReqwestTransport), which takes it when it is built.
    pub connect: Duration,
    /// From sending the request until the headers of the reply, 60 s by default. It includes
    /// connecting and uploading the request.
    pub first_byte: Duration,
    /// The longest wait for more bytes of the body, 60 s by default. Any bytes end the wait,
    /// those of SSE comments included. Only waiting counts: a consumer that is slow to ask for
    /// the next chunk does not use it up.
    pub idle: Duration,
    /// The longest wait for one message, 15 min by default: for the next event of a stream, or for
    /// the end of a body that is read as a whole. Bytes that complete no message (comments, empty
    /// lines, an event that never ends) do not end the wait, so a server that only says that it
    /// is alive does not hold a run for ever. Noticed when bytes arrive, so up to `idle` later.
    ///
    /// DeepSeek keeps requests that wait for a free place alive with comments, for 10 minutes:
    /// <https://api-docs.deepseek.com/quick_start/rate_limit>.
    pub message: Duration,
    /// The whole attempt, from sending the request to the end of the body; none by default.
    pub total: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            message: Duration::from_secs(15 * 60),
            total: None,
        }
    }
}
