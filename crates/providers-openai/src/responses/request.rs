//! Serialization of a request.

use std::ops::Deref;

use geppetto_engine::EngineError;
use geppetto_provider::{
    Settings,
    request::{
        MEDIA_IN_RESULTS, RequestFields, nothing_to_send, schema_in_words, sent_blocks, to_json,
        unreadable_setting,
    },
    rules::Origin,
};
use geppetto_turns::{Rules, Turn, repair_with};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use super::{ResponsesOptions, keys};
use crate::{
    models,
    refused::{self, patterns},
};

mod answered;
mod input;
mod names;
mod options;
mod place;

#[cfg(test)]
mod tests;

use input::InputItem;
use options::{Reasoning, TextSettings, Tool, ToolChoice};

/// Field with the id of the response to continue from.
const PREVIOUS_RESPONSE: &str = "previous_response_id";

/// Fields accepted in a request that counts tokens.
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

/// Purpose of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A reply.
    Reply,
    /// The number of its tokens.
    Count,
}

/// Handling of encrypted reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sealed {
    /// Reasoning that the server can decrypt is sent.
    Sent,
    /// None is sent, because the server could not decrypt it.
    LeftOut,
}

/// Validated input of a request.
#[derive(Debug)]
pub(super) struct Request<'a> {
    settings: &'a Settings,
    server: &'a str,
    server_tools: Vec<Value>,
}

/// Returns `true` if a server is known to accept images and files in the results of tools.
fn takes_media_in_results(server: &str) -> bool {
    const DOMAINS: [&str; 3] = ["openai.com", "azure.com", "chatgpt.com"];
    let host = server.split(':').next().unwrap_or_default();
    DOMAINS.iter().any(|domain| {
        host.strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

/// Returns `true` if the server encrypted an item: a compaction.
pub(super) fn is_sealed_item(item: &Map<String, Value>) -> bool {
    let content = item.get("encrypted_content").and_then(Value::as_str);
    content.is_some_and(|content| !content.is_empty())
}

/// Returns the origin of the blocks in the reply to a request to this server.
pub(super) fn origin(server: &str, settings: &Settings) -> Origin {
    Origin::new(server, &settings.model)
}

/// Omits settings that the API has no field for, or that the model refuses.
pub(super) fn leave_out(settings: &mut Settings, server: &str) {
    let config = &settings.inference;
    let effort = config.reasoning_effort.clone();
    let model = settings.model.clone();
    let set = [
        ("temperature", config.temperature.is_some()),
        ("top_p", config.top_p.is_some()),
        ("stop", config.stop.is_some()),
        ("seed", config.seed.is_some()),
        ("reasoning_effort", effort.is_some()),
        ("reasoning_summary", config.reasoning_summary.is_some()),
        ("thinking_type", config.thinking_type.is_some()),
        ("thinking_budget", config.thinking_budget.is_some()),
    ];
    let dialect = match server {
        "api.x.ai" => "xai",
        _ => "",
    };
    settings.leave_out(&set, |setting| match setting {
        "stop" | "seed" | "thinking_type" | "thinking_budget" => {
            Some("the Responses API has no field for it")
        }
        _ => models::refusal(dialect, &model, setting, effort.as_deref()),
    });
}

/// Returns `true` if the request has a setting that can be omitted when the server refuses it.
pub(super) fn can_leave_out(
    settings: &Settings,
    options: &ResponsesOptions,
    setting: &str,
) -> bool {
    let config = &settings.inference;
    let is_set = match setting {
        "temperature" => config.temperature.is_some(),
        "top_p" => config.top_p.is_some(),
        "reasoning_effort" => config.reasoning_effort.is_some(),
        "reasoning_summary" => config.reasoning_summary.is_some(),
        "tool_choice" => settings.demands_tool(),
        "parallel_tool_calls" => {
            (options.parallel_tool_calls.or(settings.parallel_calls())).is_some()
        }
        "stream" => settings.stream,
        "include" => !options.include.of(&settings.model).is_empty(),
        patterns::SETTING => refused::has_patterns(settings),
        refused::DESCRIPTIONS => refused::has_long_descriptions(settings),
        refused::SCHEMA => settings.output.is_some(),
        refused::BARE => true,
        refused::BODY => !settings.stream,
        _ => false,
    };
    is_set && !settings.unsent.has(setting) && !settings.extra.contains_key(setting)
}

impl Deref for Request<'_> {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        self.settings
    }
}

impl<'a> Request<'a> {
    /// Creates a request with the data of the turn besides its settings. `server` is the host.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` if a setting cannot be read.
    pub(super) fn of(
        settings: &'a Settings,
        turn: &Turn,
        server: &'a str,
        options: &ResponsesOptions,
    ) -> Result<Self, EngineError> {
        let server_tools = turn.data.get(&keys::SERVER_TOOLS);
        let server_tools = server_tools.map_err(unreadable_setting)?;
        Ok(Self {
            settings,
            server,
            server_tools: server_tools.unwrap_or_else(|| options.server_tools.clone()),
        })
    }

    /// Returns the body of the request.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` if the turn contains nothing to send, or an image that
    /// cannot be sent.
    pub(super) fn encode(
        &self,
        turn: &Turn,
        options: &ResponsesOptions,
        purpose: Purpose,
        sealed: Sealed,
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
            origin: origin(self.server, self.settings),
            sealed,
            // The API stores responses by default.
            stored: stored.unwrap_or(true),
            all_thoughts: self.settings.unsent.has(refused::BARE),
            no_items: self.settings.unsent.has(refused::ITEMS),
        };
        let mut rules = Rules::new();
        let takes_media = options.media_in_results;
        rules.media_after_tools = self.settings.unsent.has(MEDIA_IN_RESULTS)
            || !takes_media.unwrap_or_else(|| takes_media_in_results(self.server));
        let sent = sent_blocks(&turn.blocks, &self.settings.unsent, &input::SENDABLE);
        let mut blocks = repair_with(&sent, &rules);
        blocks.retain(|block| !place.is_foreign_item(block));
        let is_whole = previous.is_none() && !self.extra.contains_key("conversation");
        answered::retain(&mut blocks, is_whole);
        let (known, blocks) = place::split_at_response(&blocks, previous);
        let input = input::of(known, blocks, &place, &self.names)?;
        if input.is_empty() && previous.is_none() {
            return Err(nothing_to_send());
        }
        to_json(&Body {
            request: self,
            options,
            purpose,
            input: &input,
        })
    }
}

/// The request, field by field, in a fixed order. Passed-through fields come last and replace
/// fields of the same name; null omits a field.
struct Body<'a> {
    request: &'a Request<'a>,
    options: &'a ResponsesOptions,
    purpose: Purpose,
    input: &'a [InputItem<'a>],
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let allowed = match self.purpose {
            Purpose::Reply => None,
            Purpose::Count => Some(COUNTED.as_slice()),
        };
        let map = serializer.serialize_map(None)?;
        let mut fields = RequestFields::new(map, &self.request.extra, allowed);
        fields.put("model", Some(&self.request.model))?;
        fields.put(
            PREVIOUS_RESPONSE,
            self.options.previous_response_id.as_ref(),
        )?;
        fields.put("input", Some(self.input))?;
        self.tools(&mut fields)?;
        self.shape(&mut fields)?;
        self.sampling(&mut fields)?;
        self.service(&mut fields)?;
        fields.put("stream", self.request.stream.then_some(true))?;
        fields.end()
    }
}

impl Body<'_> {
    fn tools<M: SerializeMap>(&self, fields: &mut RequestFields<'_, M>) -> Result<(), M::Error> {
        let settings = self.request;
        let plain = refused::plain_tools(settings);
        let offer = plain.as_ref().unwrap_or(&settings.tools);
        let functions = offer.iter().map(Tool::function);
        let tools: Vec<Tool<'_>> = functions
            .chain(settings.server_tools.iter().map(Tool::Server))
            .collect();
        let offered = !tools.is_empty();
        let allowed = self.options.allowed_tools.as_deref();
        let choice = ToolChoice::of(&settings.tool_config.tool_choice, settings, allowed);
        fields.put("tools", offered.then_some(tools))?;
        let is_sent = |setting: &str| offered && !settings.unsent.has(setting);
        fields.put("tool_choice", choice.filter(|_| is_sent("tool_choice")))?;
        let parallel = self.options.parallel_tool_calls;
        let parallel = parallel.or(settings.parallel_calls());
        let parallel = parallel.filter(|_| is_sent("parallel_tool_calls"));
        fields.put("parallel_tool_calls", parallel)?;
        fields.put("max_tool_calls", self.options.max_tool_calls)
    }

    fn shape<M: SerializeMap>(&self, fields: &mut RequestFields<'_, M>) -> Result<(), M::Error> {
        let config = &self.request.inference;
        let verbosity = self.options.verbosity.as_deref();
        let plain = refused::plain_output(self.request);
        let output = plain.as_ref().or(self.request.output.as_ref());
        let in_words = output.filter(|_| self.request.unsent.has(refused::SCHEMA));
        fields.put("instructions", in_words.map(schema_in_words))?;
        let output = output.filter(|_| in_words.is_none());
        let text = TextSettings::of(output, verbosity);
        fields.put("text", text)?;
        fields.put("reasoning", Reasoning::of(config, &self.request.unsent))?;
        let include = self.options.include.of(&self.request.model);
        let is_sent = !include.is_empty() && !self.request.unsent.has("include");
        fields.put("include", is_sent.then_some(include))
    }

    fn sampling<M: SerializeMap>(&self, fields: &mut RequestFields<'_, M>) -> Result<(), M::Error> {
        let config = &self.request.inference;
        fields.put("max_output_tokens", config.max_response_tokens)?;
        let is_sent = |setting: &str| !self.request.unsent.has(setting);
        let temperature = config.temperature.filter(|_| is_sent("temperature"));
        fields.put("temperature", temperature)?;
        fields.put("top_p", config.top_p.filter(|_| is_sent("top_p")))?;
        fields.put("truncation", self.options.truncation.as_deref())
    }

    fn service<M: SerializeMap>(&self, fields: &mut RequestFields<'_, M>) -> Result<(), M::Error> {
        let options = self.options;
        fields.put("store", options.store)?;
        fields.put("service_tier", options.service_tier.as_deref())?;
        let metadata = &options.metadata;
        fields.put("metadata", (!metadata.is_empty()).then_some(metadata))?;
        fields.put("prompt_cache_key", options.prompt_cache_key.as_deref())?;
        fields.put("safety_identifier", options.safety_identifier.as_deref())
    }
}
