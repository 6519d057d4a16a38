//! [`Settings`]: validated settings of a request.

use geppetto_engine::{
    ConfigError, EngineError, ErrorKind, InferenceConfig, StructuredOutput, ToolChoice, ToolConfig,
    ToolDefinition, keys,
};
use geppetto_turns::{DataKey, KeyError, Turn};
use serde_json::{Map, Value};

use crate::{
    Wire,
    rules::{NameForm, ToolNames},
};

mod defaults;
mod unsent;

pub(crate) use defaults::Defaults;
pub(crate) use unsent::MESSAGE as UNSENT;
pub use unsent::Unsent;

/// Validated settings of a request: those of the turn, with the engine's defaults.
#[derive(Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Sampling, limits and reasoning.
    pub inference: InferenceConfig,
    /// Model to call.
    pub model: String,
    /// `true` to request a stream.
    pub stream: bool,
    /// Offered tools, with their names and schemas in the form accepted by servers.
    pub tools: Vec<ToolDefinition>,
    /// Translation of tool names to those in the request.
    pub names: ToolNames,
    /// Tool configuration. The name of a required tool is the one in the request.
    pub tool_config: ToolConfig,
    /// Structured output of the answer.
    pub output: Option<StructuredOutput>,
    /// Request fields that are passed through unchanged ([`Wire::PASSED_THROUGH`]).
    pub extra: Map<String, Value>,
    /// Settings that are omitted from the request. One `info` event names them.
    pub unsent: Unsent,
}

impl Settings {
    /// Returns the settings of a call with wire `W`, as used by [`WireEngine`](crate::WireEngine)
    /// before [`Wire::adapt`].
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` that names the setting if one cannot be read or is invalid.
    pub fn of<W: Wire>(
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
        let mut tools = if tool_config.enabled {
            let tools = data.get(&keys::TOOL_DEFINITIONS).map_err(unreadable)?;
            tools.unwrap_or_default()
        } else {
            Vec::new()
        };
        if !tools.is_empty() {
            tool_config.validate()?;
            let sent = tools.into_iter().map(ToolDefinition::into_sent);
            tools = sent.collect::<Result<_, _>>()?;
        }
        let mut unsent = Unsent::default();
        let mut settings = Self {
            model: inference.model.clone().unwrap_or_else(|| model.to_owned()),
            inference,
            stream,
            tools,
            names: ToolNames::default(),
            tool_config,
            output: output(turn, &mut unsent)?,
            extra: extra(turn, W::PASSED_THROUGH, W::RESERVED)?,
            unsent,
        };
        settings.translate_names(NameForm::default());
        Ok(settings)
    }

    /// Translates the names of the offered tools, and of a required one, to this form.
    /// [`of`](Self::of) uses [`NameForm::Plain`].
    pub fn translate_names(&mut self, form: NameForm) {
        self.translate_names_beside(form, &[]);
    }

    /// Same as [`translate_names`](Self::translate_names), with names that no tool may have, because tools of the
    /// provider have them.
    pub fn translate_names_beside(&mut self, form: NameForm, reserved: &[&str]) {
        let own: Vec<String> = self
            .tools
            .iter()
            .map(|tool| self.names.own(&tool.name).to_owned())
            .collect();
        let names = ToolNames::beside(form, own.iter().map(String::as_str), reserved);
        if let ToolChoice::Tool(name) = &mut self.tool_config.tool_choice {
            *name = names.sent(self.names.own(name)).into_owned();
        }
        for (tool, own) in self.tools.iter_mut().zip(&own) {
            tool.name = names.sent(own).into_owned();
        }
        self.names = names;
    }

    /// Omits settings from the request: those that are set, according to `set`, and for which
    /// `refusal` returns a reason. A passed-through field of the same name is sent in any case.
    pub fn leave_out(
        &mut self,
        set: &[(&'static str, bool)],
        refusal: impl Fn(&str) -> Option<&'static str>,
    ) {
        for (setting, _) in set.iter().filter(|(_, is_set)| *is_set) {
            if let Some(why) = refusal(setting)
                && !self.extra.contains_key(*setting)
            {
                self.unsent.add(setting, why);
            }
        }
    }

    /// Returns `true` if the model must call a tool.
    #[must_use]
    pub fn demands_tool(&self) -> bool {
        let choice = &self.tool_config.tool_choice;
        matches!(choice, ToolChoice::Required | ToolChoice::Tool(_)) && !self.tools.is_empty()
    }

    /// Returns `Some(false)` if only one tool may be called at a time; `None` leaves it to the
    /// server.
    #[must_use]
    pub fn parallel_calls(&self) -> Option<bool> {
        let one_by_one = !self.tools.is_empty() && self.tool_config.max_parallel_tools == 1;
        one_by_one.then_some(false)
    }
}

fn output(turn: &Turn, unsent: &mut Unsent) -> Result<Option<StructuredOutput>, EngineError> {
    let output = turn
        .data
        .get(&keys::STRUCTURED_OUTPUT)
        .map_err(unreadable)?;
    match output {
        Some(output) => sent(output, unsent),
        None => Ok(None),
    }
}

/// Returns a structured output in the form that is sent; `None` if it is off, or invalid and need not be
/// valid.
fn sent(
    output: StructuredOutput,
    unsent: &mut Unsent,
) -> Result<Option<StructuredOutput>, EngineError> {
    if !output.is_on() {
        return Ok(None);
    }
    let must_be_valid = output.require_valid;
    match output.into_sent() {
        Ok(output) => Ok(Some(output)),
        Err(error) if must_be_valid => Err(error.into()),
        Err(error) => {
            unsent.add("structured_output", error.to_string());
            Ok(None)
        }
    }
}

fn extra(
    turn: &Turn,
    setting: Option<DataKey<Value>>,
    reserved: &[&str],
) -> Result<Map<String, Value>, EngineError> {
    let Some(setting) = setting else {
        return Ok(Map::new());
    };
    let extra = match turn.data.get(&setting).map_err(unreadable)? {
        None => Map::new(),
        Some(Value::Object(map)) => map,
        Some(_) => {
            return Err(
                ConfigError::new(setting.id(), "must be an object of request fields").into(),
            );
        }
    };
    self::reserved(setting.id(), &extra, reserved)?;
    Ok(extra)
}

/// Refuses fields that cannot be passed through.
fn reserved(
    setting: &'static str,
    fields: &Map<String, Value>,
    reserved: &[&str],
) -> Result<(), EngineError> {
    match reserved.iter().find(|name| fields.contains_key(**name)) {
        Some(name) => {
            let message = format!("holds `{name}`, which cannot be passed through");
            Err(ConfigError::new(setting, message).into())
        }
        None => Ok(()),
    }
}

/// Returns the error of a setting of the turn that cannot be read.
#[must_use]
pub fn unreadable(error: KeyError) -> EngineError {
    EngineError::new(ErrorKind::Configuration, error.to_string()).with_source(error)
}
