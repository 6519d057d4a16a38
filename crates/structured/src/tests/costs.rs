//! Costs of hostile texts. A push whose cost exceeds the length of its text makes these tests slow.

use super::*;

/// Publishes deltas of `piece` and the end of the segment; returns the clean text and the number of
/// forwarded events.
fn publish(
    configure: impl FnOnce(StructuredSink) -> StructuredSink,
    piece: &str,
    times: usize,
) -> (String, usize) {
    let screen = Arc::new(MemorySink::new());
    let sink = configure(
        StructuredSink::new(screen.clone())
            .extract("a", "b", |_| {
                Box::new(|_: &BlockInfo, _: &str, _: Result<(), Malformed>| Vec::new())
            })
            .unwrap(),
    );
    for n in 0..times {
        sink.publish(&delta(piece, n * piece.len()));
    }
    sink.publish(&finished(&piece.repeat(times)));
    let events = screen.take();
    match events.last().map(|event| &event.kind) {
        Some(EventKind::TextSegmentFinished(e)) => (e.text.clone(), events.len()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn many_brackets_go_on() {
    for (piece, times) in [("<", 100_000), (&*"<".repeat(100_000), 1)] {
        assert_eq!(publish(|sink| sink, piece, times).0.len(), 100_000);
    }
    for piece in ["<a:b:", "<a:b:v1", "</a:b:v1>", "<a:b:v1 >", "<a:b:v1><"] {
        let (clean, _) = publish(|sink| sink, &piece.repeat(20_000), 1);
        assert!(
            clean.is_empty() || clean.len() == piece.len() * 20_000,
            "{piece}"
        );
    }
    let name = format!("<{}:b:v1>", "a".repeat(1_000_000));
    assert_eq!(publish(|sink| sink, &name, 1).0, name);
}

#[test]
fn many_short_blocks_are_cut_out() {
    let (clean, events) = publish(|sink| sink, "<a:b:v1>x</a:b:v1>", 20_000);
    assert_eq!((clean.as_str(), events), ("", 1));
    let (clean, events) = publish(|sink| sink, &"<a:b:v1></a:b:v1>.".repeat(20_000), 1);
    assert_eq!((clean.len(), events), (20_000, 2));
}

#[test]
fn a_huge_block_costs_what_it_is_long() {
    for policy in [MalformedPolicy::Ignore, MalformedPolicy::Reconstruct] {
        let body = |sink: StructuredSink| sink.on_malformed(policy).max_block_bytes(1_000);
        let begin = format!("<a:b:v1>{}", "</a:b:v1".repeat(20_000));
        let (clean, _) = publish(body, &begin, 1);
        let whole = policy == MalformedPolicy::Reconstruct;
        assert_eq!(clean.len(), if whole { begin.len() } else { 0 });
    }
}
