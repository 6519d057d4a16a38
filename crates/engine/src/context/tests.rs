use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use geppetto_events::{MemorySink, kind::Log};
use tokio::time::Instant;

use super::*;

#[test]
fn random_ids_of_all_sources_differ() {
    let ids: std::collections::HashSet<String> = (0..200)
        .flat_map(|_| {
            let source = RandomIds::new();
            (0..50).map(move |_| source.next_id())
        })
        .collect();
    assert_eq!(ids.len(), 200 * 50);
    for id in ids {
        let groups: Vec<&str> = id.split('-').collect();
        let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
        assert!(groups[2].starts_with('4'), "{id}");
        assert!(groups[3].starts_with(['8', '9', 'a', 'b']), "{id}");
    }
}

#[test]
fn seeded_ids_repeat_and_look_like_uuids() {
    let (a, b) = (SeededIds::new(7), SeededIds::new(7));
    let ids: Vec<String> = (0..3).map(|_| a.next_id()).collect();
    assert_eq!(ids, (0..3).map(|_| b.next_id()).collect::<Vec<_>>());
    for id in ids {
        let parts: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(id.as_bytes()[14], b'4', "{id}");
        assert!(b"89ab".contains(&id.as_bytes()[19]), "{id}");
    }
}

#[test]
fn children_are_cancelled_with_their_parent_and_not_the_other_way() {
    let parent = RunContext::new();
    let (one, two) = (parent.child(), parent.child());
    one.cancel();
    assert!(one.is_cancelled() && !parent.is_cancelled() && !two.is_cancelled());
    parent.cancel();
    assert!(
        two.check_cancelled()
            .is_err_and(|error| error.is_cancelled())
    );
}

#[test]
fn a_sink_that_is_added_twice_is_told_once() {
    let sink = Arc::new(MemorySink::new());
    let dyn_sink: Arc<dyn EventSink> = sink.clone();
    let ctx = RunContext::new()
        .with_event_sinks([dyn_sink.clone()])
        .with_event_sinks([dyn_sink]);
    ctx.publish(EventKind::Log(Log::new("info", "x")));
    assert_eq!(sink.events().len(), 1);
}

#[test]
fn so_is_a_sink_without_a_size_and_two_of_them_are_two() {
    static SEEN: AtomicU32 = AtomicU32::new(0);
    let sink = || -> Arc<dyn EventSink> {
        Arc::new(geppetto_events::sink_fn(|_| {
            SEEN.fetch_add(1, Ordering::Relaxed);
        }))
    };
    let (one, two) = (sink(), sink());
    let ctx = RunContext::new()
        .with_event_sinks([one.clone(), two])
        .with_event_sinks([one]);
    ctx.publish(EventKind::Log(Log::new("info", "x")));
    assert_eq!(SEEN.load(Ordering::Relaxed), 2);
}

#[test]
fn extensions_are_found_by_type() {
    let ctx = RunContext::new()
        .with_extension(7u32)
        .with_extension("seven");
    assert_eq!(ctx.extension::<u32>(), Some(&7));
    assert_eq!(ctx.extension::<&str>(), Some(&"seven"));
    assert_eq!(ctx.extension::<u64>(), None);

    // Defaults replace nothing.
    let defaults = Extensions::default().with(8u32).with(9u64);
    let ctx = ctx.with_default_extensions(&defaults);
    assert_eq!(ctx.extension::<u32>(), Some(&7));
    assert_eq!(ctx.extension::<u64>(), Some(&9));
    let bare = RunContext::new().with_default_extensions(&defaults);
    assert_eq!(bare.extension::<u32>(), Some(&8));
}

#[test]
fn the_nearer_deadline_counts() {
    let now = Instant::now();
    let (near, far) = (now + Duration::from_secs(1), now + Duration::from_secs(9));
    let ctx = RunContext::new()
        .with_deadline(far)
        .with_deadline(near)
        .with_deadline(far);
    assert_eq!(ctx.deadline(), Some(near));
}

#[test]
fn a_time_limit_is_told_as_it_was_set() {
    let limit = Duration::from_secs(5);
    let ctx = RunContext::new().with_time_limit(limit);
    // Time passes until the run starts, and the limit may be set again in between.
    let started = Instant::now() + Duration::from_millis(3);
    let ctx = ctx.with_time_limit(limit);
    assert_eq!(ctx.time_limit(started), Some(limit));

    let nearer = ctx.with_deadline(started + Duration::from_secs(1));
    assert_eq!(nearer.time_limit(started), Some(Duration::from_secs(1)));
    let endless = RunContext::new().with_time_limit(Duration::MAX);
    assert_eq!(
        (endless.deadline(), endless.time_limit(started)),
        (None, None)
    );
}

#[test]
fn a_provider_call_that_is_named_is_made_once() {
    let ctx = RunContext::new();
    let number = ctx.next_provider_call();
    let named = ctx.with_provider_call(number, 2);
    assert_eq!(named.begin_provider_call(), (0, 2, 1));
    assert_eq!(named.clone().begin_provider_call(), (1, 1, 2));
}

#[test]
fn a_source_of_ids_that_panics_is_replaced_and_remembered() {
    struct Dry;
    impl IdSource for Dry {
        fn next_id(&self) -> String {
            panic!("no ids left");
        }
    }
    let ids = IsolatedIds::new(Arc::new(Dry));
    assert_ne!(ids.next_id(), ids.clone().next_id());
    assert_eq!(ids.take_panic().as_deref(), Some("no ids left"));
    assert_eq!(ids.take_panic(), None);

    // A reply is kept while a panic unwinds, which uses ids: a second panic would abort.
    let ctx = RunContext::for_stream(EventStream::fragment(), Arc::new(Dry));
    let mut turn = Turn::new();
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut reply = crate::ResponseWriter::start(&ctx, &mut turn, "test", "test-1");
        let text = reply.open_text();
        reply.push(text, "half");
        panic!("the engine");
    }));
    assert!(unwound.is_err());
    assert_eq!(turn.assistant_text(), "half");
}
