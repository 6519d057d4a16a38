//! Events.

use std::sync::Arc;

use geppetto_events::{Event, EventKind, EventRow, kind::Log};

use super::{
    Factory,
    help::{Checked, ID, Writer, deltas, events, ok, refused, same},
    list,
};
use crate::{ErrorKind, SessionStore};

list! {
    lost_events_are_one_row:
        "a row of an event that stands for lost ones takes their sequence numbers; a reader in the \
         middle of them gets the event for the rest, and all events after it",
    event_numbers_have_no_gaps:
        "the events of a batch begin with the number after the last stored one, and are consecutive; \
         otherwise the batch fails as Invalid",
    events_are_read_from_any_number:
        "a read after number n begins with the event n + 1, even in the middle of merged deltas, has \
         no gap, and is empty only at the end",
}

async fn event_numbers_have_no_gaps<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    for (what, rows) in [
        ("that begin with 2", events(2..=2)),
        ("that begin with 0", events(0..=1)),
        ("with a gap", [events(1..=1), events(3..=3)].concat()),
        ("with a repetition", [events(1..=2), events(2..=2)].concat()),
        (
            "with a gap before deltas",
            [events(1..=1), deltas(2, &["a", "b"])].concat(),
        ),
    ] {
        let batch = Arc::new(writer.next().events(rows));
        let result = store.append(&writer.lease, batch).await;
        refused(result, ErrorKind::Invalid, &format!("events {what}"))?;
    }
    let batch = writer.next().events(events(1..=2));
    let batch = batch.events(deltas(2, &["a", "b"]));
    ok(writer.append(batch).await, "events without a gap")?;
    for first in [2, 4, 6] {
        let batch = writer.next().events(events(first..=first));
        let result = store.append(&writer.lease, Arc::new(batch)).await;
        refused(
            result,
            ErrorKind::Invalid,
            &format!("event {first} after 4 events"),
        )?;
    }
    let batch = writer.next().events(events(5..=5));
    let appended = ok(writer.append(batch).await, "the next event")?;
    same(appended.last_seq, 5, "the number of the last event")
}

const PIECES: [&str; 6] = ["One ", "", "é", "two", " 😀", "!"];

async fn events_are_read_from_any_number<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    let batch = writer.next().events(events(1..=2));
    let batch = batch.events(deltas(2, &PIECES));
    ok(writer.append(batch).await, "appending events")?;
    let batch = writer.next().events(events(9..=12));
    let batch = batch.events(deltas(12, &["a", "b"]));
    ok(writer.append(batch).await, "appending events")?;
    let store = factory.reopen(store).await;
    for after in 0..=15_u64 {
        for limit in [1, 2, usize::MAX] {
            let (last, text) = read_after(&store, after, limit).await?;
            let what = format!("the last number, read after {after}");
            same(last, after.max(14), &what)?;
            let mut expected = rest(&PIECES, after.saturating_sub(2));
            expected.push_str(&rest(&["a", "b"], after.saturating_sub(12)));
            same(
                text,
                expected,
                &format!("the text of the deltas after {after}"),
            )?;
        }
    }
    Ok(())
}

fn rest(pieces: &[&str], skipped: u64) -> String {
    let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
    pieces.get(skipped..).unwrap_or_default().concat()
}

/// Returns the last number and the text of the events after `after`, read in pages.
async fn read_after<S: SessionStore>(
    store: &S,
    after: u64,
    limit: usize,
) -> Result<(u64, String), String> {
    let (mut last, mut text) = (after, String::new());
    loop {
        let page = ok(store.events(ID, last, limit).await, "reading events")?;
        if page.is_empty() {
            return Ok((last, text));
        }
        if page.len() > limit {
            return Err(format!("a page of {limit} events has {}", page.len()));
        }
        for event in page {
            let what = format!("the first number after {last}, read after {after}");
            same(event.first_seq(), last + 1, &what)?;
            last = event.seq;
            text.push_str(event.text_delta().unwrap_or_default());
        }
    }
}

async fn lost_events_are_one_row<F: Factory>(factory: &F) -> Checked {
    const LOST: u64 = 1 << 20;
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    let mut lost = Event::new(EventKind::Log(Log::new("warn", "lost")));
    (lost.seq, lost.merged) = (2 + LOST, LOST);
    let mut rows = events(1..=2);
    rows.push(EventRow::single(lost.clone()));
    rows.extend(events(LOST + 3..=LOST + 4));
    let batch = writer.next().events(rows);
    let appended = ok(writer.append(batch).await, "appending a row of lost events")?;
    same(appended.last_seq, LOST + 4, "the last sequence number")?;
    let store = factory.reopen(store).await;
    for (after, rest, expected) in [
        (0, LOST, 5),
        (2, LOST, 3),
        (3, LOST - 1, 3),
        (LOST + 1, 1, 3),
        (LOST + 2, 0, 2),
    ] {
        let found = ok(store.events(ID, after, 9).await, "reading events")?;
        same(
            found.len(),
            expected,
            &format!("the number of events after {after}"),
        )?;
        let event = found.iter().find(|event| event.seq == lost.seq);
        let mut of_rest = lost.clone();
        of_rest.merged = rest;
        let of_rest = (rest > 0).then_some(&of_rest);
        same(event, of_rest, &format!("the lost events after {after}"))?;
    }
    Ok(())
}
