//! [`SessionBuilder`]: configuration of a session.

use std::{fmt, sync::Arc};

use geppetto_engine::{EngineBuilder, IdSource, Limits, RandomIds, Recorder, RunContext};
use geppetto_events::EventStream;
use geppetto_turns::Turn;
use tokio::runtime::Handle;

use super::{BusyPolicy, Inner, Session, State};
use crate::{
    history::History,
    queue::{PauseAfter, Queue},
    sync::Mutex,
};

/// Builds a [`Session`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct SessionBuilder {
    builder: Arc<dyn EngineBuilder>,
    id: Option<String>,
    turns: Vec<Turn>,
    ids: Arc<dyn IdSource>,
    policy: BusyPolicy,
    pause_after: PauseAfter,
    stream: EventStream,
    parent: Option<RunContext>,
    runtime: Option<Handle>,
    limits: Limits,
    acknowledge_recorded: bool,
    recorder: Option<Arc<dyn Recorder>>,
}

impl SessionBuilder {
    pub(super) fn new(builder: Arc<dyn EngineBuilder>) -> Self {
        Self {
            builder,
            id: None,
            turns: Vec::new(),
            ids: Arc::new(RandomIds::new()),
            policy: BusyPolicy::default(),
            pause_after: PauseAfter::default(),
            stream: EventStream::new(),
            parent: None,
            runtime: None,
            limits: Limits::default(),
            acknowledge_recorded: false,
            recorder: None,
        }
    }

    /// Sets the session's id. Random by default.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the initial history. Empty by default.
    pub fn history(mut self, turns: impl IntoIterator<Item = Turn>) -> Self {
        self.turns = turns.into_iter().collect();
        self
    }

    /// Sets the source of ids. Random by default; a seeded source makes runs reproducible.
    pub fn ids(mut self, ids: Arc<dyn IdSource>) -> Self {
        self.ids = ids;
        self
    }

    /// Sets the policy for prompts that are submitted while an inference is running.
    pub fn busy_policy(mut self, policy: BusyPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets the runs after which the queue is paused, which keeps queued prompts until
    /// [`Session::resume_queue`]. [`PauseAfter::Never`] by default. For sessions with
    /// [`BusyPolicy::Queue`].
    pub fn pause_queue_after(mut self, pause: PauseAfter) -> Self {
        self.pause_after = pause;
        self
    }

    /// Sets the event stream, for a different retention.
    pub fn event_stream(mut self, stream: EventStream) -> Self {
        self.stream = stream;
        self
    }

    /// Ties the session to a parent run, such as the run of a tool that calls its own agent: pass
    /// the `run` of the tool's context.
    ///
    /// The session's runs are cancelled with the parent, which for a tool means when the outer run
    /// is cancelled or the tool's time is up. They share the parent's deadline, their events name
    /// the parent's run, and their tokens count towards the parent's. No parent by default.
    pub fn parent(mut self, parent: &RunContext) -> Self {
        self.parent = Some(parent.clone());
        self
    }

    /// Sets the runtime of runs that are submitted from a thread without one, such as that of a
    /// user interface. Runs that are submitted within a runtime use that one.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Sets the limits for all runs of the session together. Totals of earlier runs recorded in the
    /// [`history`](Self::history) count. No limits by default.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Records all runs of the session, whichever engine builder they have: `recorder` is their
    /// journal, in front of that of the builder, and stores each turn at its end, after the
    /// persister of the builder. Prompts are
    /// [accepted once they are recorded](Self::acknowledge_recorded). Forks are not recorded.
    ///
    /// The terminal event of a cancelled run follows within 100 ms of the cancellation, even if the
    /// recorder takes longer, which the run reports as a
    /// [`persist_error`](crate::RunOutcome::persist_error).
    pub fn recorder(mut self, recorder: impl Recorder + 'static) -> Self {
        self.recorder = Some(Arc::new(recorder));
        self.acknowledge_recorded(true)
    }

    /// Sets whether prompts are accepted only once the journal has recorded the start of their run
    /// ([`RunJournal::run_started`](geppetto_engine::RunJournal::run_started)): submitting returns
    /// after that barrier, the prompt enters the history only then, and if the journal refuses, the
    /// session is unchanged. `false` by default: the barrier is awaited within the run.
    pub fn acknowledge_recorded(mut self, recorded: bool) -> Self {
        self.acknowledge_recorded = recorded;
        self
    }

    /// Builds the session.
    #[must_use]
    pub fn build(self) -> Session {
        let id = self.id.unwrap_or_else(|| self.ids.next_id());
        Session {
            inner: Arc::new(Inner {
                id,
                ids: self.ids,
                stream: self.stream,
                policy: self.policy,
                pause_after: self.pause_after,
                parent: self.parent,
                runtime: self.runtime,
                acknowledge_recorded: self.acknowledge_recorded,
                recorder: self.recorder,
                state: Mutex::new(State {
                    builder: self.builder,
                    limits: self.limits,
                    history: History::new(self.turns),
                    active: None,
                    queue: Queue::default(),
                    paused: None,
                    handing_over: false,
                }),
            }),
        }
    }
}

impl fmt::Debug for SessionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionBuilder")
            .field("id", &self.id)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
