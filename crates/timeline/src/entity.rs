//! [`Entity`]: one thing that a person sees, such as an answer or a tool call.

use geppetto_events::kind::Attachment;
use serde::{Deserialize, Serialize};

mod change;
mod content;
mod state;

pub use change::{Changes, Field};
pub use content::{
    Agent, Answer, Content, Failure, Message, Notice, NoticeKind, Reasoning, ServerTool, Source,
    ToolCall,
};
pub use state::State;

/// One thing that a person sees of a session.
///
/// In JSON, the fields of [`content`](Self::content) are next to the others, and its kind is
/// `kind`:
///
/// ```
/// use geppetto_timeline::Timeline;
/// use geppetto_turns::Turn;
///
/// let turn = Turn::builder().user("Say hello").build();
/// let timeline = Timeline::from_turns([&turn]);
/// let user = serde_json::to_value(timeline.view().entities().next())?;
/// assert_eq!((&user["kind"], &user["text"]), (&"user".into(), &"Say hello".into()));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Entity {
    /// Stable id, unique within the timeline. The same whether the entity was made from events or
    /// from turns.
    pub id: String,
    /// Sequence number of the event that changed the entity last.
    pub version: u64,
    /// Place among the entities of the timeline, which are sorted by it. Rarely changes, and then by
    /// a patch.
    pub position: u64,
    /// Id of the entity that this one is part of: the tool call that runs an agent, or the agent
    /// whose work it is. `None` at the top level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Id of the turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<String>,
    /// What the entity shows.
    #[serde(flatten)]
    pub content: Content,
}

impl Entity {
    /// Returns the name of the kind: `user`, `system`, `answer`, `reasoning`, `tool_call`,
    /// `server_tool`, `notice`, `error` or `agent`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.content {
            Content::User(_) => "user",
            Content::System(_) => "system",
            Content::Answer(_) => "answer",
            Content::Reasoning(_) => "reasoning",
            Content::ToolCall(_) => "tool_call",
            Content::ServerTool(_) => "server_tool",
            Content::Notice(_) => "notice",
            Content::Error(_) => "error",
            Content::Agent(_) => "agent",
        }
    }

    /// Returns the text of a message, an answer, reasoning, a notice, an error, or the prompt of an
    /// agent; `None` for tool calls.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        Some(match &self.content {
            Content::User(own) | Content::System(own) => &own.text,
            Content::Answer(own) => &own.text,
            Content::Reasoning(own) => &own.text,
            Content::Notice(own) => &own.text,
            Content::Error(own) => &own.text,
            Content::Agent(own) => &own.text,
            Content::ToolCall(_) | Content::ServerTool(_) => return None,
        })
    }

    /// Returns the state of an answer, reasoning, a tool call or an agent; `None` for other kinds,
    /// which are complete from the beginning.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        match &self.content {
            Content::Answer(own) => Some(own.state),
            Content::Reasoning(own) => Some(own.state),
            Content::ToolCall(own) => Some(own.state),
            Content::ServerTool(own) => Some(own.state),
            Content::Agent(own) => Some(own.state),
            _ => None,
        }
    }

    /// Returns the images and files of a message or a tool result.
    #[must_use]
    pub fn attachments(&self) -> &[Attachment] {
        match &self.content {
            Content::User(own) | Content::System(own) => &own.attachments,
            Content::ToolCall(own) => &own.attachments,
            _ => &[],
        }
    }

    /// Returns `true` if the entity is known from events alone, and is absent from a timeline made
    /// from turns: notices, errors of attempts, and agents with their work. The end of a run that failed or was stopped is known from turns too.
    #[must_use]
    pub fn is_live_only(&self) -> bool {
        match &self.content {
            Content::Notice(own) => {
                !matches!(own.notice, NoticeKind::Cancelled | NoticeKind::Limit)
            }
            Content::Error(own) => own.is_live_only,
            Content::Agent(_) => true,
            _ => self.parent.is_some(),
        }
    }
}
