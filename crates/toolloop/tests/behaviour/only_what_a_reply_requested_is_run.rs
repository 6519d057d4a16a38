use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{
    Engine, EngineError, ErrorKind, InferenceRunner, Middleware, Next, RunContext, RunStop, Stack,
    ToolChoice, ToolConfig, keys,
};
use geppetto_toolloop::{Resampling, ToolLoop};
use geppetto_turns::{Block, Content, FinishClass, InferenceResult, ToolCall, Turn};

use crate::support::*;

/// Changes that a middleware makes to the turn before and after the provider call.
type Edit = fn(&mut Turn);

struct Edits {
    before: Edit,
    after: Edit,
}

#[async_trait]
impl Middleware for Edits {
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        (self.before)(turn);
        let result = next.run(ctx, turn).await;
        (self.after)(turn);
        result
    }
}

fn nothing(_: &mut Turn) {}

/// Replaces every block by a copy with the same content and id.
fn copy(turn: &mut Turn) {
    turn.blocks = turn.blocks.iter().map(|own| Block::clone(own)).collect();
}

/// Recreates every block from its content.
fn render(turn: &mut Turn) {
    let render = |own: &Arc<Block>| Block::new(own.content.clone());
    turn.blocks = turn.blocks.iter().map(render).collect();
}

fn forget_calls(turn: &mut Turn) {
    let kept = turn
        .blocks
        .iter()
        .filter(|own| own.as_tool_call().is_none());
    turn.blocks = kept.cloned().collect();
}

async fn edited(
    before: Edit,
    after: Edit,
    engine: Arc<dyn Engine>,
    mut turn: Turn,
) -> (Turn, Diary) {
    let diary = Diary::default();
    let tools = registry(vec![Box::new(slow(&diary, "slow", 1))]);
    let edits: Arc<dyn Middleware> = Arc::new(Edits { before, after });
    let tool_loop = ToolLoop::new(Arc::new(Stack::new(engine, [edits])), tools);
    let (ctx, _sink) = context();
    tool_loop.run(&ctx, &mut turn).await.unwrap();
    assert_eq!(ctx.stream().violations(), []);
    (turn, diary)
}

/// A history with an open call of an earlier program.
fn left_open() -> Turn {
    let mut turn = Turn::builder().user("pay ann").build();
    turn.push(Block::tool_call(ToolCall::new("a", "slow", "{}")));
    turn.push(Block::user("never mind"));
    turn.push(Block::llm_text("ok"));
    turn.push(Block::user("hi"));
    turn
}

#[tokio::test(start_paused = true)]
async fn a_call_of_long_ago_is_not_run_whatever_a_middleware_does() {
    for (before, after) in [
        (nothing as Edit, nothing as Edit),
        (copy, copy),
        (render, render),
        (nothing, render),
    ] {
        let script = Script::new([vec![Do::Say("hello")]]);
        let (turn, diary) = edited(before, after, script, left_open()).await;
        assert_eq!(diary.lines(), Vec::<String>::new());
        assert_eq!(answers(&turn), []);
        // Not with an additional new call either, whose id may be the same.
        let script = Script::new([vec![Do::Call("a", "slow", "{}")], vec![Do::Say("ok")]]);
        let (turn, diary) = edited(before, after, script, left_open()).await;
        assert_eq!(diary.lines(), ["+a", "-a"]);
        assert_eq!(answers(&turn), pairs(&[("a", "done a")]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_call_is_run_whatever_a_middleware_does() {
    for after in [nothing as Edit, copy, render] {
        let script = Script::new([vec![Do::Call("n", "slow", "{}")], vec![Do::Say("ok")]]);
        let (turn, diary) = edited(nothing, after, script, prompt()).await;
        assert_eq!(diary.lines(), ["+n", "-n"]);
        assert_eq!(turn.assistant_text(), "ok");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_middleware_took_out_is_not_run() {
    let script = Script::new([vec![Do::Say("Well."), Do::Call("n", "slow", "{}")]]);
    let (turn, diary) = edited(nothing, forget_calls, script, prompt()).await;
    assert_eq!(diary.lines(), Vec::<String>::new());
    assert_eq!(turn.assistant_text(), "Well.");
}

#[tokio::test(start_paused = true)]
async fn a_middleware_may_mend_the_arguments() {
    fn mend(turn: &mut Turn) {
        let last = turn.blocks.len() - 1;
        if let Some(block) = turn.blocks.make_mut(last)
            && let Content::ToolCall(call) = &mut block.content
        {
            call.args = r#"{"account":555}"#.into();
        }
    }
    let diary = Diary::default();
    let notes = diary.clone();
    let pay = geppetto_toolloop::raw_tool_fn("pay", "", any(), move |args: serde_json::Value| {
        notes.note(args.to_string());
        async { Ok::<_, geppetto_toolloop::ToolError>("paid") }
    });
    let script = Script::new([
        vec![Do::Call("n", "pay", r#"{"account":"<1>"}"#)],
        vec![Do::Say("ok")],
    ]);
    let edits: Arc<dyn Middleware> = Arc::new(Edits {
        before: nothing,
        after: mend,
    });
    let engine = Arc::new(Stack::new(script, [edits]));
    run(&ToolLoop::new(engine, registry(vec![Box::new(pay)]))).await;
    assert_eq!(diary.lines(), [r#"{"account":555}"#]);
}

/// Calls another model about the reply, on its own turn and in the context of the run.
struct Guard(Arc<dyn Engine>);

#[async_trait]
impl Middleware for Guard {
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        let result = next.run(ctx, turn).await;
        let mut question = Turn::builder().user("Is this fine?").build();
        self.0.run_inference(ctx, &mut question).await?;
        result
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_model_calls_on_another_turn_is_not_run() {
    let diary = Diary::default();
    let tools = registry(vec![Box::new(slow(&diary, "slow", 1))]);
    let script = Script::new([vec![Do::Call("n", "slow", "{}")], vec![Do::Say("ok")]]);
    let guard: Arc<dyn Middleware> = Arc::new(Guard(Script::new([
        vec![Do::Call("g", "slow", "{}")],
        vec![Do::Call("n", "slow", "{}")],
    ])));
    let tool_loop = ToolLoop::new(Arc::new(Stack::new(script, [guard])), tools);
    let done = run(&tool_loop).await;
    assert_eq!(diary.lines(), ["+n", "-n"]);
    assert_eq!(done.answers(), pairs(&[("n", "done n")]));
}

/// Runs one reply that calls `slow`, followed by a text if the model is called again.
async fn one(config: ToolConfig, reply: Vec<Do>) -> (Done, Diary) {
    let diary = Diary::default();
    let tools = registry(vec![
        Box::new(slow(&diary, "slow", 1)),
        Box::new(slow(&diary, "other", 1)),
    ]);
    let script = Script::new([reply, vec![Do::Say("again")]]);
    let done = run(&ToolLoop::new(script, tools).with_config(config)).await;
    (done, diary)
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_ended_badly_runs_nothing_and_is_the_last() {
    for (class, reason) in [
        (
            FinishClass::Refused,
            "the reply was refused by the model or stopped by a content filter",
        ),
        (FinishClass::Error, "the reply failed before it was whole"),
        (
            FinishClass::Interrupted,
            "the reply was interrupted before it was whole",
        ),
    ] {
        let reply = vec![Do::Call("c", "slow", "{}"), Do::Finish(class.clone())];
        let (done, diary) = one(ToolConfig::default(), reply).await;
        assert_eq!(diary.lines(), Vec::<String>::new());
        let answer = format!("Error: not run: {reason}");
        assert_eq!(done.answers(), pairs(&[("c", &answer)]));
        let report = done.outcome.unwrap();
        assert_eq!((report.provider_calls, report.tool_calls), (1, 0));
        assert_eq!(report.result.finish_class, class);
        let refused = report.stop == RunStop::Refused;
        assert_eq!(refused, class == FinishClass::Refused);
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_that_a_middleware_calls_refused_runs_nothing() {
    struct Moderates;
    #[async_trait]
    impl Middleware for Moderates {
        async fn run(
            &self,
            ctx: &RunContext,
            turn: &mut Turn,
            next: Next<'_>,
        ) -> Result<InferenceResult, EngineError> {
            let result = next.run(ctx, turn).await?;
            Ok(result.with_finish(FinishClass::Refused))
        }
    }
    let diary = Diary::default();
    let tools = registry(vec![Box::new(slow(&diary, "slow", 1))]);
    let script = Script::new([vec![Do::Call("n", "slow", "{}")]]);
    let moderates: Arc<dyn Middleware> = Arc::new(Moderates);
    let engine = Arc::new(Stack::new(script, [moderates]));
    let done = run(&ToolLoop::new(engine, tools)).await;
    assert_eq!(diary.lines(), Vec::<String>::new());
    assert_eq!(done.outcome.unwrap().stop, RunStop::Refused);
}

#[tokio::test(start_paused = true)]
async fn arguments_that_the_output_limit_cut_reach_no_tool() {
    let cut = "Error: not run: the output limit cut the call's arguments; ask for less at once";
    for args in ["", " ", r#"{"text":"the third ch"#] {
        let reply = vec![
            Do::Call("c", "slow", args),
            Do::Finish(FinishClass::MaxTokens),
        ];
        let (done, diary) = one(ToolConfig::default(), reply).await;
        assert_eq!(diary.lines(), Vec::<String>::new());
        assert_eq!(done.answers(), pairs(&[("c", cut)]));
        assert_eq!(done.outcome.unwrap().provider_calls, 1);
    }
    // A complete object was not truncated: nothing can follow it.
    let reply = vec![
        Do::Call("c", "slow", r#"{"text":"whole"}"#),
        Do::Finish(FinishClass::MaxTokens),
    ];
    let (done, diary) = one(ToolConfig::default(), reply).await;
    assert_eq!(diary.lines(), ["+c", "-c"]);
    assert_eq!(done.answers(), pairs(&[("c", "done c")]));
    // A call before the last one is complete.
    let reply = vec![
        Do::Call("b", "slow", "{}"),
        Do::Call("c", "slow", r#"{"text"#),
        Do::Finish(FinishClass::MaxTokens),
    ];
    let (done, diary) = one(ToolConfig::default(), reply).await;
    assert_eq!(diary.lines(), ["+b", "-b"]);
    assert_eq!(done.answers(), pairs(&[("b", "done b"), ("c", cut)]));
    assert_eq!(done.turn.assistant_text(), "again");
}

#[tokio::test(start_paused = true)]
async fn a_tool_choice_holds_whatever_the_model_does() {
    for (choice, reason) in [
        (
            ToolChoice::None,
            "this reply was not to call tools (tool choice `none`)",
        ),
        (
            ToolChoice::Tool("other".to_owned()),
            "this reply was to call `other` alone",
        ),
    ] {
        let config = ToolConfig::default().with_tool_choice(choice);
        let reply = vec![Do::Call("c", "slow", "{}"), Do::Call("d", "other", "{}")];
        let (done, diary) = one(config.clone(), reply).await;
        assert!(!diary.lines().contains(&"+c".to_owned()));
        assert_eq!(done.answers()[0].1, format!("Error: not run: {reason}"));
        let ran = config.tool_choice != ToolChoice::None;
        assert_eq!(diary.lines().contains(&"+d".to_owned()), ran);
        assert_eq!(done.turn.assistant_text(), "again");
    }
}

/// Nor is it named to a model that calls a tool which does not exist.
///
/// Report: <https://github.com/pydantic/pydantic-ai/issues/7552>.
#[tokio::test(start_paused = true)]
async fn a_tool_that_was_not_on_offer_is_not_run() {
    fn withhold(turn: &mut Turn) {
        let mut offered = turn.data.get(&keys::TOOL_DEFINITIONS).unwrap().unwrap();
        offered.retain(|own| own.name != "slow");
        turn.data.set(&keys::TOOL_DEFINITIONS, &offered).unwrap();
    }
    let diary = Diary::default();
    let tools = registry(vec![
        Box::new(slow(&diary, "slow", 1)),
        Box::new(slow(&diary, "other", 1)),
    ]);
    let calls = vec![Do::Call("c", "slow", "{}"), Do::Call("d", "nowhere", "{}")];
    let script = Script::new([calls, vec![Do::Say("ok")]]);
    let edits: Arc<dyn Middleware> = Arc::new(Edits {
        before: withhold,
        after: nothing,
    });
    let engine = Arc::new(Stack::new(script, [edits]));
    let done = run(&ToolLoop::new(engine, tools)).await;
    assert_eq!(diary.lines(), Vec::<String>::new());
    let answer = "Error: not run: `slow` was not on offer for this reply; there were: other";
    let unknown = "Error: unknown tool `nowhere`; there are: other";
    assert_eq!(done.answers(), pairs(&[("c", answer), ("d", unknown)]));
}

/// Calls a second engine when the first one fails, and keeps the output of the first one.
struct Keeps(Arc<dyn Engine>);

#[async_trait]
impl Middleware for Keeps {
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        match next.run(ctx, turn).await {
            Err(_) => self.0.run_inference(ctx, turn).await,
            reply => reply,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_engine_may_give_its_call_the_id_of_a_broken_one_before_it() {
    let first = Script::new([
        vec![
            Do::Call("call_0", "slow", "{\"by\":1}"),
            Do::Break(ErrorKind::Disconnected),
        ],
        vec![Do::Say("done")],
    ]);
    let second = Script::new([vec![Do::Call("call_0", "slow", "{\"by\":2}")]]);
    let diary = Diary::default();
    let tools = registry(vec![Box::new(slow(&diary, "slow", 1))]);
    let keeps: Arc<dyn Middleware> = Arc::new(Keeps(second));
    let tool_loop = ToolLoop::new(Arc::new(Stack::new(first, [keeps])), tools);
    let done = run(&tool_loop.with_resampling(Resampling::never())).await;
    done.outcome.as_ref().unwrap();
    assert_eq!(diary.lines().len(), 2, "{:?}", diary.lines());
    let answers = done.answers();
    assert_eq!(answers.len(), 2, "{answers:?}");
    assert!(answers[0].1.contains("not run"), "{answers:?}");
    assert!(answers[1].1.starts_with("done call_"), "{answers:?}");
}

/// Notes the arguments of each call.
fn notes_args(diary: &Diary) -> geppetto_toolloop::FnTool {
    let notes = diary.clone();
    geppetto_toolloop::raw_tool_fn("slow", "", any(), move |args: serde_json::Value| {
        notes.note(args.to_string());
        async { Ok::<_, geppetto_toolloop::ToolError>("done") }
    })
}

async fn changed_by(after: Edit, reply: Vec<Do>, mut turn: Turn) -> (Vec<String>, Vec<String>) {
    let diary = Diary::default();
    let edits: Arc<dyn Middleware> = Arc::new(Edits {
        before: nothing,
        after,
    });
    let script = Script::new([reply, vec![Do::Say("ok")]]);
    let engine = Arc::new(Stack::new(script, [edits]));
    let tool_loop = ToolLoop::new(engine, registry(vec![Box::new(notes_args(&diary))]));
    let (ctx, sink) = context();
    tool_loop.run(&ctx, &mut turn).await.unwrap();
    (diary.lines(), tool_events(&sink.events()))
}

/// A provider may give calls of different replies the same id, and an earlier program may have left
/// the first of them open.
#[tokio::test(start_paused = true)]
async fn of_two_calls_with_one_id_the_new_one_is_run() {
    fn forget_the_first(turn: &mut Turn) {
        let first = turn
            .blocks
            .iter()
            .position(|own| own.as_tool_call().is_some());
        let kept = turn.blocks.iter().enumerate();
        let kept = kept.filter(|(at, _)| Some(*at) != first);
        turn.blocks = kept.map(|(_, own)| Arc::clone(own)).collect();
    }
    for after in [nothing as Edit, copy, render, forget_the_first] {
        let reply = vec![Do::Call("a", "slow", r#"{"new":1}"#)];
        let (ran, _) = changed_by(after, reply, left_open()).await;
        assert_eq!(ran, [r#"{"new":1}"#]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_a_middleware_marks_as_incomplete_is_not_run() {
    fn mark(turn: &mut Turn) {
        let last = turn.blocks.len() - 1;
        if let Some(block) = turn.blocks.make_mut(last)
            && block.as_tool_call().is_some()
        {
            block.mark_incomplete(geppetto_turns::Incomplete::Cancelled);
        }
    }
    let (ran, _) = changed_by(mark, vec![Do::Call("a", "slow", "{}")], prompt()).await;
    assert_eq!(ran, Vec::<String>::new());
}

/// The events of a call are about the call with its id.
#[tokio::test(start_paused = true)]
async fn a_middleware_may_swap_the_ids_of_calls() {
    fn swap(turn: &mut Turn) {
        for at in 0..turn.blocks.len() {
            if let Some(block) = turn.blocks.make_mut(at)
                && let Content::ToolCall(call) = &mut block.content
            {
                call.id = if call.id == "a" { "b" } else { "a" }.to_owned();
            }
        }
    }
    let calls = vec![
        Do::Call("a", "slow", r#"{"n":1}"#),
        Do::Call("b", "slow", r#"{"n":2}"#),
    ];
    let (ran, events) = changed_by(swap, calls, prompt()).await;
    assert_eq!(ran, [r#"{"n":1}"#, r#"{"n":2}"#]);
    assert!(
        events.contains(&r#"start b {"n":1}"#.to_owned()),
        "{events:?}"
    );
}
