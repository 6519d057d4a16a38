//! A long answer is not copied with every delta, whatever came before it.

#![allow(clippy::unwrap_used, reason = "a test's helpers panic too")]

use std::sync::Arc;

use geppetto_events::{
    Correlation, Event, EventKind,
    kind::{ProviderCallStarted, RunStarted, TextDelta},
};
use geppetto_ui::{agui, ai_sdk};

/// Number of deltas, and the length of each in bytes.
const DELTAS: u64 = 16_384;
const LEN: u64 = 64;

fn events() -> Vec<Event> {
    let mut correlation = Correlation::default();
    correlation.run_id = Some("run".to_owned());
    correlation.turn_id = Some("turn".to_owned());
    correlation.provider_call_id = Some("call".to_owned());
    correlation.segment_id = Some("text".to_owned());
    let correlation = Arc::new(correlation);
    let delta = "x".repeat(usize::try_from(LEN).unwrap());
    let deltas = (0..DELTAS)
        .map(|index| EventKind::TextDelta(TextDelta::new(delta.as_str(), index * LEN, index + 1)));
    let start = [
        EventKind::RunStarted(RunStarted::new("Hi")),
        EventKind::ProviderCallStarted(ProviderCallStarted::default()),
    ];
    let kinds = start.into_iter().chain(deltas);
    let events = kinds.map(|kind| Event::new(kind).with_correlation(Arc::clone(&correlation)));
    events.collect()
}

/// Returns allocated bytes and allocations of a function.
fn cost(apply: impl FnOnce()) -> (u64, u64) {
    let info = allocation_counter::measure(apply);
    (info.bytes_total, info.count_total)
}

fn check(name: &str, (bytes, count): (u64, u64)) {
    let text = DELTAS * LEN;
    // The delta, its ids and lists; and the text that is kept, which grows by doubling.
    assert!(bytes < 16 * text, "{name}: {bytes} bytes for {text}");
    assert!(
        count < 8 * DELTAS,
        "{name}: {count} allocations for {DELTAS} deltas"
    );
}

#[test]
fn in_the_stream_of_the_ai_sdk() {
    let events = events();
    let mut projection = ai_sdk::Projection::new();
    let cost = cost(|| {
        for event in &events {
            projection.apply(event);
        }
    });
    check("ai_sdk", cost);
}

#[test]
fn in_the_stream_of_agui() {
    let events = events();
    let mut projection = agui::Projection::new("t", "r");
    let cost = cost(|| {
        for event in &events {
            projection.apply(event);
        }
    });
    check("agui", cost);
}
