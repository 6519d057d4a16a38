//! [`Observation`]: what a simulated session showed, for checks of an application.

use std::sync::{Arc, Mutex, PoisonError};

use geppetto_engine::{Phase, RunContext, SnapshotHook};
use geppetto_events::{Event, EventSink};
use geppetto_turns::Turn;

/// What a simulated session showed: a disturbed run, and an undisturbed one after it.
///
/// See [`Case::with_check`](super::Case::with_check).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Observation {
    /// Turns that the session was restored with.
    pub history: Vec<Turn>,
    /// Events and turns, in order.
    pub steps: Vec<Step>,
    /// All turns at the end.
    pub turns: Vec<Turn>,
}

/// One step of an [`Observation`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// An event was published.
    Event(Event),
    /// The turn of the run, at a phase of it.
    Snapshot(Phase, Turn),
    /// The turn with which a run ended, after its terminal event.
    End(Turn),
}

/// Records the steps.
#[derive(Clone, Default)]
pub(super) struct Recorder(Arc<Mutex<Vec<Step>>>);

impl Recorder {
    pub(super) fn add(&self, step: Step) {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        steps.push(step);
    }

    pub(super) fn steps(&self) -> Vec<Step> {
        let steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        steps.clone()
    }

    /// Returns a context whose events and snapshots are recorded too.
    pub(super) fn watch(&self, ctx: RunContext) -> RunContext {
        let sink: Arc<dyn EventSink> = Arc::new(self.clone());
        let hook = Hook {
            recorder: self.clone(),
            own: ctx.snapshot_hook().cloned(),
        };
        ctx.with_event_sinks([sink])
            .with_snapshot_hook(Arc::new(hook))
    }
}

impl EventSink for Recorder {
    fn publish(&self, event: &Event) {
        self.add(Step::Event(event.clone()));
    }
}

/// Records snapshots, and passes them to the hook of the run.
struct Hook {
    recorder: Recorder,
    own: Option<Arc<dyn SnapshotHook>>,
}

impl SnapshotHook for Hook {
    fn snapshot(&self, ctx: &RunContext, turn: &Turn, phase: Phase) {
        self.recorder.add(Step::Snapshot(phase, turn.clone()));
        if let Some(own) = &self.own {
            own.snapshot(ctx, turn, phase);
        }
    }
}
