//! [`CancelOnDrop`]: a handle that cancels its run when dropped.

use std::ops::Deref;

use super::ExecutionHandle;

/// A handle that cancels its run when it is dropped; see [`ExecutionHandle::cancel_on_drop`].
/// Dereferences to the plain handle.
#[derive(Debug)]
#[must_use = "dropping it cancels the run"]
pub struct CancelOnDrop {
    handle: ExecutionHandle,
    armed: bool,
}

impl CancelOnDrop {
    pub(super) fn new(handle: ExecutionHandle) -> Self {
        Self {
            handle,
            armed: true,
        }
    }

    /// Returns the plain handle; dropping that one does not cancel the run.
    pub fn detach(mut self) -> ExecutionHandle {
        self.armed = false;
        self.handle.clone()
    }
}

impl Deref for CancelOnDrop {
    type Target = ExecutionHandle;

    fn deref(&self) -> &ExecutionHandle {
        &self.handle
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if self.armed {
            self.handle.cancel();
        }
    }
}
