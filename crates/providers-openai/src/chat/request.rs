//! Serialization of a request.

use geppetto_engine::{EngineError, ToolChoice as Choice, ToolDefinition};
use geppetto_provider::{
    Settings,
    request::{RequestFields, nothing_to_send, schema_in_words, sent_blocks, to_json},
    rules::{Claude, Origin, schema},
};
use geppetto_turns::{Rules, Turn, repair_with};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{ChatOptions, Dialect, EmptyContent, OutputFormat, ReasoningReplay, SchemaForm};
use crate::{
    models,
    refused::{self, patterns},
};

mod messages;
mod options;
mod user;

#[cfg(test)]
mod tests;

use messages::Message;
use options::{ResponseFormat, StreamOptions, Tool, ToolChoice};

/// Omits settings that the server or the model does not accept, and converts tool schemas to the
/// accepted form.
pub(super) fn leave_out(settings: &mut Settings, dialect: &Dialect, options: &ChatOptions) {
    let config = &settings.inference;
    let effort = config.reasoning_effort.clone();
    let has_temperature = config.temperature.is_some();
    let model = settings.model.clone();
    let choice = settings.tool_config.tool_choice.clone();
    let mut set = vec![
        ("temperature", config.temperature.is_some()),
        ("top_p", config.top_p.is_some()),
        ("stop", config.stop.is_some()),
        ("seed", config.seed.is_some()),
        ("reasoning_effort", effort.is_some()),
        ("reasoning_summary", config.reasoning_summary.is_some()),
        ("thinking_type", config.thinking_type.is_some()),
        ("thinking_budget", config.thinking_budget.is_some()),
        (
            "tool_choice",
            choice != Choice::Auto && !settings.tools.is_empty(),
        ),
        ("parallel_tool_calls", settings.parallel_calls().is_some()),
    ];
    set.extend(options.fields().map(|(name, _)| (name, true)));
    settings.leave_out(&set, |setting| {
        no_field(setting, &choice, dialect)
            .or_else(|| dialect.refusal(setting, &model, effort.as_deref()))
            .or_else(|| models::refusal_of_both(&model, setting).filter(|_| has_temperature))
    });
    let dialect = dialect.with_model(&model);
    for tool in &mut settings.tools {
        match dialect.schemas {
            SchemaForm::OpenApi => tool.parameters = schema::open_api(&tool.parameters),
            SchemaForm::Moonshot => tool.parameters = schema::moonshot(&tool.parameters),
            _ if Claude::is_named(&model) => {
                if let Some(accepted) = schema::claude_properties(&tool.parameters) {
                    tool.parameters = accepted;
                }
            }
            _ => {}
        }
    }
    settings.translate_names(dialect.tool_names);
}

/// Returns `true` if the request has a setting that can be omitted when the server refuses it.
pub(super) fn can_leave_out(settings: &Settings, dialect: &Dialect, setting: &str) -> bool {
    let config = &settings.inference;
    let is_set = match setting {
        "temperature" => config.temperature.is_some(),
        "top_p" => config.top_p.is_some(),
        "stop" => config.stop.is_some(),
        "seed" => config.seed.is_some(),
        "reasoning_effort" => config.reasoning_effort.is_some(),
        "thinking_type" => config.thinking_type.is_some() && dialect.thinking,
        "tool_choice" => settings.demands_tool(),
        "parallel_tool_calls" => settings.parallel_calls().is_some(),
        "stream" => settings.stream,
        "stream_options" => settings.stream && dialect.stream_options,
        "max_tokens" | "max_completion_tokens" => {
            config.max_response_tokens.is_some() && limit_field(settings, dialect) == setting
        }
        patterns::SETTING => refused::has_patterns(settings),
        refused::DESCRIPTIONS => refused::has_long_descriptions(settings),
        refused::REASONING => {
            dialect.with_model(&settings.model).reasoning != ReasoningReplay::Never
        }
        refused::BARE => {
            let reasoning = dialect.with_model(&settings.model).reasoning;
            !matches!(reasoning, ReasoningReplay::Always(_))
        }
        refused::ORDER => dialect.rules != dialect.rules.and(Rules::strict()),
        refused::UNSTREAMED | refused::BODY => !settings.stream,
        refused::SCHEMA => settings.output.is_some() && !in_words(dialect, settings),
        refused::OBJECT => {
            let is_object = dialect.output == OutputFormat::JsonObject;
            settings.output.is_some() && (is_object || settings.unsent.has(refused::SCHEMA))
        }
        refused::STRICT => {
            let has_schema = settings.output.is_some() && !in_words(dialect, settings);
            has_schema || settings.tools.iter().any(|tool| tool.strict.is_some())
        }
        refused::NAMED_CHOICE => {
            let choice = &settings.tool_config.tool_choice;
            matches!(choice, Choice::Tool(_)) && !settings.unsent.has("tool_choice")
        }
        refused::KEYWORDS => {
            let schemas = dialect.with_model(&settings.model).schemas;
            let mut tools = settings.tools.iter();
            schemas != SchemaForm::OpenApi
                && tools.any(|tool| schema::open_api(&tool.parameters) != tool.parameters)
        }
        refused::EFFORT_WITH_TOOLS => {
            let effort = config.reasoning_effort.as_deref();
            effort != Some("none") && !settings.extra.contains_key("reasoning_effort")
        }
        refused::THINKING_WITH_CHOICE => {
            dialect.thinking && !settings.extra.contains_key("thinking")
        }
        refused::NULL_CONTENT => dialect.empty_content == EmptyContent::Null,
        refused::SIGNED => true,
        refused::SYSTEM => !dialect.with_model(&settings.model).rules.system_as_user,
        refused::PREFILL => true,
        _ => false,
    };
    is_set && !settings.unsent.has(setting) && !settings.extra.contains_key(setting)
}

/// Returns the field of the output limit: the other one if the server refuses that of the dialect.
fn limit_field(settings: &Settings, dialect: &Dialect) -> &'static str {
    let own = dialect.max_tokens_field(&settings.model);
    match own {
        own if !settings.unsent.has(own) => own,
        "max_tokens" => "max_completion_tokens",
        _ => "max_tokens",
    }
}

/// Returns the reason why a setting has no field, if it has none.
fn no_field(setting: &str, choice: &Choice, dialect: &Dialect) -> Option<&'static str> {
    match setting {
        "reasoning_summary" | "thinking_budget" => Some("Chat Completions has no field for it"),
        "thinking_type" if !dialect.thinking => Some("the server has no field for it"),
        "tool_choice" if *choice == Choice::Required && dialect.required_choice.is_empty() => {
            Some("the server cannot be told that a tool must be called")
        }
        _ => None,
    }
}

/// Returns the body of the request.
///
/// # Errors
///
/// An error of kind `Configuration` if the turn contains nothing to send, or an image that cannot
/// be sent.
pub(super) fn encode(
    settings: &Settings,
    turn: &Turn,
    dialect: &Dialect,
    server: &str,
) -> Result<Vec<u8>, EngineError> {
    let mut dialect = dialect.with_model(&settings.model);
    if settings.unsent.has(refused::REASONING) {
        dialect.to_mut().reasoning = ReasoningReplay::Never;
    } else if settings.unsent.has(refused::BARE) {
        dialect.to_mut().replay_all_reasoning();
    }
    if settings.unsent.has(refused::SCHEMA) {
        dialect.to_mut().output = OutputFormat::JsonObject;
    }
    if settings.unsent.has(refused::NULL_CONTENT) {
        dialect.to_mut().empty_content = EmptyContent::Text;
    }
    if settings.unsent.has(refused::SYSTEM) {
        let own = &mut dialect.to_mut().rules;
        own.system_as_user = true;
        own.users_joined = true;
    }
    if settings.unsent.has(refused::ORDER) {
        let own = &mut dialect.to_mut().rules;
        *own = own.and(Rules::strict());
    }
    let dialect = &*dialect;
    // On this wire the results of tools are texts.
    let mut rules = dialect.rules;
    rules.media_after_tools = true;
    rules.user_last |= settings.unsent.has(refused::PREFILL);
    let sent = sent_blocks(&turn.blocks, &settings.unsent, &user::SENDABLE);
    let blocks = repair_with(&sent, &rules);
    let to = messages::To {
        dialect,
        origin: Origin::new(server, &settings.model),
        names: &settings.names,
        signed: !settings.unsent.has(refused::SIGNED),
    };
    let mut messages = messages::of(&blocks, &to)?;
    if messages.is_empty() {
        return Err(nothing_to_send());
    }
    if let Some(output) = settings.output.as_ref()
        && in_words(dialect, settings)
    {
        messages::instruct(&mut messages, schema_in_words(output));
    }
    let has_calls = || blocks.iter().any(|block| block.as_tool_call().is_some());
    let wants_tool = dialect.placeholder_tool && settings.tools.is_empty() && has_calls();
    to_json(&Body {
        settings,
        dialect,
        messages: &messages,
        placeholder: wants_tool.then(options::placeholder),
    })
}

/// Returns `true` if the server does not accept the schema of an answer in this request.
fn in_words(dialect: &Dialect, settings: &Settings) -> bool {
    match dialect.output {
        OutputFormat::JsonSchema => false,
        OutputFormat::JsonSchemaWithoutTools => !settings.tools.is_empty(),
        OutputFormat::JsonObject => true,
    }
}

/// The request, field by field, in a fixed order. Passed-through fields come last and replace
/// fields of the same name; null omits a field.
struct Body<'a> {
    settings: &'a Settings,
    dialect: &'a Dialect,
    messages: &'a [Message<'a>],
    /// The placeholder tool, if there is no tool and the server requires one.
    placeholder: Option<ToolDefinition>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let map = serializer.serialize_map(None)?;
        let mut fields = RequestFields::new(map, &self.settings.extra, None);
        fields.put("model", Some(&self.settings.model))?;
        fields.put("messages", Some(self.messages))?;
        self.tools(&mut fields)?;
        self.sampling(&mut fields)?;
        fields.put("stream", self.settings.stream.then_some(true))?;
        let usage = self.settings.stream && self.dialect.stream_options;
        let usage = usage.then_some(StreamOptions {
            include_usage: true,
        });
        self.put(&mut fields, "stream_options", usage)?;
        fields.end()
    }
}

impl Body<'_> {
    fn tools<M: SerializeMap>(&self, fields: &mut RequestFields<'_, M>) -> Result<(), M::Error> {
        let settings = self.settings;
        let offered = !settings.tools.is_empty();
        let plain = refused::plain_tools(settings);
        let offer = plain.as_ref().unwrap_or(&settings.tools);
        let all = offer.iter().chain(&self.placeholder);
        let tools: Vec<Tool<'_>> = all.map(Tool::of).collect();
        fields.put("tools", (!tools.is_empty()).then_some(tools))?;
        let choice = match &settings.tool_config.tool_choice {
            Choice::Tool(_) if settings.unsent.has(refused::NAMED_CHOICE) => &Choice::Required,
            choice => choice,
        };
        let choice = ToolChoice::of(choice, self.dialect);
        self.put(fields, "tool_choice", choice.filter(|_| offered))?;
        let parallel = settings.parallel_calls();
        self.put(fields, "parallel_tool_calls", parallel)?;
        let plain = refused::plain_output(settings);
        let format = plain.as_ref().or(settings.output.as_ref());
        let format = format.and_then(|output| match self.dialect.output {
            _ if settings.unsent.has(refused::OBJECT) => None,
            OutputFormat::JsonObject => Some(ResponseFormat::any_object()),
            _ if in_words(self.dialect, settings) => None,
            _ => Some(ResponseFormat::of(
                output,
                !settings.unsent.has(refused::STRICT),
            )),
        });
        fields.put("response_format", format)
    }

    /// Writes a field unless its setting is omitted.
    fn put<M: SerializeMap, T: Serialize>(
        &self,
        fields: &mut RequestFields<'_, M>,
        name: &str,
        value: Option<T>,
    ) -> Result<(), M::Error> {
        let is_sent = !self.settings.unsent.has(name);
        fields.put(name, value.filter(|_| is_sent))
    }

    fn sampling<M: SerializeMap>(&self, fields: &mut RequestFields<'_, M>) -> Result<(), M::Error> {
        let config = &self.settings.inference;
        self.put(fields, "temperature", config.temperature)?;
        self.put(fields, "top_p", config.top_p)?;
        let limit = limit_field(self.settings, self.dialect);
        self.put(fields, limit, config.max_response_tokens)?;
        let stop = config.stop.as_ref().filter(|stop| !stop.is_empty());
        self.put(fields, "stop", stop)?;
        let seed = config.seed.filter(|_| !self.settings.unsent.has("seed"));
        fields.put(&self.dialect.seed, seed)?;
        self.reasoning(fields)
    }

    fn reasoning<M: SerializeMap>(
        &self,
        fields: &mut RequestFields<'_, M>,
    ) -> Result<(), M::Error> {
        let (config, unsent) = (&self.settings.inference, &self.settings.unsent);
        let effort = config.reasoning_effort.as_deref();
        match unsent.has(refused::EFFORT_WITH_TOOLS) {
            true => fields.put("reasoning_effort", Some("none"))?,
            false => self.put(fields, "reasoning_effort", effort)?,
        }
        let thinking = config.thinking_type.as_deref();
        let thinking = thinking.filter(|_| self.dialect.thinking && !unsent.has("thinking_type"));
        let thinking = match unsent.has(refused::THINKING_WITH_CHOICE) {
            true => Some("disabled"),
            false => thinking,
        };
        fields.put("thinking", thinking.map(options::Thinking::of))?;
        let is_refused = unsent.has(refused::UNSTREAMED);
        fields.put("enable_thinking", is_refused.then_some(false))
    }
}
