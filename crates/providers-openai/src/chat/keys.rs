//! What this wire keeps on blocks, beside what `geppetto_turns::keys` has for all wires.

use geppetto_turns::BlockMetaKey;
use serde_json::Value;

/// `ORIGIN` stands on reasoning, and on what has `extra_content`. What only the server and the model
/// can read is sent to nobody else.
pub use geppetto_provider::rules::{ORIGIN, Origin};

/// Generated speech, on the text block that holds its words: an object of `id`, `data` (base64)
/// and `expires_at` (seconds since 1970).
pub const AUDIO: BlockMetaKey<Value> = BlockMetaKey::new("openai_chat.audio@v1");
