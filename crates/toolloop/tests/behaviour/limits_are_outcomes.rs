use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{
    Engine, EngineError, Finish, InferenceRunner, Limit, ResponseWriter, RunContext, RunJournal,
    RunStop, ToolChoice, ToolConfig, keys,
};
use geppetto_events::EventKind;
use geppetto_toolloop::ToolLoop;
use geppetto_turns::{FinishClass, Incomplete, InferenceResult, Turn};
use tokio::time::{Instant, sleep};

use crate::support::*;

fn calls(id: &'static str) -> Vec<Do> {
    vec![Do::Say("Next. "), Do::Call(id, "slow", "{}")]
}

async fn limited(config: ToolConfig, script: Vec<Vec<Do>>) -> (Done, Diary) {
    let diary = Diary::default();
    let tools = registry(vec![Box::new(slow(&diary, "slow", 100))]);
    let tool_loop = ToolLoop::new(Script::new(script), tools).with_config(config);
    (run(&tool_loop).await, diary)
}

#[tokio::test(start_paused = true)]
async fn iterations() {
    let mut config = ToolConfig::default();
    config.max_iterations = 2;
    let (done, _) = limited(config.clone(), vec![calls("a"), calls("b")]).await;
    let report = done.outcome.as_ref().unwrap();
    assert_eq!(report.stop, RunStop::LimitReached(Limit::Iterations(2)));
    assert_eq!((report.provider_calls, report.tool_calls), (2, 1));
    assert_eq!(
        done.answers(),
        pairs(&[
            ("a", "done a"),
            ("b", "Error: not run: limit reached: 2 iterations")
        ])
    );
    let events = done.tool_events();
    assert_eq!(
        &events[3..],
        [
            "error b Error: not run: limit reached: 2 iterations",
            "finish b"
        ]
    );
    // The last allowed round may give the final answer.
    let (done, _) = limited(config, vec![calls("a"), vec![Do::Say("ok")]]).await;
    assert_eq!(done.outcome.unwrap().stop, RunStop::Finished);
}

#[tokio::test(start_paused = true)]
async fn twenty_iterations_by_default() {
    let ids: Vec<&'static str> = (0..20).map(|i| &*format!("c{i}").leak()).collect();
    let script = ids.iter().map(|id| calls(id)).collect();
    let (done, _) = limited(ToolConfig::default(), script).await;
    let stop = done.outcome.unwrap().stop;
    assert_eq!(stop, RunStop::LimitReached(Limit::Iterations(20)));
}

#[tokio::test(start_paused = true)]
async fn identical_calls() {
    let config = ToolConfig::default().with_max_identical_calls(2);
    let with = |id, args| vec![Do::Call(id, "slow", args)];
    // Spaces make no difference, other arguments do.
    let script = vec![
        with("a", r#"{"n":1}"#),
        with("b", r#"{ "n": 1 }"#),
        with("c", r#"{"n":2}"#),
        with("d", r#"{"n":2}"#),
        with("e", r#"{"n":2}"#),
    ];
    let (done, _) = limited(config.clone(), script).await;
    let report = done.outcome.as_ref().unwrap();
    assert_eq!(report.stop, RunStop::LimitReached(Limit::IdenticalCalls(2)));
    assert_eq!((report.provider_calls, report.tool_calls), (5, 4));
    let refused = "Error: not run: limit reached: 2 replies with the same tool calls";
    assert_eq!(done.answers()[4..], pairs(&[("e", refused)]));

    let script = vec![calls("a"), calls("b"), calls("c"), vec![Do::Say("So far.")]];
    let (done, _) = limited(config.with_final_answer(true), script).await;
    let stop = done.outcome.as_ref().unwrap().stop.clone();
    assert_eq!(stop, RunStop::LimitReached(Limit::IdenticalCalls(2)));
    assert!(done.turn.assistant_text().ends_with("So far."));
}

/// <https://github.com/fastclaw-ai/fastclaw/pull/80>, <https://github.com/QwenLM/qwen-code/pull/9492>: a
/// model that polls a job does not repeat itself.
#[tokio::test(start_paused = true)]
async fn identical_calls_of_a_tool_that_polls() {
    let with = |name, args| vec![Do::Call("a", name, args)];
    let mut script = vec![with("poll", "{}"); 4];
    script.extend([with("slow", "{}"), with("slow", "{}"), with("poll", "{}")]);
    script.extend([with("slow", "{}"), with("slow", "{}"), with("slow", "{}")]);
    let diary = Diary::default();
    let poll = slow(&diary, "poll", 1).polling();
    let tools = registry(vec![Box::new(poll), Box::new(slow(&diary, "slow", 1))]);
    let config = ToolConfig::default().with_max_identical_calls(2);
    let done = run(&ToolLoop::new(Script::new(script), tools).with_config(config)).await;
    let report = done.outcome.as_ref().unwrap();
    assert_eq!(report.stop, RunStop::LimitReached(Limit::IdenticalCalls(2)));
    assert_eq!(report.provider_calls, 10);
}

#[tokio::test(start_paused = true)]
async fn tool_calls() {
    let mut config = ToolConfig::default();
    config.max_tool_calls = Some(3);
    let two = vec![Do::Call("c", "slow", "{}"), Do::Call("d", "slow", "{}")];
    let (done, diary) = limited(config.clone(), vec![calls("a"), calls("b"), two]).await;
    let report = done.outcome.as_ref().unwrap();
    assert_eq!(report.stop, RunStop::LimitReached(Limit::ToolCalls(3)));
    assert_eq!(report.tool_calls, 3);
    assert_eq!(
        done.answers()[2..],
        pairs(&[
            ("c", "done c"),
            ("d", "Error: not run: limit reached: 3 tool calls")
        ])
    );
    assert!(!diary.lines().contains(&"+d".to_owned()));
    // A last answer from the results so far (<https://github.com/agno-agi/agno/issues/9385>).
    config.max_tool_calls = Some(1);
    config.tool_choice = ToolChoice::Required;
    let script = vec![calls("a"), calls("b"), vec![Do::Say("So far.")]];
    let (done, _) = limited(config.clone().with_final_answer(true), script).await;
    let report = done.outcome.as_ref().unwrap();
    assert_eq!(report.stop, RunStop::LimitReached(Limit::ToolCalls(1)));
    assert_eq!((report.provider_calls, report.tool_calls), (3, 1));
    assert!(done.turn.assistant_text().ends_with("So far."));
    // Exactly as many as allowed.
    config.tool_choice = ToolChoice::Auto;
    let (done, _) = limited(config, vec![calls("a"), vec![Do::Say("ok")]]).await;
    assert_eq!(done.outcome.unwrap().stop, RunStop::Finished);
}

#[tokio::test(start_paused = true)]
async fn tokens() {
    let mut config = ToolConfig::default();
    config.max_total_tokens = Some(30);
    let (done, _) = limited(config.clone(), vec![calls("a"), calls("b")]).await;
    let report = done.outcome.as_ref().unwrap();
    assert_eq!(report.stop, RunStop::LimitReached(Limit::Tokens(30)));
    assert_eq!(report.usage.total_tokens(), 30);
    assert_eq!(
        done.answers()[1].1,
        "Error: not run: limit reached: 30 tokens"
    );
    config.max_total_tokens = Some(31);
    let (done, _) = limited(config, vec![calls("a"), calls("b"), vec![Do::Say("ok")]]).await;
    assert_eq!(done.outcome.unwrap().stop, RunStop::Finished);
}

/// Answers without reporting usage.
struct Silent;

#[async_trait]
impl Engine for Silent {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let id = format!("c{}", turn.blocks.len());
        let mut reply = ResponseWriter::start(ctx, turn, "script", "script-1");
        let call = reply.open_tool_call(id, "slow");
        // 400 bytes: 100 tokens.
        reply.push(call, &format!("{{\"text\":\"{}\"}}", "x".repeat(400)));
        Ok(reply.finish(Finish::new(FinishClass::ToolCallsPending)))
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_that_the_provider_does_not_report_are_estimated() {
    let diary = Diary::default();
    let mut config = ToolConfig::default();
    config.max_total_tokens = Some(1000);
    let tools = registry(vec![Box::new(slow(&diary, "slow", 1))]);
    let done = run(&ToolLoop::new(Arc::new(Silent), tools).with_config(config)).await;
    let report = done.outcome.as_ref().unwrap();
    assert_eq!(report.stop, RunStop::LimitReached(Limit::Tokens(1000)));
    // The prompt grows by 100 tokens a reply: 100, 200, 300, 400 and 500 are more than 1,000.
    assert_eq!(report.provider_calls, 4);
    assert_eq!(report.usage.total_tokens(), 0);
    let told = done.events.iter().filter(|own| match &own.kind {
        EventKind::Info(info) => info.message.contains("does not report token usage"),
        _ => false,
    });
    assert_eq!(told.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_last_word_where_it_is_wanted() {
    let config = ToolConfig::default()
        .with_max_iterations(1)
        .with_final_answer(true);
    // The model keeps calling tools, without effect.
    let last = vec![Do::Say("So far: a."), Do::Call("b", "slow", "{}")];
    let diary = Diary::default();
    let tools = registry(vec![Box::new(slow(&diary, "slow", 100))]);
    let script = Script::new([calls("a"), last]);
    let tool_loop = ToolLoop::new(script.clone(), tools).with_config(config.clone());
    let done = run(&tool_loop).await;
    let report = done.outcome.as_ref().unwrap();
    assert_eq!(report.stop, RunStop::LimitReached(Limit::Iterations(1)));
    assert_eq!((report.provider_calls, report.tool_calls), (2, 0));
    assert_eq!(diary.lines(), Vec::<String>::new());
    assert!(done.turn.assistant_text().ends_with("So far: a."));
    assert_eq!(
        done.answers(),
        pairs(&[
            ("a", "Error: not run: limit reached: 1 iterations"),
            (
                "b",
                "Error: not run: this reply was not to call tools (tool choice `none`)"
            ),
        ])
    );
    let data = &script.asked()[1].data;
    assert!(!data.get(&keys::TOOL_CONFIG).unwrap().unwrap().enabled);
    // Afterwards the turn contains the application's configuration.
    let data = &done.turn.data;
    assert_eq!(data.get(&keys::TOOL_CONFIG).unwrap(), Some(config));
}

#[tokio::test(start_paused = true)]
async fn wall_clock_while_a_tool_runs() {
    let (ctx, sink) = context();
    let started = Instant::now();
    let ctx = ctx.with_deadline(started + ms(150));
    let diary = Diary::default();
    let tools = registry(vec![Box::new(slow(&diary, "slow", 100))]);
    let mut config = ToolConfig::default();
    config.max_parallel_tools = 1;
    let three = ["a", "b", "c"].map(|id| Do::Call(id, "slow", "{}"));
    let script = Script::new([three.to_vec()]);
    let tool_loop = ToolLoop::new(script, tools).with_config(config);
    let done = run_in(&tool_loop, &ctx, &sink).await;
    assert_eq!(
        done.outcome.as_ref().unwrap().stop,
        RunStop::LimitReached(Limit::WallClock(ms(150)))
    );
    // The second tool finished within its grace period.
    assert_eq!(started.elapsed(), ms(200));
    assert_eq!(
        done.answers(),
        pairs(&[
            ("a", "done a"),
            ("b", "done b"),
            ("c", "Error: not run: the run's time is up")
        ])
    );
    assert!(!ctx.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn wall_clock_while_the_model_writes() {
    let (ctx, sink) = context();
    let started = Instant::now();
    let ctx = ctx.with_deadline(started + ms(150));
    let script = Script::new([vec![
        Do::Say("It is "),
        Do::Wait(ms(100)),
        Do::Say("so"),
        Do::Hang,
    ]]);
    let tool_loop = ToolLoop::new(script, registry(vec![]));
    let done = run_in(&tool_loop, &ctx, &sink).await;
    let report = done.outcome.as_ref().unwrap();
    assert_eq!(
        report.stop,
        RunStop::LimitReached(Limit::WallClock(ms(150)))
    );
    assert_eq!(report.result.finish_class.as_str(), "interrupted");
    assert_eq!(started.elapsed(), ms(150 + 80));
    assert_eq!(done.turn.assistant_text(), "It is so");
}

#[tokio::test(start_paused = true)]
async fn after_a_limit_the_conversation_goes_on() {
    let diary = Diary::default();
    let tools = registry(vec![Box::new(slow(&diary, "slow", 100))]);
    let mut config = ToolConfig::default();
    config.max_iterations = 1;
    let script = Script::new([calls("a"), vec![Do::Say("ok")]]);
    let tool_loop = ToolLoop::new(script, tools).with_config(config);
    let (ctx, sink) = context();
    let mut turn = prompt();
    tool_loop.run(&ctx, &mut turn).await.unwrap();
    turn.push_user("go on", []);
    turn.assign_block_ids(0, || ctx.next_id());
    let report = tool_loop.run(&ctx, &mut turn).await.unwrap();
    assert_eq!(report.stop, RunStop::Finished);
    assert_sound(&ctx, &sink, &turn);
    assert!(
        turn.blocks
            .iter()
            .all(|own| own.incomplete() != Some(Incomplete::Failed))
    );
}

/// Delays each provider call.
struct SlowJournal;

#[async_trait]
impl RunJournal for SlowJournal {
    async fn before_provider_call(&self, _: &RunContext, _: &Turn) -> Result<(), EngineError> {
        sleep(ms(200)).await;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn when_time_is_up_the_model_is_not_asked() {
    let (ctx, sink) = context();
    let ctx = ctx
        .with_deadline(Instant::now() + ms(150))
        .with_journal(Arc::new(SlowJournal));
    let script = Script::new([]);
    let tool_loop = ToolLoop::new(script, registry(vec![]));
    let done = run_in(&tool_loop, &ctx, &sink).await;
    assert_eq!(
        done.outcome.unwrap().stop,
        RunStop::LimitReached(Limit::WallClock(ms(150)))
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_counts_the_tools_that_were_run() {
    let diary = Diary::default();
    let script = Script::new([
        vec![
            Do::Call("1", "slow", "{}"),
            Do::Call("2", "unknown", "{}"),
            Do::Call("3", "slow", "[]"),
        ],
        vec![Do::Say("done")],
    ]);
    let tools = registry(vec![Box::new(slow(&diary, "slow", 1))]);
    let done = run(&ToolLoop::new(script, tools)).await;
    assert_eq!(done.outcome.unwrap().tool_calls, 1);
}
