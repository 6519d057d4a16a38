//! The question about a tool call.

use geppetto_engine::PendingCall;
use ratatui::{style::Style, text::Line};
use serde_json::Value;

use super::{
    App, approval,
    frame::{BOLD, DIM, row, wrapped},
};
use crate::markdown::wrap::{Break, Margin, Run, truncate, wrap};

/// Maximum number of rows of arguments that are shown at once.
const ROWS: usize = 6;

impl App {
    /// Returns the question about the first call that waits.
    pub(super) fn question(&self) -> Vec<Line<'static>> {
        let width = self.size.width;
        let Some(approval) = &self.approval else {
            return Vec::new();
        };
        let Some(call) = approval.open.front() else {
            return Vec::new();
        };
        let at = approval.count - approval.open.len() + 1;
        let place = match approval.count {
            1 => String::new(),
            count => format!(" ({at} of {count})"),
        };
        let mut lines = wrapped(&format!("{}{place}", question_of(call)), width, BOLD);
        let arguments = arguments(&call.input, width);
        let count = arguments.len();
        let rows = self.question_rows();
        let first = approval.scrolled.min(count.saturating_sub(rows));
        lines.extend(arguments.into_iter().skip(first).take(rows));
        if count > rows {
            let last = first + rows;
            let text = format!(
                "… lines {} to {last} of {count}; PgUp, PgDn: more",
                first + 1
            );
            lines.push(row(&text, width, DIM));
        }
        let keys = match approval.reason {
            Some(_) => "Why not? The model is told. Enter refuses, Esc goes back".to_owned(),
            None => format!(
                "y allow, a always in this session, n refuse, Esc leave open; refused after {}",
                approval::time(self.setup.approval)
            ),
        };
        lines.extend(wrapped(&keys, width, DIM));
        lines
    }

    /// Scrolls the arguments of the question. Returns `false` without a question.
    pub(super) fn scroll_question(&mut self, is_up: bool) -> bool {
        let (width, rows) = (self.size.width, self.question_rows());
        let Some(approval) = &mut self.approval else {
            return false;
        };
        let input = approval.open.front().map(|call| call.input.as_str());
        let count = arguments(input.unwrap_or_default(), width).len();
        let last = count.saturating_sub(rows);
        approval.scrolled = if is_up {
            approval.scrolled.min(last).saturating_sub(rows)
        } else {
            (approval.scrolled + rows).min(last)
        };
        true
    }

    /// Returns the number of rows of arguments for which a small screen has room.
    fn question_rows(&self) -> usize {
        usize::from(self.size.height / 4).clamp(1, ROWS)
    }
}

/// Returns the question about a call, which names its tool.
pub(super) fn question_of(call: &PendingCall) -> String {
    let (name, question) = (&call.tool_name, call.question.trim());
    match question {
        "" => format!("Allow {name}?"),
        question if question.contains(name.as_str()) => question.to_owned(),
        question => format!("{name}: {question}"),
    }
}

/// Returns the arguments of a call: names, and texts with the lines that they have. All lines of a text are right of
/// its name, so that none looks like another argument.
fn arguments(input: &str, width: u16) -> Vec<Line<'static>> {
    let columns = usize::from(width.max(1));
    let fields = match serde_json::from_str(input) {
        Ok(Value::Object(fields)) if !fields.is_empty() => fields,
        _ => return wrapped(input, width, Style::new()),
    };
    let mut lines = Vec::new();
    for (name, value) in &fields {
        let name = truncate(&geppetto_turns::printable_line(name), columns / 3);
        let value = match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let margin = Margin::hanging(&format!("{name}: "), DIM);
        let value = Run::new(&value, Style::new());
        lines.extend(wrap(&[value], &margin, columns, Break::Words));
    }
    lines
}
