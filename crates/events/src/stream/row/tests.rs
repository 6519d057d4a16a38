use super::EventRow;
use crate::{
    Event, EventKind, EventStream, SlowReaderPolicy,
    kind::{ReasoningDelta, ReasoningSource, TextDelta, ToolCallArgumentsDelta},
};

const PIECES: [&str; 5] = ["a", "", "bcd", "é", "fg"];

fn publish(stream: &EventStream) {
    let mut offset = 0;
    for piece in PIECES {
        let event = Event::new(EventKind::TextDelta(TextDelta::new(piece, offset, 0)));
        stream.publish(event, &[]);
        offset += piece.len() as u64;
    }
}

fn rows(stream: &EventStream, after: u64) -> Vec<EventRow> {
    let mut reader = stream.resume_after(after, SlowReaderPolicy::default());
    std::iter::from_fn(|| reader.try_next_row())
        .map(Result::unwrap)
        .collect()
}

#[test]
fn a_row_of_merged_deltas_is_read_from_any_number() {
    let stream = EventStream::fragment().starting_after(7);
    publish(&stream);
    let rows = rows(&stream, 7);
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!((row.first_seq(), row.last_seq()), (8, 12));
    for seq in 0..14 {
        assert_eq!(
            row.after(seq),
            stream.events_after(seq.max(7)).into_iter().next(),
            "after {seq}"
        );
    }
    let stored = EventRow::from_parts(row.event().clone(), row.lens());
    assert_eq!(stored.as_ref(), Some(row));
}

#[test]
fn a_row_that_begins_within_merged_deltas_has_their_rest() {
    let stream = EventStream::fragment();
    publish(&stream);
    for after in 0..5 {
        let rows = rows(&stream, after);
        assert_eq!(rows[0].first_seq(), after + 1);
        for seq in after..6 {
            assert_eq!(
                rows[0].after(seq),
                stream.events_after(seq).into_iter().next()
            );
        }
    }
}

#[test]
fn parts_that_do_not_match_are_refused() {
    let stream = EventStream::fragment();
    publish(&stream);
    let row = rows(&stream, 0).remove(0);
    let event = row.event().clone();
    for lens in [
        &[][..],
        &[1, 0, 3, 2],
        &[1, 0, 3, 2, 3],
        &[1, 0, 3, 1, 3],
        &[1, 0, 3, 2, 2, 0],
        &[1, 0, 3, 2, 0x82],
        &[0xff; 20],
    ] {
        assert_eq!(EventRow::from_parts(event.clone(), lens), None, "{lens:?}");
    }
    let single = Event::new(EventKind::TextDelta(TextDelta::new("x", 0, 0)));
    assert_eq!(
        EventRow::from_parts(single.clone(), []),
        Some(EventRow::single(single.clone()))
    );
    assert_eq!(EventRow::from_parts(single, [1]), None);
}

#[test]
fn missing_events_are_reported_as_their_number() {
    let stream = EventStream::with_retained_bytes(0);
    publish(&stream);
    stream.publish(
        Event::new(EventKind::Log(crate::kind::Log::new("info", "x"))),
        &[],
    );
    let mut reader = stream.resume_after(0, SlowReaderPolicy::default());
    assert_eq!(reader.try_next_row(), Some(Err(5)));
    assert_eq!(reader.try_next_row().unwrap().unwrap().first_seq(), 6);
    assert_eq!(reader.try_next_row(), None);
}

#[test]
fn deltas_of_every_kind_are_read_from_any_number() {
    let kinds: [fn(&str, u64) -> EventKind; 3] = [
        |delta, offset| EventKind::TextDelta(TextDelta::new(delta, offset, 0)),
        |delta, offset| {
            let source = ReasoningSource::Thinking;
            EventKind::ReasoningDelta(ReasoningDelta::new(delta, offset, 0, source))
        },
        |delta, offset| {
            let delta = ToolCallArgumentsDelta::new("c", delta, offset, 0);
            EventKind::ToolCallArgumentsDelta(delta)
        },
    ];
    for kind in kinds {
        let stream = EventStream::fragment();
        for (delta, offset) in [("a", 0), ("bc", 1), ("d", 3)] {
            stream.publish(Event::new(kind(delta, offset)), &[]);
        }
        let rows = rows(&stream, 0);
        let [row] = &rows[..] else {
            panic!("{rows:?}");
        };
        for (seq, text, offset) in [(0, "abcd", 0), (1, "bcd", 1), (2, "d", 3)] {
            let event = row.after(seq).unwrap();
            assert_eq!(event.kind, kind(text, offset));
            assert_eq!(stream.events_after(seq), [event]);
        }
        let stored = EventRow::from_parts(row.event().clone(), row.lens());
        assert_eq!(stored.as_ref(), Some(row));
    }
}
