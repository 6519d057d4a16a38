//! Run configuration in the data of the turn.

use geppetto_engine::{ConfigError, EngineError, ErrorKind, ToolChoice, ToolConfig, keys};
use geppetto_turns::{KeyError, Turn};
use serde_json::Value;

use super::ToolLoop;
use crate::ToolRegistry;

/// Determines the tool configuration and the available tools, and writes both to the data of the
/// turn unless they are already there.
///
/// A previous value was written by an earlier run or by another program: it is replaced and has no
/// effect.
pub(super) fn prepare(
    tool_loop: &ToolLoop,
    turn: &mut Turn,
) -> Result<(ToolConfig, ToolRegistry), EngineError> {
    let config = tool_loop.config.clone().unwrap_or_default();
    config.validate()?;
    if let ToolChoice::Tool(name) = &config.tool_choice
        && config.enabled
        && tool_loop.registry.get(name).is_none()
    {
        let known: Vec<&str> = tool_loop.registry.names().collect();
        let message = format!("names `{name}`; there are: {}", known.join(", "));
        return Err(ConfigError::new("tool_choice", message).into());
    }
    let registry = if config.enabled {
        tool_loop.registry.clone()
    } else {
        ToolRegistry::new()
    };
    let written = turn.data.set(&keys::TOOL_CONFIG, &config);
    written.map_err(|error| malformed(&error))?;
    if registry.is_empty() {
        turn.data.remove(&keys::TOOL_DEFINITIONS);
    } else {
        let definitions = registry.definitions();
        let written = turn.data.set(&keys::TOOL_DEFINITIONS, &definitions);
        written.map_err(|error| malformed(&error))?;
    }
    Ok((config, registry))
}

/// Configuration in the data of the turn for one provider call, and the previous one.
pub(super) struct Override {
    configured: Value,
    other: Value,
}

impl Override {
    /// Stops forcing the model to call tools after the first call: otherwise it would call tools
    /// forever. `None` if calls are not forced.
    pub(super) fn relaxed(
        config: &ToolConfig,
        turn: &mut Turn,
    ) -> Result<Option<Self>, EngineError> {
        match config.tool_choice {
            ToolChoice::Required | ToolChoice::Tool(_) => {
                let mut relaxed = config.clone();
                relaxed.tool_choice = ToolChoice::Auto;
                Self::set(&relaxed, turn)
            }
            _ => Ok(None),
        }
    }

    /// Offers no tools.
    pub(super) fn without_tools(
        config: &ToolConfig,
        turn: &mut Turn,
    ) -> Result<Option<Self>, EngineError> {
        let mut without = config.clone();
        without.enabled = false;
        without.tool_choice = ToolChoice::None;
        Self::set(&without, turn)
    }

    fn set(config: &ToolConfig, turn: &mut Turn) -> Result<Option<Self>, EngineError> {
        let id = keys::TOOL_CONFIG.id();
        let Some(configured) = turn.data.raw(id).cloned() else {
            return Ok(None);
        };
        let written = turn.data.set(&keys::TOOL_CONFIG, config);
        written.map_err(|error| malformed(&error))?;
        let other = turn.data.raw(id).cloned().unwrap_or_default();
        Ok(Some(Self { configured, other }))
    }

    /// Restores the configuration.
    pub(super) fn undo(self, turn: &mut Turn) {
        let id = keys::TOOL_CONFIG.id();
        // If a middleware has set another one in the meantime, that one stays.
        if turn.data.raw(id) == Some(&self.other) {
            turn.data.set_raw(id, self.configured);
        }
    }
}

fn malformed(error: &KeyError) -> EngineError {
    EngineError::new(ErrorKind::Configuration, error.to_string())
}
