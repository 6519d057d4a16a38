use std::{
    io,
    sync::{Arc, Mutex},
};

use geppetto_turns::Usage;
use serde_json::{Value, json};

use super::*;
use crate::{Event, EventKind, EventSink, kind::*, printer::JsonLinesPrinter};

fn decode(value: Value) -> Event {
    serde_json::from_value(value).unwrap()
}

#[test]
fn every_known_type_decodes_to_itself_and_back() {
    let tools = ServerTool::NAMES.iter().map(|(name, _, _)| name);
    let tools = tools.chain([&"tool-search-results", &"server-tool"]);
    for name in EventKind::TYPE_NAMES.iter().chain(tools) {
        let value = json!({
            "type": name, "seq": 7, "meta": {"message_id": "m", "top_p": 1, "extra": {"a": 1}},
            "correlation": {"run_id": "r", "attempt": 2, "shard": "x"},
            "delta": "d", "sequence": 1, "offset": 0, "text": "so far", "item_id": "i", "input": "{}",
            "usage": {"input_tokens": 1, "output_tokens": 0, "cached_tokens": 0},
            "stop_reason": null, "brand_new": [1.0, 1],
        });
        let event = decode(value.clone());
        assert_eq!(event.type_name(), *name);
        assert!(!matches!(event.kind, EventKind::Custom(_)), "{name}");
        let back = serde_json::to_value(&event).unwrap();
        for (key, field) in value.as_object().unwrap() {
            assert_eq!(back.get(key), Some(field), "{name}: {key}");
        }
        assert_eq!(decode(back), event, "{name}");
    }
}

#[test]
fn unknown_types_go_through_unchanged() {
    let value = json!({"type": "my-app.progress", "meta": {"message_id": "m"}, "percent": 40});
    let event = decode(value.clone());
    assert!(matches!(&event.kind, EventKind::Custom(e) if e.event_type == "my-app.progress"));
    assert_eq!(serde_json::to_value(&event).unwrap(), value);
}

#[test]
fn a_malformed_field_of_a_known_type_is_an_error_that_names_it() {
    let error =
        serde_json::from_value::<Event>(json!({"type": "text-delta", "delta": 3})).unwrap_err();
    assert!(error.to_string().starts_with("text-delta: "), "{error}");
    let error = serde_json::from_value::<Event>(json!({"delta": "x"})).unwrap_err();
    assert!(error.to_string().starts_with("type: missing"), "{error}");
}

#[test]
fn our_own_events_carry_offsets_and_no_text_so_far() {
    let event = Event::new(EventKind::TextDelta(TextDelta::new("lo", 3, 2)));
    assert_eq!(
        serde_json::to_value(event).unwrap(),
        json!({"type": "text-delta", "delta": "lo", "offset": 3, "sequence": 2})
    );
}

#[test]
fn run_failed_goes_there_and_back() {
    let mut failed = RunFailed::new("no route to host");
    failed.usage = Some(Box::new(Usage::new(3, 4)));
    let event = Event::new(EventKind::RunFailed(failed));
    assert_eq!(decode(serde_json::to_value(&event).unwrap()), event);
}

#[test]
fn log_lines_keep_their_envelope() {
    for line in [
        json!({"type": "log", "event": {"type": "log", "level": "info", "message": "m"}, "ts": 12}),
        json!({"type": "log", "event": {"type": "log", "level": "info", "message": "m"}, "meta": {"message_id": "x"}}),
        json!({"type": "log", "level": "info", "message": "m"}),
        json!({"type": "partial", "event": {"type": "partial", "delta": "a"}, "ts": 1}),
    ] {
        let read = LogLine::from_json(&line.to_string()).unwrap();
        let written: Value = serde_json::from_str(&read.to_json().unwrap()).unwrap();
        if line["type"] != "partial" {
            assert_eq!(written, line);
        }
        assert_eq!(LogLine::from_json(&written.to_string()).unwrap(), read);
    }
    assert_eq!(
        LogLine::at(decode(json!({"type": "log"})), 12).unix_ms(),
        Some(12)
    );
}

#[test]
fn january_names_decode_to_the_present_types() {
    let check = |old: Value, new: Value| {
        let event = decode(old);
        assert_eq!(serde_json::to_value(&event).unwrap(), new);
    };
    check(
        json!({"type": "start"}),
        json!({"type": "provider-call-started"}),
    );
    check(
        json!({"type": "partial", "delta": "b", "completion": "ab"}),
        json!({"type": "text-delta", "delta": "b", "completion": "ab"}),
    );
    check(
        json!({"type": "partial-thinking", "delta": "b", "completion": "ab"}),
        json!({"type": "reasoning-delta", "delta": "b", "completion": "ab", "source": "thinking"}),
    );
    check(
        json!({"type": "reasoning-text-done", "text": "t"}),
        json!({"type": "reasoning-segment-finished", "text": "t", "source": "provider"}),
    );
    check(
        json!({"type": "final", "text": "t"}),
        json!({"type": "text-segment-finished", "text": "t"}),
    );
    check(
        json!({"type": "tool-call", "tool_call": {"id": "c", "name": "n", "input": "{}"}}),
        json!({"type": "tool-call-requested", "tool_call_id": "c", "tool_name": "n", "input": "{}"}),
    );
    check(
        json!({"type": "tool-call-execution-result", "tool_result": {"id": "c", "result": "r"}}),
        json!({"type": "tool-result-ready", "tool_call_id": "c", "tool_name": "", "result": "r", "status": "unknown"}),
    );
    check(
        json!({"type": "status", "text": "busy"}),
        json!({"type": "info", "message": "busy"}),
    );
}

#[test]
fn what_the_january_encoder_writes_decodes_to_the_same_event() {
    let mut encoder = JanuaryEncoder::new();
    let events = [
        EventKind::TextDelta(TextDelta {
            offset: None,
            ..TextDelta::new("ab", 0, 0)
        }),
        EventKind::TextDelta(TextDelta {
            offset: None,
            ..TextDelta::new("cd", 0, 0)
        }),
        EventKind::TextSegmentFinished(TextFinished::new("abcd", None)),
        EventKind::ToolCallRequested(ToolCallRequested::new("c", "n", "{}")),
        EventKind::ToolExecutionStarted(ToolExecutionStarted::new("c", "n", "{}")),
        EventKind::Error(ErrorEvent::new("e")),
        EventKind::ProviderCallStarted(ProviderCallStarted::default()),
    ];
    let mut completions = Vec::new();
    for kind in events {
        let old = encoder.encode(&Event::new(kind.clone())).unwrap();
        if let Some(completion) = old.get("completion") {
            completions.push(completion.clone());
        }
        assert!(
            JanuaryEncoder::new().encode(&decode(old.clone())).is_some(),
            "{old}"
        );
        assert_eq!(decode(old).kind, kind);
    }
    assert_eq!(completions, ["ab", "abcd"]);
    let started = EventKind::TextSegmentStarted(TextStarted::new("assistant"));
    assert_eq!(encoder.encode(&Event::new(started)), None);
}

#[test]
fn the_cumulative_encoder_adds_the_text_so_far() {
    let mut encoder = CumulativeEncoder::new();
    let mut field = |kind, name: &str| encoder.encode(&Event::new(kind)).unwrap()[name].clone();
    assert_eq!(
        field(EventKind::TextDelta(TextDelta::new("ab", 0, 1)), "text"),
        "ab"
    );
    assert_eq!(
        field(EventKind::TextDelta(TextDelta::new("c", 2, 2)), "text"),
        "abc"
    );
    let args = |delta: &str| {
        EventKind::ToolCallArgumentsDelta(ToolCallArgumentsDelta::new("c1", delta, 0, 1))
    };
    assert_eq!(field(args("{"), "arguments"), "{");
    assert_eq!(field(args("}"), "arguments"), "{}");
}

#[test]
fn the_older_name_of_the_session_may_stand_beside_the_newer_one() {
    for (meta, session) in [
        (json!({"run_id": "r"}), "r"),
        (json!({"run_id": "r", "session_id": "s"}), "s"),
        (json!({"run_id": "r", "session_id": null}), "r"),
    ] {
        let event: Event =
            serde_json::from_value(json!({"type": "info", "message": "x", "meta": meta})).unwrap();
        assert_eq!(event.meta.session_id.as_deref(), Some(session), "{meta}");
        let written = serde_json::to_value(&event).unwrap();
        assert_eq!(written["meta"]["run_id"], "r", "{meta}");
        let again: Event = serde_json::from_value(written).unwrap();
        assert_eq!(again, event, "{meta}");
    }
}

#[test]
fn the_january_encoder_ends_each_call_once_with_its_text_and_usage() {
    let mut encoder = JanuaryEncoder::new();
    let mut finished = ProviderCallFinished {
        stop_reason: Some("stop".to_owned()),
        finish_class: Some("completed".to_owned()),
        usage: Some(Box::new(Usage::new(3, 4))),
        ..ProviderCallFinished::default()
    };
    let delta = |text: &str| EventKind::TextDelta(TextDelta::new(text, 0, 1));
    let end = |text: &str| EventKind::TextSegmentFinished(TextFinished::new(text, None));
    let mut told = |kinds: Vec<EventKind>| -> Vec<(String, Value)> {
        let events = kinds.into_iter().map(Event::new);
        let old = events.filter_map(|event| encoder.encode(&event));
        old.map(|event| (event["type"].as_str().unwrap().to_owned(), event))
            .collect()
    };
    let started = || EventKind::ProviderCallStarted(ProviderCallStarted::default());
    let whole = told(vec![
        EventKind::RunStarted(RunStarted::new("hi")),
        started(),
        delta("a"),
        end("a"),
        delta("b"),
        end("b"),
        EventKind::ProviderCallFinished(Box::new(finished.clone())),
        EventKind::RunFinished(RunFinished::new("completed")),
    ]);
    let names: Vec<_> = whole.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["start", "partial", "partial", "final"]);
    assert_eq!(whole[2].1["completion"], "ab");
    assert_eq!(whole[3].1["text"], "ab");
    assert_eq!(whole[3].1["meta"]["stop_reason"], "stop");
    assert_eq!(whole[3].1["meta"]["usage"]["output_tokens"], 4);

    finished.finish_class = Some("interrupted".to_owned());
    let stopped = told(vec![
        EventKind::RunStarted(RunStarted::new("hi")),
        started(),
        delta("discarded"),
        EventKind::ProviderCallDiscarded(ProviderCallDiscarded::new("broke")),
        started(),
        delta("Hel"),
        end("Hel"),
        EventKind::ProviderCallFinished(Box::new(finished)),
        EventKind::RunStopped(RunStopped::new("cancelled")),
    ]);
    let (name, last) = stopped.last().unwrap();
    assert_eq!((name.as_str(), &last["text"]), ("interrupt", &json!("Hel")));
    assert_eq!(
        stopped.iter().filter(|(name, _)| name == "final").count(),
        0
    );
}

#[test]
fn the_january_encoder_tells_one_error_of_a_failed_run_and_none_of_an_attempt_that_is_undone() {
    let broken = || {
        let finished = ProviderCallFinished {
            finish_class: Some("error".to_owned()),
            ..ProviderCallFinished::default()
        };
        [
            EventKind::ProviderCallStarted(ProviderCallStarted::default()),
            EventKind::TextDelta(TextDelta::new("Hel", 0, 1)),
            EventKind::Error(ErrorEvent::new("gone")),
            EventKind::ProviderCallFinished(Box::new(finished)),
        ]
    };
    let told = |kinds: Vec<EventKind>| -> Vec<String> {
        let mut encoder = JanuaryEncoder::new();
        let old = kinds
            .into_iter()
            .filter_map(|kind| encoder.encode(&Event::new(kind)));
        old.map(|event| event["type"].as_str().unwrap().to_owned())
            .collect()
    };
    let started = EventKind::RunStarted(RunStarted::new("hi"));
    let undone = EventKind::ProviderCallDiscarded(ProviderCallDiscarded::new("gone"));
    let failed = EventKind::RunFailed(RunFailed::new("gone"));
    let mut run = vec![started];
    run.extend(broken());
    run.push(undone);
    run.extend(broken());
    run.push(failed);
    assert_eq!(told(run), ["start", "partial", "start", "partial", "error"]);
    // Outside of a run, no other event reports it.
    assert_eq!(told(broken().to_vec()), ["start", "partial", "error"]);
    // An error outside of a provider call is reported.
    let own = vec![
        EventKind::RunStarted(RunStarted::new("hi")),
        EventKind::Error(ErrorEvent::new("a sink says so")),
    ];
    assert_eq!(told(own), ["error"]);
}

#[test]
fn what_json_readers_keep_in_part_is_an_error_that_names_its_place() {
    let cases = [
        (
            r#"{"type": "my-app.id", "id": 18446744073709551616}"#,
            "needs more than 64 bits",
            29,
        ),
        (
            r#"{"type": "my-app.id", "ids": [-9223372036854775809]}"#,
            "needs more than 64 bits",
            31,
        ),
        (
            r#"{"type": "log", "seq": 1e400}"#,
            "number out of range",
            28,
        ),
        (
            r#"{"type": "log", "message": "a", "message": "b"}"#,
            "stands twice",
            41,
        ),
        (
            r#"{"type": "log", "event": {"type": "log", "seq": 1, "seq": 2}}"#,
            "stands twice",
            56,
        ),
        (
            r#"{"type": "log"}{"type": "log"}"#,
            "trailing characters",
            16,
        ),
        (
            r#"{"type": "log", "message": "cut of"#,
            "EOF while parsing",
            34,
        ),
        (
            "{\"type\": \"log\", \"message\": \"a\0\"}",
            "control character",
            30,
        ),
        ("\0\0\0\0", "expected value", 1),
    ];
    for (line, why, column) in cases {
        let error = LogLine::from_json(line).unwrap_err();
        assert!(error.to_string().contains(why), "{line}: {error}");
        assert_eq!(
            (error.line(), error.column()),
            (1, column),
            "{line}: {error}"
        );
    }
    let whole =
        r#"{"type":"my-app.id","f":0.1,"high":18446744073709551615,"low":-9223372036854775808}"#;
    let read = LogLine::from_json(whole).unwrap();
    assert_eq!(read.to_json().unwrap(), whole);
}

#[test]
fn lines_that_other_programs_wrote_load() {
    let log = |line: &str| match LogLine::from_json(line).unwrap().event.kind {
        EventKind::Log(log) => log.message,
        kind => panic!("{kind:?}"),
    };
    assert_eq!(
        log("\u{feff}{\"type\": \"log\", \"message\": \"a\"}\r"),
        "a"
    );
    assert_eq!(
        log(r#"{"type": "log", "message": "cut \ud83d"}"#),
        "cut \u{fffd}"
    );
    assert_eq!(
        log(r#"{"type": "log", "message": "\ud83d\ude00 \u0000"}"#),
        "\u{1f600} \0"
    );
    assert_eq!(
        log("{\"type\": \"log\", \"message\": \"a\u{2028}b\"}"),
        "a\u{2028}b"
    );
}

struct Shared(Arc<Mutex<Vec<u8>>>);

impl io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn whatever_a_text_holds_an_event_is_one_line() {
    let text = "a\nb\r\nc\u{2028}\0\u{1b}[2J\u{85}\u{9b}\u{202e}\u{feff}";
    let line = LogLine::at(
        Event::new(EventKind::TextDelta(TextDelta::new(text, 0, 1))),
        1,
    );
    let json = line.to_json().unwrap();
    assert_eq!(geppetto_turns::printable_line(&json), json);
    let printed = Arc::new(Mutex::new(Vec::new()));
    JsonLinesPrinter::new(Shared(printed.clone())).publish(&line.event);
    let printed = String::from_utf8(printed.lock().unwrap().clone()).unwrap();
    assert_eq!(geppetto_turns::printable(&printed), printed);
    assert_eq!(LogLine::from_json(&json).unwrap(), line);
}

#[test]
fn no_event_writes_a_field_twice() {
    let fields =
        json!({"type": "b", "seq": "x", "merged": 0, "meta": 1, "correlation": 2, "own": 3});
    let fields = fields.as_object().cloned().unwrap();
    let mut event = Event::new(EventKind::Custom(CustomEvent::new("my-app.a", fields)));
    event.seq = 7;
    let json = LogLine::bare(event).to_json().unwrap();
    assert_eq!(json, r#"{"type":"my-app.a","seq":7,"own":3}"#);

    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    #[serde(tag = "type")]
    enum Tagged {
        Step { n: u8 },
    }
    impl AppEvent for Tagged {
        const TYPE: &'static str = "my-app.tagged";
    }
    let error = Event::from_app(&Tagged::Step { n: 1 }).unwrap_err();
    let said = "`my-app.tagged` has a field `type`, which every event has; give it another name";
    assert_eq!(error.to_string(), said);
}

#[test]
fn the_number_and_the_count_of_merged_events_are_kept() {
    let value = json!({"type": "text-delta", "seq": 7, "merged": 3, "delta": "d", "sequence": 1});
    let event = decode(value.clone());
    assert_eq!((event.seq, event.merged), (7, 3));
    assert_eq!(serde_json::to_value(&event).unwrap(), value);
    let single = decode(json!({"type": "text-delta", "seq": 7, "delta": "d", "sequence": 1}));
    assert_eq!(single.merged, 1);
    assert_eq!(serde_json::to_value(&single).unwrap().get("merged"), None);
}

#[test]
fn reasoning_without_a_source_stays_without_one() {
    for name in [
        "reasoning-segment-started",
        "reasoning-delta",
        "reasoning-segment-finished",
    ] {
        let event = serde_json::to_value(decode(json!({ "type": name }))).unwrap();
        assert_eq!(event.get("source"), None, "{name}");
        for source in ["provider", "thinking", "summary", "odd"] {
            let event = decode(json!({"type": name, "source": source}));
            assert_eq!(serde_json::to_value(event).unwrap()["source"], source);
        }
    }
    let known =
        ["provider", "thinking", "summary"].map(|name| ReasoningSource::from(name.to_owned()));
    use ReasoningSource as S;
    assert_eq!(known, [S::Provider, S::Thinking, S::Summary]);
    let known =
        ["success", "error", "unknown", "odd"].map(|name| ToolStatus::from(name.to_owned()));
    use ToolStatus as T;
    let expected = [T::Success, T::Error, T::Unknown, T::Other("odd".to_owned())];
    assert_eq!(known, expected);
}

#[test]
fn the_text_so_far_ends_with_its_segment() {
    let mut encoder = CumulativeEncoder::new();
    let mut field = |kind, name: &str| encoder.encode(&Event::new(kind)).unwrap()[name].clone();
    let args = |delta: &str| {
        EventKind::ToolCallArgumentsDelta(ToolCallArgumentsDelta::new("c1", delta, 0, 1))
    };
    let text = |delta: &str| EventKind::TextDelta(TextDelta::new(delta, 0, 1));
    field(text("ab"), "text");
    field(
        EventKind::TextSegmentFinished(TextFinished::new("ab", None)),
        "text",
    );
    assert_eq!(field(text("c"), "text"), "c");
    field(args("{"), "arguments");
    field(
        EventKind::ToolCallRequested(ToolCallRequested::new("c1", "n", "{")),
        "input",
    );
    assert_eq!(field(args("["), "arguments"), "[");
}

#[test]
fn january_events_of_reasoning_and_tools_go_there_and_back() {
    let present = |old: Value| serde_json::to_value(decode(old)).unwrap();
    let delta = json!({"type": "reasoning-delta", "delta": "b", "source": "provider"});
    assert_eq!(
        present(json!({"type": "reasoning-text-delta", "delta": "b"})),
        delta
    );
    let old = json!({"type": "tool-result", "tool_result": {"id": "c", "result": "r"}});
    assert_eq!(present(old)["type"], "tool-call-finished");

    let mut encoder = JanuaryEncoder::new();
    let mut old = |kind| encoder.encode(&Event::new(kind));
    let thought =
        |delta: &str, source| EventKind::ReasoningDelta(ReasoningDelta::new(delta, 0, 1, source));
    let provider = old(thought("a", ReasoningSource::Provider)).unwrap();
    assert_eq!(
        (&provider["type"], &provider["delta"]),
        (&json!("reasoning-text-delta"), &json!("a"))
    );
    for (delta, so_far) in [("b", "b"), ("c", "bc")] {
        let thinking = old(thought(delta, ReasoningSource::Thinking)).unwrap();
        let found = (&thinking["type"], &thinking["completion"]);
        assert_eq!(found, (&json!("partial-thinking"), &json!(so_far)));
    }
    let result = ToolResultReady::new("c", "n", "r", ToolStatus::Success);
    let result = old(EventKind::ToolResultReady(result)).unwrap();
    assert_eq!(result["tool_result"], json!({"id": "c", "result": "r"}));
    // One end of an interrupted run.
    assert!(old(EventKind::Interrupt(Interrupt::new("so far"))).is_some());
    assert_eq!(
        old(EventKind::RunStopped(RunStopped::new("cancelled"))),
        None
    );
    assert!(old(EventKind::RunStopped(RunStopped::new("cancelled"))).is_some());
}

#[test]
fn optional_parts_of_events_are_kept() {
    let refusal = TextStarted::new("assistant").with_refusal(true);
    assert!(refusal.refusal && refusal.role == "assistant");
    let messages = [InputMessage::user("u", "hi")];
    let results = [ToolResultReady::new("c", "n", "r", ToolStatus::Success)];
    let started = RunStarted::new("hi").with_messages(messages.clone());
    let started = started.with_results(results.clone());
    assert_eq!(started.prompt, "hi");
    assert_eq!(started.messages.as_deref(), Some(&messages[..]));
    assert_eq!(*started.results, results);
    for (update, expected) in [
        (QueueUpdated::paused(2, "busy"), (true, 2, Some("busy"))),
        (QueueUpdated::resumed(1), (false, 1, None)),
    ] {
        let found = (update.paused, update.waiting, update.reason.as_deref());
        assert_eq!(found, expected);
    }
}
