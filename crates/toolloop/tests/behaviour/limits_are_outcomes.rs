use geppetto_engine::{InferenceRunner, Limit, RunStop, ToolConfig};
use geppetto_toolloop::ToolLoop;
use geppetto_turns::Incomplete;
use tokio::time::Instant;

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
    // The last round allowed may be the last word.
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
    // Just so many are fine.
    config.max_tool_calls = Some(1);
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
    // The second tool was done within its grace.
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
