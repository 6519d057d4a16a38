//! [`InferenceOverrides`].

use super::section::section;

section! {
    /// Overrides of sampling and reasoning, which take precedence over
    /// [`ChatSettings`](super::ChatSettings).
    pub struct InferenceOverrides {
        /// The reasoning limit in tokens.
        pub thinking_budget: u64,
        /// Reasoning effort: `minimal`, `low`, `medium`, `high` or another value that the provider
        /// supports.
        pub reasoning_effort: String,
        /// The thinking mode: `enabled`, `disabled`, `adaptive`.
        pub thinking_type: String,
        /// Reasoning summary: `auto`, `concise`, `detailed`.
        pub reasoning_summary: String,
        /// Sampling temperature, from 0 to 2.
        pub temperature: f64,
        /// Nucleus sampling: the probability mass to sample from, from 0 to 1.
        pub top_p: f64,
        /// The output limit in tokens, at least 1.
        pub max_response_tokens: u64,
        /// Stop sequences. An empty list clears those of `chat`.
        pub stop: Vec<String>,
        /// Sampling seed.
        pub seed: i64,
    }
}
