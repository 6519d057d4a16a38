//! Serialization of a request.

use geppetto_engine::{EngineError, ToolChoice};
use geppetto_provider::{
    Inference, Settings,
    request::{
        MEDIA_IN_RESULTS, RequestFields, nothing_to_send, schema_in_words, sent_blocks, to_json,
        unreadable_setting,
    },
    rules::{Origin, schema},
};
use geppetto_turns::{Block, Rules, Turn, repair_with};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};

use crate::{MessagesOptions, keys, refused, settings};

mod betas;
mod cache;
mod history;
mod media;
mod message;
mod part;
mod tools;

#[cfg(test)]
mod tests;

use cache::Marks;
use message::Conversation;
use part::Part;
use tools::Tools;

/// Version of the API on Vertex AI.
const VERTEX_VERSION: &str = "vertex-2023-10-16";

/// Fields accepted in a request that counts tokens.
const COUNTED: [&str; 13] = [
    "anthropic_version",
    "cache_control",
    "context_management",
    "mcp_servers",
    "messages",
    "model",
    "output_config",
    "output_format",
    "speed",
    "system",
    "thinking",
    "tool_choice",
    "tools",
];

/// Purpose of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A reply.
    Reply,
    /// The number of its tokens.
    Count,
}

/// Input of a request.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    turn: &'a Turn,
    settings: &'a Settings,
    options: &'a MessagesOptions,
    origin: Origin,
    /// `true` if the server refused the signatures of thinking.
    is_remedied: bool,
    server_tools: Vec<Value>,
    /// `true` if the server is Vertex AI.
    is_vertex: bool,
}

impl<'a> Request<'a> {
    /// Creates the request of a call.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` if a setting of the turn cannot be read.
    pub(crate) fn of(
        call: &Inference<'a>,
        options: &'a MessagesOptions,
        origin: Origin,
    ) -> Result<Self, EngineError> {
        let turn = call.turn();
        Ok(Self {
            turn,
            settings: call.settings(),
            options,
            origin,
            is_remedied: call.is_remedied(),
            server_tools: server_tools(turn, options)?,
            is_vertex: false,
        })
    }

    /// Sets whether the server is Vertex AI, which has the model in the address and the version of the API
    /// in the body.
    pub(crate) fn for_vertex(mut self, is_vertex: bool) -> Self {
        self.is_vertex = is_vertex;
        self
    }

    /// Serializes the body.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` if the turn contains nothing to send, or something that cannot be
    /// sent.
    pub(crate) fn encode(&self, purpose: Purpose) -> Result<Vec<u8>, EngineError> {
        let mut rules = Rules::new();
        rules.system_first = true;
        rules.no_empty = true;
        rules.media_after_tools = self.settings.unsent.has(MEDIA_IN_RESULTS);
        let blocks = repair_with(
            &sent_blocks(&self.turn.blocks, &self.settings.unsent, &media::SENDABLE),
            &rules,
        );
        let mut conversation = Conversation::of(&blocks, self)?;
        if conversation.messages.is_empty() {
            return Err(nothing_to_send());
        }
        if let Some(output) = &self.settings.output
            && self.settings.unsent.has("output_format")
        {
            conversation
                .system
                .push(Part::owned_text(schema_in_words(output)));
        }
        let tools = Tools::of(self, &conversation);
        let is_cached = !self.settings.unsent.has("cache");
        let cache = self.options.cache.filter(|_| is_cached);
        let marks = cache.map(|cache| Marks::of(cache, &conversation, &tools));
        to_json(&Body {
            request: self,
            conversation: &conversation,
            tools: &tools,
            marks: &marks.unwrap_or_default(),
            purpose,
        })
    }

    /// Returns the beta features that the request names.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` if those of the turn cannot be read.
    pub(crate) fn betas(&self, is_anthropic: bool) -> Result<Vec<String>, EngineError> {
        betas::of(self, is_anthropic)
    }

    /// Returns `true` if the last reply was paused, and is continued.
    fn is_paused(&self) -> bool {
        let last = self.turn.blocks.iter().next_back();
        last.is_some_and(|block| matches!(block.metadata.get(&keys::PAUSED), Ok(Some(true))))
    }

    /// Returns `true` if a block is thinking that is sent.
    fn is_thinking_sent(&self, block: &Block) -> bool {
        !self.is_remedied
            && (settings::is_readable_thinking(block, &self.origin)
                || settings::is_unsigned_thinking(block, &self.origin, &self.settings.model))
    }

    /// Returns the mode of thinking.
    fn thinking(&self, conversation: &Conversation<'_>) -> Option<Value> {
        let config = &self.settings.inference;
        let unsent = &self.settings.unsent;
        if unsent.has(refused::THINKING) {
            return Some(json!({"type": settings::DISABLED}));
        }
        let mode = config.thinking_type.as_deref()?;
        if unsent.has("thinking_type") {
            return None;
        }
        let is_enabled = mode == settings::ENABLED;
        if is_enabled && conversation.lacks_thinking() {
            return None;
        }
        let thinking = if is_enabled && !unsent.has("thinking_budget") {
            json!({"type": mode, "budget_tokens": config.thinking_budget})
        } else if is_enabled {
            json!({"type": settings::ADAPTIVE})
        } else {
            json!({"type": mode})
        };
        let display = settings::display(self.settings);
        Some(with(thinking, "display", display.map(Value::from)))
    }

    /// Returns the effort and the schema of the answer.
    fn output_config(&self) -> Option<Value> {
        let settings = self.settings;
        let mut config = serde_json::Map::new();
        let effort = settings.inference.reasoning_effort.as_deref();
        if let Some(effort) = effort.filter(|_| !settings.unsent.has("reasoning_effort")) {
            config.insert("effort".to_owned(), effort.into());
        }
        let output = settings.output.as_ref();
        if let Some(output) = output.filter(|_| !settings.unsent.has("output_format")) {
            let schema = schema::claude(&output.schema);
            let format = json!({"type": "json_schema", "schema": schema});
            config.insert("format".to_owned(), format);
        }
        (!config.is_empty()).then_some(Value::Object(config))
    }

    /// Returns the container for code: that of the options, or of the last reply that ran code.
    fn container(&self) -> Option<Value> {
        if self.settings.unsent.has("container") {
            return None;
        }
        if self.options.container.is_some() {
            return self.options.container.clone();
        }
        let mut blocks = self.turn.blocks.iter().rev();
        let id = blocks.find_map(|block| {
            let is_own = self.origin.may_have_made(block);
            block
                .metadata
                .get(&keys::CONTAINER)
                .ok()
                .flatten()
                .filter(|_| is_own)
        })?;
        Some(id.into())
    }
}

/// Returns the tools that the provider runs itself: those of the turn, or of the options.
///
/// # Errors
///
/// An error of kind `Configuration` if those of the turn cannot be read.
pub(crate) fn server_tools(
    turn: &Turn,
    options: &MessagesOptions,
) -> Result<Vec<Value>, EngineError> {
    let tools = turn.data.get(&keys::SERVER_TOOLS);
    let tools = tools.map_err(unreadable_setting)?;
    Ok(tools.unwrap_or_else(|| options.server_tools.clone()))
}

/// The request, field by field, in a fixed order. Passed-through fields come last and replace fields of
/// the same name; null omits a field.
struct Body<'a> {
    request: &'a Request<'a>,
    conversation: &'a Conversation<'a>,
    tools: &'a Tools<'a>,
    marks: &'a Marks,
    purpose: Purpose,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let settings = self.request.settings;
        let map = serializer.serialize_map(None)?;
        let allowed = (self.purpose == Purpose::Count).then_some(&COUNTED[..]);
        let mut fields = RequestFields::new(map, &settings.extra, allowed);
        let is_vertex = self.request.is_vertex;
        let has_model = !is_vertex || self.purpose == Purpose::Count;
        fields.put("anthropic_version", is_vertex.then_some(VERTEX_VERSION))?;
        fields.put("model", has_model.then_some(&settings.model))?;
        fields.put("max_tokens", settings.inference.max_response_tokens)?;
        fields.put("stream", settings.stream.then_some(true))?;
        self.sampling(&mut fields)?;
        self.features(&mut fields)?;
        let tools = self.tools.with(self.marks);
        fields.put("tools", (!self.tools.is_empty()).then_some(tools))?;
        fields.put("tool_choice", self.tool_choice())?;
        let system = self.conversation.system_with(self.marks);
        let has_system = !self.conversation.system.is_empty();
        fields.put("system", has_system.then_some(system))?;
        let messages = self.conversation.messages_with(self.marks);
        fields.put("messages", Some(messages))?;
        fields.end()
    }
}

impl Body<'_> {
    /// Writes a field unless its setting is omitted.
    fn put<M: SerializeMap, T: Serialize>(
        &self,
        fields: &mut RequestFields<'_, M>,
        (name, setting): (&str, &str),
        value: Option<T>,
    ) -> Result<(), M::Error> {
        let is_sent = !self.request.settings.unsent.has(setting);
        fields.put(name, value.filter(|_| is_sent))
    }

    fn sampling<M: SerializeMap>(&self, fields: &mut RequestFields<'_, M>) -> Result<(), M::Error> {
        let (config, options) = (&self.request.settings.inference, self.request.options);
        self.put(fields, ("temperature", "temperature"), config.temperature)?;
        self.put(fields, ("top_p", "top_p"), config.top_p)?;
        self.put(fields, ("top_k", "top_k"), options.top_k)?;
        let stop = config.stop.as_ref().filter(|stop| !stop.is_empty());
        self.put(fields, ("stop_sequences", "stop"), stop)?;
        let thinking = self.request.thinking(self.conversation);
        fields.put("thinking", thinking)?;
        fields.put("output_config", self.request.output_config())
    }

    fn features<M: SerializeMap>(&self, fields: &mut RequestFields<'_, M>) -> Result<(), M::Error> {
        let options = self.request.options;
        let user = options.user_id.as_deref().map(|id| json!({"user_id": id}));
        fields.put("metadata", user)?;
        let tier = options.service_tier.as_deref();
        self.put(fields, ("service_tier", "service_tier"), tier)?;
        fields.put("container", self.request.container())?;
        let servers = &options.mcp_servers;
        fields.put("mcp_servers", (!servers.is_empty()).then_some(servers))?;
        fields.put("context_management", options.context_management.as_ref())
    }

    fn tool_choice(&self) -> Option<Value> {
        let settings = self.request.settings;
        if self.tools.is_empty() {
            return None;
        }
        if self.tools.is_placeholder() {
            return Some(json!({"type": "none"}));
        }
        let is_one_by_one = settings.parallel_calls() == Some(false);
        let choice = match &settings.tool_config.tool_choice {
            _ if settings.tools.is_empty() || settings.unsent.has("tool_choice") => return None,
            ToolChoice::None => return Some(json!({"type": "none"})),
            ToolChoice::Required => json!({"type": "any"}),
            ToolChoice::Tool(name) => json!({"type": "tool", "name": name}),
            _ if is_one_by_one => json!({"type": "auto"}),
            _ => return None,
        };
        let disabled = is_one_by_one.then_some(Value::Bool(true));
        Some(with(choice, "disable_parallel_tool_use", disabled))
    }
}

/// Adds a field to an object, if it has a value.
fn with(mut object: Value, name: &str, value: Option<Value>) -> Value {
    if let (Some(fields), Some(value)) = (object.as_object_mut(), value) {
        fields.insert(name.to_owned(), value);
    }
    object
}
