//! AG-UI 1.0, which CopilotKit and `@ag-ui/client` read.
//!
//! [`Projection`] converts the events of a run to [`UiEvent`]s, [`messages`] the turns of a session to
//! the messages of a conversation, and [`RunInput`] is what the client's `HttpAgent` posts. The types
//! are those of [the specification](https://docs.ag-ui.com/spec/1.0) and of `@ag-ui/core` 1.0.
//!
//! | event | AG-UI |
//! |---|---|
//! | `run-started` | `RUN_STARTED`, with the ids of the request |
//! | a provider call | `STEP_STARTED`, `STEP_FINISHED` |
//! | text, reasoning | `TEXT_MESSAGE_*`, `REASONING_*`; blank ones are left out |
//! | tool calls | `TOOL_CALL_*`; a reused call id gets a suffix, because ids are unique in AG-UI |
//! | tools of the provider | `ACTIVITY_SNAPSHOT` |
//! | `provider-call-discarded`, replaced texts | `MESSAGES_SNAPSHOT` without what was withdrawn |
//! | calls that wait for a person | interrupts of `RUN_FINISHED` |
//! | calls of the client's tools | `pendingToolCallIds` of `RUN_FINISHED` |
//! | a cancelled run, a limit | `RUN_FINISHED` with the outcome `cancelled` |
//! | a failed run | `RUN_ERROR` |
//! | application events `state-snapshot` (`snapshot`) and `state-delta` (`delta`) | `STATE_SNAPSHOT`, `STATE_DELTA` |
//! | notices, sources, other events of the application | `CUSTOM` |

mod activity;
mod conversation;
mod event;
mod history;
mod message;
mod projection;
mod request;

pub use conversation::Conversation;
pub use event::{CONFIRM, Interrupt, Outcome, TokenUsage, UiEvent};
pub use history::messages;
pub use message::{FunctionCall, Message, ToolCall, UserContent};
pub use projection::Projection;
pub use request::{Action, Answer, ClientTool, Context, File, FileSource, RunInput};

pub use crate::RequestError;

/// Version of the protocol.
pub const PROTOCOL_VERSION: &str = "1.0";
