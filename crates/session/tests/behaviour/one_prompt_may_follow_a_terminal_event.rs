//! Between a run's terminal event and the release of its session, one prompt is accepted.

use std::sync::{Arc, Mutex, OnceLock};

use async_trait::async_trait;
use geppetto_engine::{BuiltRun, EngineBuilder, EngineError, RunContext};
use geppetto_events::{Event, EventSink, sink_fn};
use geppetto_session::{EngineRunner, ExecutionHandle, Session, SessionError};
use geppetto_testing::{Script, ScriptedEngine};

type Submitted = Arc<Mutex<Vec<Result<ExecutionHandle, SessionError>>>>;

/// Submits two prompts from a sink, at the first terminal event.
struct Submitting {
    inner: EngineRunner,
    session: Arc<OnceLock<Session>>,
    submitted: Submitted,
}

#[async_trait]
impl EngineBuilder for Submitting {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        let (session, submitted) = (Arc::clone(&self.session), Arc::clone(&self.submitted));
        let sink: Arc<dyn EventSink> = Arc::new(sink_fn(move |event: &Event| {
            let mut submitted = submitted.lock().unwrap();
            if event.is_terminal() && submitted.is_empty() {
                let session = session.get().unwrap();
                submitted.push(session.try_submit("second"));
                submitted.push(session.try_submit("third"));
            }
        }));
        self.inner.build(ctx.with_event_sinks([sink])).await
    }
}

#[tokio::test]
async fn the_second_one_is_refused() {
    let (session, submitted) = (Arc::new(OnceLock::new()), Submitted::default());
    let builder = Submitting {
        inner: EngineRunner::new(ScriptedEngine::always(Script::new().text("ok"))),
        session: Arc::clone(&session),
        submitted: Arc::clone(&submitted),
    };
    let session = session.get_or_init(|| Session::new(builder));
    let first = session.submit("first").await.unwrap();
    first.wait().await.unwrap();
    let submitted = std::mem::take(&mut *submitted.lock().unwrap());
    let [second, third] = <[_; 2]>::try_from(submitted).unwrap();
    assert!(matches!(third, Err(SessionError::Busy { .. })), "{third:?}");
    let turn = second.unwrap().wait().await.unwrap();
    assert_eq!(turn.blocks.len(), 4);
    assert!(!session.is_running());
}
