//! From a turn to the bytes of a request.

use geppetto_engine::{EngineError, InferenceConfig};
use geppetto_turns::{Turn, repair_with};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{Dialect, OutputFormat, origin::Origin};
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
    server: &str,
) -> Result<Vec<u8>, EngineError> {
    let dialect = &*dialect.with_model(&settings.model);
    let blocks = repair_with(&turn.blocks, &dialect.rules);
    let to = messages::To {
        dialect,
        origin: Origin::new(server, &settings.model),
    };
    let mut messages = messages::of(&blocks, &to)?;
    if messages.is_empty() {
        return Err(nothing_to_send());
    }
    if let Some(output) = settings.output.as_ref().filter(|_| as_object(dialect)) {
        messages.insert(0, Message::instructions(options::shape_in_words(output)));
    }
    to_json(&Body {
        settings,
        dialect,
        messages: &messages,
    })
}

/// Whether the server takes no schema of an answer.
fn as_object(dialect: &Dialect) -> bool {
    dialect.output == OutputFormat::JsonObject
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
        let parallel = settings.parallel_calls();
        self.put(fields, "parallel_tool_calls", parallel)?;
        let format = settings.output.as_ref();
        let format = format.map(|output| ResponseFormat::of(output, as_object(self.dialect)));
        fields.put("response_format", format)
    }

    /// Writes a field that the server and the model take; settings that they refuse are left out.
    fn put<M: SerializeMap, T: Serialize>(
        &self,
        fields: &mut Fields<'_, M>,
        name: &str,
        value: Option<T>,
    ) -> Result<(), M::Error> {
        let settings = self.settings;
        let effort = settings.inference.reasoning_effort.as_deref();
        let allowed = self.dialect.allows(name, &settings.model, effort);
        fields.put(name, value.filter(|_| allowed))
    }

    fn sampling<M: SerializeMap>(&self, fields: &mut Fields<'_, M>) -> Result<(), M::Error> {
        let config = &self.settings.inference;
        self.put(fields, "temperature", config.temperature)?;
        self.put(fields, "top_p", config.top_p)?;
        let limit = self.dialect.max_tokens_field(&self.settings.model);
        fields.put(limit, config.max_response_tokens)?;
        let stop = config.stop.as_ref().filter(|stop| !stop.is_empty());
        self.put(fields, "stop", stop)?;
        self.put(fields, &self.dialect.seed, config.seed)?;
        let effort = config.reasoning_effort.as_deref();
        self.put(fields, "reasoning_effort", effort)?;
        let thinking = config
            .thinking_type
            .as_deref()
            .filter(|_| self.dialect.thinking);
        fields.put("thinking", thinking.map(options::Thinking::of))
    }
}
