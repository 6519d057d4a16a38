//! Bodies of requests and replies, for the OpenAPI document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A request of `DefaultChatTransport` of the package `ai`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UiMessageRequest")]
pub(crate) struct ChatRequest {
    /// Id of the chat: the session, which the first message creates.
    pub(crate) id: String,
    /// Messages (`UIMessage`). The last one counts.
    pub(crate) messages: Vec<Value>,
    /// `submit-message` or `regenerate-message`.
    pub(crate) trigger: Option<String>,
    /// Message that is replaced, continued or generated again.
    pub(crate) message_id: Option<String>,
    /// Profile of this message and the following ones.
    pub(crate) profile: Option<String>,
}

/// Messages of the package `ai`: `UIMessage[]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "UiMessages")]
pub(crate) struct ChatMessages(pub(crate) Vec<Value>);

/// A request of AG-UI: `RunAgentInput`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunAgentInput")]
pub(crate) struct RunAgentInput {
    /// Id of the conversation: the session, which the first message creates.
    pub(crate) thread_id: String,
    /// Id of the run, which the stream repeats.
    pub(crate) run_id: String,
    /// Messages. The last one, or the results of tools at the end, count.
    pub(crate) messages: Vec<Value>,
    /// Tools that the client executes.
    #[serde(default)]
    pub(crate) tools: Vec<Value>,
    /// What the application's interface tells the model.
    #[serde(default)]
    pub(crate) context: Vec<Value>,
    /// State of the application.
    #[serde(default)]
    pub(crate) state: Value,
    /// Properties that the application forwards; `profile` is the profile of the message.
    #[serde(default)]
    pub(crate) forwarded_props: Value,
    /// Answers to interrupts.
    #[serde(default)]
    pub(crate) resume: Option<Vec<Value>>,
}
