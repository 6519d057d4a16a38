//! [`ToolError`] and [`ToolFailure`].

use std::{error::Error, fmt, time::Duration};

#[cfg(test)]
mod tests;

/// A tool failed. The model gets the message, so it should say what to do about it.
///
/// Any error becomes one through `?`, with its sources in the message. A tool error is therefore
/// not an [`Error`] itself.
#[derive(Debug)]
pub struct ToolError {
    message: String,
    repeatable: Option<bool>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ToolError {
    /// An error; `message` says what happened and, where it can, what to do.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            repeatable: None,
            source: None,
        }
    }

    /// Says that the call had no effect and may be tried again, also where the tool is not
    /// idempotent.
    #[must_use]
    pub fn safe_to_repeat(mut self) -> Self {
        self.repeatable = Some(true);
        self
    }

    /// Says that trying again cannot help, also where the tool is idempotent.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.repeatable = Some(false);
        self
    }

    /// What happened.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the tool said that the call may, or may not, be tried again.
    #[must_use]
    pub fn repeatable(&self) -> Option<bool> {
        self.repeatable
    }

    /// What caused the error, where it came from one.
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

impl<E: Error + Send + Sync + 'static> From<E> for ToolError {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_message = cause.to_string();
            // Many errors repeat their source in their own message.
            if !message.contains(&cause_message) {
                message.push_str(": ");
                message.push_str(&cause_message);
            }
            source = cause.source();
        }
        Self {
            message,
            repeatable: None,
            source: Some(Box::new(error)),
        }
    }
}

/// Why an attempt at a tool call failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum ToolFailure {
    /// The tool said so.
    Error(ToolError),
    /// The tool took longer than this, and was stopped.
    TimedOut(Duration),
    /// The tool panicked, with this message.
    Panicked(String),
}

impl ToolFailure {
    /// Whether the call may be tried again: the tool said so, or is idempotent and did not say
    /// otherwise. A tool that is not idempotent is not tried again after a timeout or a panic,
    /// because nobody knows what it did before.
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
            Self::Error(error) => f.write_str(&error.message),
            Self::TimedOut(limit) => write!(f, "timed out: the tool took longer than {limit:?}"),
            Self::Panicked(message) => write!(f, "the tool panicked: {message}"),
        }
    }
}
