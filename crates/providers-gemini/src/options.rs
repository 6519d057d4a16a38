//! [`GeminiOptions`]: settings specific to this wire.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Settings specific to this wire. Those of the turn
/// ([`GEMINI_INFERENCE_CONFIG`](crate::keys::GEMINI_INFERENCE_CONFIG)) take precedence.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct GeminiOptions {
    /// Version of the API in the path of requests, unless the base URL has one. `v1beta` by default,
    /// `v1` on Vertex AI.
    pub api_version: Option<String>,
    /// `true` to send the key as `authorization: Bearer`, `false` to send it in `x-goog-api-key`. By
    /// default, a bearer token for token sources and for base URLs with a Google Cloud project, and
    /// an API key otherwise.
    pub bearer: Option<bool>,
    /// Thresholds of the content filters. Those of the server by default.
    pub safety_settings: Vec<SafetySetting>,
    /// Name of cached content: `cachedContents/..`. Instructions and tools, which are part of it,
    /// are then not sent.
    pub cached_content: Option<String>,
    /// Built-in tools of the server, in the API's format: `{"googleSearch": {}}`.
    pub server_tools: Vec<Value>,
    /// Return summaries of the thoughts. The default of the server is `false`.
    pub include_thoughts: Option<bool>,
    /// Limit of the thoughts in tokens, unless the turn has one; 0 disables them if the model can,
    /// -1 leaves the limit to the model.
    pub thinking_budget: Option<i64>,
    /// Thinking level, unless the turn has a reasoning effort: `minimal`, `low`, `medium`, `high`.
    pub thinking_level: Option<String>,
}

impl GeminiOptions {
    /// Creates options with the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the version of the API.
    #[must_use]
    pub fn with_api_version(mut self, version: impl Into<String>) -> Self {
        self.api_version = Some(version.into());
        self
    }

    /// Sets whether the key is a bearer token.
    #[must_use]
    pub fn with_bearer(mut self, bearer: bool) -> Self {
        self.bearer = Some(bearer);
        self
    }

    /// Adds the threshold of a content filter.
    #[must_use]
    pub fn with_safety_setting(
        mut self,
        category: impl Into<String>,
        threshold: impl Into<String>,
    ) -> Self {
        self.safety_settings.push(SafetySetting {
            category: category.into(),
            threshold: threshold.into(),
        });
        self
    }

    /// Sets the name of cached content.
    #[must_use]
    pub fn with_cached_content(mut self, name: impl Into<String>) -> Self {
        self.cached_content = Some(name.into());
        self
    }

    /// Adds a built-in tool of the server.
    #[must_use]
    pub fn with_server_tool(mut self, tool: Value) -> Self {
        self.server_tools.push(tool);
        self
    }

    /// Sets whether summaries of the thoughts are returned.
    #[must_use]
    pub fn with_include_thoughts(mut self, include: bool) -> Self {
        self.include_thoughts = Some(include);
        self
    }

    /// Sets the limit of the thoughts in tokens.
    #[must_use]
    pub fn with_thinking_budget(mut self, tokens: i64) -> Self {
        self.thinking_budget = Some(tokens);
        self
    }

    /// Sets the thinking level.
    #[must_use]
    pub fn with_thinking_level(mut self, level: impl Into<String>) -> Self {
        self.thinking_level = Some(level.into());
        self
    }
}

/// Threshold of a content filter.
///
/// Source: <https://ai.google.dev/api/generate-content#v1beta.SafetySetting>.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SafetySetting {
    /// Category: `HARM_CATEGORY_HARASSMENT`, ...
    pub category: String,
    /// Threshold: `BLOCK_NONE`, `BLOCK_ONLY_HIGH`, ...
    pub threshold: String,
}
