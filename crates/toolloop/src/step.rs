//! [`StepController`]: pauses between the steps of a run.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use geppetto_engine::{RunContext, steps::stopped};
use geppetto_events::{EventKind, kind::DebuggerPause};
use tokio::{sync::oneshot, time::sleep};

/// Default maximum duration of a pause: 30 s.
pub const DEFAULT_PAUSE: Duration = Duration::from_secs(30);

/// Pauses the runs of selected sessions after each inference and after each round of tools.
///
/// Each pause publishes a `debugger.pause` event. It ends when it is
/// [continued](Self::continue_run), at its deadline, or with its run. It does not count towards the
/// time limit of the run. A controller is a cheap handle: clones share its state.
#[derive(Clone)]
pub struct StepController {
    shared: Arc<Mutex<Shared>>,
    deadline: Duration,
    at_deadline: AtDeadline,
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

#[derive(Default)]
struct Shared {
    enabled: HashSet<String>,
    /// Keyed by pause id.
    pauses: BTreeMap<String, Waiting>,
}

struct Waiting {
    pause: PendingPause,
    go_on: oneshot::Sender<()>,
}

/// Point at which a run pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PausePhase {
    /// The model requested tools, which have not run yet.
    AfterInference,
    /// The tools have run; the model has not been called again.
    AfterTools,
}

impl PausePhase {
    /// Returns the name used in events: `after_inference` or `after_tools`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AfterInference => "after_inference",
            Self::AfterTools => "after_tools",
        }
    }
}

/// Behaviour of a run when its pause reaches its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum AtDeadline {
    /// The run continues.
    #[default]
    Continue,
    /// The run ends with [`Limit::Pause`](geppetto_engine::Limit::Pause); all work is kept, and
    /// no further tool runs.
    Stop,
}

/// A pending pause.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingPause {
    /// The pause's id.
    pub pause_id: String,
    /// Session id; empty if the run has no session.
    pub session_id: String,
    /// Point at which the run is paused.
    pub phase: PausePhase,
    /// Summary of the next step, for people.
    pub summary: String,
    /// Time at which the pause ends by itself, in milliseconds since 1970.
    pub deadline_ms: i64,
}

/// How a pause ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PauseEnd {
    GoOn,
    /// The pause lasted this long, and the run has to stop.
    TimedOut(Duration),
    /// The run was cancelled, or its own deadline passed.
    RunStopped,
}

impl StepController {
    /// Creates a controller that pauses no sessions yet. Pauses last at most [`DEFAULT_PAUSE`],
    /// after which the run continues.
    #[must_use]
    pub fn new() -> Self {
        Self {
            shared: Arc::default(),
            deadline: DEFAULT_PAUSE,
            at_deadline: AtDeadline::default(),
            clock: Arc::new(SystemTime::now),
        }
    }

    /// Sets the maximum duration of a pause.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the behaviour at the deadline.
    #[must_use]
    pub fn with_at_deadline(mut self, outcome: AtDeadline) -> Self {
        self.at_deadline = outcome;
        self
    }

    /// Sets the clock for the deadlines in events; the system clock by default. The pauses
    /// themselves use tokio's clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Enables pauses for the runs of a session, starting with their next step. The empty id stands
    /// for runs without a session.
    pub fn enable(&self, session_id: impl Into<String>) {
        self.lock().enabled.insert(session_id.into());
    }

    /// Disables pauses for a session and continues its paused runs.
    pub fn disable(&self, session_id: &str) {
        let mut shared = self.lock();
        shared.enabled.remove(session_id);
        let ids: Vec<String> = shared
            .of_session(session_id)
            .map(|own| own.pause_id)
            .collect();
        for id in ids {
            shared.release(&id);
        }
    }

    /// Returns `true` if the runs of a session pause.
    #[must_use]
    pub fn is_enabled(&self, session_id: &str) -> bool {
        self.lock().enabled.contains(session_id)
    }

    /// Ends a pause: its run continues. Returns `false` if no such pause is pending.
    pub fn continue_run(&self, pause_id: &str) -> bool {
        self.lock().release(pause_id)
    }

    /// Returns the pending pauses of a session, usually at most one.
    #[must_use]
    pub fn pending(&self, session_id: &str) -> Vec<PendingPause> {
        self.lock().of_session(session_id).collect()
    }

    /// Pauses the run if its session pauses.
    pub(crate) async fn pause(
        &self,
        ctx: &RunContext,
        session_id: &str,
        phase: PausePhase,
        summary: String,
    ) -> PauseEnd {
        if !self.is_enabled(session_id) {
            return PauseEnd::GoOn;
        }
        let pause = PendingPause {
            pause_id: ctx.next_id(),
            session_id: session_id.to_owned(),
            phase,
            summary,
            deadline_ms: unix_ms((self.clock)().checked_add(self.deadline)),
        };
        let event = announcement(&pause);
        let (go_on, may_go_on) = oneshot::channel();
        // Registered before the event is published, so that a sink can end the pause at once.
        let Some(_registered) = Registered::new(self, pause, go_on) else {
            return PauseEnd::GoOn;
        };
        ctx.publish(EventKind::DebuggerPause(Box::new(event)));
        let paused = async {
            tokio::select! {
                biased;
                () = stopped(ctx) => PauseEnd::RunStopped,
                _ = may_go_on => PauseEnd::GoOn,
                () = sleep(self.deadline) => match self.at_deadline {
                    AtDeadline::Continue => PauseEnd::GoOn,
                    AtDeadline::Stop => PauseEnd::TimedOut(self.deadline),
                },
            }
        };
        // The time limit applies to models and tools, not to a person who inspects the run.
        ctx.off_the_clock(paused).await
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn announcement(pause: &PendingPause) -> DebuggerPause {
    let mut event = DebuggerPause::new(&*pause.pause_id, pause.phase.as_str());
    event.summary.clone_from(&pause.summary);
    event.deadline_ms = Some(pause.deadline_ms);
    event
}

/// Returns the time in milliseconds since 1970; the maximum if it cannot be represented.
fn unix_ms(time: Option<SystemTime>) -> i64 {
    let Some(time) = time else {
        return i64::MAX;
    };
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

impl Shared {
    fn of_session(&self, session_id: &str) -> impl Iterator<Item = PendingPause> {
        let pauses = self.pauses.values().map(|waiting| &waiting.pause);
        pauses
            .filter(move |pause| pause.session_id == session_id)
            .cloned()
    }

    fn release(&mut self, pause_id: &str) -> bool {
        match self.pauses.remove(pause_id) {
            Some(waiting) => waiting.go_on.send(()).is_ok(),
            None => false,
        }
    }
}

/// Removes the pause from the list when its run stops waiting, for whatever reason.
struct Registered<'a> {
    controller: &'a StepController,
    pause_id: String,
}

impl<'a> Registered<'a> {
    /// Returns `None` if pauses were disabled for the session in the meantime: its pauses were
    /// ended then, and this one would be missed.
    fn new(
        controller: &'a StepController,
        pause: PendingPause,
        go_on: oneshot::Sender<()>,
    ) -> Option<Self> {
        let pause_id = pause.pause_id.clone();
        let mut shared = controller.lock();
        if !shared.enabled.contains(&pause.session_id) {
            return None;
        }
        let waiting = Waiting { pause, go_on };
        shared.pauses.insert(pause_id.clone(), waiting);
        drop(shared);
        Some(Self {
            controller,
            pause_id,
        })
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.controller.lock().pauses.remove(&self.pause_id);
    }
}

impl Default for StepController {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for StepController {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = self.lock();
        f.debug_struct("StepController")
            .field("enabled", &shared.enabled)
            .field("pending", &shared.pauses.len())
            .field("deadline", &self.deadline)
            .field("at_deadline", &self.at_deadline)
            .finish_non_exhaustive()
    }
}
