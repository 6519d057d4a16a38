use std::sync::Arc;

use geppetto_engine::{EngineError, ErrorKind, RunContext, SeededIds};
use geppetto_events::{Event as Published, EventKind, EventSink, EventStream, Grammar, MemorySink};
use geppetto_provider::offline;
use geppetto_turns::{Block, Content, FinishClass, InferenceResult, Turn, keys::block_meta};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::responses::keys;

mod api;
mod glued;
mod odd;
mod repeat;
mod unread;
mod withdrawn;

struct Seen {
    turn: Turn,
    outcome: Result<InferenceResult, EngineError>,
    events: Vec<Published>,
}

/// Folds events until one is an error; a stream without an end is truncated.
fn fold(events: &[Value]) -> Seen {
    let data: Vec<String> = events.iter().map(Value::to_string).collect();
    fold_named(data.iter().map(|data| ("", data.as_str())))
}

/// Folds events by their names and data.
fn fold_named<'a>(events: impl IntoIterator<Item = (&'a str, &'a str)>) -> Seen {
    run(|ctx, turn| offline::fold_frames(ctx, turn, ResponsesFold::new("gpt-5"), events))
}

fn fold_body(body: &Value) -> Seen {
    run(|ctx, turn| offline::fold_body(ctx, turn, ResponsesFold::new("gpt-5"), &body.to_string()))
}

fn run(fold: impl FnOnce(&RunContext, &mut Turn) -> Result<InferenceResult, EngineError>) -> Seen {
    let sink = Arc::new(MemorySink::new());
    let ctx = RunContext::for_stream(EventStream::fragment(), Arc::new(SeededIds::new(1)))
        .with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
    let mut turn = Turn::default();
    let outcome = fold(&ctx, &mut turn);
    let events = sink.events();
    let mut grammar = Grammar::fragment();
    for event in &events {
        grammar.accept(event).unwrap();
    }
    grammar.finish().unwrap();
    Seen {
        turn,
        outcome,
        events,
    }
}

impl Seen {
    fn names(&self) -> Vec<&str> {
        self.events.iter().map(Published::type_name).collect()
    }

    fn result(&self) -> &InferenceResult {
        self.outcome.as_ref().unwrap()
    }

    fn error(&self) -> ErrorKind {
        self.outcome.as_ref().unwrap_err().kind()
    }
}

fn added(index: u64, item: &Value) -> Value {
    json!({"type": "response.output_item.added", "output_index": index, "item": item})
}

fn done(index: u64, item: &Value) -> Value {
    json!({"type": "response.output_item.done", "output_index": index, "item": item})
}

fn completed(output: &Value) -> Value {
    json!({"type": "response.completed", "response": {"id": "resp", "model": "gpt-5-1",
        "status": "completed", "output": output,
        "usage": {"input_tokens": 3, "output_tokens": 2}}})
}

fn delta(kind: &str, index: u64, delta: &str) -> Value {
    json!({"type": format!("response.{kind}.delta"), "output_index": index, "content_index": 0,
        "summary_index": 0, "delta": delta})
}

fn message(id: &str, text: &str) -> Value {
    json!({"type": "message", "id": id, "status": "completed", "role": "assistant",
        "content": [{"type": "output_text", "text": text, "annotations": []}]})
}

fn function(id: &str, args: &str) -> Value {
    json!({"type": "function_call", "id": id, "call_id": format!("call_{id}"), "name": "f",
        "arguments": args, "status": "completed"})
}

fn texts(turn: &Turn) -> Vec<String> {
    turn.blocks
        .iter()
        .map(|block| format!("{} {}", block.kind(), shown(block)))
        .collect()
}

fn shown(block: &Block) -> String {
    match &block.content {
        Content::ToolCall(call) => call.args.as_str().to_owned(),
        Content::Reasoning(reasoning) => {
            let summary: Vec<&str> = reasoning.summary.iter().map(|part| &*part.text).collect();
            format!("{}|{}", summary.join("+"), reasoning.text)
        }
        Content::Other(other) => other.payload.get("type").unwrap().to_string(),
        _ => block.text().unwrap_or_default().to_owned(),
    }
}

#[test]
fn interleaved_items_keep_their_order_as_blocks() {
    let seen = fold(&[
        added(
            0,
            &json!({"type": "reasoning", "id": "rs_a", "summary": []}),
        ),
        added(
            1,
            &json!({"type": "function_call", "id": "a", "call_id": "call_a", "name": "f"}),
        ),
        added(2, &json!({"type": "message", "id": "msg", "content": []})),
        delta("output_text", 2, "he"),
        delta("function_call_arguments", 1, "{}"),
        delta("reasoning_summary_text", 0, "hm"),
        delta("output_text", 2, "llo"),
        done(2, &message("msg", "hello")),
        done(1, &function("a", "{}")),
        added(
            3,
            &json!({"type": "reasoning", "id": "rs_b", "summary": []}),
        ),
        done(
            3,
            &json!({"type": "reasoning", "id": "rs_b", "summary": [], "encrypted_content": "x"}),
        ),
        completed(&json!([])),
    ]);
    assert_eq!(
        texts(&seen.turn),
        [
            "reasoning hm|",
            "tool_call {}",
            "llm_text hello",
            "reasoning |"
        ]
    );
    assert_eq!(seen.result().finish_class, FinishClass::ToolCallsPending);
    assert_eq!(seen.result().stop_reason.as_deref(), Some("completed"));
    assert_eq!(seen.result().model, "gpt-5-1");
    let block = seen.turn.blocks.get(1).unwrap();
    let meta = |key: &str| block.metadata.raw(key).cloned().unwrap_or_default();
    assert_eq!(meta(keys::RESPONSE_ID.id()), "resp");
    assert_eq!(meta(keys::OUTPUT_INDEX.id()), 1);
    assert_eq!(meta(keys::ITEM_TYPE.id()), "function_call");
    assert_eq!(meta(keys::STATUS.id()), "completed");
}

#[test]
fn summary_and_reasoning_are_told_apart() {
    let seen = fold(&[
        added(0, &json!({"type": "reasoning", "id": "rs"})),
        delta("reasoning_summary_text", 0, "short"),
        delta("reasoning_text", 0, "long"),
        json!({"type": "response.reasoning_summary_text.delta", "output_index": 0,
            "summary_index": 1, "delta": "more"}),
        completed(&json!([])),
    ]);
    assert_eq!(texts(&seen.turn), ["reasoning short+more|long"]);
    let sources: Vec<&str> = (seen.events.iter())
        .filter_map(|event| match &event.kind {
            EventKind::ReasoningSegmentStarted(started) => Some(started.source.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(sources, ["summary", "provider", "summary"]);
}

#[test]
fn ids_may_change_inside_a_stream() {
    let seen = fold(&[
        added(0, &json!({"type": "message", "id": "one"})),
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0,
            "item_id": "two", "delta": "hi"}),
        done(0, &message("three", "hi")),
        completed(&json!([message("four", "hi")])),
    ]);
    assert_eq!(texts(&seen.turn), ["llm_text hi"]);
}

#[test]
fn items_without_an_index_go_by_their_id() {
    let seen = fold(&[
        json!({"type": "response.output_item.added", "item": {"type": "message", "id": "a"}}),
        json!({"type": "response.output_item.added", "item": {"type": "message", "id": "b"}}),
        json!({"type": "response.output_text.delta", "item_id": "b", "delta": "B"}),
        json!({"type": "response.output_text.delta", "item_id": "a", "delta": "A"}),
        completed(&json!([message("a", "A"), message("b", "B")])),
    ]);
    assert_eq!(texts(&seen.turn), ["llm_text A", "llm_text B"]);
}

#[test]
fn items_that_share_an_index_stay_apart() {
    let seen = fold(&[
        added(0, &json!({"type": "message", "id": "a"})),
        delta("output_text", 0, "A"),
        done(0, &message("a", "A")),
        added(0, &json!({"type": "message", "id": "b"})),
        delta("output_text", 0, "B"),
        done(0, &message("b", "B")),
        completed(&json!([message("a", "A"), message("b", "B")])),
    ]);
    assert_eq!(texts(&seen.turn), ["llm_text A", "llm_text B"]);
}

#[test]
fn an_event_that_comes_twice_counts_once() {
    let mut one = delta("output_text", 0, "x");
    one["sequence_number"] = 4.into();
    let mut two = delta("output_text", 0, "x");
    two["sequence_number"] = 5.into();
    let seen = fold(&[one.clone(), one, two, completed(&json!([]))]);
    assert_eq!(texts(&seen.turn), ["llm_text xx"]);
}

#[test]
fn the_last_word_of_the_server_replaces_what_it_streamed() {
    let seen = fold(&[
        delta("output_text", 0, "The cat."),
        json!({"type": "response.output_text.done", "output_index": 0, "content_index": 0,
            "text": "The cat sat."}),
        completed(&json!([])),
    ]);
    assert_eq!(texts(&seen.turn), ["llm_text The cat sat."]);
}

#[test]
fn a_refusal_is_a_refusal() {
    let seen = fold(&[delta("refusal", 0, "I can't"), completed(&json!([]))]);
    let block = seen.turn.blocks.get(0).unwrap();
    assert!(matches!(&block.content, Content::LlmText(text) if text.refusal));
    assert_eq!(seen.result().finish_class, FinishClass::Refused);
}

#[test]
fn annotations_are_cited_once_and_kept() {
    let annotation = json!({"type": "url_citation", "url": "https://a.test", "title": "A",
        "start_index": 0, "end_index": 2});
    let mut item = message("m", "hi");
    item["content"][0]["annotations"] = json!([annotation]);
    let seen = fold(&[
        delta("output_text", 0, "hi"),
        json!({"type": "response.output_text.annotation.added", "output_index": 0,
            "content_index": 0, "annotation_index": 0, "annotation": annotation}),
        done(0, &item),
        completed(&json!([])),
    ]);
    let cited = seen
        .names()
        .iter()
        .filter(|name| **name == "citation")
        .count();
    assert_eq!(cited, 1);
    let block = seen.turn.blocks.get(0).unwrap();
    assert_eq!(
        block.metadata.get(&block_meta::ANNOTATIONS).unwrap(),
        Some(vec![annotation])
    );
}

#[test]
fn a_custom_tool_that_nobody_offered_was_run_by_the_server() {
    let call = json!({"type": "custom_tool_call", "id": "ctc", "call_id": "c", "name": "x_search",
        "input": "{}", "status": "completed"});
    let offer =
        |tools: Value| json!({"type": "response.created", "response": {"id": "r", "tools": tools}});
    let with = |offer: Value| {
        fold(&[
            offer,
            added(0, &call),
            delta("custom_tool_call_input", 0, "{}"),
            done(0, &call),
            completed(&json!([])),
        ])
    };
    let own = json!([{"type": "custom", "name": "x_search"}]);
    for pending in [
        with(offer(own)),
        with(offer(json!([]))),
        with(offer(Value::Null)),
    ] {
        assert_eq!(pending.turn.tool_calls().count(), 1);
        assert_eq!(
            pending.outcome.unwrap().finish_class,
            FinishClass::ToolCallsPending
        );
    }
    let served = with(offer(json!([{"type": "x_search"}])));
    assert_eq!(served.turn.tool_calls().count(), 0);
    assert_eq!(served.outcome.unwrap().finish_class, FinishClass::Completed);
    // The item is sent back unchanged, and the server's progress is an event.
    let Content::Other(item) = &served.turn.blocks.last().unwrap().content else {
        panic!("{:?}", served.turn);
    };
    assert_eq!(json!(item.payload), call);
    let named = |event: &Published| {
        matches!(&event.kind, EventKind::Custom(custom)
        if custom.event_type == "openai.responses.custom_tool_call_input.delta")
    };
    assert!(served.events.iter().any(named));
}

#[test]
fn the_input_of_a_custom_tool_is_text() {
    let item = json!({"type": "custom_tool_call", "id": "ctc", "call_id": "c", "name": "patch",
        "input": "*** Begin", "status": "completed"});
    let seen = fold(&[
        delta("custom_tool_call_input", 0, "*** "),
        done(0, &item),
        completed(&json!([])),
    ]);
    let call = seen.turn.tool_calls().next().unwrap();
    assert_eq!((call.id.as_str(), call.args.as_str()), ("c", "*** Begin"));
    assert_eq!(call.extra.get("type"), Some(&json!("custom")));
}

#[test]
fn built_in_tools_show_their_progress_and_leave_their_items() {
    let item = json!({"type": "web_search_call", "id": "ws", "status": "completed",
        "action": {"type": "search", "query": "rust"}});
    let progress = |name: &str| {
        json!({"type": format!("response.web_search_call.{name}"),
        "output_index": 0, "item_id": "ws"})
    };
    let seen = fold(&[
        added(
            0,
            &json!({"type": "web_search_call", "id": "ws", "status": "in_progress"}),
        ),
        progress("in_progress"),
        progress("searching"),
        progress("completed"),
        done(0, &item.clone()),
        json!({"type": "response.shell_call_command.delta", "output_index": 1, "delta": "ls",
            "obfuscation": "x"}),
        completed(&json!([item])),
    ]);
    let names = seen.names();
    assert_eq!(
        names.get(1..5).unwrap(),
        [
            "web-search-started",
            "web-search-searching",
            "web-search-done",
            "openai.responses.shell_call_command.delta"
        ]
    );
    let EventKind::ServerTool(event) = &seen.events.get(3).unwrap().kind else {
        panic!("not the end of a search");
    };
    assert_eq!(event.text("query"), Some("rust"));
    let block = seen.turn.blocks.get(0).unwrap();
    let Content::Other(other) = &block.content else {
        panic!("not an item");
    };
    assert_eq!(other.kind, keys::ITEM_KIND);
    assert_eq!(Value::Object(other.payload.clone()), item);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_step_of_a_built_in_tool_is_one_kind_of_event() {
    let step = |kind: &str| {
        json!({"type": format!("response.{kind}"), "output_index": 0,
        "item_id": "i", "sequence_number": 3, "delta": "d", "code": "c", "arguments": "{}",
        "partial_image_b64": "aGk=", "obfuscation": "x", "queue": 2})
    };
    let seen = |kind: &str| {
        let seen = fold(&[step(kind), completed(&json!([]))]);
        let event = &seen.events.get(1).unwrap().kind;
        let EventKind::ServerTool(event) = event else {
            panic!("{kind}: {event:?}");
        };
        assert_eq!(event.item_id, "i", "{kind}");
        (
            seen.names().get(1).unwrap().to_string(),
            event.data.get("queue").is_some(),
        )
    };
    for (kind, name) in [
        ("web_search_call.in_progress", "web-search-started"),
        ("web_search_call.searching", "web-search-searching"),
        ("file_search_call.in_progress", "file-search-started"),
        ("file_search_call.searching", "file-search-searching"),
        ("file_search_call.completed", "file-search-done"),
        (
            "code_interpreter_call.in_progress",
            "code-interpreter-started",
        ),
        (
            "code_interpreter_call.interpreting",
            "code-interpreter-interpreting",
        ),
        ("code_interpreter_call.completed", "code-interpreter-done"),
        (
            "code_interpreter_call_code.delta",
            "code-interpreter-code-delta",
        ),
        (
            "code_interpreter_call_code.done",
            "code-interpreter-code-done",
        ),
        ("mcp_call_arguments.delta", "mcp-args-delta"),
        ("mcp_call.arguments.done", "mcp-args-done"),
        ("mcp_call.in_progress", "mcp-in-progress"),
        ("mcp_call.completed", "mcp-completed"),
        ("mcp_call.failed", "mcp-failed"),
        ("mcp_list_tools.in_progress", "mcp-list-tools-in-progress"),
        ("mcp_list_tools.completed", "mcp-list-tools-completed"),
        ("mcp_list_tools.failed", "mcp-list-tools-failed"),
        (
            "image_generation_call.in_progress",
            "image-generation-in-progress",
        ),
        (
            "image_generation_call.generating",
            "image-generation-generating",
        ),
        (
            "image_generation_call.partial_image",
            "image-generation-partial-image",
        ),
        (
            "image_generation_call.completed",
            "image-generation-completed",
        ),
    ] {
        assert_eq!(seen(kind), (name.to_owned(), false), "{kind}");
    }
    // Progress of a future tool is kept.
    assert_eq!(
        seen("x_search_call.searching"),
        ("server-tool".to_owned(), true)
    );
}

#[test]
fn further_fields_of_an_item_are_kept() {
    let mut item = message("m", "hi");
    item["phase"] = "commentary".into();
    let seen = fold_body(&json!({"id": "r", "status": "completed", "output": [item]}));
    let block = seen.turn.blocks.get(0).unwrap();
    assert_eq!(
        block.metadata.get(&keys::ITEM_FIELDS).unwrap(),
        Some(json!({"phase": "commentary"}))
    );
}

#[test]
fn a_limit_cuts_the_call_that_was_being_written() {
    let mut item = function("a", "{\"x\":");
    item["status"] = "incomplete".into();
    let end = json!({"type": "response.incomplete", "response": {"status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"}, "output": [],
        "usage": {"input_tokens": 1, "output_tokens": 9}}});
    let seen = fold(&[delta("output_text", 0, "hi"), done(1, &item), end]);
    assert_eq!(seen.result().finish_class, FinishClass::MaxTokens);
    assert_eq!(
        seen.result().stop_reason.as_deref(),
        Some("max_output_tokens")
    );
    assert_eq!(seen.result().usage.as_ref().unwrap().output_tokens, 9);
    assert!(!seen.names().contains(&"tool-call-requested"));
    assert!(seen.turn.blocks.get(1).unwrap().incomplete().is_some());
    assert!(seen.turn.blocks.get(0).unwrap().incomplete().is_none());
}

#[test]
fn the_status_says_how_the_reply_ended() {
    let class = |status: &str, reason: &str| {
        let body = json!({"status": status, "output": [],
            "incomplete_details": {"reason": reason}});
        fold_body(&body).result().finish_class.clone()
    };
    assert_eq!(class("completed", ""), FinishClass::Completed);
    assert_eq!(class("incomplete", "content_filter"), FinishClass::Refused);
    assert_eq!(class("incomplete", "new_reason"), FinishClass::Unknown);
    assert_eq!(class("queued", ""), FinishClass::Unknown);
    assert_eq!(class("in_progress", ""), FinishClass::Unknown);
    assert_eq!(class("new_status", ""), FinishClass::Unknown);
}

#[test]
fn a_failed_response_is_an_error_with_what_arrived() {
    let seen = fold(&[
        delta("output_text", 0, "so far"),
        json!({"type": "response.failed", "response": {"id": "r", "status": "failed",
            "error": {"code": "server_error", "message": "oops"}, "output": [],
            "usage": {"input_tokens": 1, "output_tokens": 1}}}),
    ]);
    let error = seen.outcome.as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(
        (error.provider_code(), error.provider_message()),
        (Some("server_error"), Some("oops"))
    );
    assert_eq!(texts(&seen.turn), ["llm_text so far"]);
    assert!(seen.turn.blocks.get(0).unwrap().incomplete().is_some());
}

#[test]
fn what_is_no_event_is_an_error() {
    let seen = fold_named([("", "{\"type\": ")]);
    assert_eq!(seen.error(), ErrorKind::MalformedResponse);
    let seen = fold(&[json!({"error": {"code": "rate_limit_exceeded", "message": "m"}})]);
    assert_eq!(seen.error(), ErrorKind::RateLimited);
    assert_eq!(
        fold(&[json!({"code": 429, "message": "m"})]).error(),
        ErrorKind::RateLimited
    );
    assert_eq!(
        fold(&[json!(["response.completed"])]).error(),
        ErrorKind::MalformedResponse
    );
    assert_eq!(
        fold(&[json!({"type": "keepalive"})]).error(),
        ErrorKind::Truncated
    );
}

/// An item of a generated reply, by its type and its text.
fn item_of(kind: u8, number: usize, text: &str) -> Value {
    let id = format!("i{number}");
    match kind {
        0 => message(&id, text),
        1 => json!({"type": "reasoning", "id": id, "encrypted_content": "x", "status": "completed",
            "summary": [{"type": "summary_text", "text": text}, {"type": "summary_text", "text": "2"}]}),
        2 => json!({"type": "reasoning", "id": id, "summary": [],
            "content": [{"type": "reasoning_text", "text": text}]}),
        3 => function(&id, text),
        4 => json!({"type": "message", "id": id, "content": [{"type": "output_text", "text": text},
            {"type": "refusal", "refusal": "no"}]}),
        _ => {
            json!({"type": "file_search_call", "id": id, "status": "completed", "queries": [text]})
        }
    }
}

/// Returns the events that stream an item, its text split into `pieces`.
fn stream_of(index: u64, item: &Value, pieces: usize) -> Vec<Value> {
    let kind = item["type"].as_str().unwrap();
    let mut begin = item.clone();
    for field in [
        "content",
        "summary",
        "arguments",
        "encrypted_content",
        "queries",
    ] {
        begin.as_object_mut().unwrap().remove(field);
    }
    let mut events = vec![added(index, &begin)];
    let mut grow = |name: &str, field: &str, part: usize, text: &str| {
        let chars: Vec<char> = text.chars().collect();
        for piece in chars.chunks(chars.len().div_ceil(pieces.max(1)).max(1)) {
            let piece: String = piece.iter().collect();
            events.push(
                json!({"type": format!("response.{name}.delta"), "output_index": index,
                field: part, "delta": piece}),
            );
        }
    };
    let list = |field: &str| item[field].as_array().cloned().unwrap_or_default();
    for (at, part) in list("summary").iter().enumerate() {
        let text = part["text"].as_str().unwrap();
        grow("reasoning_summary_text", "summary_index", at, text);
    }
    for (at, part) in list("content").iter().enumerate() {
        let name = match part["type"].as_str().unwrap() {
            "refusal" => "refusal",
            "reasoning_text" => "reasoning_text",
            _ => "output_text",
        };
        let text = part["text"].as_str().or(part["refusal"].as_str()).unwrap();
        grow(name, "content_index", at, text);
    }
    if kind == "function_call" {
        let args = item["arguments"].as_str().unwrap();
        grow("function_call_arguments", "content_index", 0, args);
    }
    events.push(done(index, item));
    events
}

/// Returns the blocks without their ids, which count all created objects.
fn blocks(turn: &Turn) -> Vec<Block> {
    turn.blocks
        .iter()
        .map(|block| (**block).clone().with_id(""))
        .collect()
}

proptest! {
    #[test]
    fn a_stream_folds_to_what_the_whole_body_folds_to(
        items in prop::collection::vec((0_u8..6, "[a-zä-ü{}\" ]{0,12}", 1_usize..5), 0..6),
        dropped in prop::collection::vec(any::<bool>(), 64),
        echoed in any::<bool>(),
    ) {
        let output: Vec<Value> = (items.iter().enumerate())
            .map(|(at, (kind, text, _))| item_of(*kind, at, text))
            .collect();
        let mut events = Vec::new();
        for (at, item) in output.iter().enumerate() {
            events.extend(stream_of(at as u64, item, items[at].2));
        }
        // Deltas may be missing at the end of a part; the rest is added at its end.
        let mut stopped = HashSet::new();
        let mut flags = dropped.iter().cycle();
        events.retain(|event| {
            let part = format!("{}{}{}{}", event["type"], event["output_index"],
                event["content_index"], event["summary_index"]);
            let is_delta = event["delta"].is_string();
            if is_delta && *flags.next().unwrap() {
                stopped.insert(part.clone());
            }
            !is_delta || !stopped.contains(&part)
        });
        let whole = match echoed {
            true => json!(output),
            false => json!([]),
        };
        events.push(completed(&whole));
        let streamed = fold(&events);
        let body = fold_body(&completed(&json!(output))["response"]);
        prop_assert_eq!(blocks(&streamed.turn), blocks(&body.turn));
        prop_assert_eq!(&streamed.result().finish_class, &body.result().finish_class);
        // Wherever the stream is truncated, the result is an error that keeps the beginning of the
        // text.
        for cut in 0..events.len() {
            let seen = fold(&events[..cut]);
            prop_assert_eq!(seen.error(), ErrorKind::Truncated);
            prop_assert!(body.turn.assistant_text().starts_with(&seen.turn.assistant_text()));
        }
    }
}
