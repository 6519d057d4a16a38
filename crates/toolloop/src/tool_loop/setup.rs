//! What a run writes into the turn's data before it begins.

use geppetto_engine::{ConfigError, EngineError, ErrorKind, ToolChoice, ToolConfig, keys};
use geppetto_turns::{KeyError, Turn};

use super::ToolLoop;
use crate::ToolRegistry;

/// Settles how tools are run and which there are, and writes both into the turn's data where it
/// does not say so already.
pub(super) fn prepare(
    tool_loop: &ToolLoop,
    turn: &mut Turn,
) -> Result<(ToolConfig, ToolRegistry), EngineError> {
    let config = match &tool_loop.config {
        Some(config) => config.clone(),
        None => turn
            .data
            .get(&keys::TOOL_CONFIG)
            .map_err(|error| malformed(&error))?
            .unwrap_or_default(),
    };
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

/// What the model is told once it has called a tool as it was made to: forced on, it would call
/// tools for ever.
pub(super) fn relaxed(config: &ToolConfig) -> Option<ToolConfig> {
    match config.tool_choice {
        ToolChoice::Required | ToolChoice::Tool(_) => {
            let mut relaxed = config.clone();
            relaxed.tool_choice = ToolChoice::Auto;
            Some(relaxed)
        }
        _ => None,
    }
}

pub(super) fn malformed(error: &KeyError) -> EngineError {
    EngineError::new(ErrorKind::Configuration, error.to_string())
}
