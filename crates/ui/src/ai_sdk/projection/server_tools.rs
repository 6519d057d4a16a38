//! Tools that the provider runs.

use geppetto_events::{
    Event,
    kind::{ServerTool, ServerToolPhase},
};
use serde_json::Value;

use super::Projection;
use crate::{RawJson, ai_sdk::Chunk};

/// A call of a provider's tool, as far as the interface knows it.
#[derive(Debug, Clone, Default)]
pub(in crate::ai_sdk) struct ServerCall {
    id: String,
    name: String,
    input: String,
    has_input: bool,
    has_output: bool,
}

impl Projection {
    pub(super) fn server_tool(&mut self, event: &Event, progress: &ServerTool) {
        let (provider_call, attempt) = event.correlation.call().unwrap_or_default();
        let key = format!(
            "{provider_call}:{attempt}:{}:{}",
            progress.tool, progress.item_id
        );
        let mut call = self.server_calls.remove(&key).unwrap_or_default();
        for chunk in call.progress(progress, &key) {
            self.part(chunk);
        }
        self.server_calls.insert(key, call);
        for (url, title) in sources(progress) {
            self.cite(url, title);
        }
    }

    /// Ends calls of which the provider has not reported an end.
    pub(super) fn end_server_calls(&mut self, error: Option<&str>) {
        let mut calls: Vec<_> = std::mem::take(&mut self.server_calls)
            .into_values()
            .collect();
        calls.sort_by(|one, other| one.id.cmp(&other.id));
        for mut call in calls {
            for chunk in call.end(error) {
                self.part(chunk);
            }
        }
    }
}

impl ServerCall {
    /// Returns the chunks of a phase. `key` names a call to which the provider gives no id.
    pub(in crate::ai_sdk) fn progress(&mut self, progress: &ServerTool, key: &str) -> Vec<Chunk> {
        let mut out = Vec::new();
        if self.id.is_empty() {
            self.id = match progress.item_id.as_str() {
                "" => key.to_owned(),
                id => id.to_owned(),
            };
            self.name = progress.tool.to_string();
            out.push(Chunk::ToolInputStart {
                tool_call_id: self.id.clone(),
                tool_name: self.name.clone(),
                provider_executed: Some(true),
            });
        }
        if progress.phase == ServerToolPhase::InputDelta {
            let delta = progress.text("delta").unwrap_or_default();
            if !self.has_input && !delta.is_empty() {
                self.input.push_str(delta);
                out.push(Chunk::ToolInputDelta {
                    tool_call_id: self.id.clone(),
                    input_text_delta: delta.to_owned(),
                });
            }
            return out;
        }
        let is_end = progress.phase.is_end();
        let has_input = INPUTS.iter().any(|name| progress.data.contains_key(*name));
        if !self.has_input && (has_input || is_end) {
            out.push(self.available(progress));
        }
        match progress.phase {
            ServerToolPhase::Completed => out.extend(self.output(progress)),
            ServerToolPhase::Failed => {
                let error = progress.text("error").unwrap_or("the tool failed");
                out.extend(self.failed(error));
            }
            _ => {}
        }
        out
    }

    fn available(&mut self, progress: &ServerTool) -> Chunk {
        self.has_input = true;
        let fields = progress.data.iter();
        let mut fields = fields.filter(|(name, _)| INPUTS.contains(&name.as_str()));
        let input = match (fields.next(), fields.next()) {
            (Some((_, Value::String(text))), None) if text.trim_start().starts_with('{') => {
                RawJson::structure_or_text(text)
            }
            (None, _) if self.input.trim_start().starts_with('{') => {
                RawJson::structure_or_text(&self.input)
            }
            (None, _) if !self.input.is_empty() => {
                RawJson::of(&serde_json::json!({"input": self.input}))
            }
            _ => RawJson::of(&select(progress, |name| INPUTS.contains(&name))),
        };
        Chunk::ToolInputAvailable {
            tool_call_id: self.id.clone(),
            tool_name: self.name.clone(),
            input,
            provider_executed: Some(true),
        }
    }

    fn output(&mut self, progress: &ServerTool) -> Option<Chunk> {
        if std::mem::replace(&mut self.has_output, true) {
            return None;
        }
        Some(Chunk::ToolOutputAvailable {
            tool_call_id: self.id.clone(),
            output: RawJson::of(&select(progress, |name| !INPUTS.contains(&name))),
            provider_executed: Some(true),
            preliminary: None,
        })
    }

    fn failed(&mut self, error: &str) -> Option<Chunk> {
        if std::mem::replace(&mut self.has_output, true) {
            return None;
        }
        Some(Chunk::ToolOutputError {
            tool_call_id: self.id.clone(),
            error_text: error.to_owned(),
            provider_executed: Some(true),
        })
    }

    /// Returns the chunks that end a call, with an error or without a result.
    pub(in crate::ai_sdk) fn end(&mut self, error: Option<&str>) -> Vec<Chunk> {
        if self.has_output {
            return Vec::new();
        }
        let empty = ServerTool::default();
        let mut out = Vec::new();
        if !self.has_input {
            out.push(self.available(&empty));
        }
        out.extend(match error {
            Some(error) => self.failed(error),
            None => self.output(&empty),
        });
        out
    }
}

/// Fields that are the input of a tool.
const INPUTS: [&str; 5] = ["arguments", "code", "query", "queries", "action"];

fn select(progress: &ServerTool, is_part: impl Fn(&str) -> bool) -> Value {
    let fields = progress.data.iter();
    let fields = fields.filter(|(name, _)| is_part(name.as_str()));
    Value::Object(
        fields
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

/// Returns addresses and titles of the sources that a phase names.
pub(in crate::ai_sdk) fn sources(progress: &ServerTool) -> Vec<(&str, &str)> {
    let found = progress.data.get("results").and_then(Value::as_array);
    let field = |value, name: &str| Value::get(value, name).and_then(Value::as_str);
    let found = found.into_iter().flatten().map(|own| {
        let title = field(own, "title").unwrap_or_default();
        (field(own, "url").unwrap_or_default(), title)
    });
    let opened = progress.text("url").map(|url| (url, ""));
    found
        .chain(opened)
        .filter(|(url, title)| !url.is_empty() || !title.is_empty())
        .collect()
}
