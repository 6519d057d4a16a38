//! A tool that calls its own agent: the agent is part of the run that called the tool.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use geppetto_enginebuilder::Builder;
use geppetto_session::{BusyPolicy, Session};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{Tool, ToolContext, ToolError, ToolRegistry, raw_tool_fn};
use serde_json::{Value, json};

fn any() -> Value {
    json!({"type": "object", "properties": {}})
}

fn with(tool: impl Tool + 'static) -> ToolRegistry {
    ToolRegistry::new().with(tool).unwrap()
}

/// An agent that sends something every 100 ms, forever.
fn agent(sent: &Arc<AtomicUsize>) -> Builder {
    let engine = ScriptedEngine::always(
        Script::new()
            .wait(Duration::from_millis(100))
            .tool_call("c1", "send", "{}")
            .usage(10, 1),
    );
    let sent = Arc::clone(sent);
    let send = raw_tool_fn("send", "Sends", any(), move |_: Value| {
        sent.fetch_add(1, Ordering::SeqCst);
        async { Ok::<_, ToolError>("sent") }
    });
    Builder::new(engine).tools(with(send))
}

#[derive(Clone, Copy)]
enum Tied {
    ByParent,
    ByHandle,
}

/// A session whose tool calls the agent, with a time limit of 250 ms.
fn outer(sent: &Arc<AtomicUsize>, tied: Tied) -> Session {
    let sent = Arc::clone(sent);
    let ask = raw_tool_fn("ask", "Asks", any(), move |_: Value, ctx: ToolContext| {
        let builder = Session::builder(agent(&sent));
        async move {
            let turn = match tied {
                Tied::ByParent => {
                    let session = builder.parent(&ctx.run).build();
                    session.submit("go").await?.wait().await?
                }
                Tied::ByHandle => {
                    let run = builder.build().submit("go").await?.cancel_on_drop();
                    run.wait().await?
                }
            };
            Ok::<_, ToolError>(turn.assistant_text())
        }
    });
    let engine = ScriptedEngine::new([
        Script::new().tool_call("c1", "ask", "{}").usage(100, 10),
        Script::new().text("gave up").usage(100, 10),
    ]);
    Session::new(Builder::new(engine).tools(with(ask.timeout(Duration::from_millis(250)))))
}

#[tokio::test(start_paused = true)]
async fn when_the_time_of_the_tool_is_up() {
    for tied in [Tied::ByParent, Tied::ByHandle] {
        let sent = Arc::new(AtomicUsize::new(0));
        let run = outer(&sent, tied).submit("go").await.unwrap();
        assert_eq!(run.wait().await.unwrap().assistant_text(), "gave up");
        let before = sent.load(Ordering::SeqCst);
        assert!(before >= 1);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(sent.load(Ordering::SeqCst), before);
        if let Tied::ByParent = tied {
            // The agent's tokens count towards the run.
            assert!(run.outcome().await.usage.input_tokens > 200);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_outer_run_is_cancelled() {
    for tied in [Tied::ByParent, Tied::ByHandle] {
        let sent = Arc::new(AtomicUsize::new(0));
        let run = outer(&sent, tied).submit("go").await.unwrap();
        tokio::time::sleep(Duration::from_millis(150)).await;
        run.cancel();
        assert!(run.wait().await.unwrap_err().is_cancelled());
        let before = sent.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(sent.load(Ordering::SeqCst), before);
        // A tool that is only dropped has its grace period first.
        let most = match tied {
            Tied::ByParent => 1,
            Tied::ByHandle => 2,
        };
        assert!((1..=most).contains(&before), "{before}");
    }
}

#[tokio::test(start_paused = true)]
async fn and_a_tool_that_asks_its_own_session_is_told_that_it_cannot_wait_for_that() {
    let own: Arc<Mutex<Option<Session>>> = Arc::default();
    let session = Arc::clone(&own);
    let ask = raw_tool_fn("ask", "Asks", any(), move |_: Value| {
        let session = session.lock().unwrap().clone().unwrap();
        async move {
            let run = session.submit("from inside").await?;
            Ok::<_, ToolError>(run.wait().await?.assistant_text())
        }
    });
    let engine = ScriptedEngine::new([
        Script::new().tool_call("c1", "ask", "{}"),
        Script::new().text("I see."),
    ]);
    let session = Session::builder(Builder::new(engine).tools(with(ask)))
        .busy_policy(BusyPolicy::Queue { max: 4 })
        .build();
    *own.lock().unwrap() = Some(session.clone());
    let started = tokio::time::Instant::now();
    let turn = session.submit("go").await.unwrap().wait().await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(1));
    let answer = turn.tool_answer("c1").unwrap();
    assert!(
        answer.output().contains("inside of the running inference"),
        "{}",
        answer.output()
    );
    assert_eq!((session.turn_count(), session.queued().len()), (1, 0));
}
