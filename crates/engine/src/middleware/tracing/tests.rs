use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::timeout;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use super::*;
use crate::{Engine, ErrorKind, Finish, ResponseWriter, middleware::Stack};

/// The recorded fields of the spans named `chat`.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Fields>>>);

#[derive(Debug, Clone, Default)]
struct Fields {
    all: Vec<(String, String)>,
    closed: bool,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let value = format!("{value:?}").trim_matches('"').to_owned();
        self.all.push((field.name().to_owned(), value));
    }
}

impl Fields {
    fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.all.iter().filter(|(own, _)| own == name);
        found.next().map(|(_, value)| value.as_str())
    }
}

impl Spans {
    fn change(&self, id: &Id, change: impl FnOnce(&mut Fields)) {
        let index = usize::try_from(id.into_u64()).unwrap() - 1;
        change(&mut self.0.lock().unwrap()[index]);
    }

    fn only(&self) -> Fields {
        let spans = self.0.lock().unwrap();
        assert_eq!(spans.len(), 1);
        spans[0].clone()
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.name() == "chat"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        let mut spans = self.0.lock().unwrap();
        spans.push(fields);
        Id::from_u64(u64::try_from(spans.len()).unwrap())
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        self.change(id, |own| values.record(own));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}

    fn try_close(&self, id: Id) -> bool {
        self.change(&id, |own| own.closed = true);
        true
    }
}

/// Says a word, then ends as told.
enum Then {
    Finish,
    Fail,
    Hang,
}

#[async_trait]
impl Engine for Then {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let mut reply = ResponseWriter::start(ctx, turn, "test", "then");
        let text = reply.open_text();
        reply.push(text, "hello");
        match self {
            Self::Finish => Ok(reply.finish(Finish::completed())),
            Self::Fail => {
                let error = EngineError::new(ErrorKind::Disconnected, "the connection broke");
                Err(reply.fail(error, Finish::default()))
            }
            Self::Hang => std::future::pending().await,
        }
    }
}

async fn span_of(engine: Then) -> Fields {
    let spans = Spans::default();
    let subscriber = tracing::subscriber::set_default(spans.clone());
    let stack = Stack::new(
        Arc::new(engine),
        [Arc::new(TraceInference) as Arc<dyn Middleware>],
    );
    let (ctx, mut turn) = (RunContext::new(), Turn::new());
    let call = stack.run_inference(&ctx, &mut turn);
    // A call that hangs is dropped.
    let _ = timeout(Duration::from_secs(1), call).await;
    drop(subscriber);
    spans.only()
}

#[tokio::test(start_paused = true)]
async fn a_call_that_completes_is_no_error() {
    let span = span_of(Then::Finish).await;
    assert!(span.closed);
    assert_eq!(span.get("gen_ai.provider.name"), Some("test"));
    assert_eq!(
        (span.get("error.type"), span.get("otel.status_code")),
        (None, None)
    );
}

/// A span without a status counts as one that succeeded, whatever its error type.
///
/// Report: <https://github.com/anthropics/claude-code/issues/79854>.
#[tokio::test(start_paused = true)]
async fn a_call_that_fails_has_the_status_of_an_error() {
    let span = span_of(Then::Fail).await;
    assert!(span.closed);
    assert_eq!(span.get("error.type"), Some("disconnected"));
    assert_eq!(span.get("otel.status_code"), Some("ERROR"));
}

/// Report: <https://github.com/NVIDIA-NeMo/Guardrails/pull/1897>.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_was_cancelled() {
    let span = span_of(Then::Hang).await;
    assert!(span.closed);
    assert_eq!(span.get("error.type"), Some("cancelled"));
    assert_eq!(span.get("otel.status_code"), Some("ERROR"));
}
