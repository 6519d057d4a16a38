use std::sync::Mutex;

use geppetto_turns::{Block, BlockKind, ToolCall};

use super::*;
use crate::{Finish, ResponseWriter};

struct Say(&'static str);

#[async_trait]
impl Engine for Say {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let mut reply = ResponseWriter::start(ctx, turn, "test", "say");
        let text = reply.open_text();
        reply.push(text, self.0);
        Ok(reply.finish(Finish::completed()))
    }
}

struct Note(&'static str, Arc<Mutex<Vec<String>>>);

#[async_trait]
impl Middleware for Note {
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        self.1.lock().unwrap().push(format!("{} in", self.0));
        let result = next.run(ctx, turn).await;
        self.1.lock().unwrap().push(format!("{} out", self.0));
        result
    }
}

async fn run(turn: &mut Turn, middlewares: Vec<Arc<dyn Middleware>>) {
    let stack = Stack::new(Arc::new(Say("hello")), middlewares);
    stack.run_inference(&RunContext::new(), turn).await.unwrap();
}

#[tokio::test]
async fn the_first_middleware_is_the_outermost() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let mut turn = Turn::builder().user("hi").build();
    run(
        &mut turn,
        vec![
            Arc::new(Note("a", log.clone())),
            Arc::new(Note("b", log.clone())),
        ],
    )
    .await;
    assert_eq!(*log.lock().unwrap(), ["a in", "b in", "b out", "a out"]);
    assert_eq!(turn.assistant_text(), "hello");
}

#[tokio::test]
async fn the_system_prompt_is_put_first_once_and_replaced_when_it_changes() {
    let mut turn = Turn::builder().user("hi").build();
    for text in ["be terse", "be terse", "be kind", " "] {
        run(&mut turn, vec![Arc::new(SystemPrompt::new(text))]).await;
    }
    assert_eq!(turn.blocks_of(BlockKind::System).count(), 1);
    assert_eq!(
        turn.blocks.first().and_then(|block| block.text()),
        Some("be kind")
    );
    assert!(
        turn.blocks
            .first()
            .is_some_and(|block| !block.id.is_empty())
    );
}

#[tokio::test]
async fn the_system_prompt_never_overwrites_a_note_of_the_application() {
    let mut turn = Turn::builder()
        .system("the user is a minor")
        .user("hi")
        .build();
    for text in ["be terse", "be kind"] {
        run(&mut turn, vec![Arc::new(SystemPrompt::new(text))]).await;
    }
    let system: Vec<_> = turn
        .blocks_of(BlockKind::System)
        .filter_map(|block| block.text())
        .collect();
    assert_eq!(system, ["be kind", "the user is a minor"]);

    // The application's own text is not repeated.
    let mut turn = Turn::builder().system("be kind").user("hi").build();
    run(&mut turn, vec![Arc::new(SystemPrompt::new("be kind"))]).await;
    assert_eq!(turn.blocks_of(BlockKind::System).count(), 1);
}

#[tokio::test]
async fn tool_results_are_moved_behind_their_calls() {
    let call = |id: &str| Block::tool_call(ToolCall::new(id, "t", "{}"));
    let mut turn = Turn::builder()
        .block(Block::tool_result("stray", "s"))
        .block(call("1"))
        .block(call("2"))
        .user("wait")
        .block(Block::tool_result("2", "b"))
        .block(Block::tool_result("1", "a"))
        .build();
    run(&mut turn, vec![Arc::new(ReorderToolResults)]).await;
    let words: Vec<String> = turn
        .blocks
        .iter()
        .map(|block| match (block.as_tool_call(), block.as_tool_use()) {
            (Some(call), _) => format!("call {}", call.id),
            (_, Some(answer)) => format!("answer {}", answer.id),
            _ => block.kind().to_string(),
        })
        .collect();
    assert_eq!(
        words,
        [
            "answer stray",
            "call 1",
            "call 2",
            "answer 1",
            "answer 2",
            "user",
            "llm_text"
        ]
    );
    let before = turn.blocks.clone();
    ReorderToolResults::apply(&mut turn);
    assert_eq!(turn.blocks, before);
}

#[tokio::test]
async fn tracing_changes_nothing() {
    let mut turn = Turn::builder().user("hi").build();
    run(&mut turn, vec![Arc::new(TraceInference)]).await;
    assert_eq!(turn.assistant_text(), "hello");
}

/// Panics instead of calling the next middleware.
struct Bursts;

#[async_trait]
impl Middleware for Bursts {
    async fn run(
        &self,
        _: &RunContext,
        _: &mut Turn,
        _: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        panic!("out of ideas");
    }

    fn name(&self) -> &str {
        "bursts"
    }
}

#[tokio::test]
async fn a_panic_names_the_link_of_the_chain_that_it_came_from() {
    let log = Arc::default();
    let note = Arc::new(Note("outer", Arc::clone(&log)));
    let stack = Stack::new(
        Arc::new(Say("hello")),
        [note as Arc<dyn Middleware>, Arc::new(Bursts)],
    );
    let (ctx, mut turn) = (RunContext::new(), Turn::new());
    let error = stack.run_inference(&ctx, &mut turn).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the middleware `bursts` panicked: out of ideas"
    );
    // The others complete as after any error.
    assert_eq!(*log.lock().unwrap(), ["outer in", "outer out"]);
}
