//! Limits of a session apply across its runs, after a restart, and to the inner work of its runs.

use std::sync::Arc;

use geppetto_engine::{Limit, Limits, RunStatus};
use geppetto_enginebuilder::Builder;
use geppetto_session::{Session, SessionBuilder};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{NoArgs, ToolContext, ToolError, ToolRegistry, tool_fn};
use geppetto_turns::Turn;

fn replies(count: usize) -> ScriptedEngine {
    ScriptedEngine::new((0..count).map(|_| Script::new().text("ok").usage(30, 10)))
}

fn session(engine: &ScriptedEngine, limits: Limits) -> SessionBuilder {
    Session::builder(Builder::new(engine.clone())).limits(limits)
}

async fn status(session: &Session) -> RunStatus {
    let run = session.submit("hi").await.unwrap();
    run.outcome().await.status.clone()
}

#[tokio::test]
async fn of_tokens_over_runs_and_a_restart() {
    let engine = replies(9);
    let limits = Limits::new().with_max_total_tokens(100);
    let first = session(&engine, limits).build();
    assert_eq!(status(&first).await, RunStatus::Finished);
    assert_eq!(status(&first).await, RunStatus::Finished);
    assert_eq!(first.totals().total_tokens(), 80);
    // A store keeps the last turn of a session, as JSON.
    let stored = serde_json::to_string(&first.latest().unwrap()).unwrap();
    let restored: Turn = serde_json::from_str(&stored).unwrap();
    let second = session(&engine, limits).history([restored]).build();
    assert_eq!(second.totals(), first.totals());
    assert_eq!(status(&second).await, RunStatus::Finished);
    let reached = RunStatus::LimitReached(Limit::SessionTokens(100));
    assert_eq!(status(&second).await, reached);
    assert_eq!(engine.turns().len(), 3);
    // The prompt is kept: with a higher limit it is answered.
    assert_eq!(second.latest().unwrap().blocks.len(), 5 + 2);
    second.set_limits(Limits::new().with_max_total_tokens(1_000));
    let run = second.start_inference().await.unwrap();
    assert_eq!(run.wait().await.unwrap().assistant_text(), "ok");
    assert_eq!(second.totals().total_tokens(), 160);
}

#[tokio::test]
async fn of_provider_calls_and_a_fork_counts_what_it_begins_with() {
    let engine = replies(9);
    let limits = Limits::new().with_max_provider_calls(2);
    let session = session(&engine, limits).build();
    assert_eq!(status(&session).await, RunStatus::Finished);
    let fork = session.fork_at(0).unwrap();
    for own in [&session, &fork] {
        assert_eq!(status(own).await, RunStatus::Finished);
        let reached = RunStatus::LimitReached(Limit::SessionProviderCalls(2));
        assert_eq!(status(own).await, reached);
    }
    assert_eq!(engine.turns().len(), 3);
}

#[tokio::test]
async fn in_a_tool_loop_all_work_is_kept_and_no_tool_runs_in_vain() {
    let call = |id: &str| Script::new().tool_call(id, "look", "{}").usage(30, 10);
    let engine = ScriptedEngine::new([call("a"), call("b"), call("c")]);
    let tools = ToolRegistry::new()
        .with(tool_fn("look", "Looks", |_: NoArgs| async { "seen" }))
        .unwrap();
    let session = Session::builder(Builder::new(engine.clone()).tools(tools))
        .limits(Limits::new().with_max_total_tokens(80))
        .build();
    let run = session.submit("hi").await.unwrap();
    let outcome = run.outcome().await;
    let reached = Limit::SessionTokens(80);
    assert_eq!(outcome.status, RunStatus::LimitReached(reached.clone()));
    assert_eq!((outcome.provider_calls, outcome.tool_calls), (2, 1));
    assert_eq!(outcome.turn.tool_answer("a").unwrap().output(), "seen");
    let answer = outcome.turn.tool_answer("b").unwrap().output();
    assert!(answer.contains(&reached.to_string()), "{answer}");
}

#[tokio::test]
async fn a_sub_agent_spends_from_the_same_budget() {
    let inner = replies(9);
    let agent = inner.clone();
    let ask = tool_fn(
        "ask",
        "Asks an agent",
        move |_: NoArgs, ctx: ToolContext| {
            let agent = agent.clone();
            async move {
                let session = Session::builder(Builder::new(agent))
                    .parent(&ctx.run)
                    .build();
                let mut told = Vec::new();
                for _ in 0..3 {
                    let run = session
                        .submit("go")
                        .await
                        .map_err(|error| ToolError::new(error.to_string()))?;
                    told.push(format!("{:?}", run.outcome().await.status));
                }
                Ok::<_, ToolError>(told.join(", "))
            }
        },
    );
    let engine = ScriptedEngine::always(Script::new().tool_call("a", "ask", "{}").usage(1, 1));
    let tools = ToolRegistry::new().with(ask).unwrap();
    let session = Session::builder(Builder::new(engine).tools(tools))
        .limits(Limits::new().with_max_provider_calls(3))
        .build();
    let run = session.submit("hi").await.unwrap();
    let outcome = run.outcome().await;
    let reached = RunStatus::LimitReached(Limit::SessionProviderCalls(3));
    assert_eq!(outcome.status, reached);
    let answer = outcome.turn.tool_answer("a").unwrap().output();
    assert_eq!(answer, format!("Finished, Finished, {reached:?}"));
    assert_eq!(session.totals().provider_calls, 3);
    assert_eq!(Arc::new(inner).turns().len(), 2);
}
