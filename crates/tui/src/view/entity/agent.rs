//! Work of agents within tool calls.

use std::collections::HashMap;

use geppetto_timeline::{Content, Entity, State, entity::Agent};
use geppetto_turns::printable_line;
use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::{Look, tool::summary};
use crate::markdown::wrap::{Run, truncate};

/// Rows of the work of an agent that are shown while it goes on, folded.
const LIVE_ROWS: usize = 4;
/// Maximum number of rows of the work of an agent.
const MAX_ROWS: usize = 200;
/// What of an agent's text is shown, in bytes.
const TEXT_LEN: usize = 400;
/// Maximum depth of agents within agents.
const MAX_DEPTH: usize = 8;

/// Ids of the entities that are part of another one, by its id.
pub(in crate::view) type Children = HashMap<String, Vec<String>>;

impl Look<'_> {
    /// Returns the rows of the agents of a tool call.
    pub(super) fn agents(&self, id: &str) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for entity in self.children_of(id) {
            if let Content::Agent(agent) = &entity.content {
                lines.extend(self.agent(entity, agent, 1));
            }
        }
        lines
    }

    fn children_of(&self, id: &str) -> impl Iterator<Item = &Entity> {
        let ids = self.children.get(id).into_iter().flatten();
        ids.filter_map(|id| self.view.entity(id))
    }

    fn agent(&self, entity: &Entity, agent: &Agent, depth: usize) -> Vec<Line<'static>> {
        let quiet = self.theme.quiet();
        let calls = self.children_of(&entity.id);
        let calls = calls
            .filter(|own| matches!(own.content, Content::ToolCall(_)))
            .count();
        let remark = match agent.state {
            State::Failed => " · failed",
            State::Cancelled => " · cancelled",
            _ => "",
        };
        let steps = match calls {
            0 => String::new(),
            1 => " · 1 tool call".to_owned(),
            calls => format!(" · {calls} tool calls"),
        };
        let indent = "  ".repeat(depth.min(4));
        let room = self
            .columns
            .saturating_sub(indent.len() + 2 + steps.len() + remark.len());
        let prompt = truncate(&printable_line(agent.text.trim()), room);
        let head = format!("{indent}◆ {prompt}{steps}{remark}");
        let mut lines = vec![self.row(&[Run::new(&head, quiet)])];
        if self.is_folded && !agent.state.is_active() {
            return lines;
        }
        let shown = if self.is_folded { LIVE_ROWS } else { MAX_ROWS };
        let mut rows = Vec::new();
        let work: Vec<&Entity> = self.children_of(&entity.id).collect();
        let first = work.len().saturating_sub(shown);
        for own in work.into_iter().skip(first) {
            match &own.content {
                Content::Agent(_) => {}
                Content::ToolCall(call) => {
                    let name = printable_line(&call.name);
                    let text = format!("{name} {}", summary(&call.arguments));
                    rows.push(self.step(&indent, state_mark(call.state), &text));
                    for inner in self.children_of(&own.id) {
                        if let (Content::Agent(agent), true) = (&inner.content, depth < MAX_DEPTH) {
                            rows.extend(self.agent(inner, agent, depth + 1));
                        }
                    }
                }
                _ => {
                    let text = own.text().unwrap_or_default();
                    let text = end_of(text.trim_end());
                    let last = text.lines().next_back().unwrap_or_default();
                    if !last.trim().is_empty() {
                        rows.push(self.step(&indent, " ", last.trim()));
                    }
                }
            }
        }
        rows.drain(..rows.len().saturating_sub(shown));
        lines.extend(rows);
        lines
    }

    fn step(&self, indent: &str, mark: &str, text: &str) -> Line<'static> {
        let quiet = self.theme.quiet();
        let mut line = self.row(&[Run::new(
            &format!("{indent}│ {mark} {}", printable_line(text)),
            quiet,
        )]);
        if line.spans.is_empty() {
            line.spans.push(Span::styled("", Style::new()));
        }
        line
    }
}

fn state_mark(state: State) -> &'static str {
    match state {
        State::Done => "✓",
        State::Failed => "✗",
        State::Cancelled | State::NotRun => "⊘",
        _ => "●",
    }
}

/// Returns the last bytes of a text.
fn end_of(text: &str) -> &str {
    let mut start = text.len().saturating_sub(TEXT_LEN);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..).unwrap_or_default()
}
