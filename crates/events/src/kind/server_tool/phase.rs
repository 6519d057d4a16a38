//! [`ServerToolPhase`]: how far a server tool is.

use serde::{Deserialize, Serialize};

/// How far a tool is that the provider runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum ServerToolPhase {
    /// The call began.
    #[default]
    Started,
    /// The tool is working.
    Running,
    /// A piece of the tool's input: code, arguments.
    InputDelta,
    /// The tool's input is complete.
    InputDone,
    /// A step on the way, or a part of the result: an opened page, a preview of an image.
    Partial,
    /// The tool's results, as data.
    Results,
    /// The call is over, successfully.
    Completed,
    /// The call failed.
    Failed,
    /// A phase that this crate does not know.
    Other(String),
}

impl ServerToolPhase {
    /// The name on the wire.
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

    /// Returns `true` if no further phase of the call follows.
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
