//! Lines of one entity.

use geppetto_timeline::{
    Content, Entity, NoticeKind, State, View,
    entity::{Answer, Failure, Message, Notice, Source},
};
use geppetto_turns::{printable::shorten_data, printable_line};
use ratatui::{style::Style, text::Line};

use super::{theme::Theme, transcript::Decided};
use crate::markdown::wrap::{Break, Margin, Run, truncate, wrap};

mod agent;
mod reasoning;
mod tool;

pub(super) use agent::Children;

/// Sources that are shown folded.
const FOLDED_SOURCES: usize = 5;

/// How entities are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) theme: Theme,
    pub(super) columns: usize,
    pub(super) is_folded: bool,
    /// What the person decided, while they are asked about the calls that wait.
    pub(super) asking: Option<&'a Decided>,
    pub(super) view: &'a View,
    pub(super) children: &'a Children,
}

/// How an entity looks, which decides on the space before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A prompt.
    Prompt,
    /// Text.
    Text,
    /// A row or a few, such as a tool call.
    Row,
}

impl Shape {
    pub(super) fn of(entity: &Entity, is_folded: bool) -> Self {
        match &entity.content {
            Content::User(_) | Content::System(_) => Self::Prompt,
            Content::Answer(_) => Self::Text,
            Content::Reasoning(_) if !is_folded => Self::Text,
            _ => Self::Row,
        }
    }

    /// Returns `true` if a blank line separates the two.
    pub(super) fn is_apart(self, next: Self) -> bool {
        (self, next) != (Self::Row, Self::Row)
    }
}

impl Look<'_> {
    /// Returns the lines of an entity, without the text of an answer.
    pub(super) fn lines(&self, entity: &Entity) -> Vec<Line<'static>> {
        match &entity.content {
            Content::User(own) => self.prompt(own),
            Content::System(own) => self.system(own),
            Content::Answer(own) => self.ending(own),
            Content::Reasoning(own) => self.reasoning(own),
            Content::ToolCall(own) => self.tool_call(&entity.id, own),
            Content::ServerTool(own) => self.server_tool(own),
            Content::Notice(own) => self.notice(own),
            Content::Error(own) => self.error(own),
            _ => Vec::new(),
        }
    }

    /// Returns a text after a mark.
    fn marked(
        &self,
        mark: &str,
        mark_style: Style,
        text: &str,
        style: Style,
    ) -> Vec<Line<'static>> {
        let runs = [Run::new(text.trim_end(), style)];
        let margin = Margin::hanging(mark, mark_style);
        wrap(&runs, &margin, self.columns, Break::Words)
    }

    /// Returns one row, cut at the width.
    fn row(&self, runs: &[Run]) -> Line<'static> {
        let mut rest = self.columns;
        let mut spans = Vec::new();
        for run in runs {
            let text = truncate(run.text(), rest);
            rest = rest.saturating_sub(crate::markdown::wrap::width(&text));
            spans.push(ratatui::text::Span::styled(text, run.style));
        }
        spans.retain(|span| !span.content.is_empty());
        Line::from(spans)
    }

    fn prompt(&self, message: &Message) -> Vec<Line<'static>> {
        let theme = self.theme;
        let text = message.text.trim_matches(['\n', '\r']);
        let mut lines = Vec::new();
        if !text.is_empty() || message.attachments.is_empty() {
            lines = self.marked("› ", theme.user(), text, theme.user());
        }
        lines.extend(self.attachments(message));
        lines
    }

    fn system(&self, message: &Message) -> Vec<Line<'static>> {
        let quiet = self.theme.quiet();
        self.marked("» ", quiet, message.text.trim(), quiet)
    }

    fn attachments(&self, message: &Message) -> Vec<Line<'static>> {
        let names = message.attachments.iter().map(attachment);
        let lines = names.map(|name| self.marked("  ", Style::new(), &name, self.theme.quiet()));
        lines.flatten().collect()
    }

    /// Returns what follows the text of an answer: why it ended early, and its sources.
    pub(super) fn ending(&self, answer: &Answer) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        if let Some(mark) = mark(answer) {
            lines.extend(self.marked("⋯ ", self.theme.warning(), mark, self.theme.quiet()));
        }
        lines.extend(self.sources(&answer.sources, 0));
        lines
    }

    /// Returns the sources from the `first` on.
    pub(super) fn sources(&self, sources: &[Source], first: usize) -> Vec<Line<'static>> {
        let shown = if self.is_folded {
            FOLDED_SOURCES
        } else {
            usize::MAX
        };
        let quiet = self.theme.quiet();
        let mut lines = Vec::new();
        for (index, source) in sources.iter().enumerate().skip(first).take(shown) {
            let mark = format!("  [{}] ", index + 1);
            let text = match (source.title.as_str(), source.url.as_str()) {
                ("", url) => url.to_owned(),
                (title, "") => title.to_owned(),
                (title, url) => format!("{title} ({url})"),
            };
            lines.extend(self.marked(&mark, quiet, &printable_line(&text), quiet));
        }
        let rest = sources.len().saturating_sub(first).saturating_sub(shown);
        if rest > 0 {
            lines.extend(self.marked("  ", quiet, &format!("… {rest} more sources"), quiet));
        }
        lines
    }

    fn notice(&self, notice: &Notice) -> Vec<Line<'static>> {
        let (warning, quiet) = (self.theme.warning(), self.theme.quiet());
        let (mark, style) = match notice.notice {
            NoticeKind::Retry => ("↻ ", warning),
            NoticeKind::Fallback => ("⇄ ", warning),
            NoticeKind::Warning | NoticeKind::Lag => ("! ", warning),
            NoticeKind::Limit | NoticeKind::Cancelled => ("■ ", warning),
            NoticeKind::Paused => ("‖ ", warning),
            NoticeKind::Mode => ("◆ ", quiet),
            _ => ("· ", quiet),
        };
        let text = match (notice.notice, notice.text.trim()) {
            (NoticeKind::Limit, text) => format!("stopped: {text}"),
            (NoticeKind::Cancelled, "") => "cancelled".to_owned(),
            (_, text) => text.to_owned(),
        };
        self.marked(mark, style, &text, quiet)
    }

    fn error(&self, failure: &Failure) -> Vec<Line<'static>> {
        let bad = self.theme.bad();
        let mut text = shorten_data(failure.text.trim()).into_owned();
        if let Some(kind) = &failure.error_kind {
            text = format!("{text} ({kind})");
        }
        self.marked("✗ ", bad, &text, bad)
    }
}

/// Returns why an answer ended early.
pub(super) fn mark(answer: &Answer) -> Option<&'static str> {
    Some(match answer.state {
        State::Cancelled => "cancelled here; the text so far is kept",
        State::Failed => "broken off here; the text so far is kept",
        State::Truncated => "cut off here, by the output limit or a lost connection",
        State::Done if answer.refusal => "the model refused",
        _ => return None,
    })
}

/// Returns the name of an image or a file, and its size.
fn attachment(own: &geppetto_events::kind::Attachment) -> String {
    let kind = if own.kind.is_empty() {
        "file"
    } else {
        &own.kind
    };
    let name = own.name.as_deref().or(own.url.as_deref());
    let name = name.or(own.file_id.as_deref());
    let name = name.or(own.media_type.as_deref()).unwrap_or("unnamed");
    let name = shorten_data(name);
    let size = own.bytes.map(|bytes| format!(", {}", size(bytes)));
    let text = format!("[{kind}: {name}{}]", size.unwrap_or_default());
    printable_line(&text).into_owned()
}

/// Returns a number of bytes for people.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}
