//! Steps and the end of the stream.

use geppetto_events::{Event, EventKind};
use geppetto_turns::Usage;
use serde_json::json;

use super::{Projection, UiEvent};
use crate::agui::{Interrupt, Outcome, TokenUsage};

impl Projection {
    pub(super) fn start_step(&mut self) {
        self.end_step();
        self.parent = None;
        self.steps += 1;
        let step_name = format!("model-call-{}", self.steps);
        self.step = Some(step_name.clone());
        self.out.push(UiEvent::StepStarted { step_name });
    }

    fn end_step(&mut self) {
        self.end_segments();
        self.end_incomplete_calls();
        self.end_activities(false);
        if let Some(step_name) = self.step.take() {
            self.out.push(UiEvent::StepFinished { step_name });
        }
    }

    pub(super) fn end_reply(&mut self, broke_off: bool) {
        self.end_activities(broke_off);
        self.end_step();
    }

    /// Takes back what a provider call has shown.
    pub(super) fn discard(&mut self, call: &(String, u32)) {
        let own = self.of_call.remove(call).unwrap_or_default();
        if own.is_empty() {
            return;
        }
        self.parent = None;
        let mut ids = Vec::new();
        for (id, provider_id) in own {
            if let Some(call) = provider_id {
                self.known.remove(&call);
                self.ids.forget(&call);
            }
            ids.push(id);
        }
        self.withdraw(&ids);
    }

    pub(super) fn end(&mut self, event: &Event) {
        let model = event.meta.model.as_deref();
        let (usage, not_stored) = match &event.kind {
            EventKind::RunFinished(e) => (&e.usage, &e.persist_error),
            EventKind::RunStopped(e) => (&e.usage, &e.persist_error),
            EventKind::RunFailed(e) => (&e.usage, &e.persist_error),
            _ => return,
        };
        if let Some(error) = not_stored {
            let message = format!("the answer is not stored: {error}");
            let value = json!({"level": "error", "message": message});
            self.out.push(UiEvent::custom("geppetto.notice", &value));
        }
        let usage = usage.as_deref();
        match &event.kind {
            EventKind::RunStopped(e) if e.reason.starts_with("waiting") => {
                let outcome = self.waiting_outcome();
                self.finish(outcome, usage, model);
            }
            EventKind::RunStopped(e) => {
                if !e.reason.starts_with("cancelled") {
                    let value = json!({"reason": e.reason});
                    self.out.push(UiEvent::custom("geppetto.limit", &value));
                }
                self.finish(Outcome::Cancelled, usage, model);
            }
            EventKind::RunFailed(e) => {
                self.fail(e.error_string.clone(), e.error_kind.clone(), usage, model);
            }
            _ => {
                let outcome = Outcome::Success {
                    pending_tool_call_ids: Vec::new(),
                };
                self.finish(outcome, usage, model);
            }
        }
    }

    /// Returns what the run waits for: decisions of a person, or results of the client's tools.
    pub(super) fn waiting_outcome(&self) -> Outcome {
        let asked = self.waiting.iter().filter(|own| !own.is_client);
        let interrupts: Vec<Interrupt> = asked
            .map(|own| Interrupt::new(&own.id, &own.question))
            .collect();
        if !interrupts.is_empty() {
            return Outcome::Interrupt { interrupts };
        }
        Outcome::Success {
            pending_tool_call_ids: self.waiting.iter().map(|own| own.id.clone()).collect(),
        }
    }

    pub(super) fn finish(&mut self, outcome: Outcome, usage: Option<&Usage>, model: Option<&str>) {
        self.end_step();
        self.ended = true;
        let outcome = match outcome {
            Outcome::Cancelled if self.is_legacy => None,
            Outcome::Success { .. } if self.is_legacy => Some(Outcome::Success {
                pending_tool_call_ids: Vec::new(),
            }),
            outcome => Some(outcome),
        };
        self.out.push(UiEvent::RunFinished {
            thread_id: self.thread.clone(),
            run_id: self.run_id.clone(),
            outcome,
            usage: TokenUsage::of(usage, model),
        });
    }

    pub(super) fn fail(
        &mut self,
        message: String,
        code: Option<String>,
        usage: Option<&Usage>,
        model: Option<&str>,
    ) {
        self.end_step();
        self.ended = true;
        self.out.push(UiEvent::RunError {
            message,
            code,
            usage: TokenUsage::of(usage, model),
        });
    }
}
