//! Keys of turn data used by both wires.

use geppetto_turns::DataKey;
use serde_json::Value;

/// An object of request fields that are passed through unchanged and take precedence over all
/// others.
pub const OPENAI_INFERENCE_CONFIG: DataKey<Value> =
    DataKey::new("geppetto.openai_inference_config@v1");
