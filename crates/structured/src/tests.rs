#![allow(
    clippy::string_slice,
    reason = "a cut inside a character is to fail the test"
)]

use std::sync::{Arc, Mutex};

use super::*;
use geppetto_events::{
    Correlation, Event, EventKind, EventMeta, EventSink, Grammar, MemorySink, kind::*, sink_fn,
};

/// Publishes its calls: `start`, `grow` with the chunk, `complete` with the whole body.
struct Recorder;

fn note(what: &str, block: &BlockInfo, text: &str) -> EventKind {
    EventKind::Log(Log::new(
        format!("{what} {}@{}", block.id, block.offset),
        text,
    ))
}

impl Extractor for Recorder {
    fn start(&mut self, block: &BlockInfo) -> Vec<EventKind> {
        vec![note("start", block, &block.tag.opening())]
    }

    fn grow(&mut self, block: &BlockInfo, chunk: &str) -> Vec<EventKind> {
        vec![note("grow", block, chunk)]
    }

    fn complete(
        &mut self,
        block: &BlockInfo,
        raw: &str,
        outcome: Result<(), Malformed>,
    ) -> Vec<EventKind> {
        let what = outcome.map_or_else(|why| format!("{why:?}"), |()| "complete".to_owned());
        vec![note(&what, block, raw)]
    }
}

fn recording(inner: Arc<dyn EventSink>) -> StructuredSink {
    StructuredSink::new(inner)
        .extract("a", "b", |_| Box::new(Recorder))
        .unwrap()
}

fn call_of(run: &str, call: &str) -> Correlation {
    let mut correlation = Correlation::default();
    correlation.run_id = Some(run.to_owned());
    correlation.provider_call_id = Some(call.to_owned());
    correlation
}

fn correlation() -> Arc<Correlation> {
    let mut correlation = call_of("r", "p");
    correlation.segment_id = Some("s".to_owned());
    Arc::new(correlation)
}

fn event(kind: EventKind) -> Event {
    Event::new(kind).with_correlation(correlation())
}

fn delta(text: &str, offset: usize) -> Event {
    event(EventKind::TextDelta(TextDelta::new(text, offset as u64, 1)))
}

fn finished(text: &str) -> Event {
    event(EventKind::TextSegmentFinished(TextFinished::new(
        text,
        Some("stop".to_owned()),
    )))
}

/// One line per event: text deltas as `+text`, the end of the text as `=text`.
fn lines(events: &[Event]) -> Vec<String> {
    events
        .iter()
        .map(|event| match &event.kind {
            EventKind::TextDelta(e) => format!("+{}", e.delta),
            EventKind::TextSegmentFinished(e) => format!("={}", e.text),
            EventKind::Log(e) => format!("{} {}", e.level, e.message),
            EventKind::Error(e) => format!("error {}", e.error_string),
            kind => kind.type_name().to_owned(),
        })
        .collect()
}

/// Returns the output for the deltas of one segment.
fn run(configure: impl FnOnce(StructuredSink) -> StructuredSink, pieces: &[&str]) -> Vec<String> {
    let screen = Arc::new(MemorySink::new());
    let sink = configure(recording(screen.clone()));
    let text = pieces.concat();
    let mut offset = 0;
    for piece in pieces {
        sink.publish(&delta(piece, offset));
        offset += piece.len();
    }
    sink.publish(&finished(&text));
    assert_eq!(sink.open_segments(), 0);
    lines(&screen.take())
}

#[test]
fn blocks_are_cut_out_and_their_events_stand_in_their_place() {
    assert_eq!(
        run(
            |sink| sink,
            &["one <a:b:v1>x", "y</a:b:v1> two <a", ":b:v2></a:b:v2>."]
        ),
        [
            "+one ",
            "start s:1@4 <a:b:v1>",
            "grow s:1@4 x",
            "grow s:1@4 y",
            "complete s:1@4 xy",
            "+ two ",
            "start s:2@9 <a:b:v2>",
            "complete s:2@9 ",
            "+.",
            "=one  two .",
        ]
    );
}

#[test]
fn text_that_may_become_a_tag_is_text_at_the_end() {
    assert_eq!(run(|sink| sink, &["x <wor"]), ["+x ", "+<wor", "=x <wor"]);
    assert_eq!(run(|sink| sink, &["<a:c:v1>"]), ["+<a:c:v1>", "=<a:c:v1>"]);
}

#[test]
fn an_unclosed_block_is_an_error_and_left_out() {
    assert_eq!(
        run(|sink| sink, &["x<a:b:v1>y</a"]),
        [
            "+x",
            "start s:1@1 <a:b:v1>",
            "grow s:1@1 y",
            "grow s:1@1 </a",
            "Unclosed s:1@1 y</a",
            "error block <a:b:v1> is malformed: the text ended before the closing tag",
            "=x",
        ]
    );
}

#[test]
fn an_unclosed_block_can_go_back_into_the_text() {
    assert_eq!(
        run(
            |sink| sink.on_malformed(MalformedPolicy::Reconstruct),
            &["x<a:b:v1>y</a"]
        ),
        [
            "+x",
            "start s:1@1 <a:b:v1>",
            "grow s:1@1 y",
            "grow s:1@1 </a",
            "Unclosed s:1@1 y</a",
            "+<a:b:v1>y</a",
            "=x<a:b:v1>y</a",
        ]
    );
}

#[test]
fn an_unclosed_block_can_be_left_out_silently() {
    assert_eq!(
        run(
            |sink| sink.on_malformed(MalformedPolicy::Ignore),
            &["x<a:b:v1>"]
        ),
        ["+x", "start s:1@1 <a:b:v1>", "Unclosed s:1@1 ", "=x"]
    );
}

#[test]
fn a_block_over_the_limit_is_malformed_and_the_rest_of_it_shares_its_fate() {
    let text = ["<a:b:v1>éé", "é</a:b:v1>x<a:b:v1>1234</a:b:v1>"];
    let begin = [
        "start s:1@0 <a:b:v1>",
        "grow s:1@0 éé",
        "TooLarge { limit: 5 } s:1@0 éé",
    ];
    let end = [
        "start s:2@1 <a:b:v1>",
        "grow s:2@1 1234",
        "complete s:2@1 1234",
    ];
    let error = ["error block <a:b:v1> is malformed: the body is larger than the limit of 5 bytes"];
    let limited = |policy| run(|sink| sink.max_block_bytes(5).on_malformed(policy), &text);
    assert_eq!(
        limited(MalformedPolicy::ErrorEvents),
        [&begin[..], &error, &["+x"], &end, &["=x"]].concat()
    );
    assert_eq!(
        limited(MalformedPolicy::Ignore),
        [&begin[..], &["+x"], &end, &["=x"]].concat()
    );
    let reconstructed = limited(MalformedPolicy::Reconstruct);
    assert_eq!(
        reconstructed[..4],
        [&begin[..], &["+<a:b:v1>ééé</a:b:v1>x"]].concat()
    );
    assert_eq!(reconstructed.last().unwrap(), "=<a:b:v1>ééé</a:b:v1>x");
}

#[test]
fn a_block_of_exactly_the_limit_is_whole() {
    let lines = run(|sink| sink.max_block_bytes(4), &["<a:b:v1>éé</a:b:v1>"]);
    assert_eq!(lines[2], "complete s:1@0 éé");
}

#[test]
fn an_extractor_for_the_very_version_goes_first() {
    let screen = Arc::new(MemorySink::new());
    let named = |name: &'static str| {
        move |_: &BlockInfo| -> Box<dyn Extractor> {
            Box::new(move |_: &BlockInfo, raw: &str, _: Result<(), Malformed>| {
                vec![EventKind::Log(Log::new(name, raw))]
            })
        }
    };
    let sink = StructuredSink::new(screen.clone())
        .extract_version("a", "b", "v2", named("two"))
        .and_then(|sink| sink.extract("a", "b", named("old")))
        .and_then(|sink| sink.extract("a", "b", named("any")))
        .unwrap();
    sink.publish(&delta("<a:b:v1>x</a:b:v1><a:b:v2>y</a:b:v2>", 0));
    assert_eq!(lines(&screen.take()), ["any x", "two y"]);
}

#[test]
fn names_that_no_tag_can_have_are_refused() {
    let sink = || StructuredSink::new(Arc::new(MemorySink::new()));
    let error = sink()
        .extract("a", "b c", |_| Box::new(Recorder))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`b c` cannot be part of a tag: use one or more ASCII letters, digits, `_`, `.` or `-`"
    );
    assert!(sink().extract("", "b", |_| Box::new(Recorder)).is_err());
    assert!(
        sink()
            .extract_version("a", "b", "v:1", |_| Box::new(Recorder))
            .is_err()
    );
    assert!(
        sink()
            .extract("a".repeat(MAX_TAG_BYTES), "b", |_| Box::new(Recorder))
            .is_err()
    );
}

/// Panics where configured.
struct Panics(&'static str);

impl Panics {
    fn at(&self, place: &str) -> Vec<EventKind> {
        assert_ne!(self.0, place, "as asked");
        Vec::new()
    }
}

impl Extractor for Panics {
    fn start(&mut self, _: &BlockInfo) -> Vec<EventKind> {
        self.at("start")
    }

    fn grow(&mut self, _: &BlockInfo, _: &str) -> Vec<EventKind> {
        self.at("grow")
    }

    fn complete(&mut self, _: &BlockInfo, _: &str, _: Result<(), Malformed>) -> Vec<EventKind> {
        self.at("complete")
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.at("drop");
        }
    }
}

#[test]
fn a_panicking_extractor_loses_no_text() {
    for place in ["factory", "start", "grow", "complete"] {
        for text in ["x<a:b:v1>yz</a:b:v1>w", "x<a:b:v1>yz</"] {
            for cut in 0..text.len() {
                let screen = Arc::new(MemorySink::new());
                let sink = StructuredSink::new(screen.clone())
                    .extract("a", "b", move |_| {
                        assert_ne!(place, "factory", "as asked");
                        Box::new(Panics(place))
                    })
                    .unwrap();
                sink.publish(&delta(&text[..cut], 0));
                sink.publish(&delta(&text[cut..], cut));
                sink.publish(&finished(text));
                let lines = lines(&screen.take());
                assert_eq!(lines.last().unwrap(), &format!("={text}"), "{place} {cut}");
                let told = |line: &&String| line.contains("panicked: the block stays in the text");
                assert_eq!(lines.iter().filter(told).count(), 1);
                assert_eq!(sink.extractor_panics(), 1);
            }
        }
    }
}

#[test]
fn an_extractor_that_panics_when_dropped_loses_no_text() {
    let screen = Arc::new(MemorySink::new());
    let sink = StructuredSink::new(screen.clone())
        .extract("a", "b", |_| Box::new(Panics("drop")))
        .unwrap();
    sink.publish(&delta("x<a:b:v1>y</a:b:v1>z", 0));
    assert_eq!(lines(&screen.take()), ["+xz"]);
}

#[test]
fn an_inner_sink_that_panics_still_gets_the_rest() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&seen);
    let sink = recording(Arc::new(sink_fn(move |event: &Event| {
        to.lock()
            .unwrap()
            .extend(lines(std::slice::from_ref(event)));
        assert!(!matches!(event.kind, EventKind::Log(_)), "as asked");
    })));
    let publish = || sink.publish(&delta("x<a:b:v1>y</a:b:v1>z", 0));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(publish)).is_err());
    assert_eq!(
        *seen.lock().unwrap(),
        [
            "+x",
            "start s:1@1 <a:b:v1>",
            "grow s:1@1 y",
            "complete s:1@1 y",
            "+z"
        ]
    );
}

#[test]
fn numbers_meta_and_correlation_stay_with_the_text() {
    let screen = Arc::new(MemorySink::new());
    let sink = recording(screen.clone());
    let mut meta = EventMeta::default();
    meta.message_id = "m".to_owned();
    let meta = Arc::new(meta);
    let number = |mut event: Event, seq| {
        event.seq = seq;
        event.meta = Arc::clone(&meta);
        event
    };
    sink.publish(&number(delta("<a:b", 0), 7));
    sink.publish(&number(delta(":v1>", 4), 8));
    sink.publish(&number(delta("</a:b:v1>x<a:b:v1></a:b:v1>y", 8), 9));
    sink.publish(&number(
        finished("<a:b:v1></a:b:v1>x<a:b:v1></a:b:v1>y"),
        10,
    ));
    let events = screen.take();
    let numbers: Vec<_> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, [0, 0, 0, 0, 0, 9, 10]);
    assert!(
        events
            .iter()
            .all(|event| event.meta == meta && event.correlation == correlation())
    );
}

#[test]
fn text_without_blocks_goes_on_as_it_is() {
    let screen = Arc::new(MemorySink::new());
    let sink = recording(screen.clone());
    let counted = |text: &str, offset, sequence| {
        let mut event = event(EventKind::TextDelta(TextDelta::new(text, offset, sequence)));
        event.seq = sequence + 100;
        event
    };
    let events = [
        counted("one ", 0, 1),
        counted("two ", 4, 2),
        counted("> three", 8, 3),
        finished("one two > three"),
    ];
    for event in &events {
        sink.publish(event);
    }
    assert_eq!(screen.take(), events);
}

#[test]
fn text_after_a_block_is_counted_anew_and_keeps_the_rest_of_its_event() {
    let screen = Arc::new(MemorySink::new());
    let sink = recording(screen.clone());
    sink.publish(&delta("a<a:b:v1></a:b:v1>", 0));
    let mut after = delta("b", 18);
    (after.seq, after.merged) = (9, 2);
    after.extra.set("own", 1);
    after.extra.set("text", "a<a:b:v1></a:b:v1>b");
    sink.publish(&after);
    let mut expect = event(EventKind::TextDelta(TextDelta::new("b", 1, 2)));
    (expect.seq, expect.merged) = (9, 2);
    expect.extra.set("own", 1);
    assert_eq!(screen.take().last(), Some(&expect));
}

#[test]
fn a_whole_text_that_others_keep_in_their_deltas_does_not_bring_blocks_back() {
    let screen = Arc::new(MemorySink::new());
    let sink = recording(screen.clone());
    let line = r#"{"type":"text-delta","delta":"x<a:b:v1>y</a:b:v1>","text":"x<a:b:v1>y</a:b:v1>","sequence":4,"own":1}"#;
    sink.publish(&serde_json::from_str(line).unwrap());
    let line = r#"{"type":"text-segment-finished","text":"x<a:b:v1>y</a:b:v1>","own":2}"#;
    sink.publish(&serde_json::from_str(line).unwrap());
    let events = screen.take();
    let written: Vec<_> = [&events[0], &events[4]]
        .map(|event| serde_json::to_value(event).unwrap())
        .into();
    assert_eq!(
        written,
        [
            serde_json::json!({"type": "text-delta", "delta": "x", "offset": 0, "sequence": 1, "own": 1}),
            serde_json::json!({"type": "text-segment-finished", "text": "x", "own": 2}),
        ]
    );
}

#[test]
fn text_that_only_the_end_of_the_segment_has_is_looked_at_too() {
    let screen = Arc::new(MemorySink::new());
    let sink = recording(screen.clone());
    sink.publish(&finished("x<a:b:v1>y</a:b:v1>"));
    sink.publish(&delta("z<", 0));
    sink.publish(&finished("z<a"));
    assert_eq!(
        lines(&screen.take()),
        [
            "+x",
            "start s:1@1 <a:b:v1>",
            "grow s:1@1 y",
            "complete s:1@1 y",
            "=x",
            "+z",
            "+<a",
            "=z<a"
        ]
    );
}

#[test]
fn segments_that_never_end_are_forgotten_and_what_was_held_back_goes_on() {
    let ends = [
        EventKind::ProviderCallFinished(Box::default()),
        EventKind::RunFinished(RunFinished::default()),
        EventKind::RunStopped(RunStopped::default()),
        EventKind::RunFailed(RunFailed::default()),
        EventKind::TextSegmentStarted(TextStarted::default()),
    ];
    for end in ends {
        let screen = Arc::new(MemorySink::new());
        let sink = recording(screen.clone());
        sink.publish(&delta("x<", 0));
        assert_eq!(sink.open_segments(), 1);
        sink.publish(&event(end.clone()));
        assert_eq!(sink.open_segments(), 0);
        assert_eq!(lines(&screen.take()), ["+x", "+<", end.type_name()]);
    }
}

#[test]
fn the_end_of_another_run_or_call_ends_no_segment() {
    let sink = recording(Arc::new(MemorySink::new()));
    sink.publish(&delta("x<", 0));
    let other = |run: &str, call: &str| Arc::new(call_of(run, call));
    let run = EventKind::RunFinished(RunFinished::default());
    sink.publish(&Event::new(run).with_correlation(other("r2", "p")));
    let call = EventKind::ProviderCallFinished(Box::default());
    sink.publish(&Event::new(call.clone()).with_correlation(other("r2", "p")));
    sink.publish(&Event::new(call).with_correlation(other("r", "p2")));
    assert_eq!(sink.open_segments(), 1);
}

#[test]
fn segments_that_grow_side_by_side_do_not_mix() {
    let screen = Arc::new(MemorySink::new());
    let sink = recording(screen.clone());
    let of = |segment: &str, event: Event| {
        event.with_correlation(Arc::new(Correlation::default().segment(segment)))
    };
    sink.publish(&of("1", delta("<a:b:v1>x", 0)));
    sink.publish(&of("2", delta("<a:b", 0)));
    sink.publish(&of("1", delta("</a:b:v1>", 9)));
    sink.publish(&of("2", finished("<a:b")));
    assert_eq!(
        lines(&screen.take()),
        [
            "start 1:1@0 <a:b:v1>",
            "grow 1:1@0 x",
            "complete 1:1@0 x",
            "+<a:b",
            "=<a:b"
        ]
    );
}

#[test]
fn other_events_go_on_as_they_are() {
    let screen = Arc::new(MemorySink::new());
    let sink = recording(screen.clone());
    let text = "<a:b:v1>x</a:b:v1>";
    let events = [
        event(EventKind::TextSegmentStarted(TextStarted::new("assistant"))),
        event(EventKind::ReasoningDelta(ReasoningDelta::new(
            text,
            0,
            1,
            ReasoningSource::Provider,
        ))),
        event(EventKind::ToolCallArgumentsDelta(
            ToolCallArgumentsDelta::new("c", text, 0, 1),
        )),
        event(EventKind::RunFailed(RunFailed::new(text))),
    ];
    for event in &events {
        sink.publish(event);
    }
    assert_eq!(screen.take(), events);
}

mod costs;
mod properties;

#[test]
fn a_tag_in_a_code_fence_opens_a_block_like_any_other() {
    assert_eq!(
        run(
            |sink| sink,
            &["```\n<a:b:v1>x</a:b:v1>\n``` and `<a:b:v2>`?"]
        ),
        [
            "+```\n",
            "start s:1@4 <a:b:v1>",
            "grow s:1@4 x",
            "complete s:1@4 x",
            "+\n``` and `",
            "start s:2@14 <a:b:v2>",
            "grow s:2@14 `?",
            "Unclosed s:2@14 `?",
            "error block <a:b:v2> is malformed: the text ended before the closing tag",
            "=```\n\n``` and `",
        ]
    );
    let quoted = ["Write `<a:b:v2>` first."];
    let kept = run(
        |sink| sink.on_malformed(MalformedPolicy::Reconstruct),
        &quoted,
    );
    assert_eq!(
        kept.last().map(String::as_str),
        Some("=Write `<a:b:v2>` first.")
    );
}

#[test]
fn blocks_do_not_nest_and_a_closing_tag_alone_is_text() {
    assert_eq!(
        run(|sink| sink, &["<a:b:v1>1<a:b:v1>2</a:b:v1>3</a:b:v1>4"]),
        [
            "start s:1@0 <a:b:v1>",
            "grow s:1@0 1<a:b:v1>2",
            "complete s:1@0 1<a:b:v1>2",
            "+3</a:b:v1>4",
            "=3</a:b:v1>4",
        ]
    );
}

#[test]
fn tags_in_reasoning_and_in_tools_go_on_as_they_are() {
    let screen = Arc::new(MemorySink::new());
    let sink = recording(screen.clone());
    let tag = "<a:b:v1>x</a:b:v1>";
    let events = [
        EventKind::ReasoningDelta(ReasoningDelta::new(tag, 0, 1, ReasoningSource::Provider)),
        EventKind::ReasoningSegmentFinished(ReasoningFinished::new(
            tag,
            None,
            ReasoningSource::Provider,
        )),
        EventKind::ToolCallArgumentsDelta(ToolCallArgumentsDelta::new("c", tag, 0, 1)),
        EventKind::ToolCallRequested(ToolCallRequested::new("c", "t", tag)),
        EventKind::ToolResultReady(ToolResultReady::new("c", "t", tag, ToolStatus::Success)),
        EventKind::Log(Log::new("info", tag)),
    ]
    .map(event);
    events.iter().for_each(|event| sink.publish(event));
    assert_eq!(screen.take(), events);
}
