//! What AG-UI has no event for.

use geppetto_events::{Event, EventKind, kind::CustomEvent};
use serde_json::json;

use super::{Projection, UiEvent};
use crate::RawJson;

impl Projection {
    pub(super) fn notice(&mut self, event: &Event) {
        let notice = |level: &str, message: &str| {
            let value = json!({"level": level, "message": message});
            UiEvent::custom("geppetto.notice", &value)
        };
        let own = match &event.kind {
            EventKind::Info(e) => notice("info", &e.to_text()),
            EventKind::Log(e) => notice(&e.level, &e.message),
            EventKind::Error(e) => notice("error", &e.error_string),
            EventKind::Citation(e) => UiEvent::custom("geppetto.citation", e),
            EventKind::AgentModeSwitch(e) => UiEvent::custom("geppetto.agent-mode", e),
            EventKind::DebuggerPause(e) => UiEvent::custom("geppetto.pause", e),
            EventKind::Custom(e) => of_application(e),
            _ => return,
        };
        self.out.push(own);
    }
}

/// Converts an event of the application.
fn of_application(event: &CustomEvent) -> UiEvent {
    match event.event_type.as_str() {
        "state-snapshot" => {
            if let Some(snapshot) = event.fields.get("snapshot") {
                let snapshot = RawJson::of(snapshot);
                return UiEvent::StateSnapshot { snapshot };
            }
        }
        "state-delta" => {
            if let Some(delta) = event.fields.get("delta").filter(|own| own.is_array()) {
                let delta = RawJson::of(delta);
                return UiEvent::StateDelta { delta };
            }
        }
        _ => {}
    }
    UiEvent::custom(&event.event_type, &event.fields)
}
