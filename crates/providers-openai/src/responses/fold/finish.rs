//! End of a reply: its finish reason and finish class.

use geppetto_engine::Finish;
use geppetto_provider::{Output, rules::Meaning};
use geppetto_turns::{FinishClass, Incomplete};
use serde_json::json;

use super::{ResponsesFold, Status, entry::Entry, usage};

impl ResponsesFold {
    /// Ends the reply. `broken` is the mark of incomplete blocks.
    pub(super) fn end(mut self, broken: Option<Incomplete>, out: &mut Output<'_>) -> Finish {
        let why = match broken {
            Some(why) => Some(why),
            // A stop truncated whatever is incomplete; after a regular end nothing is missing.
            None if self.status == Status::Completed => None,
            None => Some(Incomplete::Truncated),
        };
        if why.is_none() {
            for entry in &mut self.entries {
                entry.recall(out);
            }
        }
        out.count_replaced(self.entries.iter().map(Entry::lost).sum());
        // Items are numbered; a late one still has its position.
        self.entries.sort_by_key(|entry| entry.index);
        for entry in &mut self.entries {
            entry.settle(self.response_id.as_str(), &self.asked, why, out);
        }
        if self.meaning() == Some(Meaning::Filter) {
            // The server removed parts, and no call is as the model intended.
            for entry in &mut self.entries {
                entry.revoke(out);
            }
        }
        let mut finish = Finish::new(self.class(out));
        finish.stop_reason = self.stop_reason();
        if let Some((usage, is_odd)) = self.usage.as_deref().and_then(usage::parse) {
            finish.usage = Some(usage);
            if is_odd {
                out.note_odd_usage();
            }
        }
        finish.response_id = self.response_id.take();
        if let Some(tier) = self.service_tier.take() {
            finish.details.set("service_tier", tier);
        }
        if let Status::Incomplete(_) = self.status {
            finish.details.set("status", "incomplete");
        }
        if broken.is_none() && finish.class == FinishClass::Unknown {
            let reason = finish.stop_reason.as_deref();
            out.inform("unknown finish reason", json!({"reason": reason}));
        }
        finish
    }

    fn class(&self, out: &Output<'_>) -> FinishClass {
        match &self.status {
            Status::Completed if self.entries.iter().any(|e| e.is_pending_call(out)) => {
                FinishClass::ToolCallsPending
            }
            Status::Completed if self.entries.iter().any(Entry::is_refusal) => FinishClass::Refused,
            Status::Completed => FinishClass::Completed,
            Status::Incomplete(_) => match self.meaning() {
                Some(Meaning::Limit) => FinishClass::MaxTokens,
                Some(Meaning::ContextWindow) => FinishClass::ContextWindow,
                Some(Meaning::Filter) => FinishClass::Refused,
                _ => FinishClass::Unknown,
            },
            Status::Open | Status::Failed | Status::Pending(_) | Status::Other(_) => {
                FinishClass::Unknown
            }
        }
    }

    /// Returns the meaning of the reason of an incomplete response; `None` for any other one.
    pub(super) fn meaning(&self) -> Option<Meaning> {
        match &self.status {
            Status::Incomplete(reason) => Some(Meaning::of(reason)),
            _ => None,
        }
    }

    /// Returns the server's finish reason: the status, or the reason of an incomplete response.
    fn stop_reason(&self) -> Option<String> {
        match &self.status {
            Status::Open | Status::Failed => None,
            Status::Completed => Some("completed".to_owned()),
            Status::Incomplete(reason) if reason.is_empty() => Some("incomplete".to_owned()),
            Status::Incomplete(word) | Status::Pending(word) | Status::Other(word) => {
                Some(word.clone())
            }
        }
    }
}
