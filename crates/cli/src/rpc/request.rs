//! [`Request`]: what another program asks for.

use std::collections::BTreeMap;

use geppetto_engine::Decision;
use serde::Deserialize;
use serde_json::Value;

/// A request.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Request {
    Submit(Submit),
    Cancel(Empty),
    Snapshot(Empty),
    Events(Events),
    Approve(Approve),
    Shutdown(Empty),
}

/// A request without fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Empty {}

/// A prompt.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Submit {
    pub(super) prompt: String,
    pub(super) system: Option<String>,
    pub(super) model: Option<String>,
    #[serde(default)]
    pub(super) images: Vec<String>,
    #[serde(default)]
    pub(super) files: Vec<String>,
    pub(super) schema: Option<Value>,
    pub(super) idempotency_key: Option<String>,
}

/// Stored events.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Events {
    #[serde(default)]
    pub(super) after: u64,
}

/// Decisions about waiting calls, by call id.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Approve {
    decisions: BTreeMap<String, Answer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    allow: Option<bool>,
    arguments: Option<Value>,
    reason: Option<String>,
    result: Option<String>,
}

impl Request {
    /// Reads a line. Returns the id of the request, and the request or what is wrong with it.
    pub(super) fn read(line: &str) -> (Value, Result<Self, String>) {
        let value: Value = match serde_json::from_str(line) {
            Ok(value) => value,
            Err(error) => return (Value::Null, Err(format!("not JSON: {error}"))),
        };
        let Value::Object(mut fields) = value else {
            return (Value::Null, Err("not a JSON object".to_owned()));
        };
        let id = fields.remove("id").unwrap_or_default();
        let request = serde_json::from_value(Value::Object(fields));
        (id, request.map_err(|error| error.to_string()))
    }
}

impl Approve {
    /// Returns the decisions.
    pub(super) fn decisions(self) -> Result<Vec<(String, Decision)>, String> {
        let decided = self.decisions.into_iter().map(|(call, answer)| {
            let decision = match answer {
                Answer {
                    result: Some(result),
                    ..
                } => Decision::answer(result),
                Answer {
                    allow: Some(true),
                    arguments: Some(arguments),
                    ..
                } => Decision::allow_with(arguments),
                Answer {
                    allow: Some(true), ..
                } => Decision::Allow,
                Answer {
                    allow: Some(false),
                    reason,
                    ..
                } => Decision::reject(
                    reason.unwrap_or_else(|| "the user does not allow this call".to_owned()),
                ),
                Answer { .. } => return Err(format!("`{call}` has neither `allow` nor `result`")),
            };
            Ok((call, decision))
        });
        decided.collect()
    }
}
