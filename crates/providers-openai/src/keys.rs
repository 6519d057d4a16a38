//! Keys of turn data that both wires read.

use geppetto_turns::DataKey;
use serde_json::Value;

/// An object of request fields that are passed through as given, over everything else.
pub const OPENAI_INFERENCE_CONFIG: DataKey<Value> =
    DataKey::new("geppetto.openai_inference_config@v1");
