//! [`ProviderRefusal`]: an error with the provider's wording.

use std::{error::Error, fmt};

use serde_json::{Value, json};

/// A refusal in the format of the OpenAI API: an HTTP status and
/// `{"error": {"message", "type", "param", "code"}}`.
///
/// See <https://platform.openai.com/docs/guides/error-codes>.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderRefusal {
    /// HTTP status of the answer.
    pub status: u16,
    /// Message for people.
    pub message: String,
    /// Class of the error, sent as `type`: `invalid_request_error`, `server_error`, ...
    pub kind: String,
    /// Invalid part of the request, such as `messages[0].role`.
    pub param: Option<String>,
    /// Code for programs, such as `invalid_value`.
    pub code: Option<String>,
}

impl ProviderRefusal {
    /// Creates a refusal of an invalid request: status 400, type `invalid_request_error`, no
    /// parameter, no code.
    pub(crate) fn invalid_request(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            message: message.into(),
            kind: "invalid_request_error".to_owned(),
            param: None,
            code: None,
        }
    }

    /// Creates an error with this status and code, and the corresponding type of the provider.
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        let code = code.into();
        let kind = match status {
            429 if code == "insufficient_quota" => "insufficient_quota",
            429 => "requests",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        let mut refusal = Self::invalid_request(message).code(code);
        refusal.status = status;
        kind.clone_into(&mut refusal.kind);
        refusal
    }

    /// Sets the invalid part of the request.
    pub(crate) fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Sets the code for programs.
    pub(crate) fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Sets the HTTP status.
    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Returns the body of the answer.
    pub(crate) fn to_json(&self) -> Value {
        json!({"error": {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }})
    }
}

impl fmt::Display for ProviderRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.kind, self.message)
    }
}

impl Error for ProviderRefusal {}
