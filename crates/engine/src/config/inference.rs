//! [`InferenceConfig`]: model, sampling, limits and reasoning.

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// Sampling, limits and reasoning of an inference. Absent values default to the engine's, then to
/// the provider's.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct InferenceConfig {
    /// Model, if different from the engine's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Sampling temperature, from 0 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling: the probability mass to sample from, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Output limit in tokens, at least 1. If a server refuses it and names the limit of its model, that one is requested
    /// instead, with an `info` event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_response_tokens: Option<u64>,
    /// Stop sequences. An empty list clears the engine's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Vec<String>>,
    /// Sampling seed, if the provider supports one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Reasoning effort: `minimal`, `low`, `medium`, `high` or another value that the provider
    /// supports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<String>,
    /// Reasoning summary: `auto`, `concise`, `detailed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_summary: Option<String>,
    /// Reasoning limit in tokens, if the provider supports one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_budget: Option<u64>,
    /// Thinking mode, if the provider supports one: `enabled`, `disabled`, `adaptive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_type: Option<String>,
}

impl InferenceConfig {
    /// Creates an empty configuration.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the model, which replaces the engine's.
    #[must_use]
    pub fn with_model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Sets the sampling temperature, from 0 to 2.
    #[must_use]
    pub fn with_temperature(mut self, temperature: f64) -> Self {
        self.temperature = Some(temperature);
        self
    }

    /// Sets nucleus sampling: the probability mass to sample from, from 0 to 1.
    #[must_use]
    pub fn with_top_p(mut self, top_p: f64) -> Self {
        self.top_p = Some(top_p);
        self
    }

    /// Sets the output limit in tokens, at least 1.
    #[must_use]
    pub fn with_max_response_tokens(mut self, tokens: u64) -> Self {
        self.max_response_tokens = Some(tokens);
        self
    }

    /// Sets the stop sequences. An empty list clears the engine's.
    #[must_use]
    pub fn with_stop<S: Into<String>>(mut self, stop: impl IntoIterator<Item = S>) -> Self {
        self.stop = Some(stop.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn with_seed(mut self, seed: i64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Sets the reasoning effort.
    #[must_use]
    pub fn with_reasoning_effort(mut self, effort: impl Into<String>) -> Self {
        self.reasoning_effort = Some(effort.into());
        self
    }

    /// Sets the reasoning summary.
    #[must_use]
    pub fn with_reasoning_summary(mut self, summary: impl Into<String>) -> Self {
        self.reasoning_summary = Some(summary.into());
        self
    }

    /// Sets the reasoning limit in tokens.
    #[must_use]
    pub fn with_thinking_budget(mut self, tokens: u64) -> Self {
        self.thinking_budget = Some(tokens);
        self
    }

    /// Sets the thinking mode: `enabled`, `disabled`, `adaptive`.
    #[must_use]
    pub fn with_thinking_type(mut self, thinking: impl Into<String>) -> Self {
        self.thinking_type = Some(thinking.into());
        self
    }

    /// Returns these values, with `defaults` for absent ones.
    #[must_use]
    pub fn or(self, defaults: &Self) -> Self {
        let d = defaults.clone();
        Self {
            model: self.model.or(d.model),
            temperature: self.temperature.or(d.temperature),
            top_p: self.top_p.or(d.top_p),
            max_response_tokens: self.max_response_tokens.or(d.max_response_tokens),
            stop: self.stop.or(d.stop),
            seed: self.seed.or(d.seed),
            reasoning_effort: self.reasoning_effort.or(d.reasoning_effort),
            reasoning_summary: self.reasoning_summary.or(d.reasoning_summary),
            thinking_budget: self.thinking_budget.or(d.thinking_budget),
            thinking_type: self.thinking_type.or(d.thinking_type),
        }
    }

    /// Checks the values against the ranges accepted by all providers.
    ///
    /// # Errors
    ///
    /// If a value is out of range. The error names the first such setting, and the range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let range = |name, value: Option<f64>, max: f64| match value {
            Some(value) if !(0.0..=max).contains(&value) => Err(ConfigError::new(
                name,
                format!("is {value}; allowed is 0 to {max}"),
            )),
            _ => Ok(()),
        };
        if self
            .model
            .as_ref()
            .is_some_and(|model| model.trim().is_empty())
        {
            let problem = "is blank; name a model, or leave it unset to use the engine's";
            return Err(ConfigError::new("model", problem));
        }
        range("temperature", self.temperature, 2.0)?;
        range("top_p", self.top_p, 1.0)?;
        if self.max_response_tokens == Some(0) {
            return Err(ConfigError::new(
                "max_response_tokens",
                "is 0; allowed is 1 and more",
            ));
        }
        Ok(())
    }
}
