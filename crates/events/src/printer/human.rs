//! Human-readable event printer.

use std::{
    borrow::Cow,
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

use geppetto_turns::{printable, printable_line};

use super::Output;
use crate::{Event, EventKind, EventSink, kind::ToolStatus};

mod page;
mod words;

use page::{Page, Part};

const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const CYAN: &str = "\x1b[36m";
const RESET: &str = "\x1b[0m";

/// Prints the answer as it arrives, reasoning, tool calls and notices on separate lines, and usage
/// at the end.
///
/// With one writer, all output goes there. With a second writer for notes
/// ([`with_notes`](Self::with_notes)), the first receives only the text of the answer, so that
/// `program > answer.txt` stores just the answer.
///
/// Terminal control characters are replaced ([`printable`](mod@geppetto_turns::printable)); the
/// only escape sequences are the printer's own. Base64 in tool arguments and results, such as
/// images, is shortened ([`shorten_data`](geppetto_turns::printable::shorten_data)). Blank lines at
/// the beginning and end of an answer are omitted, and the answer ends with a line feed.
///
/// Colour is off by default; enable it only if the notes go to a terminal.
#[derive(Debug)]
pub struct HumanPrinter<W, N = io::Sink> {
    answer: Output<W>,
    notes: Option<Output<N>>,
    color: bool,
    failures: bool,
    page: Mutex<Page>,
}

impl<W: Write> HumanPrinter<W> {
    /// Creates a printer that writes everything to `writer`, without colour.
    pub fn new(writer: W) -> Self {
        Self {
            answer: Output::new(writer),
            notes: None,
            color: false,
            failures: true,
            page: Mutex::default(),
        }
    }

    /// Sets a second writer for everything but the answer: reasoning, tools, notices, failures and
    /// usage. Typically standard error.
    ///
    /// ```
    /// use std::io::{stderr, stdout};
    /// use geppetto_events::printer::HumanPrinter;
    ///
    /// let printer = HumanPrinter::new(stdout()).with_notes(stderr());
    /// ```
    #[must_use]
    pub fn with_notes<N: Write>(self, writer: N) -> HumanPrinter<W, N> {
        HumanPrinter {
            answer: self.answer,
            notes: Some(Output::new(writer)),
            color: self.color,
            failures: self.failures,
            page: self.page,
        }
    }
}

impl<W: Write, N: Write> HumanPrinter<W, N> {
    /// Sets whether notes are coloured. The answer never is.
    #[must_use]
    pub fn with_color(mut self, color: bool) -> Self {
        self.color = color;
        self
    }

    /// Sets whether failed and stopped runs are announced; `true` by default. Disable it in a
    /// program that reports failures itself.
    #[must_use]
    pub fn with_failures(mut self, failures: bool) -> Self {
        self.failures = failures;
        self
    }

    /// Returns the first write error, of the answer's writer before that of the notes. A writer
    /// that has failed is not written to again.
    pub fn error(&self) -> Option<io::ErrorKind> {
        let notes = || self.notes.as_ref().and_then(Output::error);
        self.answer.error().or_else(notes)
    }

    fn paint<'t>(&self, color: &str, text: &'t str) -> Cow<'t, str> {
        if self.color && !text.is_empty() {
            return Cow::Owned(format!("{color}{text}{RESET}"));
        }
        Cow::Borrowed(text)
    }

    fn write_note(&self, text: &str) {
        match &self.notes {
            Some(notes) => notes.write(text),
            None => self.answer.write(text),
        }
    }

    fn show(&self, event: &Event, page: &mut Page) {
        match &event.kind {
            EventKind::TextDelta(e) => self.answer(&e.delta, page),
            EventKind::ReasoningDelta(e) => self.reasoning(&e.delta, page),
            EventKind::TextSegmentFinished(e) => {
                if !page.has_text() {
                    self.answer(&e.text, page);
                }
                self.end_text(page);
            }
            EventKind::ReasoningSegmentFinished(_) => self.end_reasoning(page),
            EventKind::ToolCallRequested(e) => {
                self.note(CYAN, &words::tool("→", &e.tool_name, &e.input), page);
            }
            EventKind::ToolCallWaiting(e) => {
                let question = printable(&e.question);
                self.note(CYAN, &words::tool("?", &e.tool_name, &question), page);
            }
            EventKind::ToolResultReady(e) => {
                let (color, mark) = match e.status {
                    ToolStatus::Success => (CYAN, "←"),
                    _ => (RED, "✗"),
                };
                self.note(color, &words::tool(mark, &e.tool_name, &e.result), page);
            }
            EventKind::ProviderCallDiscarded(e) => {
                self.end_reasoning(page);
                self.end_text(page);
                let said = format!("(the reply broke, asking again: {})", printable(&e.reason));
                self.note(RED, &said, page);
            }
            EventKind::Info(e) => self.note(DIM, &words::info(e), page),
            EventKind::Log(e) => {
                let said = format!("[{}] {}", printable_line(&e.level), printable(&e.message));
                self.note(DIM, &said, page);
            }
            EventKind::Citation(e) => {
                let said = format!("[{}] {}", printable_line(&e.title), printable_line(&e.url));
                self.note(DIM, &said, page);
            }
            EventKind::DebuggerPause(e) => {
                let (phase, summary) = (printable_line(&e.phase), printable(&e.summary));
                self.note(DIM, &format!("(paused {phase}: {summary})"), page);
            }
            EventKind::RunFinished(e) => {
                let said = words::usage(e.usage.as_deref());
                self.end(DIM, said, e.persist_error.as_deref(), page);
            }
            EventKind::RunStopped(e) => {
                let said = || format!("stopped: {}", printable(&e.reason));
                let said = self.failures.then(said);
                self.end(RED, said, e.persist_error.as_deref(), page);
            }
            EventKind::RunFailed(e) => {
                let said = || format!("failed: {}", printable(&e.error_string));
                let said = self.failures.then(said);
                self.end(RED, said, e.persist_error.as_deref(), page);
            }
            _ => {}
        }
    }

    fn answer(&self, delta: &str, page: &mut Page) {
        let text = page.text.take(delta);
        if !text.is_empty() {
            if page.begin(Part::Text) {
                self.write_note("\n");
            }
            self.answer.write(&text);
        }
    }

    fn reasoning(&self, delta: &str, page: &mut Page) {
        let text = page.reasoning.take(delta);
        if text.is_empty() {
            return;
        }
        let mut out = String::new();
        // Without colour, a word distinguishes reasoning from text.
        let goes_on = page.is_open(Part::Reasoning);
        if page.begin(Part::Reasoning) {
            out.push('\n');
        }
        if !goes_on {
            out.push_str(&self.paint(DIM, "thinking: "));
        }
        out.push_str(&self.paint(DIM, &text));
        self.write_note(&out);
    }

    /// Ends the last line of the answer, wherever it was interrupted.
    fn end_text(&self, page: &mut Page) {
        let shown = page.text.finish();
        let open = page.close(Part::Text);
        if open || (shown && self.notes.is_some()) {
            self.answer.write("\n");
        }
    }

    fn end_reasoning(&self, page: &mut Page) {
        page.reasoning.finish();
        if page.close(Part::Reasoning) {
            self.write_note("\n");
        }
    }

    /// Writes separate lines.
    fn note(&self, color: &str, text: &str, page: &mut Page) {
        let before = if page.interrupt(self.notes.is_none()) {
            "\n"
        } else {
            ""
        };
        let text = self.paint(color, text.trim_end_matches('\n'));
        self.write_note(&format!("{before}{text}\n"));
    }

    fn end(&self, color: &str, said: Option<String>, persist_error: Option<&str>, page: &mut Page) {
        self.end_reasoning(page);
        self.end_text(page);
        if let Some(said) = said {
            self.note(color, &format!("[{said}]"), page);
        }
        if let Some(error) = persist_error {
            self.note(RED, &format!("[not stored: {}]", printable(error)), page);
        }
    }
}

impl<W: Write + Send, N: Write + Send> EventSink for HumanPrinter<W, N> {
    fn publish(&self, event: &Event) {
        let mut page = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        self.show(event, &mut page);
    }
}
