//! [`Failure`]: the message and exit code of an example that fails.

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_factory::FactoryError;
use geppetto_session::{RunError, SessionError};
use geppetto_settings::SettingsError;

/// Why an example ends early. `Display` is the line for stderr.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// A setting is invalid; nothing was sent. Exit code 2.
    #[error("{0}")]
    Setting(String),
    /// The run failed. Exit code 1.
    #[error("{0}")]
    Run(String),
    /// Ctrl-C was pressed. Exit code 130.
    #[error("interrupted")]
    Interrupted,
    /// The reader of the output closed it. Exit code 0, silently.
    #[error("the output was closed")]
    OutputClosed,
}

impl Failure {
    /// Returns the exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Setting(_) => 2,
            Self::Run(_) => 1,
            Self::Interrupted => 130,
            Self::OutputClosed => 0,
        }
    }

    /// Converts the failure of a run; `has_key` states whether a key was configured.
    #[must_use]
    pub fn of_run(error: &RunError, has_key: bool) -> Self {
        match error.engine_error() {
            _ if error.is_cancelled() => Self::Interrupted,
            Some(cause) if cause.kind() == ErrorKind::Authentication && !has_key => {
                Self::Setting(format!(
                    "{error}\nno API key is set for this server, and it wants one; set it with \
                     --openai-api-key or PINOCCHIO_OPENAI_API_KEY (OPENAI_API_KEY is for OpenAI's own \
                     server, and for that of OPENAI_BASE_URL), or that of another provider with \
                     --NAME-api-key"
                ))
            }
            Some(cause) if cause.kind() == ErrorKind::Configuration => {
                Self::Setting(error.to_string())
            }
            _ => Self::Run(error.to_string()),
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error.kind() {
            ErrorKind::Configuration => Self::Setting(error.to_string()),
            _ => Self::Run(error.to_string()),
        }
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::Setting(error.to_string())
    }
}

impl From<FactoryError> for Failure {
    fn from(error: FactoryError) -> Self {
        Self::Setting(error.to_string())
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::EmptyPrompt => Self::Setting(error.to_string()),
            other => Self::Run(other.to_string()),
        }
    }
}
