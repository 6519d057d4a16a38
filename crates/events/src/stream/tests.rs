use std::{sync::Barrier, thread};

use proptest::prelude::*;

use super::{Arc, Event, EventSink, EventStream, Received, SlowReaderPolicy};
use crate::{
    Correlation, EventKind, MemorySink,
    isolate::tests::Bomb,
    kind::{Log, ReasoningDelta, ReasoningSource, RunStarted, TextDelta, ToolCallArgumentsDelta},
    sink_fn,
};

fn log(message: &str) -> Event {
    Event::new(EventKind::Log(Log::new("info", message)))
}

/// Publishes without the order check, which is irrelevant for these tests.
fn stream(bytes: usize) -> EventStream {
    let stream = EventStream::with_retained_bytes(bytes);
    stream.lock().grammar = None;
    stream
}

fn delta(text: &str, offset: u64) -> Event {
    Event::new(EventKind::TextDelta(TextDelta::new(text, offset, 1)))
}

struct Text {
    correlation: Arc<Correlation>,
    meta: Arc<crate::EventMeta>,
    offset: u64,
    sequence: u64,
}

impl Text {
    fn new(segment: &str) -> Self {
        let correlation = Correlation {
            segment_id: Some(segment.to_owned()),
            ..Correlation::default()
        };
        Self {
            correlation: Arc::new(correlation),
            meta: Arc::default(),
            offset: 0,
            sequence: 0,
        }
    }

    fn delta(&mut self, text: &str) -> Event {
        self.sequence += 1;
        let delta = TextDelta::new(text, self.offset, self.sequence);
        self.offset += text.len() as u64;
        Event::new(EventKind::TextDelta(delta))
            .with_correlation(Arc::clone(&self.correlation))
            .with_meta(Arc::clone(&self.meta))
    }
}

#[test]
fn events_are_numbered_without_gaps_and_sinks_see_them_in_order() {
    let stream = stream(1 << 20);
    let sink = Arc::new(MemorySink::new());
    let sinks: Vec<Arc<dyn EventSink>> = vec![sink.clone()];
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    stream.publish(log("x"), &sinks);
                }
            });
        }
    });
    let seqs: Vec<u64> = sink.events().iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=400).collect::<Vec<u64>>());
    assert_eq!(stream.last_seq(), 400);
}

#[test]
fn a_panicking_sink_is_isolated_and_counted() {
    let stream = stream(1 << 20);
    let sink = Arc::new(MemorySink::new());
    let sinks: Vec<Arc<dyn EventSink>> = vec![
        Arc::new(sink_fn(|_| panic!("a sink's own fault"))),
        sink.clone(),
    ];
    stream.publish(log("a"), &sinks);
    stream.publish(log("b"), &sinks);
    assert_eq!(sink.events().len(), 2);
    assert_eq!(stream.sink_panics(), 2);
}

#[test]
fn a_sink_may_publish_to_its_own_and_to_another_stream() {
    let (one, two) = (stream(1 << 20), stream(1 << 20));
    let seen = Arc::new(MemorySink::new());
    let echo: Arc<dyn EventSink> = Arc::new(sink_fn({
        let (one, two, seen) = (one.clone(), two.clone(), seen.clone());
        move |event| {
            if event.seq == 1 {
                let sinks: [Arc<dyn EventSink>; 1] = [seen.clone()];
                one.publish(log("echo"), &sinks);
                two.publish(log("other"), &[]);
            }
        }
    }));
    one.publish(log("first"), &[echo, seen.clone()]);
    let messages: Vec<_> = seen.events().into_iter().map(|event| event.kind).collect();
    let expect = ["first", "echo"].map(|m| EventKind::Log(Log::new("info", m)));
    assert_eq!(messages, expect);
    assert_eq!((one.last_seq(), two.last_seq()), (2, 1));
}

#[test]
fn sinks_of_two_streams_may_publish_to_each_others_at_the_same_time() {
    let (one, two) = (stream(1 << 20), stream(1 << 20));
    let (seen_one, seen_two) = (Arc::new(MemorySink::new()), Arc::new(MemorySink::new()));
    let both_are_inside = Arc::new(Barrier::new(2));
    let forward = |to: &EventStream, seen: &Arc<MemorySink>| -> Arc<dyn EventSink> {
        let (to, both_are_inside) = (to.clone(), Arc::clone(&both_are_inside));
        let sinks: [Arc<dyn EventSink>; 1] = [seen.clone()];
        Arc::new(sink_fn(move |_| {
            both_are_inside.wait();
            to.publish(log("forwarded"), &sinks);
            both_are_inside.wait();
        }))
    };
    let to_two = [forward(&two, &seen_two), seen_one.clone()];
    let to_one = [forward(&one, &seen_one), seen_two.clone()];
    thread::scope(|scope| {
        scope.spawn(|| one.publish(log("own"), &to_two));
        scope.spawn(|| two.publish(log("own"), &to_one));
    });
    for seen in [seen_one, seen_two] {
        let events = seen.take().into_iter();
        let events: Vec<_> = events.map(|event| (event.seq, event.kind)).collect();
        let expect = [(1, "own"), (2, "forwarded")];
        assert_eq!(
            events,
            expect.map(|(seq, m)| (seq, EventKind::Log(Log::new("info", m))))
        );
    }
}

#[test]
fn a_publisher_goes_on_when_its_sinks_know_the_event() {
    let stream = stream(1 << 20);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let own = Arc::new(MemorySink::new());
                let sinks: [Arc<dyn EventSink>; 1] = [own.clone()];
                for _ in 0..200 {
                    let seq = stream.publish(log("x"), &sinks);
                    let last = own.take().pop();
                    assert_eq!(last.map(|event| event.seq), Some(seq));
                }
            });
        }
    });
    assert_eq!(stream.last_seq(), 800);
}

#[test]
fn a_publisher_waits_while_another_one_tells_the_sinks() {
    let stream = stream(1 << 20);
    // The first publisher stays inside its sink until the second one has published.
    let busy = stream.clone();
    let slow: Arc<dyn EventSink> = Arc::new(sink_fn(move |event: &Event| {
        if event.seq == 1 {
            while busy.last_seq() < 2 {
                thread::yield_now();
            }
            (0..10_000).for_each(|_| thread::yield_now());
        }
    }));
    thread::scope(|scope| {
        scope.spawn(|| stream.publish(log("x"), &[slow]));
        scope.spawn(|| {
            while stream.last_seq() < 1 {
                thread::yield_now();
            }
            let own = Arc::new(MemorySink::new());
            let sinks: [Arc<dyn EventSink>; 1] = [own.clone()];
            let seq = stream.publish(log("y"), &sinks);
            let last = own.take().pop();
            assert_eq!(last.map(|event| event.seq), Some(seq));
        });
    });
}

#[test]
fn nothing_comes_after_the_largest_number() {
    let stream = stream(1 << 20);
    stream.publish(log("x"), &[]);
    assert_eq!(stream.events_after(u64::MAX), []);
    let mut reader = stream.resume_after(u64::MAX, SlowReaderPolicy::Coalesce);
    assert_eq!(reader.try_next(), None);
    stream.publish(log("y"), &[]);
    assert_eq!(reader.try_next().unwrap().into_event().unwrap().seq, 2);
}

#[test]
fn a_late_reader_gets_merged_deltas_and_a_close_one_each_by_itself() {
    let stream = stream(1 << 20);
    let (mut late, mut close) = (stream.subscribe(), stream.subscribe());
    let mut text = Text::new("s");
    for piece in ["a", "bc", "d"] {
        stream.publish(text.delta(piece), &[]);
        let event = close.try_next().unwrap().into_event().unwrap();
        assert_eq!((event.any_delta(), event.merged), (Some(piece), 1));
    }
    let merged = late.try_next().unwrap().into_event().unwrap();
    assert_eq!(
        (merged.any_delta(), merged.merged, merged.seq),
        (Some("abcd"), 3, 3)
    );
    assert_eq!(late.try_next(), None);
    stream.publish(text.delta("e"), &[]);
    let Some(EventKind::TextDelta(delta)) = late
        .try_next()
        .and_then(Received::into_event)
        .map(|e| e.kind)
    else {
        panic!()
    };
    assert_eq!(delta, TextDelta::new("e", 4, 4));
}

#[test]
fn what_a_live_reader_needs_is_kept_and_the_rest_is_bounded() {
    let stream = stream(1000);
    let mut reader = stream.subscribe();
    for _ in 0..100 {
        stream.publish(log("x"), &[]);
    }
    for seq in 1..=100 {
        assert_eq!(reader.try_next().unwrap().into_event().unwrap().seq, seq);
    }
    stream.publish(log("x"), &[]);
    assert!(stream.events_after(0).len() < 20);
    let mut resumed = stream.resume_after(0, SlowReaderPolicy::Coalesce);
    let Some(Received::Lagged(lost)) = resumed.try_next() else {
        panic!()
    };
    let next = resumed.try_next().unwrap().into_event().unwrap();
    assert_eq!(next.seq, lost + 1);
}

#[test]
fn a_dropping_reader_is_told_how_many_it_lost() {
    let stream = stream(1 << 20);
    let mut reader = stream.subscribe_with(SlowReaderPolicy::Drop { max_behind: 3 });
    for _ in 0..10 {
        stream.publish(log("x"), &[]);
    }
    assert_eq!(reader.behind(), 10);
    assert_eq!(reader.try_next(), Some(Received::Lagged(7)));
    assert_eq!(reader.try_next().unwrap().into_event().unwrap().seq, 8);
}

#[test]
fn a_stream_may_continue_the_numbers_of_another() {
    let stream = stream(1 << 20).starting_after(41);
    assert_eq!(stream.last_seq(), 41);
    let mut reader = stream.resume_after(40, SlowReaderPolicy::Coalesce);
    assert_eq!(stream.publish(delta("a", 0), &[]), 42);
    assert_eq!(reader.try_next(), Some(Received::Lagged(1)));
    let event = reader.try_next().and_then(Received::into_event).unwrap();
    assert_eq!((event.seq, event.text_delta()), (42, Some("a")));
    assert_eq!(stream.clone().starting_after(7).last_seq(), 42);
    let highest = EventStream::new().starting_after(u64::MAX);
    assert_eq!(highest.publish(delta("a", 0), &[]), u64::MAX / 2 + 1);
}

#[test]
fn a_sink_whose_panic_panics_when_it_is_dropped_is_isolated_too() {
    let stream = stream(1 << 20);
    let bad: Arc<dyn EventSink> = Arc::new(sink_fn(|_: &Event| std::panic::panic_any(Bomb(2))));
    let good = Arc::new(MemorySink::new());
    let sinks = [bad, good.clone() as Arc<dyn EventSink>];
    for n in 1..=3 {
        stream.publish(delta("a", n), &sinks);
    }
    assert_eq!(stream.sink_panics(), 3);
    assert_eq!(good.events().len(), 3);
}

#[tokio::test]
async fn a_reader_waits_for_events_and_ends_with_the_stream() {
    let stream = stream(1 << 20);
    let mut reader = stream.subscribe();
    let publisher = {
        let stream = stream.clone();
        tokio::spawn(async move {
            for _ in 0..100 {
                stream.publish(log("x"), &[]);
                tokio::task::yield_now().await;
            }
            stream.close();
        })
    };
    let mut seen = 0;
    while let Some(event) = reader.next_event().await {
        seen += 1;
        assert_eq!(event.seq, seen);
    }
    assert_eq!(seen, 100);
    publisher.await.unwrap();
}

#[tokio::test]
async fn a_reader_that_waits_is_woken_by_an_event() {
    let stream = stream(1 << 20);
    let mut reader = stream.subscribe();
    let waiting = tokio::spawn(async move { reader.next_event().await.map(|event| event.seq) });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    stream.publish(log("x"), &[]);
    tokio::task::yield_now().await;
    assert!(waiting.is_finished());
    assert_eq!(waiting.await.unwrap(), Some(1));
}

#[test]
fn what_is_published_before_the_end_is_read_before_it() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    for _ in 0..300 {
        let stream = stream(1 << 20);
        let mut reader = stream.subscribe();
        thread::scope(|scope| {
            scope.spawn(|| {
                stream.publish(log("last words"), &[]);
                stream.close();
            });
            runtime.block_on(async {
                assert!(reader.next_event().await.is_some());
                assert!(reader.next_event().await.is_none());
            });
        });
    }
}

#[test]
fn a_reader_that_skips_goes_on_in_the_middle_of_merged_deltas() {
    let stream = stream(1 << 20);
    let mut reader = stream.subscribe();
    let mut text = Text::new("s");
    for piece in ["a", "bc", "d", "ef"] {
        stream.publish(text.delta(piece), &[]);
    }
    reader.skip_to(2);
    let event = reader.try_next().unwrap().into_event().unwrap();
    assert_eq!(
        (event.any_delta(), event.first_seq(), event.seq),
        (Some("def"), 3, 4)
    );
    // Never back, and never past the last event.
    stream.publish(text.delta("g"), &[]);
    reader.skip_to(1);
    assert_eq!(reader.behind(), 1);
    reader.skip_to(u64::MAX);
    assert_eq!((reader.behind(), reader.try_next()), (0, None));
    stream.publish(text.delta("h"), &[]);
    let event = reader.try_next().unwrap().into_event().unwrap();
    assert_eq!((event.any_delta(), event.seq), (Some("h"), 6));
}

#[test]
fn deltas_with_a_gap_between_them_are_not_merged() {
    let stream = stream(1 << 20);
    let mut reader = stream.subscribe();
    let mut text = Text::new("s");
    stream.publish(text.delta("a"), &[]);
    text.offset += 1;
    stream.publish(text.delta("b"), &[]);
    let read = std::iter::from_fn(|| reader.try_next()).filter_map(Received::into_event);
    let deltas: Vec<_> = read.map(|event| event.merged).collect();
    assert_eq!(deltas, [1, 1]);
}

#[test]
fn old_text_is_dropped_piece_by_piece() {
    let stream = stream(50 * 1024);
    let mut text = Text::new("s");
    let piece = "x".repeat(1000);
    for _ in 0..200 {
        stream.publish(text.delta(&piece), &[]);
    }
    let events = stream.events_after(0);
    let kept: usize = events
        .iter()
        .filter_map(Event::any_delta)
        .map(str::len)
        .sum();
    assert!((16_000..60_000).contains(&kept), "{kept} bytes are kept");
}

#[cfg(debug_assertions)]
#[test]
fn debug_builds_note_illegal_orders() {
    let stream = EventStream::new();
    stream.publish(
        Event::new(EventKind::RunStarted(RunStarted::default())),
        &[],
    );
    stream.publish(Text::new("s").delta("x"), &[]);
    assert_eq!(stream.violations().len(), 1);
}

#[test]
fn a_reader_that_resumes_after_a_number_not_reached_yet_reads_from_now_on() {
    for beyond in [1, 2, 1_000_000, u64::MAX - 1, u64::MAX] {
        let stream = stream(1 << 20);
        stream.publish(log("before"), &[]);
        assert!(stream.events_after(beyond).is_empty());
        let mut resumed = stream.resume_after(beyond, SlowReaderPolicy::Coalesce);
        assert_eq!(
            (resumed.behind(), resumed.try_next()),
            (0, None),
            "{beyond}"
        );
        stream.publish(log("after"), &[]);
        let event = resumed.try_next().and_then(Received::into_event);
        assert_eq!(event.map(|event| event.seq), Some(2), "{beyond}");
    }
}

proptest! {
    /// For any split into pieces, any joining point and any lag of the reader, snapshot and tail
    /// together are the complete log.
    #[test]
    fn resuming_anywhere_loses_nothing_and_repeats_nothing(
        pieces in prop::collection::vec(("[a-zé]{0,300}", 0usize..3), 1..60),
        at in 0usize..60,
        read_every in 1usize..7,
    ) {
        let stream = stream(1 << 20);
        let mut texts = [Text::new("0"), Text::new("1"), Text::new("2")];
        let mut plain: Vec<(usize, &str)> = Vec::new();
        let mut live = stream.subscribe();
        let mut read_live: Vec<Event> = Vec::new();
        for (n, (piece, which)) in pieces.iter().enumerate() {
            let event = if *which == 2 { log(piece) } else { texts[*which].delta(piece) };
            stream.publish(event, &[]);
            plain.push((*which, piece));
            if n % read_every == 0 {
                read_live.extend(live.try_next().and_then(Received::into_event));
            }
        }
        read_live.extend(std::iter::from_fn(|| live.try_next()).filter_map(Received::into_event));

        let at = at.min(pieces.len()) as u64;
        let mut resumed = stream.resume_after(at, SlowReaderPolicy::Coalesce);
        let tail: Vec<Event> = std::iter::from_fn(|| resumed.try_next()).filter_map(Received::into_event).collect();
        prop_assert_eq!(&tail, &stream.events_after(at));

        for (events, from) in [(&read_live, 0), (&tail, at)] {
            let mut next = from + 1;
            for event in events {
                prop_assert_eq!(event.first_seq(), next);
                let (first, last) = (usize::try_from(next).unwrap() - 1, usize::try_from(event.seq).unwrap());
                let expect: Vec<&str> = plain[first..last].iter().map(|(_, text)| *text).collect();
                match &event.kind {
                    EventKind::TextDelta(delta) => {
                        prop_assert_eq!(&*delta.delta, expect.concat());
                        let own = plain[first].0;
                        let before: usize = plain[..first].iter().filter(|(which, _)| *which == own).map(|(_, text)| text.len()).sum();
                        prop_assert_eq!(delta.offset, Some(before as u64));
                    }
                    EventKind::Log(log) => prop_assert_eq!(vec![log.message.as_str()], expect),
                    _ => prop_assert!(false),
                }
                next = event.seq + 1;
            }
            prop_assert_eq!(next, pieces.len() as u64 + 1);
        }
    }
}

/// Counts its wake-ups.
#[derive(Default)]
struct Counter(std::sync::atomic::AtomicUsize);

impl std::task::Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Counter {
    fn count(&self) -> usize {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

#[test]
fn a_reader_that_waits_is_woken_once_and_no_other_one() {
    let stream = stream(1 << 20);
    let (mut waits, mut reads) = (stream.subscribe(), stream.subscribe());
    let counters = [Arc::new(Counter::default()), Arc::new(Counter::default())];
    let wakers = counters.clone().map(std::task::Waker::from);
    let poll = |reader: &mut super::Subscription, which: usize| {
        let mut cx = std::task::Context::from_waker(&wakers[which]);
        futures_core::Stream::poll_next(std::pin::Pin::new(reader), &mut cx)
    };
    assert!(poll(&mut waits, 0).is_pending());
    // Polled twice, as by a `select!`, it registers only once.
    assert!(poll(&mut waits, 0).is_pending());
    stream.publish(log("a"), &[]);
    stream.publish(log("b"), &[]);
    assert_eq!(counters.each_ref().map(|c| c.count()), [1, 0]);
    assert!(poll(&mut reads, 1).is_ready());
    assert!(poll(&mut waits, 0).is_ready());
    assert!(poll(&mut waits, 0).is_ready());
    // The last waker counts: the polling task may change.
    assert!(poll(&mut waits, 0).is_pending());
    assert!(poll(&mut waits, 1).is_pending());
    stream.close();
    assert_eq!(counters.each_ref().map(|c| c.count()), [1, 1]);
    assert_eq!(poll(&mut waits, 1), std::task::Poll::Ready(None));
}

#[test]
fn a_reader_that_is_gone_is_not_woken_and_leaves_its_place() {
    let stream = stream(1 << 20);
    let counter = Arc::new(Counter::default());
    let waker = std::task::Waker::from(Arc::clone(&counter));
    for _ in 0..3 {
        let mut gone = stream.subscribe();
        let mut stays = stream.subscribe();
        let mut cx = std::task::Context::from_waker(&waker);
        assert!(
            futures_core::Stream::poll_next(std::pin::Pin::new(&mut gone), &mut cx).is_pending()
        );
        drop(gone);
        stream.publish(log("x"), &[]);
        assert_eq!(counter.count(), 0);
        assert!(stays.try_next().is_some());
        assert_eq!(stays.try_next(), None);
    }
    assert_eq!(Arc::strong_count(&counter), 2);
}

#[test]
#[cfg(debug_assertions)]
fn a_fragment_begins_within_a_run_and_its_order_is_checked() {
    let error = || Event::new(EventKind::Error(crate::kind::ErrorEvent::default()));
    let fragment = EventStream::fragment();
    fragment.publish(error(), &[]);
    assert_eq!(fragment.violations(), []);
    fragment.publish(delta("no segment", 0), &[]);
    assert_eq!(fragment.violations().len(), 1);

    let whole = EventStream::new();
    whole.publish(error(), &[]);
    assert_eq!(whole.violations().len(), 1);
}

/// Publishes two events; returns the number of events that a late reader receives.
fn read_late(first: Event, second: Event) -> usize {
    let stream = stream(1 << 20);
    stream.publish(first, &[]);
    stream.publish(second, &[]);
    stream.events_after(0).len()
}

#[test]
fn only_deltas_of_one_segment_are_merged() {
    let thought = |text: &str, source, offset| {
        EventKind::ReasoningDelta(ReasoningDelta::new(text, offset, 1, source))
    };
    let args = |id: &str, text: &str, offset| {
        EventKind::ToolCallArgumentsDelta(ToolCallArgumentsDelta::new(id, text, offset, 1))
    };
    let text = |text: &str, offset| EventKind::TextDelta(TextDelta::new(text, offset, 1));
    let (a, b) = (ReasoningSource::Thinking, ReasoningSource::Summary);
    let no_offset = |mut kind: EventKind| {
        if let EventKind::TextDelta(delta) = &mut kind {
            delta.offset = None;
        }
        kind
    };
    for (first, second, expected) in [
        (text("ab", 0), text("c", 2), 1),
        (text("ab", 0), text("c", 3), 2),
        (no_offset(text("ab", 0)), no_offset(text("c", 0)), 1),
        (text("ab", 0), no_offset(text("c", 0)), 2),
        (thought("ab", a.clone(), 0), thought("c", a.clone(), 2), 1),
        (thought("ab", a.clone(), 0), thought("c", a.clone(), 3), 2),
        (thought("ab", a.clone(), 0), thought("c", b, 2), 2),
        (args("x", "ab", 0), args("x", "c", 2), 1),
        (args("x", "ab", 0), args("x", "c", 3), 2),
        (args("x", "ab", 0), args("y", "c", 2), 2),
        (text("ab", 0), thought("c", a, 2), 2),
    ] {
        let what = format!("{first:?} {second:?}");
        let read = read_late(Event::new(first), Event::new(second));
        assert_eq!(read, expected, "{what}");
    }
}

#[test]
fn deltas_that_differ_in_more_than_their_text_are_not_merged() {
    let correlation = Correlation {
        segment_id: Some("s".to_owned()),
        ..Correlation::default()
    };
    let meta = crate::EventMeta {
        message_id: "m".to_owned(),
        ..crate::EventMeta::default()
    };
    let same: [fn(Event) -> Event; 2] = [
        |own| own.with_meta(Arc::default()),
        |own| own.with_correlation(Arc::default()),
    ];
    for change in same {
        assert_eq!(read_late(delta("a", 0), change(delta("b", 1))), 1);
    }
    let others = [
        delta("b", 1).with_correlation(Arc::new(correlation)),
        delta("b", 1).with_meta(Arc::new(meta)),
        serde_json::from_value(serde_json::json!({
            "type": "text-delta", "delta": "b", "offset": 1, "sequence": 1, "odd": true,
        }))
        .unwrap(),
        Event {
            merged: 2,
            ..delta("b", 1)
        },
    ];
    for other in others {
        assert_eq!(read_late(delta("a", 0), other.clone()), 2, "{other:?}");
    }
}

#[test]
fn merged_text_has_at_most_16_kib() {
    for (len, expected) in [(16 * 1024 - 1, 1), (16 * 1024, 2)] {
        let first = delta(&"x".repeat(len), 0);
        assert_eq!(read_late(first, delta("y", len as u64)), expected);
    }
}

#[test]
fn the_text_of_an_event_counts_towards_what_is_retained() {
    use crate::kind::*;
    let text = "x".repeat(1000);
    let long = text.as_str();
    let mut tool = ServerTool::new("t", ServerToolPhase::Running, "i");
    tool.data.insert("query".to_owned(), long.into());
    let source = ReasoningSource::Thinking;
    let kinds = [
        EventKind::TextDelta(TextDelta::new(long, 0, 1)),
        EventKind::ReasoningDelta(ReasoningDelta::new(long, 0, 1, source.clone())),
        EventKind::ToolCallArgumentsDelta(ToolCallArgumentsDelta::new("c", long, 0, 1)),
        EventKind::TextSegmentFinished(TextFinished::new(long, None)),
        EventKind::ReasoningSegmentFinished(ReasoningFinished::new(long, None, source)),
        EventKind::ToolCallRequested(ToolCallRequested::new("c", "n", long)),
        EventKind::ToolCallWaiting(Box::new(ToolCallWaiting::new("c", "n", long, ""))),
        EventKind::ToolCallWaiting(Box::new(ToolCallWaiting::new("c", "n", "", long))),
        EventKind::ToolCallResumed(ToolCallResumed::new("c", "n", long)),
        EventKind::ToolExecutionStarted(ToolExecutionStarted::new("c", "n", long)),
        EventKind::ToolResultReady(ToolResultReady::new("c", "n", long, ToolStatus::Success)),
        EventKind::ServerTool(Box::new(tool)),
    ];
    for kind in kinds {
        let entry = super::entry::Entry::Single(Event::new(kind.clone()));
        assert_eq!(entry.weight(), size_of::<Event>() + 1000, "{kind:?}");
    }
}

#[test]
fn a_stream_with_a_reader_keeps_its_numbers() {
    let stream = stream(1 << 20);
    let mut reader = stream.subscribe();
    let stream = stream.starting_after(7);
    stream.publish(log("x"), &[]);
    assert_eq!(reader.try_next().unwrap().into_event().unwrap().seq, 1);
}

#[test]
fn a_thread_that_has_published_still_waits_for_the_sinks() {
    let (entered, release) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let seen = Arc::new(MemorySink::new());
    let gate = {
        let (entered, release) = (Arc::clone(&entered), Arc::clone(&release));
        sink_fn(move |event: &Event| {
            if event.seq == 2 {
                entered.wait();
                release.wait();
            }
        })
    };
    let gate: Arc<dyn EventSink> = Arc::new(gate);
    let memory: Arc<dyn EventSink> = Arc::<MemorySink>::clone(&seen);
    let sinks = [gate, memory];
    let stream = stream(1 << 20);
    stream.publish(log("1"), &sinks);
    let other = thread::spawn({
        let (stream, sinks) = (stream.clone(), sinks.clone());
        move || stream.publish(log("2"), &sinks)
    });
    entered.wait();
    let releasing = thread::spawn({
        let stream = stream.clone();
        move || {
            while stream.last_seq() < 3 {
                thread::yield_now();
            }
            (0..10_000).for_each(|_| thread::yield_now());
            release.wait();
        }
    });
    stream.publish(log("3"), &sinks);
    assert_eq!(seen.events().len(), 3);
    releasing.join().unwrap();
    other.join().unwrap();
}
