//! A printer for people.

use std::{
    fmt::Write as _,
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

use geppetto_turns::Usage;

use super::Output;
use crate::{
    Event, EventKind, EventSink,
    kind::{Info, ToolStatus},
};

const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const CYAN: &str = "\x1b[36m";
const RESET: &str = "\x1b[0m";

/// Writes text as it comes, reasoning and tools apart from it, and the usage at the end.
///
/// Without colour by default: ask for it only where the writer is a terminal.
#[derive(Debug)]
pub struct HumanPrinter<W> {
    output: Output<W>,
    color: bool,
    failures: bool,
    line: Mutex<Line>,
}

/// What the last line written was part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Line {
    #[default]
    Fresh,
    Text,
    Reasoning,
}

impl<W: Write> HumanPrinter<W> {
    /// A printer to `writer`, without colour.
    pub fn new(writer: W) -> Self {
        Self {
            output: Output::new(writer),
            color: false,
            failures: true,
            line: Mutex::default(),
        }
    }

    /// Sets whether to use colour.
    #[must_use]
    pub fn with_color(mut self, color: bool) -> Self {
        self.color = color;
        self
    }

    /// Sets whether to say that a run failed or was stopped; true by default. A program that says
    /// so itself, on stderr, turns it off.
    #[must_use]
    pub fn with_failures(mut self, failures: bool) -> Self {
        self.failures = failures;
        self
    }

    /// The writer's first error, if it had one; nothing was written after it.
    pub fn error(&self) -> Option<io::ErrorKind> {
        self.output.error()
    }

    fn paint(&self, color: &str, text: &str) -> String {
        if self.color {
            format!("{color}{text}{RESET}")
        } else {
            text.to_owned()
        }
    }

    /// The text for an event, given what the line is part of so far.
    fn render(&self, event: &Event, line: &mut Line) -> String {
        match &event.kind {
            EventKind::TextDelta(e) => self.running(&e.delta, Line::Text, "", line),
            EventKind::ReasoningDelta(e) => self.thought(&e.delta, line),
            EventKind::TextSegmentFinished(_) | EventKind::ReasoningSegmentFinished(_) => {
                fresh(line)
            }
            EventKind::ToolCallRequested(e) => {
                let said = format!("→ {} {}", e.tool_name, e.input);
                self.whole(CYAN, &said, line)
            }
            EventKind::ToolResultReady(e) => {
                let (color, mark) = match e.status {
                    ToolStatus::Success => (CYAN, "←"),
                    _ => (RED, "✗"),
                };
                self.whole(color, &format!("{mark} {} {}", e.tool_name, e.result), line)
            }
            EventKind::ProviderCallDiscarded(e) => self.whole(
                RED,
                &format!("(the reply broke, asking again: {})", e.reason),
                line,
            ),
            EventKind::Info(e) => self.whole(DIM, &info(e), line),
            EventKind::Log(e) => self.whole(DIM, &format!("[{}] {}", e.level, e.message), line),
            EventKind::Citation(e) => self.whole(DIM, &format!("[{}] {}", e.title, e.url), line),
            EventKind::DebuggerPause(e) => {
                self.whole(DIM, &format!("(paused {}: {})", e.phase, e.summary), line)
            }
            EventKind::RunFinished(e) => {
                let said = usage(e.usage.as_deref());
                self.end(DIM, said, e.persist_error.as_deref(), line)
            }
            EventKind::RunStopped(e) => {
                let said = self.failures.then(|| format!("stopped: {}", e.reason));
                self.end(RED, said, e.persist_error.as_deref(), line)
            }
            EventKind::RunFailed(e) => {
                let said = self.failures.then(|| format!("failed: {}", e.error_string));
                self.end(RED, said, e.persist_error.as_deref(), line)
            }
            _ => String::new(),
        }
    }

    /// Reasoning. Where colour cannot tell it from text, a word does.
    fn thought(&self, delta: &str, line: &mut Line) -> String {
        let begins = *line != Line::Reasoning;
        let text = self.running(delta, Line::Reasoning, DIM, line);
        if !begins {
            return text;
        }
        let (before, text) = text.split_at(usize::from(text.starts_with('\n')));
        format!("{before}{}{text}", self.paint(DIM, "thinking: "))
    }

    /// Text that goes on in the line it is part of.
    fn running(&self, text: &str, part: Line, color: &str, line: &mut Line) -> String {
        let mut out = String::new();
        if *line != part && *line != Line::Fresh {
            out.push('\n');
        }
        *line = part;
        if color.is_empty() {
            out.push_str(text);
        } else {
            out.push_str(&self.paint(color, text));
        }
        out
    }

    /// Lines of their own.
    fn whole(&self, color: &str, text: &str, line: &mut Line) -> String {
        let mut out = fresh(line);
        let _ = writeln!(out, "{}", self.paint(color, text));
        out
    }

    fn end(
        &self,
        color: &str,
        said: Option<String>,
        persist_error: Option<&str>,
        line: &mut Line,
    ) -> String {
        let mut out = match said {
            Some(said) => self.whole(color, &format!("[{said}]"), line),
            None => fresh(line),
        };
        if let Some(error) = persist_error {
            out.push_str(&self.whole(RED, &format!("[not stored: {error}]"), line));
        }
        out
    }
}

fn info(event: &Info) -> String {
    let reason = event
        .data
        .as_ref()
        .and_then(|data| data.get("reason")?.as_str());
    match reason {
        Some(reason) => format!("({}: {reason})", event.message),
        None => format!("({})", event.message),
    }
}

fn fresh(line: &mut Line) -> String {
    match std::mem::take(line) {
        Line::Fresh => String::new(),
        Line::Text | Line::Reasoning => "\n".to_owned(),
    }
}

/// The tokens; nothing where the provider told none.
fn usage(usage: Option<&Usage>) -> Option<String> {
    let usage = usage.filter(|usage| usage.total_tokens() > 0)?;
    let mut said = format!("{} tokens in", usage.input_tokens);
    if usage.cached_tokens > 0 {
        let _ = write!(said, " ({} cached)", usage.cached_tokens);
    }
    let _ = write!(said, ", {} out", usage.output_tokens);
    if usage.reasoning_tokens > 0 {
        let _ = write!(said, " ({} reasoning)", usage.reasoning_tokens);
    }
    Some(said)
}

impl<W: Write + Send> EventSink for HumanPrinter<W> {
    fn publish(&self, event: &Event) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let text = self.render(event, &mut line);
        if !text.is_empty() {
            self.output.write(&text);
        }
    }
}
