//! Beta features that the contents of a request need.

use geppetto_engine::EngineError;
use geppetto_provider::request::unreadable_setting;
use serde_json::Value;

use super::{Request, message};
use crate::keys;

/// Beta features by the beginning of the type of a tool of the provider. Newer tools need none.
///
/// Source: <https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview>.
const OF_TOOLS: &[(&str, &str)] = &[
    ("computer_20241022", "computer-use-2024-10-22"),
    ("computer_20250124", "computer-use-2025-01-24"),
    ("computer_20251124", "computer-use-2025-11-24"),
    ("code_execution_20250522", "code-execution-2025-05-22"),
    ("code_execution_20250825", "code-execution-2025-08-25"),
    ("web_fetch_20250910", "web-fetch-2025-09-10"),
    ("tool_search_tool_", "advanced-tool-use-2025-11-20"),
    ("memory_", "context-management-2025-06-27"),
    ("advisor_", "advisor-tool-2026-03-01"),
    ("mcp_toolset", "mcp-client-2025-11-20"),
];

/// Returns the beta features of a request, without repetitions: those of the options and of the turn,
/// and for Anthropic's own server those that its contents need.
///
/// # Errors
///
/// An error of kind `Configuration` if those of the turn cannot be read.
pub(super) fn of(request: &Request<'_>, is_anthropic: bool) -> Result<Vec<String>, EngineError> {
    let of_turn = request
        .turn
        .data
        .get(&keys::BETAS)
        .map_err(unreadable_setting)?;
    let mut betas: Vec<String> = Vec::new();
    let mut add = |beta: &str| {
        if !betas.iter().any(|known| known == beta) {
            betas.push(beta.to_owned());
        }
    };
    let asked = request.options.betas.iter().chain(of_turn.iter().flatten());
    asked.for_each(|beta| add(beta));
    if !is_anthropic || request.settings.unsent.has("betas") {
        return Ok(betas);
    }
    for tool in &request.server_tools {
        let kind = tool.get("type").and_then(Value::as_str).unwrap_or_default();
        let needed = OF_TOOLS
            .iter()
            .filter(|(beginning, _)| kind.starts_with(beginning));
        needed.for_each(|(_, beta)| add(beta));
    }
    if !request.options.mcp_servers.is_empty() {
        add("mcp-client-2025-11-20");
    }
    if let Some(edits) = &request.options.context_management {
        add("context-management-2025-06-27");
        let edits = edits.get("edits").and_then(Value::as_array);
        let kinds = edits
            .into_iter()
            .flatten()
            .filter_map(|edit| edit.get("type")?.as_str());
        kinds
            .filter(|kind| kind.starts_with("compact"))
            .for_each(|_| add("compact-2026-01-12"));
    }
    if message::has_uploads(&request.turn.blocks) {
        add("files-api-2025-04-14");
    }
    Ok(betas)
}
