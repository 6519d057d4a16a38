//! [`Grammar`]: a check of the order of events.
//!
//! The order of events in a run is valid if:
//!
//! - `run-started` comes first, and exactly one of `run-finished`, `run-stopped`, `run-failed`
//!   comes last, with no provider call and no tool execution open;
//! - sequence numbers have no gaps;
//! - at most one provider call is open at a time; text and reasoning segments open, grow and close
//!   within it, and each delta begins at the end of the previous one;
//! - a tool call is started, grows and is requested within a provider call. A requested call may
//!   then be executed, has exactly one result, and is finished; a call that is never requested (it
//!   arrived incomplete) has no further events;
//! - a requested call may wait for a person, before its tool starts or after. It is then finished in the same run, or the run is
//!   stopped or fails while the call is waiting, and a later run continues the call with
//!   `tool-call-resumed`;
//! - messages join a run between its provider calls, and not while a tool call is executing;
//! - only a finished provider call can be discarded, which retracts its requested tool calls;
//! - all other events (errors, logs, progress of built-in tools, custom events) may occur anywhere
//!   in a run; logs, custom events and `queue-updated` also outside of runs.

use std::collections::{HashMap, HashSet};
use std::{error::Error, fmt};

use crate::{Event, EventKind};

mod segments;

#[cfg(test)]
mod tests;

use segments::Segments;

/// Checks that events occur in a valid order.
#[derive(Debug, Clone, Default)]
pub struct Grammar {
    last_seq: u64,
    run: Run,
    /// `true` if runs may begin and end without being announced.
    fragment: bool,
    call: Option<CallKey>,
    finished_calls: HashSet<CallKey>,
    segments: Segments,
    tools: HashMap<String, Tool>,
}

type CallKey = (String, u32);

#[derive(Debug, Clone, Default, PartialEq)]
enum Run {
    #[default]
    Idle,
    Running(Option<String>),
}

#[derive(Debug, Clone)]
struct Tool {
    call: Option<CallKey>,
    state: ToolState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ToolState {
    Requested,
    /// The call waits for a person.
    Waiting,
    Executing,
    Resulted,
    Finished,
}

impl Grammar {
    /// Creates a checker for complete, consecutive runs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a checker for a fragment of a run, such as the events of a single engine or an older
    /// log, which have no events for the start and end of runs.
    #[must_use]
    pub fn fragment() -> Self {
        Self {
            fragment: true,
            run: Run::Running(None),
            ..Self::default()
        }
    }

    /// Checks the next event.
    ///
    /// # Errors
    ///
    /// Returns an error if the event is not valid in this position. The checker then ignores the
    /// event and continues.
    pub fn accept(&mut self, event: &Event) -> Result<(), GrammarError> {
        let result = self
            .accept_seq(event)
            .and_then(|()| self.accept_kind(event));
        result.map_err(|rule| GrammarError {
            event_type: event.type_name().to_owned(),
            seq: event.seq,
            rule,
        })
    }

    /// Checks the end of the sequence.
    ///
    /// # Errors
    ///
    /// Returns an error if a run, a provider call or a segment is still open.
    pub fn finish(&self) -> Result<(), GrammarError> {
        let open = if self.run != Run::Idle && !self.fragment {
            Some("the run has no terminal event")
        } else {
            self.still_open()
        };
        match open {
            None => Ok(()),
            Some(rule) => Err(GrammarError {
                event_type: "end of stream".to_owned(),
                seq: self.last_seq,
                rule,
            }),
        }
    }

    fn accept_seq(&mut self, event: &Event) -> Result<(), &'static str> {
        if event.seq == 0 {
            return Ok(());
        }
        if self.last_seq != 0 && event.first_seq() != self.last_seq + 1 {
            return Err("sequence numbers must not have gaps");
        }
        self.last_seq = event.seq;
        Ok(())
    }

    fn accept_kind(&mut self, event: &Event) -> Result<(), &'static str> {
        match &event.kind {
            EventKind::RunStarted(_) => return self.start_of_run(event),
            EventKind::Custom(_)
            | EventKind::Log(_)
            | EventKind::Info(_)
            | EventKind::QueueUpdated(_) => return Ok(()),
            _ => {}
        }
        self.in_its_run(event)?;
        match &event.kind {
            EventKind::RunFinished(_) if self.any_tool(ToolState::Waiting) => {
                Err("a run does not finish while a tool call waits for a person")
            }
            EventKind::RunFinished(_) | EventKind::RunStopped(_) | EventKind::RunFailed(_) => {
                self.end_of_run()
            }
            EventKind::InputJoined(_) => self.still_open().map_or(Ok(()), Err),
            EventKind::ProviderCallStarted(_) => self.start_of_call(event),
            EventKind::ProviderCallMetadataUpdated(_) => self.in_its_call(event),
            EventKind::ProviderCallFinished(_) => self.end_of_call(event),
            EventKind::ProviderCallDiscarded(_) => self.discard_call(event),
            kind if Segments::concerns(kind) => {
                self.in_its_call(event)?;
                self.segments.accept(event)
            }
            _ => self.accept_tool(event),
        }
    }

    fn accept_tool(&mut self, event: &Event) -> Result<(), &'static str> {
        match &event.kind {
            EventKind::ToolCallRequested(e) => {
                self.in_its_call(event)?;
                self.segments.request(&e.tool_call_id)?;
                self.request_tool(&e.tool_call_id)
            }
            EventKind::ToolCallResumed(e) => self.resume_tool(&e.tool_call_id),
            EventKind::ToolCallWaiting(e) => self.move_tool(
                &e.tool_call_id,
                &[ToolState::Requested, ToolState::Executing],
                ToolState::Waiting,
                "only a requested call that has no result may wait, and once",
            ),
            EventKind::ToolExecutionStarted(e) => self.move_tool(
                &e.tool_call_id,
                &[ToolState::Requested],
                ToolState::Executing,
                "a tool may only start when its call was requested, and once",
            ),
            EventKind::ToolResultReady(e) => self.move_tool(
                &e.tool_call_id,
                &[
                    ToolState::Requested,
                    ToolState::Waiting,
                    ToolState::Executing,
                ],
                ToolState::Resulted,
                "a result needs a requested call that has none yet",
            ),
            EventKind::ToolCallFinished(e) => self.move_tool(
                &e.tool_call_id,
                &[ToolState::Resulted],
                ToolState::Finished,
                "a call may only finish when its result is ready, and once",
            ),
            _ => Ok(()),
        }
    }

    fn start_of_run(&mut self, event: &Event) -> Result<(), &'static str> {
        if self.run != Run::Idle && !self.fragment {
            return Err("a run must not start before the last one ended");
        }
        self.run = Run::Running(event.correlation.run_id.clone());
        self.fragment = false;
        self.call = None;
        self.finished_calls.clear();
        self.tools.clear();
        self.segments = Segments::default();
        Ok(())
    }

    fn in_its_run(&self, event: &Event) -> Result<(), &'static str> {
        match (&self.run, &event.correlation.run_id) {
            (Run::Idle, _) => Err("a run must start before anything happens in it"),
            (Run::Running(Some(run)), Some(own)) if run != own => {
                Err("the event belongs to another run")
            }
            _ => Ok(()),
        }
    }

    fn end_of_run(&mut self) -> Result<(), &'static str> {
        if let Some(rule) = self.still_open() {
            return Err(rule);
        }
        self.run = Run::Idle;
        Ok(())
    }

    fn still_open(&self) -> Option<&'static str> {
        if self.call.is_some() {
            return Some("a provider call is still open");
        }
        let busy = |tool: &Tool| matches!(tool.state, ToolState::Executing | ToolState::Resulted);
        self.tools
            .values()
            .any(busy)
            .then_some("a tool call is still open")
    }

    fn start_of_call(&mut self, event: &Event) -> Result<(), &'static str> {
        if self.call.is_some() {
            return Err("a provider call must not start before the last one finished");
        }
        let key = call_key(event);
        if self.finished_calls.contains(&key) {
            return Err("a provider call must have an id and attempt of its own");
        }
        self.call = Some(key);
        self.segments = Segments::default();
        Ok(())
    }

    fn in_its_call(&self, event: &Event) -> Result<(), &'static str> {
        match &self.call {
            None => Err("no provider call is open"),
            Some((id, attempt)) if (id.as_str(), *attempt) == call_of(event) => Ok(()),
            Some(_) => Err("the event belongs to another provider call"),
        }
    }

    fn end_of_call(&mut self, event: &Event) -> Result<(), &'static str> {
        self.in_its_call(event)?;
        if self.segments.any_open() {
            return Err("a segment is still open");
        }
        // Fragments of older logs do not name calls, which are then indistinguishable.
        if let Some(call) = self.call.take()
            && !call.0.is_empty()
        {
            self.finished_calls.insert(call);
        }
        Ok(())
    }

    fn discard_call(&mut self, event: &Event) -> Result<(), &'static str> {
        let key = call_key(event);
        if !self.finished_calls.contains(&key) {
            return Err("only a finished provider call can be discarded");
        }
        let of_call = |tool: &Tool| tool.call.as_ref() == Some(&key);
        if self
            .tools
            .values()
            .any(|tool| of_call(tool) && tool.state != ToolState::Requested)
        {
            return Err("a provider call whose tools ran cannot be discarded");
        }
        self.tools.retain(|_, tool| !of_call(tool));
        Ok(())
    }

    fn any_tool(&self, state: ToolState) -> bool {
        self.tools.values().any(|tool| tool.state == state)
    }

    /// A call of an earlier run is resumed.
    fn resume_tool(&mut self, id: &str) -> Result<(), &'static str> {
        if self.call.is_some() || self.tools.contains_key(id) {
            return Err("a call is taken up once, before its run asks the model");
        }
        let tool = Tool {
            call: None,
            state: ToolState::Requested,
        };
        self.tools.insert(id.to_owned(), tool);
        Ok(())
    }

    fn request_tool(&mut self, id: &str) -> Result<(), &'static str> {
        let open = |tool: &Tool| matches!(tool.state, ToolState::Executing | ToolState::Resulted);
        if self.tools.get(id).is_some_and(open) {
            return Err("a tool call must not be requested while it is being answered");
        }
        let tool = Tool {
            call: self.call.clone(),
            state: ToolState::Requested,
        };
        self.tools.insert(id.to_owned(), tool);
        Ok(())
    }

    fn move_tool(
        &mut self,
        id: &str,
        from: &[ToolState],
        to: ToolState,
        rule: &'static str,
    ) -> Result<(), &'static str> {
        match self.tools.get_mut(id) {
            Some(tool) if from.contains(&tool.state) => {
                tool.state = to;
                Ok(())
            }
            _ => Err(rule),
        }
    }
}

fn call_of(event: &Event) -> (&str, u32) {
    event.correlation.call().unwrap_or(("", 1))
}

fn call_key(event: &Event) -> CallKey {
    let (id, attempt) = call_of(event);
    (id.to_owned(), attempt)
}

/// Error returned for an event in an invalid position.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrammarError {
    /// Type of the event.
    pub event_type: String,
    /// Sequence number of the event; 0 if it has none.
    pub seq: u64,
    /// The violated rule.
    pub rule: &'static str,
}

impl fmt::Display for GrammarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "illegal order of events: {} (number {}): {}",
            self.event_type, self.seq, self.rule
        )
    }
}

impl Error for GrammarError {}
