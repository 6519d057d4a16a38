//! From a turn to the bytes of a request.

use geppetto_engine::{EngineError, InferenceConfig};
use geppetto_turns::{Turn, repair};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::Dialect;
use crate::shared::settings::{Fields, Settings, nothing_to_send, to_json};

mod messages;
mod options;
mod user;

#[cfg(test)]
mod tests;

use messages::Message;
use options::{ResponseFormat, StreamOptions, Tool, ToolChoice};

/// Fields that a passed-through setting cannot replace: they are the engine's own business.
const RESERVED: [&str; 3] = ["messages", "model", "stream"];

/// The settings of a turn, and where there are none, the engine's.
///
/// # Errors
///
/// As [`Settings::of`].
pub(super) fn settings(
    turn: &Turn,
    defaults: &InferenceConfig,
    model: &str,
    stream: bool,
) -> Result<Settings, EngineError> {
    Settings::of(turn, defaults, model, stream, &RESERVED)
}

/// The body of the request.
///
/// # Errors
///
/// Of kind `Configuration`, when the turn holds nothing to send, or an image that nothing can be
/// made of.
pub(super) fn encode(
    settings: &Settings,
    turn: &Turn,
    dialect: &Dialect,
) -> Result<Vec<u8>, EngineError> {
    let blocks = repair(&turn.blocks);
    let messages = messages::of(&blocks, dialect)?;
    if messages.is_empty() {
        return Err(nothing_to_send());
    }
    to_json(&Body {
        settings,
        dialect,
        messages: &messages,
    })
}

/// The request as it is written, field by field, in an order that never changes. A field that is
/// passed through stands last and replaces the one of that name; null leaves it out.
struct Body<'a> {
    settings: &'a Settings,
    dialect: &'a Dialect,
    messages: &'a [Message<'a>],
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let map = serializer.serialize_map(None)?;
        let mut fields = Fields::new(map, &self.settings.extra, None);
        fields.put("model", Some(&self.settings.model))?;
        fields.put("messages", Some(self.messages))?;
        self.tools(&mut fields)?;
        self.sampling(&mut fields)?;
        fields.put("stream", self.settings.stream.then_some(true))?;
        let usage = self.settings.stream && self.dialect.stream_options;
        let usage = usage.then_some(StreamOptions {
            include_usage: true,
        });
        fields.put("stream_options", usage)?;
        fields.end()
    }
}

impl Body<'_> {
    fn tools<M: SerializeMap>(&self, fields: &mut Fields<'_, M>) -> Result<(), M::Error> {
        let settings = self.settings;
        let offered = !settings.tools.is_empty();
        let tools: Vec<Tool<'_>> = settings.tools.iter().map(Tool::of).collect();
        fields.put("tools", offered.then_some(tools))?;
        let choice = ToolChoice::of(&settings.tool_config.tool_choice, self.dialect);
        fields.put("tool_choice", choice.filter(|_| offered))?;
        fields.put("parallel_tool_calls", settings.parallel_calls())?;
        let format = settings.output.as_ref().map(ResponseFormat::of);
        fields.put("response_format", format)
    }

    fn sampling<M: SerializeMap>(&self, fields: &mut Fields<'_, M>) -> Result<(), M::Error> {
        let config = &self.settings.inference;
        fields.put("temperature", config.temperature)?;
        fields.put("top_p", config.top_p)?;
        let limit = self.dialect.max_tokens_field(&self.settings.model);
        fields.put(limit, config.max_response_tokens)?;
        fields.put("stop", config.stop.as_ref().filter(|stop| !stop.is_empty()))?;
        fields.put(&self.dialect.seed, config.seed)?;
        fields.put("reasoning_effort", config.reasoning_effort.as_deref())?;
        let thinking = config
            .thinking_type
            .as_deref()
            .filter(|_| self.dialect.thinking);
        fields.put("thinking", thinking.map(options::Thinking::of))
    }
}
