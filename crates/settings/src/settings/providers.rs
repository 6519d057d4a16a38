//! Settings specific to one provider.

use super::section::section;
use crate::Table;

section! {
    /// Settings of OpenAI's APIs.
    pub struct OpenAiSettings {
        /// Number of choices; the first is used.
        pub n: u64,
        /// Penalty for tokens that occurred, from -2 to 2.
        pub presence_penalty: f64,
        /// Penalty for tokens by how often they occurred, from -2 to 2.
        pub frequency_penalty: f64,
        /// Bias of tokens from -100 to 100, by token id.
        pub logit_bias: Table,
        /// Reasoning effort of the Responses API.
        pub reasoning_effort: String,
        /// Reasoning summary of the Responses API.
        pub reasoning_summary: String,
        /// Thinking mode of chat servers that have one.
        pub thinking_type: String,
        /// Reasoning effort of Chat Completions.
        pub chat_reasoning_effort: String,
        /// Ignored: the tool configuration decides.
        pub parallel_tool_calls: bool,
        /// Ignored: encrypted reasoning is always asked for.
        pub include_reasoning_encrypted: bool,
        /// Ignored: token counts are always asked for.
        pub stream_include_usage: bool,
    }
}

section! {
    /// Settings of Anthropic's API.
    pub struct ClaudeSettings {
        /// Number of most likely tokens to sample from. 1, geppetto's default, is not sent.
        pub top_k: u64,
        /// Identifies the end user without naming them.
        pub user_id: String,
        /// Prompt cache, by the life of its entries: `off`, `5m`, `1h`. Off by default.
        pub cache: String,
    }
}

section! {
    /// Settings of Gemini's API.
    pub struct GeminiSettings {
        /// Version of the API: `v1beta`.
        pub api_version: String,
        /// Return summaries of thoughts.
        pub include_thoughts: bool,
        /// The reasoning limit in tokens; -1 leaves it to the model.
        pub thinking_budget: i64,
        /// The thinking level: `minimal`, `low`, `medium`, `high`.
        pub thinking_level: String,
    }
}

section! {
    /// Ollama's own sampling options. All are ignored: its OpenAI-compatible API does not have them.
    pub struct OllamaSettings {
        /// Ignored.
        pub mirostat: i64,
        /// Ignored.
        pub mirostat_eta: f64,
        /// Ignored.
        pub mirostat_tau: f64,
        /// Ignored.
        pub num_ctx: i64,
        /// Ignored.
        pub num_gqa: i64,
        /// Ignored.
        pub num_gpu: i64,
        /// Ignored.
        pub num_thread: i64,
        /// Ignored.
        pub repeat_last_n: i64,
        /// Ignored.
        pub repeat_penalty: f64,
        /// Ignored.
        pub temperature: f64,
        /// Ignored.
        pub seed: i64,
        /// Ignored.
        pub stop: Vec<String>,
        /// Ignored.
        pub tfs_z: f64,
        /// Ignored.
        pub num_predict: i64,
        /// Ignored.
        pub top_k: i64,
        /// Ignored.
        pub top_p: f64,
    }
}
