//! Keys of turns and blocks of this wire, in addition to the keys of all wires
//! (`geppetto_turns::keys`).

use geppetto_turns::{BlockMetaKey, DataKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `ORIGIN` is set on every block of a reply that the server or the model must get back unchanged.
pub use geppetto_provider::rules::{ORIGIN, Origin};

/// An object of request fields in the API's format, which are merged with those of the engine.
pub const GEMINI_INFERENCE_CONFIG: DataKey<Value> =
    DataKey::new("geppetto.gemini_inference_config@v1");

/// Kind of blocks with a part as sent by the API: parts of built-in tools (`executableCode`,
/// `codeExecutionResult`, `toolCall`, `toolResponse`), generated media (`inlineData`) and unknown
/// ones. The payload is the part, which is sent back unchanged.
pub const PART_KIND: &str = "gemini_part";

/// Thought signature of the part at the end of a block, in base64, as sent.
pub const THOUGHT_SIGNATURE: BlockMetaKey<String> =
    BlockMetaKey::new("gemini.thought_signature@v1");

/// Parts of a text before its last one, if they have signatures of their own.
pub const SIGNED_PARTS: BlockMetaKey<Vec<SignedPart>> = BlockMetaKey::new("gemini.signed_parts@v1");

/// `true` on a call whose id is the server's, which is sent back. Other ids are sent to no server.
pub const HAS_CALL_ID: BlockMetaKey<bool> = BlockMetaKey::new("gemini.has_call_id@v1");

/// `true` on a block whose signature the server could not read when it was sent back, for example
/// after a change of the account. It is not sent again.
pub const UNREADABLE: BlockMetaKey<bool> = BlockMetaKey::new("gemini.unreadable@v1");

/// A signed part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SignedPart {
    /// End of the part in the text of the block, in bytes.
    pub end: usize,
    /// Signature, in base64, as sent.
    pub signature: String,
}
