//! [`ToolRegistry`]: the tools that a run has.

use std::{collections::BTreeMap, fmt, sync::Arc};

use geppetto_engine::{ConfigError, ToolCatalog, ToolDefinition};
use geppetto_turns::Args;

use crate::{Tool, ToolTraits, executor::mask_arguments};

#[cfg(test)]
mod tests;

/// The tools that a run has, by name. Always in the order of their names; cheap to clone.
#[derive(Clone, Default)]
pub struct ToolRegistry {
    tools: Arc<BTreeMap<String, Registered>>,
}

#[derive(Clone)]
struct Registered {
    tool: Arc<dyn Tool>,
    traits: ToolTraits,
    secret_args: Vec<String>,
}

/// A tool cannot be registered, or is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// A tool of this name is there already.
    #[error("a tool named `{name}` is registered already; remove it first, or rename one")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// The name or the schema is not one that providers accept.
    #[error("the tool cannot be registered: {0}")]
    Invalid(ConfigError),
    /// No tool has this name.
    #[error("no tool is named `{name}`; there are: {}", known.join(", "))]
    Missing {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
}

/// Not as a source: the message has all of it, and a report of the chain would say it twice.
impl From<ConfigError> for RegistryError {
    fn from(error: ConfigError) -> Self {
        Self::Invalid(error)
    }
}

impl ToolRegistry {
    /// No tools.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tool.
    ///
    /// # Errors
    ///
    /// When its name is taken, or its name or schema is not one that providers accept
    /// ([`ToolDefinition::validate`]); the registry is as it was.
    pub fn register(&mut self, tool: impl Tool + 'static) -> Result<(), RegistryError> {
        let definition = tool.definition();
        definition.validate()?;
        let name = definition.name.clone();
        if self.tools.contains_key(&name) {
            return Err(RegistryError::Duplicate { name });
        }
        let registered = Registered {
            traits: tool.traits(),
            secret_args: tool.secret_args().to_vec(),
            tool: Arc::new(tool),
        };
        Arc::make_mut(&mut self.tools).insert(name, registered);
        Ok(())
    }

    /// Adds a tool, for chains.
    ///
    /// # Errors
    ///
    /// As [`register`](Self::register).
    pub fn with(mut self, tool: impl Tool + 'static) -> Result<Self, RegistryError> {
        self.register(tool)?;
        Ok(self)
    }

    /// Takes a tool out.
    pub fn remove(&mut self, name: &str) -> Option<Arc<dyn Tool>> {
        if !self.tools.contains_key(name) {
            return None;
        }
        let removed = Arc::make_mut(&mut self.tools).remove(name)?;
        Some(removed.tool)
    }

    /// The tools with these names and no others.
    ///
    /// # Errors
    ///
    /// When one of the names is not there.
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
        })
    }

    /// The tool with a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Tool>> {
        self.tools.get(name).map(|registered| &registered.tool)
    }

    /// How the tool with a name may be run.
    #[must_use]
    pub fn traits(&self, name: &str) -> Option<ToolTraits> {
        self.tools.get(name).map(|registered| registered.traits)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tools.keys().map(String::as_str)
    }

    /// The definitions, sorted by name.
    #[must_use]
    pub fn definitions(&self) -> Vec<ToolDefinition> {
        let tools = self.tools.values();
        tools.map(|own| own.tool.definition().clone()).collect()
    }

    /// How many tools there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tools.len()
    }

    /// Whether there are none.
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
