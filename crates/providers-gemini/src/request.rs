//! Serialization of a request.

use geppetto_engine::{EngineError, ToolChoice};
use geppetto_provider::{
    Settings,
    request::{RequestFields, nothing_to_send, to_json},
    rules::{NameForm, Origin},
};
use geppetto_turns::Turn;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::{GeminiOptions, models::Model, refused, thinking};

mod config;
mod contents;
mod media;
mod parts;
mod response;
mod tools;

#[cfg(test)]
mod tests;

use contents::Contents;

/// Destination of a request.
#[derive(Debug)]
pub(crate) struct To<'a> {
    pub(crate) options: &'a GeminiOptions,
    pub(crate) origin: Origin,
    pub(crate) is_vertex: bool,
    /// `true` if the server could not read the signatures of the history.
    pub(crate) is_remedied: bool,
}

/// Fields that are merged with those of the turn, instead of being replaced.
const MERGED: [&str; 3] = ["tools", "toolConfig", "generationConfig"];

/// Omits settings that the API or the model does not have.
pub(crate) fn leave_out(settings: &mut Settings, options: &GeminiOptions) {
    settings.translate_names(NameForm::LetterFirst);
    let config = &settings.inference;
    let set = [
        ("reasoning_effort", config.reasoning_effort.is_some()),
        ("reasoning_summary", config.reasoning_summary.is_some()),
        ("thinking_budget", config.thinking_budget.is_some()),
        ("thinking_type", config.thinking_type.is_some()),
        ("seed", config.seed.is_some()),
        ("parallel_tool_calls", settings.parallel_calls().is_some()),
    ];
    let refusal = |setting: &str| match setting {
        "parallel_tool_calls" => Some("the API has no field for it"),
        "seed" if config::seed(settings).is_none() => Some("it does not fit into 32 bits"),
        _ => thinking::refusal(setting, settings),
    };
    let mut unsent: Vec<(&'static str, &'static str)> = set
        .into_iter()
        .filter(|(_, is_set)| *is_set)
        .filter_map(|(setting, _)| Some((setting, refusal(setting)?)))
        .collect();
    if cached_content(settings, options).is_some() && !settings.tools.is_empty() {
        unsent.push(("tools", "they are part of the cached content"));
    }
    for (setting, why) in unsent {
        settings.unsent.add(setting, why);
    }
}

/// Returns the name of the cached content: that of the turn, or that of the options.
fn cached_content<'a>(settings: &'a Settings, options: &'a GeminiOptions) -> Option<&'a str> {
    match settings.extra.get("cachedContent") {
        Some(own) => own.as_str(),
        None => options.cached_content.as_deref(),
    }
}

/// Returns the body of the request.
///
/// # Errors
///
/// An error of kind `Configuration` if the turn contains nothing to send, or a file or a schema that
/// cannot be sent.
pub(crate) fn encode(
    settings: &Settings,
    turn: &Turn,
    to: &To<'_>,
) -> Result<Vec<u8>, EngineError> {
    let history = contents::history(turn, settings);
    let contents = Contents::of(&history, settings, to)?;
    if contents.is_empty() {
        return Err(nothing_to_send());
    }
    to_json(&Body {
        settings,
        to,
        contents: &contents,
        model: None,
    })
}

/// Returns the body of the request that counts the tokens of [`encode`]'s.
///
/// # Errors
///
/// The errors of [`encode`].
pub(crate) fn encode_for_count(
    settings: &Settings,
    turn: &Turn,
    to: &To<'_>,
) -> Result<Vec<u8>, EngineError> {
    let history = contents::history(turn, settings);
    let contents = Contents::of(&history, settings, to)?;
    let model = match settings.model.contains('/') {
        true => settings.model.clone(),
        false => format!("models/{}", settings.model),
    };
    let body = Body {
        settings,
        to,
        contents: &contents,
        model: (!to.is_vertex).then_some(model),
    };
    match to.is_vertex {
        true => to_json(&body),
        false => to_json(&json!({"generateContentRequest": body.to_value()?})),
    }
}

/// The request, field by field, in a fixed order.
struct Body<'a> {
    settings: &'a Settings,
    to: &'a To<'a>,
    contents: &'a Contents<'a>,
    /// Model, where it is not in the path.
    model: Option<String>,
}

impl Body<'_> {
    fn to_value(&self) -> Result<Value, EngineError> {
        let text = to_json(self)?;
        Ok(serde_json::from_slice(&text).unwrap_or_default())
    }

    /// Returns a merged object field; `None` if it is empty.
    fn merged(&self, name: &str, own: Map<String, Value>) -> Option<Value> {
        let merged = match self.settings.extra.get(name) {
            Some(Value::Object(extra)) => merge(own, extra),
            Some(Value::Null) => return None,
            Some(other) => return Some(other.clone()),
            None => own,
        };
        (!merged.is_empty()).then_some(Value::Object(merged))
    }
}

/// Returns the fields of both objects; those of the second take precedence, and null omits a field.
fn merge(mut own: Map<String, Value>, extra: &Map<String, Value>) -> Map<String, Value> {
    for (name, value) in extra {
        match (own.remove(name), value) {
            (_, Value::Null) => {}
            (Some(Value::Object(inner)), Value::Object(value)) => {
                own.insert(name.clone(), merge(inner, value).into());
            }
            (_, value) => {
                own.insert(name.clone(), value.clone());
            }
        }
    }
    own
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { settings, to, .. } = self;
        let mut extra = settings.extra.clone();
        extra.retain(|name, _| !MERGED.contains(&name.as_str()));
        let map = serializer.serialize_map(None)?;
        let mut fields = RequestFields::new(map, &extra, None);
        let cached = cached_content(settings, to.options);
        fields.put("model", self.model.as_deref())?;
        let system = self.contents.system().filter(|_| cached.is_none());
        fields.put("systemInstruction", system)?;
        fields.put("contents", Some(self.contents.all()))?;
        let tools = tools::tools(settings, to);
        // The API refuses these together with cached content, which has its own.
        let has_tools = !tools.is_empty() && cached.is_none();
        fields.put("tools", has_tools.then_some(&tools))?;
        let config = tools::tool_config(settings, &tools, to);
        let config = self
            .merged("toolConfig", config)
            .filter(|_| cached.is_none());
        fields.put("toolConfig", config)?;
        let config = config::generation(settings, to.options);
        fields.put("generationConfig", self.merged("generationConfig", config))?;
        let safety = &to.options.safety_settings;
        fields.put("safetySettings", (!safety.is_empty()).then_some(safety))?;
        fields.put("cachedContent", cached)?;
        fields.end()
    }
}

/// Returns `true` if the schema of the answer is sent as an instruction: models before Gemini 3
/// refuse it together with tools.
fn is_output_in_words(settings: &Settings) -> bool {
    let model = Model::named(&settings.model);
    let has_tools =
        !settings.tools.is_empty() && settings.tool_config.tool_choice != ToolChoice::None;
    settings.output.is_some()
        && (settings.unsent.has(refused::OUTPUT) || has_tools && !model.takes_schema_with_tools())
}
