//! A call that waits for a person is answered once and by its own decision, whatever the application
//! does with the session meanwhile.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use geppetto_engine::{Decision, PendingCall, RunContext};
use geppetto_enginebuilder::Builder;
use geppetto_events::Received;
use geppetto_session::Session;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{
    FnTool, Rejection, Tool, ToolContext, ToolError, ToolExecutor, ToolRegistry, raw_tool_fn,
};
use geppetto_turns::{Block, ToolCall};
use serde_json::{Value, json};

#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Vec<String>>>);

impl Sent {
    fn add(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

fn send(sent: &Sent) -> FnTool {
    let sent = sent.clone();
    raw_tool_fn(
        "send",
        "Sends",
        json!({"type": "object"}),
        move |_: Value| {
            sent.add("mail");
            async { "sent" }
        },
    )
}

/// Asks before each call.
struct Ask;

#[async_trait]
impl ToolExecutor for Ask {
    async fn is_allowed(
        &self,
        _: &RunContext,
        _: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        Err(Rejection::wait("May I?"))
    }
}

/// A session whose call waits.
async fn asked(sent: &Sent) -> Session {
    let engine = ScriptedEngine::always(Script::new().text("Done."));
    engine.push(Script::new().tool_call("call_1", "send", "{}"));
    let tools = ToolRegistry::new().with(send(sent)).unwrap();
    let session = Session::new(Builder::new(engine).tools(tools).tool_executor(Ask));
    let run = session.submit("Write").await.unwrap();
    assert!(run.wait().await.unwrap_err().is_waiting());
    session
}

#[tokio::test]
async fn a_fork_is_decided_anew() {
    let sent = Sent::default();
    let session = asked(&sent).await;
    let fork = session.fork_at(0).unwrap();
    let run = session
        .answer([("call_1", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    assert!(
        !run.wait()
            .await
            .unwrap()
            .tool_answer("call_1")
            .unwrap()
            .is_error()
    );
    assert_eq!(fork.waits().len(), 1);
    let rejected = [("call_1", Decision::reject("not again"))];
    let turn = fork
        .answer(rejected)
        .submit()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert!(turn.tool_answer("call_1").unwrap().is_error());
    assert_eq!(sent.all(), ["mail"]);
}

#[tokio::test]
async fn an_edit_of_the_turn_keeps_it() {
    let sent = Sent::default();
    let session = asked(&sent).await;
    session
        .update_latest(|turn| turn.blocks.insert(0, Block::system("Be kind.")))
        .unwrap();
    assert_eq!(session.waits().len(), 1);
    let run = session
        .answer([("call_1", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    assert_eq!(run.wait().await.unwrap().assistant_text(), "Done.");
    assert_eq!(sent.all(), ["mail"]);
}

#[tokio::test]
async fn an_edit_that_answers_the_call_ends_the_wait() {
    let sent = Sent::default();
    let session = asked(&sent).await;
    assert!(session.waiting_for().is_some());
    session
        .update_latest(|turn| turn.push(Block::tool_result("call_1", "sent by hand")))
        .unwrap();
    assert_eq!((session.waiting_for(), session.waits()), (None, Vec::new()));
    let run = session.start_inference().await.unwrap();
    assert_eq!(run.wait().await.unwrap().assistant_text(), "Done.");
    assert!(sent.all().is_empty());
}

#[tokio::test]
async fn two_answers_at_once_are_one() {
    let sent = Sent::default();
    let session = asked(&sent).await;
    let answer = || session.answer([("call_1", Decision::Allow)]).submit();
    let (first, second) = tokio::join!(answer(), answer());
    assert_eq!(
        [first.is_ok(), second.is_ok()]
            .iter()
            .filter(|ok| **ok)
            .count(),
        1
    );
    for run in [first, second].into_iter().flatten() {
        run.wait().await.unwrap();
    }
    assert_eq!(sent.all(), ["mail"]);
}

#[tokio::test]
async fn a_client_that_joins_sees_it_and_how_it_ends() {
    let session = asked(&Sent::default()).await;
    let (snapshot, mut live) = session.join();
    let waits = snapshot.turn.as_ref().map(PendingCall::of).unwrap();
    assert_eq!(waits[0].question, "May I?");
    let run = session
        .answer([("call_1", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    run.wait().await.unwrap();
    let mut types = Vec::new();
    while let Some(event) = live.try_next().and_then(Received::into_event) {
        types.push(event.type_name().to_owned());
    }
    assert!(
        types.iter().any(|own| own == "tool-call-resumed"),
        "{types:?}"
    );
    assert!(
        types.iter().any(|own| own == "tool-call-finished"),
        "{types:?}"
    );
}

/// Notes whether a decision is known.
struct Spy(Sent);

#[async_trait]
impl ToolExecutor for Spy {
    async fn is_allowed(
        &self,
        ctx: &RunContext,
        call: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        let decided = ctx.extension::<Decision>().is_some();
        self.0.add(format!("{} {decided}", call.name));
        Ok(())
    }
}

#[tokio::test]
async fn a_permission_is_not_one_for_the_calls_of_an_inner_agent() {
    let seen = Sent::default();
    let spy = seen.clone();
    let agent = raw_tool_fn(
        "agent",
        "Asks",
        json!({"type": "object"}),
        move |_: Value, ctx: ToolContext| {
            let engine = ScriptedEngine::new([
                Script::new().tool_call("call_9", "send", "{}"),
                Script::new().text("Sent."),
            ]);
            let tools = ToolRegistry::new().with(send(&Sent::default())).unwrap();
            let builder = Builder::new(engine)
                .tools(tools)
                .tool_executor(Spy(spy.clone()));
            async move {
                let inner = Session::builder(builder).parent(&ctx.run).build();
                let turn = inner.submit("Send it").await?.wait().await?;
                Ok::<_, ToolError>(turn.assistant_text())
            }
        },
    );
    let engine = ScriptedEngine::new([
        Script::new().tool_call("call_1", "agent", "{}"),
        Script::new().text("Done."),
    ]);
    let tools = ToolRegistry::new().with(agent).unwrap();
    let session = Session::new(Builder::new(engine).tools(tools).tool_executor(Ask));
    session
        .submit("Write")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    let run = session
        .answer([("call_1", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    run.wait().await.unwrap();
    assert_eq!(seen.all(), ["send false"]);
}
