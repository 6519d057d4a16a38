use std::sync::Arc;

use super::*;
use crate::{Correlation, kind::*};

/// One event per word: `run`, `end`, `stop`, `call`, `/call`, `drop`, `t`/`+t`/`/t` text, `r…`
/// reasoning, `meta`, `c`/`+c`/`req` a tool call being written, `exec`, `res`, `fin`, `log`,
/// `queue`, `join`.
fn event(word: &str, offset: u64) -> Event {
    let kind = match word {
        "run" => EventKind::RunStarted(RunStarted::default()),
        "end" => EventKind::RunFinished(RunFinished::default()),
        "stop" => EventKind::RunStopped(RunStopped::default()),
        "call" | "call2" => EventKind::ProviderCallStarted(ProviderCallStarted::default()),
        "/call" | "/call2" => EventKind::ProviderCallFinished(Box::default()),
        "meta" => EventKind::ProviderCallMetadataUpdated(ProviderCallMetadata::default()),
        "drop" => EventKind::ProviderCallDiscarded(ProviderCallDiscarded::default()),
        "t" => EventKind::TextSegmentStarted(TextStarted::default()),
        "+t" => EventKind::TextDelta(TextDelta::new("ab", offset, 1)),
        "/t" => EventKind::TextSegmentFinished(TextFinished::new("abab", None)),
        "r" => EventKind::ReasoningSegmentStarted(ReasoningStarted::new(ReasoningSource::Provider)),
        "/r" => EventKind::ReasoningSegmentFinished(ReasoningFinished::new(
            "",
            None,
            ReasoningSource::Provider,
        )),
        "c" => EventKind::ToolCallStarted(ToolCallStarted::new("c", "n")),
        "+c" => EventKind::ToolCallArgumentsDelta(ToolCallArgumentsDelta::new("c", "{", offset, 1)),
        "req" => EventKind::ToolCallRequested(ToolCallRequested::new("c", "n", "{")),
        "wait" => EventKind::ToolCallWaiting(Box::new(ToolCallWaiting::new("c", "n", "{", "?"))),
        "again" => EventKind::ToolCallResumed(ToolCallResumed::new("c", "n", "{")),
        "exec" => EventKind::ToolExecutionStarted(ToolExecutionStarted::new("c", "n", "{")),
        "res" => {
            EventKind::ToolResultReady(ToolResultReady::new("c", "n", "r", ToolStatus::Success))
        }
        "fin" => EventKind::ToolCallFinished(ToolCallFinished::new("c", "n", ToolStatus::Success)),
        "log" => EventKind::Log(Log::default()),
        "join" => EventKind::InputJoined(InputJoined::default()),
        "queue" => EventKind::QueueUpdated(QueueUpdated::default()),
        "error" => EventKind::Error(ErrorEvent::default()),
        other => panic!("{other}"),
    };
    let segment = match word.trim_start_matches(['+', '/']) {
        "t" => Some("text".to_owned()),
        "r" => Some("reasoning".to_owned()),
        _ => None,
    };
    let call = match word {
        "run" | "join" | "end" | "stop" | "log" | "queue" | "error" => None,
        _ => Some(if word.ends_with('2') { "p2" } else { "p" }),
    };
    Event::new(kind).with_correlation(Arc::new(Correlation {
        provider_call_id: call.map(str::to_owned),
        segment_id: segment,
        ..Correlation::default()
    }))
}

fn run(words: &str) -> Result<(), GrammarError> {
    let mut grammar = Grammar::new();
    let mut texts = 0;
    for (n, word) in words.split_whitespace().enumerate() {
        let offset = if word == "+t" {
            texts += 2;
            texts - 2
        } else {
            0
        };
        let mut event = event(word, offset);
        event.seq = n as u64 + 1;
        grammar.accept(&event)?;
    }
    grammar.finish()
}

#[test]
fn legal_orders_are_accepted() {
    for words in [
        "",
        "run end",
        "log run call r /r t +t +t /t /call end run call /call stop",
        "run call t +t +t /t c +c req /call exec res fin call2 /call2 end",
        "run call c req /call res fin end",
        "run call c req /call end",
        "run call c req /call wait stop",
        "run call c req /call exec wait stop run again exec wait stop",
        "run call c req /call wait res fin stop",
        "run call c req /call wait stop run again exec res fin call2 /call2 end",
        "run again wait stop run again res fin end",
        "run again stop",
        "run again exec res fin call c req /call exec res fin end",
        "run call c +c /call drop stop",
        "run call c req /call drop call2 /call2 end",
        "run error end",
        "queue run call t +t queue +t /t /call end queue",
        "run call meta t +t +t /t meta /call end",
        "run join call c req /call exec res fin join call2 /call2 end",
    ] {
        assert_eq!(run(words), Ok(()), "{words}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn illegal_orders_are_refused() {
    for (words, rule) in [
        ("call", "a run must start before anything happens in it"),
        ("run run", "a run must not start before the last one ended"),
        ("run", "the run has no terminal event"),
        (
            "run end end",
            "a run must start before anything happens in it",
        ),
        (
            "run end error",
            "a run must start before anything happens in it",
        ),
        ("run call end", "a provider call is still open"),
        ("run call join", "a provider call is still open"),
        (
            "run call c req /call exec join",
            "a tool call is still open",
        ),
        ("join", "a run must start before anything happens in it"),
        (
            "run call call",
            "a provider call must not start before the last one finished",
        ),
        (
            "run call /call call",
            "a provider call must have an id and attempt of its own",
        ),
        ("run t", "no provider call is open"),
        ("run meta", "no provider call is open"),
        ("run call t /call", "a segment is still open"),
        ("run call t t", "a segment must have an id of its own"),
        (
            "run call t +t +t /t t",
            "a segment must have an id of its own",
        ),
        (
            "run call t +t +t /t +t",
            "a segment must be open, and of this kind, to grow or close",
        ),
        (
            "run call +t",
            "a segment must be open, and of this kind, to grow or close",
        ),
        (
            "run call t +t /t",
            "a segment's text must be its deltas put together",
        ),
        (
            "run call req",
            "a tool call must be started before it is requested",
        ),
        ("run call c req req", "a tool call must be requested once"),
        (
            "run call c req +c",
            "a tool call must be started, and not yet whole, to grow",
        ),
        (
            "run call c /call exec",
            "a tool may only start when its call was requested, and once",
        ),
        (
            "run call c req /call wait end",
            "a run does not finish while a tool call waits for a person",
        ),
        (
            "run call c req /call exec res wait",
            "only a requested call that has no result may wait, and once",
        ),
        (
            "run call c req /call wait exec",
            "a tool may only start when its call was requested, and once",
        ),
        (
            "run again again",
            "a call is taken up once, before its run asks the model",
        ),
        (
            "run call c req /call exec exec",
            "a tool may only start when its call was requested, and once",
        ),
        (
            "run call c req /call res res",
            "a result needs a requested call that has none yet",
        ),
        (
            "run call c req /call fin",
            "a call may only finish when its result is ready, and once",
        ),
        ("run call c req /call exec end", "a tool call is still open"),
        (
            "run call c req /call exec res end",
            "a tool call is still open",
        ),
        (
            "run call c req /call exec res fin drop",
            "a provider call whose tools ran cannot be discarded",
        ),
        ("run drop", "only a finished provider call can be discarded"),
        (
            "run call c req /call drop exec",
            "a tool may only start when its call was requested, and once",
        ),
        (
            "run call call2",
            "a provider call must not start before the last one finished",
        ),
        (
            "run call /call2",
            "the event belongs to another provider call",
        ),
    ] {
        assert_eq!(run(words).map_err(|error| error.rule), Err(rule), "{words}");
    }
}

#[test]
fn deltas_must_join_up_and_numbers_must_not_have_gaps() {
    let mut grammar = Grammar::fragment();
    for (word, offset) in [("call", 0), ("t", 0), ("+t", 0)] {
        grammar.accept(&event(word, offset)).unwrap();
    }
    let error = grammar.accept(&event("+t", 3)).unwrap_err();
    assert_eq!(
        error.rule,
        "a delta must begin where the one before it ended"
    );

    let mut grammar = Grammar::new();
    let numbered = |word, seq, merged| {
        let mut event = event(word, 0);
        (event.seq, event.merged) = (seq, merged);
        event
    };
    grammar.accept(&numbered("run", 5, 1)).unwrap();
    grammar.accept(&numbered("log", 8, 3)).unwrap();
    assert!(grammar.accept(&numbered("log", 10, 1)).is_err());
}

#[test]
fn a_fragment_needs_no_run() {
    let mut grammar = Grammar::fragment();
    for word in ["call", "c", "req", "/call"] {
        grammar.accept(&event(word, 0)).unwrap();
    }
    grammar.finish().unwrap();
}

#[test]
fn a_segment_grows_only_by_deltas_of_its_kind() {
    let named = |word: &str, segment: &str| {
        let event = event(word, 0);
        let correlation = Correlation {
            segment_id: Some(segment.to_owned()),
            ..Correlation::clone(&event.correlation)
        };
        event.with_correlation(Arc::new(correlation))
    };
    let mut grammar = Grammar::new();
    for word in ["run", "call"] {
        grammar.accept(&event(word, 0)).unwrap();
    }
    grammar.accept(&named("r", "one")).unwrap();
    let refused = grammar.accept(&named("+t", "one")).unwrap_err();
    assert_eq!(
        refused.rule,
        "a segment must be open, and of this kind, to grow or close"
    );
}

#[test]
fn segments_without_an_id_follow_each_other() {
    let unnamed = |word: &str, offset: u64| {
        let event = event(word, offset);
        let correlation = Correlation {
            segment_id: None,
            ..Correlation::clone(&event.correlation)
        };
        event.with_correlation(Arc::new(correlation))
    };
    let mut grammar = Grammar::new();
    for word in ["run", "call"] {
        grammar.accept(&event(word, 0)).unwrap();
    }
    for (word, offset) in [("t", 0), ("+t", 0), ("+t", 2), ("/t", 0), ("t", 0)] {
        grammar.accept(&unnamed(word, offset)).unwrap();
    }
    let refused = grammar.accept(&unnamed("t", 0)).unwrap_err();
    assert_eq!(refused.rule, "a segment must have an id of its own");
}

#[test]
fn an_event_must_not_name_another_run() {
    let of = |word: &str, run: Option<&str>| {
        event(word, 0).with_correlation(Arc::new(Correlation {
            run_id: run.map(str::to_owned),
            ..Correlation::default()
        }))
    };
    let mut grammar = Grammar::new();
    grammar.accept(&of("run", Some("a"))).unwrap();
    grammar.accept(&of("error", Some("a"))).unwrap();
    grammar.accept(&of("error", None)).unwrap();
    let refused = grammar.accept(&of("error", Some("b"))).unwrap_err();
    assert!(
        refused.to_string().contains("belongs to another run"),
        "{refused}"
    );
}

#[test]
fn what_is_open_is_told_at_the_terminal_event_and_not_at_the_end_of_the_stream() {
    for words in [
        "run call end",
        "run call t stop",
        "run call c req /call exec end",
        "run call c req /call exec res stop",
    ] {
        let error = run(words).unwrap_err();
        assert!(error.event_type.starts_with("run-"), "{words}: {error}");
        assert!(error.rule.ends_with("is still open"), "{words}: {error}");
    }
}

#[test]
fn the_arguments_of_a_call_must_join_up_too() {
    let mut grammar = Grammar::fragment();
    let delta = |delta: &str, offset| {
        let delta = ToolCallArgumentsDelta::new("c", delta, offset, 1);
        let mut event = event("+c", 0);
        event.kind = EventKind::ToolCallArgumentsDelta(delta);
        event
    };
    grammar.accept(&event("call", 0)).unwrap();
    grammar.accept(&event("c", 0)).unwrap();
    grammar.accept(&delta("{\"a\"", 0)).unwrap();
    grammar.accept(&delta(":1}", 4)).unwrap();
    let error = grammar.accept(&delta("x", 4)).unwrap_err();
    assert_eq!(
        error.rule,
        "a delta must begin where the one before it ended"
    );
}
