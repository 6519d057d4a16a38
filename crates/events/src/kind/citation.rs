//! Sources of a text.

use serde::{Deserialize, Serialize};

/// A source that the text cites.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Citation {
    /// The source's title.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The source's address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// Where the citing text begins, as the provider counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_index: Option<u64>,
    /// Where the citing text ends, as the provider counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_index: Option<u64>,
    /// The item in the provider's output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_index: Option<u64>,
    /// The part in the item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_index: Option<u64>,
    /// The annotation in the part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotation_index: Option<u64>,
}
