//! [`Finish`].

use geppetto_turns::{Extra, FinishClass, Usage};

/// What a provider says at the end of its reply.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Finish {
    /// Why the model stopped, in words that mean the same everywhere. Not used when the reply
    /// broke.
    pub class: FinishClass,
    /// Why the model stopped, in the provider's own words.
    pub stop_reason: Option<String>,
    /// The tokens; absent when the provider did not say.
    pub usage: Option<Usage>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// The provider's id of the response.
    pub response_id: Option<String>,
    /// What else is worth keeping.
    pub details: Extra,
}

impl Finish {
    /// The model said all that it wanted to say.
    #[must_use]
    pub fn completed() -> Self {
        Self::new(FinishClass::Completed)
    }

    /// An end of class `class`.
    #[must_use]
    pub fn new(class: FinishClass) -> Self {
        Self {
            class,
            ..Self::default()
        }
    }

    /// Sets the tokens.
    #[must_use]
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = Some(usage);
        self
    }

    /// Sets why the model stopped, in the provider's own words.
    #[must_use]
    pub fn with_stop_reason(mut self, reason: impl Into<String>) -> Self {
        self.stop_reason = Some(reason.into());
        self
    }
}
