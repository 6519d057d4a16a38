//! A counting runner, and the set-up of the scheduler.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use geppetto_engine::{
    BuiltRun, EngineBuilder, EngineError, Finish, InferenceRunner, JoiningInput, ResponseWriter,
    RunContext, RunJournal, RunReport, RunStatus, SeededIds, StoreError, steps,
};
use geppetto_turns::{InferenceResult, Turn};
use shuttle::{
    Config, Runner,
    scheduler::{PctScheduler, RandomScheduler},
};

use crate::{BusyPolicy, Session};

fn number(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Runs a scenario under many schedules: half of them random, half with few changes of priority,
/// which find most races.
pub(super) fn explore<F: Future<Output = ()> + 'static>(
    scenario: impl Fn() -> F + Send + Sync + Clone + 'static,
) {
    let iterations = usize::try_from(number("SHUTTLE_ITERATIONS", 300)).unwrap();
    let seed = number("SHUTTLE_SEED", 1);
    // The clock is paused: nothing here depends on time.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let body = move || shuttle::future::block_on(scenario());
    let random = RandomScheduler::new_from_seed(seed, iterations.div_ceil(2));
    // The default is too small for unoptimized code that builds and starts a run in one step.
    let mut config = Config::new();
    config.stack_size = 0x4_0000;
    Runner::new(random, config.clone()).run(body.clone());
    let pct = PctScheduler::new_from_seed(seed, 3, iterations.div_ceil(2));
    Runner::new(pct, config).run(body);
}

/// Record of a scenario, written by the runner.
#[derive(Clone, Default)]
pub(super) struct Counts {
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    stored: Arc<Mutex<Vec<String>>>,
}

impl Counts {
    /// Returns the maximum number of concurrent runs.
    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    /// Returns the prompts of the stored turns, in order.
    pub(super) fn stored(&self) -> Vec<String> {
        self.stored.lock().unwrap().clone()
    }

    pub(super) fn session(&self, policy: BusyPolicy) -> Session {
        Session::builder(Counting(self.clone()))
            .id("s")
            .ids(Arc::new(SeededIds::new(1)))
            .busy_policy(policy)
            .build()
    }
}

/// Replies "xx" to every prompt, and to the messages that join, and yields wherever it can.
struct Counting(Counts);

async fn reply(ctx: &RunContext, turn: &mut Turn) -> Result<InferenceResult, EngineError> {
    let mut reply = ResponseWriter::start(ctx, turn, "test", "counting");
    let text = reply.open_text();
    for _ in 0..2 {
        reply.push(text, "x");
        shuttle::future::yield_now().await;
        if ctx.is_cancelled() {
            return Err(reply.fail(EngineError::cancelled(), Finish::default()));
        }
    }
    Ok(reply.finish(Finish::completed()))
}

/// A journal that yields before it records a message that joins.
struct Yields;

#[async_trait]
impl RunJournal for Yields {
    async fn input_joins(
        &self,
        _: &RunContext,
        _: &Turn,
        _: &[JoiningInput],
    ) -> Result<(), EngineError> {
        shuttle::future::yield_now().await;
        Ok(())
    }
}

struct Leave(Arc<AtomicUsize>);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl InferenceRunner for Counting {
    async fn run(&self, ctx: &RunContext, turn: &mut Turn) -> Result<RunReport, EngineError> {
        let now = self.0.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most.fetch_max(now, Ordering::SeqCst);
        let _leave = Leave(Arc::clone(&self.0.running));
        loop {
            let result = reply(ctx, turn).await?;
            let asked = turn.blocks.len();
            steps::join_input(ctx, turn).await?;
            if turn.blocks.len() == asked {
                return Ok(RunReport::single(result, ctx.total_usage()));
            }
        }
    }

    async fn persist(&self, _: &RunContext, turn: &Turn, _: &RunStatus) -> Result<(), StoreError> {
        shuttle::future::yield_now().await;
        let prompt = crate::history::last_prompt(turn).to_owned();
        self.0.stored.lock().unwrap().push(prompt);
        Ok(())
    }
}

#[async_trait]
impl EngineBuilder for Counting {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        shuttle::future::yield_now().await;
        let ctx = ctx.with_journal(Arc::new(Yields));
        Ok(BuiltRun::new(ctx, Arc::new(Self(self.0.clone()))))
    }
}
