//! A model that requests the same tool calls again and again.

use geppetto_engine::Limit;
use serde_json::{Map, Value};

use super::{End, LoopRun};
use crate::calls::Request;

/// Counts consecutive replies with the same tool calls.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    last: Vec<Called>,
    count: u32,
}

/// A tool call without its id.
#[derive(Debug, PartialEq)]
struct Called {
    tool: String,
    args: Result<Map<String, Value>, String>,
}

impl Repeats {
    /// Returns the number of consecutive replies with these calls, in this order.
    fn count(&mut self, requests: &[Request]) -> u32 {
        let called = requests.iter().map(|Request { call, .. }| Called {
            tool: call.name.clone(),
            args: call
                .args
                .object()
                .map_err(|_| call.args.as_str().to_owned()),
        });
        let called: Vec<Called> = called.collect();
        if called == self.last {
            self.count = self.count.saturating_add(1);
        } else {
            (self.last, self.count) = (called, 1);
        }
        self.count
    }
}

impl LoopRun<'_> {
    /// Ends the run if the model has repeated its calls too often.
    pub(super) async fn check_repeats(&mut self, requests: &[Request]) -> Result<(), End> {
        let Some(most) = self.config.max_identical_calls else {
            return Ok(());
        };
        let polls = |own: &Request| {
            let traits = self.registry.traits(&own.call.name);
            traits.is_some_and(|traits| traits.polling)
        };
        if requests.iter().all(polls) {
            self.repeats = Repeats::default();
            return Ok(());
        }
        if self.repeats.count(requests) <= most {
            return Ok(());
        }
        let limit = Limit::IdenticalCalls(most);
        if self.config.final_answer {
            self.ask_for_words(&limit).await?;
        }
        Err(End::Limit(limit))
    }
}
