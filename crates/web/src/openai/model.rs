//! Bodies of requests and replies, for the OpenAPI document.
//!
//! They name the fields that are read here; the reference of the OpenAI API describes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A request of [Chat Completions](https://platform.openai.com/docs/api-reference/chat/create).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ChatCompletionRequest {
    /// Name of a profile or model; the default without it.
    #[serde(default)]
    pub(crate) model: Option<String>,
    /// The conversation.
    pub(crate) messages: Vec<Value>,
    /// Tools that the client executes.
    #[serde(default)]
    pub(crate) tools: Option<Vec<Value>>,
    /// Choice among the tools.
    #[serde(default)]
    pub(crate) tool_choice: Option<Value>,
    /// Form of the answer.
    #[serde(default)]
    pub(crate) response_format: Option<Value>,
    /// Maximum number of tokens of the answer.
    #[serde(default)]
    pub(crate) max_completion_tokens: Option<i64>,
    /// Temperature, 0 to 2.
    #[serde(default)]
    pub(crate) temperature: Option<f64>,
    /// Probability mass that is sampled from, 0 to 1.
    #[serde(default)]
    pub(crate) top_p: Option<f64>,
    /// `true` for a stream of chunks.
    #[serde(default)]
    pub(crate) stream: Option<bool>,
    /// Further fields.
    #[serde(flatten)]
    pub(crate) others: Map<String, Value>,
}

/// A completion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ChatCompletion {
    /// Id.
    pub(crate) id: String,
    /// `chat.completion`.
    pub(crate) object: String,
    /// Time of creation, in seconds since 1970.
    pub(crate) created: u64,
    /// Model, as the request named it.
    pub(crate) model: String,
    /// The answer: one choice.
    pub(crate) choices: Vec<Value>,
    /// Tokens.
    #[serde(default)]
    pub(crate) usage: Option<Value>,
    /// Further fields.
    #[serde(flatten)]
    pub(crate) others: Map<String, Value>,
}

/// A request of [Responses](https://platform.openai.com/docs/api-reference/responses/create).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CreateResponse")]
pub(crate) struct ResponseRequest {
    /// Name of a profile or model; the default without it.
    #[serde(default)]
    pub(crate) model: Option<String>,
    /// A text, or a list of items.
    pub(crate) input: Value,
    /// System prompt.
    #[serde(default)]
    pub(crate) instructions: Option<String>,
    /// The response that is continued.
    #[serde(default)]
    pub(crate) previous_response_id: Option<String>,
    /// Tools that the client executes.
    #[serde(default)]
    pub(crate) tools: Option<Vec<Value>>,
    /// `false` if the response is not stored.
    #[serde(default)]
    pub(crate) store: Option<bool>,
    /// `true` if the reply does not wait for the response.
    #[serde(default)]
    pub(crate) background: Option<bool>,
    /// `true` for a stream of events.
    #[serde(default)]
    pub(crate) stream: Option<bool>,
    /// Further fields.
    #[serde(flatten)]
    pub(crate) others: Map<String, Value>,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Response {
    /// Id.
    pub(crate) id: String,
    /// `response`.
    pub(crate) object: String,
    /// Time of creation, in seconds since 1970.
    pub(crate) created_at: u64,
    /// `queued`, `in_progress`, `completed`, `incomplete`, `failed` or `cancelled`.
    pub(crate) status: String,
    /// Model, as the request named it.
    pub(crate) model: String,
    /// The items.
    pub(crate) output: Vec<Value>,
    /// The error of a response that failed.
    #[serde(default)]
    pub(crate) error: Option<Value>,
    /// Tokens.
    #[serde(default)]
    pub(crate) usage: Option<Value>,
    /// Further fields.
    #[serde(flatten)]
    pub(crate) others: Map<String, Value>,
}

/// A response that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct DeletedResponse {
    /// Id.
    pub(crate) id: String,
    /// `response`.
    pub(crate) object: String,
    /// `true`.
    pub(crate) deleted: bool,
}

/// A list of models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ModelList {
    /// `list`.
    pub(crate) object: String,
    /// The models.
    pub(crate) data: Vec<Model>,
}

/// A profile or model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Model {
    /// Name, for requests.
    pub(crate) id: String,
    /// `model`.
    pub(crate) object: String,
    /// Time at which the server started, in seconds since 1970.
    pub(crate) created: u64,
    /// `geppetto`.
    pub(crate) owned_by: String,
}

/// An error of the OpenAI API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ApiError")]
pub(crate) struct ErrorBody {
    /// The error.
    pub(crate) error: ErrorFields,
}

/// Fields of an error of the OpenAI API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ApiErrorFields")]
pub(crate) struct ErrorFields {
    /// What happened, and what to do.
    pub(crate) message: String,
    /// Class, such as `invalid_request_error`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Parameter of the request that is wrong.
    pub(crate) param: Option<String>,
    /// Code, such as `model_not_found`.
    pub(crate) code: Option<String>,
}
