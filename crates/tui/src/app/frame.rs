//! What is drawn.

use geppetto_turns::{printable, printable_line};
use ratatui::{
    style::{Modifier, Style},
    text::{Line, Span},
};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{App, approval::Approval, menu::Kind};
use crate::{commands::counted, terminal::screen::Frame, view::status::StatusLine};

/// Marks the draft.
const PROMPT: &str = "> ";

/// Text in place of the draft until there is a conversation.
const HINT: &str = "type a prompt, or /help";

/// Maximum number of rows of menus.
const BOX: usize = 12;

pub(super) const DIM: Style = Style::new().add_modifier(Modifier::DIM);
pub(super) const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
const REVERSED: Style = Style::new().add_modifier(Modifier::REVERSED);

impl App {
    /// Returns the number of columns of the draft.
    pub(super) fn input_width(&self) -> u16 {
        self.size.width.saturating_sub(2).max(1)
    }

    /// Returns the lines that are finished, and the frame below them.
    pub(crate) fn frame(&mut self) -> (Vec<Line<'static>>, Frame) {
        let width = self.size.width;
        let rows = usize::from(self.size.height);
        let finished = self.finished();
        let (mut input, cursor) = self.input(rows);
        let mut free = rows.saturating_sub(input.len());
        let status = self.status_line();
        let below = usize::from(free > 0);
        free -= below;
        let mut above = self.above(free.min(rows / 2));
        free = free.saturating_sub(above.len());
        // Nothing is open without a run, a question aside.
        let decided = self.approval.as_ref().map(Approval::decided);
        self.transcript.set_asking(decided);
        let view = self.timeline.view();
        let live_rows = u16::try_from(free.saturating_sub(1)).unwrap_or(u16::MAX);
        let mut lines = self.transcript.live(view, width, live_rows);
        if free > 0 {
            lines.push(Line::default());
        }
        lines.append(&mut above);
        let first = lines.len();
        lines.append(&mut input);
        if below > 0 {
            lines.push(status.line(&self.setup.theme, width));
        }
        let cursor = cursor.map(|(x, y)| (x, u16::try_from(first + y).unwrap_or(u16::MAX)));
        (finished, Frame { lines, cursor })
    }

    /// Returns the lines that are written once.
    fn finished(&mut self) -> Vec<Line<'static>> {
        let (width, rows) = (self.size.width, usize::from(self.size.height));
        let view = self.timeline.view();
        let banner = self.banner.drain(..);
        let banner = banner.flat_map(|text| wrapped(&text, width, DIM));
        let mut finished: Vec<_> = banner.collect();
        if !finished.is_empty() {
            finished.push(Line::default());
        }
        finished.extend(match std::mem::take(&mut self.rewrites) {
            true if self.transcript.is_new() => self.transcript.tail(view, width, rows),
            true => self.transcript.again(view, width, rows),
            false => self.transcript.take_finished(view, width),
        });
        finished
    }

    /// Returns the draft, and the column and row of the cursor.
    fn input(&self, rows: usize) -> (Vec<Line<'static>>, Option<(u16, usize)>) {
        if self.is_deciding() && self.editor.is_empty() {
            return (Vec::new(), None);
        }
        if self.editor.is_empty() && self.is_open && !self.has_turns() {
            let hint = row(HINT, self.input_width(), DIM).to_string();
            let hint = Line::from(vec![Span::styled(PROMPT, BOLD), Span::styled(hint, DIM)]);
            return (vec![hint], Some((2, 0)));
        }
        let layout = self.editor.layout(self.input_width());
        let (row, column) = layout.cursor;
        let most = (rows / 3).max(1);
        let count = layout.rows.len();
        // The cursor's row is shown.
        let first = if count <= most {
            0
        } else {
            (row + 1).saturating_sub(most)
        };
        let shown = layout.shown(self.editor.text()).enumerate();
        let shown = shown.skip(first).take(most);
        let lines = shown.map(|(at, text)| {
            let mark = if at == 0 { PROMPT } else { "  " };
            Line::from(vec![Span::styled(mark, BOLD), Span::raw(text.into_owned())])
        });
        let lines: Vec<_> = lines.collect();
        (lines, Some((column + 2, row - first)))
    }

    /// Returns what is between the conversation and the draft.
    fn above(&self, most: usize) -> Vec<Line<'static>> {
        let width = self.size.width;
        let mut lines = Vec::new();
        if let Some(panel) = &self.panel {
            lines.extend(self.panel_lines(panel, most));
        }
        lines.extend(self.question());
        for queued in &self.queued {
            let first = queued.text.lines().next().unwrap_or_default();
            lines.push(row(&format!("next: {first}"), width, DIM));
        }
        for own in &self.attached {
            let size = own.bytes.div_ceil(1024);
            let text = format!("+ {} ({size} KiB), Backspace removes it", own.name);
            lines.push(row(&text, width, DIM));
        }
        if self.is_edit {
            let text = "changing the last prompt; Esc leaves it as it is";
            lines.push(row(text, width, DIM));
        }
        if self.menu.is_some() {
            lines.extend(self.menu_lines(most.saturating_sub(lines.len())));
        }
        if let Some(flash) = &self.flash {
            let style = if flash.is_error { BOLD } else { DIM };
            lines.extend(wrapped(&flash.text, width, style));
        }
        // The last ones are next to the draft.
        let cut = lines.len().saturating_sub(most);
        lines.split_off(cut)
    }

    fn panel_lines(&self, panel: &super::Panel, most: usize) -> Vec<Line<'static>> {
        let lines = panel.lines.iter();
        let lines = lines.flat_map(|text| wrapped(text, self.size.width, Style::new()));
        let lines: Vec<_> = lines.collect();
        let page = most.saturating_sub(1).max(1);
        let first = panel.scrolled.min(lines.len().saturating_sub(page));
        let rest = lines.len().saturating_sub(first + page);
        let mut shown: Vec<_> = lines.into_iter().skip(first).take(page).collect();
        let more = if rest > 0 || first > 0 {
            "PgUp, PgDn: more; "
        } else {
            ""
        };
        shown.push(row(&format!("({more}Esc closes)"), self.size.width, DIM));
        shown
    }

    fn menu_lines(&self, most: usize) -> Vec<Line<'static>> {
        let Some(menu) = &self.menu else {
            return Vec::new();
        };
        let width = self.size.width;
        let shown = menu.shown();
        let mut lines = Vec::new();
        if menu.kind != Kind::Complete {
            let filter = &menu.filter;
            let choices = counted(shown.len(), "choice");
            let text = format!("{choices}, Enter takes one, typing filters: {filter}");
            lines.push(row(&text, width, DIM));
        }
        let mut page = most.min(BOX).saturating_sub(lines.len()).max(1);
        let is_cut = shown.len() > page && page > 1;
        page -= usize::from(is_cut);
        let selected = menu.selected.unwrap_or_default();
        let first = (selected + 1).saturating_sub(page);
        let items = shown.iter().enumerate().skip(first).take(page);
        lines.extend(items.map(|(at, (value, note))| {
            let style = if menu.selected == Some(at) {
                REVERSED
            } else {
                Style::new()
            };
            row(&format!("  {:<10} {note}", value.trim_end()), width, style)
        }));
        if is_cut {
            let (at, count) = (selected + 1, shown.len());
            lines.push(row(&format!("  … {at} of {count}"), width, DIM));
        }
        lines
    }

    fn status_line(&self) -> StatusLine {
        let status = &self.timeline.view().status;
        let run = self.run.as_ref();
        let state = match run {
            _ if self.quit_at.is_some() => "storing the answer, then quitting",
            Some(run) if run.cancel.is_cancelled() => "stopping",
            Some(run) if run.id.is_none() => "starting",
            Some(_) => self.activity(),
            None if self.approval.is_some() => "your decision",
            None if !self.is_open => "opening",
            None => "ready",
        };
        let elapsed = run.map(|run| run.time(self.now)).or(self.last_time);
        let output = status.usage.as_ref().map_or(0, |own| own.output_tokens);
        let seconds = elapsed.unwrap_or_default().as_secs_f64();
        #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = (run.is_none() && output > 0 && seconds > 0.0).then(|| output as f64 / seconds);
        StatusLine {
            model: self.model(),
            state: state.to_owned(),
            is_busy: run.is_some(),
            frame: run.map_or(0, |run| run.frames(self.now)),
            usage: status.usage.clone(),
            rate,
            cost: self.totals.cost_usd(),
            elapsed,
            queued: self.queued.len() as u64,
        }
    }

    /// Returns what the running inference does.
    fn activity(&self) -> &'static str {
        use geppetto_timeline::{Content, State};
        let view = self.timeline.view();
        let last = view.entities().rev().find(|own| own.parent.is_none());
        match last.map(|own| &own.content) {
            Some(Content::Reasoning(own)) if own.state == State::Streaming => "thinking",
            Some(Content::ToolCall(own)) if own.state == State::Running => "running a tool",
            Some(Content::Answer(own)) if own.state == State::Streaming => "answering",
            _ => "waiting for the model",
        }
    }
}

/// Returns a text of one row, cut at `width` columns.
pub(super) fn row(text: &str, width: u16, style: Style) -> Line<'static> {
    let text = printable_line(text);
    let mut cut = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += grapheme.width();
        if used > usize::from(width) {
            break;
        }
        cut.push_str(grapheme);
    }
    Line::styled(cut, style)
}

/// Returns a text in rows of at most `width` columns. Control characters are visible.
pub(super) fn wrapped(text: &str, width: u16, style: Style) -> Vec<Line<'static>> {
    let text = printable(text);
    let mut rows = Vec::new();
    for line in text.split('\n') {
        let mut shown = String::new();
        let mut used = 0;
        // Not at the bounds of words: `--flag` and a path stay whole.
        for word in line.split_inclusive(' ') {
            let is_long = used + word.trim_end().width() > usize::from(width);
            if is_long && !shown.trim().is_empty() {
                rows.push(Line::styled(std::mem::take(&mut shown), style));
                used = 0;
            }
            for grapheme in word.graphemes(true) {
                let grapheme = if grapheme == "\t" { " " } else { grapheme };
                if used + grapheme.width() > usize::from(width) && !shown.is_empty() {
                    if grapheme == " " {
                        continue;
                    }
                    rows.push(Line::styled(std::mem::take(&mut shown), style));
                    used = 0;
                }
                used += grapheme.width();
                shown.push_str(grapheme);
            }
        }
        rows.push(Line::styled(shown, style));
    }
    rows
}
