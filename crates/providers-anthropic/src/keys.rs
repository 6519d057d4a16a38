//! Keys of turns and blocks of this wire, in addition to the keys of all wires
//! (`geppetto_turns::keys`).

use geppetto_turns::{BlockMetaKey, DataKey};
use serde_json::Value;

/// `ORIGIN` is set on blocks of a reply that only the server or the model can read: signed thinking,
/// blocks of its own tools, citations.
pub use geppetto_provider::rules::{ORIGIN, Origin};

/// An object of request fields that are passed through unchanged and take precedence over all others.
pub const CLAUDE_INFERENCE_CONFIG: DataKey<Value> =
    DataKey::new("geppetto.claude_inference_config@v1");

/// Turn data with tools that the provider runs itself, in the API's format, which are passed through.
/// They replace those of the options.
pub const SERVER_TOOLS: DataKey<Vec<Value>> = DataKey::new("anthropic.server_tools@v1");

/// Turn data with beta features of its requests (`anthropic-beta`), in addition to those of the options.
pub const BETAS: DataKey<Vec<String>> = DataKey::new("anthropic.betas@v1");

/// Kind of blocks with a content block as sent by the API: calls and results of its own tools,
/// compaction and unknown types. The payload is the content block, which is sent back unchanged.
///
/// Applications send content blocks that have no other form here (`container_upload`,
/// `search_result`) as a block of this kind; these two are content of the user.
pub const BLOCK_KIND: &str = "anthropic_content_block";

/// Key in a reasoning block for the signature, in its payload.
pub const SIGNATURE: &str = "signature";

/// Key in a tool call block for the tool of the provider that made the call, in its payload.
pub const CALLER: &str = "caller";

/// Id of the container in which the reply ran code.
pub const CONTAINER: BlockMetaKey<String> = BlockMetaKey::new("anthropic.container@v1");

/// `true` on the last block of a reply that the provider paused and continues with the next request.
pub const PAUSED: BlockMetaKey<bool> = BlockMetaKey::new("anthropic.paused@v1");

/// `true` on reasoning whose signature the server refused, and on a block of its own tools that it refused. It is not sent
/// again.
pub const UNREADABLE: BlockMetaKey<bool> = BlockMetaKey::new("anthropic.unreadable@v1");
