use geppetto_events::{Event, EventKind, kind::REPLACED};
use serde_json::{Value, json};

use super::{ChatBody, ChatOptions, ChatStream};
use crate::openai::tests::Run;

fn options() -> ChatOptions {
    let mut own = ChatOptions::new("chatcmpl-1", 7, "m");
    own.client_tools = ["pick".to_owned()].into();
    own
}

fn json_mode() -> ChatOptions {
    let mut own = options();
    own.json = true;
    own
}

/// Returns the frames of a stream.
fn stream(options: ChatOptions, events: &[Event]) -> Vec<Value> {
    let mut own = ChatStream::new(options);
    let frames = events.iter().flat_map(|event| own.push(event));
    frames
        .map(|frame| serde_json::to_value(frame).unwrap())
        .collect()
}

/// Returns the message that a client assembles, with its finish reason, or the error.
fn assembled(frames: &[Value]) -> Value {
    let mut message = json!({"content": "", "reasoning": "", "refusal": "", "calls": []});
    let mut finish = Value::Null;
    for frame in frames {
        if frame.get("error").is_some() {
            return frame.clone();
        }
        assert_eq!(frame["id"], "chatcmpl-1");
        let Some(choice) = frame["choices"].get(0) else {
            continue;
        };
        assert!(finish.is_null(), "a choice after the end: {frame}");
        finish = choice["finish_reason"].clone();
        let delta = &choice["delta"];
        for (from, to) in [
            ("content", "content"),
            ("reasoning_content", "reasoning"),
            ("refusal", "refusal"),
        ] {
            let text = message[to].as_str().unwrap().to_owned();
            message[to] = (text + delta[from].as_str().unwrap_or_default()).into();
        }
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let index = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
            let calls = message["calls"].as_array_mut().unwrap();
            if index == calls.len() {
                calls.push(json!([call["id"], call["function"]["name"], ""]));
            }
            let args = calls[index][2].as_str().unwrap().to_owned();
            calls[index][2] = (args + call["function"]["arguments"].as_str().unwrap()).into();
        }
    }
    assert!(!finish.is_null(), "no end: {frames:?}");
    json!([message, finish])
}

/// Returns the message of a completion in the form of [`assembled`].
fn whole(options: ChatOptions, events: &[Event]) -> Value {
    let mut body = ChatBody::new(options);
    for event in events {
        body.push(event);
    }
    let body = match body.finish_body() {
        Ok(body) => body,
        Err(error) => return json!({"error": error}),
    };
    let (message, choice) = (&body["choices"][0]["message"], &body["choices"][0]);
    let text = |name: &str| message[name].as_str().unwrap_or_default();
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    let calls: Vec<Value> = calls
        .map(|own| {
            json!([
                own["id"],
                own["function"]["name"],
                own["function"]["arguments"]
            ])
        })
        .collect();
    json!([{"content": text("content"), "reasoning": text("reasoning_content"),
        "refusal": text("refusal"), "calls": calls}, choice["finish_reason"]])
}

/// Asserts what a client has, streamed and whole.
#[track_caller]
fn check(options: ChatOptions, events: &[Event], expected: [&str; 3], calls: &Value, finish: &str) {
    let [content, reasoning, refusal] = expected;
    let expected = json!([{"content": content, "reasoning": reasoning, "refusal": refusal,
        "calls": calls}, finish]);
    assert_eq!(assembled(&stream(options.clone(), events)), expected);
    assert_eq!(whole(options, events), expected);
}

#[test]
fn the_frames_have_the_form_of_the_api() {
    let mut options = options();
    options.include_usage = true;
    let run = Run::default().call().reasoning("hm").text(&["Hi", "."]);
    let run = run.tool("c1", "pick", &["{", "}"]).end_call("completed");
    let frames = stream(options, &run.done());
    let chunk = |delta: Value, finish: Value| {
        json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 7, "model": "m",
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}],
            "usage": null})
    };
    let delta = |delta: Value| chunk(delta, Value::Null);
    let args = |args: &str| {
        let call = json!({"index": 0, "function": {"arguments": args}});
        delta(json!({"tool_calls": [call]}))
    };
    let call = json!({"index": 0, "id": "c1", "type": "function",
        "function": {"name": "pick", "arguments": ""}});
    let usage = json!({"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14,
        "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 1}});
    let expected = [
        delta(json!({"role": "assistant", "content": ""})),
        delta(json!({"reasoning_content": "hm"})),
        delta(json!({"content": "Hi"})),
        delta(json!({"content": "."})),
        delta(json!({"tool_calls": [call]})),
        args("{"),
        args("}"),
        chunk(json!({}), "tool_calls".into()),
        json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 7, "model": "m",
            "choices": [], "usage": usage}),
    ];
    assert_eq!(frames, expected);
}

#[test]
fn a_completion_has_the_form_of_the_api() {
    let run = Run::default()
        .call()
        .tool("c1", "pick", &["{}"])
        .end_call("completed");
    let mut body = ChatBody::new(options());
    for event in run.waits("c1", "pick").stopped("waiting: `pick`") {
        body.push(&event);
    }
    let call = json!({"id": "c1", "type": "function",
        "function": {"name": "pick", "arguments": "{}"}});
    assert_eq!(
        body.finish_body().unwrap(),
        json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 7, "model": "m",
            "choices": [{"index": 0, "logprobs": null, "finish_reason": "tool_calls",
                "message": {"role": "assistant", "content": null, "refusal": null,
                    "annotations": [], "tool_calls": [call]}}]})
    );
}

#[test]
fn server_tools_run_inside_and_their_texts_are_paragraphs() {
    let run = Run::default().call().text(&["Let me see."]);
    let run = run.tool("c1", "search", &["{}"]).end_call("completed");
    let run = run.call().text(&["It", " is."]).end_call("completed");
    check(
        options(),
        &run.done(),
        ["Let me see.\n\nIt is.", "", ""],
        &json!([]),
        "stop",
    );
}

#[test]
fn a_paused_reply_continues_its_text() {
    let run = Run::default().call().text(&["half a "]).end_call("paused");
    let run = run.call().text(&["sentence"]).end_call("completed");
    check(
        options(),
        &run.done(),
        ["half a sentence", "", ""],
        &json!([]),
        "stop",
    );
}

#[test]
fn a_json_answer_has_no_remarks() {
    let run = Run::default().call().text(&[" I", " search."]);
    let run = run.tool("c1", "search", &["{}"]).end_call("completed");
    let run = run
        .call()
        .text(&["\n", "{\"a\":", "1}"])
        .end_call("completed");
    let events = run.done();
    check(
        json_mode(),
        &events,
        ["\n{\"a\":1}", "", ""],
        &json!([]),
        "stop",
    );
    let frames = stream(json_mode(), &events);
    assert_eq!(frames[2]["choices"][0]["delta"]["content"], "1}");
}

#[test]
fn an_answer_that_is_no_json_arrives_at_its_end() {
    let run = Run::default().call().text(&["no ", "{json}"]);
    let events = run.end_call("completed").done();
    check(
        json_mode(),
        &events,
        ["no {json}", "", ""],
        &json!([]),
        "stop",
    );
}

#[test]
fn finish_reasons() {
    for (class, finish) in [
        ("completed", "stop"),
        ("max_tokens", "length"),
        ("context_window", "length"),
        ("refused", "content_filter"),
        ("unknown", "stop"),
    ] {
        let events = Run::default().call().text(&["x"]).end_call(class).done();
        check(options(), &events, ["x", "", ""], &json!([]), finish);
    }
    let refused = Run::default().call().refusal("No.").end_call("refused");
    check(
        options(),
        &refused.done(),
        ["", "", "No."],
        &json!([]),
        "stop",
    );
    let limit = Run::default().call().text(&["x"]).end_call("completed");
    let events = limit.stopped("limit reached: 20 iterations");
    check(options(), &events, ["x", "", ""], &json!([]), "length");
    check(
        options(),
        &Run::default().done(),
        ["", "", ""],
        &json!([]),
        "stop",
    );
}

#[test]
fn calls_of_the_client_and_of_the_server() {
    let run = Run::default().call().tool("c1", "search", &["{}"]);
    let run = run
        .tool("c2", "pick", &["{\"a\"", ":1}"])
        .tool("c3", "pick", &[]);
    let run = run.end_call("completed");
    let events = run
        .waits("c2", "pick")
        .waits("c3", "pick")
        .stopped("waiting: ");
    let both = json!([["c2", "pick", "{\"a\":1}"], ["c3", "pick", ""]]);
    check(options(), &events, ["", "", ""], &both, "tool_calls");
    let mut one = options();
    one.one_call = true;
    check(one, &events, ["", "", ""], &json!([both[0]]), "tool_calls");
}

#[test]
fn a_call_of_the_server_that_waits_keeps_the_stream_open() {
    let run = Run::default().call().tool("c1", "pay", &["{}"]);
    let events = run
        .end_call("completed")
        .waits("c1", "pay")
        .stopped("waiting: ");
    let mut stream = ChatStream::new(options());
    for event in &events {
        stream.push(event);
    }
    assert!(!stream.is_over());
    assert_eq!(stream.waiting().collect::<Vec<_>>(), ["c1"]);
    let start = EventKind::RunStarted(geppetto_events::kind::RunStarted::default());
    let next = Run::default().put(start).call().text(&["No."]);
    for event in next.end_call("completed").done() {
        stream.push(&event);
    }
    assert!(stream.is_over() && !stream.is_failed());
}

#[test]
fn a_reply_that_repeats_what_was_sent_continues_the_stream() {
    let run = Run::default()
        .call()
        .text(&["Before."])
        .tool("c1", "search", &["{}"]);
    let run = run
        .end_call("completed")
        .call()
        .reasoning("hm")
        .text(&["Once ", "upon"]);
    let run = run.end_call("error").again().reasoning("hm, yes");
    let run = run
        .text(&["Once"])
        .end_call("error")
        .again()
        .reasoning("hm, yes");
    let run = run.text(&["Once upon a", " time"]).end_call("completed");
    let events = run.done();
    check(
        options(),
        &events,
        ["Before.\n\nOnce upon a time", "hm, yes", ""],
        &json!([]),
        "stop",
    );
}

#[test]
fn a_reply_that_differs_from_what_was_sent_ends_the_stream() {
    for pieces in [&["Once again"][..], &["On"], &[]] {
        let run = Run::default().call().text(&["Once upon"]).end_call("error");
        let events = run.again().text(pieces).end_call("completed").done();
        let frames = stream(options(), &events);
        assert_eq!(frames.last().unwrap()["error"]["code"], "reply_restarted");
        assert!(
            frames
                .iter()
                .filter(|own| own.get("error").is_some())
                .count()
                == 1
        );
        // What was not sent can change.
        check_whole(&events, &pieces.concat());
    }
    let run = Run::default()
        .call()
        .tool("c1", "pick", &["{}"])
        .end_call("error");
    let events = run.again().text(&["x"]).end_call("completed").done();
    let frames = stream(options(), &events);
    assert_eq!(frames.last().unwrap()["error"]["code"], "reply_restarted");
    check_whole(&events, "x");
}

#[track_caller]
fn check_whole(events: &[Event], content: &str) {
    let expected =
        json!([{"content": content, "reasoning": "", "refusal": "", "calls": []}, "stop"]);
    assert_eq!(whole(options(), events), expected);
}

#[test]
fn a_text_that_the_provider_replaces() {
    let run = Run::default()
        .call()
        .text(&["A"])
        .text_ending(&["bc"], Some(REPLACED));
    let events = run.text(&["bcd"]).end_call("completed").done();
    check(options(), &events, ["Abcd", "", ""], &json!([]), "stop");
}

#[test]
fn errors() {
    let run = Run::default().call().text(&["x"]).end_call("error");
    let frames = stream(options(), &run.failed("rate_limited"));
    let error = json!({"error": {"message": "it broke", "type": "rate_limit_error", "param": null,
        "code": "rate_limit_exceeded"}});
    assert_eq!(frames.last(), Some(&error));
    let events = Run::default().call().stopped("cancelled: too slow");
    assert_eq!(
        assembled(&stream(options(), &events)),
        whole(options(), &events)
    );
}

#[test]
fn a_reader_that_joins_late_has_the_complete_text() {
    let events = Run::default()
        .call()
        .text(&["Hel", "lo"])
        .end_call("completed")
        .done();
    let without_deltas = |own: &&Event| own.text_delta().is_none();
    let events: Vec<Event> = events.iter().filter(without_deltas).cloned().collect();
    check(options(), &events, ["Hello", "", ""], &json!([]), "stop");
}
