//! Blocks of code.

use std::ops::Range;

use pulldown_cmark::CodeBlockKind;

use super::{
    BLANKS, Leaf, Point, Renderer,
    blocks::{Block, line_start},
    info, is_blank, resume,
};
use crate::markdown::{
    tint::Tint,
    wrap::{Break, Run},
};

pub(super) struct Code {
    /// Start of the line of the opening fence; `None` for indented code.
    fence: Option<usize>,
    tint: Tint,
    /// The line so far.
    line: String,
    /// End of the last complete line, the number of lines until there, and the tint.
    point: Option<(usize, usize, Tint)>,
}

impl Renderer<'_> {
    pub(super) fn start_code(&mut self, kind: &CodeBlockKind<'_>, range: &Range<usize>) {
        let is_muted = self.is_muted(range);
        let info = info(kind);
        if !is_muted {
            self.begin(Block::Code, range);
            if let Some(info) = info {
                let head = format!("╭─ {info}");
                self.write(
                    &[Run::new(head.trim_end(), self.theme.quiet())],
                    Break::Columns,
                );
            }
        }
        let tint = self.source.tint.filter(|_| is_muted).cloned();
        self.leaf = Leaf::Code(Code {
            fence: info.map(|_| line_start(self.source.text, range.start)),
            tint: tint.unwrap_or_else(|| Tint::new(info.unwrap_or_default())),
            line: String::new(),
            point: None,
        });
    }

    /// Writes the complete lines of code.
    pub(super) fn code_text(&mut self, text: &str, range: &Range<usize>) {
        let Leaf::Code(mut code) = std::mem::replace(&mut self.leaf, Leaf::None) else {
            return;
        };
        code.line.push_str(text);
        let complete = code.line.rfind('\n').map_or(0, |at| at + 1);
        if complete > 0 {
            let rest = code.line.split_off(complete);
            for line in code.line.lines() {
                self.write(&code.tint.line(line, self.theme), Break::Columns);
            }
            let end = range.end.saturating_sub(rest.len());
            code.point = Some((end, self.out.lines.len(), code.tint.clone()));
            code.line = rest;
        }
        if code.fence.is_some() {
            // Blank lines in a fence are code.
            self.block_end = self.block_end.max(range.end);
        } else {
            self.ends_at(range);
        }
        self.leaf = Leaf::Code(code);
    }

    pub(super) fn end_code(&mut self, range: &Range<usize>) {
        let Leaf::Code(mut code) = std::mem::replace(&mut self.leaf, Leaf::None) else {
            return;
        };
        self.before = Some(Block::Code);
        let text = self.source.text;
        let own = text.get(range.clone()).unwrap_or_default();
        let is_last = is_blank(text.get(range.end..).unwrap_or_default());
        let is_open = !self.source.is_done && is_last && !is_closed(own);
        let is_fence = is_open && code.fence.is_some() && may_close(&code.line, own);
        if !code.line.is_empty() && !is_fence {
            self.write(&code.tint.line(&code.line, self.theme), Break::Columns);
        }
        let Some(fence) = code.fence else {
            return;
        };
        if !is_open {
            self.write(&[Run::new("╰─", self.theme.quiet())], Break::Columns);
            return;
        }
        self.out.tail = self.fence_prefix(fence);
        self.out.tail_tint = Some(code.tint);
        if let Some((offset, lines, tint)) = code.point.filter(|own| own.0 > self.source.muted) {
            self.out.point = Some(Point {
                offset,
                lines,
                prefix: self.out.tail.clone(),
                tint: Some(tint),
            });
        }
    }

    /// Returns Markdown that opens the containers and the code block.
    fn fence_prefix(&self, fence: usize) -> String {
        let text = self.source.text;
        let line = text.get(fence..).unwrap_or_default();
        let line = line.split_inclusive('\n').next().unwrap_or_default();
        let mut containers = self.containers();
        let on_line = containers.iter().position(|own| own.line >= fence);
        containers.truncate(on_line.unwrap_or(containers.len()));
        let mut prefix = resume::prefix(text, &containers);
        prefix.push_str(&resume::blank_line(text, containers.last()));
        prefix.push_str(line);
        if !prefix.ends_with('\n') {
            prefix.push('\n');
        }
        prefix
    }
}

/// Returns the character of the fence of a code block, and its number.
fn fence(block: &str) -> Option<(char, usize)> {
    let mark = block.trim_start().chars().next()?;
    let rest = block.trim_start().trim_start_matches(mark);
    let is_fence = matches!(mark, '`' | '~');
    is_fence.then(|| (mark, block.trim_start().len() - rest.len()))
}

/// Returns `true` if the last line of a code block is its closing fence.
fn is_closed(block: &str) -> bool {
    let Some((mark, len)) = fence(block) else {
        return false;
    };
    let Some((_, last)) = block.trim_end_matches(BLANKS).rsplit_once('\n') else {
        return false;
    };
    let last = last.trim_start_matches(['>', ' ', '\t']);
    last.len() >= len && last.chars().all(|c| c == mark)
}

/// Returns `true` if an incomplete line may become the closing fence.
fn may_close(line: &str, block: &str) -> bool {
    let line = line.trim_matches(BLANKS);
    fence(block).is_some_and(|(mark, len)| line.len() <= len && line.chars().all(|c| c == mark))
}
