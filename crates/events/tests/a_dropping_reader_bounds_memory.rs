//! A stalled reader with the dropping policy lets the stream forget: memory use stays constant for
//! any number of events, and the reader learns how many it lost.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test's helpers panic too, and a skipped test says why"
)]

use std::{fs, sync::Arc};

use geppetto_events::{
    Correlation, Event, EventKind, EventStream, Received, SlowReaderPolicy, kind::TextDelta,
};

const MIB: u64 = 1024 * 1024;
const DELTA: u64 = 1024;
const TOTAL: u64 = 64 * MIB;
const KEPT: u64 = 50;

/// Returns the resident memory of this process in bytes.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1024)
}

#[test]
fn while_far_more_goes_by_than_is_kept() {
    let Some(before) = resident() else {
        println!("skipped: /proc/self/status is not there");
        return;
    };
    // The order of events is irrelevant here.
    let stream = EventStream::fragment();
    let mut stalled = stream.subscribe_with(SlowReaderPolicy::Drop { max_behind: KEPT });
    let mut live = stream.subscribe();
    let mut correlation = Correlation::default();
    correlation.segment_id = Some("s".to_owned());
    let correlation = Arc::new(correlation);
    let text = "x".repeat(usize::try_from(DELTA).unwrap());
    let (events, mut seen) = (TOTAL / DELTA, 0);
    for number in 0..events {
        let delta = TextDelta::new(text.as_str(), number * DELTA, number + 1);
        let event = Event::new(EventKind::TextDelta(delta));
        stream.publish(event.with_correlation(Arc::clone(&correlation)), &[]);
        // Always a little behind, never far.
        while live.behind() > 3 {
            let event = live.try_next().unwrap().into_event().unwrap();
            seen += event.text_delta().unwrap().len() as u64;
        }
    }
    let grown = resident().unwrap().saturating_sub(before);
    assert!(
        grown <= 16 * MIB,
        "{grown} bytes more for {TOTAL} that went by"
    );

    while let Some(item) = live.try_next() {
        seen += item.into_event().unwrap().text_delta().unwrap().len() as u64;
    }
    assert_eq!(seen, TOTAL);
    assert_eq!(stalled.try_next(), Some(Received::Lagged(events - KEPT)));
    let mut rest = 0;
    while let Some(item) = stalled.try_next() {
        rest += item.into_event().unwrap().text_delta().unwrap().len() as u64;
    }
    assert_eq!(rest, KEPT * DELTA);
}
