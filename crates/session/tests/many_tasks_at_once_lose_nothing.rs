//! Many tasks on many threads use all operations of sessions at once.
//!
//! By default one short round for each policy; `STRESS_SECONDS` runs as many long rounds as fit,
//! and `STRESS_SEED` selects different ones:
//!
//! ```sh
//! STRESS_SECONDS=60 cargo test -p geppetto-session \
//!     --test many_tasks_at_once_lose_nothing -- --nocapture
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test's helpers panic too, and the long round says what it did"
)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, Finish, ResponseWriter, RunContext, RunStatus};
use geppetto_events::SlowReaderPolicy;
use geppetto_session::{BusyPolicy, EngineRunner, ExecutionHandle, Session, SessionError};
use geppetto_turns::{BlockKind, InferenceResult, Turn, repair};
use tokio::time::Instant;

const TASKS: usize = 8;

/// Replies "x" a few times, and counts the concurrent inferences of its session.
#[derive(Clone, Default)]
struct Counting {
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    begun: Arc<AtomicUsize>,
}

struct Leave(Arc<AtomicUsize>);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Engine for Counting {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let now = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        self.begun.fetch_add(1, Ordering::SeqCst);
        let _leave = Leave(Arc::clone(&self.running));
        let mut reply = ResponseWriter::start(ctx, turn, "test", "counting");
        let text = reply.open_text();
        for _ in 0..3 {
            reply.push(text, "x");
            tokio::task::yield_now().await;
            if ctx.is_cancelled() {
                return Err(reply.fail(EngineError::cancelled(), Finish::default()));
            }
        }
        Ok(reply.finish(Finish::completed()))
    }
}

impl Counting {
    fn session(&self, policy: BusyPolicy) -> Session {
        Session::builder(EngineRunner::new(self.clone()))
            .busy_policy(policy)
            .build()
    }
}

fn last_prompt(turn: &Turn) -> Option<&str> {
    turn.last_of(BlockKind::User)?.text()
}

/// Actions of a task that must be found afterwards.
#[derive(Default)]
struct Did {
    runs: Vec<(Option<String>, ExecutionHandle)>,
    appended: usize,
}

struct Worker {
    name: usize,
    rng: fastrand::Rng,
    shared: Session,
    /// Only this task submits here, so submitting must always succeed.
    own: Session,
    /// Another task's own session, which this one disturbs.
    other: Session,
    did: Did,
}

impl Worker {
    async fn work(mut self, steps: usize) -> Did {
        for step in 0..steps {
            match self.rng.u8(0..12) {
                0..4 => self.submit(step).await,
                4 => self.start().await,
                5 => {
                    self.shared.cancel_active();
                    self.other.cancel_active();
                }
                6 => match self
                    .shared
                    .append_user_prompt(format!("note {}/{step}", self.name))
                {
                    Ok(_) => self.did.appended += 1,
                    Err(error) => assert!(matches!(error, SessionError::Busy { .. })),
                },
                7 => self.look(),
                8 => self.join().await,
                9 => {
                    if let Some(queued) = self.shared.queued().first() {
                        self.shared.remove_queued(&queued.run_id);
                    }
                }
                _ => self.take_turns().await,
            }
        }
        self.did
    }

    async fn submit(&mut self, step: usize) {
        let prompt = format!("{}/{step}", self.name);
        let run = match self.shared.submit(prompt.as_str()).await {
            Ok(run) => run,
            Err(SessionError::Busy { .. } | SessionError::QueueFull { .. }) => {
                return tokio::task::yield_now().await;
            }
            Err(error) => panic!("{error}"),
        };
        self.did.runs.push((Some(prompt), run.clone()));
        match self.rng.u8(0..4) {
            0 => run.cancel(),
            1 => return,
            _ => {}
        }
        run.outcome().await;
        assert!(run.is_finished());
    }

    async fn start(&mut self) {
        match self.shared.start_inference().await {
            Ok(run) => self.did.runs.push((None, run)),
            Err(SessionError::Busy { .. } | SessionError::Empty { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }

    /// Asserts that reads are consistent, and that no turn ever disappears.
    fn look(&mut self) {
        let snapshot = self.shared.snapshot();
        assert!(snapshot.turn_count <= self.shared.turn_count());
        assert_eq!(snapshot.turn.is_some(), snapshot.turn_count > 0);
        for event in &snapshot.events {
            assert_eq!(event.correlation.run_id, snapshot.running);
        }
        let Some(last) = snapshot.turn_count.checked_sub(1) else {
            return;
        };
        let index = self.rng.usize(0..=last);
        let fork = self.shared.fork_at(index).unwrap();
        assert_eq!(fork.turn_count(), index + 1);
        assert!(!fork.is_running());
        if let Some(active) = self.shared.active() {
            assert_eq!(active.session().id(), self.shared.id());
        }
    }

    async fn join(&mut self) {
        let (snapshot, mut tail) = self.other.join();
        let mut next = snapshot.seq + 1;
        while let Some(item) = tail.try_next() {
            let event = item.into_event().unwrap();
            assert_eq!(event.first_seq(), next);
            next = event.seq + 1;
        }
        drop(
            self.shared
                .subscribe_with(SlowReaderPolicy::Drop { max_behind: 1 }),
        );
    }

    /// After a run is over, observed in either way, the next submit succeeds.
    async fn take_turns(&mut self) {
        let run = self.own.submit("hi").await.unwrap();
        if self.rng.bool() {
            let mut events = run.events();
            let mut terminal = 0;
            while let Some(event) = events.next().await {
                terminal += usize::from(event.is_terminal());
            }
            assert_eq!(terminal, 1);
        } else {
            run.outcome().await;
        }
        assert!(!self.own.is_running());
        self.own.submit("again").await.unwrap().outcome().await;
    }
}

/// Runs a round: everything at once, then the invariants. Returns the number of runs.
async fn round(policy: BusyPolicy, seed: u64, steps: usize) -> usize {
    let engine = Counting::default();
    let shared = engine.session(policy);
    let owns: Vec<_> = (0..TASKS)
        .map(|_| Counting::default().session(BusyPolicy::Refuse))
        .collect();
    let tasks: Vec<_> = (0..TASKS)
        .map(|name| {
            let worker = Worker {
                name,
                rng: fastrand::Rng::with_seed(seed * 1000 + name as u64),
                shared: shared.clone(),
                own: owns[name].clone(),
                other: owns[(name + 1) % TASKS].clone(),
                did: Did::default(),
            };
            tokio::spawn(worker.work(steps))
        })
        .collect();
    let mut did = Did::default();
    for task in tasks {
        let own = task.await.unwrap();
        did.runs.extend(own.runs);
        did.appended += own.appended;
    }
    let runs = check(&shared, &engine, did).await;
    runs + owns.iter().map(Session::turn_count).sum::<usize>()
}

async fn check(session: &Session, engine: &Counting, did: Did) -> usize {
    let mut prompts = Vec::new();
    for (prompt, run) in &did.runs {
        // No handle is lost: each has its outcome.
        let outcome = run.outcome().await;
        let ran = prompt.as_deref() == last_prompt(&outcome.turn);
        match &outcome.status {
            // Removed from the queue, or cancelled while it ran.
            RunStatus::Cancelled => {}
            RunStatus::Finished => assert!(ran || prompt.is_none(), "{prompt:?}"),
            status => panic!("{status:?}"),
        }
        prompts.extend(prompt.clone().filter(|_| ran));
        assert_eq!(
            repair(&outcome.turn.blocks).len(),
            outcome.turn.blocks.len()
        );
    }
    assert!(!session.is_running() && session.queued().is_empty());
    assert_eq!(session.stream().violations(), []);
    assert!(
        engine.most.load(Ordering::SeqCst) <= 1,
        "two were active at once"
    );
    // A run that lost a race leaves no turn; a winner leaves a complete one.
    let turns = session.turns();
    assert_eq!(turns.len(), prompts.len() + did.appended);
    let mut found: Vec<_> = turns
        .iter()
        .map(|turn| last_prompt(turn).unwrap())
        .collect();
    found.retain(|prompt| !prompt.starts_with("note"));
    found.sort_unstable();
    prompts.sort_unstable();
    assert_eq!(found, prompts);
    for pair in turns.windows(2) {
        let (old, new) = (&pair[0].blocks, &pair[1].blocks);
        assert!(new.len() > old.len());
        assert!(Arc::ptr_eq(
            old.last().unwrap(),
            new.get(old.len() - 1).unwrap()
        ));
    }
    engine.begun.load(Ordering::SeqCst)
}

const POLICIES: [BusyPolicy; 3] = [
    BusyPolicy::Refuse,
    BusyPolicy::Queue { max: 5 },
    BusyPolicy::Replace,
];

fn number(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_each_policy() {
    let (seconds, first) = (number("STRESS_SECONDS", 0), number("STRESS_SEED", 1));
    let steps = if seconds == 0 { 150 } else { 1000 };
    let (began, mut seed, mut runs) = (Instant::now(), first, 0);
    loop {
        for policy in POLICIES {
            runs += round(policy, seed, steps).await;
        }
        seed += 1;
        if began.elapsed() >= Duration::from_secs(seconds) {
            break;
        }
    }
    let operations = (seed - first) * (POLICIES.len() * steps * TASKS) as u64;
    println!("from seed {first} on: {operations} operations, {runs} runs");
    assert!(runs > TASKS);
}
