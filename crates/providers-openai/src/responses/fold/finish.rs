//! The end of a reply: why the model stopped, and what that means.

use geppetto_engine::{EngineError, ErrorKind, Finish, ResponseWriter};
use geppetto_turns::{FinishClass, Incomplete, InferenceResult};
use serde_json::json;

use super::{Fold, Status, entry::Entry, usage};
use crate::shared::{notes::inform, reasons::Meaning};

impl Fold {
    /// The reply is over: makes its result, or gives back why it broke. What arrived is in the
    /// turn either way.
    pub(in crate::responses) fn end(
        mut self,
        mut writer: ResponseWriter<'_>,
        broken: Option<EngineError>,
        request_id: Option<String>,
    ) -> Result<InferenceResult, EngineError> {
        let why = match &broken {
            Some(error) => Some(incomplete(error)),
            // What is not whole at a stop was cut by it; after a regular end nothing is missing.
            None if self.status == Status::Completed => None,
            None => Some(Incomplete::Truncated),
        };
        if why.is_none() {
            for entry in &mut self.entries {
                entry.recall(&mut writer);
            }
        }
        let replaced: u64 = self.entries.iter().map(Entry::lost).sum();
        self.notes.replaced(replaced);
        // Items are numbered; one that came late has its place all the same.
        self.entries.sort_by_key(|entry| entry.index);
        for entry in &mut self.entries {
            let id = self.response_id.as_str();
            entry.settle(id, &self.asked, why, &mut writer);
        }
        if self.meaning() == Some(Meaning::Filter) {
            // The server left something out, and no call is what the model meant.
            for entry in &mut self.entries {
                entry.revoke(&mut writer);
            }
        }
        let mut finish = Finish::new(self.class(&writer));
        finish.stop_reason = self.stop_reason();
        if let Some((usage, is_odd)) = self.usage.as_deref().and_then(usage::parse) {
            finish.usage = Some(usage);
            if is_odd {
                self.notes.odd_usage();
            }
        }
        finish.request_id = request_id;
        finish.response_id = self.response_id.take();
        if let Some(tier) = self.service_tier.take() {
            finish.details.set("service_tier", tier);
        }
        self.notes.settle(&mut finish, &writer);
        if let Status::Incomplete(_) = self.status {
            finish.details.set("status", "incomplete");
        }
        if finish.stop_reason.is_some() || finish.usage.is_some() {
            writer.metadata(finish.stop_reason.as_deref(), finish.usage.as_ref());
        }
        match broken {
            Some(error) => Err(writer.fail(error, finish)),
            None => {
                if finish.class == FinishClass::Unknown {
                    let reason = finish.stop_reason.as_deref();
                    inform(&writer, "unknown finish reason", json!({"reason": reason}));
                }
                Ok(writer.finish(finish))
            }
        }
    }

    fn class(&self, writer: &ResponseWriter<'_>) -> FinishClass {
        match &self.status {
            Status::Completed if self.entries.iter().any(|e| e.is_pending_call(writer)) => {
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
            Status::Open | Status::Pending(_) | Status::Other(_) => FinishClass::Unknown,
        }
    }

    /// What the reason of a response that is incomplete means; `None` for any other one.
    pub(super) fn meaning(&self) -> Option<Meaning> {
        match &self.status {
            Status::Incomplete(reason) => Some(Meaning::of(reason)),
            _ => None,
        }
    }

    /// The server's word: the status, or the reason of one that is incomplete.
    fn stop_reason(&self) -> Option<String> {
        match &self.status {
            Status::Open => None,
            Status::Completed => Some("completed".to_owned()),
            Status::Incomplete(reason) if reason.is_empty() => Some("incomplete".to_owned()),
            Status::Incomplete(word) | Status::Pending(word) | Status::Other(word) => {
                Some(word.clone())
            }
        }
    }
}

/// The mark of what an error left in half, the same as the writer's.
fn incomplete(error: &EngineError) -> Incomplete {
    match error.kind() {
        ErrorKind::Cancelled => Incomplete::Cancelled,
        ErrorKind::Truncated => Incomplete::Truncated,
        _ => Incomplete::Failed,
    }
}
