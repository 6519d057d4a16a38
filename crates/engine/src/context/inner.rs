//! Contexts for inner work, such as a middleware that calls another model, or a tool that runs its
//! own loop.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

use super::{RunContext, Shared, effects::Effects, ids::IsolatedIds};
use geppetto_events::{Correlation, EventKind, EventStream};

impl Shared {
    pub(super) fn new(stream: EventStream, ids: IsolatedIds) -> Self {
        Self {
            stream,
            ids,
            provider_calls: AtomicU64::new(0),
            calls_begun: AtomicU32::new(0),
            requests: AtomicU64::new(0),
            estimate: Mutex::default(),
            usage: Mutex::default(),
            tool_calls: AtomicU32::new(0),
            ended: Mutex::default(),
            held: Mutex::default(),
            last_result: Mutex::default(),
            cancel_reason: Mutex::default(),
            effects: Effects::default(),
            decisions: Mutex::default(),
            inner: AtomicU32::new(0),
        }
    }
}

impl RunContext {
    /// Returns a context for inner work, such as a middleware that calls another model. Engines and
    /// tool loops that run in it are not part of this run's reply:
    ///
    /// - its run id is this run's id with a suffix, and its provider calls are counted separately;
    /// - its events go to a separate stream, and only to the sinks added by
    ///   [`with_event_sinks`](Self::with_event_sinks);
    /// - it has no snapshot hook, journal, tools or run settings, unless they are set;
    /// - tool calls within it have distinct idempotency keys;
    /// - its tokens count towards its own total and this run's, and the limits of this run's
    ///   session apply to it;
    /// - it is cancelled with this run and shares its deadline, ids and extensions.
    #[must_use]
    pub fn inner(&self) -> Self {
        let number = self.shared.inner.fetch_add(1, Ordering::Relaxed) + 1;
        let mut inner = self.inner_named(&format!("inner-{number}"));
        inner.tools = None;
        inner
    }

    /// Returns the context of a tool call: an [`inner`](Self::inner) context that keeps the run's
    /// tools, and whose logs, infos, mode switches and custom events are published as events of
    /// this run, with `correlation`. `key` is the call's idempotency key, and the prefix of the
    /// keys of tool calls made by the tool itself.
    ///
    /// For implementations of runners.
    #[must_use]
    pub fn for_tool_call(&self, name: &str, key: &str, correlation: &Arc<Correlation>) -> Self {
        let mut outer = self.clone();
        outer.correlation = Arc::clone(correlation);
        let mut inner = outer.inner_named(name);
        inner.effect_scope = Some(Arc::from(key));
        inner.outer = Some(Arc::new(outer));
        inner
    }

    fn inner_named(&self, name: &str) -> Self {
        let shared = &self.shared;
        let inner = Shared::new(EventStream::fragment(), shared.ids.clone());
        let run_id = format!("{}/{name}", self.inference_id().unwrap_or_default());
        Self {
            shared: Arc::new(inner),
            cancellation: self.cancellation.child_token(),
            sinks: Arc::new([]),
            snapshot_hook: None,
            journal: None,
            call: None,
            attempts: None,
            replies: None,
            effect_scope: Some(Arc::from(format!("{}/{name}", self.effect_scope()))),
            outer: None,
            parent: Some(Arc::new(self.clone())),
            clock: Arc::default(),
            settings: None,
            applied: None,
            budget: None,
            start_recorded: false,
            input: None,
            ..self.clone()
        }
        .with_run(self.session_id().unwrap_or_default(), &run_id, "")
    }

    /// Returns the outer run if an event belongs to it: the progress messages of a tool are events
    /// of the run that called it.
    pub(super) fn publisher_of(&self, kind: &EventKind) -> Option<&Self> {
        let is_progress = matches!(
            kind,
            EventKind::Log(_)
                | EventKind::Info(_)
                | EventKind::AgentModeSwitch(_)
                | EventKind::Custom(_)
        );
        self.outer.as_deref().filter(|_| is_progress)
    }
}
