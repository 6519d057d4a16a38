//! [`Recording`]: one recorded interaction, read from its folder.

use std::{collections::BTreeMap, fs, path::Path};

use geppetto_providers_openai::keys;
use geppetto_turns::Turn;
use serde::Deserialize;
use serde_json::{Value, json};

/// One recorded interaction.
#[derive(Debug, Clone)]
pub(super) struct Recording {
    pub(super) meta: Meta,
    pub(super) body: Vec<u8>,
}

/// The metadata of a recording.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Meta {
    pub(super) id: String,
    /// The wire.
    pub(super) provider: String,
    /// The operator of the server.
    #[serde(default)]
    pub(super) vendor: String,
    pub(super) status: u16,
    #[serde(default)]
    pub(super) stream: bool,
    /// Absent if the recorder did not keep it.
    #[serde(default)]
    pub(super) content_type: Option<String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) response_file: String,
    #[serde(default)]
    pub(super) features: Vec<String>,
    pub(super) expected: Expected,
    #[serde(default)]
    pub(super) cross_checked: bool,
    /// The number of choices that the request asked for; absent if it did not say.
    #[serde(default)]
    pub(super) n: Option<u64>,
}

/// The contents of the body according to an independent reader.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Expected {
    pub(super) text: String,
    /// The content, if it is an object instead of a text.
    pub(super) content_json: Option<Value>,
    pub(super) reasoning_text: String,
    /// The field that contains the reasoning; absent if the reader found none.
    pub(super) reasoning_field: Option<String>,
    pub(super) refusal: Option<String>,
    pub(super) tool_calls: Vec<ExpectedCall>,
    pub(super) finish_reason: Option<String>,
    pub(super) usage: Option<ExpectedUsage>,
    pub(super) usage_raw: Value,
    pub(super) error: Option<ExpectedError>,
    /// As in the error itself.
    pub(super) message_is_sdk_made: bool,
    /// The number of tokens of the text with log probabilities.
    pub(super) logprobs: Option<usize>,
    pub(super) annotations: Option<usize>,
    pub(super) choices: Vec<ExpectedChoice>,
    /// The types of the output items, in order; empty for a wire without items.
    pub(super) item_types: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ExpectedCall {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    /// Parsed; null if they are not JSON.
    pub(super) arguments: Value,
    pub(super) arguments_raw: Option<String>,
}

/// Usage in the provider's own accounting.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct ExpectedUsage {
    pub(super) input: Option<u64>,
    pub(super) output: Option<u64>,
    pub(super) total: Option<u64>,
    pub(super) cached: Option<u64>,
    pub(super) reasoning: Option<u64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ExpectedError {
    pub(super) message: Option<String>,
    /// A text or a number.
    pub(super) code: Value,
    /// Whether the reader invented the message because the body has none.
    pub(super) message_is_sdk_made: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ExpectedChoice {
    pub(super) index: u64,
    pub(super) text: Option<String>,
    pub(super) finish_reason: Option<String>,
    pub(super) tool_calls: Vec<ExpectedCall>,
}

impl Expected {
    /// Returns the provider's finish reason; for an incomplete Responses reply, the reason for
    /// that.
    pub(super) fn finish_reason(&self) -> &str {
        let reason = self.finish_reason.as_deref().unwrap_or_default();
        reason.strip_prefix("incomplete:").unwrap_or(reason)
    }
}

impl Recording {
    /// Reads the recording in a folder; the error is a line for people.
    pub(super) fn read(folder: &Path) -> Result<Self, String> {
        let read = |name: &str| fs::read(folder.join(name)).map_err(|e| format!("{name}: {e}"));
        let mut meta: Meta =
            serde_json::from_slice(&read("meta.json")?).map_err(|e| format!("meta.json: {e}"))?;
        let body = read(&meta.response_file)?;
        // Not every recorder kept the request.
        let request: Option<Value> = read("request.json")
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        let asked = request.and_then(|request| request.get("n")?.as_u64());
        let several = u64::try_from(meta.expected.choices.len()).ok();
        meta.n = asked.or(several.filter(|choices| *choices > 1));
        Ok(Self { meta, body })
    }

    /// Returns the turn to replay. It requests as many choices as the recorded request: with one
    /// requested, several choices are one reply.
    pub(super) fn turn(&self) -> Result<Turn, String> {
        let mut turn = Turn::builder().user("Replay.").build();
        if let Some(n) = self.meta.n.filter(|_| self.meta.provider == "openai-chat") {
            let set = turn
                .data
                .set(&keys::OPENAI_INFERENCE_CONFIG, &json!({"n": n}));
            set.map_err(|error| error.to_string())?;
        }
        Ok(turn)
    }

    pub(super) fn has(&self, feature: &str) -> bool {
        self.meta.features.iter().any(|own| own == feature)
    }

    /// Returns the content type of the reply: as recorded, otherwise by the name of the response
    /// file.
    pub(super) fn content_type(&self) -> &str {
        let is_stream = self.meta.response_file.ends_with(".sse");
        let by_file = if is_stream {
            "text/event-stream"
        } else {
            "application/json"
        };
        self.meta.content_type.as_deref().unwrap_or(by_file)
    }

    /// Returns the JSON values of the body: the events of a stream, or the single value.
    pub(super) fn values(&self) -> Vec<Value> {
        let text = String::from_utf8_lossy(&self.body);
        if !self.meta.response_file.ends_with(".sse") {
            return serde_json::from_str(&text).into_iter().collect();
        }
        let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
        data.filter_map(|data| serde_json::from_str(data.trim()).ok())
            .collect()
    }
}
