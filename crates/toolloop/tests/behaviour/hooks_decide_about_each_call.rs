use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use geppetto_engine::{RunContext, ToolConfig};
use geppetto_events::{
    EventKind,
    kind::{ToolExecutionStarted, ToolResultReady},
};
use geppetto_toolloop::{
    FailedToolAttempt, Rejection, Tool, ToolError, ToolExecutor, ToolLoop, raw_tool_fn,
};
use geppetto_turns::{Args, ToolCall};
use serde_json::Value;

use crate::support::*;

/// Overrides every hook.
struct Everything(Diary);

#[async_trait]
impl ToolExecutor for Everything {
    async fn pre_execute(&self, _: &RunContext, call: &ToolCall) -> Result<Args, Rejection> {
        self.0.note(format!("pre_execute {}", call.id));
        match call.args.as_str() {
            "{}" => Ok(Args::from(r#"{"n": 2}"#)),
            r#"{"bad":1}"# => Err(Rejection::new("this looks bad")),
            _ => Ok(call.args.clone()),
        }
    }

    async fn is_allowed(
        &self,
        _: &RunContext,
        call: &ToolCall,
        tool: &dyn Tool,
    ) -> Result<(), Rejection> {
        self.0
            .note(format!("is_allowed {} {}", call.id, call.args.as_str()));
        if tool.definition().name == "forbidden" {
            return Err(Rejection::new("ask the user first"));
        }
        Ok(())
    }

    fn mask_arguments(&self, call: &ToolCall, tool: Option<&dyn Tool>) -> String {
        self.0
            .note(format!("mask_arguments {} {}", call.id, tool.is_some()));
        "masked".to_owned()
    }

    fn publish_start(&self, _: &RunContext, event: &mut ToolExecutionStarted) {
        self.0.note(format!("publish_start {}", event.tool_call_id));
        event.input.push('!');
        event.tool_call_id = "forged".to_owned();
    }

    fn publish_result(&self, _: &RunContext, event: &mut ToolResultReady) {
        self.0
            .note(format!("publish_result {}", event.tool_call_id));
        event.result.push('?');
        event.tool_call_id = "forged".to_owned();
    }

    fn should_retry(&self, attempt: &FailedToolAttempt<'_>) -> Option<Duration> {
        self.0.note(format!(
            "should_retry {} {}",
            attempt.attempt, attempt.failure
        ));
        (attempt.attempt == 1).then_some(Duration::from_millis(7))
    }

    fn max_parallel(&self, _: &ToolConfig) -> usize {
        1
    }
}

#[tokio::test(start_paused = true)]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn all_of_them_are_asked_in_their_order() {
    let diary = Diary::default();
    let notes = diary.clone();
    let twice = raw_tool_fn("twice", "", any(), move |args: Value| {
        notes.note(format!("twice {args}"));
        async { Err::<(), _>(ToolError::new("no")) }
    });
    let tools = registry(vec![
        Box::new(twice),
        Box::new(slow(&diary, "forbidden", 1)),
        Box::new(slow(&diary, "slow", 1)),
    ]);
    let script = Script::new([
        vec![
            Do::Call("1", "twice", "{}"),
            Do::Call("2", "slow", r#"{"bad":1}"#),
            Do::Call("3", "forbidden", "[]"),
            Do::Call("4", "nowhere", "[]"),
        ],
        vec![Do::Say("ok")],
    ]);
    let tool_loop = ToolLoop::new(script, tools).with_executor(Arc::new(Everything(diary.clone())));
    let done = run(&tool_loop).await;
    assert_eq!(
        diary.lines(),
        [
            "pre_execute 1",
            r#"is_allowed 1 {"n": 2}"#,
            "mask_arguments 1 true",
            "publish_start 1",
            r#"twice {"n":2}"#,
            "should_retry 1 no",
            r#"twice {"n":2}"#,
            "should_retry 2 no",
            "publish_result 1",
            "pre_execute 2",
            "mask_arguments 2 true",
            "publish_start 2",
            "publish_result 2",
            "pre_execute 3",
            "is_allowed 3 []",
            "mask_arguments 3 true",
            "publish_start 3",
            "publish_result 3",
            "pre_execute 4",
            "mask_arguments 4 false",
            "publish_start 4",
            "publish_result 4",
        ]
    );
    assert_eq!(
        done.answers(),
        pairs(&[
            ("1", "(run with other arguments: masked)\nError: no"),
            ("2", "Error: rejected: this looks bad"),
            ("3", "Error: not allowed: ask the user first"),
            (
                "4",
                "Error: unknown tool `nowhere`; there are: forbidden, slow, twice"
            ),
        ])
    );
    // Changes of the ids by a hook are ignored; the history keeps the model's arguments.
    assert_eq!(
        &done.tool_events()[..3],
        ["start 1 masked!", "error 1 Error: no?", "finish 1"]
    );
    assert_eq!(done.turn.tool_calls().next().unwrap().args.as_str(), "{}");
    // Readers of the turn see what readers of the events saw.
    let answer = done.turn.tool_answer("1").unwrap();
    assert_eq!(answer.shown_output(), "Error: no?");
    let durations = done.events.iter().filter_map(|own| match &own.kind {
        EventKind::ToolCallFinished(own) => Some(own.duration_ms),
        _ => None,
    });
    let durations: Vec<Option<u64>> = durations.collect();
    assert_eq!(durations, [Some(7), None, None, None]);
}

/// Lets a call wait for a person.
struct Asks;

#[async_trait]
impl ToolExecutor for Asks {
    async fn is_allowed(
        &self,
        _: &RunContext,
        _: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_a_hook_has_not_run() {
    let diary = Diary::default();
    let tools = registry(vec![Box::new(slow(&diary, "slow", 1))]);
    let script = Script::new([vec![Do::Call("1", "slow", "{}")]]);
    let tool_loop = ToolLoop::new(script, tools).with_executor(Asks);
    let (ctx, sink) = context();
    let canceller = ctx.clone();
    tokio::spawn(async move {
        tokio::time::sleep(ms(10)).await;
        canceller.cancel();
    });
    let done = run_in(&tool_loop, &ctx, &sink).await;
    assert_eq!(
        done.answers(),
        pairs(&[("1", "Error: not run: the run was cancelled")])
    );
    assert_eq!(diary.lines(), Vec::<String>::new());
}
