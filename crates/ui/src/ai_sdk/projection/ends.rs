//! Steps and the end of the stream.

use geppetto_events::{Event, EventKind, kind::ProviderCallFinished};
use geppetto_turns::Usage;
use serde_json::json;

use super::{CallKey, Projection, Step};
use crate::ai_sdk::{Chunk, FinishReason, metadata};

impl Projection {
    /// Starts the step of a provider call, with its first output: until then, the reply before it
    /// may be withdrawn.
    pub(super) fn start_step(&mut self) {
        if let Some(call) = self.next.take() {
            self.finish_step();
            self.step = Some(Step::new(call));
            self.out.push(Chunk::StartStep);
        }
    }

    /// Ends the step, which includes the tools of the reply.
    fn finish_step(&mut self) {
        if self.step.take().is_some() {
            self.out.push(Chunk::FinishStep);
        }
    }

    pub(super) fn end_reply(&mut self, end: &ProviderCallFinished) {
        self.class.clone_from(&end.finish_class);
        self.end_incomplete_calls();
        self.end_parts(end.incomplete.is_some().then_some("the reply broke off"));
    }

    /// Ends texts, reasoning and calls of the provider's tools whose ends are missing.
    pub(super) fn end_parts(&mut self, error: Option<&str>) {
        self.end_segments();
        self.end_server_calls(error);
    }

    /// Withdraws the reply of the current step; the reply that replaces it goes on in the same step.
    pub(super) fn discard(&mut self, call: &CallKey, reason: &str) {
        let notice = json!({"reason": reason});
        self.out.push(Chunk::transient("discarded", &notice));
        let Some(step) = self.step.as_mut().filter(|step| step.is_of(call)) else {
            return;
        };
        *step = Step::new(self.next.take().unwrap_or_default());
        self.out.push(Chunk::ResetStep);
        self.texts.clear();
        self.reasoning.clear();
        self.refusals.clear();
        self.server_calls.clear();
        self.sources.clear();
        self.discard_calls();
    }

    pub(super) fn end(&mut self, event: &Event) {
        let (usage, not_stored) = match &event.kind {
            EventKind::RunFinished(e) => (&e.usage, &e.persist_error),
            EventKind::RunStopped(e) => (&e.usage, &e.persist_error),
            EventKind::RunFailed(e) => (&e.usage, &e.persist_error),
            _ => return,
        };
        if let Some(error) = not_stored {
            let message = format!("the answer is not stored: {error}");
            let notice = json!({"level": "error", "message": message});
            self.out.push(Chunk::transient("notice", &notice));
        }
        let model = event.meta.model.as_deref();
        match &event.kind {
            EventKind::RunFinished(e) => {
                let class = self.class.take().unwrap_or_else(|| e.status.clone());
                let finish_reason = FinishReason::of_class(&class);
                self.finish(finish_reason, usage.as_deref(), model, None);
            }
            EventKind::RunStopped(e) if e.reason.starts_with("waiting") => {
                self.waits = true;
                self.finish(FinishReason::ToolCalls, usage.as_deref(), model, None);
            }
            EventKind::RunStopped(e) if e.reason.starts_with("cancelled") => {
                self.close(usage.as_deref(), model, None);
                let reason = Some(e.reason.clone());
                self.out.push(Chunk::Abort { reason });
            }
            EventKind::RunStopped(e) => {
                let reason = Some(e.reason.as_str());
                self.finish(FinishReason::Interrupted, usage.as_deref(), model, reason);
            }
            EventKind::RunFailed(e) => {
                self.close(usage.as_deref(), model, None);
                let error_text = e.error_string.clone();
                self.out.push(Chunk::Error { error_text });
            }
            _ => {}
        }
        self.ended = true;
    }

    fn finish(
        &mut self,
        finish_reason: FinishReason,
        usage: Option<&Usage>,
        model: Option<&str>,
        limit: Option<&str>,
    ) {
        self.end_last_step();
        self.out.push(Chunk::Finish {
            finish_reason,
            message_metadata: metadata::of(usage, model, limit),
        });
    }

    /// Ends everything that is open.
    ///
    /// A message whose last step is complete tool calls is sent again by
    /// `lastAssistantMessageIsCompleteWithToolCalls`, forever if nothing follows
    /// (<https://github.com/vercel/ai/issues/8043>). After calls that were answered here, an empty step
    /// is the last one.
    fn end_last_step(&mut self) {
        self.end_calls();
        self.end_parts(None);
        let ends_with_calls = match &self.step {
            Some(step) => step.has_calls(),
            None => !self.calls.is_empty(),
        };
        self.finish_step();
        if ends_with_calls && !self.waits {
            self.out.extend([Chunk::StartStep, Chunk::FinishStep]);
        }
    }

    /// Ends everything that is open before an end without metadata of its own.
    fn close(&mut self, usage: Option<&Usage>, model: Option<&str>, limit: Option<&str>) {
        self.end_last_step();
        if let Some(message_metadata) = metadata::of(usage, model, limit) {
            self.out.push(Chunk::MessageMetadata { message_metadata });
        }
    }

    pub(super) fn end_with_error(&mut self, error_text: String) {
        self.close(None, None, None);
        self.out.push(Chunk::Error { error_text });
        self.ended = true;
    }
}
