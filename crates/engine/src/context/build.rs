//! The parts of a context.

use std::sync::{Arc, atomic::AtomicBool};

use geppetto_events::{Correlation, EventMeta, EventSink};
use tokio_util::sync::CancellationToken;

use super::{Extensions, NextCall, RunContext};
use crate::{ReplyLog, RunJournal, SnapshotHook, ToolCatalog};

impl RunContext {
    /// Adds sinks, which receive each event after the existing ones, in this order. A sink that is
    /// already present is not added again.
    #[must_use]
    pub fn with_event_sinks(mut self, sinks: impl IntoIterator<Item = Arc<dyn EventSink>>) -> Self {
        let mut all = self.sinks.to_vec();
        for sink in sinks {
            if !all.iter().any(|known| same(known, &sink)) {
                all.push(sink);
            }
        }
        self.sinks = all.into();
        self
    }

    /// Replaces the cancellation token.
    #[must_use]
    pub fn with_cancellation(mut self, token: CancellationToken) -> Self {
        self.cancellation = token;
        self
    }

    /// Sets the session, inference and turn that the run belongs to.
    #[must_use]
    pub fn with_run(mut self, session_id: &str, inference_id: &str, turn_id: &str) -> Self {
        let some = |id: &str| (!id.is_empty()).then(|| id.to_owned());
        let mut correlation = Correlation::default();
        correlation.session_id = some(session_id);
        correlation.run_id = some(inference_id);
        correlation.turn_id = some(turn_id);
        let mut meta = EventMeta::default();
        meta.message_id = inference_id.to_owned();
        meta.session_id = some(session_id);
        meta.inference_id = some(inference_id);
        meta.turn_id = some(turn_id);
        self.correlation = Arc::new(correlation);
        self.meta = Arc::new(meta);
        self.name_parent();
        self
    }

    /// Sets the snapshot hook, which observes the turn at each phase.
    #[must_use]
    pub fn with_snapshot_hook(mut self, hook: Arc<dyn SnapshotHook>) -> Self {
        self.snapshot_hook = Some(hook);
        self
    }

    /// Sets the journal, whose methods are barriers of the run.
    #[must_use]
    pub fn with_journal(mut self, journal: Arc<dyn RunJournal>) -> Self {
        self.journal = Some(journal);
        self
    }

    /// Sets the tools of the run.
    #[must_use]
    pub fn with_tools(mut self, tools: Arc<dyn ToolCatalog>) -> Self {
        self.tools = Some(tools);
        self
    }

    /// Adds extensions. Existing values of the same type are kept.
    #[must_use]
    pub fn with_default_extensions(mut self, extensions: &Extensions) -> Self {
        self.extensions = self.extensions.or(extensions);
        self
    }

    /// Adds an extension, a value that is looked up by its type. It replaces a value of the same
    /// type.
    #[must_use]
    pub fn with_extension<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions = self.extensions.with(value);
        self
    }

    /// Sets the number and attempt of the next provider call. By default, and for further calls,
    /// such as those of a middleware, numbers are assigned in order.
    #[must_use]
    pub fn with_provider_call(mut self, number: u64, attempt: u32) -> Self {
        self.call = Some(Arc::new(NextCall {
            number,
            attempt,
            begun: AtomicBool::new(false),
        }));
        self
    }

    /// Sets the log that records the tool calls requested by replies, for the tool loop.
    #[must_use]
    pub fn with_reply_log(mut self, log: Arc<ReplyLog>) -> Self {
        self.replies = Some(log);
        self
    }
}

fn same(a: &Arc<dyn EventSink>, b: &Arc<dyn EventSink>) -> bool {
    // An `Arc` stores its counts before the value, so that even zero-sized values of two `Arc`s
    // have two addresses.
    std::ptr::addr_eq(Arc::as_ptr(a), Arc::as_ptr(b))
}
