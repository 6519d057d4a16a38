//! Decisions about tool calls that wait for a person.

use std::collections::HashMap;

use super::{RunContext, lock};
use crate::Decision;

impl RunContext {
    /// Sets the decisions about [waiting](crate::PendingCall) tool calls, by call id. They apply to
    /// the calls that wait when the run starts, not to later calls with the same id nor to those of
    /// inner work. A decision about a call that does not wait has no effect.
    #[must_use]
    pub fn with_decisions(self, decisions: impl IntoIterator<Item = (String, Decision)>) -> Self {
        lock(&self.shared.decisions).extend(decisions);
        self
    }

    /// Returns the decisions that the runner has not taken yet. For implementations of journals.
    #[must_use]
    pub fn decisions(&self) -> HashMap<String, Decision> {
        lock(&self.shared.decisions).clone()
    }

    /// Takes the decisions. For implementations of runners.
    #[must_use]
    pub fn take_decisions(&self) -> HashMap<String, Decision> {
        std::mem::take(&mut *lock(&self.shared.decisions))
    }
}
