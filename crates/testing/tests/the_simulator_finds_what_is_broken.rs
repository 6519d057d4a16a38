//! Runs that violate a guarantee are detected, and the failure describes how to reproduce it.

#![allow(clippy::unwrap_used, reason = "a test's helpers panic too")]

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use geppetto_engine::{
    BuiltRun, EngineBuilder, EngineError, InferenceRunner, Middleware, Next, RunContext, RunReport,
};
use geppetto_testing::{
    Script,
    simulate::{Case, Cut, Report, Seam, Setup, World},
};
use geppetto_turns::{Args, Block, InferenceResult, ToolCall, Turn};
use tokio::time::sleep;

/// Applies the function to a run.
struct Does<F>(F);

#[async_trait]
impl<F> Middleware for Does<F>
where
    F: Fn(&mut Turn) -> Duration + Send + Sync,
{
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        let outcome = next.run(ctx, turn).await;
        sleep((self.0)(turn)).await;
        outcome
    }
}

fn case<F>(middleware: F) -> Case
where
    F: Fn(&mut Turn) -> Duration + Copy + Send + Sync + 'static,
{
    Case::new("broken", move |world: &World| {
        let wait = Duration::from_millis(5);
        let script = Script::new().text("one ").wait(wait).text("two");
        let engine = world.scripted([script], [Script::new().text("three")]);
        Ok(Setup::new(
            world.builder(engine).middleware(Does(middleware)),
        ))
    })
}

/// Returns the problems of all recorded failures, after checking that their cuts reproduce them.
fn found(case: &Case, report: &Report) -> String {
    let mut all = String::new();
    for failure in &report.failures {
        let cut: Cut = failure.cut.parse().unwrap();
        let again = case.replay(failure.seed, cut);
        assert_eq!(again.failures.first(), Some(failure));
        all.push_str(&failure.to_string());
    }
    assert_eq!(report.failed > 0, !all.is_empty());
    all
}

#[test]
fn a_run_that_does_nothing_wrong_has_no_failures() {
    let case = case(|_| Duration::ZERO);
    let report = case.simulate(1);
    report.assert_clean();
    let tried = report.total();
    assert!(tried.cuts > 10 && tried.faults > 10, "{tried:?}");
}

#[test]
fn a_call_that_nobody_answers_is_found() {
    let case = case(|turn| {
        turn.push(Block::tool_call(ToolCall::new(
            "c1",
            "lost",
            Args::default(),
        )));
        Duration::ZERO
    });
    let found = found(&case, &case.simulate(1));
    assert!(found.contains("calls without an answer: c1"), "{found}");
}

#[test]
fn text_that_is_lost_is_found() {
    let case = case(|turn| {
        turn.blocks.truncate(1);
        Duration::ZERO
    });
    let found = found(&case, &case.simulate(1));
    assert!(
        found.contains(r#"text shown ["one two"], but kept []"#),
        "{found}"
    );
}

#[test]
fn a_request_that_no_provider_takes_is_found() {
    let case = case(|turn| {
        let image = geppetto_turns::ImagePart::url("not a url");
        turn.push_user("look", [image]);
        Duration::ZERO
    });
    let found = found(&case, &case.simulate(1));
    assert!(found.contains("a provider would refuse"), "{found}");
}

/// A runner that always reports a failure.
struct Stubborn(Arc<dyn EngineBuilder>);

#[async_trait]
impl InferenceRunner for Stubborn {
    async fn run(&self, ctx: &RunContext, turn: &mut Turn) -> Result<RunReport, EngineError> {
        let outcome = self.0.build(ctx.clone()).await?.run(turn).await;
        outcome.and(Err(EngineError::new(
            geppetto_engine::ErrorKind::Other,
            "never mind",
        )))
    }
}

#[async_trait]
impl EngineBuilder for Stubborn {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        Ok(BuiltRun::new(ctx, Arc::new(Self(Arc::clone(&self.0)))))
    }
}

#[test]
fn a_next_prompt_that_does_not_finish_is_found() {
    let case = Case::new("stubborn", |world: &World| {
        let engine = world.scripted([Script::new().text("a")], [Script::new().text("b")]);
        Ok(Setup::new(Stubborn(Arc::new(world.builder(engine)))))
    });
    let report = case.replay(1, Cut::Error(Seam::Engine, 0));
    let found = found(&case, &report);
    assert!(found.contains("the next run did not finish"), "{found}");
}
