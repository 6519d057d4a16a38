//! [`Input`]: one input file.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use geppetto_engine::{InferenceConfig, StructuredOutput, ToolConfig, keys};
use geppetto_turns::Turn;
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

/// The prompts of a user, the answers of a server, and the setup of the program in between.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// What the input shows, for people.
    #[serde(default)]
    #[allow(dead_code, reason = "read by people only")]
    about: String,
    /// The public report that the input is based on, for people.
    #[serde(default)]
    #[allow(dead_code, reason = "read by people only")]
    source: String,
    #[serde(default)]
    pub(super) wire: Wire,
    /// The base URL whose dialect the engine uses.
    pub(super) dialect: Option<String>,
    #[serde(default = "model")]
    pub(super) model: String,
    #[serde(default = "yes")]
    pub(super) stream: bool,
    /// A system prompt.
    pub(super) system: Option<String>,
    #[serde(default)]
    pub(super) tools: Vec<Tool>,
    history: Option<Value>,
    #[serde(default = "prompts")]
    pub(super) prompts: Vec<Prompt>,
    pub(super) replies: Vec<Reply>,
    pub(super) structured_output: Option<StructuredOutput>,
    /// The number of choices to request.
    n: Option<u64>,
    /// Request fields that are passed through.
    #[serde(default)]
    extra: Map<String, Value>,
    /// The prompt cache of the Messages API.
    pub(super) cache: Option<CacheTtl>,
    /// Tools that the provider of the Messages API runs itself.
    #[serde(default)]
    pub(super) server_tools: Vec<Value>,
    /// Whether requests must be acceptable to the provider; true by default if no dialect is named.
    strict: Option<bool>,
    /// The expectation.
    pub(super) expect: Option<Value>,
    /// Why the expectation is not met yet. Such an input must fail.
    pub(super) open: Option<String>,
    /// Sampling, limits, reasoning.
    #[serde(skip)]
    pub(super) inference: InferenceConfig,
    /// How tools are offered and run, if the input sets it.
    #[serde(skip)]
    pub(super) tool_config: Option<ToolConfig>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wire {
    #[default]
    Chat,
    Responses,
    Gemini,
    #[serde(alias = "anthropic")]
    Messages,
}

/// How long entries of the prompt cache of the Messages API live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum CacheTtl {
    #[serde(rename = "5m")]
    FiveMinutes,
    #[serde(rename = "1h")]
    Hour,
}

/// An available tool.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tool {
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) parameters: Option<Value>,
    /// The result: a text, or any value.
    pub(super) answer: Option<Value>,
    /// The message of the error that it returns.
    pub(super) error: Option<String>,
}

/// The answer of the server to one request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reply {
    #[serde(default = "ok")]
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// The data of server-sent events: a string is used as it is, another value as its JSON.
    pub(super) events: Option<Vec<Box<RawValue>>>,
    /// A body, byte for byte.
    pub(super) body: Option<String>,
    /// A JSON body.
    pub(super) json: Option<Box<RawValue>>,
    /// The connection breaks at the end of the body.
    #[serde(default)]
    pub(super) broken: bool,
    /// Nothing follows the body, and the connection stays open.
    #[serde(default)]
    pub(super) hangs: bool,
}

/// A prompt of the user.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Prompt {
    Text(String),
    Cancelled(Cancelled),
}

/// A prompt whose run is cancelled when an event of the given type is published.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cancelled {
    pub(super) text: String,
    pub(super) cancel_at: String,
}

/// The top-level keys that are fields of [`InferenceConfig`].
const INFERENCE: [&str; 9] = [
    "temperature",
    "top_p",
    "max_response_tokens",
    "stop",
    "seed",
    "reasoning_effort",
    "reasoning_summary",
    "thinking_budget",
    "thinking_type",
];

/// The top-level keys that are fields of [`ToolConfig`].
const TOOLS: [&str; 10] = [
    "enabled",
    "tool_choice",
    "max_iterations",
    "execution_timeout",
    "max_parallel_tools",
    "tool_error_handling",
    "retry_config",
    "max_identical_calls",
    "max_tool_calls",
    "max_total_tokens",
];

impl Input {
    /// Reads an input file and its expectation.
    ///
    /// # Errors
    ///
    /// Returns a message if a file cannot be read or has an unknown key.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        let mut input = Self::parse(&text)?;
        let beside = path.with_extension("expect.json");
        if beside.is_file() {
            if input.expect.is_some() {
                return Err("has an expectation of its own and one beside it".to_owned());
            }
            let text = fs::read_to_string(&beside).map_err(|error| error.to_string())?;
            let value = serde_json::from_str(&text);
            input.expect = Some(value.map_err(|error| format!("the expectation: {error}"))?);
        }
        Ok(input)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let said = |error: serde_json::Error| error.to_string();
        let all: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).map_err(said)?;
        let part = |wanted: &dyn Fn(&str) -> bool| {
            let fields = all.iter().filter(|(key, _)| wanted(key));
            let fields =
                fields.map(|(key, value)| format!("{}:{value}", Value::from(key.as_str())));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        };
        let is_tool = |key: &str| TOOLS.contains(&key);
        let is_inference = |key: &str| INFERENCE.contains(&key);
        let rest = part(&|key| !is_tool(key) && !is_inference(key));
        let mut input: Self = serde_json::from_str(&rest).map_err(said)?;
        input.inference = serde_json::from_str(&part(&is_inference)).map_err(said)?;
        if all.keys().any(|key| is_tool(key)) {
            input.tool_config = Some(serde_json::from_str(&part(&is_tool)).map_err(said)?);
        }
        Ok(input)
    }

    /// Returns the turn to start from: the history of the input, or an empty turn. It carries the
    /// settings that belong in the turn's data.
    ///
    /// # Errors
    ///
    /// Returns a message if the history is not a valid turn.
    pub(super) fn history(&self, path: &Path) -> Result<Turn, String> {
        let said = |error: &dyn std::fmt::Display| format!("the history: {error}");
        let mut turn = match &self.history {
            None => Turn::default(),
            Some(Value::String(name)) => {
                let file: PathBuf = path.parent().unwrap_or(Path::new(".")).join(name);
                let text = fs::read_to_string(&file).map_err(|error| said(&error))?;
                Turn::from_yaml(&text).map_err(|error| said(&error))?
            }
            Some(turn) => Turn::from_json(&turn.to_string()).map_err(|error| said(&error))?,
        };
        let mut extra = self.extra.clone();
        if let Some(n) = self.n {
            extra.insert("n".to_owned(), n.into());
        }
        if !extra.is_empty() {
            let key = match self.wire {
                Wire::Chat | Wire::Responses => {
                    geppetto_providers_openai::keys::OPENAI_INFERENCE_CONFIG
                }
                Wire::Gemini => geppetto_providers_gemini::keys::GEMINI_INFERENCE_CONFIG,
                Wire::Messages => geppetto_providers_anthropic::keys::CLAUDE_INFERENCE_CONFIG,
            };
            let set = turn.data.set(&key, &Value::Object(extra));
            set.map_err(|error| said(&error))?;
        }
        if let Some(output) = &self.structured_output {
            let set = turn.data.set(&keys::STRUCTURED_OUTPUT, output);
            set.map_err(|error| said(&error))?;
        }
        Ok(turn)
    }

    /// Returns `true` if requests must be acceptable to the provider.
    pub(super) fn is_strict(&self) -> bool {
        self.strict
            .unwrap_or(self.dialect.is_none() || self.wire == Wire::Gemini)
    }

    /// Returns the path of the dialect's URL, which tells Google's servers apart.
    pub(super) fn path(&self) -> &str {
        let url = self.dialect.as_deref().unwrap_or_default();
        let (_, address) = url.split_once("://").unwrap_or(("", url));
        let start = address.find('/').unwrap_or(address.len());
        address.get(start..).unwrap_or_default()
    }
}

impl Prompt {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Cancelled(Cancelled { text, .. }) => text,
        }
    }

    pub(super) fn cancel_at(&self) -> Option<&str> {
        match self {
            Self::Text(_) => None,
            Self::Cancelled(cancelled) => Some(&cancelled.cancel_at),
        }
    }
}

fn model() -> String {
    "test-model".to_owned()
}

fn yes() -> bool {
    true
}

fn ok() -> u16 {
    200
}

fn prompts() -> Vec<Prompt> {
    vec![Prompt::Text("Hi".to_owned())]
}
