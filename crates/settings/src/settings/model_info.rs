//! [`ModelInfo`] and [`Cost`].

use serde::{Deserialize, Serialize};

use super::section::section;
use crate::Table;

section! {
    /// Facts about the model.
    pub struct ModelInfo {
        /// The model's id.
        pub id: String,
        /// Display name of the model.
        pub name: String,
        /// The model reasons.
        pub reasoning: bool,
        /// Supported input: `text`, `image`, `audio`, `video`, `pdf`.
        pub input: Vec<String>,
        /// The context window in tokens.
        pub context_window: u64,
        /// Number of context tokens up to which the model's quality is good.
        pub quality_high_watermark: u64,
        /// The model's output limit in tokens.
        pub max_output_tokens: u64,
        /// Price. `None` means unknown, zeros mean free.
        pub cost: Cost,
        /// Unknown keys.
        pub metadata: Table,
    }
}

/// Price in USD per million tokens. Absent prices are 0.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Cost {
    /// Price of uncached input.
    pub input: f64,
    /// Price of output.
    pub output: f64,
    /// Price of input read from the provider's cache.
    pub cache_read: f64,
    /// Price of input written to the provider's cache.
    pub cache_write: f64,
}

impl ModelInfo {
    /// Returns the recommended maximum of context tokens: the smaller of the context window and the
    /// quality limit. `None` if neither is known.
    #[must_use]
    pub fn context_limit(&self) -> Option<u64> {
        [self.context_window, self.quality_high_watermark]
            .into_iter()
            .flatten()
            .min()
    }
}
