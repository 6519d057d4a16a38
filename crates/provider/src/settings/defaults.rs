//! [`Defaults`]: what an engine adds to the settings of a turn, besides sampling.

use std::borrow::Cow;

use geppetto_engine::{ConfigError, EngineError, StructuredOutput, keys};
use geppetto_turns::Turn;
use serde_json::{Map, Value};

use super::{Settings, reserved, sent};
use crate::Wire;

/// What an engine adds to the settings of a turn, besides sampling.
#[derive(Debug, Clone, Default)]
pub(crate) struct Defaults {
    pub(crate) output: Option<StructuredOutput>,
    pub(crate) fields: Map<String, Value>,
    pub(crate) not_sent: Vec<(&'static str, Cow<'static, str>)>,
}

impl Defaults {
    /// Checks the defaults when an engine is built.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` that names the setting.
    pub(crate) fn check<W: Wire>(&self) -> Result<(), EngineError> {
        if W::PASSED_THROUGH.is_none() && !self.fields.is_empty() {
            return Err(ConfigError::new(FIELDS, "this wire passes no fields through").into());
        }
        reserved(FIELDS, &self.fields, W::RESERVED)?;
        match &self.output {
            Some(output) if output.require_valid => Ok(output.clone().into_sent().map(drop)?),
            _ => Ok(()),
        }
    }

    /// Adds what the turn does not set.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` if the structured output is invalid.
    pub(crate) fn add_to(&self, settings: &mut Settings, turn: &Turn) -> Result<(), EngineError> {
        let is_set = turn.data.contains(&keys::STRUCTURED_OUTPUT);
        if !is_set && let Some(output) = &self.output {
            settings.output = sent(output.clone(), &mut settings.unsent)?;
        }
        for (name, value) in &self.fields {
            if !settings.extra.contains_key(name) {
                settings.extra.insert(name.clone(), value.clone());
            }
        }
        for (setting, why) in &self.not_sent {
            settings.unsent.add(setting, why.clone());
        }
        Ok(())
    }
}

/// The name of passed-through fields in errors.
const FIELDS: &str = "request_fields";
