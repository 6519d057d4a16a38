use geppetto_engine::{RunStop, ToolConfig};
use geppetto_toolloop::ToolLoop;
use geppetto_turns::Usage;
use tokio::time::Instant;

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn tools_run_side_by_side_and_are_answered_in_order() {
    let diary = Diary::default();
    let script = Script::new([
        vec![
            Do::Think("hm"),
            Do::Say("Let me see. "),
            Do::Call("a", "long", "{}"),
            Do::Call("b", "short", "{}"),
            Do::Call("c", "middle", ""),
        ],
        vec![Do::Say("All done.")],
    ]);
    let tools = registry(vec![
        Box::new(slow(&diary, "long", 300)),
        Box::new(slow(&diary, "short", 100)),
        Box::new(slow(&diary, "middle", 200)),
    ]);
    let started = Instant::now();
    let done = run(&ToolLoop::new(script, tools)).await;
    assert_eq!(started.elapsed(), ms(300));
    assert_eq!(diary.lines(), ["+a", "+b", "+c", "-b", "-c", "-a"]);
    assert_eq!(
        done.answers(),
        pairs(&[("a", "done a"), ("b", "done b"), ("c", "done c")])
    );
    assert_eq!(
        done.tool_events(),
        [
            "start a {}",
            "start b {}",
            "start c ",
            "success b done b",
            "finish b",
            "success c done c",
            "finish c",
            "success a done a",
            "finish a",
        ]
    );
    assert_eq!(done.turn.assistant_text(), "Let me see. All done.");
    let report = done.outcome.unwrap();
    assert_eq!(report.stop, RunStop::Finished);
    assert_eq!(report.usage, Usage::new(20, 10));
    assert_eq!((report.provider_calls, report.tool_calls), (2, 3));
    assert_eq!(report.result.finish_class.as_str(), "completed");
}

#[tokio::test(start_paused = true)]
async fn no_more_run_at_once_than_the_configuration_says() {
    for limit in [1, 2, 5] {
        let diary = Diary::default();
        let calls = ["a", "b", "c", "d", "e", "f", "g"].map(|id| Do::Call(id, "slow", "{}"));
        let script = Script::new([calls.to_vec(), vec![Do::Say("ok")]]);
        let mut config = ToolConfig::default();
        config.max_parallel_tools = limit;
        let tools = registry(vec![Box::new(slow(&diary, "slow", 10))]);
        let done = run(&ToolLoop::new(script, tools).with_config(config)).await;
        assert_eq!(diary.most_at_once(), limit as usize);
        assert_eq!(done.answers().len(), 7);
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_that_comes_again_in_a_later_reply_is_another_call() {
    let diary = Diary::default();
    let script = Script::new([
        vec![Do::Call("call_0", "slow", "{}")],
        vec![Do::Call("call_0", "slow", "{}")],
        vec![Do::Say("ok")],
    ]);
    let keys = diary.clone();
    let tool = geppetto_toolloop::raw_tool_fn(
        "slow",
        "",
        any(),
        move |_: serde_json::Value, ctx: geppetto_toolloop::ToolContext| {
            keys.note(ctx.idempotency_key);
            async { Ok::<_, geppetto_toolloop::ToolError>("x") }
        },
    );
    let done = run(&ToolLoop::new(script, registry(vec![Box::new(tool)]))).await;
    assert_eq!(done.answers(), pairs(&[("call_0", "x"), ("call_0", "x")]));
    let keys = diary.lines();
    assert_eq!(keys[1], format!("{}#2", keys[0]));
    assert!(keys[0].starts_with("session:turn:call_0:"), "{keys:?}");
}
