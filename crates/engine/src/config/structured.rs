//! [`StructuredOutput`]: the JSON schema of an answer.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ConfigError;
use crate::schema;

/// The form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OutputMode {
    /// Any text.
    #[default]
    #[serde(alias = "")]
    Off,
    /// JSON that matches the schema.
    JsonSchema,
}

/// Structured output: the JSON schema of the model's answer.
///
/// With the feature `schemars` (enabled by `geppetto-toolloop`), [`of`](Self::of) derives the
/// schema from a Rust type, and [`Turn::reply_as`](geppetto_turns::Turn::reply_as) deserializes the
/// answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StructuredOutput {
    /// `json_schema`, or `off`.
    pub mode: OutputMode,
    /// Name of the schema: 1 to 64 letters, digits, `_` and `-`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Description of the answer, for the model.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// JSON schema of the answer.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub schema: Value,
    /// Require the provider to enforce the schema. `true` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
    /// Return an error for an invalid configuration instead of ignoring it.
    #[serde(skip_serializing_if = "std::ops::Not::not", alias = "requirevalid")]
    pub require_valid: bool,
    /// Maximum number of retries in a run for an answer that violates the schema. 0 by default: the
    /// run ends with the invalid answer.
    #[serde(skip_serializing_if = "is_zero")]
    pub retries: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde wants"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl StructuredOutput {
    /// Creates the configuration for an answer that matches `schema`.
    ///
    /// Strict unless disabled with [`with_strict`](Self::with_strict): the schema is then sent in
    /// the form returned by [`schema::strict`].
    pub fn json_schema(name: impl Into<String>, schema: Value) -> Self {
        Self {
            mode: OutputMode::JsonSchema,
            name: name.into(),
            schema,
            require_valid: true,
            ..Self::default()
        }
    }

    /// Creates the configuration for an answer that deserializes to `T`. The name is that of the
    /// type; the description is its doc comment.
    ///
    /// Servers accept only objects: the schema of any other type (a list, a number, an enum) is
    /// wrapped in one, under [`schema::WRAPPER`];
    /// [`Turn::reply_as`](geppetto_turns::Turn::reply_as) unwraps it.
    ///
    /// ```
    /// use geppetto_engine::StructuredOutput;
    /// use schemars::JsonSchema;
    ///
    /// #[derive(JsonSchema)]
    /// struct Weather {
    ///     city: String,
    ///     /// In degrees Celsius.
    ///     temperature: Option<f64>,
    /// }
    ///
    /// let output = StructuredOutput::of::<Weather>();
    /// assert_eq!(output.name, "Weather");
    /// // Sent as strict mode wants it: every property is required, and may be null.
    /// assert_eq!(output.sent_schema()?["required"][1], "temperature");
    /// # Ok::<(), geppetto_engine::ConfigError>(())
    /// ```
    #[cfg(feature = "schemars")]
    #[must_use]
    pub fn of<T: schemars::JsonSchema + ?Sized>() -> Self {
        let mut schema = schema::of_type::<T>();
        let description = schema.get("description").and_then(Value::as_str);
        let description = description.unwrap_or_default().to_owned();
        if let Some(root) = schema.as_object_mut() {
            root.remove("description");
        }
        if !schema::is_object(&schema) {
            schema = schema::wrapped(schema);
        }
        Self::json_schema(schema::name_of::<T>(), schema).with_description(description)
    }

    /// Sets the description of the answer.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets whether the provider must enforce the schema.
    #[must_use]
    pub fn with_strict(mut self, strict: bool) -> Self {
        self.strict = Some(strict);
        self
    }

    /// Sets whether an invalid configuration is an error rather than ignored.
    #[must_use]
    pub fn with_require_valid(mut self, require_valid: bool) -> Self {
        self.require_valid = require_valid;
        self
    }

    /// Sets the maximum number of retries in a run for an answer that violates the schema, is not
    /// JSON, or is missing. 0 by default.
    ///
    /// A retry appends a user block with the validation error to the turn, after the answer. It is
    /// an ordinary provider call: its tokens count, and the limits of the run and the session
    /// apply. The earlier answer is announced as discarded. A refusal, or an answer truncated by a
    /// limit, is not retried. If no answer is valid, the run ends with the last one;
    /// [`read_answer`](Self::read_answer) returns the error.
    #[must_use]
    pub fn with_retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Returns `true` if structured output is enabled.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.mode == OutputMode::JsonSchema
    }

    /// Returns `true` if the provider must enforce the schema.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.strict.unwrap_or(true)
    }

    /// Returns the schema in the form in which it is sent.
    ///
    /// # Errors
    ///
    /// If the schema cannot be made strict. The error names the part.
    pub fn sent_schema(&self) -> Result<Value, ConfigError> {
        if !self.is_strict() {
            return Ok(schema::lenient_answer(&self.schema));
        }
        schema::strict(&self.schema).map_err(|error| {
            let message = format!("of the answer `{}` {error}", self.name);
            ConfigError::new("structured_output.schema", message)
        })
    }

    /// Checks the configuration.
    ///
    /// # Errors
    ///
    /// If the name or the schema is missing or malformed, or the schema cannot be made strict.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.is_on() {
            self.check()?;
            self.sent_schema()?;
        }
        Ok(())
    }

    /// Returns the configuration in the form in which it is sent.
    ///
    /// # Errors
    ///
    /// The errors of [`validate`](Self::validate).
    pub fn into_sent(mut self) -> Result<Self, ConfigError> {
        if self.is_on() {
            self.check()?;
            self.schema = self.sent_schema()?;
        }
        Ok(self)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let letters = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if self.name.is_empty() || self.name.len() > 64 || !self.name.chars().all(letters) {
            let message = format!(
                "is `{}`; allowed are 1 to 64 letters, digits, `_` and `-`",
                self.name
            );
            return Err(ConfigError::new("structured_output.name", message));
        }
        if !self.schema.is_object() {
            return Err(ConfigError::new(
                "structured_output.schema",
                "must be a JSON schema, which is an object",
            ));
        }
        Ok(())
    }
}
