//! Tool configuration: tool choice, limits, retries and definitions.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use super::{ConfigError, duration};
use crate::schema;

/// Tools that the model may or must call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ToolChoice {
    /// The model decides.
    #[default]
    Auto,
    /// The model must not call a tool.
    None,
    /// The model must call a tool.
    Required,
    /// The model must call this tool.
    Tool(String),
}

impl Serialize for ToolChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::None => serializer.serialize_str("none"),
            Self::Required => serializer.serialize_str("required"),
            Self::Tool(name) => {
                serde_json::json!({"type": "tool", "name": name}).serialize(serializer)
            }
        }
    }
}

impl<'de> Deserialize<'de> for ToolChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match (value.as_str(), value.get("name").and_then(Value::as_str)) {
            (Some("auto" | ""), _) => Ok(Self::Auto),
            (Some("none"), _) => Ok(Self::None),
            (Some("required"), _) => Ok(Self::Required),
            (_, Some(name)) => Ok(Self::Tool(name.to_owned())),
            _ => Err(de::Error::custom(format_args!(
                "tool_choice is {value}; allowed are `auto`, `none`, `required` and \
                 {{\"type\": \"tool\", \"name\": ...}}"
            ))),
        }
    }
}

/// Handling of a failed tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ToolErrorHandling {
    /// The model receives the error and the run continues.
    #[default]
    Continue,
    /// The run ends with an error.
    Abort,
    /// The tool is retried; if all retries fail, the model receives the error.
    Retry,
}

/// Retries of a failed tool.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RetryConfig {
    /// Maximum number of retries after the first attempt. 2 by default.
    pub max_retries: u32,
    /// Delay before the first retry. 1 s by default.
    #[serde(with = "duration")]
    pub backoff_base: Duration,
    /// Factor by which the delay grows with each retry. 2 by default.
    pub backoff_factor: f64,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            max_retries: 2,
            backoff_base: Duration::from_secs(1),
            backoff_factor: 2.0,
        }
    }
}

impl RetryConfig {
    /// Returns the delay before retry number `retry`, starting at 0.
    #[must_use]
    pub fn delay(&self, retry: u32) -> Duration {
        let factor = self
            .backoff_factor
            .max(0.0)
            .powi(i32::try_from(retry).unwrap_or(i32::MAX));
        Duration::try_from_secs_f64(self.backoff_base.as_secs_f64() * factor)
            .unwrap_or(Duration::MAX)
            .min(Duration::from_secs(3600))
    }
}

/// Tool configuration of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolConfig {
    /// Offer tools to the model. `true` by default.
    pub enabled: bool,
    /// Tools that the model may or must call.
    pub tool_choice: ToolChoice,
    /// Maximum number of iterations (a provider call and its tools) of a run. 20 by default.
    pub max_iterations: u32,
    /// Call the model once more, without tools, when a run reaches `max_iterations`, `max_tool_calls` or
    /// `max_identical_calls`, for an answer from the results so far. The run ends at the limit in either case. `false` by default, so
    /// that a run never makes more provider calls than `max_iterations` allows.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub final_answer: bool,
    /// Time limit of one tool execution. 30 s by default.
    #[serde(with = "duration")]
    pub execution_timeout: Duration,
    /// Maximum number of tools that run in parallel. 3 by default.
    pub max_parallel_tools: u32,
    /// Handling of a failed tool.
    pub tool_error_handling: ToolErrorHandling,
    /// Retries of a failed tool.
    pub retry_config: RetryConfig,
    /// Maximum number of tool calls of a run; 0 allows none. No limit by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tool_calls: Option<u32>,
    /// Maximum number of consecutive replies with the same tool calls and arguments; at least 1. A further one ends
    /// the run before its tools run: the model repeats itself. Calls of tools that poll do not count. No limit by default;
    /// 3 is usual.
    ///
    /// Reports: <https://github.com/anomalyco/opencode/issues/45442>,
    /// <https://github.com/anthropics/claude-code/issues/30150>.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_identical_calls: Option<u32>,
    /// Maximum number of tokens of a run, prompt and output of all calls together; at least 1. No
    /// limit by default.
    ///
    /// If a provider does not report token usage, it is estimated at one token per four bytes of
    /// prompt and output, and an `info` event reports the estimate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_total_tokens: Option<u64>,
}

impl Default for ToolConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            tool_choice: ToolChoice::Auto,
            max_iterations: 20,
            final_answer: false,
            execution_timeout: Duration::from_secs(30),
            max_parallel_tools: 3,
            tool_error_handling: ToolErrorHandling::Continue,
            retry_config: RetryConfig::default(),
            max_tool_calls: None,
            max_identical_calls: None,
            max_total_tokens: None,
        }
    }
}

impl ToolConfig {
    /// Creates a configuration with the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the maximum number of iterations of a run.
    #[must_use]
    pub fn with_max_iterations(mut self, rounds: u32) -> Self {
        self.max_iterations = rounds;
        self
    }

    /// Sets whether a run that reaches a limit of iterations or tool calls calls the model once more,
    /// without tools, for a final answer.
    #[must_use]
    pub fn with_final_answer(mut self, wanted: bool) -> Self {
        self.final_answer = wanted;
        self
    }

    /// Sets the maximum number of consecutive replies with the same tool calls.
    #[must_use]
    pub fn with_max_identical_calls(mut self, replies: impl Into<Option<u32>>) -> Self {
        self.max_identical_calls = replies.into();
        self
    }

    /// Sets the time limit of one tool execution.
    #[must_use]
    pub fn with_execution_timeout(mut self, limit: Duration) -> Self {
        self.execution_timeout = limit;
        self
    }

    /// Sets whether the model may, must or must not call tools.
    #[must_use]
    pub fn with_tool_choice(mut self, choice: ToolChoice) -> Self {
        self.tool_choice = choice;
        self
    }

    /// Sets the handling of a failed tool.
    #[must_use]
    pub fn with_tool_error_handling(mut self, handling: ToolErrorHandling) -> Self {
        self.tool_error_handling = handling;
        self
    }
}

impl ToolConfig {
    /// Checks the values.
    ///
    /// # Errors
    ///
    /// If a setting is invalid. The error names the first one, and the permitted values.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let at_least_one = |name, value: u32| {
            if value == 0 {
                return Err(ConfigError::new(name, "is 0; allowed is 1 and more"));
            }
            Ok(())
        };
        at_least_one("max_iterations", self.max_iterations)?;
        at_least_one("max_parallel_tools", self.max_parallel_tools)?;
        at_least_one("max_identical_calls", self.max_identical_calls.unwrap_or(1))?;
        if self.max_total_tokens == Some(0) {
            return Err(ConfigError::new(
                "max_total_tokens",
                "is 0; allowed is 1 and more, or none for no limit",
            ));
        }
        if self.execution_timeout.is_zero() {
            return Err(ConfigError::new(
                "execution_timeout",
                "is 0; allowed is more than that, such as `30s`",
            ));
        }
        if self.retry_config.backoff_factor.is_nan() || self.retry_config.backoff_factor < 0.0 {
            return Err(ConfigError::new(
                "retry_config.backoff_factor",
                format!(
                    "is {}; allowed is 0 and more",
                    self.retry_config.backoff_factor
                ),
            ));
        }
        Ok(())
    }
}

/// Maximum length of a tool's name, in characters.
const LONGEST_NAME: usize = 256;

/// Definition of a tool, as sent to the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolDefinition {
    /// Name: 1 to 256 characters, without control characters. Engines translate names that a server
    /// does not accept in requests and replies (1 to 64 letters, digits, `_` and `-` are always sent
    /// as they are).
    pub name: String,
    /// Description of the tool, for the model.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// JSON schema of the arguments, which are an object. Arguments are validated against this
    /// schema as it is; the provider receives [`sent_parameters`](Self::sent_parameters).
    #[serde(default)]
    pub parameters: Value,
    /// Require the provider to enforce the schema, if supported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

impl ToolDefinition {
    /// Creates a definition with the JSON schema of the arguments.
    pub fn new(name: impl Into<String>, description: impl Into<String>, parameters: Value) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            parameters,
            strict: None,
        }
    }

    /// Sets whether the provider must enforce the schema, if supported.
    #[must_use]
    pub fn with_strict(mut self, strict: bool) -> Self {
        self.strict = Some(strict);
        self
    }

    /// Returns `true` if the provider must enforce the schema. `false` by default.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.strict == Some(true)
    }

    /// Returns the schema of the arguments in the form in which it is sent: in the form of
    /// [`schema::strict`] for a strict tool, otherwise of [`schema::lenient`].
    ///
    /// # Errors
    ///
    /// If the schema cannot take that form. The error names the part.
    pub fn sent_parameters(&self) -> Result<Value, ConfigError> {
        let sent = if self.is_strict() {
            schema::strict(&self.parameters)
        } else {
            schema::lenient(&self.parameters)
        };
        sent.map_err(|error| {
            ConfigError::new("parameters", format!("of tool `{}` {error}", self.name))
        })
    }

    /// Validates name and schema.
    ///
    /// # Errors
    ///
    /// If the name is not valid, or the schema cannot be sent
    /// ([`sent_parameters`](Self::sent_parameters)).
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.check_name()?;
        self.sent_parameters().map(drop)
    }

    /// Returns the definition in the form in which it is sent.
    ///
    /// # Errors
    ///
    /// The errors of [`validate`](Self::validate).
    pub fn into_sent(mut self) -> Result<Self, ConfigError> {
        self.check_name()?;
        self.parameters = self.sent_parameters()?;
        Ok(self)
    }

    fn check_name(&self) -> Result<(), ConfigError> {
        let is_long = self.name.chars().nth(LONGEST_NAME).is_some();
        if self.name.trim().is_empty() || is_long || self.name.chars().any(char::is_control) {
            let message = format!(
                "is {:?}; allowed are 1 to {LONGEST_NAME} characters, without control characters",
                self.name
            );
            return Err(ConfigError::new("tool name", message));
        }
        Ok(())
    }
}
