//! [`ModelInfo`] and [`Cost`].

use serde::{Deserialize, Serialize};

use super::section::section;
use crate::Table;

section! {
    /// Facts about the model.
    pub struct ModelInfo {
        /// The model's id.
        pub id: String,
        /// The model's name, for people.
        pub name: String,
        /// The model reasons.
        pub reasoning: bool,
        /// What the model takes: `text`, `image`, `audio`, `video`, `pdf`.
        pub input: Vec<String>,
        /// The context window in tokens.
        pub context_window: u64,
        /// Tokens of context up to which the model answers well.
        pub quality_high_watermark: u64,
        /// The model's output limit in tokens.
        pub max_output_tokens: u64,
        /// Price. `None` means unknown, zeros mean free.
        pub cost: Cost,
        /// Anything else.
        pub metadata: Table,
    }
}

/// Price in USD per million tokens. Absent prices are 0.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Cost {
    /// Of input that is not cached.
    pub input: f64,
    /// Of output.
    pub output: f64,
    /// Of input that is read from the provider's cache.
    pub cache_read: f64,
    /// Of input that is written to the provider's cache.
    pub cache_write: f64,
}

impl ModelInfo {
    /// Returns the tokens of context to stay within: the smaller of the context window and the quality
    /// mark. `None` if neither is known.
    #[must_use]
    pub fn context_limit(&self) -> Option<u64> {
        [self.context_window, self.quality_high_watermark]
            .into_iter()
            .flatten()
            .min()
    }
}
