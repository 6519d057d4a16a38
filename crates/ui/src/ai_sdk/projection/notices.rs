//! Everything that is not part of the message: notices, errors of attempts, events of the
//! application.

use geppetto_events::{Event, EventKind};
use serde_json::json;

use super::Projection;
use crate::ai_sdk::Chunk;

impl Projection {
    /// Sends data that interfaces receive in `onData`, and that are not part of the message: after a
    /// restart, they are not known.
    pub(super) fn notice(&mut self, event: &Event) {
        let chunk = match &event.kind {
            EventKind::Info(e) => Chunk::transient(
                "notice",
                &json!({"level": "info", "message": e.to_text(), "data": e.data}),
            ),
            EventKind::Log(e) => Chunk::transient(
                "notice",
                &json!({"level": e.level, "message": e.message, "data": e.fields}),
            ),
            // An `error` chunk would end the stream.
            EventKind::Error(e) => Chunk::transient(
                "notice",
                &json!({"level": "error", "message": e.error_string}),
            ),
            EventKind::AgentModeSwitch(e) => Chunk::transient("agent-mode", e),
            EventKind::DebuggerPause(e) => Chunk::transient("pause", e),
            EventKind::Custom(e) => Chunk::transient(&e.event_type, &e.fields),
            _ => return,
        };
        self.out.push(chunk);
    }
}
