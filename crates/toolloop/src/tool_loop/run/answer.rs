//! Validation of the answer that ends a run.

use geppetto_engine::Limit;

use super::{End, LoopRun};
use crate::PausePhase;

impl LoopRun<'_> {
    /// Retries an answer that does not match its schema. Returns `false` if the run ends with it.
    pub(super) async fn asks_again(&mut self) -> Result<bool, End> {
        let Some(result) = &self.result else {
            return Ok(false);
        };
        let Some(rejected) = self.answers.check(&self.ctx, self.turn, result) else {
            return Ok(false);
        };
        self.check()?;
        if self.iterations >= self.config.max_iterations {
            return Err(End::Limit(Limit::Iterations(self.config.max_iterations)));
        }
        self.check_spent()?;
        rejected.ask(&self.ctx, self.turn, self.asked_since);
        let summary = "1 answer to ask for again".to_owned();
        self.pause(PausePhase::AfterInference, summary).await?;
        Ok(true)
    }
}
