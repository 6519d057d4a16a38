//! The tools of a child. Each tells the parent of its effect when it has it.

use std::{sync::Arc, time::Duration};

use geppetto_toolloop::{RegistryError, ToolContext, ToolError, ToolRegistry, raw_tool_fn};
use serde::Deserialize;
use serde_json::json;

use crate::{note::Note, points::Points};

/// Time until a tool answers after its effect.
const WORK: Duration = Duration::from_micros(500);

/// Arguments of every tool: the prompt that the call belongs to, and its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Arguments {
    pub(crate) op: u64,
    pub(crate) call: u64,
}

/// Returns `pay`, which must not be repeated, and `keep` and `look`, which may be.
pub(crate) fn registry(points: &Arc<Points>) -> Result<ToolRegistry, RegistryError> {
    let mut registry = ToolRegistry::new();
    for (name, idempotent) in [("pay", false), ("keep", true), ("look", true)] {
        let schema = json!({
            "type": "object",
            "properties": {"op": {"type": "integer"}, "call": {"type": "integer"}},
            "required": ["op", "call"],
        });
        let points = Arc::clone(points);
        let act = move |args: Arguments, ctx: ToolContext| {
            let points = Arc::clone(&points);
            async move {
                points.pass(name, "before");
                let Arguments { op, call } = args;
                let (tool, key) = (name.to_owned(), ctx.idempotency_key);
                Note::Effect {
                    op,
                    call,
                    tool,
                    key,
                }
                .send();
                points.pass(name, "after");
                tokio::time::sleep(WORK).await;
                Ok::<_, ToolError>("done")
            }
        };
        let mut tool = raw_tool_fn(name, "Has an effect that is counted", schema, act);
        if idempotent {
            tool = tool.idempotent();
        }
        registry.register(tool)?;
    }
    Ok(registry)
}
