//! [`ExpectationSink`]: assertions on the events of a run.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
};

use geppetto_events::{Event, EventSink, Grammar, MemorySink};

mod step;

#[cfg(test)]
mod tests;

use step::Step;

/// Collects the events of a run and compares them with expectations.
///
/// Expectations are matched in order, each against the next event. The stream is also checked
/// against the [grammar](Grammar).
///
/// ```
/// use geppetto_engine::{Engine, RunContext};
/// use geppetto_testing::{ExpectationSink, Script, ScriptedEngine};
/// use geppetto_turns::Turn;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let expected = ExpectationSink::new()
///     .event("provider-call-started")
///     .reasoning("hm")
///     .text("Hello")
///     .event_where("provider-call-finished", |event| event["finish_class"] == "completed");
///
/// let engine = ScriptedEngine::new([Script::new().reasoning("hm").text("Hel").text("lo")]);
/// let ctx = RunContext::new().with_event_sinks([expected.sink()]);
/// engine.run_inference(&ctx, &mut Turn::builder().user("hi").build()).await?;
/// expected.assert_met();
/// # Ok::<(), geppetto_engine::EngineError>(())
/// # }).unwrap();
/// ```
#[derive(Default)]
#[must_use]
pub struct ExpectationSink {
    steps: Vec<Step>,
    received: Arc<MemorySink>,
}

impl ExpectationSink {
    /// Creates a sink without expectations.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the event sink, for a session, a builder or a run context.
    #[must_use]
    pub fn sink(&self) -> Arc<dyn EventSink> {
        Arc::clone(&self.received) as Arc<dyn EventSink>
    }

    /// Expects an event of this type.
    pub fn event(self, event_type: impl Into<String>) -> Self {
        self.event_where(event_type, |_| true)
    }

    /// Expects an event of this type for whose JSON the function returns `true`.
    pub fn event_where(
        mut self,
        event_type: impl Into<String>,
        accepts: impl Fn(&serde_json::Value) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.steps
            .push(Step::One(event_type.into(), Box::new(accepts)));
        self
    }

    /// Expects a complete text segment, in any number of deltas.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.steps.push(Step::Segment("text", text.into()));
        self
    }

    /// Expects a complete reasoning segment, in any number of deltas.
    pub fn reasoning(mut self, text: impl Into<String>) -> Self {
        self.steps.push(Step::Segment("reasoning", text.into()));
        self
    }

    /// Expects a tool call: its start, any number of argument deltas, and the request.
    pub fn tool_call(mut self, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        self.steps
            .push(Step::ToolCall(name.into(), arguments.into()));
        self
    }

    /// Skips events up to the next one of this type, which is expected.
    pub fn anything_until(mut self, event_type: impl Into<String>) -> Self {
        self.steps.push(Step::Until(event_type.into()));
        self
    }

    /// Returns the events received so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.received.events()
    }

    /// Checks that the events match the expectations, without any remaining events.
    ///
    /// # Errors
    ///
    /// If an expectation is not met. The error names it and the event in its place, and lists all
    /// events.
    pub fn check(&self) -> Result<(), ExpectationError> {
        let events = self.received.events();
        let error = |message: String| ExpectationError {
            message,
            events: events.clone(),
        };
        let mut rest = events.as_slice();
        for (number, step) in self.steps.iter().enumerate() {
            rest = step
                .take(rest)
                .map_err(|message| error(format!("expectation {}: {message}", number + 1)))?;
        }
        if let Some(event) = rest.first() {
            let message = format!(
                "nothing more was expected, but then came {}",
                event.type_name()
            );
            return Err(error(message));
        }
        let announced = events
            .first()
            .is_some_and(|e| e.type_name() == "run-started");
        let mut grammar = if announced {
            Grammar::new()
        } else {
            Grammar::fragment()
        };
        events
            .iter()
            .try_for_each(|event| grammar.accept(event))
            .and_then(|()| grammar.finish())
            .map_err(|violation| error(violation.to_string()))
    }

    /// Panics unless the events match the expectations, without any remaining events.
    ///
    /// # Panics
    ///
    /// With the difference and a list of all events.
    #[track_caller]
    #[allow(clippy::panic, reason = "an assertion")]
    pub fn assert_met(&self) {
        if let Err(error) = self.check() {
            panic!("{error}");
        }
    }
}

impl fmt::Debug for ExpectationSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExpectationSink")
            .field("steps", &self.steps.len())
            .finish_non_exhaustive()
    }
}

/// Error of events that do not match the expectations.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectationError {
    message: String,
    events: Vec<Event>,
}

impl fmt::Display for ExpectationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = String::new();
        for event in &self.events {
            let json = serde_json::to_string(event).unwrap_or_default();
            writeln!(list, "  {json}")?;
        }
        write!(f, "{}\nall events:\n{list}", self.message)
    }
}

impl std::error::Error for ExpectationError {}
