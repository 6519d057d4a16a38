//! The first event of a run has what the program added to the conversation since the last run:
//! messages, and answers to the calls of the model.

use geppetto_events::{
    Event, EventKind,
    kind::{RunStarted, ToolResultReady, ToolStatus},
};
use geppetto_session::{EngineRunner, ExecutionHandle, Session};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_turns::{Block, Turn};

fn session(first: Script) -> Session {
    let then = Script::new().text("ok");
    let engine = ScriptedEngine::new([first, then.clone(), then.clone(), then]);
    Session::new(EngineRunner::new(engine))
}

async fn started(run: ExecutionHandle) -> RunStarted {
    let first: Event = run.events().next().await.unwrap();
    let _ = run.outcome().await;
    match first.kind {
        EventKind::RunStarted(started) => started,
        other => panic!("{other:?}"),
    }
}

/// Returns the author and the text of each message.
fn messages(started: &RunStarted) -> Vec<(&str, &str)> {
    let messages = started.messages.as_deref().unwrap();
    messages
        .iter()
        .map(|own| (own.role.as_str(), own.text.as_str()))
        .collect()
}

#[tokio::test]
async fn messages_are_shown_once() {
    let session = session(Script::new().text("hello"));
    let mut turn = Turn::default();
    for block in [
        Block::user("old"),
        Block::llm_text("answered"),
        Block::system("be brief"),
    ] {
        turn.push(block);
    }
    session.append(turn).unwrap();
    let shown = started(session.submit("one").await.unwrap()).await;
    assert_eq!(messages(&shown), [("system", "be brief"), ("user", "one")]);
    session.append_user_prompt("two").unwrap();
    let shown = started(session.submit("three").await.unwrap()).await;
    assert_eq!(messages(&shown), [("user", "two"), ("user", "three")]);
    let shown = started(session.start_inference().await.unwrap()).await;
    assert_eq!(messages(&shown), []);
}

#[tokio::test]
async fn answers_to_calls_are_shown_once_in_order() {
    let calls = Script::new().tool_call("a", "look", "{}");
    let session = session(calls.tool_call("b", "send", "{}"));
    let shown = started(session.submit("go").await.unwrap()).await;
    assert_eq!(*shown.results, []);
    let answers = [
        Block::tool_result("a", "seen"),
        Block::tool_error("b", "no such address"),
    ];
    let add = |turn: &mut Turn| answers.clone().into_iter().for_each(|own| turn.push(own));
    session.update_latest(add).unwrap();
    let shown = started(session.submit("go on").await.unwrap()).await;
    let expected = [
        ToolResultReady::new("a", "", "seen", ToolStatus::Success),
        ToolResultReady::new("b", "", "Error: no such address", ToolStatus::Error),
    ];
    assert_eq!(*shown.results, expected);
    let shown = started(session.submit("and now").await.unwrap()).await;
    assert_eq!(*shown.results, []);
}
