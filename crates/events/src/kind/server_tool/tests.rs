use std::collections::HashSet;

use serde_json::json;

use super::*;
use crate::{Event, EventKind};

fn check(event: ServerTool, wire: &Value) {
    let event = Event::new(EventKind::ServerTool(Box::new(event)));
    assert_eq!(event.type_name(), wire["type"]);
    assert_eq!(&serde_json::to_value(&event).unwrap(), wire);
    assert_eq!(
        serde_json::from_value::<Event>(wire.clone()).unwrap(),
        event
    );
}

fn with(mut event: ServerTool, data: &Value) -> ServerTool {
    event.data = data.as_object().unwrap().clone();
    event
}

#[test]
fn names_phases_and_tools_correspond_one_to_one() {
    let names: HashSet<_> = ServerTool::NAMES.iter().map(|row| row.0).collect();
    let meanings: HashSet<_> = ServerTool::NAMES.iter().map(|(_, t, p)| (t, p)).collect();
    assert_eq!(
        (names.len(), meanings.len()),
        (ServerTool::NAMES.len(), ServerTool::NAMES.len())
    );
    for (name, tool, phase) in ServerTool::NAMES {
        let event = ServerTool::new(*tool, phase.clone(), "i");
        check(event, &json!({"type": name, "item_id": "i"}));
    }
}

#[test]
fn the_data_of_a_named_event_stand_beside_its_name() {
    let opened = ServerTool::new(ServerTool::WEB_SEARCH, ServerToolPhase::Partial, "ws");
    check(
        with(opened, &json!({"url": "https://a.example", "rank": 1})),
        &json!({"type": "web-search-open-page", "item_id": "ws", "url": "https://a.example",
            "rank": 1}),
    );
}

#[test]
fn results_name_their_tool() {
    let results = json!([{"url": "u", "title": "t", "snippet": "s", "ext": {"a": 1}}]);
    for tool in ["web_search", "a_tool_of_next_year"] {
        let event = ServerTool::new(tool, ServerToolPhase::Results, "i");
        check(
            with(event, &json!({"results": results})),
            &json!({"type": "tool-search-results", "tool": tool, "item_id": "i",
                "results": results}),
        );
    }
}

#[test]
fn tools_and_phases_without_a_name_are_written_as_they_are() {
    let fetch = ServerTool::new("web_fetch", ServerToolPhase::Started, "");
    check(
        with(fetch, &json!({"tool": "kept apart", "seq": 3})),
        &json!({"type": "server-tool", "tool": "web_fetch", "phase": "started",
            "data": {"tool": "kept apart", "seq": 3}}),
    );
    let other = ServerToolPhase::Other("queued".to_owned());
    check(
        ServerTool::new(ServerTool::MCP, other, "i"),
        &json!({"type": "server-tool", "tool": "mcp", "phase": "queued", "item_id": "i"}),
    );
}

#[test]
fn data_cannot_replace_what_every_event_has() {
    let search = ServerTool::new(ServerTool::WEB_SEARCH, ServerToolPhase::Started, "ws");
    let search = with(
        search,
        &json!({"type": "x", "seq": 9, "item_id": "y", "a": 1}),
    );
    let event = Event::new(EventKind::ServerTool(Box::new(search)));
    assert_eq!(
        serde_json::to_string(&event).unwrap(),
        r#"{"type":"web-search-started","item_id":"ws","a":1}"#
    );
}

#[test]
fn an_id_that_is_no_text_is_an_error_that_names_it() {
    let error = serde_json::from_value::<Event>(json!({"type": "mcp-failed", "item_id": 3}));
    assert_eq!(
        error.unwrap_err().to_string(),
        "mcp-failed: item_id: expected text, found 3"
    );
}
