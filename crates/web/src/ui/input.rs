//! [`UiContext`]: what an interface sends with a message.

use serde_json::Value;

/// What an interface of AG-UI sends with a message, for middleware and tools.
///
/// Attached to runs that `POST /agui` starts, as an
/// [extension](geppetto_engine::RunContext::extension). The model sees nothing of it by itself:
/// clients can send anything.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct UiContext {
    /// Descriptions and values that the application's interface wants the model to know.
    pub context: Vec<(String, String)>,
    /// Texts of the messages with the roles `system` and `developer`, such as CopilotKit's
    /// instructions.
    pub instructions: Vec<String>,
    /// State of the application.
    pub state: Value,
    /// Properties that the application forwards.
    pub forwarded_props: Value,
}
