use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, Finish, ResponseWriter, RunContext, RunStop};
use geppetto_toolloop::ToolLoop;
use geppetto_turns::{Block, InferenceResult, ToolCall, Turn, repair};

use crate::support::*;

/// Replies with calls that no provider should send, and appends a text itself.
struct Odd;

#[async_trait]
impl Engine for Odd {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        if turn.tool_answer("a").is_some() {
            turn.push(Block::llm_text("Done."));
            return Ok(InferenceResult::new("odd", "m"));
        }
        let mut reply = ResponseWriter::start(ctx, turn, "script", "m");
        let first = reply.open_tool_call("a", "slow");
        reply.close(first, None);
        for (id, name) in [("a", "slow"), ("b", ""), ("", "slow")] {
            reply.add_block(Block::tool_call(ToolCall::new(id, name, "{}")));
        }
        Ok(reply.finish(Finish::completed()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_no_request_can_hold_is_not_run() {
    let diary = Diary::default();
    let tools = registry(vec![Box::new(slow(&diary, "slow", 10))]);
    let tool_loop = ToolLoop::new(Arc::new(Odd), tools);
    let (ctx, _sink) = context();
    let mut turn = prompt();
    let report = geppetto_engine::InferenceRunner::run(&tool_loop, &ctx, &mut turn);
    assert_eq!(report.await.unwrap().stop, RunStop::Finished);
    assert_eq!(diary.lines(), ["+a", "-a"]);
    assert_eq!(answers(&turn), pairs(&[("a", "done a")]));
    assert_eq!(ctx.stream().violations(), []);
    // Every answer is included in the next request.
    let kept = repair(&turn.blocks);
    assert_eq!(
        kept.iter()
            .filter(|own| own.as_tool_use().is_some())
            .count(),
        1
    );
    assert!(kept.iter().all(|own| !own.id.starts_with("repair:")));
    assert!(turn.blocks.iter().skip(1).all(|own| !own.id.is_empty()));
}
