//! The events of a run, and the subscriptions of a session, implement `Stream`.

use futures_util::StreamExt as _;
use geppetto_events::{Event, Received};
use geppetto_session::{EngineRunner, ExecutionHandle, Session};
use geppetto_testing::{Gate, Script, ScriptedEngine};

fn session(scripts: impl IntoIterator<Item = Script>) -> Session {
    Session::new(EngineRunner::new(ScriptedEngine::new(scripts)))
}

/// Returns the answer, and the name of the last event.
async fn read(run: &ExecutionHandle) -> (String, String) {
    let events: Vec<Event> = run.events().collect().await;
    let text = events.iter().filter_map(Event::text_delta).collect();
    (text, events.last().unwrap().type_name().to_owned())
}

#[tokio::test]
async fn it_ends_with_the_run() {
    let gate = Gate::new();
    let script = Script::new().text("one ").hold_at(&gate).text("two");
    let session = session([script, Script::new().text("three")]);
    let run = session.submit("go").await.unwrap();
    let reading = tokio::spawn({
        let run = run.clone();
        async move { read(&run).await }
    });
    tokio::task::yield_now().await;
    gate.open();
    let expected = ("one two".to_owned(), "run-finished".to_owned());
    assert_eq!(reading.await.unwrap(), expected);
    // A later read, after a second run, returns the same.
    session.submit("go on").await.unwrap().wait().await.unwrap();
    assert_eq!(read(&run).await, expected);
}

#[tokio::test]
async fn a_subscription_is_a_stream_that_outlives_runs() {
    let session = session([Script::new().text("one"), Script::new().text("two")]);
    let names = session.subscribe().filter_map(async |item| match item {
        Received::Event(event) if event.is_terminal() => Some(event.seq),
        _ => None,
    });
    let mut names = std::pin::pin!(names);
    for _ in 0..2 {
        session.submit("go").await.unwrap().wait().await.unwrap();
    }
    let (first, second) = (names.next().await.unwrap(), names.next().await.unwrap());
    assert!(first < second);
    assert_eq!(second, session.stream().last_seq());
}
