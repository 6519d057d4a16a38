//! [`ClientTools`]: tools that the program that requested a run executes itself.

use crate::{ToolChoice, ToolDefinition};

/// Tools that are executed by the program that requested the run, such as the client of an HTTP
/// interface, in addition to the tools of the engine builder.
///
/// Attached to a run as an [extension](crate::RunContext::extension) (`Prompt::extension` of a
/// session); an engine builder offers them to the model. The run ends when the model calls one
/// ([`RunStop::Waiting`](crate::RunStop::Waiting)), and a later run continues with the result
/// ([`Decision::Answer`](crate::Decision::Answer)).
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ClientTools {
    /// Definitions of the tools. A name must not be that of another tool of the run.
    pub definitions: Vec<ToolDefinition>,
    /// Tools that the model may or must call, including the tools of the engine builder. `None`
    /// keeps the choice of the builder.
    pub choice: Option<ToolChoice>,
}

impl ClientTools {
    /// Creates the extension for these tools.
    pub fn new(definitions: impl IntoIterator<Item = ToolDefinition>) -> Self {
        Self {
            definitions: definitions.into_iter().collect(),
            choice: None,
        }
    }

    /// Sets the tools that the model may or must call.
    #[must_use]
    pub fn with_choice(mut self, choice: ToolChoice) -> Self {
        self.choice = Some(choice);
        self
    }
}
