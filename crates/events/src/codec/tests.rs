use geppetto_turns::Usage;
use serde_json::{Value, json};

use super::*;
use crate::{Event, EventKind, kind::*};

fn decode(value: Value) -> Event {
    serde_json::from_value(value).unwrap()
}

#[test]
fn every_known_type_decodes_to_itself_and_back() {
    for name in EventKind::TYPE_NAMES {
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
        EventKind::ProviderCallFinished(finished.clone()),
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
        EventKind::ProviderCallFinished(finished),
        EventKind::RunStopped(RunStopped::new("cancelled")),
    ]);
    let (name, last) = stopped.last().unwrap();
    assert_eq!((name.as_str(), &last["text"]), ("interrupt", &json!("Hel")));
    assert_eq!(
        stopped.iter().filter(|(name, _)| name == "final").count(),
        0
    );
}
