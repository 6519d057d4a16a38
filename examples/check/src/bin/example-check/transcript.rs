//! [`Transcript`]: the JSON lines of an example, held to the grammar and told run by run.

use std::collections::BTreeMap;

use geppetto_events::{
    Event, EventKind, Grammar,
    kind::{ToolResultReady, ToolStatus},
};
use geppetto_turns::Usage;

#[cfg(test)]
mod tests;

/// What an example printed, run by run.
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
    /// What was asked.
    pub(crate) prompt: String,
    /// How it ended; `None` while it goes on.
    pub(crate) end: Option<End>,
    /// What the model said.
    pub(crate) text: String,
    /// What it thought.
    pub(crate) thinking: String,
    /// The tool calls, by their ids.
    pub(crate) tools: BTreeMap<String, Tool>,
    pub(crate) provider_calls: usize,
    /// Input and output tokens, summed over the provider calls.
    pub(crate) counted: (u64, u64),
    /// Input and output tokens, as the run's end states them.
    pub(crate) usage: Option<(u64, u64)>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Finished(String),
    Stopped(String),
    Failed(String),
}

/// A tool call that was requested.
#[derive(Debug, Default)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) executed: bool,
    pub(crate) result: Option<ToolResultReady>,
}

impl Tool {
    /// Whether the tool ran and gave a result.
    pub(crate) fn succeeded(&self) -> bool {
        let good = |result: &ToolResultReady| {
            result.status == ToolStatus::Success && !result.result.is_empty()
        };
        self.executed && self.result.as_ref().is_some_and(good)
    }
}

impl Transcript {
    /// Takes the next line.
    ///
    /// # Errors
    ///
    /// When it is no event, or not legal here: the line's number and why.
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

    /// Says that the output is over.
    ///
    /// # Errors
    ///
    /// When something is still open, and when the runs do not belong together.
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
    /// Holds the run to have counted input and output, and the same for its calls together.
    ///
    /// # Errors
    ///
    /// What is wrong, with the numbers.
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
