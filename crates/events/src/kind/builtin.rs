//! Events of tools that the provider runs itself.

use serde::{Deserialize, Serialize};

/// Progress of the provider's web search.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WebSearch {
    /// The provider's item.
    pub item_id: String,
    /// What is searched for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The page that is opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

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

/// Progress of the provider's file search.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FileSearch {
    /// The provider's item.
    pub item_id: String,
}

/// Progress of the provider's code interpreter.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CodeInterpreter {
    /// The provider's item.
    pub item_id: String,
    /// A piece of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta: Option<String>,
    /// The whole code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// Progress of an MCP call that the provider makes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct McpCall {
    /// The provider's item.
    pub item_id: String,
    /// A piece of the arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta: Option<String>,
    /// The whole arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
}

/// Progress of the provider's image generation.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ImageGeneration {
    /// The provider's item.
    pub item_id: String,
    /// A first sketch, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial_image_base64: Option<String>,
}

/// A search tool's results.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolSearchResults {
    /// The tool.
    pub tool: String,
    /// The provider's item.
    pub item_id: String,
    /// What was found.
    pub results: Vec<ToolSearchResult>,
}

/// One thing that a search tool found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolSearchResult {
    /// Its address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// Its title.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// A passage of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub snippet: String,
    /// What else the tool says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ext: Option<serde_json::Value>,
}
