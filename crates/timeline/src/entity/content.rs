//! [`Content`]: what an entity shows, by kind.

use geppetto_events::kind::Attachment;
use serde::{Deserialize, Serialize};

use super::State;

/// What an [`Entity`](super::Entity) shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// Message of the user.
    User(Message),
    /// Instructions to the model that are part of the conversation. Those that a middleware adds to
    /// each request are not shown.
    System(Message),
    /// Text of the model. Appears with its first text that is not blank.
    Answer(Answer),
    /// Reasoning of the model, usually shown folded.
    Reasoning(Reasoning),
    /// Tool call of the model, with its result.
    ToolCall(Box<ToolCall>),
    /// Tool that the provider runs, such as web search.
    ServerTool(Box<ServerTool>),
    /// Notice about the run.
    Notice(Notice),
    /// Error of a run.
    Error(Failure),
    /// Work of an agent within a tool call. Its entities have this one as parent.
    Agent(Agent),
}

/// Message of a person.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct Message {
    /// The text.
    pub text: String,
    /// Images and files, without their content.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "schemars",
        schemars(with = "Vec<crate::schema::Attachment>")
    )]
    pub attachments: Vec<Attachment>,
}

/// Text of the model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct Answer {
    /// The text so far.
    pub text: String,
    /// Progress.
    pub state: State,
    /// `true` if the model refused to answer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub refusal: bool,
    /// Cited sources, each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
}

/// A cited source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct Source {
    /// Title.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// URL, as sent by the provider. Not validated.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
}

/// Reasoning of the model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct Reasoning {
    /// Reasoning as far as the provider exposes it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Summary made by the provider; its parts are separated by a blank line.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// Progress.
    pub state: State,
}

/// Tool call of the model.
///
/// Secrets are masked. Arguments and results are cut at [`SHOWN_LIMIT`](crate::SHOWN_LIMIT) bytes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct ToolCall {
    /// Id of the call, as sent by the model; with it a decision is submitted.
    pub call_id: String,
    /// Name of the tool.
    pub name: String,
    /// Progress.
    pub state: State,
    /// Arguments as written by the model, usually JSON.
    pub arguments: String,
    /// Number of bytes of the arguments that are not shown.
    #[serde(skip_serializing_if = "is_zero")]
    pub arguments_omitted: u64,
    /// Arguments with which the tool runs, if a person or a hook changed them; otherwise empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ran_with: String,
    /// Question for the person, while the call waits; otherwise empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub question: String,
    /// Last progress message of the tool. Known from events alone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub progress: String,
    /// Result as sent to the model, or its error.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub result: String,
    /// Number of bytes of the result that are not shown.
    #[serde(skip_serializing_if = "is_zero")]
    pub result_omitted: u64,
    /// Images and files of the result, without their content.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "schemars",
        schemars(with = "Vec<crate::schema::Attachment>")
    )]
    pub attachments: Vec<Attachment>,
    /// Time from the start of the tool to its result, in milliseconds. `None` if it did not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

/// Tool that the provider runs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct ServerTool {
    /// Name of the tool, such as `web_search`.
    pub name: String,
    /// Progress.
    pub state: State,
    /// Query, code or arguments, cut at [`SHOWN_LIMIT`](crate::SHOWN_LIMIT) bytes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub arguments: String,
    /// Number of bytes of the arguments that are not shown.
    #[serde(skip_serializing_if = "is_zero")]
    pub arguments_omitted: u64,
    /// Opened pages and search results.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
}

/// Notice about a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct Notice {
    /// Kind of notice.
    pub notice: NoticeKind,
    /// Text for people.
    pub text: String,
}

/// Kind of a [`Notice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoticeKind {
    /// Anything else.
    #[default]
    Info,
    /// A failed request is repeated.
    Retry,
    /// Another engine is called.
    Fallback,
    /// Something needs attention; the run goes on.
    Warning,
    /// The run was stopped at a limit.
    Limit,
    /// The run was cancelled.
    Cancelled,
    /// Events are missing, so the timeline may be incomplete.
    Lag,
    /// The run is paused.
    Paused,
    /// The agent mode changed.
    Mode,
}

/// Error of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct Failure {
    /// Text for people.
    pub text: String,
    /// Machine-readable kind of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_kind: Option<String>,
    /// `true` if the error is known from events alone, such as that of an attempt.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_live_only: bool,
}

/// Work of an agent within a tool call. Known from events alone.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct Agent {
    /// Id of the agent's session.
    pub session_id: String,
    /// Prompt of its last run.
    pub text: String,
    /// Progress of its last run.
    pub state: State,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
