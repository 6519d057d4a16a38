//! The end of a run.

use geppetto_engine::{EngineError, PendingCall, RunReport, RunStop, WaitingFor, steps};
use geppetto_turns::keys::turn_meta;

use super::{End, LoopRun};
use crate::calls::{Calls, Request};

impl LoopRun<'_> {
    /// Ends the run: answers open calls, takes the final snapshot, notifies the journal.
    pub(in crate::tool_loop) async fn end(
        mut self,
        outcome: Result<(), End>,
    ) -> Result<RunReport, EngineError> {
        let outcome = match outcome {
            Ok(()) => {
                let report = self.report(RunStop::Finished);
                Ok(self.report(RunStop::after(&report.result)))
            }
            Err(End::Limit(limit)) => {
                self.settle(&limit.to_string());
                Ok(self.report(RunStop::LimitReached(limit)))
            }
            Err(End::Waiting(waits)) => {
                let waiting = WaitingFor::decisions(waits);
                Ok(self.report(RunStop::Waiting(Box::new(waiting))))
            }
            Err(End::Error(error)) if error.is_cancelled() => {
                // The engine does not know the reason of the cancellation.
                let error = match self.ctx.cancel_reason() {
                    Some(_) => self.ctx.cancelled_error(),
                    None => error,
                };
                self.settle(&self.ctx.cancelled_error().to_string());
                Err(error)
            }
            Err(End::Error(error)) => {
                self.settle_failed();
                Err(error)
            }
        };
        self.settled = true;
        steps::end(&self.ctx, self.turn, outcome).await
    }

    fn report(&self, stop: RunStop) -> RunReport {
        let written = || {
            let result = self.turn.metadata.get(&turn_meta::INFERENCE_RESULT);
            result.ok().flatten().unwrap_or_default()
        };
        let mut report = RunReport::default();
        report.stop = stop;
        report.result = self.result.clone().unwrap_or_else(written);
        report.usage = self.ctx.total_usage();
        report.provider_calls = self.ctx.provider_calls().saturating_sub(self.calls_before);
        report.tool_calls = self.ctx.tool_calls().saturating_sub(self.tools_before);
        report
    }

    /// Answers the calls that are still open, and restores the configuration.
    pub(super) fn settle(&mut self, reason: &str) {
        self.restore_config();
        let requests = self.pending();
        self.refuse(requests, reason);
    }

    /// Like [`settle`](Self::settle), but waiting calls keep waiting: the failure of a hook after
    /// the question does not answer it.
    fn settle_failed(&mut self) {
        self.restore_config();
        let waiting = PendingCall::of(self.turn);
        let mut requests = self.pending();
        requests.retain(|own| !waiting.iter().any(|call| call.call_id == own.call.id));
        self.refuse(requests, "the run failed");
        if !waiting.is_empty() {
            PendingCall::record(self.turn, &waiting);
        }
    }

    fn refuse(&mut self, requests: Vec<Request>, reason: &str) {
        if requests.is_empty() {
            return;
        }
        let tooling = Self::tooling(self.tool_loop, &self.registry, &self.config);
        Calls::new(&self.ctx, self.turn, &tooling, requests).refuse(reason);
    }
}
