//! [`ProviderRefusal`]: an error as the provider words it.

use std::{error::Error, fmt};

use serde_json::{Value, json};

/// A refusal in the shape of the OpenAI API: an HTTP status and
/// `{"error": {"message", "type", "param", "code"}}`.
///
/// See <https://platform.openai.com/docs/guides/error-codes>.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderRefusal {
    /// The HTTP status of the answer.
    pub status: u16,
    /// The sentence for people.
    pub message: String,
    /// The class of the error, sent as `type`: `invalid_request_error`, `server_error`, ...
    pub kind: String,
    /// The part of the request that is wrong, such as `messages[0].role`.
    pub param: Option<String>,
    /// The word for programs, such as `invalid_value`.
    pub code: Option<String>,
}

impl ProviderRefusal {
    /// A refusal of the request as invalid: status 400, type `invalid_request_error`, no parameter,
    /// no code.
    pub(crate) fn invalid_request(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            message: message.into(),
            kind: "invalid_request_error".to_owned(),
            param: None,
            code: None,
        }
    }

    /// An error with this status and code, and the type that the provider uses for them.
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

    /// Names the part of the request that is wrong.
    pub(crate) fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Sets the word for programs.
    pub(crate) fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Sets the HTTP status.
    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The body of the answer.
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
