//! [`ChatSettings`].

use serde_json::Value;

use super::section::section;

section! {
    /// Model and sampling.
    pub struct ChatSettings {
        /// The model. Required by every provider.
        pub engine: String,
        /// The provider's API: `openai`, `openai-responses`, `claude`, ...
        pub api_type: String,
        /// The output limit in tokens, at least 1.
        pub max_response_tokens: u64,
        /// Sampling temperature, from 0 to 2.
        pub temperature: f64,
        /// Nucleus sampling: the probability mass to sample from, from 0 to 1.
        pub top_p: f64,
        /// Stop sequences.
        pub stop: Vec<String>,
        /// Ignored: responses are always streamed.
        pub stream: bool,
        /// The form of the answer: `off` or `json_schema`.
        pub structured_output_mode: String,
        /// The name of the answer's schema.
        pub structured_output_name: String,
        /// Description of the answer, for the model.
        pub structured_output_description: String,
        /// The JSON schema of the answer.
        pub structured_output_schema: Value,
        /// Require the provider to enforce the schema.
        pub structured_output_strict: bool,
        /// Return an error for an invalid configuration.
        pub structured_output_require_valid: bool,
        /// Ignored: responses are not cached.
        pub cache_type: String,
        /// Ignored: responses are not cached.
        pub cache_max_size: u64,
        /// Ignored: responses are not cached.
        pub cache_max_entries: u64,
        /// Ignored: responses are not cached.
        pub cache_directory: String,
    }
}
