//! Tool calls, and tools of the provider.

use geppetto_timeline::{
    State,
    entity::{ServerTool, ToolCall},
};
use geppetto_turns::{printable::shorten_data, printable_line};
use ratatui::{style::Style, text::Line};
use serde_json::Value;

use super::{Look, attachment, size};
use crate::markdown::{
    tint::Tint,
    wrap::{Break, Margin, Run, truncate, width, wrap},
};

/// Lines of a result that are shown folded.
const FOLDED_LINES: usize = 4;

impl Look<'_> {
    pub(super) fn tool_call(&self, id: &str, call: &ToolCall) -> Vec<Line<'static>> {
        let quiet = self.theme.quiet();
        let progress = printable_line(call.progress.trim());
        let decided = self.asking.filter(|_| call.state == State::Waiting);
        let decided = decided.and_then(|own| own.get(&call.call_id));
        let status = match call.state {
            State::Running if !progress.is_empty() => progress.into_owned(),
            state => decided.copied().unwrap_or_else(|| word(state)).to_owned(),
        };
        let took = call.duration_ms.map(duration).unwrap_or_default();
        let mut lines = vec![self.head(&call.name, call.state, &call.arguments, &[&status, &took])];
        if !self.is_folded {
            lines.extend(self.document(&call.arguments));
        }
        lines.extend(self.omitted(call.arguments_omitted, "arguments"));
        if !call.ran_with.is_empty() {
            let text = format!("run with: {}", summary(&call.ran_with));
            lines.extend(self.marked("  ", quiet, &text, quiet));
        }
        let is_asked = self.asking.is_some() && call.state == State::Waiting;
        if !call.question.is_empty() && !is_asked {
            let warning = self.theme.warning();
            lines.extend(self.marked("  ? ", warning, &call.question, Style::new()));
        }
        lines.extend(self.agents(id));
        lines.extend(self.result(call));
        for own in &call.attachments {
            lines.extend(self.marked("    ", quiet, &attachment(own), quiet));
        }
        lines
    }

    pub(super) fn server_tool(&self, tool: &ServerTool) -> Vec<Line<'static>> {
        let status = word(tool.state);
        let mut lines = vec![self.head(&tool.name, tool.state, &tool.arguments, &[status])];
        if !self.is_folded {
            lines.extend(self.document(&tool.arguments));
        }
        lines.extend(self.omitted(tool.arguments_omitted, "arguments"));
        lines.extend(self.sources(&tool.sources, 0));
        lines
    }

    /// Returns the row of a call: state, name, arguments as far as they fit, and remarks.
    pub(super) fn head(
        &self,
        name: &str,
        state: State,
        arguments: &str,
        remarks: &[&str],
    ) -> Line<'static> {
        let theme = self.theme;
        let quiet = theme.quiet();
        let (mark, style) = match state {
            State::Done => ("✓ ", theme.good()),
            State::Failed => ("✗ ", theme.bad()),
            State::Waiting => ("? ", theme.warning()),
            State::Cancelled | State::NotRun | State::Truncated => ("⊘ ", theme.warning()),
            _ => ("● ", theme.marker()),
        };
        let remarks: Vec<&str> = remarks
            .iter()
            .copied()
            .filter(|own| !own.is_empty())
            .collect();
        let mut tail = remarks.join(" · ");
        if !tail.is_empty() {
            tail = format!("  {}", truncate(&tail, (self.columns / 2).max(12)));
        }
        let name = printable_line(name);
        let room = self.columns.saturating_sub(3 + width(&name) + width(&tail));
        let arguments = if room < 4 {
            String::new()
        } else {
            truncate(&summary(arguments), room)
        };
        self.row(&[
            Run::new(mark, style),
            Run::new(&name, theme.name()),
            Run::new(" ", Style::new()),
            Run::new(&arguments, Style::new()),
            Run::new(&tail, quiet),
        ])
    }

    /// Returns JSON in lines, tinted.
    fn document(&self, text: &str) -> Vec<Line<'static>> {
        let value: Result<Value, _> = serde_json::from_str(text);
        let pretty = value
            .ok()
            .and_then(|value| serde_json::to_string_pretty(&value).ok());
        let text = shorten_data(pretty.as_deref().unwrap_or(text)).into_owned();
        let mut tint = Tint::new("json");
        let margin = Margin::hanging("    ", Style::new());
        let lines = text.trim().lines().map(|line| {
            let runs = tint.line(line, self.theme);
            wrap(&runs, &margin, self.columns, Break::Columns)
        });
        lines.flatten().collect()
    }

    fn result(&self, call: &ToolCall) -> Vec<Line<'static>> {
        let style = if call.state == State::Failed {
            self.theme.bad()
        } else {
            self.theme.quiet()
        };
        let text = shorten_data(&call.result);
        let text = text.trim_end();
        if text.trim().is_empty() {
            return self.omitted(call.result_omitted, "result");
        }
        let shown = if self.is_folded {
            FOLDED_LINES
        } else {
            usize::MAX
        };
        let mut lines = Vec::new();
        for (index, line) in text.lines().take(shown).enumerate() {
            let margin =
                Margin::hanging(if index == 0 { "  └ " } else { "    " }, self.theme.quiet());
            if self.is_folded {
                let line = truncate(&printable_line(line), self.columns.saturating_sub(4));
                lines.extend(wrap(
                    &[Run::new(&line, style)],
                    &margin,
                    self.columns,
                    Break::Columns,
                ));
            } else {
                lines.extend(wrap(
                    &[Run::new(line, style)],
                    &margin,
                    self.columns,
                    Break::Words,
                ));
            }
        }
        let rest = text.lines().count().saturating_sub(shown);
        if rest > 0 {
            let quiet = self.theme.quiet();
            lines.extend(self.marked("    ", quiet, &format!("… {rest} more lines"), quiet));
        }
        lines.extend(self.omitted(call.result_omitted, "result"));
        lines
    }

    fn omitted(&self, bytes: u64, of: &str) -> Vec<Line<'static>> {
        if bytes == 0 {
            return Vec::new();
        }
        let quiet = self.theme.quiet();
        let text = format!("… {} more of the {of}", size(bytes));
        self.marked("    ", quiet, &text, quiet)
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Streaming => "writing the call",
        State::Requested => "starting",
        State::Waiting => "needs your decision",
        State::Running => "running",
        State::Cancelled => "cancelled",
        State::Truncated => "cut off",
        State::NotRun => "not run",
        _ => "",
    }
}

/// Returns a duration for people: `0.4 s`, `12.3 s`, `2:05 min`.
fn duration(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{}:{:02} min", millis / 60_000, millis % 60_000 / 1_000),
    }
}

/// Returns arguments on one line, without the braces of JSON.
pub(super) fn summary(arguments: &str) -> String {
    let arguments = shorten_data(arguments);
    let line = match serde_json::from_str(&arguments) {
        Ok(Value::Object(fields)) if fields.len() == 1 => {
            let only = fields.values().next().map(plain);
            only.unwrap_or_default()
        }
        Ok(Value::Object(fields)) => {
            let fields = fields
                .iter()
                .map(|(name, value)| format!("{name}: {}", plain(value)));
            fields.collect::<Vec<_>>().join(", ")
        }
        _ => arguments.trim().to_owned(),
    };
    printable_line(&line).into_owned()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
