use std::sync::Arc;

use geppetto_turns::Usage;

use super::*;
use crate::{Event, EventKind, EventSink, kind::*};

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
