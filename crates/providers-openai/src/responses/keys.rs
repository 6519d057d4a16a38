//! Keys of turns and blocks of this wire, in addition to the keys of all wires
//! (`geppetto_turns::keys`).

use geppetto_turns::{BlockMetaKey, DataKey};
use serde_json::Value;

/// `ORIGIN` is set on blocks that have an id of the server, or can be read by it only. Ids,
/// encrypted reasoning and items of built-in tools are sent to no other server.
pub use geppetto_provider::rules::{ORIGIN, Origin};

/// Kind of blocks with an output item as sent by the API: built-in tools, compaction and unknown
/// types. The payload is the item, which is sent back unchanged.
///
/// Applications answer items that they have to answer themselves (an MCP approval request, a shell
/// call) with a block of this kind.
pub const ITEM_KIND: &str = "openai_responses_item";

/// Model that was requested for the block, as named in the request. Reasoning is sent back only to
/// the model that it came from.
pub const MODEL: BlockMetaKey<String> = BlockMetaKey::new("openai_responses.model@v1");

/// Fields of an output item without another place in its block (`phase` of a message, `namespace`
/// of a call): an object that is sent back with the item.
pub const ITEM_FIELDS: BlockMetaKey<Value> = BlockMetaKey::new("openai_responses.item_fields@v1");

/// `true` on reasoning that the server could not decrypt when it was sent back, for example after a
/// change of the account, and on an item that it refused. It is not sent again.
pub const UNREADABLE: BlockMetaKey<bool> = BlockMetaKey::new("openai_responses.unreadable@v1");

/// Turn data with tools that the provider runs itself, in the API's format, which are passed
/// through.
pub const SERVER_TOOLS: DataKey<Vec<Value>> = DataKey::new("geppetto.responses_server_tools@v1");

/// Id of the response that contains the block.
pub const RESPONSE_ID: BlockMetaKey<String> = BlockMetaKey::new("openai_responses.response_id@v1");

/// Position of the block's item in the output of that response, starting at 0.
pub const OUTPUT_INDEX: BlockMetaKey<u64> = BlockMetaKey::new("openai_responses.output_index@v1");

/// Type of the block's item.
pub const ITEM_TYPE: BlockMetaKey<String> = BlockMetaKey::new("openai_responses.item_type@v1");

/// Status of the block's item.
pub const STATUS: BlockMetaKey<String> = BlockMetaKey::new("openai_responses.status@v1");
