//! Citations.

use serde::{Deserialize, Serialize};

/// Citation of a source in a text.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Citation {
    /// Title of the source.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// URL of the source.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// Start of the citing text, in the provider's units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_index: Option<u64>,
    /// End of the citing text, in the provider's units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_index: Option<u64>,
    /// Index of the item in the provider's output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_index: Option<u64>,
    /// Index of the part within the item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_index: Option<u64>,
    /// Index of the annotation within the part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotation_index: Option<u64>,
}
