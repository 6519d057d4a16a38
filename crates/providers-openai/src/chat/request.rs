//! From a turn to the bytes of a request.

use geppetto_engine::{
    ConfigError, EngineError, ErrorKind, InferenceConfig, StructuredOutput, ToolConfig,
    ToolDefinition, keys,
};
use geppetto_turns::{KeyError, Turn, repair};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use super::Dialect;

mod messages;
mod options;
mod user;

#[cfg(test)]
mod tests;

use messages::Message;
use options::{ResponseFormat, StreamOptions, Tool, ToolChoice};

/// Fields that a passed-through setting cannot replace: they are the engine's own business.
const RESERVED: [&str; 3] = ["messages", "model", "stream"];

/// What a request is made of, checked.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) inference: InferenceConfig,
    pub(super) model: String,
    stream: bool,
    tools: Vec<ToolDefinition>,
    tool_config: ToolConfig,
    output: Option<StructuredOutput>,
    extra: Map<String, Value>,
}

impl Settings {
    /// The settings of a turn, and where there are none, the engine's.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`: a setting cannot be read, or is not allowed. It names the setting.
    pub(super) fn of(
        turn: &Turn,
        defaults: &InferenceConfig,
        model: &str,
        stream: bool,
    ) -> Result<Self, EngineError> {
        let data = &turn.data;
        let inference = data.get(&keys::INFERENCE_CONFIG).map_err(unreadable)?;
        let inference = inference.unwrap_or_default().or(defaults);
        inference.validate()?;
        let tool_config = data
            .get(&keys::TOOL_CONFIG)
            .map_err(unreadable)?
            .unwrap_or_default();
        let tools = match tool_config.enabled {
            true => data
                .get(&keys::TOOL_DEFINITIONS)
                .map_err(unreadable)?
                .unwrap_or_default(),
            false => Vec::new(),
        };
        if !tools.is_empty() {
            tool_config.validate()?;
            tools.iter().try_for_each(ToolDefinition::validate)?;
        }
        Ok(Self {
            model: inference.model.clone().unwrap_or_else(|| model.to_owned()),
            inference,
            stream,
            tools,
            tool_config,
            output: output(turn)?,
            extra: extra(turn)?,
        })
    }

    /// The body of the request.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`, when the turn holds nothing to send, or an image that nothing can
    /// be made of.
    pub(super) fn encode(&self, turn: &Turn, dialect: &Dialect) -> Result<Vec<u8>, EngineError> {
        let blocks = repair(&turn.blocks);
        let messages = messages::of(&blocks, dialect)?;
        if messages.is_empty() {
            return Err(EngineError::new(
                ErrorKind::Configuration,
                "the turn holds nothing to send; give it a user block",
            ));
        }
        let body = Body {
            settings: self,
            dialect,
            messages: &messages,
        };
        serde_json::to_vec(&body).map_err(|error| {
            EngineError::new(
                ErrorKind::Configuration,
                "the request cannot be written as JSON",
            )
            .with_source(error)
        })
    }
}

fn output(turn: &Turn) -> Result<Option<StructuredOutput>, EngineError> {
    let output = turn
        .data
        .get(&keys::STRUCTURED_OUTPUT)
        .map_err(unreadable)?;
    match output.map(|output| (output.validate(), output)) {
        Some((Ok(()), output)) if output.is_on() => Ok(Some(output)),
        Some((Err(error), output)) if output.require_valid => Err(error.into()),
        _ => Ok(None),
    }
}

fn extra(turn: &Turn) -> Result<Map<String, Value>, EngineError> {
    let setting = &keys::OPENAI_INFERENCE_CONFIG;
    let extra = match turn.data.get(setting).map_err(unreadable)? {
        None => Map::new(),
        Some(Value::Object(map)) => map,
        Some(_) => {
            return Err(
                ConfigError::new(setting.id(), "must be an object of request fields").into(),
            );
        }
    };
    if let Some(name) = RESERVED.iter().find(|name| extra.contains_key(**name)) {
        let message = format!("holds `{name}`, which cannot be passed through");
        return Err(ConfigError::new(setting.id(), message).into());
    }
    Ok(extra)
}

fn unreadable(error: KeyError) -> EngineError {
    EngineError::new(ErrorKind::Configuration, error.to_string()).with_source(error)
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
        let mut fields = Fields {
            map: serializer.serialize_map(None)?,
            extra: &self.settings.extra,
        };
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
        let one_by_one = offered && settings.tool_config.max_parallel_tools == 1;
        fields.put("parallel_tool_calls", one_by_one.then_some(false))?;
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

/// Writes fields that are there and that nothing passed through replaces.
struct Fields<'a, M> {
    map: M,
    extra: &'a Map<String, Value>,
}

impl<M: SerializeMap> Fields<'_, M> {
    fn put<T: Serialize>(&mut self, name: &str, value: Option<T>) -> Result<(), M::Error> {
        match value {
            Some(value) if !self.extra.contains_key(name) => self.map.serialize_entry(name, &value),
            _ => Ok(()),
        }
    }

    fn end(mut self) -> Result<M::Ok, M::Error> {
        for (name, value) in self.extra.iter().filter(|(_, value)| !value.is_null()) {
            self.map.serialize_entry(name, value)?;
        }
        self.map.end()
    }
}
