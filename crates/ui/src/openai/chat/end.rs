//! [`End`]: what is known about the end of the reply.

use std::collections::BTreeSet;

use geppetto_events::{Event, EventKind};
use geppetto_turns::Usage;
use serde_json::Value;

use crate::openai::{ApiError, usage};

/// What is known about the end of the reply.
#[derive(Debug, Default)]
pub(super) struct End {
    /// Finish class of the last provider call.
    class: String,
    /// The model refused in words.
    pub(super) refused: bool,
    /// Usage of all runs of the reply.
    usage: Option<Usage>,
    /// Server tools that wait for a person, by call id.
    waiting: BTreeSet<String>,
}

/// How a run ended.
pub(super) enum Over {
    /// The reply is complete.
    Reply {
        stopped: bool,
    },
    /// Calls of server tools wait for a person.
    Waits,
    Error(ApiError),
}

impl End {
    /// Reads an event of any kind; returns the end of the run. `is_client` tells the client's tools.
    pub(super) fn read(&mut self, event: &Event, is_client: impl Fn(&str) -> bool) -> Option<Over> {
        match &event.kind {
            EventKind::RunStarted(_) => self.waiting.clear(),
            EventKind::ProviderCallFinished(call) => {
                self.class = call.finish_class.clone().unwrap_or_default();
            }
            EventKind::ToolCallWaiting(call) if !is_client(&call.tool_name) => {
                self.waiting.insert(call.tool_call_id.clone());
            }
            EventKind::RunFinished(end) => {
                self.add(end.usage.as_deref());
                return Some(Over::Reply { stopped: false });
            }
            EventKind::RunStopped(end) => {
                self.add(end.usage.as_deref());
                if end.reason.starts_with("cancelled") {
                    let message = format!("the request was {}", end.reason);
                    return Some(Over::Error(ApiError::of_kind("cancelled", message)));
                }
                return Some(if self.waiting.is_empty() {
                    Over::Reply {
                        stopped: !end.reason.starts_with("waiting"),
                    }
                } else {
                    Over::Waits
                });
            }
            EventKind::RunFailed(failed) => return Some(Over::Error(ApiError::of_run(failed))),
            _ => {}
        }
        None
    }

    fn add(&mut self, usage: Option<&Usage>) {
        if let Some(usage) = usage {
            *self.usage.get_or_insert_default() += usage;
        }
    }

    /// Returns the usage; `None` if it is unknown.
    pub(super) fn usage(&self) -> Option<Value> {
        self.usage.as_ref().and_then(usage::of_chat)
    }

    /// Returns the finish reason of a complete reply.
    pub(super) fn reason(&self, has_calls: bool, stopped: bool) -> &'static str {
        match self.class.as_str() {
            "max_tokens" | "context_window" => "length",
            "refused" if !self.refused => "content_filter",
            _ if has_calls => "tool_calls",
            _ if stopped => "length",
            _ => "stop",
        }
    }

    pub(super) fn waiting(&self) -> impl Iterator<Item = &str> {
        self.waiting.iter().map(String::as_str)
    }
}
