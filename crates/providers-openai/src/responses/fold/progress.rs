//! Progress of tools run by the provider, and events without a type in this crate.

use geppetto_events::{
    EventKind,
    kind::{CustomEvent, ServerTool, ServerToolPhase},
};
use geppetto_provider::{Output, read::raw_value};
use serde_json::{Map, Value};

use super::entry::Entry;
use crate::responses::wire::{Event, Item, text_of};

/// Prefix of the type of an event without a type in this crate.
const PREFIX: &str = "openai.responses.";

/// Known tools, whose items are `web_search_call` and so on.
const TOOLS: &[&str] = &[
    ServerTool::WEB_SEARCH,
    ServerTool::FILE_SEARCH,
    ServerTool::CODE_INTERPRETER,
    ServerTool::IMAGE_GENERATION,
    ServerTool::MCP,
    ServerTool::MCP_LIST_TOOLS,
];

/// Publishes an event of a built-in tool; an event of an unknown type becomes a custom event with
/// all of its fields.
pub(super) fn publish(event: &Event<'_>, data: &str, entry: Option<&mut Entry>, out: &Output<'_>) {
    let name = event.kind.strip_prefix("response.").unwrap_or(&event.kind);
    let Some((tool, phase)) = step(name) else {
        let fields = fields(data, &["type", "obfuscation"]);
        let name = format!("{PREFIX}{}", out.word(name));
        out.publish(EventKind::Custom(CustomEvent::new(name, fields)));
        return;
    };
    if let Some(entry) = entry.filter(|_| phase.is_end()) {
        // The query of a search is only in the complete item, so the end is deferred to it.
        if entry.announced || name == "web_search_call.completed" {
            return;
        }
        entry.announced = true;
    }
    let known = TOOLS.iter().find(|known| **known == tool);
    let mut progress = match known {
        Some(known) => ServerTool::new(*known, phase, &*event.item_id),
        None => ServerTool::new(out.word(tool), phase, &*event.item_id),
    };
    if known.is_none() {
        let bookkeeping = [
            "type",
            "obfuscation",
            "item_id",
            "output_index",
            "sequence_number",
        ];
        progress.data = fields(data, &bookkeeping);
    }
    set(&mut progress, "delta", &event.delta);
    set(&mut progress, "code", &event.code);
    set(
        &mut progress,
        "partial_image_base64",
        &event.partial_image_b64,
    );
    if progress.phase == ServerToolPhase::InputDone {
        set(&mut progress, "arguments", &text_of(event.arguments));
    }
    out.publish(EventKind::ServerTool(Box::new(progress)));
}

/// Announces the end of a built-in tool whose item is complete, unless it was announced before.
pub(super) fn done(item: &Item<'_>, announced: &mut bool, out: &Output<'_>) {
    if std::mem::replace(announced, true) {
        return;
    }
    let Some(tool) = TOOLS.iter().find(|tool| **tool == tool_of(&item.kind)) else {
        return;
    };
    let failed = matches!(&*item.status, "failed" | "incomplete");
    let phase = match *tool {
        ServerTool::MCP if failed => ServerToolPhase::Failed,
        _ => ServerToolPhase::Completed,
    };
    let mut end = ServerTool::new(*tool, phase, &*item.id);
    match *tool {
        ServerTool::WEB_SEARCH => {
            set(&mut end, "query", &item.action.query);
            set(&mut end, "url", &item.action.url);
            if !item.action.url.is_empty() {
                let mut opened = end.clone();
                opened.phase = ServerToolPhase::Partial;
                out.publish(EventKind::ServerTool(Box::new(opened)));
            }
        }
        ServerTool::CODE_INTERPRETER => set(&mut end, "code", &item.code),
        ServerTool::MCP if !failed => set(&mut end, "arguments", &text_of(item.arguments)),
        _ => {}
    }
    out.publish(EventKind::ServerTool(Box::new(end)));
}

/// Returns the tool and the phase of an event: `web_search_call.searching`,
/// `code_interpreter_call_code.delta`, `mcp_call_arguments.done` (formerly
/// `mcp_call.arguments.done`).
fn step(name: &str) -> Option<(&str, ServerToolPhase)> {
    let (item, step) = name.split_once('.')?;
    let input = item
        .strip_suffix("_call_code")
        .or_else(|| item.strip_suffix("_call_arguments"));
    let phase = match (input.is_some(), step) {
        (true, "delta") | (false, "arguments.delta") => ServerToolPhase::InputDelta,
        (true, "done") | (false, "arguments.done") => ServerToolPhase::InputDone,
        (false, "in_progress") => ServerToolPhase::Started,
        (false, "searching" | "interpreting" | "generating") => ServerToolPhase::Running,
        (false, "partial_image") => ServerToolPhase::Partial,
        (false, "completed") => ServerToolPhase::Completed,
        (false, "failed") => ServerToolPhase::Failed,
        _ => return None,
    };
    let tool = input.unwrap_or_else(|| tool_of(item));
    // Tools of the application have dedicated events; other names are not tools.
    let is_tool = TOOLS.contains(&tool) || (input.is_none() && tool != item);
    (is_tool && !matches!(tool, "function" | "custom_tool")).then_some((tool, phase))
}

fn tool_of(item: &str) -> &str {
    item.strip_suffix("_call").unwrap_or(item)
}

/// Returns the fields of an event except for these.
fn fields(data: &str, without: &[&str]) -> Map<String, Value> {
    let mut fields = match raw_value(data) {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    for name in without {
        fields.remove(*name);
    }
    fields
}

fn set(progress: &mut ServerTool, name: &str, text: &str) {
    if !text.is_empty() {
        progress.data.insert(name.to_owned(), text.into());
    }
}
