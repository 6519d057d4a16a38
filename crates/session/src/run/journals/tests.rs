use std::sync::Mutex;

use geppetto_engine::{ErrorKind, Persister, StoreError};
use geppetto_turns::{Block, ToolCall};

use super::*;

type Calls = Arc<Mutex<Vec<String>>>;

/// Notes each step, and fails it if told to.
struct Log(&'static str, Calls, bool);

impl Log {
    fn note(&self, step: &str) -> Result<(), EngineError> {
        self.1.lock().unwrap().push(format!("{} {step}", self.0));
        match self.2 {
            true => Err(EngineError::new(ErrorKind::Other, "the disk is full")),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl RunJournal for Log {
    async fn run_started(&self, _: &RunContext, _: &Turn) -> Result<(), EngineError> {
        self.note("run_started")
    }

    async fn before_provider_call(&self, _: &RunContext, _: &Turn) -> Result<(), EngineError> {
        self.note("before_provider_call")
    }

    async fn after_provider_call(
        &self,
        _: &RunContext,
        _: &Turn,
        _: Result<&InferenceResult, &EngineError>,
    ) -> Result<(), EngineError> {
        self.note("after_provider_call")
    }

    async fn before_tool(&self, _: &RunContext, _: &ToolEffect<'_>) -> Result<(), EngineError> {
        self.note("before_tool")
    }

    async fn tool_waits(
        &self,
        _: &RunContext,
        _: &ToolEffect<'_>,
        _: &PendingCall,
    ) -> Result<(), EngineError> {
        self.note("tool_waits")
    }

    async fn after_tool(
        &self,
        _: &RunContext,
        _: &ToolEffect<'_>,
        _: &ToolUse,
    ) -> Result<(), EngineError> {
        self.note("after_tool")
    }

    async fn run_withdrawn(&self, _: &RunContext, _: &Turn) -> Result<(), EngineError> {
        self.note("run_withdrawn")
    }

    async fn run_ended(&self, _: &RunContext, _: &Turn, _: &RunStatus) -> Result<(), EngineError> {
        self.note("run_ended")
    }
}

#[async_trait]
impl Persister for Log {
    async fn persist(&self, _: &Turn, _: &RunStatus) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Calls all steps of both journals; returns the steps that succeeded, and the calls.
async fn steps(first_fails: bool) -> (Vec<&'static str>, Vec<String>) {
    let calls = Calls::default();
    let second = Log("second", Arc::clone(&calls), false);
    let ctx = RunContext::new().with_journal(Arc::new(second));
    let first = Log("first", Arc::clone(&calls), first_fails);
    let ctx = journaled(ctx, Arc::new(first));
    let journal = ctx.journal().unwrap();
    let (turn, result) = (Turn::default(), InferenceResult::default());
    let call = ToolCall::new("a", "add", "{}");
    let effect = ToolEffect::new(&call, "key", false);
    let waiting = PendingCall::new("a", "add", "{}", "May I?");
    let answer = Block::tool_result("a", "3");
    let answer = answer.as_tool_use().unwrap();
    let outcomes = [
        ("run_started", journal.run_started(&ctx, &turn).await),
        (
            "before_provider_call",
            journal.before_provider_call(&ctx, &turn).await,
        ),
        (
            "after_provider_call",
            journal.after_provider_call(&ctx, &turn, Ok(&result)).await,
        ),
        ("before_tool", journal.before_tool(&ctx, &effect).await),
        (
            "tool_waits",
            journal.tool_waits(&ctx, &effect, &waiting).await,
        ),
        (
            "after_tool",
            journal.after_tool(&ctx, &effect, answer).await,
        ),
        ("run_withdrawn", journal.run_withdrawn(&ctx, &turn).await),
        (
            "run_ended",
            journal.run_ended(&ctx, &turn, &RunStatus::Finished).await,
        ),
    ];
    let succeeded = outcomes.into_iter().filter(|(_, own)| own.is_ok());
    let succeeded = succeeded.map(|(step, _)| step).collect();
    let calls = std::mem::take(&mut *calls.lock().unwrap());
    (succeeded, calls)
}

#[tokio::test]
async fn each_step_is_told_to_both_in_order() {
    let (steps, calls) = steps(false).await;
    assert_eq!(steps.len(), 8);
    let expected: Vec<String> = steps
        .iter()
        .flat_map(|step| [format!("first {step}"), format!("second {step}")])
        .collect();
    assert_eq!(calls, expected);
}

#[tokio::test]
async fn a_step_that_the_first_refuses_fails_and_is_not_told_to_the_second() {
    let (succeeded, calls) = steps(true).await;
    assert_eq!(succeeded, [""; 0]);
    assert_eq!(calls.len(), 8);
    assert!(
        calls.iter().all(|own| own.starts_with("first ")),
        "{calls:?}"
    );
}
