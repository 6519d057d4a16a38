//! Configuration of inferences, as stored in the data of the turn.
//!
//! A value in the turn's data takes precedence over the engine's default. The formats of all types
//! are compatible with geppetto's files.

mod duration;
mod inference;
mod run;
mod structured;
mod tool;

#[cfg(test)]
mod tests;

use std::{error::Error, fmt};

pub use inference::InferenceConfig;
pub(crate) use run::Applied;
pub use run::RunSettings;
pub use structured::{OutputMode, StructuredOutput};
pub use tool::{RetryConfig, ToolChoice, ToolConfig, ToolDefinition, ToolErrorHandling};

/// Keys of turn data with configuration, and of turn metadata with the totals of a run.
pub mod keys {
    use geppetto_turns::{BlockMetaKey, DataKey, TurnMetaKey};

    use super::{InferenceConfig, RunSettings, StructuredOutput, ToolConfig, ToolDefinition};
    use crate::{AnswerRetry, RunTotals, SessionTotals, WaitingFor};

    /// Totals of the last run on the turn, over all its provider calls;
    /// [`INFERENCE_RESULT`](geppetto_turns::keys::turn_meta::INFERENCE_RESULT) has the last call.
    pub const RUN_TOTALS: TurnMetaKey<RunTotals> = TurnMetaKey::new("geppetto.run_totals@v1");
    /// Settings of the last run on the turn. They apply again only if that run was interrupted, in
    /// which case the turn has no [`RUN_TOTALS`].
    pub const RUN_SETTINGS: TurnMetaKey<RunSettings> = TurnMetaKey::new("geppetto.run_settings@v1");
    /// Condition that the last run on the turn waits for. Absent if it does not wait.
    pub const WAITING_FOR: TurnMetaKey<WaitingFor> = TurnMetaKey::new("geppetto.waiting_for@v1");
    /// Totals of all runs of the session, up to the last one on the turn.
    pub const SESSION_TOTALS: TurnMetaKey<SessionTotals> =
        TurnMetaKey::new("geppetto.session_totals@v1");

    /// Marks the blocks of an answer that did not match its schema, and the user block that a run
    /// appended to request another one.
    pub const ANSWER_RETRY: BlockMetaKey<AnswerRetry> =
        BlockMetaKey::new("geppetto.answer_retry@v1");

    /// Model, sampling, limits and reasoning.
    pub const INFERENCE_CONFIG: DataKey<InferenceConfig> =
        DataKey::new("geppetto.inference_config@v1");
    /// Structured output of the answer.
    pub const STRUCTURED_OUTPUT: DataKey<StructuredOutput> =
        DataKey::new("geppetto.structured_output_config@v1");
    /// Tool configuration.
    pub const TOOL_CONFIG: DataKey<ToolConfig> = DataKey::new("geppetto.tool_config@v1");
    /// Definitions of the tools offered to the model, sorted by name.
    pub const TOOL_DEFINITIONS: DataKey<Vec<ToolDefinition>> =
        DataKey::new("geppetto.tool_definitions@v1");
}

/// An invalid setting: its name, its value, and the permitted values.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigError {
    setting: &'static str,
    message: String,
}

impl ConfigError {
    /// Creates an error about `setting`; `message` states its value and the permitted values.
    pub fn new(setting: &'static str, message: impl Into<String>) -> Self {
        Self {
            setting,
            message: message.into(),
        }
    }

    /// Returns the name of the setting.
    #[must_use]
    pub fn setting(&self) -> &'static str {
        self.setting
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.message)
    }
}

impl Error for ConfigError {}

impl From<ConfigError> for crate::EngineError {
    fn from(error: ConfigError) -> Self {
        Self::new(crate::ErrorKind::Configuration, error.to_string())
    }
}
