//! [`Tools`]: the tools of one run.

use geppetto_engine::{ClientTools, ConfigError, EngineError, ToolConfig};
use geppetto_toolloop::{ExternalTool, RegistryError, ToolRegistry};

/// The tools of one run: those of the builder, and those of the client that requested it.
pub(crate) struct Tools {
    /// `None` for a run without tools.
    pub(crate) registry: Option<ToolRegistry>,
    pub(crate) config: Option<ToolConfig>,
}

impl Tools {
    pub(crate) fn of(
        own: Option<&ToolRegistry>,
        config: Option<&ToolConfig>,
        client: Option<&ClientTools>,
    ) -> Result<Self, EngineError> {
        let mut tools = Self {
            registry: own.cloned(),
            config: config.cloned(),
        };
        let Some(client) = client else {
            return Ok(tools);
        };
        if !client.definitions.is_empty() {
            let mut registry = tools.registry.unwrap_or_default();
            for definition in &client.definitions {
                let added = registry.register(ExternalTool::new(definition.clone()));
                added.map_err(refused)?;
            }
            tools.registry = Some(registry);
        }
        if let Some(choice) = &client.choice {
            let config = tools.config.get_or_insert_default();
            config.tool_choice = choice.clone();
        }
        Ok(tools)
    }
}

fn refused(error: RegistryError) -> EngineError {
    match error {
        RegistryError::Invalid(error) => error.into(),
        error => ConfigError::new("client tools", error.to_string()).into(),
    }
}
