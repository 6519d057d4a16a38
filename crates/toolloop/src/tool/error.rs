//! [`ToolError`] and [`ToolFailure`]: failures of tools.

use std::{error::Error, fmt, time::Duration};

use serde_json::Value;

mod into;
#[cfg(test)]
mod tests;

pub use into::IntoToolError;

/// Error of a tool. The model receives the message, so the message should say what to do.
///
/// `?` converts any error: every [`std::error::Error`], with its sources in the message,
/// `anyhow::Error`, `Box<dyn Error + Send + Sync>`, `String` and `&str`. To allow that, `ToolError`
/// does not implement [`Error`] itself.
///
/// ```
/// use geppetto_toolloop::ToolError;
///
/// fn port(text: &str) -> Result<u16, ToolError> {
///     if text.is_empty() {
///         return Err("the port is empty; give a number such as 8080".into());
///     }
///     Ok(text.parse()?)
/// }
/// assert_eq!(port("x").unwrap_err().to_string(), "invalid digit found in string");
/// ```
#[derive(Debug)]
pub struct ToolError {
    message: String,
    repeatable: Option<bool>,
    source: Option<Box<dyn Error + Send + Sync>>,
    /// Data that a waiting call stores for its next attempt.
    waits: Option<Value>,
}

impl ToolError {
    /// Creates an error. The message should say what happened and, where possible, what to do.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            repeatable: None,
            source: None,
            waits: None,
        }
    }

    /// Makes the call wait for a person, who is asked `question`. As with
    /// [`Rejection::wait`](crate::Rejection::wait), which does so before the tool starts, the call
    /// is not answered, the other calls of the reply run, and the run ends with
    /// [`RunStop::Waiting`](geppetto_engine::RunStop::Waiting). A later run calls the tool again,
    /// from its beginning and with the same idempotency key;
    /// [`ToolContext::resumed`](crate::ToolContext::resumed) contains the person's decision. A tool
    /// that has produced results before it asks can store them with [`with_data`](Self::with_data).
    ///
    /// A run that only has decisions about other calls does not call the tool again; a run without
    /// decisions does.
    ///
    /// If the run is being cancelled, the call does not wait, but is answered as cancelled.
    pub fn wait(question: impl Into<String>) -> Self {
        Self {
            waits: Some(Value::Null),
            ..Self::new(question)
        }
    }

    /// Sets the data that a waiting call stores for the next call of its tool, such as the turn of
    /// a nested agent that is waiting itself. It is stored with the turn, unmasked, and not
    /// published. No effect on other errors.
    #[must_use]
    pub fn with_data(mut self, data: Value) -> Self {
        self.waits = self.waits.map(|_| data);
        self
    }

    /// Returns the data that a waiting call stores for its next attempt; `None` if the call does
    /// not wait.
    pub(crate) fn waits(&self) -> Option<&Value> {
        self.waits.as_ref()
    }

    /// Declares that the call had no effect and may be retried, even if the tool is not idempotent.
    #[must_use]
    pub fn safe_to_repeat(mut self) -> Self {
        self.repeatable = Some(true);
        self
    }

    /// Declares that a retry cannot succeed, even if the tool is idempotent.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.repeatable = Some(false);
        self
    }

    /// Returns the same error, prefixed with the failure of a previous attempt.
    pub(crate) fn after(mut self, failure: &ToolFailure) -> Self {
        if self.waits.is_some() {
            return self;
        }
        self.message = format!("{failure}: {}", self.message);
        self
    }

    /// Returns the message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns what the tool declared about a retry: `Some(true)` if the call may be retried,
    /// `Some(false)` if it may not, `None` if the tool declared nothing.
    #[must_use]
    pub fn repeatable(&self) -> Option<bool> {
        self.repeatable
    }

    /// Returns the error that this one was converted from.
    #[must_use]
    pub fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source: &(dyn Error + 'static) = self.source.as_deref()?;
        Some(source)
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// `Into<Box<dyn Error + Send + Sync>>` is implemented by every error, by strings, and by the error
/// types of `anyhow` and `eyre`, so none of these requires its own conversion or dependency.
impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for ToolError {
    fn from(error: E) -> Self {
        let error = error.into();
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_message = cause.to_string();
            // Many errors repeat their source in their message.
            if !message.contains(&cause_message) {
                message.push_str(": ");
                message.push_str(&cause_message);
            }
            source = cause.source();
        }
        Self {
            message,
            repeatable: None,
            source: Some(error),
            waits: None,
        }
    }
}

/// Cause of a failed attempt at a tool call.
#[derive(Debug)]
#[non_exhaustive]
pub enum ToolFailure {
    /// The tool returned an error.
    Error(ToolError),
    /// The tool took longer than this, and was stopped.
    TimedOut(Duration),
    /// The tool panicked, with this message.
    Panicked(String),
}

impl ToolFailure {
    /// Returns `true` if the call may be retried: the tool declared it, or is idempotent and did
    /// not declare otherwise. A tool that is not idempotent is not retried after a timeout or a
    /// panic, because its effects up to then are unknown.
    #[must_use]
    pub fn may_be_repeated(&self, idempotent: bool) -> bool {
        match self {
            Self::Error(error) => error.repeatable.unwrap_or(idempotent),
            Self::TimedOut(_) | Self::Panicked(_) => idempotent,
        }
    }
}

impl fmt::Display for ToolFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Exceptions of other languages, and some errors, have no message. An answer without words would be a
            // result: <https://github.com/smallest-inc/smallest-python-sdk/pull/118>.
            Self::Error(error) if error.message.trim().is_empty() => {
                f.write_str("the tool failed without a message")
            }
            Self::Error(error) => f.write_str(&error.message),
            Self::TimedOut(limit) => write!(f, "timed out: the tool took longer than {limit:?}"),
            Self::Panicked(message) => write!(f, "the tool panicked: {message}"),
        }
    }
}
