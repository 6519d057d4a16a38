//! [`StructuredOutput`].

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ConfigError;

/// The shape that the model's answer must have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StructuredOutput {
    /// `json_schema`, or `off`.
    pub mode: String,
    /// The schema's name, of letters, digits, `_` and `-`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What the answer is for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The JSON schema: an object.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub schema: Value,
    /// Whether the provider must hold the model to the schema. True by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
    /// Whether a configuration that cannot work is an error instead of ignored.
    #[serde(skip_serializing_if = "std::ops::Not::not", alias = "requirevalid")]
    pub require_valid: bool,
}

impl Default for StructuredOutput {
    fn default() -> Self {
        Self {
            mode: "off".to_owned(),
            name: String::new(),
            description: String::new(),
            schema: Value::Null,
            strict: None,
            require_valid: false,
        }
    }
}

impl StructuredOutput {
    /// An answer that fits `schema`.
    pub fn json_schema(name: impl Into<String>, schema: Value) -> Self {
        Self {
            mode: "json_schema".to_owned(),
            name: name.into(),
            schema,
            require_valid: true,
            ..Self::default()
        }
    }

    /// Whether a shape is asked for.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.mode == "json_schema"
    }

    /// Whether the provider must hold the model to the schema.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.strict.unwrap_or(true)
    }

    /// Checks the configuration.
    ///
    /// # Errors
    ///
    /// When the mode is not known, or a name or schema is missing or malformed.
    pub fn validate(&self) -> Result<(), ConfigError> {
        match self.mode.as_str() {
            "off" | "" => return Ok(()),
            "json_schema" => {}
            other => {
                let message = format!("is `{other}`; allowed are `json_schema` and `off`");
                return Err(ConfigError::new("structured_output.mode", message));
            }
        }
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
