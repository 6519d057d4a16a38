//! The keys of the `geppetto` namespace.
//!
//! Keys of configuration types are defined with those types in the engine crate, keys of a provider's
//! own data in the provider's crate.

/// Keys of turn data.
pub mod data {
    use crate::DataKey;

    /// The agent mode that the conversation is in.
    pub const AGENT_MODE: DataKey<String> = DataKey::new("geppetto.agent_mode@v1");
    /// The tools that the agent mode allows.
    pub const AGENT_MODE_ALLOWED_TOOLS: DataKey<Vec<String>> =
        DataKey::new("geppetto.agent_mode_allowed_tools@v1");
}

/// Keys of turn metadata.
pub mod turn_meta {
    use serde_json::Value;

    use crate::{InferenceResult, TurnMetaKey, Usage};

    /// The session that the turn belongs to.
    pub const SESSION_ID: TurnMetaKey<String> = TurnMetaKey::new("geppetto.session_id@v1");
    /// The inference that last ran on the turn.
    pub const INFERENCE_ID: TurnMetaKey<String> = TurnMetaKey::new("geppetto.inference_id@v1");
    /// A trace id of the application.
    pub const TRACE_ID: TurnMetaKey<String> = TurnMetaKey::new("geppetto.trace_id@v1");
    /// What the application says about its runtime.
    pub const RUNTIME: TurnMetaKey<Value> = TurnMetaKey::new("geppetto.runtime@v1");
    /// How the last inference ended.
    pub const INFERENCE_RESULT: TurnMetaKey<InferenceResult> =
        TurnMetaKey::new("geppetto.inference_result@v1");
    /// The provider, in older files; newer ones have it in [`INFERENCE_RESULT`].
    pub const PROVIDER: TurnMetaKey<String> = TurnMetaKey::new("geppetto.provider@v1");
    /// The model, in older files; newer ones have it in [`INFERENCE_RESULT`].
    pub const MODEL: TurnMetaKey<String> = TurnMetaKey::new("geppetto.model@v1");
    /// The stop reason, in older files; newer ones have it in [`INFERENCE_RESULT`].
    pub const STOP_REASON: TurnMetaKey<String> = TurnMetaKey::new("geppetto.stop_reason@v1");
    /// The usage, in older files; newer ones have it in [`INFERENCE_RESULT`].
    pub const USAGE: TurnMetaKey<Usage> = TurnMetaKey::new("geppetto.usage@v1");
}

/// Keys of block metadata.
pub mod block_meta {
    use serde_json::Value;

    use crate::{BlockMetaKey, Incomplete, InferenceResult};

    /// The middleware that made the block.
    pub const MIDDLEWARE: BlockMetaKey<String> = BlockMetaKey::new("geppetto.middleware@v1");
    /// The agent mode that the block belongs to.
    pub const AGENTMODE: BlockMetaKey<String> = BlockMetaKey::new("geppetto.agentmode@v1");
    /// Marks blocks that the agent mode middleware made.
    pub const AGENTMODE_TAG: BlockMetaKey<String> = BlockMetaKey::new("geppetto.agentmode_tag@v1");
    /// Tool calls as a provider sent them.
    pub const TOOL_CALLS: BlockMetaKey<Value> = BlockMetaKey::new("geppetto.tool_calls@v1");
    /// How the inference that made the block ended.
    pub const INFERENCE_RESULT: BlockMetaKey<InferenceResult> =
        BlockMetaKey::new("geppetto.inference_result@v1");
    /// Why the block is not whole ([`Block::incomplete`](crate::Block::incomplete)).
    pub const INCOMPLETE: BlockMetaKey<Incomplete> = BlockMetaKey::new("geppetto.incomplete@v1");
    /// Citations and other annotations of a text, as the provider sent them.
    pub const ANNOTATIONS: BlockMetaKey<Vec<Value>> = BlockMetaKey::new("geppetto.annotations@v1");
    /// Log probabilities of a text's tokens, as the provider sent them.
    pub const LOGPROBS: BlockMetaKey<Vec<Value>> = BlockMetaKey::new("geppetto.logprobs@v1");
}
