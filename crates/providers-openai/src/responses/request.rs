//! From a turn to the bytes of a request.

use geppetto_engine::{
    ConfigError, EngineError, ErrorKind, InferenceConfig, StructuredOutput, ToolConfig,
    ToolDefinition, keys,
};
use geppetto_turns::{KeyError, Turn, keys::data, repair};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use super::ResponsesOptions;

mod input;
mod names;
mod options;
mod place;

#[cfg(test)]
mod tests;

use input::InputItem;
use options::{Reasoning, TextSettings, Tool, ToolChoice};

/// Fields that a passed-through setting cannot replace: they are the engine's own business.
const RESERVED: [&str; 3] = ["input", "model", "stream"];

/// The field that names the response to go on from.
const PREVIOUS_RESPONSE: &str = "previous_response_id";

/// Fields that a request that counts tokens may have.
const COUNTED: [&str; 11] = [
    "conversation",
    "input",
    "instructions",
    "model",
    "parallel_tool_calls",
    PREVIOUS_RESPONSE,
    "reasoning",
    "text",
    "tool_choice",
    "tools",
    "truncation",
];

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A reply.
    Reply,
    /// The number of its tokens.
    Count,
}

/// What a request is made of, checked.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) inference: InferenceConfig,
    pub(super) model: String,
    stream: bool,
    tools: Vec<ToolDefinition>,
    server_tools: Vec<Value>,
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
        let server_tools = data.get(&data::RESPONSES_SERVER_TOOLS);
        Ok(Self {
            model: inference.model.clone().unwrap_or_else(|| model.to_owned()),
            inference,
            stream,
            tools,
            server_tools: server_tools.map_err(unreadable)?.unwrap_or_default(),
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
    pub(super) fn encode(
        &self,
        turn: &Turn,
        options: &ResponsesOptions,
        purpose: Purpose,
    ) -> Result<Vec<u8>, EngineError> {
        let previous = match self.extra.get(PREVIOUS_RESPONSE) {
            Some(id) => id.as_str(),
            None => options.previous_response_id.as_deref(),
        };
        let stored = match self.extra.get("store").map(Value::as_bool) {
            Some(store) => store,
            None => options.store,
        };
        let place = place::Place {
            model: &self.model,
            // The API stores what is not said otherwise.
            stored: stored.unwrap_or(true),
        };
        let blocks = repair(&turn.blocks);
        let (known, blocks) = place::split_at_response(&blocks, previous);
        let input = input::of(known, blocks, &place)?;
        if input.is_empty() && previous.is_none() {
            return Err(EngineError::new(
                ErrorKind::Configuration,
                "the turn holds nothing to send; give it a user block",
            ));
        }
        let body = Body {
            settings: self,
            options,
            purpose,
            input: &input,
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
    options: &'a ResponsesOptions,
    purpose: Purpose,
    input: &'a [InputItem<'a>],
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = Fields {
            map: serializer.serialize_map(None)?,
            extra: &self.settings.extra,
            purpose: self.purpose,
        };
        fields.put("model", Some(&self.settings.model))?;
        fields.put(
            PREVIOUS_RESPONSE,
            self.options.previous_response_id.as_ref(),
        )?;
        fields.put("input", Some(self.input))?;
        self.tools(&mut fields)?;
        self.shape(&mut fields)?;
        self.sampling(&mut fields)?;
        self.service(&mut fields)?;
        fields.put("stream", self.settings.stream.then_some(true))?;
        fields.end()
    }
}

impl Body<'_> {
    fn tools<M: SerializeMap>(&self, fields: &mut Fields<'_, M>) -> Result<(), M::Error> {
        let settings = self.settings;
        let functions = settings.tools.iter().map(Tool::function);
        let tools: Vec<Tool<'_>> = functions
            .chain(settings.server_tools.iter().map(Tool::Server))
            .collect();
        let offered = !tools.is_empty();
        let choice = ToolChoice::of(&settings.tool_config.tool_choice, settings);
        fields.put("tools", offered.then_some(tools))?;
        fields.put("tool_choice", choice.filter(|_| offered))?;
        let one_by_one = !settings.tools.is_empty() && settings.tool_config.max_parallel_tools == 1;
        let parallel = one_by_one.then_some(false);
        let parallel = self.options.parallel_tool_calls.or(parallel);
        fields.put("parallel_tool_calls", parallel.filter(|_| offered))?;
        fields.put("max_tool_calls", self.options.max_tool_calls)
    }

    fn shape<M: SerializeMap>(&self, fields: &mut Fields<'_, M>) -> Result<(), M::Error> {
        let config = &self.settings.inference;
        let verbosity = self.options.verbosity.as_deref();
        let text = TextSettings::of(self.settings.output.as_ref(), verbosity);
        fields.put("text", text)?;
        fields.put("reasoning", Reasoning::of(config))?;
        let include = self.options.include.of(&self.settings.model);
        fields.put("include", (!include.is_empty()).then_some(include))
    }

    fn sampling<M: SerializeMap>(&self, fields: &mut Fields<'_, M>) -> Result<(), M::Error> {
        let config = &self.settings.inference;
        fields.put("max_output_tokens", config.max_response_tokens)?;
        fields.put("temperature", config.temperature)?;
        fields.put("top_p", config.top_p)?;
        fields.put("truncation", self.options.truncation.as_deref())
    }

    fn service<M: SerializeMap>(&self, fields: &mut Fields<'_, M>) -> Result<(), M::Error> {
        let options = self.options;
        fields.put("store", options.store)?;
        fields.put("service_tier", options.service_tier.as_deref())?;
        let metadata = &options.metadata;
        fields.put("metadata", (!metadata.is_empty()).then_some(metadata))?;
        fields.put("prompt_cache_key", options.prompt_cache_key.as_deref())?;
        fields.put("safety_identifier", options.safety_identifier.as_deref())
    }
}

/// Writes fields that are there, that the purpose allows, and that nothing passed through
/// replaces.
struct Fields<'a, M> {
    map: M,
    extra: &'a Map<String, Value>,
    purpose: Purpose,
}

impl<M: SerializeMap> Fields<'_, M> {
    fn put<T: Serialize>(&mut self, name: &str, value: Option<T>) -> Result<(), M::Error> {
        match value {
            Some(value) if self.allows(name) && !self.extra.contains_key(name) => {
                self.map.serialize_entry(name, &value)
            }
            _ => Ok(()),
        }
    }

    fn allows(&self, name: &str) -> bool {
        self.purpose == Purpose::Reply || COUNTED.contains(&name)
    }

    fn end(mut self) -> Result<M::Ok, M::Error> {
        for (name, value) in self.extra {
            if !value.is_null() && self.allows(name) {
                self.map.serialize_entry(name, value)?;
            }
        }
        self.map.end()
    }
}
