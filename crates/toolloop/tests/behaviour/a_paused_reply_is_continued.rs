use std::sync::Arc;

use geppetto_engine::{EngineRunner, InferenceRunner, Limit, RunStop, ToolConfig};
use geppetto_testing::{Script as Reply, ScriptedEngine};
use geppetto_toolloop::{ToolLoop, ToolRegistry};
use geppetto_turns::{FinishClass, Turn};

use crate::support::*;

fn engine(pauses: usize) -> ScriptedEngine {
    let paused = |_| Reply::new().text("More. ").finish(FinishClass::Paused);
    let replies = (0..pauses).map(paused);
    ScriptedEngine::new(replies.chain([Reply::new().text("Done.")]))
}

#[tokio::test]
async fn by_further_calls_with_the_reply_so_far() {
    let engine = engine(2);
    let runners: [Arc<dyn InferenceRunner>; 2] = [
        Arc::new(ToolLoop::new(Arc::new(engine.clone()), ToolRegistry::new())),
        Arc::new(EngineRunner::new(self::engine(2))),
    ];
    for runner in runners {
        let (ctx, _sink) = context();
        let mut turn = Turn::builder().user("Search.").build();
        let report = runner.run(&ctx, &mut turn).await.unwrap();
        assert_eq!((report.stop, report.provider_calls), (RunStop::Finished, 3));
        assert_eq!(turn.assistant_text(), "More. More. Done.");
    }
    let asked: Vec<usize> = engine
        .turns()
        .iter()
        .map(|turn| turn.blocks.len())
        .collect();
    assert_eq!(asked, [1, 2, 3]);
}

#[tokio::test]
async fn within_the_limits_of_the_run() {
    let config = ToolConfig::new().with_max_iterations(2);
    let tool_loop = ToolLoop::new(Arc::new(engine(9)), ToolRegistry::new()).with_config(config);
    let (ctx, _sink) = context();
    let mut turn = Turn::builder().user("Search.").build();
    let report = tool_loop.run(&ctx, &mut turn).await.unwrap();
    let limit = RunStop::LimitReached(Limit::Iterations(2));
    assert_eq!((report.stop, report.provider_calls), (limit, 2));
    // Without a tool loop, the number of continuations is bounded too.
    let mut turn = Turn::builder().user("Search.").build();
    let runner = EngineRunner::new(engine(99));
    let report = runner.run(&ctx, &mut turn).await.unwrap();
    assert_eq!(report.provider_calls, 21);
}
