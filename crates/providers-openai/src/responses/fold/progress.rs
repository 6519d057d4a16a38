//! Progress of tools that the provider runs, and events that have no type here.

use geppetto_engine::ResponseWriter;
use geppetto_events::{
    EventKind,
    kind::{CodeInterpreter, CustomEvent, FileSearch, ImageGeneration, McpCall, WebSearch},
};
use geppetto_transport::Redactor;
use serde_json::{Map, Value};

use super::entry::Entry;
use crate::{
    responses::wire::{Event, Item, text_of},
    shared::{mend, words},
};

/// What stands before the type of an event that has no type here.
const PREFIX: &str = "openai.responses.";

/// Publishes an event of a built-in tool; one of a type that is not known becomes a custom event
/// with all of its fields.
pub(super) fn publish(
    event: &Event<'_>,
    data: &str,
    entry: Option<&mut Entry>,
    writer: &ResponseWriter<'_>,
    redactor: &Redactor,
) {
    let name = event.kind.strip_prefix("response.").unwrap_or(&event.kind);
    if let Some(entry) = entry.filter(|_| is_end(name)) {
        // What a search looked for stands in the whole item alone: the end waits for it.
        if entry.announced || name == "web_search_call.completed" {
            return;
        }
        entry.announced = true;
    }
    let known = known(name, event);
    writer.publish(known.unwrap_or_else(|| custom(&words::word(name, redactor), data)));
}

/// A built-in tool's item is whole: says that the tool is over, unless that was said.
pub(super) fn done(item: &Item<'_>, announced: &mut bool, writer: &ResponseWriter<'_>) {
    if std::mem::replace(announced, true) {
        return;
    }
    let failed = matches!(&*item.status, "failed" | "incomplete");
    let id = || item.id.to_string();
    let kind = match &*item.kind {
        "web_search_call" => {
            let mut event = WebSearch::default();
            event.item_id = id();
            event.query = text(&item.action.query);
            event.url = text(&item.action.url);
            if event.url.is_some() {
                writer.publish(EventKind::WebSearchOpenPage(event.clone()));
            }
            EventKind::WebSearchDone(event)
        }
        "file_search_call" => EventKind::FileSearchDone(file_search(id())),
        "code_interpreter_call" => {
            EventKind::CodeInterpreterDone(code_interpreter(id(), None, text(&item.code)))
        }
        "mcp_call" if failed => EventKind::McpFailed(mcp(id(), None, None)),
        "mcp_call" => EventKind::McpCompleted(mcp(id(), None, text(&text_of(item.arguments)))),
        "mcp_list_tools" => EventKind::McpListToolsCompleted(mcp(id(), None, None)),
        "image_generation_call" => EventKind::ImageGenerationCompleted(image(id(), None)),
        _ => return,
    };
    writer.publish(kind);
}

fn is_end(name: &str) -> bool {
    matches!(
        name,
        "web_search_call.completed"
            | "file_search_call.completed"
            | "code_interpreter_call.completed"
            | "mcp_call.completed"
            | "mcp_call.failed"
            | "mcp_list_tools.completed"
            | "mcp_list_tools.failed"
            | "image_generation_call.completed"
    )
}

fn known(name: &str, event: &Event<'_>) -> Option<EventKind> {
    let id = event.item_id.to_string();
    let delta = || text(&event.delta);
    Some(match name {
        "web_search_call.in_progress" => EventKind::WebSearchStarted(web_search(id)),
        "web_search_call.searching" => EventKind::WebSearchSearching(web_search(id)),
        "web_search_call.completed" => EventKind::WebSearchDone(web_search(id)),
        "file_search_call.in_progress" => EventKind::FileSearchStarted(file_search(id)),
        "file_search_call.searching" => EventKind::FileSearchSearching(file_search(id)),
        "file_search_call.completed" => EventKind::FileSearchDone(file_search(id)),
        "code_interpreter_call.in_progress" => {
            EventKind::CodeInterpreterStarted(code_interpreter(id, None, None))
        }
        "code_interpreter_call.interpreting" => {
            EventKind::CodeInterpreterInterpreting(code_interpreter(id, None, None))
        }
        "code_interpreter_call.completed" => {
            EventKind::CodeInterpreterDone(code_interpreter(id, None, None))
        }
        "code_interpreter_call_code.delta" => {
            EventKind::CodeInterpreterCodeDelta(code_interpreter(id, delta(), None))
        }
        "code_interpreter_call_code.done" => {
            EventKind::CodeInterpreterCodeDone(code_interpreter(id, None, text(&event.code)))
        }
        "image_generation_call.in_progress" => {
            EventKind::ImageGenerationInProgress(image(id, None))
        }
        "image_generation_call.generating" => EventKind::ImageGenerationGenerating(image(id, None)),
        "image_generation_call.partial_image" => {
            EventKind::ImageGenerationPartialImage(image(id, text(&event.partial_image_b64)))
        }
        "image_generation_call.completed" => EventKind::ImageGenerationCompleted(image(id, None)),
        _ => return known_mcp(name, event),
    })
}

fn known_mcp(name: &str, event: &Event<'_>) -> Option<EventKind> {
    let plain = || mcp(event.item_id.to_string(), None, None);
    Some(match name {
        "mcp_call_arguments.delta" | "mcp_call.arguments.delta" => {
            let delta = text(&event.delta);
            EventKind::McpArgsDelta(mcp(event.item_id.to_string(), delta, None))
        }
        "mcp_call_arguments.done" | "mcp_call.arguments.done" => {
            let whole = text(&text_of(event.arguments));
            EventKind::McpArgsDone(mcp(event.item_id.to_string(), None, whole))
        }
        "mcp_call.in_progress" => EventKind::McpInProgress(plain()),
        "mcp_call.completed" => EventKind::McpCompleted(plain()),
        "mcp_call.failed" => EventKind::McpFailed(plain()),
        "mcp_list_tools.in_progress" => EventKind::McpListToolsInProgress(plain()),
        "mcp_list_tools.completed" => EventKind::McpListToolsCompleted(plain()),
        "mcp_list_tools.failed" => EventKind::McpListToolsFailed(plain()),
        _ => return None,
    })
}

fn custom(name: &str, data: &str) -> EventKind {
    let mut fields = match mend::value(data) {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    for own in ["type", "obfuscation"] {
        fields.remove(own);
    }
    EventKind::Custom(CustomEvent::new(format!("{PREFIX}{name}"), fields))
}

fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn web_search(item_id: String) -> WebSearch {
    let mut event = WebSearch::default();
    event.item_id = item_id;
    event
}

fn file_search(item_id: String) -> FileSearch {
    let mut event = FileSearch::default();
    event.item_id = item_id;
    event
}

fn code_interpreter(
    item_id: String,
    delta: Option<String>,
    code: Option<String>,
) -> CodeInterpreter {
    let mut event = CodeInterpreter::default();
    event.item_id = item_id;
    event.delta = delta;
    event.code = code;
    event
}

fn mcp(item_id: String, delta: Option<String>, arguments: Option<String>) -> McpCall {
    let mut event = McpCall::default();
    event.item_id = item_id;
    event.delta = delta;
    event.arguments = arguments;
    event
}

fn image(item_id: String, partial: Option<String>) -> ImageGeneration {
    let mut event = ImageGeneration::default();
    event.item_id = item_id;
    event.partial_image_base64 = partial;
    event
}
