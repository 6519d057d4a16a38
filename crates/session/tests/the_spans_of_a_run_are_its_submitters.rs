//! Spans created by a run are children of the span in which it was submitted.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's helpers panic too"
)]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, Finish, ResponseWriter, RunContext};
use geppetto_session::{BusyPolicy, EngineRunner, Session};
use geppetto_turns::{InferenceResult, Turn};
use tracing::{
    Event, Instrument, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_core::span::Current;

/// Records each span and its parent.
#[derive(Clone, Default)]
struct Spans(Arc<Shared>);

#[derive(Default)]
struct Shared {
    next: AtomicU64,
    names: Mutex<Vec<&'static str>>,
    metadata: Mutex<Vec<&'static Metadata<'static>>>,
    inside: Mutex<Vec<Id>>,
    made: Mutex<Vec<(String, String)>>,
}

impl Subscriber for Spans {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.0.next.fetch_add(1, Ordering::SeqCst) + 1;
        let mut names = self.0.names.lock().unwrap();
        names.push(span.metadata().name());
        self.0.metadata.lock().unwrap().push(span.metadata());
        let parent = self.0.inside.lock().unwrap().last().cloned();
        let parent = parent.map_or("none", |id| {
            names[usize::try_from(id.into_u64()).unwrap() - 1]
        });
        let made = (span.metadata().name().to_owned(), parent.to_owned());
        self.0.made.lock().unwrap().push(made);
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}

    fn current_span(&self) -> Current {
        let Some(id) = self.0.inside.lock().unwrap().last().cloned() else {
            return Current::none();
        };
        let index = usize::try_from(id.into_u64()).unwrap() - 1;
        Current::new(id, self.0.metadata.lock().unwrap()[index])
    }

    fn enter(&self, id: &Id) {
        self.0.inside.lock().unwrap().push(id.clone());
    }

    fn exit(&self, _: &Id) {
        self.0.inside.lock().unwrap().pop();
    }
}

/// Creates a span for its call.
struct Traced;

#[async_trait]
impl Engine for Traced {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        async {
            tokio::task::yield_now().await;
            let reply = ResponseWriter::start(ctx, turn, "test", "traced");
            Ok(reply.finish(Finish::completed()))
        }
        .instrument(tracing::info_span!("call"))
        .await
    }
}

#[tokio::test]
async fn also_of_a_run_that_waited_in_the_queue() {
    let spans = Spans::default();
    let _default = tracing::subscriber::set_default(spans.clone());
    let session = Session::builder(EngineRunner::new(Traced))
        .busy_policy(BusyPolicy::Queue { max: 1 })
        .build();
    let mut runs = Vec::new();
    for span in [tracing::info_span!("one"), tracing::info_span!("two")] {
        runs.push(session.submit("hi").instrument(span).await.unwrap());
    }
    for run in runs {
        run.wait().await.unwrap();
    }
    let made = spans.0.made.lock().unwrap();
    let calls: Vec<_> = made.iter().filter(|(name, _)| name == "call").collect();
    let parents: Vec<&str> = calls.iter().map(|(_, parent)| parent.as_str()).collect();
    assert_eq!(parents, ["one", "two"]);
}
