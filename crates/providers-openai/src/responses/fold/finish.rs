//! The end of a reply: why the model stopped, and what that means.

use geppetto_engine::{EngineError, ErrorKind, Finish, ResponseWriter};
use geppetto_turns::{FinishClass, Incomplete, InferenceResult};

use super::{Fold, Status, entry::Entry, usage};

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
        // Items are numbered; one that came late has its place all the same.
        self.entries.sort_by_key(|entry| entry.index);
        let mut order = Vec::new();
        for entry in &mut self.entries {
            order.extend(entry.settle(&self.response_id, &self.asked, why, &mut writer));
        }
        writer.arrange(order);
        let mut finish = Finish::new(self.class(&writer));
        finish.stop_reason = self.stop_reason();
        finish.usage = self.usage.as_deref().and_then(usage::parse);
        finish.request_id = request_id;
        if !self.response_id.is_empty() {
            finish.response_id = Some(self.response_id);
        }
        if !self.service_tier.is_empty() {
            finish.details.set("service_tier", self.service_tier);
        }
        if let Status::Incomplete(_) = self.status {
            finish.details.set("status", "incomplete");
        }
        if finish.stop_reason.is_some() || finish.usage.is_some() {
            writer.metadata(finish.stop_reason.as_deref(), finish.usage.as_ref());
        }
        match broken {
            Some(error) => Err(writer.fail(error, finish)),
            None => Ok(writer.finish(finish)),
        }
    }

    fn class(&self, writer: &ResponseWriter<'_>) -> FinishClass {
        match &self.status {
            Status::Completed if self.entries.iter().any(|e| e.is_pending_call(writer)) => {
                FinishClass::ToolCallsPending
            }
            Status::Completed if self.entries.iter().any(Entry::is_refusal) => FinishClass::Refused,
            Status::Completed => FinishClass::Completed,
            Status::Incomplete(reason) => match reason.as_str() {
                "max_output_tokens" | "max_tokens" | "length" | "max_prompt_tokens" => {
                    FinishClass::MaxTokens
                }
                "content_filter" => FinishClass::Refused,
                _ => FinishClass::Unknown,
            },
            Status::Open | Status::Pending(_) | Status::Other(_) => FinishClass::Unknown,
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
