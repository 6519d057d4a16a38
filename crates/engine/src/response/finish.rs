//! [`Finish`]: information at the end of a reply.

use geppetto_turns::{Extra, FinishClass, Usage};

/// Provider's information at the end of a reply.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Finish {
    /// Provider-neutral class of the finish reason. Not used if the reply broke off.
    pub class: FinishClass,
    /// Finish reason of the model, as sent by the provider.
    pub stop_reason: Option<String>,
    /// Token usage; absent if the provider did not report it.
    pub usage: Option<Usage>,
    /// Provider's id of the request.
    pub request_id: Option<String>,
    /// Provider's id of the response.
    pub response_id: Option<String>,
    /// Further details.
    pub details: Extra,
}

impl Finish {
    /// Creates the finish of a regular end.
    #[must_use]
    pub fn completed() -> Self {
        Self::new(FinishClass::Completed)
    }

    /// Creates a finish of the given class.
    #[must_use]
    pub fn new(class: FinishClass) -> Self {
        Self {
            class,
            ..Self::default()
        }
    }

    /// Sets the token usage.
    #[must_use]
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = Some(usage);
        self
    }

    /// Sets the provider's finish reason.
    #[must_use]
    pub fn with_stop_reason(mut self, reason: impl Into<String>) -> Self {
        self.stop_reason = Some(reason.into());
        self
    }
}
