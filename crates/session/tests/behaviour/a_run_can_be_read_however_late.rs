//! The events of a run end for every reader, whenever it starts reading.

use geppetto_events::EventStream;
use geppetto_session::{EngineRunner, ExecutionHandle, Session};
use geppetto_testing::{Script, ScriptedEngine};

async fn count(run: &ExecutionHandle) -> (usize, bool) {
    let mut events = run.events();
    let (mut count, mut terminal) = (0, false);
    while let Some(event) = events.next().await {
        assert!(!terminal);
        (count, terminal) = (count + 1, event.is_terminal());
    }
    (count, terminal)
}

#[tokio::test]
async fn after_the_end_all_of_it_while_it_is_retained() {
    let engine = ScriptedEngine::always(Script::new().text("ok"));
    let session = Session::new(EngineRunner::new(engine));
    let first = session.submit("a").await.unwrap();
    first.wait().await.unwrap();
    let all = count(&first).await;
    session.submit("b").await.unwrap().wait().await.unwrap();
    assert!(all.0 > 4 && all.1);
    assert_eq!(count(&first).await, all);
}

#[tokio::test(start_paused = true)]
async fn and_to_an_end_where_it_is_not() {
    let engine = ScriptedEngine::always(Script::new().text("ok"));
    let session = Session::builder(EngineRunner::new(engine))
        .event_stream(EventStream::with_retained_bytes(1))
        .build();
    let first = session.submit("a").await.unwrap();
    first.wait().await.unwrap();
    for _ in 0..3 {
        session.submit("b").await.unwrap().wait().await.unwrap();
    }
    assert_eq!(count(&first).await, (0, false));
    assert!(session.active().is_none());
}
