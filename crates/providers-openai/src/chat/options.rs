//! [`ChatOptions`].

use super::Dialect;

/// Settings that only the Chat Completions wire has, for
/// [`ChatEngineBuilder::options`](super::ChatEngineBuilder).
///
/// A [`Dialect`] is enough where nothing else is set: `builder.options(Dialect::new())`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ChatOptions {
    /// In what requests differ from those to other servers. By the host of the base URL by default
    /// ([`Dialect::for_base_url`]).
    pub dialect: Option<Dialect>,
    /// The organisation that OpenAI bills (`openai-organization`).
    pub organization: Option<String>,
    /// The project that OpenAI bills (`openai-project`).
    pub project: Option<String>,
}

impl ChatOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets in what requests differ from those to other servers.
    #[must_use]
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// Sets the organisation that OpenAI bills.
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
