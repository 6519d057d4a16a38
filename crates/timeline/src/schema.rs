//! JSON schemas of types of other crates, and of the view, which is not derived.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::{Entity, Status, View};

/// Description of an image or a file, without its content.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Attachment")]
pub(crate) struct Attachment {
    /// `image` or `file`.
    kind: String,
    /// File name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Media type, such as `image/png`.
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    /// URL. Absent for inline content.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Id of an earlier upload to the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    file_id: Option<String>,
    /// Approximate size of inline content, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
}

/// Token usage. Counts that are absent are 0.
#[derive(JsonSchema)]
#[schemars(rename = "Usage", extend("additionalProperties" = true))]
#[allow(dead_code, reason = "the fields are those of the schema")]
pub(crate) struct Usage {
    /// Tokens of the full prompt.
    input_tokens: Option<u64>,
    /// All generated tokens.
    output_tokens: Option<u64>,
    /// Prompt tokens read from a cache.
    cached_tokens: Option<u64>,
    /// Prompt tokens written to a cache.
    cache_creation_input_tokens: Option<u64>,
    /// Prompt tokens read from a cache, under the name of some providers.
    cache_read_input_tokens: Option<u64>,
    /// Output tokens spent on reasoning.
    reasoning_tokens: Option<u64>,
    /// Number of provider calls that are not in the counts.
    unreported_calls: Option<u64>,
    /// Estimated cost in USD of the calls whose price is known.
    cost_usd: Option<f64>,
    /// Number of provider calls in the cost.
    priced_calls: Option<u64>,
}

/// State of a timeline at one version.
#[derive(JsonSchema)]
#[schemars(rename = "View")]
#[allow(dead_code, reason = "the fields are those of the schema")]
struct Shown {
    /// Sequence number of the last event that the view includes.
    version: u64,
    /// What the session is doing.
    status: Status,
    /// The entities, sorted by position.
    entities: Vec<Entity>,
}

impl JsonSchema for View {
    fn schema_name() -> Cow<'static, str> {
        Shown::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Shown::json_schema(generator)
    }
}
