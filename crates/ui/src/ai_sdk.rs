//! UI message stream v1 of the Vercel AI SDK, which `useChat` reads.
//!
//! [`Projection`] converts the events of a run to [`Chunk`]s, [`messages`] the turns of a session to
//! the messages that a page shows when it is loaded, and [`Request`] is what the SDK's
//! `DefaultChatTransport` posts. The chunks are those of the package `ai` 7, whose source
//! (`ui-message-stream/ui-message-chunks.ts`) defines the protocol.
//!
//! | event | chunks |
//! |---|---|
//! | `run-started` | `start`, with the id of the turn as the message's id |
//! | `provider-call-started` | `start-step`, after `finish-step` of the step before |
//! | `provider-call-discarded` | `reset-step` |
//! | text, reasoning | `text-*`, `reasoning-*`; blank ones are left out |
//! | tool calls | `tool-input-*`, `tool-output-*`, `tool-approval-request` for calls that wait |
//! | tools of the provider | the same, with `providerExecuted` |
//! | `citation` | `source-url`, `source-document`, each source once |
//! | notices, logs, errors of attempts, events of the application | transient `data-*` |
//! | the end of the run | `finish`, `abort` or `error`; usage and model are metadata of the message |
//!
//! An `error` chunk ends a stream in the SDK, so that only the failure of the run is one.

mod chunk;
mod history;
mod message;
mod metadata;
mod part;
mod projection;
mod request;

pub use chunk::{Chunk, DataChunk, FinishReason};
pub use history::messages;
pub use message::Message;
pub use part::{Approval, Part, ToolState};
pub use projection::Projection;
pub use request::{Action, Answer, File, Request};

pub use crate::RequestError;

/// Header of the stream's reply, and its value.
pub const STREAM_HEADER: (&str, &str) = ("x-vercel-ai-ui-message-stream", "v1");

/// Data of the last server-sent event of a stream.
pub const DONE: &str = "[DONE]";
