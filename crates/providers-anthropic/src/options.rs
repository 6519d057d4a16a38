//! [`MessagesOptions`]: settings of this wire.

use serde_json::Value;

/// Settings specific to the Messages API. Absent ones are left to the server.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct MessagesOptions {
    /// Send the API key as `authorization: Bearer KEY` instead of `x-api-key`. Tokens of a token source
    /// are always sent like that. `false` by default.
    pub bearer: bool,
    /// Prompt cache: marks up to four places of each request as ends of a cached prefix. Off by default.
    pub cache: Option<Cache>,
    /// Beta features of all requests (`anthropic-beta`). Those that the contents of a request need are
    /// added for Anthropic's own server.
    pub betas: Vec<String>,
    /// Tools that the provider runs itself, in the API's format, for turns that set none
    /// ([`keys::SERVER_TOOLS`](crate::keys::SERVER_TOOLS)). None by default.
    pub server_tools: Vec<Value>,
    /// MCP servers that the provider calls itself, in the API's format.
    pub mcp_servers: Vec<Value>,
    /// Edits of the context by the server: clearing of tool results, compaction; in the API's format.
    pub context_management: Option<Value>,
    /// Container for code that the provider runs: an id, or an object with skills. By default that of the
    /// last reply in the turn, if it ran code.
    pub container: Option<Value>,
    /// Number of most likely tokens to sample from.
    pub top_k: Option<u64>,
    /// Identifies the end user without naming them, for example as a hash.
    pub user_id: Option<String>,
    /// Service tier: `auto`, `standard_only`.
    pub service_tier: Option<String>,
}

/// Prompt cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum Cache {
    /// Entries live for five minutes after their last use.
    #[default]
    FiveMinutes,
    /// Entries live for an hour, at twice the price of a write.
    Hour,
}

impl MessagesOptions {
    /// Creates the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether the API key is sent as `authorization: Bearer KEY`.
    #[must_use]
    pub fn with_bearer(mut self, bearer: bool) -> Self {
        self.bearer = bearer;
        self
    }

    /// Sets the prompt cache.
    #[must_use]
    pub fn with_cache(mut self, cache: impl Into<Option<Cache>>) -> Self {
        self.cache = cache.into();
        self
    }

    /// Adds a beta feature to all requests.
    #[must_use]
    pub fn with_beta(mut self, beta: impl Into<String>) -> Self {
        self.betas.push(beta.into());
        self
    }

    /// Adds a tool that the provider runs itself, such as
    /// `{"type": "web_search_20250305", "name": "web_search"}`.
    #[must_use]
    pub fn with_server_tool(mut self, tool: Value) -> Self {
        self.server_tools.push(tool);
        self
    }

    /// Adds an MCP server that the provider calls itself.
    #[must_use]
    pub fn with_mcp_server(mut self, server: Value) -> Self {
        self.mcp_servers.push(server);
        self
    }

    /// Sets the edits of the context by the server.
    #[must_use]
    pub fn with_context_management(mut self, edits: Value) -> Self {
        self.context_management = Some(edits);
        self
    }

    /// Sets the container for code that the provider runs.
    #[must_use]
    pub fn with_container(mut self, container: impl Into<Value>) -> Self {
        self.container = Some(container.into());
        self
    }

    /// Sets the number of most likely tokens to sample from.
    #[must_use]
    pub fn with_top_k(mut self, tokens: u64) -> Self {
        self.top_k = Some(tokens);
        self
    }

    /// Sets the id of the end user.
    #[must_use]
    pub fn with_user_id(mut self, id: impl Into<String>) -> Self {
        self.user_id = Some(id.into());
        self
    }

    /// Sets the service tier.
    #[must_use]
    pub fn with_service_tier(mut self, tier: impl Into<String>) -> Self {
        self.service_tier = Some(tier.into());
        self
    }
}
