//! [`Timeouts`]: time limits for the phases of a request.

use std::time::Duration;

/// Time limits of one attempt.
///
/// All defaults are finite except `total`: a healthy stream may run indefinitely, since `idle` ends
/// a silent one. A limit of [`Duration::MAX`] never passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Name resolution, TCP handshake and TLS handshake; 10 s by default. Enforced by
    /// [`ReqwestTransport`](crate::ReqwestTransport), which is configured with it on creation.
    pub connect: Duration,
    /// From sending the request to receiving the headers of the reply, including connecting and
    /// uploading; 60 s by default.
    pub first_byte: Duration,
    /// Maximum wait for more bytes of the body; 60 s by default. Any bytes end the wait, including
    /// SSE comments. Only waiting counts, so a slow consumer does not use up the limit.
    pub idle: Duration,
    /// Maximum wait for one message, that is, the next event of a stream or the end of a body that
    /// is read as a whole; 15 min by default. Bytes that do not complete a message (comments, empty
    /// lines, an event that never ends) do not end the wait, so a server that only sends
    /// keep-alives cannot hold a run indefinitely. Checked when bytes arrive, so it can fire up to
    /// `idle` late.
    ///
    /// DeepSeek sends comments for up to 10 minutes to keep queued requests alive:
    /// <https://api-docs.deepseek.com/quick_start/rate_limit>.
    pub message: Duration,
    /// The complete attempt, from sending the request to the end of the body; unlimited by default.
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
