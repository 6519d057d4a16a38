//! [`ErrorDetails`]: the message and the code in the body of an error, whatever its shape.

use std::time::Duration;

use geppetto_engine::EngineError;
use serde_json::Value;

use super::{html, seconds};
use crate::Redactor;

/// The most of a provider's words that an error carries, in bytes.
const LONGEST_MESSAGE: usize = 2000;

/// What the body of an error says, in whichever shape the server uses.
///
/// Understood are `{"error": {"message", "code", "type", "status"}}` (OpenAI, Anthropic,
/// Google), the same inside an array (Google's streams) or in an SSE `data:` line,
/// `{"error": "text"}` (Venice, Ollama), `{"message", "code", "type"}` (Mistral, AWS),
/// `{"errors": [{"message", "code"}]}` (Cloudflare), `{"detail": "text"}` and
/// `{"detail": [{"msg"}]}` (FastAPI servers), plain text, and HTML pages, of which only the
/// title is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorDetails {
    /// The provider's words, at most 2,000 bytes.
    pub message: Option<String>,
    /// Its code, as text also where it is a number.
    pub code: Option<String>,
    /// Its class of error: `type`, or Google's `status`.
    pub error_type: Option<String>,
    /// The wait it asks for inside the body (Google's `RetryInfo`).
    pub retry_after: Option<Duration>,
    /// The request's id inside the body (Anthropic).
    pub request_id: Option<String>,
}

impl ErrorDetails {
    /// Reads the body of an error. Never fails: what is not understood is the message.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim();
        let json = text.strip_prefix("data:").unwrap_or(text);
        match serde_json::from_str(json) {
            Ok(Value::String(said)) => Self::from_text(&said),
            Ok(value @ (Value::Object(_) | Value::Array(_))) => {
                let mut details = Self::from_json(&value);
                if details.message.is_none() {
                    details.message = shorten(text);
                }
                details
            }
            _ => Self::from_text(text),
        }
    }

    /// Reads an error that is JSON already: an error inside a stream, for example.
    #[must_use]
    pub fn from_json(value: &Value) -> Self {
        let root = match value {
            Value::Array(items) => items.first().unwrap_or(value),
            _ => value,
        };
        let error = match root.get("error").or_else(|| root.pointer("/errors/0")) {
            Some(error @ Value::Object(_)) => error,
            Some(Value::String(said)) => {
                return Self {
                    message: shorten(said),
                    ..Self::fields_of(root)
                };
            }
            _ => root,
        };
        Self {
            request_id: root.get("request_id").and_then(scalar),
            ..Self::fields_of(error)
        }
    }

    fn fields_of(error: &Value) -> Self {
        let field = |name: &str| error.get(name).and_then(scalar);
        let message = ["message", "Message", "detail", "msg", "error_description"]
            .iter()
            .find_map(|name| error.get(name).and_then(words));
        Self {
            message: message.as_deref().and_then(shorten),
            code: field("code"),
            error_type: field("type").or_else(|| {
                error
                    .get("status")
                    .filter(|status| status.is_string())
                    .and_then(scalar)
            }),
            retry_after: retry_info(error),
            request_id: field("request_id"),
        }
    }

    fn from_text(text: &str) -> Self {
        let message = match html::is_page(text) {
            true => Some(html::summary(text)),
            false => shorten(text),
        };
        Self {
            message,
            ..Self::default()
        }
    }

    /// The code if it says more than the status does, else the type, else the code after all.
    #[must_use]
    pub fn best_code(&self) -> Option<&str> {
        let code = self.code.as_deref();
        let is_number = |code: &str| code.bytes().all(|byte| byte.is_ascii_digit());
        code.filter(|code| !is_number(code))
            .or(self.error_type.as_deref())
            .or(code)
    }

    /// Whether a used-up quota is the cause, which no retry helps against.
    #[must_use]
    pub fn is_quota_exhausted(&self) -> bool {
        const QUOTA: Option<&str> = Some("insufficient_quota");
        self.code.as_deref() == QUOTA || self.error_type.as_deref() == QUOTA
    }

    /// The same with every text redacted.
    #[must_use]
    pub fn redacted(mut self, redactor: &Redactor) -> Self {
        let texts = [
            &mut self.message,
            &mut self.code,
            &mut self.error_type,
            &mut self.request_id,
        ];
        for text in texts.into_iter().flatten() {
            *text = redactor.redact(text).into_owned();
        }
        self
    }

    /// `error` with the provider's message and [`best_code`](Self::best_code).
    #[must_use]
    pub fn add_to(self, mut error: EngineError) -> EngineError {
        if let Some(code) = self.best_code() {
            error = error.with_provider_code(code);
        }
        match self.message {
            Some(message) => error.with_provider_message(message),
            None => error,
        }
    }
}

/// A text or a number, as text.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A text, or a list of them as FastAPI's validation sends it; other JSON as it stands.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Array(items) => {
            let said: Vec<String> = items
                .iter()
                .filter_map(|item| item.get("msg").or(Some(item)).and_then(words))
                .collect();
            Some(said.join("; ")).filter(|text| !text.is_empty())
        }
        other => Some(other.to_string()),
    }
}

/// `retryDelay` of a `google.rpc.RetryInfo`: seconds with an `s`.
fn retry_info(error: &Value) -> Option<Duration> {
    error
        .get("details")?
        .as_array()?
        .iter()
        .filter_map(|detail| detail.get("retryDelay")?.as_str())
        .find_map(|delay| seconds(delay.strip_suffix('s')?.parse().ok()?))
}

fn shorten(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let end = text
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .take_while(|end| *end <= LONGEST_MESSAGE)
        .last()
        .unwrap_or_default();
    match text.split_at_checked(end) {
        Some((start, rest)) if !rest.is_empty() => Some(format!("{start}…")),
        _ => Some(text.to_owned()),
    }
}
