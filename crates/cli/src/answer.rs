//! [`Output`]: the answer in the format of `--output`.

use std::{
    collections::HashMap,
    io::{self, IsTerminal as _, Sink, Stdout, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use geppetto_engine::{RunStatus, StructuredOutput};
use geppetto_events::{
    Event, EventSink,
    printer::{HumanPrinter, JsonLinesPrinter},
};
use geppetto_session::RunOutcome;
use geppetto_turns::{
    Content, InferenceResult, Turn,
    serial::{json_string, yaml_string},
};
use serde_json::{Map, Value, json};

use crate::{failure::Failure, say};

#[cfg(test)]
mod tests;

/// Form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// The text of the answer as it arrives; with --schema, the checked JSON at the end.
    #[default]
    Text,
    /// One object at the end: answer, session, model, usage, cost, error.
    Json,
    /// The events as they arrive, one JSON object a line.
    Jsonl,
    /// As json, in YAML.
    Yaml,
}

/// Standard error. A reader that closes it does not end the answer.
#[derive(Debug)]
struct Notes;

impl Write for Notes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = io::stderr().flush();
        Ok(())
    }
}

/// Prints the events of a run, and its result.
#[derive(Debug)]
pub(crate) struct Output {
    format: Format,
    printer: Printer,
    /// `true` once a run has ended, which the output reports.
    has_ended: AtomicBool,
}

#[derive(Debug)]
enum Printer {
    /// The answer on standard output, everything else on standard error.
    Text(Box<HumanPrinter<Stdout, Notes>>),
    /// The answer alone.
    Quiet(Box<HumanPrinter<Stdout, Sink>>),
    /// Everything else alone.
    Notes(Box<HumanPrinter<Sink, Notes>>),
    Lines(JsonLinesPrinter<Stdout>),
    Nothing,
}

impl Output {
    /// Creates the output.
    pub(crate) fn new(format: Format, is_quiet: bool, has_schema: bool) -> Self {
        let color = say::has_color();
        let printer = match (format, is_quiet) {
            (Format::Jsonl, _) => Printer::Lines(JsonLinesPrinter::new(io::stdout())),
            (Format::Text, false) if !has_schema => {
                let printer = HumanPrinter::new(io::stdout()).with_notes(Notes);
                Printer::Text(Box::new(printer.with_color(color).with_failures(false)))
            }
            (Format::Text, true) if !has_schema => {
                let printer = HumanPrinter::new(io::stdout()).with_notes(io::sink());
                Printer::Quiet(Box::new(printer.with_failures(false)))
            }
            (_, false) => {
                let printer = HumanPrinter::new(io::sink()).with_notes(Notes);
                Printer::Notes(Box::new(printer.with_color(color).with_failures(false)))
            }
            (_, true) => Printer::Nothing,
        };
        Self {
            format,
            printer,
            has_ended: AtomicBool::new(false),
        }
    }

    /// Returns `true` if what is printed cannot be taken back: the text of a reply that breaks off would stand before that
    /// of the next one, for a program or in a file. A person is told.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self.printer, Printer::Text(_) | Printer::Quiet(_)) && !io::stdout().is_terminal()
    }

    /// Fails if the output cannot be written: its reader closed it, or the disk is full.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let error = match &self.printer {
            Printer::Text(printer) => printer.error(),
            Printer::Quiet(printer) => printer.error(),
            Printer::Lines(printer) => printer.error(),
            Printer::Notes(_) | Printer::Nothing => None,
        };
        match error {
            Some(kind) => Err(Failure::of_output(&kind.into())),
            None => Ok(()),
        }
    }

    fn has_notes(&self) -> bool {
        !matches!(self.printer, Printer::Quiet(_) | Printer::Nothing)
    }

    /// Prints what is only known at the end.
    pub(crate) fn finish(
        &self,
        session: &str,
        run: &str,
        outcome: &RunOutcome,
        schema: Option<&StructuredOutput>,
    ) -> Result<(), Failure> {
        self.has_ended.store(true, Ordering::Relaxed);
        let is_finished = outcome.status == RunStatus::Finished;
        if is_finished && self.has_notes() && outcome.result.as_ref().is_some_and(is_cut) {
            say::warning(
                "the answer is cut off by the output limit; --ai-max-response-tokens sets it",
            );
        }
        let data = schema
            .filter(|_| is_finished)
            .map(|schema| schema.read(&outcome.turn));
        let data = match data {
            Some(Ok(data)) => Some(data),
            Some(Err(error)) if self.format == Format::Text => {
                return Err(Failure::Run(error.to_string()));
            }
            Some(Err(error)) => {
                let mut result = result(session, run, outcome);
                result.insert("error".to_owned(), error.to_string().into());
                self.print(&Value::Object(result))?;
                return Err(Failure::Run(error.to_string()));
            }
            None => None,
        };
        match (self.format, data) {
            (Format::Text, Some(data)) => {
                let text = serde_json::to_string_pretty(&data).unwrap_or_default();
                say::out(&geppetto_turns::printable(&text))
            }
            (Format::Text, None) => Ok(()),
            (_, data) => {
                let mut result = result(session, run, outcome);
                result.extend(data.map(|data| ("data".to_owned(), data)));
                self.print(&Value::Object(result))
            }
        }
    }

    /// Reports a failure before any run to programs, which read it where they read the answer
    /// (<https://github.com/google-gemini/gemini-cli/issues/20183>).
    pub(crate) fn report(&self, done: Result<(), Failure>) -> Result<(), Failure> {
        let Err(failure) = &done else {
            return done;
        };
        let is_told = matches!(failure, Failure::Usage(_) | Failure::Run(_));
        if !is_told || self.has_ended.load(Ordering::Relaxed) {
            return done;
        }
        let message = failure.to_string();
        if self.format == Format::Jsonl {
            let code = match failure {
                Failure::Usage(_) => "invalid",
                _ => "failed",
            };
            let error = json!({"type": "error", "code": code, "message": message});
            say::out(&error.to_string())?;
        } else {
            self.print(&json!({"answer": "", "status": "failed", "error": message}))?;
        }
        done
    }

    fn print(&self, result: &Value) -> Result<(), Failure> {
        let text = match self.format {
            Format::Json => json_string(result),
            Format::Yaml => yaml_string(result),
            Format::Text | Format::Jsonl => return Ok(()),
        };
        say::out(&text.map_err(|error| Failure::Run(error.to_string()))?)
    }
}

impl EventSink for Output {
    fn publish(&self, event: &Event) {
        match &self.printer {
            Printer::Text(printer) => printer.publish(event),
            Printer::Quiet(printer) => printer.publish(event),
            Printer::Notes(printer) => printer.publish(event),
            Printer::Lines(printer) => printer.publish(event),
            Printer::Nothing => {}
        }
    }
}

/// Returns everything about a run, for programs.
pub(crate) fn result(session: &str, run: &str, outcome: &RunOutcome) -> Map<String, Value> {
    let last = outcome.result.as_ref();
    let mut result = Map::new();
    let mut set = |key: &str, value: Value| {
        if !value.is_null() {
            result.insert(key.to_owned(), value);
        }
    };
    set("answer", answer(outcome).into());
    set("status", status(&outcome.status).into());
    if outcome.status != RunStatus::Finished {
        set("error", message(outcome).into());
    }
    set("session", session.into());
    set("run", run.into());
    set("provider", last.map(|last| last.provider.clone()).into());
    set("model", last.map(|last| last.model.clone()).into());
    set(
        "stop_reason",
        last.and_then(|last| last.stop_reason.clone()).into(),
    );
    set("truncated", last.map(|last| last.truncated).into());
    set(
        "usage",
        serde_json::to_value(&outcome.usage).unwrap_or_default(),
    );
    set("cost_usd", last.and_then(InferenceResult::cost_usd).into());
    set("provider_calls", outcome.provider_calls.into());
    set("tool_calls", tools(outcome));
    result
}

/// Returns `true` if the provider ended the answer before its end.
fn is_cut(result: &InferenceResult) -> bool {
    result.truncated
}

/// Returns the text after the last prompt, or of what there is of it.
fn answer(outcome: &RunOutcome) -> String {
    outcome.turn.assistant_text()
}

fn message(outcome: &RunOutcome) -> String {
    match (&outcome.status, &outcome.error) {
        (RunStatus::Failed { message, .. }, _) => message.clone(),
        (_, Some(error)) => error.to_string(),
        (status, None) => crate::answer::status(status).to_owned(),
    }
}

fn status(status: &RunStatus) -> &'static str {
    match status {
        RunStatus::Finished => "finished",
        RunStatus::Refused => "refused",
        RunStatus::LimitReached(_) => "limit-reached",
        RunStatus::Waiting(_) => "waiting",
        RunStatus::Cancelled => "cancelled",
        _ => "failed",
    }
}

/// Returns the tool calls of the run with their results. A result belongs to the last call with its
/// id before it: many providers use the ids of calls again in each reply.
fn tools(outcome: &RunOutcome) -> Value {
    match outcome.tool_calls {
        0 => Value::Null,
        _ => calls(&outcome.turn),
    }
}

fn calls(turn: &Turn) -> Value {
    let mut results: HashMap<&str, String> = HashMap::new();
    let mut calls = Vec::new();
    for block in turn.blocks.iter().rev() {
        match &block.content {
            Content::ToolUse(answer) => {
                results.insert(&answer.id, answer.output());
            }
            Content::ToolCall(call) => calls.push(json!({
                "name": call.name,
                "arguments": call.args.as_str(),
                "result": results.remove(&*call.id),
            })),
            _ => {}
        }
    }
    calls.reverse();
    Value::Array(calls)
}
