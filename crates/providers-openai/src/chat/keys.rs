//! Block metadata of this wire, in addition to the keys of all wires in `geppetto_turns::keys`.

use geppetto_turns::BlockMetaKey;
use serde_json::Value;

/// `ORIGIN` is set on reasoning and on blocks with `extra_content`. Contents that only the server
/// and the model can read are sent to no other.
pub use geppetto_provider::rules::{ORIGIN, Origin};

/// `true` on reasoning that the server sent as part of the text, between the tags `<think>` and
/// `</think>`. It is sent back in this form to servers that expect the reasoning of every message.
pub const IN_TEXT: BlockMetaKey<bool> = BlockMetaKey::new("openai_chat.in_text@v1");

/// Generated speech, on the text block with its transcript: an object of `id`, `data` (base64) and
/// `expires_at` (seconds since 1970).
pub const AUDIO: BlockMetaKey<Value> = BlockMetaKey::new("openai_chat.audio@v1");
