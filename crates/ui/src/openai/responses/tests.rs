use geppetto_events::{
    Event, EventKind,
    kind::{ReasoningSource, ToolExecutionStarted, ToolResultReady, ToolStatus},
};
use serde_json::{Value, json};

use super::{ResponseFrame, ResponseOptions, ResponseStream};
use crate::openai::tests::Run;

fn options() -> ResponseOptions {
    let mut own = ResponseOptions::new("resp_1", 7, "m");
    own.client_tools = ["pick".to_owned()].into();
    own
}

fn frames(options: ResponseOptions, events: &[Event]) -> Vec<ResponseFrame> {
    let mut own = ResponseStream::new(options);
    events.iter().flat_map(|event| own.push(event)).collect()
}

/// Returns the types of the events, without their common prefix.
fn names(frames: &[ResponseFrame]) -> Vec<&str> {
    let names = frames.iter().map(|own| own.name);
    names
        .map(|own| own.strip_prefix("response.").unwrap_or(own))
        .collect()
}

/// Returns the last response, after a check of the numbers and of what the events say about items.
fn checked(frames: &[ResponseFrame]) -> Value {
    let mut items: Vec<Value> = Vec::new();
    for (number, frame) in frames.iter().enumerate() {
        assert_eq!(frame.data["sequence_number"], number);
        assert_eq!(frame.data["type"], frame.name);
        let index = frame.data["output_index"].as_u64().unwrap_or_default();
        let index = usize::try_from(index).unwrap();
        match frame.name {
            "response.output_item.added" => {
                assert_eq!(index, items.len());
                items.push(frame.data["item"].clone());
            }
            "response.output_item.done" => {
                assert_eq!(items[index]["id"], frame.data["item"]["id"]);
                items[index] = frame.data["item"].clone();
            }
            _ if frame.data.get("item_id").is_some() => {
                assert_eq!(frame.data["item_id"], items[index]["id"]);
            }
            _ => {}
        }
    }
    let response = frames.last().unwrap().data["response"].clone();
    let output = response["output"].as_array().unwrap();
    assert!(output.iter().all(|own| items.contains(own)), "{output:?}");
    response
}

#[test]
fn a_text_has_the_events_of_the_api() {
    let events = Run::default()
        .begin()
        .call()
        .text(&["Hel", "lo"])
        .end_call("completed")
        .done();
    let frames = frames(options(), &events);
    assert_eq!(
        names(&frames),
        [
            "created",
            "in_progress",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "completed",
        ]
    );
    let delta = json!({"type": "response.output_text.delta", "sequence_number": 4,
        "item_id": "msg_1_0", "output_index": 0, "content_index": 0, "delta": "Hel",
        "logprobs": []});
    assert_eq!(frames[4].data, delta);
    let response = checked(&frames);
    let part = json!({"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []});
    assert_eq!(
        response["output"],
        json!([{"type": "message", "id": "msg_1_0", "status": "completed", "role": "assistant",
            "content": [part]}])
    );
    assert_eq!(response["status"], "completed");
    assert_eq!(
        response["usage"]["output_tokens_details"]["reasoning_tokens"],
        1
    );
}

#[test]
fn reasoning_is_a_summary_or_a_text() {
    let summary = ReasoningSource::Summary;
    let run = Run::default().begin().call();
    let run = run
        .thought("a", &summary, Some(0))
        .thought("b", &summary, Some(0));
    let run = run.reasoning("c").text(&["x"]).end_call("completed");
    let response = checked(&frames(options(), &run.done()));
    let output = response["output"].as_array().unwrap();
    let text = |kind: &str, text: &str| json!({"type": kind, "text": text});
    assert_eq!(
        output[0]["summary"],
        json!([text("summary_text", "a"), text("summary_text", "b")])
    );
    assert_eq!(output[1]["content"], json!([text("reasoning_text", "c")]));
    assert_eq!(output[1]["summary"], json!([]));
    assert_eq!(output.len(), 3);
}

#[test]
fn calls_of_the_client_are_functions_and_those_of_the_server_have_results() {
    let run = Run::default().begin().call();
    let run = run.tool("c1", "pick", &["{\"a\"", ":1}"]);
    let run = run.tool("c2", "search", &["{}"]).end_call("completed");
    let start = ToolExecutionStarted::new("c2", "search", "{}");
    let result = ToolResultReady::new("c2", "search", "found", ToolStatus::Success);
    let run = run.put(EventKind::ToolExecutionStarted(start));
    let run = run.put(EventKind::ToolResultReady(result));
    let frames = frames(options(), &run.waits("c1", "pick").stopped("waiting: pick"));
    assert_eq!(
        names(&frames)[2..],
        [
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
            "output_item.added",
            "mcp_call.in_progress",
            "mcp_call_arguments.delta",
            "mcp_call_arguments.done",
            "mcp_call.completed",
            "output_item.done",
            "completed",
        ]
    );
    let response = checked(&frames);
    assert_eq!(
        response["output"],
        json!([
            {"type": "function_call", "id": "fc_1_0", "status": "completed", "call_id": "c1",
                "name": "pick", "arguments": "{\"a\":1}"},
            {"type": "mcp_call", "id": "mcp_1_1", "status": "completed",
                "server_label": "server", "name": "search", "arguments": "{}",
                "output": "found", "error": null, "approval_request_id": null},
        ])
    );
}

#[test]
fn endings() {
    for (class, status, reason) in [
        ("completed", "completed", Value::Null),
        (
            "max_tokens",
            "incomplete",
            json!({"reason": "max_output_tokens"}),
        ),
        ("refused", "incomplete", json!({"reason": "content_filter"})),
    ] {
        let run = Run::default().begin().call().text(&["x"]).end_call(class);
        let response = checked(&frames(options(), &run.done()));
        assert_eq!(
            (&response["status"], &response["incomplete_details"]),
            (&status.into(), &reason)
        );
    }
    let refused = Run::default()
        .begin()
        .call()
        .refusal("No.")
        .end_call("refused");
    let response = checked(&frames(options(), &refused.done()));
    assert_eq!(
        response["output"][0]["content"],
        json!([{"type": "refusal", "refusal": "No."}])
    );
    assert_eq!(response["status"], "completed");
    let failed = Run::default()
        .begin()
        .call()
        .text_ending(&["x"], Some("failed"));
    let response = checked(&frames(
        options(),
        &failed.end_call("error").failed("server"),
    ));
    assert_eq!(
        response["error"],
        json!({"code": "server_error", "message": "it broke"})
    );
    assert_eq!(response["output"][0]["status"], "incomplete");
    let stopped = Run::default().begin().call().stopped("cancelled");
    assert_eq!(checked(&frames(options(), &stopped))["status"], "cancelled");
}

#[test]
fn a_discarded_reply_is_not_part_of_the_output() {
    let run = Run::default()
        .begin()
        .call()
        .text_ending(&["Once upon"], Some("truncated"));
    let run = run.tool("c1", "pick", &["{}"]).end_call("error").again();
    let run = run
        .text(&["Once again"])
        .tool("c1", "pick", &["{}"])
        .end_call("completed");
    let frames = frames(options(), &run.waits("c1", "pick").stopped("waiting: pick"));
    let response = checked(&frames);
    let output = response["output"].as_array().unwrap();
    assert_eq!(output[0]["content"][0]["text"], "Once again");
    assert_eq!((output.len(), &output[1]["call_id"]), (2, &"c1".into()));
    let ended = frames
        .iter()
        .filter(|own| own.name == "response.output_item.done");
    let states: Vec<&Value> = ended.map(|own| &own.data["item"]["status"]).collect();
    assert_eq!(
        states,
        ["incomplete", "completed", "completed", "completed"]
    );
}

#[test]
fn a_question_is_an_approval_request_where_the_client_can_answer() {
    let run = Run::default().begin().call().tool("c1", "pay", &["{}"]);
    let events = run
        .end_call("completed")
        .waits("c1", "pay")
        .stopped("waiting: pay");
    let mut asked = options();
    asked.approvals = true;
    let response = checked(&frames(asked, &events));
    assert_eq!(response["status"], "completed");
    assert_eq!(
        response["output"],
        json!([{"type": "mcp_approval_request", "id": "mcpr_1_0", "server_label": "server",
            "name": "pay", "arguments": "{}"}])
    );
    let mut own = ResponseStream::new(options());
    for event in &events {
        own.push(event);
    }
    assert!(!own.is_over());
    assert_eq!(own.waiting().collect::<Vec<_>>(), ["c1"]);
}

#[test]
fn merged_deltas_have_the_numbers_of_all() {
    let events = Run::default()
        .begin()
        .call()
        .text(&["a", "b", "c"])
        .end_call("completed")
        .done();
    let all = frames(options(), &events);
    let mut merged = events.clone();
    let at = merged
        .iter()
        .position(|own| own.text_delta().is_some())
        .unwrap();
    merged.drain(at + 1..at + 3);
    if let EventKind::TextDelta(delta) = &mut merged[at].kind {
        delta.delta = "abc".into();
    }
    merged[at].merged = 3;
    let fewer = frames(options(), &merged);
    assert_eq!((fewer[4].number, fewer[4].merged), (6, 3));
    assert_eq!(all[6].number, 6);
    assert_eq!(all[7..], fewer[5..]);
}
