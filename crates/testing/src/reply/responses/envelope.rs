//! [`Envelope`]: fields common to all objects of one reply.

use serde_json::{Map, Value, json};

use super::ResponsesBody;

/// Creation time of every scripted reply, in seconds since 1970; fixed so that runs are
/// reproducible.
const CREATED: u64 = 1_700_000_000;

/// Returns the fields of the request that the response repeats, with their defaults.
fn repeated() -> [(&'static str, Value); 19] {
    [
        ("background", json!(false)),
        ("instructions", Value::Null),
        ("max_output_tokens", Value::Null),
        ("max_tool_calls", Value::Null),
        ("metadata", json!({})),
        ("parallel_tool_calls", json!(true)),
        ("previous_response_id", Value::Null),
        ("reasoning", json!({"effort": null, "summary": null})),
        ("store", json!(true)),
        ("temperature", json!(1.0)),
        (
            "text",
            json!({"format": {"type": "text"}, "verbosity": "medium"}),
        ),
        ("tool_choice", json!("auto")),
        ("tools", json!([])),
        ("top_p", json!(1.0)),
        ("prompt_cache_key", Value::Null),
        ("safety_identifier", Value::Null),
        ("top_logprobs", json!(0)),
        ("truncation", json!("disabled")),
        ("user", Value::Null),
    ]
}

/// Fields shared by all objects of one reply.
pub(super) struct Envelope {
    id: String,
    fields: Map<String, Value>,
}

impl Envelope {
    pub(super) fn new(body: &ResponsesBody, request: &Value) -> Self {
        let id = body.id.clone();
        let id = id.unwrap_or_else(|| format!("resp_{}", number_of(request)));
        let model = body.model.as_deref().or(request["model"].as_str());
        let mut fields = Map::new();
        fields.insert("id".to_owned(), id.as_str().into());
        fields.insert("object".to_owned(), "response".into());
        fields.insert("created_at".to_owned(), CREATED.into());
        fields.insert("model".to_owned(), model.unwrap_or("scripted").into());
        for (name, otherwise) in repeated() {
            let said = request.get(name).filter(|value| !value.is_null());
            let value = said.cloned().unwrap_or(otherwise);
            fields.insert(name.to_owned(), value);
        }
        Self { id, fields }
    }

    /// Returns the id of the item at this position of the output: the kind's prefix, the suffix of
    /// the response's id, the position.
    pub(super) fn item_id(&self, prefix: &str, index: usize) -> String {
        let response = self.id.strip_prefix("resp_").unwrap_or(&self.id);
        format!("{prefix}_{response}_{index}")
    }

    /// Returns the response in its current state.
    pub(super) fn response(&self, state: State<'_>) -> Value {
        let mut response = self.fields.clone();
        let over = state.status != IN_PROGRESS;
        let tier = if over { "default" } else { "auto" };
        let fields = [
            ("status", json!(state.status)),
            ("service_tier", json!(tier)),
            ("completed_at", json!(over.then_some(CREATED))),
            ("output", Value::Array(state.output)),
            ("usage", state.usage.cloned().into()),
            ("error", state.error),
            ("incomplete_details", state.incomplete),
        ];
        for (name, value) in fields {
            response.insert(name.to_owned(), value);
        }
        Value::Object(response)
    }
}

/// Status of an unfinished response.
pub(super) const IN_PROGRESS: &str = "in_progress";

/// Fields of a response that change while it is written.
#[derive(Default)]
pub(super) struct State<'a> {
    pub(super) status: &'a str,
    pub(super) output: Vec<Value>,
    pub(super) usage: Option<&'a Map<String, Value>>,
    pub(super) error: Value,
    pub(super) incomplete: Value,
}

impl State<'_> {
    pub(super) fn of(status: &'static str) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }
}

/// Returns a number for the reply to this request, larger than those of the replies that it builds
/// on, so that ids are unique in a conversation: the number of items in the input, plus the number
/// of the previous response.
fn number_of(request: &Value) -> u64 {
    let items = request["input"].as_array().map_or(1, Vec::len);
    let previous = request["previous_response_id"].as_str().unwrap_or_default();
    let previous = previous.rsplit('_').next().unwrap_or_default();
    let previous: u64 = previous.parse().unwrap_or(0);
    previous.saturating_add(items as u64)
}
