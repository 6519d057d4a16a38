//! A complete run goes through a structured sink and still follows the grammar behind it.

use std::sync::Arc;

use geppetto_events::{
    Correlation, Event, EventKind, EventSink, EventStream, Grammar, MemorySink,
    kind::{
        CustomEvent, ProviderCallStarted, RunFinished, RunStarted, TextDelta, TextFinished,
        TextStarted,
    },
};
use geppetto_structured::{BlockInfo, Extractor, Malformed, StructuredSink};
use serde_json::{Map, Value};

fn extractor(_: &BlockInfo) -> Box<dyn Extractor> {
    Box::new(|_: &BlockInfo, raw: &str, outcome: Result<(), Malformed>| {
        let name = if outcome.is_ok() { "data" } else { "half-data" };
        let fields = Map::from_iter([("raw".to_owned(), Value::from(raw))]);
        vec![EventKind::Custom(CustomEvent::new(name, fields))]
    })
}

/// Returns the events of one run whose only text arrives in pieces of `size` characters.
fn run(text: &str, size: usize) -> Vec<Event> {
    let mut call = Correlation::default();
    call.run_id = Some("run".to_owned());
    call.provider_call_id = Some("call".to_owned());
    let segment = Arc::new(call.segment("segment"));
    let call = Arc::new(call);
    let in_call = |kind| Event::new(kind).with_correlation(Arc::clone(&call));
    let in_segment = |kind| Event::new(kind).with_correlation(Arc::clone(&segment));

    let mut events = vec![
        in_call(EventKind::RunStarted(RunStarted::new("hello"))),
        in_call(EventKind::ProviderCallStarted(
            ProviderCallStarted::default(),
        )),
        in_segment(EventKind::TextSegmentStarted(TextStarted::new("assistant"))),
    ];
    let (mut offset, mut sequence) = (0, 0);
    for piece in text.chars().collect::<Vec<_>>().chunks(size) {
        let piece = piece.iter().collect::<String>();
        sequence += 1;
        let delta = TextDelta::new(piece.as_str(), offset, sequence);
        offset += piece.len() as u64;
        events.push(in_segment(EventKind::TextDelta(delta)));
    }
    events.extend([
        in_segment(EventKind::TextSegmentFinished(TextFinished::new(
            text, None,
        ))),
        in_call(EventKind::ProviderCallFinished(Box::default())),
        in_call(EventKind::RunFinished(RunFinished::new("completed"))),
    ]);
    events
}

#[test]
fn whatever_the_chunks_are() {
    let text = "Fine: <app:data:v1>é 1</app:data:v1> and <b> <app:data:v1>left op";
    for size in 1..=text.len() {
        let screen = Arc::new(MemorySink::new());
        let sink = StructuredSink::new(screen.clone())
            .extract("app", "data", extractor)
            .unwrap();
        let sinks: [Arc<dyn EventSink>; 1] = [Arc::new(sink)];
        let stream = EventStream::new();
        for event in run(text, size) {
            stream.publish(event, &sinks);
        }
        assert_eq!(stream.violations(), []);
        assert_eq!(stream.sink_panics(), 0);

        let events = screen.take();
        let mut grammar = Grammar::new();
        let mut last = 0;
        let (mut clean, mut blocks) = (String::new(), Vec::new());
        for mut event in events {
            assert!(
                event.seq == 0 || event.seq > last,
                "numbers only grow: {event:?}"
            );
            last = last.max(event.seq);
            // Where a delta was cut out whole there is a gap, so the order alone is checked.
            event.seq = 0;
            grammar.accept(&event).unwrap();
            match &event.kind {
                EventKind::TextSegmentFinished(finished) => clean.clone_from(&finished.text),
                EventKind::Custom(custom) => blocks.push(format!(
                    "{} {}",
                    custom.event_type,
                    custom.fields["raw"].as_str().unwrap()
                )),
                _ => {}
            }
        }
        grammar.finish().unwrap();
        assert_eq!(clean, "Fine:  and <b> ");
        assert_eq!(blocks, ["data é 1", "half-data left op"]);
    }
}
