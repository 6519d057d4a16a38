//! What this wire keeps in turns and blocks, in addition to the keys of all wires
//! (`geppetto_turns::keys`).

use geppetto_turns::{BlockMetaKey, DataKey};
use serde_json::Value;

/// `ORIGIN` stands on all that has an id of the server, or can be read by it alone. Ids, encrypted
/// reasoning and items of built-in tools are sent to no other server.
pub use geppetto_provider::rules::{ORIGIN, Origin};

/// The kind of blocks that hold an output item as the API sent it: built-in tools, compaction and
/// what is not known yet. The payload is the item; it goes back unchanged.
///
/// An application answers items that it has to answer itself (an approval request of MCP, a shell
/// call) with a block of this kind.
pub const ITEM_KIND: &str = "openai_responses_item";

/// The model that was asked for the block, as the request named it. Reasoning is only sent back to
/// the model that it came from.
pub const MODEL: BlockMetaKey<String> = BlockMetaKey::new("openai_responses.model@v1");

/// Fields of an output item that stand nowhere else in its block (`phase` of a message,
/// `namespace` of a call): an object that goes back with the item.
pub const ITEM_FIELDS: BlockMetaKey<Value> = BlockMetaKey::new("openai_responses.item_fields@v1");

/// True on reasoning that the server could not read when it came back, as after a change of the
/// account. It is not sent again.
pub const UNREADABLE: BlockMetaKey<bool> = BlockMetaKey::new("openai_responses.unreadable@v1");

/// Tools of turn data that the provider runs itself, as the API describes them: passed through.
pub const SERVER_TOOLS: DataKey<Vec<Value>> = DataKey::new("geppetto.responses_server_tools@v1");

/// The response that the block came from.
pub const RESPONSE_ID: BlockMetaKey<String> = BlockMetaKey::new("openai_responses.response_id@v1");

/// The position of the block's item in that response's output, from 0.
pub const OUTPUT_INDEX: BlockMetaKey<u64> = BlockMetaKey::new("openai_responses.output_index@v1");

/// The type of the block's item.
pub const ITEM_TYPE: BlockMetaKey<String> = BlockMetaKey::new("openai_responses.item_type@v1");

/// The status of the block's item.
pub const STATUS: BlockMetaKey<String> = BlockMetaKey::new("openai_responses.status@v1");
