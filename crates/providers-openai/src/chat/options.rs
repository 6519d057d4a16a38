//! [`ChatOptions`]: settings of the Chat Completions wire.

use super::Dialect;

/// Settings specific to the Chat Completions wire, for
/// [`ChatEngineBuilder::options`](super::ChatEngineBuilder).
///
/// A [`Dialect`] is sufficient if nothing else is set: `builder.options(Dialect::new())`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ChatOptions {
    /// Dialect of the requests. By the host of the base URL by default ([`Dialect::for_base_url`]).
    pub dialect: Option<Dialect>,
    /// Organization that OpenAI bills (`openai-organization`).
    pub organization: Option<String>,
    /// Project that OpenAI bills (`openai-project`).
    pub project: Option<String>,
}

impl ChatOptions {
    /// Creates the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the dialect of the requests.
    #[must_use]
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// Sets the organization that OpenAI bills.
    #[must_use]
    pub fn with_organization(mut self, id: impl Into<String>) -> Self {
        self.organization = Some(id.into());
        self
    }

    /// Sets the project that OpenAI bills.
    #[must_use]
    pub fn with_project(mut self, id: impl Into<String>) -> Self {
        self.project = Some(id.into());
        self
    }
}

impl From<Dialect> for ChatOptions {
    fn from(dialect: Dialect) -> Self {
        Self::new().with_dialect(dialect)
    }
}
