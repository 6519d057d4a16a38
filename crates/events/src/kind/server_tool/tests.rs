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

fn event(phase: ServerToolPhase, data: &Value) -> ServerTool {
    with(ServerTool::new("web_search", phase, "i"), data)
}

/// Returns the merged call of the events.
fn merged(events: &[(ServerToolPhase, Value)]) -> ServerTool {
    let mut events = events
        .iter()
        .map(|(phase, data)| event(phase.clone(), data));
    let mut own = ServerTool::merged(&events.next().unwrap());
    events.for_each(|later| own.merge(&later));
    own
}

#[test]
fn the_events_of_a_call_merge_to_its_latest_phase_its_input_and_its_results() {
    use ServerToolPhase as P;
    let own = merged(&[
        (P::Started, json!({})),
        (P::InputDelta, json!({"delta": "{\"q\""})),
        (
            P::InputDelta,
            json!({"delta": ":1}", "url": "https://ignored"}),
        ),
        (P::Running, json!({"query": "rust", "code": ""})),
        (P::Partial, json!({"url": "https://a", "image": "AAAA"})),
        (
            P::Results,
            json!({"results": [{"url": "https://a"}, {"url": "https://b"}], "url": ""}),
        ),
    ]);
    let results = json!([{"url": "https://a"}, {"url": "https://b"}]);
    let data = json!({"arguments": "{\"q\":1}", "query": "rust", "results": results});
    assert_eq!(own, event(P::Running, &data));
    assert_eq!(
        (own.text("query"), own.text("results")),
        (Some("rust"), None)
    );
    let own = merged(&[
        (P::InputDone, json!({"code": "1+1"})),
        (P::Failed, json!({})),
    ]);
    assert_eq!(own, event(P::Failed, &json!({"code": "1+1"})));
}

#[test]
fn a_merged_call_is_bounded_whatever_arrives() {
    use ServerToolPhase as P;
    let half = "x".repeat(32 * 1024);
    let mut own = ServerTool::merged(&event(P::InputDelta, &json!({ "delta": half })));
    for delta in [half.as_str(), "y"] {
        own.merge(&event(P::InputDelta, &json!({ "delta": delta })));
    }
    assert_eq!(own.text("arguments").unwrap(), half.repeat(2));
    for n in 0..201 {
        own.merge(&event(P::Partial, &json!({"url": format!("https://{n}")})));
    }
    assert_eq!(own.data["results"].as_array().unwrap().len(), 200);
}

#[test]
fn a_phase_is_known_by_its_name_and_two_end_a_call() {
    use ServerToolPhase as P;
    for (name, phase) in [
        ("started", P::Started),
        ("running", P::Running),
        ("input_delta", P::InputDelta),
        ("input_done", P::InputDone),
        ("partial", P::Partial),
        ("results", P::Results),
        ("completed", P::Completed),
        ("failed", P::Failed),
        ("odd", P::Other("odd".to_owned())),
    ] {
        assert_eq!(P::from(name.to_owned()), phase);
        assert_eq!(phase.as_str(), name);
        assert_eq!(phase.is_end(), ["completed", "failed"].contains(&name));
    }
}
