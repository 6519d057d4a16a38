//! [`ServerToolPhase`]: phase of a server tool call.

use serde::{Deserialize, Serialize};

/// Phase of a call of a tool run by the provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum ServerToolPhase {
    /// The call started.
    #[default]
    Started,
    /// The tool is working.
    Running,
    /// Fragment of the tool's input: code or arguments.
    InputDelta,
    /// The tool's input is complete.
    InputDone,
    /// Intermediate step or partial result: an opened page, a preview of an image.
    Partial,
    /// Results of the tool, as data.
    Results,
    /// The call succeeded.
    Completed,
    /// The call failed.
    Failed,
    /// Unknown phase.
    Other(String),
}

impl ServerToolPhase {
    /// Returns the wire name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Started => "started",
            Self::Running => "running",
            Self::InputDelta => "input_delta",
            Self::InputDone => "input_done",
            Self::Partial => "partial",
            Self::Results => "results",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Other(name) => name,
        }
    }

    /// Returns `true` if this is the last phase of a call.
    #[must_use]
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

impl From<String> for ServerToolPhase {
    fn from(name: String) -> Self {
        match name.as_str() {
            "started" => Self::Started,
            "running" => Self::Running,
            "input_delta" => Self::InputDelta,
            "input_done" => Self::InputDone,
            "partial" => Self::Partial,
            "results" => Self::Results,
            "completed" => Self::Completed,
            "failed" => Self::Failed,
            _ => Self::Other(name),
        }
    }
}

impl From<ServerToolPhase> for String {
    fn from(phase: ServerToolPhase) -> Self {
        phase.as_str().to_owned()
    }
}
