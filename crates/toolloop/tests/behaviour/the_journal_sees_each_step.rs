use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{
    EngineError, ErrorKind, Phase, RunContext, RunJournal, RunStatus, ToolEffect,
};
use geppetto_toolloop::ToolLoop;
use geppetto_turns::{InferenceResult, ToolUse, Turn};

use crate::support::*;

/// Records each step; fails at one.
struct Notes(Diary, &'static str);

impl Notes {
    fn step(&self, line: String) -> Result<(), EngineError> {
        let fails = line.starts_with(self.1) && !self.1.is_empty();
        self.0.note(line);
        if fails {
            return Err(EngineError::new(ErrorKind::Other, "the disk is full"));
        }
        Ok(())
    }
}

#[async_trait]
impl RunJournal for Notes {
    async fn run_started(&self, _: &RunContext, turn: &Turn) -> Result<(), EngineError> {
        self.step(format!("run_started {}", turn.blocks.len()))
    }

    async fn before_provider_call(&self, _: &RunContext, turn: &Turn) -> Result<(), EngineError> {
        self.step(format!("before_provider_call {}", turn.blocks.len()))
    }

    async fn after_provider_call(
        &self,
        _: &RunContext,
        turn: &Turn,
        result: Result<&InferenceResult, &EngineError>,
    ) -> Result<(), EngineError> {
        let result = result.map_or("failed", |own| own.finish_class.as_str());
        self.step(format!(
            "after_provider_call {} {result}",
            turn.blocks.len()
        ))
    }

    async fn before_tool(
        &self,
        _: &RunContext,
        effect: &ToolEffect<'_>,
    ) -> Result<(), EngineError> {
        self.step(format!("before_tool {}", effect.call.id))
    }

    async fn after_tool(
        &self,
        _: &RunContext,
        effect: &ToolEffect<'_>,
        answer: &ToolUse,
    ) -> Result<(), EngineError> {
        let id = &effect.call.id;
        self.step(format!("after_tool {id} {}", answer.output()))
    }

    async fn run_ended(
        &self,
        _: &RunContext,
        turn: &Turn,
        status: &RunStatus,
    ) -> Result<(), EngineError> {
        self.step(format!("run_ended {} {status:?}", turn.blocks.len()))
    }
}

async fn noted(fails_at: &'static str) -> (Done, Vec<String>) {
    let diary = Diary::default();
    let tools = registry(vec![Box::new(slow(&diary, "slow", 10))]);
    let script = Script::new([
        vec![Do::Call("a", "slow", "{}"), Do::Call("b", "nowhere", "{}")],
        vec![Do::Break(ErrorKind::Truncated)],
        vec![Do::Say("ok")],
    ]);
    let (ctx, sink) = context();
    let shown = diary.clone();
    let hook = move |_: &RunContext, turn: &Turn, phase: Phase| {
        shown.note(format!("[{}] {}", phase.as_str(), turn.blocks.len()));
    };
    let ctx = ctx
        .with_journal(Arc::new(Notes(diary.clone(), fails_at)))
        .with_snapshot_hook(Arc::new(hook));
    let done = run_in(&ToolLoop::new(script, tools), &ctx, &sink).await;
    (done, diary.lines())
}

#[tokio::test(start_paused = true)]
async fn in_order() {
    let (done, lines) = noted("").await;
    assert!(done.outcome.is_ok());
    assert_eq!(
        lines,
        [
            "run_started 1",
            "before_provider_call 1",
            "[pre_inference] 1",
            "after_provider_call 3 tool_calls_pending",
            "[post_inference] 3",
            "before_tool a",
            "after_tool b Error: unknown tool `nowhere`; there are: slow",
            "+a",
            "-a",
            "after_tool a done a",
            "[post_tools] 5",
            "before_provider_call 5",
            "[pre_inference] 5",
            "after_provider_call 6 failed",
            "before_provider_call 5",
            "[pre_inference] 5",
            "after_provider_call 6 completed",
            "[post_inference] 6",
            "[final] 6",
            "run_ended 6 Finished",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn and_what_it_cannot_write_down_does_not_happen() {
    for (step, last, answers) in [
        ("run_started", "run_started", 0),
        ("before_provider_call 1", "before_provider_call", 0),
        ("after_provider_call 3", "after_provider_call", 2),
        ("before_tool", "after_tool b", 2),
        ("after_tool b", "-a", 2),
    ] {
        let (done, lines) = noted(step).await;
        let error = done.outcome.as_ref().unwrap_err();
        assert_eq!(error.to_string(), "the disk is full");
        assert_eq!(done.answers().len(), answers, "{step}");
        let end = &lines[lines.len() - 2..];
        assert!(end[0].starts_with("[final]"), "{lines:?}");
        assert!(end[1].starts_with("run_ended") && end[1].contains("Failed"));
        let before = lines[..lines.len() - 2].last().unwrap();
        assert!(
            before.starts_with(last)
                || before.starts_with(step)
                || before.starts_with("after_tool"),
            "{step}: {lines:?}"
        );
        if step == "before_tool" {
            assert!(!lines.contains(&"+a".to_owned()));
            let not_run = "Error: not run: another tool call ended the run";
            assert_eq!(done.answers()[0].1, not_run);
        }
    }
}
