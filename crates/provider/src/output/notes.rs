//! [`Notes`]: unreadable parts of a reply, reported once.

use geppetto_engine::{Finish, ResponseWriter};
use serde_json::json;

use super::inform;

/// Key in the details of the result for the number of replaced characters.
const REPLACED: &str = "replaced_characters";

/// Key in the details of the result that marks an unreadable number in the usage.
const ODD_USAGE: &str = "unreadable_usage";

/// Record of unreadable parts of the reply.
#[derive(Debug, Default)]
pub(super) struct Notes {
    replaced: u64,
    odd_usage: bool,
}

impl Notes {
    pub(super) fn replaced(&mut self, count: u64) {
        self.replaced = self.replaced.saturating_add(count);
    }

    pub(super) fn odd_usage(&mut self) {
        self.odd_usage = true;
    }

    /// Reports the record in the details of the result and as one `info` event.
    pub(super) fn settle(&self, finish: &mut Finish, writer: &ResponseWriter<'_>) {
        let mut data = serde_json::Map::new();
        if self.replaced > 0 {
            data.insert(REPLACED.to_owned(), self.replaced.into());
            finish.details.set(REPLACED, self.replaced);
        }
        if self.odd_usage {
            data.insert(ODD_USAGE.to_owned(), true.into());
            finish.details.set(ODD_USAGE, true);
        }
        if !data.is_empty() {
            inform(writer, "part of the reply could not be read", json!(data));
        }
    }
}
