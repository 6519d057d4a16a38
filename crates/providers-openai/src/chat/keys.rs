//! What this wire keeps on blocks, beside what `geppetto_turns::keys` has for all wires.

use geppetto_turns::BlockMetaKey;
use serde_json::Value;

pub use super::origin::Origin;

/// Generated speech, on the text block that holds its words: an object of `id`, `data` (base64)
/// and `expires_at` (seconds since 1970).
pub const AUDIO: BlockMetaKey<Value> = BlockMetaKey::new("openai_chat.audio@v1");

/// The server and the model that a block came from: on reasoning, and on what has
/// `extra_content`. What only they can read is sent to nobody else.
pub const ORIGIN: BlockMetaKey<Origin> = BlockMetaKey::new("openai_chat.origin@v1");
