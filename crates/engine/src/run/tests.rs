use std::sync::Arc;

use geppetto_events::{EventSink, EventStream, MemorySink};
use geppetto_turns::{FinishClass, InferenceResult, Usage};

use super::*;
use crate::{Limit, SeededIds};

fn last_event(end: impl FnOnce(RunGuard)) -> EventKind {
    let sink = Arc::new(MemorySink::new());
    let sinks: [Arc<dyn EventSink>; 1] = [sink.clone()];
    let ctx = RunContext::for_stream(EventStream::new(), Arc::new(SeededIds::new(1)))
        .with_event_sinks(sinks);
    ctx.add_usage(&Usage::new(3, 4));
    end(RunGuard::start(&ctx, "hi"));
    assert_eq!(ctx.stream().violations(), []);
    let events = sink.take();
    assert_eq!(events.len(), 2);
    events[1].kind.clone()
}

#[test]
fn every_outcome_has_its_terminal_event() {
    let result = InferenceResult::new("p", "m").with_finish(FinishClass::Completed);
    let mut report = RunReport::single(result, Usage::default());
    let kind = last_event(|run| run.end(Ok(&report), Some("disk full".to_owned())));
    let EventKind::RunFinished(event) = kind else {
        panic!("{kind:?}")
    };
    assert_eq!(
        (event.status.as_str(), event.persist_error.as_deref()),
        ("completed", Some("disk full"))
    );
    assert_eq!(event.usage.as_deref(), Some(&Usage::new(3, 4)));

    report.stop = RunStop::LimitReached(Limit::Iterations(2));
    let kind = last_event(|run| run.end(Ok(&report), None));
    assert!(
        matches!(&kind, EventKind::RunStopped(e) if e.reason == "limit reached: 2 iterations"),
        "{kind:?}"
    );

    let kind = last_event(|run| run.end(Err(&EngineError::cancelled()), None));
    assert!(
        matches!(&kind, EventKind::RunStopped(e) if e.reason == "cancelled"),
        "{kind:?}"
    );

    let error = EngineError::new(crate::ErrorKind::Connect, "no route");
    let kind = last_event(|run| run.end(Err(&error), None));
    assert!(
        matches!(&kind, EventKind::RunFailed(e) if e.error_kind.as_deref() == Some("connect")),
        "{kind:?}"
    );
}

#[test]
fn a_guard_that_is_dropped_ends_the_run_as_failed() {
    let kind = last_event(drop);
    assert!(matches!(kind, EventKind::RunFailed(_)), "{kind:?}");
}
