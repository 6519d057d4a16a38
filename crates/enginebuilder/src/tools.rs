//! [`Tools`]: the tools of one run.

use geppetto_engine::{ClientTools, ConfigError, EngineError, ToolChoice, ToolConfig};
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
            tools.check(choice)?;
            let config = tools.config.get_or_insert_default();
            config.tool_choice = choice.clone();
        }
        Ok(tools)
    }
}

impl Tools {
    /// Refuses a choice of a tool that does not exist.
    fn check(&self, choice: &ToolChoice) -> Result<(), ConfigError> {
        let ToolChoice::Tool(name) = choice else {
            return Ok(());
        };
        let registry = self.registry.as_ref();
        if registry.is_some_and(|own| own.get(name).is_some()) {
            return Ok(());
        }
        let known: Vec<&str> = registry.iter().flat_map(|own| own.names()).collect();
        let message = format!("names `{name}`; there are: {}", known.join(", "));
        Err(ConfigError::new("tool_choice", message))
    }
}

fn refused(error: RegistryError) -> EngineError {
    match error {
        RegistryError::Invalid(error) => error.into(),
        error => ConfigError::new("client tools", error.to_string()).into(),
    }
}
