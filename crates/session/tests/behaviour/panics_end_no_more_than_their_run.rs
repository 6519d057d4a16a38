//! Wherever foreign code panics, its run fails or does not start; the session continues.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use geppetto_engine::{
    BuiltRun, EngineBuilder, EngineError, ErrorKind, IdSource, InferenceRunner, RunContext,
    RunReport, RunStatus, StoreError,
};
use geppetto_session::{EngineRunner, Session, SessionError};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_turns::Turn;

/// Place of a panic.
#[derive(Clone, Copy, PartialEq)]
enum At {
    Nowhere,
    /// Before there is a future.
    Call,
    /// When its future is dropped, after it ignored a cancellation.
    Drop,
    /// Before there is a future that stores the turn.
    PersistCall,
}

/// Panics once, and then runs an engine.
#[derive(Clone)]
struct Panics {
    at: Arc<Mutex<At>>,
    stored: Arc<Mutex<Vec<RunStatus>>>,
    then: EngineRunner,
}

impl Panics {
    fn at(at: At) -> Self {
        Self {
            at: Arc::new(Mutex::new(at)),
            stored: Arc::default(),
            then: EngineRunner::new(ScriptedEngine::always(Script::new().text("ok"))),
        }
    }

    fn take(&self, at: At) -> bool {
        let mut own = self.at.lock().unwrap();
        let found = *own == at;
        if found {
            *own = At::Nowhere;
        }
        found
    }
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("while it was dropped");
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl InferenceRunner for Panics {
    fn run<'s, 'c, 't, 'f>(
        &'s self,
        ctx: &'c RunContext,
        turn: &'t mut Turn,
    ) -> Boxed<'f, Result<RunReport, EngineError>>
    where
        Self: 'f,
        's: 'f,
        'c: 'f,
        't: 'f,
    {
        assert!(!self.take(At::Call), "before it ran");
        if self.take(At::Drop) {
            return Box::pin(async {
                let _bomb = Bomb;
                std::future::pending().await
            });
        }
        self.then.run(ctx, turn)
    }

    fn persist<'s, 'c, 't, 'r, 'f>(
        &'s self,
        _: &'c RunContext,
        _: &'t Turn,
        status: &'r RunStatus,
    ) -> Boxed<'f, Result<(), StoreError>>
    where
        Self: 'f,
        's: 'f,
        'c: 'f,
        't: 'f,
        'r: 'f,
    {
        assert!(!self.take(At::PersistCall), "before it stored");
        Box::pin(async {
            self.stored.lock().unwrap().push(status.clone());
            Ok(())
        })
    }
}

#[async_trait]
impl EngineBuilder for Panics {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        Ok(BuiltRun::new(ctx, Arc::new(self.clone())))
    }
}

async fn goes_on(session: &Session) {
    assert!(!session.is_running());
    let turn = session
        .submit("and now?")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert_eq!(turn.assistant_text(), "ok");
    assert_eq!(session.stream().violations(), []);
}

#[tokio::test(start_paused = true)]
async fn a_runner_that_gives_no_future() {
    let runner = Panics::at(At::Call);
    let session = Session::new(runner.clone());
    let error = session
        .submit("hi")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "the run panicked: before it ran");
    let stored = runner.stored.lock().unwrap().clone();
    assert_eq!(&stored, &[error.status().clone()]);
    goes_on(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_runner_that_is_abandoned_and_panics_while_it_is_dropped() {
    let runner = Panics::at(At::Drop);
    let session = Session::new(runner.clone());
    let run = session.submit("hi").await.unwrap();
    tokio::task::yield_now().await;
    run.cancel();
    assert!(run.wait().await.unwrap_err().is_cancelled());
    assert_eq!(*runner.stored.lock().unwrap(), [RunStatus::Cancelled]);
    goes_on(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_persister_that_gives_no_future() {
    let session = Session::new(Panics::at(At::PersistCall));
    let error = session
        .submit("hi")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the run finished; the turn was not stored: the persister panicked: before it stored"
    );
    assert_eq!(session.latest().unwrap().assistant_text(), "ok");
    goes_on(&session).await;
}

/// Panics at one of its ids, and continues counting.
struct Ids {
    next: AtomicU64,
    bad: u64,
}

impl IdSource for Ids {
    fn next_id(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        assert!(number != self.bad, "no more ids");
        format!("id-{number}")
    }
}

/// Returns the kind and message of a panic's error.
fn told(error: &SessionError) -> (ErrorKind, String) {
    let SessionError::Build(engine) = error else {
        panic!("{error:?}");
    };
    (engine.kind(), error.to_string())
}

#[tokio::test(start_paused = true)]
async fn a_source_of_ids() {
    // The run's id, the turn's, and the block's.
    for bad in 0..3 {
        let ids = Ids {
            next: AtomicU64::new(0),
            bad,
        };
        let session = Session::builder(Panics::at(At::Nowhere))
            .id("s")
            .ids(Arc::new(ids))
            .build();
        let error = session.submit("hi").await.unwrap_err();
        let message = "the run could not be prepared: the id source panicked: no more ids";
        assert_eq!(told(&error), (ErrorKind::Panicked, message.to_owned()));
        assert_eq!((session.turn_count(), session.stream().last_seq()), (0, 0));
        goes_on(&session).await;
    }
}

struct Builder(AtomicU64, Panics);

#[async_trait]
impl EngineBuilder for Builder {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        let calls = self.0.fetch_add(1, Ordering::SeqCst);
        assert!(calls > 0, "nothing built");
        self.1.build(ctx).await
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_builder() {
    let session = Session::new(Builder(AtomicU64::new(0), Panics::at(At::Nowhere)));
    let error = session.submit("hi").await.unwrap_err();
    let message = "the run could not be prepared: the engine builder panicked: nothing built";
    assert_eq!(told(&error), (ErrorKind::Panicked, message.to_owned()));
    assert_eq!(session.turn_count(), 0);
    goes_on(&session).await;
}
