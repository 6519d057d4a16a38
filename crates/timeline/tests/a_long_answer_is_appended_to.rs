//! Applying a delta costs as much as the delta, however long the answer and the timeline are.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use geppetto_events::{Correlation, Event, EventKind, kind::TextDelta};
use geppetto_timeline::Timeline;
use geppetto_turns::{Block, Turn};

const DELTA: usize = 100;
const DELTAS: u64 = 10_000;

fn deltas(first_seq: u64) -> Vec<Event> {
    let mut correlation = Correlation::default();
    correlation.run_id = Some("run".to_owned());
    correlation.segment_id = Some("segment".to_owned());
    let correlation = Arc::new(correlation);
    let events = (0..DELTAS).map(|n| {
        let delta = TextDelta::new("x".repeat(DELTA), n * DELTA as u64, n + 1);
        let mut event =
            Event::new(EventKind::TextDelta(delta)).with_correlation(Arc::clone(&correlation));
        event.seq = first_seq + n;
        event
    });
    events.collect()
}

#[test]
fn a_megabyte_of_deltas_is_copied_a_few_times_in_all() {
    let mut turn = Turn::new();
    for n in 0..5_000 {
        turn.push(Block::llm_text(format!("answer {n}")).with_id(format!("a{n}")));
    }
    let mut timeline = Timeline::from_turns([&turn]).starting_after(10);
    let events = deltas(11);
    let measured = allocation_counter::measure(|| {
        for event in &events {
            let patches = timeline.apply(event);
            assert!(patches.len() <= 2, "{patches:?}");
        }
    });
    let text = DELTAS * DELTA as u64;
    let shown = timeline.view().entity("segment").unwrap().text().unwrap();
    assert_eq!(shown.len() as u64, text);
    // The text doubles its capacity as it grows; each patch has the delta, an id and a list.
    assert!(measured.bytes_total < text * 12, "{measured:?}");
    assert!(measured.count_total < DELTAS * 6, "{measured:?}");
}
