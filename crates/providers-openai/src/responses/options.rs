//! [`ResponsesOptions`]: settings of the Responses wire.

use serde_json::{Map, Value};

use crate::models::does_not_reason;

/// Settings specific to the Responses API. Absent ones are left to the server.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ResponsesOptions {
    /// Store the response on the server. `Some(false)` by default: the turn is the conversation,
    /// and nothing of it needs to be stored elsewhere. `None` leaves it to the server.
    pub store: Option<bool>,
    /// Additional contents of the reply. By default `reasoning.encrypted_content`, with which
    /// reasoning can be sent back, if the model reasons (see [`Include`]).
    pub include: Include,
    /// Stored response to continue from. Blocks up to its last one are not sent again; if there is
    /// none, all blocks are sent.
    pub previous_response_id: Option<String>,
    /// Allow several tool calls at once. By default `false` if the turn allows only one tool to run
    /// at a time; otherwise left to the server.
    pub parallel_tool_calls: Option<bool>,
    /// Names of the offered tools that the model may call. All by default. The offer stays the
    /// same, and with it the prompt cache.
    pub allowed_tools: Option<Vec<String>>,
    /// Whether images and files are sent in the results of tools. By default `true` for OpenAI and Azure.
    /// For other servers they are sent in a user message after the results, because llama.cpp, `SGLang`
    /// and others reject them in results (<https://github.com/ggml-org/llama.cpp/issues/23380>,
    /// <https://github.com/sgl-project/sglang/issues/34927>).
    pub media_in_results: Option<bool>,
    /// Tools that the provider runs itself, in the API's format, for turns that set none
    /// ([`keys::SERVER_TOOLS`](super::keys::SERVER_TOOLS)). None by default.
    pub server_tools: Vec<Value>,
    /// Service tier: `auto`, `default`, `flex`, `priority`.
    pub service_tier: Option<String>,
    /// Up to 16 texts that the server stores with the response.
    pub metadata: Map<String, Value>,
    /// Verbosity of answers: `low`, `medium`, `high`.
    pub verbosity: Option<String>,
    /// Truncation of a conversation that is too long: `auto` or `disabled`.
    pub truncation: Option<String>,
    /// Maximum number of calls of built-in tools per response.
    pub max_tool_calls: Option<u64>,
    /// Key that routes the requests of a conversation to the same prompt cache.
    pub prompt_cache_key: Option<String>,
    /// Identifies the end user without naming them, for example as a hash.
    pub safety_identifier: Option<String>,
    /// Organization that OpenAI bills (`openai-organization`).
    pub organization: Option<String>,
    /// Project that OpenAI bills (`openai-project`).
    pub project: Option<String>,
}

/// Additional contents of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Include {
    /// `reasoning.encrypted_content`, unless the model is of a family that does not reason
    /// (`gpt-3.5`, `gpt-4`, `chatgpt-4o`, `gpt-5-chat`), for which OpenAI refuses it.
    #[default]
    Reasoning,
    /// Exactly these; an empty list is none.
    Only(Vec<String>),
}

/// Contents that are included by default.
const ENCRYPTED_REASONING: &str = "reasoning.encrypted_content";

impl Include {
    /// Returns the contents to request from `model`.
    pub(super) fn of(&self, model: &str) -> Vec<&str> {
        match self {
            Self::Only(list) => list.iter().map(String::as_str).collect(),
            Self::Reasoning if does_not_reason(model) => Vec::new(),
            Self::Reasoning => vec![ENCRYPTED_REASONING],
        }
    }
}

/// See [`ResponsesOptions::new`].
impl Default for ResponsesOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl ResponsesOptions {
    /// Creates the default options: nothing stored by the server, encrypted reasoning included.
    #[must_use]
    pub fn new() -> Self {
        Self {
            store: Some(false),
            include: Include::default(),
            previous_response_id: None,
            parallel_tool_calls: None,
            allowed_tools: None,
            media_in_results: None,
            server_tools: Vec::new(),
            service_tier: None,
            metadata: Map::new(),
            verbosity: None,
            truncation: None,
            max_tool_calls: None,
            prompt_cache_key: None,
            safety_identifier: None,
            organization: None,
            project: None,
        }
    }

    /// Sets the organization that OpenAI bills.
    #[must_use]
    pub fn with_organization(mut self, id: impl Into<String>) -> Self {
        self.organization = Some(id.into());
        self
    }

    /// Sets the project that OpenAI bills.
    #[must_use]
    pub fn with_project(mut self, id: impl Into<String>) -> Self {
        self.project = Some(id.into());
        self
    }

    /// Sets whether the server stores the response.
    #[must_use]
    pub fn with_store(mut self, store: impl Into<Option<bool>>) -> Self {
        self.store = store.into();
        self
    }

    /// Sets the additional contents of the reply.
    #[must_use]
    pub fn with_include<S: Into<String>>(mut self, include: impl IntoIterator<Item = S>) -> Self {
        self.include = Include::Only(include.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the stored response to continue from.
    #[must_use]
    pub fn with_previous_response_id(mut self, id: impl Into<String>) -> Self {
        self.previous_response_id = Some(id.into());
        self
    }

    /// Sets whether the model may call several tools at once.
    #[must_use]
    pub fn with_parallel_tool_calls(mut self, parallel: bool) -> Self {
        self.parallel_tool_calls = Some(parallel);
        self
    }

    /// Sets the offered tools that the model may call.
    #[must_use]
    pub fn with_allowed_tools<S: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        self.allowed_tools = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Sets whether images and files are sent in the results of tools.
    #[must_use]
    pub fn with_media_in_results(mut self, media: impl Into<Option<bool>>) -> Self {
        self.media_in_results = media.into();
        self
    }

    /// Adds a tool that the provider runs itself, such as `{"type": "web_search"}`.
    #[must_use]
    pub fn with_server_tool(mut self, tool: Value) -> Self {
        self.server_tools.push(tool);
        self
    }

    /// Sets the service tier.
    #[must_use]
    pub fn with_service_tier(mut self, tier: impl Into<String>) -> Self {
        self.service_tier = Some(tier.into());
        self
    }

    /// Adds a text that the server stores with the response.
    #[must_use]
    pub fn with_metadata(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.metadata
            .insert(name.into(), Value::String(text.into()));
        self
    }

    /// Sets the verbosity of answers.
    #[must_use]
    pub fn with_verbosity(mut self, verbosity: impl Into<String>) -> Self {
        self.verbosity = Some(verbosity.into());
        self
    }

    /// Sets the truncation of a conversation that is too long.
    #[must_use]
    pub fn with_truncation(mut self, truncation: impl Into<String>) -> Self {
        self.truncation = Some(truncation.into());
        self
    }

    /// Sets the maximum number of calls of built-in tools per response.
    #[must_use]
    pub fn with_max_tool_calls(mut self, calls: u64) -> Self {
        self.max_tool_calls = Some(calls);
        self
    }

    /// Sets the key that routes the requests of a conversation to the same prompt cache.
    #[must_use]
    pub fn with_prompt_cache_key(mut self, key: impl Into<String>) -> Self {
        self.prompt_cache_key = Some(key.into());
        self
    }
}
