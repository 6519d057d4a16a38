//! What people decided about tool calls that wait.

use std::collections::HashMap;

use super::{RunContext, lock};
use crate::Decision;

impl RunContext {
    /// Sets what was decided about tool calls that [wait](crate::PendingCall), by the ids of the
    /// calls. They hold for the calls that wait when the run starts: not for later calls with the
    /// same id, nor for those of inner work. What is decided about a call that does not wait has no
    /// effect.
    #[must_use]
    pub fn with_decisions(self, decisions: impl IntoIterator<Item = (String, Decision)>) -> Self {
        lock(&self.shared.decisions).extend(decisions);
        self
    }

    /// Takes what was decided, for runners.
    #[must_use]
    pub fn take_decisions(&self) -> HashMap<String, Decision> {
        std::mem::take(&mut *lock(&self.shared.decisions))
    }
}
