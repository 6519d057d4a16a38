//! Tools with scripted results that record their calls.

use std::sync::{Arc, Mutex, PoisonError};

use geppetto_toolloop::{ToolError, ToolRegistry, raw_tool_fn};
use serde_json::{Value, json};

use super::input::Tool;

/// The calls of the tools, in the order in which they began: name and arguments of each.
#[derive(Debug, Clone, Default)]
pub(super) struct Runs(Arc<Mutex<Vec<Value>>>);

impl Runs {
    fn add(&self, name: &str, args: &Value) {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.push(json!({"name": name, "args": args}));
    }

    pub(super) fn all(&self) -> Vec<Value> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Returns the registry with the tools of an input.
///
/// # Errors
///
/// Returns a message if a tool cannot be registered.
pub(super) fn registry(tools: &[Tool], runs: &Runs) -> Result<ToolRegistry, String> {
    let mut registry = ToolRegistry::new();
    for tool in tools {
        let schema = tool.parameters.clone();
        let schema = schema.unwrap_or_else(|| json!({"type": "object"}));
        let (own, runs) = (tool.clone(), runs.clone());
        let function = move |args: Value| {
            runs.add(&own.name, &args);
            let answer = match (&own.error, &own.answer) {
                (Some(error), _) => Err(ToolError::new(error.clone())),
                (None, answer) => Ok(answer.clone().unwrap_or_else(|| "ok".into())),
            };
            async move { answer }
        };
        let description = match tool.description.as_str() {
            "" => "A tool of an input.",
            own => own,
        };
        let function = raw_tool_fn(tool.name.as_str(), description, schema, function);
        let added = registry.register(function);
        added.map_err(|error| format!("the tool {}: {error}", tool.name))?;
    }
    Ok(registry)
}
