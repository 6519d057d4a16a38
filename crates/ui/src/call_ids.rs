//! [`CallIds`]: ids of tool calls that are unique in a conversation.

use std::collections::HashMap;

/// Gives each tool call of a conversation an id of its own: some providers use an id again.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallIds {
    counts: HashMap<String, usize>,
}

impl CallIds {
    /// Counts a call. Returns its id: that of the provider, with a number if it was used before.
    pub(crate) fn next(&mut self, call: &str) -> String {
        let count = self.counts.entry(call.to_owned()).or_default();
        *count += 1;
        numbered(call, *count)
    }

    /// Returns the id of the last call with a provider's id.
    pub(crate) fn last(&self, call: &str) -> String {
        numbered(call, self.counts.get(call).copied().unwrap_or_default())
    }

    /// Forgets the last call with a provider's id.
    pub(crate) fn forget(&mut self, call: &str) {
        if let Some(count) = self.counts.get_mut(call) {
            *count = count.saturating_sub(1);
        }
    }
}

fn numbered(call: &str, count: usize) -> String {
    match count {
        0 | 1 => call.to_owned(),
        count => format!("{call}#{count}"),
    }
}
