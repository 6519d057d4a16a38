//! Everything by which a chat was seen to get stuck, or to show what is wrong.

use serde_json::Value;

use super::*;

#[test]
fn a_discarded_attempt_vanishes_and_its_ids_are_free() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["hi"]);
    stream.call(1, 1);
    stream.text("s1", &["Hel"]);
    stream.end_text("Hel", Some("failed"));
    stream.tool("c", "look", "{}");
    stream.publish(E::Error(ErrorEvent::new("boom")));
    let mut end = ProviderCallFinished::default();
    end.incomplete = Some("failed".into());
    stream.publish(E::ProviderCallFinished(Box::new(end)));
    let before = stream.timeline.view().clone();
    assert_eq!(stream.shown()[1], "answer failed Hel");
    stream.call(1, 2);
    stream.text("s2", &["Hello"]);
    let (attempt, own) = (stream.correlation.attempt, stream.correlation.clone());
    stream.correlation.attempt = Some(1);
    stream.publish(E::ProviderCallDiscarded(ProviderCallDiscarded::new("boom")));
    (stream.correlation, _) = (own, attempt);
    stream.end_text("Hello", None);
    stream.tool("c", "look", "{}");
    stream.end_call();
    let expected = [
        "user hi",
        "answer done Hello",
        "tool_call requested look {}",
    ];
    assert_eq!(stream.shown(), expected);
    assert!(stream.timeline.view().entity("c").is_some());
    let mut late = before.clone();
    for patch in stream.timeline.since(before.version).unwrap() {
        late.apply(patch);
    }
    assert_eq!(&late, stream.timeline.view());
}

#[test]
fn nothing_of_a_run_is_shown_after_its_end() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["hi"]);
    stream.call(1, 1);
    stream.text("s", &["Hel"]);
    stream.publish(E::RunStopped(RunStopped::new("cancelled")));
    assert_eq!(stream.timeline.view().status.run, None);
    let expected = ["user hi", "answer cancelled Hel", "notice cancelled"];
    assert_eq!(stream.shown(), expected);
    let late = [
        E::TextDelta(TextDelta::new("lo", 3, 2)),
        E::ReasoningDelta(ReasoningDelta::new("hm", 0, 1, ReasoningSource::Summary)),
        E::Info(Info::new("late", None)),
        E::RunFinished(RunFinished::new("completed")),
    ];
    for kind in late {
        assert_eq!(stream.publish(kind), []);
    }
    // Nor within the next one.
    let old = stream.correlation.clone();
    stream.run("r2", "t2", &["again"]);
    let own = std::mem::replace(&mut stream.correlation, old);
    assert_eq!(stream.publish(E::TextDelta(TextDelta::new("lo", 3, 2))), []);
    assert_eq!(stream.publish(E::RunFailed(RunFailed::new("late"))), []);
    stream.correlation = own;
    assert_eq!(stream.timeline.view().status.run.as_deref(), Some("r2"));
}

#[test]
fn a_failed_run_shows_why_and_another_run_on_its_turn_replaces_that() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["hi"]);
    stream.call(1, 1);
    stream.publish(E::Error(ErrorEvent::new("status 503: busy")));
    let mut end = ProviderCallFinished::default();
    end.incomplete = Some("failed".into());
    stream.publish(E::ProviderCallFinished(Box::new(end)));
    let mut failed = RunFailed::new("status 503: busy");
    failed.error_kind = Some("overloaded".to_owned());
    failed.persist_error = Some("disk full".to_owned());
    stream.publish(E::RunFailed(failed));
    let not_stored = "error the turn may not be stored: disk full";
    assert_eq!(
        stream.shown(),
        ["user hi", "error status 503: busy", not_stored]
    );
    assert_eq!(
        stream.entity("r:end").content,
        Content::Error(crate::entity::Failure {
            text: "status 503: busy".to_owned(),
            error_kind: Some("overloaded".to_owned()),
            is_live_only: false,
        })
    );
    stream.run("r2", "t", &[]);
    stream.finish();
    assert_eq!(stream.shown(), ["user hi", not_stored]);
}

#[test]
fn retries_of_a_request_are_one_notice() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["hi"]);
    stream.call(1, 1);
    for attempt in 1..=2 {
        let data =
            json!({"attempt": attempt, "max_attempts": 3, "delay_ms": 312, "reason": "status 503"});
        stream.publish(E::Info(Info::new("retrying", Some(data))));
    }
    let data = json!({"notice": "fallback"});
    stream.publish(E::Info(Info::new("another engine is asked", Some(data))));
    let expected = [
        "user hi",
        "notice retrying (3/3) in 0.3 s: status 503",
        "notice another engine is asked",
    ];
    assert_eq!(stream.shown(), expected);
}

#[test]
fn notices_are_counted_beyond_their_limit() {
    let mut stream = Stream::new();
    stream.run("r", "t", &[]);
    for n in 0..crate::NOTICE_LIMIT + 50 {
        stream.publish(E::Info(Info::new(format!("note {n}"), None)));
    }
    let shown = stream.shown();
    assert_eq!(shown.len() as u64, crate::NOTICE_LIMIT);
    assert_eq!(shown.last().unwrap(), "notice 51 more notices");
}

#[test]
fn a_waiting_call_that_nobody_decided_is_answered_by_the_next_prompt() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["mail her"]);
    stream.call(1, 1);
    stream.tool("c", "send", r#"{"to":"ann"}"#);
    stream.end_call();
    let waiting = ToolCallWaiting::new("c", "send", r#"{ "to": "ann" }"#, "Send it?");
    stream.publish(E::ToolCallWaiting(Box::new(waiting)));
    stream.publish(E::RunStopped(RunStopped::new("waiting: `send`: Send it?")));
    let shown = serde_json::to_value(stream.entity("c")).unwrap();
    assert_eq!(
        (&shown["state"], &shown["question"]),
        (&json!("waiting"), &json!("Send it?"))
    );
    assert_eq!(shown.get("ran_with"), None, "the same arguments");
    assert_eq!(stream.shown().len(), 2, "the question is the only notice");
    let mut decided = Stream {
        timeline: stream.timeline.clone(),
        seq: stream.seq,
        correlation: stream.correlation.clone(),
    };
    stream.run("r2", "t2", &["never mind"]);
    let answer = format!("Error: {}", geppetto_engine::NOT_DECIDED);
    assert_eq!(
        stream.shown()[1],
        format!("tool_call failed send {{\"to\":\"ann\"}} {answer}")
    );
    decided.run("r2", "t", &[]);
    decided.publish(E::ToolCallResumed(ToolCallResumed::new("c", "send", "{}")));
    assert_eq!(
        decided.shown()[1],
        "tool_call requested send {\"to\":\"ann\"}"
    );
    let shown = serde_json::to_value(decided.entity("c")).unwrap();
    assert_eq!(shown.get("question"), None);
}

#[test]
fn a_stream_that_begins_within_a_run_is_shown_from_there_and_whole_at_its_end() {
    let mut stream = Stream::new();
    stream.seq = 40;
    stream.correlation.run_id = Some("r".to_owned());
    stream.segment("s");
    stream.publish(E::TextDelta(TextDelta::new("lo wor", 3, 4)));
    assert_eq!(stream.timeline.view().status.run.as_deref(), Some("r"));
    assert_eq!(stream.shown(), ["answer streaming lo wor"]);
    stream.end_text("Hello world", None);
    stream.correlation.tool_call_id = Some("c".to_owned());
    let result = ToolResultReady::new("c", "look", "blue", ToolStatus::Error);
    stream.publish(E::ToolResultReady(result));
    stream.finish();
    assert_eq!(
        stream.shown(),
        ["answer done Hello world", "tool_call failed look blue"]
    );
}

#[test]
fn deltas_that_overlap_and_events_that_come_twice_are_shown_once() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["hi"]);
    stream.call(1, 1);
    stream.text("s", &["Hello"]);
    // A merged delta begins before what is known.
    stream.publish(E::TextDelta(TextDelta::new("lo world", 3, 9)));
    stream.publish(E::TextDelta(TextDelta::new("Hello", 0, 1)));
    assert_eq!(stream.shown()[1], "answer streaming Hello world");
    let end = E::TextSegmentFinished(TextFinished::new("Hello world", None));
    let event = stream.event(end);
    assert_eq!(stream.timeline.apply(&event).len(), 1);
    assert_eq!(stream.timeline.apply(&event), []);
}

#[test]
fn text_that_the_provider_withdrew_is_removed() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["hi"]);
    stream.call(1, 1);
    stream.text("wrong", &["The cat"]);
    stream.end_text("The cat", Some(REPLACED));
    stream.text("right", &["A dog"]);
    stream.end_text("A dog.", None);
    assert_eq!(stream.shown(), ["user hi", "answer done A dog."]);
}

#[test]
fn items_move_to_their_places_in_the_reply() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["hi"]);
    stream.call(1, 1);
    for id in ["b", "a"] {
        stream.text(id, &[id]);
        stream.end_text(id, None);
    }
    stream.correlation.segment_id = None;
    let mut end = ProviderCallFinished::default();
    end.order = ["a".to_owned(), "b".to_owned()].into();
    stream.publish(E::ProviderCallFinished(Box::new(end)));
    assert_eq!(
        stream.shown(),
        ["user hi", "answer done a", "answer done b"]
    );
}

#[test]
fn ids_that_providers_use_again_are_different_calls() {
    let mut stream = Stream::new();
    for run in 1..=3 {
        stream.run(&format!("r{run}"), &format!("t{run}"), &[]);
        stream.call(1, 1);
        stream.tool("call_0", "look", &format!("{run}"));
        stream.end_call();
        let result = ToolResultReady::new("call_0", "look", run.to_string(), ToolStatus::Success);
        stream.publish(E::ToolResultReady(result));
        stream.finish();
    }
    let ids: Vec<&str> = stream
        .timeline
        .view()
        .entities()
        .map(|own| own.id.as_str())
        .collect();
    assert_eq!(ids, ["call_0", "call_0#2", "call_0#3"]);
    assert_eq!(stream.shown()[1], "tool_call done look 2 2");
}

#[test]
fn an_answer_at_the_output_limit_is_marked() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["hi"]);
    stream.call(1, 1);
    stream.text("s", &["Hello"]);
    stream.end_text("Hello", Some("length"));
    let mut end = ProviderCallFinished::default();
    end.finish_class = Some("max_tokens".to_owned());
    stream.publish(E::ProviderCallFinished(Box::new(end)));
    stream.finish();
    assert_eq!(stream.shown()[1], "answer truncated Hello");
}

#[test]
fn searches_of_the_provider_and_sources_are_shown() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["hi"]);
    stream.call(1, 1);
    let mut search = |phase, data: Value| {
        let mut event = ServerTool::new(ServerTool::WEB_SEARCH, phase, "ws_1");
        event.data = data.as_object().unwrap().clone();
        stream.publish(E::ServerTool(Box::new(event)));
    };
    search(ServerToolPhase::Started, json!({}));
    search(ServerToolPhase::Partial, json!({"url": "https://a"}));
    search(
        ServerToolPhase::Completed,
        json!({"query": "rust", "url": "https://a"}),
    );
    assert_eq!(stream.shown()[1], "server_tool done web_search rust");
    let cite = |url: &str| {
        let mut citation = Citation::default();
        citation.url = url.to_owned();
        E::Citation(Box::new(citation))
    };
    stream.publish(cite("https://b"));
    stream.text("s", &["See b"]);
    stream.publish(cite("https://b"));
    stream.publish(cite("https://c"));
    let Content::Answer(own) = &stream.entity("s").content else {
        panic!("not an answer");
    };
    let urls: Vec<&str> = own.sources.iter().map(|own| own.url.as_str()).collect();
    assert_eq!(urls, ["https://b", "https://c"]);
    let ServerToolContent(urls) = server_sources(&stream);
    assert_eq!(urls, ["https://a"]);
}

struct ServerToolContent(Vec<String>);

fn server_sources(stream: &Stream) -> ServerToolContent {
    let all = stream.timeline.view().entities();
    let sources = all.filter_map(|own| match &own.content {
        Content::ServerTool(own) => Some(own.sources.iter().map(|own| own.url.clone())),
        _ => None,
    });
    ServerToolContent(sources.flatten().collect())
}

#[test]
fn a_reader_that_lagged_is_told_and_readers_of_other_versions_start_over() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["hi"]);
    assert_eq!(stream.timeline.since(99), None, "of another process");
    let patches = stream.timeline.lagged(7);
    assert_eq!(patches.len(), 1);
    assert!(stream.shown()[1].starts_with("notice 7 events are missing"));
    let restarted = Timeline::from_turns([&Turn::builder().user("hi").build()]).starting_after(40);
    assert_eq!(restarted.since(39), None);
    assert_eq!(restarted.since(40).map(|patches| patches.len()), Some(1));
}
