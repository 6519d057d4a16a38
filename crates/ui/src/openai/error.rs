//! [`ApiError`]: an error in the format of the API.

use geppetto_events::kind::RunFailed;
use serde::{Serialize, Serializer, ser::SerializeStruct};

/// An error as clients of the API expect it: `{"error": {"message", "type", "param", "code"}}`,
/// and the status of a reply that consists of it.
///
/// <https://platform.openai.com/docs/guides/error-codes>
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// Message for people.
    pub message: String,
    /// `type`: the class of the error, such as `invalid_request_error`.
    pub kind: &'static str,
    /// Parameter of the request that is wrong, such as `messages[0].role`.
    pub param: Option<String>,
    /// Machine-readable code, such as `model_not_found`.
    pub code: Option<String>,
}

impl ApiError {
    /// Creates an error with a status; the type is the usual one for it.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        let kind = match status {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            400..500 => "invalid_request_error",
            _ => "server_error",
        };
        Self {
            status,
            message: message.into(),
            kind,
            param: None,
            code: None,
        }
    }

    /// Creates the error for a request with a wrong parameter (400).
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        let mut own = Self::new(400, message);
        own.param = Some(param.into());
        own
    }

    /// Sets the code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Creates the error of a run that failed.
    #[must_use]
    pub fn of_run(failed: &RunFailed) -> Self {
        let kind = failed.error_kind.as_deref().unwrap_or("other");
        Self::of_kind(kind, failed.error_string.as_str())
    }

    /// Creates the error for a failure of an engine, by the name of its kind.
    ///
    /// Problems between the server and its own provider are not the client's: a wrong key of the
    /// server is a server error, because a client would ask its user for another key.
    pub fn of_kind(kind: &str, message: impl Into<String>) -> Self {
        let (status, code) = match kind {
            // Settings of a run are those of the request.
            "invalid_request" | "configuration" => (400, "invalid_request"),
            "context_too_long" => (400, "context_length_exceeded"),
            "content_filtered" => (400, "content_filter"),
            "rate_limited" => (429, "rate_limit_exceeded"),
            "overloaded" => (503, "server_overloaded"),
            "timeout" => (504, "upstream_timeout"),
            "connect" | "disconnected" | "truncated" | "malformed_response" | "server" => {
                (502, "upstream_error")
            }
            "authentication" | "permission_denied" => (500, "upstream_authentication"),
            "not_found" => (500, "upstream_not_found"),
            "cancelled" => (503, "cancelled"),
            _ => (500, "server_error"),
        };
        Self::new(status, message).with_code(code)
    }
}

impl Serialize for ApiError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("error", 4)?;
        fields.serialize_field("message", &self.message)?;
        fields.serialize_field("type", self.kind)?;
        fields.serialize_field("param", &self.param)?;
        fields.serialize_field("code", &self.code)?;
        fields.end()
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.message, self.status)
    }
}

impl std::error::Error for ApiError {}
