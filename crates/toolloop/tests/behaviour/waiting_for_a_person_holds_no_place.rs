use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{RunContext, ToolConfig};
use geppetto_events::EventKind;
use geppetto_toolloop::{Rejection, Tool, ToolExecutor, ToolLoop};
use geppetto_turns::{Args, ToolCall};
use tokio::time::{Instant, sleep};

use crate::support::*;

type Verdict = fn(&RunContext) -> Result<(), Rejection>;

/// Calls of `asks` wait 1 s for a person; `verdict` decides about those of `guarded`.
struct Person {
    diary: Diary,
    verdict: Verdict,
}

#[async_trait]
impl ToolExecutor for Person {
    async fn is_allowed(
        &self,
        ctx: &RunContext,
        call: &ToolCall,
        tool: &dyn Tool,
    ) -> Result<(), Rejection> {
        match tool.definition().name.as_str() {
            "asks" => {
                self.diary.note(format!("asked {}", call.id));
                sleep(ms(1000)).await;
                Ok(())
            }
            "guarded" => (self.verdict)(ctx),
            _ => Ok(()),
        }
    }
}

fn tool_loop(script: Arc<Script>, diary: &Diary, verdict: Verdict) -> ToolLoop {
    let mut config = ToolConfig::default();
    config.max_parallel_tools = 1;
    let tools = registry(vec![
        Box::new(slow(diary, "asks", 10).timeout(ms(20))),
        Box::new(slow(diary, "slow", 100)),
        Box::new(slow(diary, "alone", 100).exclusive()),
        Box::new(slow(diary, "guarded", 100)),
    ]);
    let person = Person {
        diary: diary.clone(),
        verdict,
    };
    ToolLoop::new(script, tools)
        .with_config(config)
        .with_executor(person)
}

#[tokio::test(start_paused = true)]
async fn others_run_meanwhile_and_the_tools_time_begins_after_it() {
    let diary = Diary::default();
    let script = Script::new([
        vec![
            Do::Call("a", "asks", "{}"),
            Do::Call("b", "asks", "{}"),
            Do::Call("c", "slow", "{}"),
            Do::Call("d", "alone", "{}"),
        ],
        vec![Do::Say("ok")],
    ]);
    let started = Instant::now();
    let done = run(&tool_loop(script, &diary, |_| Ok(()))).await;
    assert_eq!(
        diary.lines(),
        [
            "asked a", "asked b", "+c", "-c", "+d", "-d", "+a", "-a", "+b", "-b"
        ]
    );
    // Both were asked at once, and then each ran for 10 ms, one after the other.
    assert_eq!(started.elapsed(), ms(1020));
    let expected = ["a", "b", "c", "d"].map(|id| (id.to_owned(), format!("done {id}")));
    assert_eq!(done.answers(), expected);
}

fn two_guarded() -> Arc<Script> {
    Script::new([vec![
        Do::Call("a", "slow", "{}"),
        Do::Call("b", "guarded", "{}"),
        Do::Call("c", "guarded", "{}"),
    ]])
}

#[tokio::test(start_paused = true)]
async fn a_hook_can_end_the_run_and_its_reason_is_kept() {
    let verdicts: [Verdict; 3] = [
        |_| Err(Rejection::new("this account is locked").ending_run()),
        |ctx| {
            ctx.cancel();
            Err(Rejection::new("this account is locked"))
        },
        |ctx| {
            ctx.cancel_because("this account is locked");
            Err(Rejection::new("this account is locked"))
        },
    ];
    for verdict in verdicts {
        let diary = Diary::default();
        let done = run(&tool_loop(two_guarded(), &diary, verdict)).await;
        let error = done.outcome.as_ref().unwrap_err();
        assert!(error.is_cancelled());
        let reason = "the run was cancelled: this account is locked";
        assert_eq!(error.to_string(), reason);
        let not_run = format!("Error: not run: {reason}");
        assert_eq!(
            done.answers(),
            pairs(&[
                ("a", "done a"),
                ("b", "Error: not allowed: this account is locked"),
                ("c", &not_run),
            ])
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_cancels_and_allows_ends_the_run_too() {
    let diary = Diary::default();
    let done = run(&tool_loop(two_guarded(), &diary, |ctx| {
        ctx.cancel();
        Ok(())
    }))
    .await;
    assert!(done.outcome.as_ref().unwrap_err().is_cancelled());
    assert_eq!(diary.lines(), ["+a", "-a"]);
    let not_run = "Error: not run: the run was cancelled";
    assert_eq!(
        done.answers()[1..],
        pairs(&[("b", not_run), ("c", not_run)])
    );
}

#[tokio::test(start_paused = true)]
async fn many_calls_may_wait_at_once() {
    let diary = Diary::default();
    let calls =
        (0..300).map(|n| Do::Call(Box::leak(format!("c{n}").into_boxed_str()), "asks", "{}"));
    let script = Script::new([calls.collect(), vec![Do::Say("ok")]]);
    let mut config = ToolConfig::default();
    config.max_parallel_tools = 2;
    let tool_loop = tool_loop(script, &diary, |_| Ok(())).with_config(config);
    let done = run(&tool_loop).await;
    let results = done.events.iter();
    let results = results.filter(|own| matches!(own.kind, EventKind::ToolResultReady(_)));
    assert_eq!(results.count(), 300);
    // 256 wait in addition to the two that may run.
    let lines = diary.lines();
    let asked = lines.iter().take_while(|own| own.starts_with("asked"));
    assert_eq!(asked.count(), 258);
    assert!(
        done.answers()
            .iter()
            .all(|(id, text)| *text == format!("done {id}"))
    );
}

/// Looks longer at calls of unknown tools.
struct Looks;

#[async_trait]
impl ToolExecutor for Looks {
    async fn pre_execute(&self, _: &RunContext, call: &ToolCall) -> Result<Args, Rejection> {
        let time = if call.name == "slow" { 10 } else { 20 };
        sleep(ms(time)).await;
        Ok(call.args.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_of_an_unknown_tool_needs_no_place() {
    let diary = Diary::default();
    let calls = vec![Do::Call("a", "slow", "{}"), Do::Call("b", "nowhere", "{}")];
    let script = Script::new([calls, vec![Do::Say("ok")]]);
    let done = run(&tool_loop(script, &diary, |_| Ok(())).with_executor(Looks)).await;
    let events = done.tool_events();
    let place = |line: &str| events.iter().position(|own| own == line).unwrap();
    assert!(place("finish b") < place("finish a"), "{events:?}");
}
