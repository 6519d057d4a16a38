//! Tools that the provider runs, as activities.

use geppetto_events::kind::{ServerTool, ServerToolPhase};
use serde_json::{Map, Value};

use crate::RawJson;

/// A call of a provider's tool, with everything that is known of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Activity {
    kind: String,
    fields: Map<String, Value>,
}

impl Activity {
    /// Adds what a phase tells.
    pub(super) fn add(&mut self, progress: &ServerTool) {
        self.kind = progress.tool.to_string();
        let status = match progress.phase {
            ServerToolPhase::Completed => Some("completed"),
            ServerToolPhase::Failed => Some("failed"),
            _ if self.fields.contains_key("status") => None,
            _ => Some("running"),
        };
        if let Some(status) = status {
            self.fields.insert("status".to_owned(), status.into());
        }
        if progress.phase == ServerToolPhase::InputDelta {
            let delta = progress.text("delta").unwrap_or_default();
            let known = self.fields.get("input").and_then(Value::as_str);
            let input = format!("{}{delta}", known.unwrap_or_default());
            self.fields.insert("input".to_owned(), input.into());
            return;
        }
        for (name, value) in &progress.data {
            self.fields.insert(name.clone(), value.clone());
        }
    }

    /// Ends a call of which the provider reported no end.
    pub(super) fn end(&mut self, failed: bool) -> bool {
        let is_running = self.fields.get("status") == Some(&"running".into());
        if is_running {
            let status = if failed { "failed" } else { "completed" };
            self.fields.insert("status".to_owned(), status.into());
        }
        is_running
    }

    pub(super) fn kind(&self) -> &str {
        &self.kind
    }

    pub(super) fn content(&self) -> RawJson {
        RawJson::of(&self.fields)
    }
}
