//! One simulated session: a disturbed run, and an undisturbed one after it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use geppetto_events::{Event, MemorySink, Subscription};
use geppetto_session::{
    ExecutionHandle, Prompt, RunOutcome, Session, SessionError, SessionSnapshot,
};
use geppetto_turns::Block;
use tokio::{
    runtime::{self, Runtime},
    time::{Instant, sleep, timeout},
};

use super::{
    Case, Cut, Setup, Step, World, case::SetupError, observation::Recorder, runner::Watched,
    wire::Probe,
};

#[cfg(test)]
mod tests;

/// Observations of a simulated session.
pub(super) struct Observed {
    pub(super) world: World,
    pub(super) setup: Setup,
    pub(super) session: Session,
    pub(super) first: Ran,
    pub(super) next: Ran,
    /// All events of both runs.
    pub(super) events: Vec<Event>,
    /// Events and snapshots of both runs.
    pub(super) recorder: Recorder,
    /// Events received by the slow reader.
    pub(super) read: Option<Vec<Event>>,
    /// Refusals of a request after the first run.
    pub(super) refusals: Vec<String>,
}

/// Observations of one run.
pub(super) struct Ran {
    /// Id of the run, or the error that prevented its start.
    pub(super) started: Result<String, SessionError>,
    /// Outcome of the run; `None` if it never ended.
    pub(super) outcome: Option<Arc<RunOutcome>>,
    /// Time at which `wait` returned.
    pub(super) waited: Instant,
    /// State of the session right afterwards.
    pub(super) running: bool,
    pub(super) snapshot: SessionSnapshot,
}

/// Longer than any run of a case takes.
const FOREVER: Duration = Duration::from_secs(7 * 24 * 3600);

/// Simulates a session. Returns an error if it could not be built, or panicked.
pub(super) fn drive(
    case: &Case,
    seed: u64,
    cut: Cut,
    probe: &Probe,
) -> Result<Observed, SetupError> {
    let driven = catch_unwind(AssertUnwindSafe(|| drive_session(case, seed, cut, probe)));
    driven.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        let text = text.unwrap_or("without a message");
        Err(format!("a panic reached the application: {text}").into())
    })
}

fn drive_session(case: &Case, seed: u64, cut: Cut, probe: &Probe) -> Result<Observed, SetupError> {
    let world = World::new(seed, cut);
    let events = Arc::new(MemorySink::new());
    let recorder = Recorder::default();
    let runtime = paused_runtime()?;
    let (setup, session, reader, run) = runtime.block_on(async {
        let setup = case.setup(&world)?;
        let builder = Watched {
            builder: Arc::clone(&setup.builder),
            world: world.clone(),
            events: Arc::clone(&events),
            recorder: recorder.clone(),
        };
        let session = Session::builder(builder)
            .id("simulated")
            .ids(world.ids())
            .history(setup.history.iter().cloned())
            .build();
        let reader = setup.slow_reader.then(|| session.subscribe());
        world.attach(&session);
        let first = match setup.history.is_empty() {
            true => session.prompt(&*setup.prompt),
            false => session.answer(setup.decisions.iter().cloned()),
        };
        let run = begin(first, Some(&world)).await;
        Ok::<_, SetupError>((setup, session, reader, run))
    })?;
    // If the runtime is shut down, the run ends with it, and the session continues in another one.
    let runtime = match cut {
        Cut::Shutdown(_) if !run.ended => {
            drop(runtime);
            paused_runtime()?
        }
        _ => runtime,
    };
    runtime.block_on(async {
        let first = run.end(&session).await;
        first.record(&recorder);
        world.go_on();
        let refusals = next_requests(&session, &setup, probe).await;
        let next = begin(session.prompt(&*setup.next_prompt), None).await;
        let next = next.end(&session).await;
        next.record(&recorder);
        let read = read_slowly(reader, &world).await;
        Ok(Observed {
            world,
            setup,
            session,
            first,
            next,
            events: events.take(),
            recorder,
            read,
            refusals,
        })
    })
}

fn paused_runtime() -> Result<Runtime, SetupError> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    Ok(runtime)
}

/// A started run.
struct Begun {
    handle: Result<ExecutionHandle, SessionError>,
    ended: bool,
    waited: Instant,
}

async fn begin(prompt: Prompt, cut: Option<&World>) -> Begun {
    let handle = prompt.submit().await;
    let mut ended = true;
    if let Ok(handle) = &handle {
        tokio::select! {
            biased;
            () = shut_down(cut) => ended = false,
            outcome = timeout(FOREVER, handle.outcome()) => ended = outcome.is_ok(),
        }
    }
    Begun {
        handle,
        ended,
        waited: Instant::now(),
    }
}

impl Ran {
    fn record(&self, recorder: &Recorder) {
        if let (Ok(_), Some(outcome)) = (&self.started, &self.outcome) {
            recorder.add(Step::End(outcome.turn.clone()));
        }
    }
}

async fn shut_down(cut: Option<&World>) {
    match cut {
        Some(world) => world.shut_down().await,
        None => std::future::pending().await,
    }
}

impl Begun {
    async fn end(self, session: &Session) -> Ran {
        // Taken immediately: everything must be right as soon as `wait` returns.
        let (running, snapshot) = (session.is_running(), session.snapshot());
        let (started, outcome) = match self.handle {
            Ok(handle) => {
                // A finished run returns its outcome at once.
                let outcome = timeout(Duration::ZERO, handle.outcome()).await.ok();
                (Ok(handle.id().to_owned()), outcome)
            }
            Err(error) => (Err(error), None),
        };
        Ran {
            started,
            outcome,
            waited: self.waited,
            running,
            snapshot,
        }
    }
}

/// Returns the refusals of providers of either wire when the next prompt is sent after the first
/// run.
async fn next_requests(session: &Session, setup: &Setup, probe: &Probe) -> Vec<String> {
    let mut turn = session.latest().unwrap_or_default();
    turn.push(Block::user(setup.next_prompt.as_str()));
    probe.refusals(&turn).await
}

/// Reads the available events, with waits in between.
async fn read_slowly(reader: Option<Subscription>, world: &World) -> Option<Vec<Event>> {
    let mut reader = reader?;
    let mut events = Vec::new();
    while let Some(event) = reader.try_next() {
        events.extend(event.into_event());
        sleep(world.delay(Duration::from_millis(3))).await;
    }
    Some(events)
}
