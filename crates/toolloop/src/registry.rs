//! [`ToolRegistry`]: the tools of a run.

use std::{collections::BTreeMap, fmt, sync::Arc};

use geppetto_engine::{ConfigError, Extensions, ToolCatalog, ToolDefinition};
use geppetto_turns::Args;

use crate::{Tool, ToolTraits, executor::mask_arguments};

#[cfg(test)]
mod tests;

/// The tools of a run, sorted by name, and their shared state. Cheap to clone.
#[derive(Clone, Default)]
pub struct ToolRegistry {
    tools: Arc<BTreeMap<String, Registered>>,
    state: Extensions,
}

#[derive(Clone)]
struct Registered {
    tool: Arc<dyn Tool>,
    traits: ToolTraits,
    secret_args: Vec<String>,
}

/// Error of a registry: a tool cannot be registered, or does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// A tool of this name is already registered.
    #[error("a tool named `{name}` is registered already; remove it first, or rename one")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// Providers do not accept the name or the schema.
    #[error("the tool cannot be registered: {0}")]
    Invalid(ConfigError),
    /// The tool requires a [`State`](crate::State) that the registry does not have.
    #[error(
        "the tool `{name}` takes `State<{state}>`, and the registry has no state of this type; \
         call `with_state` with a value of it before the tool is registered"
    )]
    MissingState {
        /// The tool's name.
        name: String,
        /// Name of the type.
        state: &'static str,
    },
    /// No tool has this name.
    #[error("no tool is named `{name}`; there are: {}", known.join(", "))]
    Missing {
        /// The name.
        name: String,
        /// Registered names.
        known: Vec<String>,
    },
}

/// Not kept as a source: the message includes it, and a report of the chain would print it twice.
impl From<ConfigError> for RegistryError {
    fn from(error: ConfigError) -> Self {
        Self::Invalid(error)
    }
}

impl ToolRegistry {
    /// Creates an empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns an empty registry.
    ///
    /// Adds state shared by tools, one value per type. Tools registered afterwards can receive it
    /// as [`State<T>`](crate::State).
    #[must_use]
    pub fn with_state<T: Clone + Send + Sync + 'static>(mut self, state: T) -> Self {
        self.state = self.state.with(state);
        self
    }

    /// Registers a tool.
    ///
    /// # Errors
    ///
    /// If the name is taken, if providers do not accept the name or the schema
    /// ([`ToolDefinition::validate`]), or if the tool requires state that the registry does not
    /// have. The registry is unchanged in these cases.
    pub fn register(&mut self, mut tool: impl Tool + 'static) -> Result<(), RegistryError> {
        let definition = tool.definition();
        definition.validate()?;
        let name = definition.name.clone();
        if self.tools.contains_key(&name) {
            return Err(RegistryError::Duplicate { name });
        }
        if let Err(state) = tool.bind_state(&self.state) {
            return Err(RegistryError::MissingState { name, state });
        }
        let registered = Registered {
            traits: tool.traits(),
            secret_args: tool.secret_args().to_vec(),
            tool: Arc::new(tool),
        };
        Arc::make_mut(&mut self.tools).insert(name, registered);
        Ok(())
    }

    /// Adds a tool and returns the registry.
    ///
    /// # Errors
    ///
    /// See [`register`](Self::register).
    pub fn with(mut self, tool: impl Tool + 'static) -> Result<Self, RegistryError> {
        self.register(tool)?;
        Ok(self)
    }

    /// Removes a tool and returns it.
    pub fn remove(&mut self, name: &str) -> Option<Arc<dyn Tool>> {
        if !self.tools.contains_key(name) {
            return None;
        }
        let removed = Arc::make_mut(&mut self.tools).remove(name)?;
        Some(removed.tool)
    }

    /// Returns a registry with only the named tools.
    ///
    /// # Errors
    ///
    /// If a name is not registered.
    pub fn only<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, RegistryError> {
        let mut tools = BTreeMap::new();
        for name in names {
            let Some(registered) = self.tools.get(name) else {
                return Err(RegistryError::Missing {
                    name: name.to_owned(),
                    known: self.names().map(str::to_owned).collect(),
                });
            };
            tools.insert(name.to_owned(), registered.clone());
        }
        Ok(Self {
            tools: Arc::new(tools),
            state: self.state.clone(),
        })
    }

    /// Returns the tool of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Tool>> {
        self.tools.get(name).map(|registered| &registered.tool)
    }

    /// Returns the options of a tool.
    #[must_use]
    pub fn traits(&self, name: &str) -> Option<ToolTraits> {
        self.tools.get(name).map(|registered| registered.traits)
    }

    /// Returns the names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tools.keys().map(String::as_str)
    }

    /// Returns the definitions, sorted by name.
    #[must_use]
    pub fn definitions(&self) -> Vec<ToolDefinition> {
        let tools = self.tools.values();
        tools.map(|own| own.tool.definition().clone()).collect()
    }

    /// Returns the number of tools.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tools.len()
    }

    /// Returns `true` if there are no tools.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }
}

impl ToolCatalog for ToolRegistry {
    fn definitions(&self) -> Vec<ToolDefinition> {
        Self::definitions(self)
    }

    fn has_secret_arguments(&self, tool: &str) -> bool {
        let registered = self.tools.get(tool);
        registered.is_some_and(|own| !own.secret_args.is_empty())
    }

    fn mask_arguments(&self, tool: &str, arguments: &Args) -> String {
        let registered = self.tools.get(tool);
        mask_arguments(arguments, registered.map_or(&[], |own| &own.secret_args))
    }
}

impl fmt::Debug for ToolRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
