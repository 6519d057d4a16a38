//! Tints of code: comments, strings, numbers and keywords, by a lexer that is the same for all
//! languages but for a few properties.

use ratatui::style::Style;

use super::wrap::Run;
use crate::view::theme::Theme;

mod language;
#[cfg(test)]
mod tests;

use language::{Language, Syntax};

/// Maximum length of a string on one line, in characters.
const MAX_STRING: usize = 2_000;

/// Tints the lines of one code block, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Tint {
    language: Language,
    /// The end of the comment or string that the last line left open.
    open: Option<(&'static str, Kind)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Comment,
    Text,
}

impl Tint {
    /// Creates the tint of a code block with this info string. Unknown languages are not tinted.
    pub(crate) fn new(info: &str) -> Self {
        Self {
            language: Language::named(info),
            open: None,
        }
    }

    /// Returns the runs of the next line.
    pub(crate) fn line(&mut self, line: &str, theme: Theme) -> Vec<Run> {
        match self.language.syntax {
            Syntax::None => vec![Run::new(line, Style::new())],
            Syntax::Diff => vec![Run::new(line, diff(line, theme))],
            Syntax::Markup => markup(line, theme),
            Syntax::Code => self.code(line, theme),
        }
    }

    fn code(&mut self, line: &str, theme: Theme) -> Vec<Run> {
        let mut runs = Vec::new();
        let mut rest = line;
        let mut after_space = true;
        while !rest.is_empty() {
            let (len, style) = self.token(rest, after_space, theme);
            let (token, after) = rest.split_at_checked(len.max(1)).unwrap_or((rest, ""));
            after_space = token.ends_with(char::is_whitespace);
            push(&mut runs, token, style);
            rest = after;
        }
        if runs.is_empty() {
            runs.push(Run::new("", Style::new()));
        }
        runs
    }

    /// Returns the length of the next token, and its style.
    fn token(&mut self, rest: &str, after_space: bool, theme: Theme) -> (usize, Style) {
        if let Some((end, kind)) = self.open.take() {
            return self.until(rest, 0, end, kind, theme);
        }
        let own = &self.language;
        if own.line_comments.iter().any(|mark| rest.starts_with(mark))
            && (after_space || !rest.starts_with('#') || own.hash_anywhere)
        {
            return (rest.len(), theme.quiet());
        }
        for (start, end, kind) in own.blocks {
            if rest.starts_with(start) {
                return self.until(rest, start.len(), end, *kind, theme);
            }
        }
        let first = rest.chars().next().unwrap_or_default();
        if own.quotes.contains(first) {
            let len = quoted(rest, first, own.has_lifetimes);
            let style = if len == 1 {
                Style::new()
            } else {
                theme.string()
            };
            return (len, style);
        }
        if first.is_ascii_digit() {
            let len = run(rest, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
            return (len, theme.number());
        }
        if is_word(first) {
            let len = run(rest, is_word);
            let word = rest.get(..len).unwrap_or_default();
            let style = if own.is_keyword(word) {
                theme.keyword()
            } else if matches!(
                word,
                "true" | "false" | "null" | "None" | "True" | "False" | "nil" | "undefined"
            ) {
                theme.number()
            } else {
                Style::new()
            };
            return (len, style);
        }
        (first.len_utf8(), Style::new())
    }

    /// Returns the part up to the end mark, which may be on a later line.
    fn until(
        &mut self,
        rest: &str,
        skip: usize,
        end: &'static str,
        kind: Kind,
        theme: Theme,
    ) -> (usize, Style) {
        let style = match kind {
            Kind::Comment => theme.quiet(),
            Kind::Text => theme.string(),
        };
        let found = rest.get(skip..).and_then(|rest| rest.find(end));
        if let Some(at) = found {
            return (skip + at + end.len(), style);
        }
        self.open = Some((end, kind));
        (rest.len(), style)
    }
}

/// Appends a token, to the last run if it has the same style.
fn push(runs: &mut Vec<Run>, token: &str, style: Style) {
    match runs.last_mut() {
        Some(last) if last.style == style => last.append(token),
        _ => runs.push(Run::new(token, style)),
    }
}

fn run(text: &str, is_part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns the length of a string on one line. A quote that is not closed is a character of its own,
/// as an apostrophe in a shell's text.
fn quoted(rest: &str, quote: char, has_lifetimes: bool) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1).take(MAX_STRING) {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = true;
        } else if c == quote {
            let is_lifetime = has_lifetimes && quote == '\'' && at > 5;
            return if is_lifetime { 1 } else { at + c.len_utf8() };
        }
    }
    1
}

fn diff(line: &str, theme: Theme) -> Style {
    match line.as_bytes() {
        [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => theme.name(),
        [b'+', ..] => theme.good(),
        [b'-', ..] => theme.bad(),
        [b'@', b'@', ..] => theme.number(),
        _ => Style::new(),
    }
}

fn markup(line: &str, theme: Theme) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find('<') {
        let (text, tag) = rest.split_at_checked(start).unwrap_or((rest, ""));
        push(&mut runs, text, Style::new());
        let len = tag.find('>').map_or(tag.len(), |at| at + 1);
        let (tag, after) = tag.split_at_checked(len).unwrap_or((tag, ""));
        let style = if tag.starts_with("<!--") {
            theme.quiet()
        } else {
            theme.keyword()
        };
        push(&mut runs, tag, style);
        rest = after;
    }
    push(&mut runs, rest, Style::new());
    runs
}
