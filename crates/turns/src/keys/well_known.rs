//! The keys of the `geppetto` namespace.
//!
//! Keys of configuration types are defined with those types in the engine crate; keys of
//! provider-specific data, in the crate of the provider.

/// Keys of turn data.
pub mod data {
    use crate::DataKey;

    /// Current agent mode of the conversation.
    pub const AGENT_MODE: DataKey<String> = DataKey::new("geppetto.agent_mode@v1");
    /// Tools allowed by the agent mode.
    pub const AGENT_MODE_ALLOWED_TOOLS: DataKey<Vec<String>> =
        DataKey::new("geppetto.agent_mode_allowed_tools@v1");
}

/// Keys of turn metadata.
pub mod turn_meta {
    use serde_json::Value;

    use crate::{InferenceResult, RunEnd, TurnMetaKey, Usage};

    /// Id of the session that the turn belongs to.
    pub const SESSION_ID: TurnMetaKey<String> = TurnMetaKey::new("geppetto.session_id@v1");
    /// Id of the last inference that ran on the turn.
    pub const INFERENCE_ID: TurnMetaKey<String> = TurnMetaKey::new("geppetto.inference_id@v1");
    /// Trace id supplied by the application.
    pub const TRACE_ID: TurnMetaKey<String> = TurnMetaKey::new("geppetto.trace_id@v1");
    /// Runtime description supplied by the application.
    pub const RUNTIME: TurnMetaKey<Value> = TurnMetaKey::new("geppetto.runtime@v1");
    /// Outcome of the last inference.
    pub const INFERENCE_RESULT: TurnMetaKey<InferenceResult> =
        TurnMetaKey::new("geppetto.inference_result@v1");
    /// End of the last run on the turn. Absent while a run is in progress, and after one that was
    /// interrupted by the end of its process.
    pub const RUN_END: TurnMetaKey<RunEnd> = TurnMetaKey::new("geppetto.run_end@v1");
    /// Provider, in older files; newer files store it in [`INFERENCE_RESULT`].
    pub const PROVIDER: TurnMetaKey<String> = TurnMetaKey::new("geppetto.provider@v1");
    /// Model, in older files; newer files store it in [`INFERENCE_RESULT`].
    pub const MODEL: TurnMetaKey<String> = TurnMetaKey::new("geppetto.model@v1");
    /// Stop reason, in older files; newer files store it in [`INFERENCE_RESULT`].
    pub const STOP_REASON: TurnMetaKey<String> = TurnMetaKey::new("geppetto.stop_reason@v1");
    /// Token usage, in older files; newer files store it in [`INFERENCE_RESULT`].
    pub const USAGE: TurnMetaKey<Usage> = TurnMetaKey::new("geppetto.usage@v1");
}

/// Keys of block metadata.
pub mod block_meta {
    use serde_json::Value;

    use crate::{BlockMetaKey, Incomplete, InferenceResult};

    /// Middleware that created the block.
    pub const MIDDLEWARE: BlockMetaKey<String> = BlockMetaKey::new("geppetto.middleware@v1");
    /// Agent mode that the block belongs to.
    pub const AGENTMODE: BlockMetaKey<String> = BlockMetaKey::new("geppetto.agentmode@v1");
    /// Mark of blocks created by the agent mode middleware.
    pub const AGENTMODE_TAG: BlockMetaKey<String> = BlockMetaKey::new("geppetto.agentmode_tag@v1");
    /// Tool calls, verbatim from the provider.
    pub const TOOL_CALLS: BlockMetaKey<Value> = BlockMetaKey::new("geppetto.tool_calls@v1");
    /// Outcome of the inference that produced the block.
    pub const INFERENCE_RESULT: BlockMetaKey<InferenceResult> =
        BlockMetaKey::new("geppetto.inference_result@v1");
    /// Reason that the block is incomplete ([`Block::incomplete`](crate::Block::incomplete)).
    pub const INCOMPLETE: BlockMetaKey<Incomplete> = BlockMetaKey::new("geppetto.incomplete@v1");
    /// Citations and other annotations of a text, verbatim from the provider.
    pub const ANNOTATIONS: BlockMetaKey<Vec<Value>> = BlockMetaKey::new("geppetto.annotations@v1");
    /// Sources cited by a text, each with `title` and `url`, as reported by events.
    pub const SOURCES: BlockMetaKey<Vec<Value>> = BlockMetaKey::new("geppetto.sources@v1");
    /// Calls of the provider's tools that were made before the block was written, or after it if
    /// `after` is set: `call`, `tool`, `phase`, `item_id` and `data`, merged from their events.
    pub const SERVER_TOOLS: BlockMetaKey<Vec<Value>> =
        BlockMetaKey::new("geppetto.server_tools@v1");
    /// Token log probabilities of a text, verbatim from the provider.
    pub const LOGPROBS: BlockMetaKey<Vec<Value>> = BlockMetaKey::new("geppetto.logprobs@v1");
}
