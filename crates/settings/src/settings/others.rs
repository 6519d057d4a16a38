//! Embeddings and reranking, which are preserved for programs that support them.

use super::section::section;

section! {
    /// Settings of embeddings. No engine computes embeddings; the settings are preserved for
    /// programs that do.
    pub struct EmbeddingsSettings {
        /// The provider: `openai`, `ollama`.
        #[serde(rename = "type")]
        pub provider: String,
        /// The model.
        pub engine: String,
        /// The number of dimensions.
        pub dimensions: u64,
        /// Cache: `none`, `memory`, `file`.
        pub cache_type: String,
        /// Size of the cache in bytes.
        pub cache_max_size: u64,
        /// Number of embeddings in the cache.
        pub cache_max_entries: u64,
        /// Folder of the cache.
        pub cache_directory: String,
    }
}

section! {
    /// Settings of reranking. No engine reranks; the settings are preserved for programs that do.
    pub struct RerankSettings {
        /// The provider: `llamacpp`.
        #[serde(rename = "type")]
        pub provider: String,
        /// The model.
        pub engine: String,
        /// Size limit of a request in bytes.
        pub max_request_bytes: u64,
        /// Size limit of a response in bytes.
        pub max_response_bytes: u64,
    }
}
