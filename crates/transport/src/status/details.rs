//! [`ErrorDetails`]: message and code from the body of an error, in any known format.

use std::time::Duration;

use geppetto_engine::EngineError;
use http::StatusCode;
use serde_json::Value;

use super::{
    cause::Cause,
    codes, html, nested, statuses, wait,
    words::{LONGEST_LABEL, LONGEST_MESSAGE, prefix, printable, shorten},
};
use crate::Redactor;
use fields::{CODES, MESSAGES, base_resp, error_of, hints, is_number, scalar, status_of, words};

mod fields;

/// Limit on the output of a model in an error, in bytes.
const LONGEST_OUTPUT: usize = 16 * 1024;
/// Limit on the size of a message before redaction, in bytes.
const LONGEST_RAW: usize = 64 * 1024;
/// Maximum number of further codes read from one error.
const MOST_HINTS: usize = 16;

/// Details from the body of an error, in any known format.
///
/// Supported formats: `{"error": {"message", "code", "type", "status"}}` (OpenAI, Anthropic,
/// Google), the same in an array (Google's streams) or in an SSE `data:` line, `{"error": "text"}`
/// (Venice, Ollama), `{"message", "code", "type"}` (Mistral, AWS), `{"errors": [{"message",
/// "code"}]}` (Cloudflare), `{"error_code", "message"}` (Databricks), `{"__type", "message"}`
/// (AWS), `{"status", "title"}` (NVIDIA), `{"detail": "text"}` and `{"detail": [{"msg"}]}` (FastAPI
/// servers), `{"base_resp": {"status_code", "status_msg"}}` (MiniMax), plain text, and HTML pages,
/// of which only the title is kept. A nested error of another provider is parsed, too: in
/// OpenRouter's `metadata.raw`, or as JSON in the message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorDetails {
    /// Error message; truncated to 2,000 bytes by [`redacted`](Self::redacted).
    pub message: Option<String>,
    /// Error code; numeric codes are converted to text.
    pub code: Option<String>,
    /// Error class: `type`, or Google's `status`.
    pub error_type: Option<String>,
    /// Delay requested in a field of the body (Google's `RetryInfo`, `retry_after`,
    /// `resets_in_seconds`).
    pub retry_after: Option<Duration>,
    /// Request id in the body (Anthropic).
    pub request_id: Option<String>,
    /// Model output rejected by the provider (Groq's `failed_generation`); truncated to 16 KiB by
    /// [`redacted`](Self::redacted).
    pub rejected_output: Option<String>,
    /// Further codes: Azure's `innererror`, Google's `details`.
    hints: Vec<String>,
    /// Status named by the error.
    status: Option<u16>,
    /// Provider whose numeric codes apply.
    numbers: Numbers,
    /// Nested error.
    inner: Option<Box<Self>>,
}

/// The table for numeric codes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Numbers {
    #[default]
    Nobodys,
    Zai,
    MiniMax,
}

impl ErrorDetails {
    /// Parses the body of an error. Never fails: an unrecognized body becomes the message.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim().trim_start_matches('\u{feff}');
        let json = text
            .strip_prefix("data:")
            .or_else(|| text.strip_prefix("error:"))
            .unwrap_or(text);
        match serde_json::from_str(json) {
            Ok(Value::String(said)) => Self::of_words(&said, 0),
            Ok(value @ (Value::Object(_) | Value::Array(_))) => {
                let mut details = Self::from_json(&value);
                if details.message.is_none() {
                    details.message = shorten(text, LONGEST_RAW);
                }
                details
            }
            _ => Self::of_words(text, 0),
        }
    }

    /// Parses an error from JSON, for example an error inside a stream.
    #[must_use]
    pub fn from_json(value: &Value) -> Self {
        Self::of_value(value, 0)
    }

    pub(super) fn of_value(value: &Value, depth: u32) -> Self {
        let root = match value {
            Value::Array(items) => items.first().unwrap_or(value),
            Value::String(said) => return Self::of_words(said, depth),
            _ => value,
        };
        let error = match error_of(root) {
            Some(error @ Value::Object(_)) => error,
            Some(Value::String(said)) if !said.trim().is_empty() => {
                return Self::fields_of(root, depth).titled(said, depth);
            }
            _ => base_resp(root).unwrap_or(root),
        };
        let mut details = Self::fields_of(error, depth);
        details.request_id = root
            .get("request_id")
            .and_then(scalar)
            .or(details.request_id);
        details.status = details.status.or_else(|| status_of(root));
        details.retry_after = details.retry_after.or_else(|| wait::in_fields(root));
        details
    }

    fn fields_of(error: &Value, depth: u32) -> Self {
        let field = |name: &str| error.get(name).and_then(scalar);
        let message = MESSAGES
            .iter()
            .find_map(|name| error.get(name).and_then(words));
        let error_type = field("type").or_else(|| field("__type")).or_else(|| {
            let status = error.get("status").filter(|status| status.is_string());
            status.and_then(scalar).filter(|status| !is_number(status))
        });
        let code = CODES.iter().find_map(|name| field(name));
        let is_minimax = error.get("status_msg").is_some();
        let is_zai = error_type.is_none() && code.as_ref().is_some_and(|code| code.len() == 4);
        let inner = nested::inner(error, message.as_deref(), depth);
        Self {
            message: message
                .as_deref()
                .and_then(|text| shorten(text, LONGEST_RAW)),
            numbers: match (is_minimax, is_zai) {
                (true, _) => Numbers::MiniMax,
                (false, true) => Numbers::Zai,
                (false, false) => Numbers::Nobodys,
            },
            status: status_of(error),
            code,
            error_type,
            retry_after: wait::in_fields(error),
            request_id: field("request_id"),
            rejected_output: error.get("failed_generation").and_then(words),
            hints: hints(error),
            inner: inner.map(Box::new),
        }
        .with_inner_words()
    }

    /// Parses plain text or an HTML page.
    pub(super) fn of_words(text: &str, depth: u32) -> Self {
        let message = match html::is_page(text) {
            true => Some(html::summary(text)),
            false => shorten(text, LONGEST_RAW),
        };
        let inner = nested::inner(&Value::Null, message.as_deref(), depth);
        Self {
            message,
            inner: inner.map(Box::new),
            ..Self::default()
        }
        .with_inner_words()
    }

    /// Handles `error: "text"`: the message, unless there is a separate one, which is more detailed
    /// (Spring, Scaleway: `{"status": 429, "error": "Too Many Requests", "message": ".."}`).
    fn titled(mut self, said: &str, depth: u32) -> Self {
        if self.message.is_none() {
            let of_said = Self::of_words(said, depth);
            self.message = of_said.message;
            self.inner = self.inner.or(of_said.inner);
        } else if self.error_type.is_none() {
            self.error_type = Some(said.to_owned());
        }
        self
    }

    /// Adopts the message of the nested error if the outer one is uninformative.
    fn with_inner_words(mut self) -> Self {
        let Some(inner) = &mut self.inner else {
            return self;
        };
        let is_empty = |text: &str| {
            let text = text.trim();
            text.starts_with(['{', '[']) || text.eq_ignore_ascii_case("provider returned error")
        };
        if inner.message.is_some() && self.message.as_deref().is_none_or(is_empty) {
            self.message.clone_from(&inner.message);
        }
        self.retry_after = self.retry_after.or(inner.retry_after);
        self.rejected_output = self.rejected_output.or(inner.rejected_output.take());
        if self.request_id.is_none() {
            self.request_id.clone_from(&inner.request_id);
        }
        self
    }

    pub(super) fn says_something(&self) -> bool {
        self.message.is_some() || self.code.is_some() || self.error_type.is_some()
    }

    /// Iterates over this error and the nested ones.
    fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |details| details.inner.as_deref())
    }

    /// Returns all codes and types, the outermost first.
    pub(super) fn all_codes(&self) -> impl Iterator<Item = &str> {
        self.chain().flat_map(|details| {
            let own = [&details.code, &details.error_type];
            let own = own.into_iter().flatten().chain(&details.hints);
            own.map(String::as_str)
        })
    }

    /// Returns all messages in lower case, within the limits of an error.
    pub(super) fn all_words(&self) -> String {
        let messages = self
            .chain()
            .filter_map(|details| details.message.as_deref());
        let mut all = String::new();
        for message in messages {
            all.push_str(&prefix(message, LONGEST_MESSAGE).to_lowercase());
            all.push('\n');
        }
        all
    }

    /// Returns the HTTP status named in the body, preferring that of the outermost error.
    pub(super) fn named_status(&self) -> Option<StatusCode> {
        StatusCode::from_u16(self.status?).ok()
    }

    /// Returns the HTTP status named by the nested error or by the message ("Error code: 400 -
    /// ..").
    pub(super) fn inner_status(&self) -> Option<StatusCode> {
        let named = self.chain().skip(1).find_map(|details| details.status);
        let number = named.or_else(|| statuses::in_words(self.message.as_deref()?))?;
        StatusCode::from_u16(number).ok()
    }

    /// Returns the cause of a numeric code of a provider with its own numbering.
    pub(super) fn number(&self) -> Option<Cause> {
        self.chain().find_map(|details| {
            let code = details.code.as_deref()?;
            let table = match details.numbers {
                Numbers::Nobodys => return None,
                Numbers::Zai => codes::ZAI,
                Numbers::MiniMax => codes::MINIMAX,
            };
            let known = table.iter().find(|(number, _)| *number == code);
            known.map(|(_, cause)| *cause)
        })
    }

    /// Returns the most specific code: a non-numeric code, else the type, else the best code of the
    /// nested error, else the numeric code.
    #[must_use]
    pub fn best_code(&self) -> Option<&str> {
        let code = self.code.as_deref();
        code.filter(|code| !is_number(code))
            .or(self.error_type.as_deref())
            .or_else(|| self.inner.as_deref().and_then(Self::best_code))
            .or(code)
    }

    /// Returns `true` if the cause is an exhausted quota or credit, for which retries are useless.
    #[must_use]
    pub fn is_quota_exhausted(&self) -> bool {
        Cause::of(None, self) == Cause::QuotaExhausted
    }

    /// Redacts all text, removes control characters, and truncates it to the limits of an error:
    /// 2,000 bytes of the message, 200 of each code.
    #[must_use]
    pub fn redacted(mut self, redactor: &Redactor) -> Self {
        let fit = |text: &mut Option<String>, limit: usize| {
            let fitting = |text: String| shorten(&printable(&redactor.redact(&text)), limit);
            *text = text.take().and_then(fitting);
        };
        fit(&mut self.message, LONGEST_MESSAGE);
        fit(&mut self.rejected_output, LONGEST_OUTPUT);
        for label in [&mut self.code, &mut self.error_type, &mut self.request_id] {
            fit(label, LONGEST_LABEL);
        }
        self.hints.clear();
        self.inner = self.inner.map(|inner| Box::new(inner.redacted(redactor)));
        self
    }

    /// Adds the message, the [`best_code`](Self::best_code) and the rejected output to `error`.
    #[must_use]
    pub fn add_to(self, mut error: EngineError) -> EngineError {
        if let Some(code) = self.best_code() {
            error = error.with_provider_code(code);
        }
        if let Some(output) = self.rejected_output {
            error = error.with_rejected_output(output);
        }
        match self.message {
            Some(message) => error.with_provider_message(message),
            None => error,
        }
    }
}
