//! [`RunSettings`]: settings of one run.

use geppetto_turns::Turn;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ConfigError, InferenceConfig, StructuredOutput, keys};

#[cfg(test)]
mod tests;

/// Settings of one run, which do not outlive it.
///
/// A runner writes them to the data of the turn ([`keys::INFERENCE_CONFIG`],
/// [`keys::STRUCTURED_OUTPUT`]) for the duration of each engine call, below the middleware, and
/// restores the previous values afterwards. Engines read the turn's data as usual; history,
/// snapshots, journal and store never contain the settings there. They are recorded in the turn's
/// metadata ([`keys::RUN_SETTINGS`]), so that an interrupted run can continue with the same model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunSettings {
    /// Model, sampling, limits and reasoning. Each value that is set takes precedence over the
    /// turn's.
    pub inference: InferenceConfig,
    /// Structured output, which replaces the turn's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<StructuredOutput>,
}

impl RunSettings {
    /// Creates empty settings: those of the turn and the engine apply.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets model, sampling, limits and reasoning.
    #[must_use]
    pub fn with_inference(mut self, inference: InferenceConfig) -> Self {
        self.inference = inference;
        self
    }

    /// Sets the structured output.
    #[must_use]
    pub fn with_output(mut self, output: StructuredOutput) -> Self {
        self.output = Some(output);
        self
    }

    /// Returns `true` if nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns these settings, with `defaults` for absent ones.
    #[must_use]
    pub fn or(self, defaults: &Self) -> Self {
        Self {
            inference: self.inference.or(&defaults.inference),
            output: self.output.or_else(|| defaults.output.clone()),
        }
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// If a setting is invalid. The error names the first one; see [`InferenceConfig::validate`]
    /// and [`StructuredOutput::validate`].
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.inference.validate()?;
        self.output
            .as_ref()
            .map_or(Ok(()), StructuredOutput::validate)
    }

    /// Writes the settings to the data of the turn.
    pub(crate) fn apply(&self, turn: &mut Turn) -> Result<Applied, ConfigError> {
        let mut applied = Applied::default();
        if self.inference != InferenceConfig::default() {
            let merged = self.inference.clone().or(&inference_of(turn)?);
            applied.write(turn, keys::INFERENCE_CONFIG.id(), &merged)?;
        }
        if let Some(output) = &self.output {
            applied.write(turn, keys::STRUCTURED_OUTPUT.id(), output)?;
        }
        Ok(applied)
    }
}

fn inference_of(turn: &Turn) -> Result<InferenceConfig, ConfigError> {
    let own = turn.data.get(&keys::INFERENCE_CONFIG);
    let own = own.map_err(|error| ConfigError::new("inference", error.to_string()))?;
    Ok(own.unwrap_or_default())
}

/// Values written to the data of a turn for the duration of a call, and the previous ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Applied(Vec<Written>);

#[derive(Debug, Clone)]
struct Written {
    key: &'static str,
    before: Option<Value>,
    now: Value,
}

impl Applied {
    /// Removes the model from the data of the turn, for a call of an engine other than the one it
    /// was intended for.
    pub(crate) fn without_model(turn: &mut Turn) -> Result<Self, ConfigError> {
        let mut applied = Self::default();
        let mut inference = inference_of(turn)?;
        if inference.model.take().is_some() {
            applied.write(turn, keys::INFERENCE_CONFIG.id(), &inference)?;
        }
        Ok(applied)
    }

    fn write(
        &mut self,
        turn: &mut Turn,
        key: &'static str,
        value: &impl Serialize,
    ) -> Result<(), ConfigError> {
        let now = serde_json::to_value(value);
        let now = now.map_err(|error| ConfigError::new(key, error.to_string()))?;
        let before = turn.data.raw(key).cloned();
        turn.data.set_raw(key, now.clone());
        self.0.push(Written { key, before, now });
        Ok(())
    }

    /// Restores the previous values. Values that were changed in the meantime are kept.
    pub(crate) fn undo(&self, turn: &mut Turn) {
        for written in &self.0 {
            if turn.data.raw(written.key) != Some(&written.now) {
                continue;
            }
            if let Some(before) = &written.before {
                turn.data.set_raw(written.key, before.clone());
            } else {
                turn.data.remove_raw(written.key);
            }
        }
    }
}
