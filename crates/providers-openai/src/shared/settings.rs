//! What a request is made of, and how it is written.

use geppetto_engine::{
    ConfigError, EngineError, ErrorKind, InferenceConfig, StructuredOutput, ToolConfig,
    ToolDefinition, keys,
};
use geppetto_turns::{KeyError, Turn};
use serde::{Serialize, ser::SerializeMap};
use serde_json::{Map, Value};

use super::unsent::Unsent;

/// What a request is made of, checked.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) inference: InferenceConfig,
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) tools: Vec<ToolDefinition>,
    pub(crate) tool_config: ToolConfig,
    pub(crate) output: Option<StructuredOutput>,
    /// Request fields that are passed through as they stand.
    pub(crate) extra: Map<String, Value>,
    /// Settings that are left out of the request.
    pub(crate) unsent: Unsent,
}

impl Settings {
    /// The settings of a turn, and where there are none, the engine's. The fields in `reserved`
    /// are the engine's own business: a passed-through setting cannot replace them.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`: a setting cannot be read, or is not allowed. It names the setting.
    pub(crate) fn of(
        turn: &Turn,
        defaults: &InferenceConfig,
        model: &str,
        stream: bool,
        reserved: &[&str],
    ) -> Result<Self, EngineError> {
        let data = &turn.data;
        let inference = data.get(&keys::INFERENCE_CONFIG).map_err(unreadable)?;
        let inference = inference.unwrap_or_default().or(defaults);
        inference.validate()?;
        let tool_config = data
            .get(&keys::TOOL_CONFIG)
            .map_err(unreadable)?
            .unwrap_or_default();
        let mut tools = match tool_config.enabled {
            true => data
                .get(&keys::TOOL_DEFINITIONS)
                .map_err(unreadable)?
                .unwrap_or_default(),
            false => Vec::new(),
        };
        if !tools.is_empty() {
            tool_config.validate()?;
            let sent = tools.into_iter().map(ToolDefinition::into_sent);
            tools = sent.collect::<Result<_, _>>()?;
        }
        let mut unsent = Unsent::default();
        Ok(Self {
            model: inference.model.clone().unwrap_or_else(|| model.to_owned()),
            inference,
            stream,
            tools,
            tool_config,
            output: output(turn, &mut unsent)?,
            extra: extra(turn, reserved)?,
            unsent,
        })
    }

    /// Leaves settings out of the request: those that are set, as `set` says, and for which `refusal`
    /// has a reason. A passed-through field of the same name is sent whatever the reason is.
    pub(crate) fn leave_out(
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

    /// False where only one call at a time is wanted; `None` leaves it to the server.
    pub(crate) fn parallel_calls(&self) -> Option<bool> {
        let one_by_one = !self.tools.is_empty() && self.tool_config.max_parallel_tools == 1;
        one_by_one.then_some(false)
    }
}

fn output(turn: &Turn, unsent: &mut Unsent) -> Result<Option<StructuredOutput>, EngineError> {
    let output = turn
        .data
        .get(&keys::STRUCTURED_OUTPUT)
        .map_err(unreadable)?;
    let Some(output) = output.filter(StructuredOutput::is_on) else {
        return Ok(None);
    };
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

fn extra(turn: &Turn, reserved: &[&str]) -> Result<Map<String, Value>, EngineError> {
    let setting = &crate::keys::OPENAI_INFERENCE_CONFIG;
    let extra = match turn.data.get(setting).map_err(unreadable)? {
        None => Map::new(),
        Some(Value::Object(map)) => map,
        Some(_) => {
            return Err(
                ConfigError::new(setting.id(), "must be an object of request fields").into(),
            );
        }
    };
    if let Some(name) = reserved.iter().find(|name| extra.contains_key(**name)) {
        let message = format!("holds `{name}`, which cannot be passed through");
        return Err(ConfigError::new(setting.id(), message).into());
    }
    Ok(extra)
}

/// The error of a setting that is there and cannot be read.
pub(crate) fn unreadable(error: KeyError) -> EngineError {
    EngineError::new(ErrorKind::Configuration, error.to_string()).with_source(error)
}

/// The error of a turn that makes no request.
pub(crate) fn nothing_to_send() -> EngineError {
    EngineError::new(
        ErrorKind::Configuration,
        "the turn holds nothing to send; give it a user block",
    )
}

/// Writes a request's body.
///
/// # Errors
///
/// Of kind `Configuration`: a value in it cannot be JSON.
pub(crate) fn to_json(body: &impl Serialize) -> Result<Vec<u8>, EngineError> {
    serde_json::to_vec(body).map_err(|error| {
        EngineError::new(
            ErrorKind::Configuration,
            "the request cannot be written as JSON",
        )
        .with_source(error)
    })
}

/// Writes the fields of a request that are there, that are allowed, and that nothing passed
/// through replaces.
pub(crate) struct Fields<'a, M> {
    map: M,
    extra: &'a Map<String, Value>,
    allowed: Option<&'a [&'a str]>,
}

impl<'a, M: SerializeMap> Fields<'a, M> {
    /// All fields are allowed, unless `allowed` lists those that are.
    pub(crate) fn new(
        map: M,
        extra: &'a Map<String, Value>,
        allowed: Option<&'a [&'a str]>,
    ) -> Self {
        Self {
            map,
            extra,
            allowed,
        }
    }

    pub(crate) fn put<T: Serialize>(
        &mut self,
        name: &str,
        value: Option<T>,
    ) -> Result<(), M::Error> {
        match value {
            Some(value) if self.allows(name) && !self.extra.contains_key(name) => {
                self.map.serialize_entry(name, &value)
            }
            _ => Ok(()),
        }
    }

    fn allows(&self, name: &str) -> bool {
        self.allowed.is_none_or(|allowed| allowed.contains(&name))
    }

    /// Writes what is passed through, and ends the body.
    pub(crate) fn end(mut self) -> Result<M::Ok, M::Error> {
        for (name, value) in self.extra {
            if !value.is_null() && self.allows(name) {
                self.map.serialize_entry(name, value)?;
            }
        }
        self.map.end()
    }
}
