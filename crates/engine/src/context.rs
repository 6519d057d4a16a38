//! [`RunContext`]: the context passed to every layer of a run.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
};

use geppetto_events::{Correlation, Event, EventKind, EventMeta, EventSink, EventStream};
use geppetto_turns::{InferenceResult, Turn, Usage};
use tokio_util::sync::CancellationToken;

use crate::{Decision, Phase, ReplyLog, RunJournal, RunSettings, SnapshotHook, ToolCatalog};

mod aside;
mod attempts;
mod build;
mod calls;
mod cancel;
mod clock;
mod deadline;
mod decisions;
mod effects;
mod extensions;
mod ids;
mod inner;
mod input;
mod limits;
mod lineage;
mod settings;

#[cfg(test)]
mod tests;

pub use aside::SetAside;
pub use attempts::Attempts;
pub(crate) use calls::EndedCall;
pub use cancel::Cancelled;
use clock::Clock;
use deadline::Deadline;
use effects::Effects;
pub use extensions::Extensions;
pub use ids::{IdSource, IsolatedIds, RandomIds, SeededIds};
pub use input::{InputFate, InputSource, JoiningInput};

/// Context of a run: cancellation, sinks, ids, deadline, hooks, typed extensions.
///
/// Cheap to clone. The `with_…` methods return a changed context; the original is not modified.
#[derive(Clone)]
pub struct RunContext {
    shared: Arc<Shared>,
    cancellation: CancellationToken,
    sinks: Arc<[Arc<dyn EventSink>]>,
    correlation: Arc<Correlation>,
    meta: Arc<EventMeta>,
    deadlines: Arc<[Deadline]>,
    /// Clock of the run's time limits.
    clock: Arc<Clock>,
    snapshot_hook: Option<Arc<dyn SnapshotHook>>,
    journal: Option<Arc<dyn RunJournal>>,
    tools: Option<Arc<dyn ToolCatalog>>,
    extensions: Extensions,
    /// Number of the next provider call, if set by the caller.
    call: Option<Arc<NextCall>>,
    /// Retry of provider calls below the middleware.
    attempts: Option<Arc<dyn Attempts>>,
    /// Record of the tool calls requested by replies.
    replies: Option<Arc<ReplyLog>>,
    /// Prefix of the idempotency keys of inner work.
    effect_scope: Option<Arc<str>>,
    /// Run that publishes a tool's progress events.
    outer: Option<Arc<RunContext>>,
    /// Parent run.
    parent: Option<Arc<RunContext>>,
    /// Ids of the enclosing runs, with this run's own id last.
    lineage: Arc<[String]>,
    settings: Option<Arc<RunSettings>>,
    /// Settings written to the data of the turn for the current engine call.
    applied: Option<Arc<settings::AppliedHere>>,
    budget: Option<Arc<limits::Budget>>,
    start_recorded: bool,
    /// Source of messages that join the run.
    input: Option<Arc<dyn InputSource>>,
}

/// Number and attempt of a provider call.
struct NextCall {
    number: u64,
    attempt: u32,
    begun: AtomicBool,
}

/// State shared by all contexts of a run.
struct Shared {
    stream: EventStream,
    ids: IsolatedIds,
    provider_calls: AtomicU64,
    /// Number of provider calls started, including retries.
    calls_begun: AtomicU32,
    /// Like `calls_begun`, including the calls of inner work.
    requests: AtomicU64,
    estimate: Mutex<limits::Estimate>,
    usage: Mutex<Usage>,
    tool_calls: AtomicU32,
    /// Ended calls that can still be discarded, in order.
    ended: Mutex<Vec<EndedCall>>,
    /// Broken reply whose request is being retried.
    held: Mutex<Option<aside::Held>>,
    last_result: Mutex<Option<InferenceResult>>,
    cancel_reason: Mutex<Option<String>>,
    effects: Effects,
    /// Decisions about waiting tool calls, by call id.
    decisions: Mutex<HashMap<String, Decision>>,
    /// Number of inner contexts created.
    inner: AtomicU32,
}

impl RunContext {
    /// Creates a context for a run outside of a session, with random ids, its own stream, and no
    /// sinks.
    #[must_use]
    pub fn new() -> Self {
        Self::for_stream(EventStream::fragment(), Arc::new(RandomIds::new()))
    }

    /// Creates a context that publishes to `stream` and uses ids from `ids`. Panics of `ids` are
    /// [isolated](IsolatedIds).
    #[must_use]
    pub fn for_stream(stream: EventStream, ids: Arc<dyn IdSource>) -> Self {
        Self {
            shared: Arc::new(Shared::new(stream, IsolatedIds::new(ids))),
            cancellation: CancellationToken::new(),
            sinks: Arc::new([]),
            correlation: Arc::default(),
            meta: Arc::default(),
            deadlines: Arc::default(),
            clock: Arc::default(),
            snapshot_hook: None,
            journal: None,
            tools: None,
            extensions: Extensions::default(),
            call: None,
            attempts: None,
            replies: None,
            effect_scope: None,
            outer: None,
            parent: None,
            lineage: Arc::default(),
            settings: None,
            applied: None,
            budget: None,
            start_recorded: false,
            input: None,
        }
    }

    /// Returns the snapshot hook, if there is one.
    #[must_use]
    pub fn snapshot_hook(&self) -> Option<&Arc<dyn SnapshotHook>> {
        self.snapshot_hook.as_ref()
    }

    /// Returns the log of the tool calls requested by replies, if there is one.
    #[must_use]
    pub fn reply_log(&self) -> Option<&Arc<ReplyLog>> {
        self.replies.as_ref()
    }

    /// Returns a new id from the run's id source.
    #[must_use]
    pub fn next_id(&self) -> String {
        self.shared.ids.next_id()
    }

    /// Takes the message of the id source's last panic, if it has not been taken yet. Random ids
    /// were used instead.
    #[must_use]
    pub fn take_id_source_panic(&self) -> Option<String> {
        self.shared.ids.take_panic()
    }

    /// Returns the session's id, if the run belongs to a session.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.correlation.session_id.as_deref()
    }

    /// Returns the run's id, which is its inference id.
    #[must_use]
    pub fn inference_id(&self) -> Option<&str> {
        self.correlation.run_id.as_deref()
    }

    /// Returns the correlation ids of the run's own events.
    #[must_use]
    pub fn correlation(&self) -> &Arc<Correlation> {
        &self.correlation
    }

    /// Returns the metadata of the inference, as far as known.
    #[must_use]
    pub fn meta(&self) -> &Arc<EventMeta> {
        &self.meta
    }

    /// Publishes an event of the run. Returns its sequence number.
    pub fn publish(&self, kind: EventKind) -> u64 {
        self.publish_event(
            Event::new(kind)
                .with_meta(Arc::clone(&self.meta))
                .with_correlation(Arc::clone(&self.correlation)),
        )
    }

    /// Publishes an event with its own correlation ids. Returns its sequence number.
    pub fn publish_event(&self, event: Event) -> u64 {
        self.settle_calls(&event.kind);
        if let (Some(log), EventKind::ProviderCallDiscarded(_)) = (&self.replies, &event.kind) {
            log.discard(&event.correlation);
        }
        if let Some(outer) = self.publisher_of(&event.kind) {
            let event = event
                .with_meta(Arc::clone(&outer.meta))
                .with_correlation(Arc::clone(&outer.correlation));
            return outer.publish_event(event);
        }
        self.shared.stream.publish(event, &self.sinks)
    }

    /// Returns the stream that the run publishes to.
    #[must_use]
    pub fn stream(&self) -> &EventStream {
        &self.shared.stream
    }

    /// Adds token usage to the run and to its parent run.
    pub fn add_usage(&self, usage: &Usage) {
        *lock(&self.shared.usage) += usage;
        self.add_usage_to_parent(usage);
    }

    /// Returns the token usage of the run so far: the sum over all provider calls and retries.
    #[must_use]
    pub fn total_usage(&self) -> Usage {
        lock(&self.shared.usage).clone()
    }

    /// Calls the snapshot hook with the turn, if there is one.
    pub fn snapshot(&self, turn: &Turn, phase: Phase) {
        if let Some(hook) = &self.snapshot_hook {
            hook.snapshot(self, turn, phase);
        }
    }

    /// Returns the journal, if there is one.
    #[must_use]
    pub fn journal(&self) -> Option<&Arc<dyn RunJournal>> {
        self.journal.as_ref()
    }

    /// Returns the tools of the run, if there are any.
    #[must_use]
    pub fn tools(&self) -> Option<&Arc<dyn ToolCatalog>> {
        self.tools.as_ref()
    }

    /// Returns the extension of type `T`, if there is one.
    #[must_use]
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.extensions.get()
    }

    /// Returns the number and attempt of the provider call that starts here, and its position among
    /// all calls of the run, starting at 1.
    pub(crate) fn begin_provider_call(&self) -> (u64, u32, u32) {
        let before = self.shared.calls_begun.fetch_add(1, Ordering::Relaxed);
        self.count_request();
        let position = before.saturating_add(1);
        match &self.call {
            Some(call) if !call.begun.swap(true, Ordering::Relaxed) => {
                (call.number, call.attempt, position)
            }
            _ => (self.next_provider_call(), 1, position),
        }
    }

    /// Returns the number of provider calls made by the run so far, including retries.
    #[must_use]
    pub fn provider_calls(&self) -> u32 {
        self.shared.calls_begun.load(Ordering::Relaxed)
    }

    /// Takes the next provider call number of this run, starting at 0.
    #[must_use]
    pub fn next_provider_call(&self) -> u64 {
        self.shared.provider_calls.fetch_add(1, Ordering::Relaxed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for RunContext {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RunContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunContext")
            .field("correlation", &self.correlation)
            .field("cancelled", &self.is_cancelled())
            .field("deadline", &self.deadline())
            .field("sinks", &self.sinks.len())
            .finish_non_exhaustive()
    }
}
