use std::sync::Arc;

use geppetto_turns::Usage;

use super::*;
use crate::{Correlation, Event, EventKind, EventMeta, EventSink, kind::*};

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn story() -> Vec<Event> {
    let mut finished = RunFinished::new("completed");
    finished.usage = Some(Box::new(Usage::new(5, 7).with_reasoning(2)));
    [
        EventKind::RunStarted(RunStarted::new("hi")),
        EventKind::ReasoningDelta(ReasoningDelta::new("hm", 0, 1, ReasoningSource::Provider)),
        EventKind::ReasoningSegmentFinished(ReasoningFinished::new(
            "hm",
            None,
            ReasoningSource::Provider,
        )),
        EventKind::ToolCallRequested(ToolCallRequested::new("c", "lookup", "{}")),
        EventKind::ToolResultReady(ToolResultReady::new(
            "c",
            "lookup",
            "21 C",
            ToolStatus::Success,
        )),
        EventKind::TextDelta(TextDelta::new("Hel", 0, 1)),
        EventKind::TextDelta(TextDelta::new("lo", 3, 2)),
        EventKind::TextSegmentFinished(TextFinished::new("Hello", None)),
        EventKind::RunFinished(finished),
    ]
    .map(Event::new)
    .into()
}

#[test]
fn people_see_reasoning_tools_text_and_usage_apart() {
    let buffer = Buffer::default();
    let printer = HumanPrinter::new(buffer.clone());
    story().iter().for_each(|event| printer.publish(event));
    let expect =
        "thinking: hm\n→ lookup {}\n← lookup 21 C\nHello\n[5 tokens in, 7 out (2 reasoning)]\n";
    assert_eq!(buffer.text(), expect);
}

#[test]
fn tokens_that_nobody_told_are_not_said_to_be_none() {
    let buffer = Buffer::default();
    let printer = HumanPrinter::new(buffer.clone());
    let mut finished = RunFinished::new("completed");
    finished.usage = Some(Box::new(Usage::unreported()));
    printer.publish(&Event::new(EventKind::TextDelta(TextDelta::new(
        "Hi", 0, 1,
    ))));
    printer.publish(&Event::new(EventKind::RunFinished(finished)));
    assert_eq!(buffer.text(), "Hi\n");
}

#[test]
fn colour_is_there_only_when_asked_for() {
    let buffer = Buffer::default();
    let printer = HumanPrinter::new(buffer.clone()).with_color(true);
    printer.publish(&story()[1]);
    assert_eq!(buffer.text(), "\x1b[2mthinking: \x1b[0m\x1b[2mhm\x1b[0m");
}

#[test]
fn failures_can_be_left_to_the_program() {
    for (failures, expect) in [(true, "Hel\n[failed: boom]\n"), (false, "Hel\n")] {
        let buffer = Buffer::default();
        let printer = HumanPrinter::new(buffer.clone()).with_failures(failures);
        printer.publish(&Event::new(EventKind::TextDelta(TextDelta::new(
            "Hel", 0, 1,
        ))));
        printer.publish(&Event::new(EventKind::RunFailed(RunFailed::new("boom"))));
        assert_eq!(buffer.text(), expect);
    }
}

#[test]
fn json_lines_and_yaml_documents_hold_whole_events() {
    let (json, yaml) = (Buffer::default(), Buffer::default());
    let printers: [Box<dyn EventSink>; 2] = [
        Box::new(JsonLinesPrinter::new(json.clone())),
        Box::new(YamlPrinter::new(yaml.clone())),
    ];
    for event in story() {
        printers.iter().for_each(|printer| printer.publish(&event));
    }
    let read: Vec<Event> = json
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(read, story());
    assert_eq!(yaml.text().matches("---\n").count(), story().len());
    assert!(
        yaml.text().contains("type: tool-call-requested\n"),
        "{}",
        yaml.text()
    );
}

#[test]
fn a_closed_pipe_ends_the_output_and_is_kept() {
    struct Closed(usize);
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            self.0 += 1;
            assert_eq!(self.0, 1, "written after the error");
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let printer = JsonLinesPrinter::new(Closed(0));
    story().iter().for_each(|event| printer.publish(event));
    assert_eq!(printer.error(), Some(io::ErrorKind::BrokenPipe));
}

/// Output of a printer with one writer, and of both writers of a printer with two.
fn printed(kinds: impl IntoIterator<Item = EventKind>) -> (String, String, String) {
    let (all, answer, notes) = (Buffer::default(), Buffer::default(), Buffer::default());
    let one = HumanPrinter::new(all.clone());
    let two = HumanPrinter::new(answer.clone()).with_notes(notes.clone());
    for kind in kinds {
        let event = Event::new(kind);
        one.publish(&event);
        two.publish(&event);
    }
    (all.text(), answer.text(), notes.text())
}

fn text(delta: &str) -> EventKind {
    EventKind::TextDelta(TextDelta::new(delta, 0, 1))
}

fn thought(delta: &str) -> EventKind {
    EventKind::ReasoningDelta(ReasoningDelta::new(delta, 0, 1, ReasoningSource::Provider))
}

fn text_end() -> EventKind {
    EventKind::TextSegmentFinished(TextFinished::default())
}

fn info(message: &str) -> EventKind {
    EventKind::Info(Info::new(message, None))
}

#[test]
fn the_answer_can_go_to_a_writer_of_its_own() {
    let (_, answer, notes) = printed(story().into_iter().map(|event| event.kind));
    assert_eq!(answer, "Hello\n");
    assert_eq!(
        notes,
        "thinking: hm\n→ lookup {}\n← lookup 21 C\n[5 tokens in, 7 out (2 reasoning)]\n"
    );
}

#[test]
fn an_interrupted_answer_is_whole_in_its_own_writer() {
    let (all, answer, notes) = printed([
        thought("a"),
        text("Hel"),
        info("wait"),
        text("lo\n"),
        info("x"),
        text("!"),
        EventKind::RunFailed(RunFailed::new("boom")),
    ]);
    assert_eq!(answer, "Hello\n!\n");
    assert_eq!(notes, "thinking: a\n\n(wait)\n\n(x)\n[failed: boom]\n");
    assert_eq!(
        all,
        "thinking: a\nHel\n(wait)\nlo\n(x)\n!\n[failed: boom]\n"
    );
}

#[test]
fn blank_lines_around_an_answer_are_left_out() {
    let (all, answer, _) = printed([
        thought("\n\nhm\n\n"),
        text("\n"),
        text("\n\none\n"),
        text("\n"),
        text("two\n"),
        text("\n"),
        text_end(),
        text("\n\n"),
        text_end(),
        text("three"),
        text_end(),
    ]);
    assert_eq!(answer, "one\n\ntwo\nthree\n");
    assert_eq!(all, "thinking: hm\none\n\ntwo\nthree\n");
}

#[test]
fn an_answer_without_deltas_is_shown_at_its_end() {
    let whole = EventKind::TextSegmentFinished(TextFinished::new("Hello", None));
    let (all, answer, notes) = printed([whole]);
    assert_eq!(
        (all.as_str(), answer.as_str(), notes.as_str()),
        ("Hello\n", "Hello\n", "")
    );
}

#[test]
fn a_retry_is_announced_with_its_number_and_wait() {
    let check = |data: serde_json::Value, expect: &str| {
        let (all, ..) = printed([EventKind::Info(Info::new("retrying", Some(data)))]);
        assert_eq!(all, expect);
    };
    check(
        serde_json::json!({"attempt": 1, "max_attempts": 3, "delay_ms": 312, "reason": "status 503"}),
        "(retrying (2/3) in 0.3 s: status 503)\n",
    );
    check(
        serde_json::json!({"attempt": 2, "delay_ms": 30_000}),
        "(retrying (attempt 3) in 30 s)\n",
    );
    check(
        serde_json::json!({"attempt": 2, "delay_ms": 0}),
        "(retrying (attempt 3) now)\n",
    );
    check(serde_json::json!({"reason": "x"}), "(retrying: x)\n");
}

#[test]
fn nothing_that_others_wrote_controls_the_terminal() {
    let bad = "\u{1b}[2J\u{1b}]0;x\u{7}\rb\u{9b}1m\u{202e}";
    let app = |message: &str| EventKind::Info(Info::new(message, Some(bad_data(bad))));
    let mut finished = RunFinished::new("completed");
    finished.persist_error = Some(bad.to_owned());
    let mut pause = DebuggerPause::new("p", bad);
    pause.summary = bad.to_owned();
    let citation = Citation {
        title: bad.to_owned(),
        url: bad.to_owned(),
        ..Citation::default()
    };
    let (all, answer, notes) = printed([
        thought(bad),
        text(bad),
        EventKind::ToolCallRequested(ToolCallRequested::new(bad, bad, bad)),
        EventKind::ToolResultReady(ToolResultReady::new(bad, bad, bad, ToolStatus::Error)),
        EventKind::ProviderCallDiscarded(ProviderCallDiscarded::new(bad)),
        app("retrying"),
        app(bad),
        EventKind::Log(Log::new(bad, bad)),
        EventKind::Citation(Box::new(citation)),
        EventKind::DebuggerPause(Box::new(pause)),
        EventKind::TextSegmentFinished(TextFinished::new(bad, None)),
        EventKind::RunFinished(finished),
        EventKind::RunStopped(RunStopped::new(bad)),
        EventKind::RunFailed(RunFailed::new(bad)),
    ]);
    for shown in [all, answer, notes] {
        let controls = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(
            shown.contains('␛') && !shown.contains(controls),
            "{shown:?}"
        );
    }
}

fn bad_data(text: &str) -> serde_json::Value {
    serde_json::json!({"reason": text})
}

#[test]
fn a_sequence_that_is_cut_between_deltas_is_no_sequence() {
    let (all, ..) = printed([text("a\u{1b}"), text("[2J\r"), text("\nb"), text_end()]);
    assert_eq!(all, "a␛[2J\nb\n");
}

#[test]
fn compact_lines_name_ids_once_and_lose_nothing() {
    let of = |segment: Option<&str>, kind: EventKind| {
        let meta = EventMeta {
            session_id: Some("s".to_owned()),
            model: Some("m".to_owned()),
            ..EventMeta::default()
        };
        let correlation = Correlation {
            session_id: Some("s".to_owned()),
            run_id: Some("r".to_owned()),
            segment_id: segment.map(str::to_owned),
            ..Correlation::default()
        };
        Event::in_context(kind, Arc::new(meta), Arc::new(correlation))
    };
    let events = [
        of(None, EventKind::RunStarted(RunStarted::new("hi"))),
        of(Some("a"), text("Hel")),
        of(Some("a"), text("lo")),
        of(Some("b"), text("!")),
        of(None, EventKind::RunFinished(RunFinished::new("completed"))),
        Event::new(EventKind::Log(Log::new("info", "x"))),
    ];
    let buffer = Buffer::default();
    let printer = JsonLinesPrinter::new(buffer.clone()).compact();
    events.iter().for_each(|event| printer.publish(event));
    let shown = buffer.text();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[2], r#"{"type":"text-delta","delta":"lo"}"#);
    assert_eq!(
        lines[3],
        r#"{"type":"text-delta","correlation":{"segment_id":"b"},"delta":"!"}"#
    );
    let (mut meta, mut correlation) = (serde_json::Map::new(), serde_json::Map::new());
    for (line, event) in lines.iter().zip(&events) {
        let mut fields: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(line).unwrap();
        for (name, so_far) in [("meta", &mut meta), ("correlation", &mut correlation)] {
            if let Some(serde_json::Value::Object(news)) = fields.remove(name) {
                so_far.extend(news);
                so_far.retain(|_, value| !value.is_null());
            }
            if !so_far.is_empty() {
                fields.insert(name.to_owned(), so_far.clone().into());
            }
        }
        let mut whole = serde_json::to_value(event).unwrap();
        for name in ["offset", "sequence"] {
            whole.as_object_mut().unwrap().remove(name);
        }
        assert_eq!(serde_json::Value::Object(fields), whole);
    }
}

#[test]
fn images_in_arguments_and_results_of_tools_are_shortened() {
    let image = "A".repeat(100_000);
    let url = format!("data:image/png;base64,{image}");
    let (all, ..) = printed([
        EventKind::ToolCallRequested(ToolCallRequested::new("c", "upload", &url)),
        EventKind::ToolResultReady(ToolResultReady::new("c", "shot", &url, ToolStatus::Success)),
    ]);
    let shown = "data:image/png;base64,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA… (100000 characters)";
    assert_eq!(all, format!("→ upload {shown}\n← shot {shown}\n"));
}

#[test]
fn notes_of_every_kind_are_shown() {
    let citation = Citation {
        title: "Rust".to_owned(),
        url: "https://rust-lang.org".to_owned(),
        ..Citation::default()
    };
    let mut pause = DebuggerPause::new("p", "after_tools");
    pause.summary = "1 tool call".to_owned();
    let (all, ..) = printed([
        EventKind::ToolCallWaiting(Box::new(ToolCallWaiting::new("c", "send", "{}", "May I?"))),
        EventKind::Log(Log::new("warn", "slow")),
        EventKind::Citation(Box::new(citation)),
        EventKind::DebuggerPause(Box::new(pause)),
        text("Hel"),
        EventKind::ProviderCallDiscarded(ProviderCallDiscarded::new("cut")),
        thought("hm"),
        EventKind::ReasoningSegmentFinished(ReasoningFinished::new(
            "hm",
            None,
            ReasoningSource::Provider,
        )),
        thought("again"),
        EventKind::RunStopped(RunStopped::new("cancelled")),
    ]);
    let expected = "? send May I?\n[warn] slow\n[Rust] https://rust-lang.org\n(paused after_tools: 1 tool call)\n\
        Hel\n(the reply broke, asking again: cut)\nthinking: hm\nthinking: again\n[stopped: cancelled]\n";
    assert_eq!(all, expected);
}

#[test]
fn only_tokens_that_were_used_are_named() {
    let said = |usage: Usage| {
        let mut finished = RunFinished::new("completed");
        finished.usage = Some(Box::new(usage));
        printed([EventKind::RunFinished(finished)]).0
    };
    assert_eq!(said(Usage::new(5, 7)), "[5 tokens in, 7 out]\n");
    let mut cached = Usage::new(5, 7);
    cached.cached_tokens = 3;
    assert_eq!(said(cached), "[5 tokens in (3 cached), 7 out]\n");
}

#[test]
fn the_first_error_of_each_printer_is_kept() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let yaml = YamlPrinter::new(Closed);
    let answer = HumanPrinter::new(Closed);
    let notes = HumanPrinter::new(Buffer::default()).with_notes(Closed);
    assert_eq!(
        (yaml.error(), answer.error(), notes.error()),
        (None, None, None)
    );
    for event in story() {
        yaml.publish(&event);
        answer.publish(&event);
        notes.publish(&event);
    }
    let broken = Some(io::ErrorKind::BrokenPipe);
    assert_eq!(
        (yaml.error(), answer.error(), notes.error()),
        (broken, broken, broken)
    );
}
