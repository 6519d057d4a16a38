//! Enclosing runs of a piece of code, and the parent of a run.

use std::{future::Future, sync::Arc};

use geppetto_turns::Usage;

use super::RunContext;

tokio::task_local! {
    // An `Arc`, because it is moved in and out at each poll.
    static CURRENT: Arc<RunContext>;
}

impl RunContext {
    /// Runs `future` with this context as the [current](Self::current) one.
    ///
    /// Sessions apply this to their runs. Code that moves a part of a run to another task must
    /// scope the future of that task, because a task starts without a current context.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(Arc::new(self.clone()), future)
    }

    /// Returns the context of the run that the calling code is part of, if known.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|current| Self::clone(current)).ok()
    }

    /// Returns the ids of the enclosing runs, from the outermost to this one.
    #[must_use]
    pub fn lineage(&self) -> &Arc<[String]> {
        &self.lineage
    }

    /// Sets the ids of the enclosing runs.
    #[must_use]
    pub fn with_lineage(mut self, run_ids: impl IntoIterator<Item = String>) -> Self {
        self.lineage = run_ids.into_iter().collect();
        self
    }

    /// Ties this context to a parent run: it is cancelled with `parent`, ends at the deadline of
    /// `parent`, its events name the parent's run (`parent_session_id`, `parent_run_id` and
    /// `parent_tool_call_id` in their correlation), its tokens count towards the parent's, and the
    /// idempotency keys of its tool calls start with the parent's.
    ///
    /// Replaces the cancellation token of this context by a child of the parent's token.
    #[must_use]
    pub fn with_parent(mut self, parent: &Self) -> Self {
        self.cancellation = parent.cancellation.child_token();
        self.parent = Some(Arc::new(parent.clone()));
        self = self.with_deadlines_of(parent);
        self.name_parent();
        self
    }

    /// Returns the context of the parent run.
    #[must_use]
    pub fn parent(&self) -> Option<&Self> {
        self.parent.as_deref()
    }

    /// Adds the ids of the parent run to the correlation of events.
    pub(super) fn name_parent(&mut self) {
        let Some(parent) = &self.parent else {
            return;
        };
        let of = Arc::clone(&parent.correlation);
        let own = Arc::make_mut(&mut self.correlation);
        let ids = [
            ("parent_session_id", &of.session_id),
            ("parent_run_id", &of.run_id),
            ("parent_tool_call_id", &of.tool_call_id),
        ];
        for (key, id) in ids {
            if let Some(id) = id {
                own.extra.set(key, serde_json::Value::from(id.as_str()));
            }
        }
    }

    pub(super) fn add_usage_to_parent(&self, usage: &Usage) {
        if let Some(parent) = &self.parent {
            parent.add_usage(usage);
        }
    }
}
