//! Many tasks start, cancel, wait and read at once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, Finish, ResponseWriter, RunContext};
use geppetto_session::{EngineRunner, Session, SessionError};
use geppetto_turns::{InferenceResult, Turn, repair};

/// Counts the concurrent inferences.
#[derive(Clone, Default)]
struct Counting {
    active: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

#[async_trait]
impl Engine for Counting {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        struct Leave(Arc<AtomicUsize>);
        impl Drop for Leave {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let now = self.active.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let _leave = Leave(Arc::clone(&self.active));
        let mut reply = ResponseWriter::start(ctx, turn, "test", "counting");
        let text = reply.open_text();
        for _ in 0..3 {
            reply.push(text, "x");
            tokio::task::yield_now().await;
            if ctx.is_cancelled() {
                return Err(reply.fail(EngineError::cancelled(), Finish::default()));
            }
        }
        Ok(reply.finish(Finish::completed()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn never_two_active_never_a_lost_handle() {
    let engine = Counting::default();
    let session = Session::new(EngineRunner::new(engine.clone()));
    let (started, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = Vec::new();
    for task in 0..8 {
        let (session, started, over) = (session.clone(), started.clone(), over.clone());
        tasks.push(tokio::spawn(async move {
            for round in 0..200 {
                match session.submit(format!("{task}/{round}")).await {
                    Err(SessionError::Busy { .. }) => {
                        assert!(session.snapshot().turn_count <= session.turn_count());
                        let _ = session.latest();
                        tokio::task::yield_now().await;
                    }
                    Err(error) => panic!("{error}"),
                    Ok(run) => {
                        started.fetch_add(1, Ordering::SeqCst);
                        if round % 3 == 0 {
                            session.cancel_active();
                        }
                        let outcome = run.outcome().await;
                        over.fetch_add(1, Ordering::SeqCst);
                        assert!(repair(&outcome.turn.blocks).len() == outcome.turn.blocks.len());
                    }
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(engine.most.load(Ordering::SeqCst), 1);
    let started = started.load(Ordering::SeqCst);
    assert_eq!(started, over.load(Ordering::SeqCst));
    // A run that lost a race leaves no turn.
    assert_eq!(session.turn_count(), started);
    assert!(!session.is_running());
    assert_eq!(session.stream().violations(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn submit_right_after_wait_always_succeeds() {
    let session = Session::new(EngineRunner::new(Counting::default()));
    for _ in 0..500 {
        session.submit("hi").await.unwrap().wait().await.unwrap();
    }
    for _ in 0..500 {
        let run = session.submit("hi").await.unwrap();
        let mut events = run.events();
        while events.next().await.is_some() {}
        // The terminal event is published: the session is free for every reader that has seen it.
        assert!(!session.is_running());
    }
}
