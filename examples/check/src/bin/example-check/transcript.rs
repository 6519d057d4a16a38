//! [`Transcript`]: the JSON lines of an example, checked against the grammar and grouped by run.

use std::collections::BTreeMap;

use geppetto_events::{
    Event, EventKind, Grammar,
    kind::{ToolResultReady, ToolStatus},
};
use geppetto_turns::Usage;

#[cfg(test)]
mod tests;

/// The output of an example, by run.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    grammar: Grammar,
    lines: usize,
    pub(crate) runs: Vec<Run>,
}

/// One run.
#[derive(Debug, Default)]
pub(crate) struct Run {
    session: Option<String>,
    id: Option<String>,
    /// The prompt.
    pub(crate) prompt: String,
    /// How the run ended; `None` while it is in progress.
    pub(crate) end: Option<End>,
    /// The text of the model.
    pub(crate) text: String,
    /// The thinking of the model.
    pub(crate) thinking: String,
    /// The tool calls by id.
    pub(crate) tools: BTreeMap<String, Tool>,
    pub(crate) provider_calls: usize,
    /// Input and output tokens, summed over the provider calls.
    pub(crate) counted: (u64, u64),
    /// Input and output tokens, as reported by the end of the run.
    pub(crate) usage: Option<(u64, u64)>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Finished(String),
    Stopped(String),
    Failed(String),
}

/// A requested tool call.
#[derive(Debug, Default)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) executed: bool,
    pub(crate) result: Option<ToolResultReady>,
}

impl Tool {
    /// Returns `true` if the tool ran and returned a result.
    pub(crate) fn succeeded(&self) -> bool {
        let good = |result: &ToolResultReady| {
            result.status == ToolStatus::Success && !result.result.is_empty()
        };
        self.executed && self.result.as_ref().is_some_and(good)
    }
}

impl Transcript {
    /// Accepts the next line.
    ///
    /// # Errors
    ///
    /// If the line is not an event, or the event is not legal here: the line number and the reason.
    pub(crate) fn accept(&mut self, line: &str) -> Result<Event, String> {
        self.lines += 1;
        let number = self.lines;
        let at = |problem: String| format!("line {number} of its output: {problem}");
        let event: Event =
            serde_json::from_str(line).map_err(|error| at(format!("no event: {error}")))?;
        if number == 1 && event.seq != 1 {
            return Err(at(format!(
                "the first event has the number {}, not 1",
                event.seq
            )));
        }
        self.grammar
            .accept(&event)
            .map_err(|error| at(error.to_string()))?;
        self.note(&event);
        Ok(event)
    }

    /// Marks the end of the output.
    ///
    /// # Errors
    ///
    /// If something is still open, or if the runs do not belong together.
    pub(crate) fn finish(&self) -> Result<(), String> {
        self.grammar.finish().map_err(|error| error.to_string())?;
        for (number, run) in (1..).zip(&self.runs) {
            let (Some(session), Some(id)) = (&run.session, &run.id) else {
                return Err(format!("run {number} does not say its session and its id"));
            };
            let first = self.runs.iter().take(number - 1);
            for (other, before) in (1..).zip(first) {
                if before.id.as_ref() == Some(id) {
                    return Err(format!("runs {other} and {number} have the same id {id}"));
                }
                if before.session.as_ref() != Some(session) {
                    return Err(format!(
                        "runs {other} and {number} are in different sessions"
                    ));
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, event: &Event) {
        if let EventKind::RunStarted(started) = &event.kind {
            self.runs.push(Run {
                session: event.correlation.session_id.clone(),
                id: event.correlation.run_id.clone(),
                prompt: started.prompt.clone(),
                ..Run::default()
            });
        }
        if let Some(run) = self.runs.last_mut() {
            run.note(&event.kind);
        }
    }
}

impl Run {
    /// Checks that the run reports input and output tokens, and that its calls add up to the same
    /// numbers.
    ///
    /// # Errors
    ///
    /// The problem, with the numbers.
    pub(crate) fn check_usage(&self) -> Result<(), String> {
        let Some((input, output)) = self.usage else {
            return Err("the run has no usage".to_owned());
        };
        if input == 0 || output == 0 {
            return Err(format!("usage of {input} tokens in, {output} out"));
        }
        if (input, output) != self.counted {
            let (calls_in, calls_out) = self.counted;
            return Err(format!(
                "the run's usage is {input} tokens in, {output} out; its provider calls' is \
                 {calls_in} in, {calls_out} out"
            ));
        }
        Ok(())
    }

    fn note(&mut self, kind: &EventKind) {
        match kind {
            EventKind::ProviderCallFinished(finished) => {
                self.provider_calls += 1;
                if let Some(usage) = &finished.usage {
                    let (input, output) = tokens(usage);
                    self.counted = (self.counted.0 + input, self.counted.1 + output);
                }
            }
            EventKind::TextDelta(delta) => self.text.push_str(&delta.delta),
            EventKind::ReasoningDelta(delta) => self.thinking.push_str(&delta.delta),
            EventKind::ToolCallRequested(call) => {
                self.tools
                    .entry(call.tool_call_id.clone())
                    .or_default()
                    .name = call.tool_name.clone();
            }
            EventKind::ToolExecutionStarted(call) => {
                self.tools
                    .entry(call.tool_call_id.clone())
                    .or_default()
                    .executed = true;
            }
            EventKind::ToolResultReady(result) => {
                let tool = self.tools.entry(result.tool_call_id.clone()).or_default();
                tool.result = Some(result.clone());
            }
            EventKind::RunFinished(finished) => {
                self.usage = finished.usage.as_deref().map(tokens);
                self.end = Some(End::Finished(finished.status.clone()));
            }
            EventKind::RunStopped(stopped) => {
                self.usage = stopped.usage.as_deref().map(tokens);
                self.end = Some(End::Stopped(stopped.reason.clone()));
            }
            EventKind::RunFailed(failed) => {
                self.usage = failed.usage.as_deref().map(tokens);
                self.end = Some(End::Failed(failed.error_string.clone()));
            }
            _ => {}
        }
    }
}

fn tokens(usage: &Usage) -> (u64, u64) {
    (usage.input_tokens, usage.output_tokens)
}
