//! [`BlockText`]: `|` and `>` texts.

use super::block::Unknown;

/// An unfinished `|` or `>` text.
#[derive(Debug, Clone)]
pub(super) struct BlockText {
    folded: bool,
    /// `|-` and `>-`: no line feed at the end.
    stripped: bool,
    /// The column of the enclosing list or mapping; the text is indented further.
    around: usize,
    /// The column at which the text begins; unknown before its first line.
    indent: Option<usize>,
    /// Number of blank lines since the last line that was not blank.
    blanks: usize,
    /// `true` if the last line began with additional white space, and so is not folded.
    spaced: bool,
    /// `true` if the last line was not blank.
    within: bool,
}

impl BlockText {
    /// Creates a text with this header, within the level at column `around`. `None` for headers
    /// with an indentation, a comment, or `+`.
    pub(super) fn begin(header: &str, around: usize) -> Option<Self> {
        let (folded, stripped) = match header {
            "|" => (false, false),
            "|-" => (false, true),
            ">" => (true, false),
            ">-" => (true, true),
            _ => return None,
        };
        Some(Self {
            folded,
            stripped,
            around,
            indent: None,
            blanks: 0,
            spaced: false,
            within: false,
        })
    }

    /// Reads a line into `text`. `None` if the line is not part of the text; otherwise returns
    /// whether the text grew.
    pub(super) fn line(&mut self, line: &str, text: &mut String) -> Result<Option<bool>, Unknown> {
        let content = line.trim_start_matches(' ');
        let column = line.len() - content.len();
        if content.is_empty() {
            // A blank line that is longer than the indentation is text.
            if column > self.indent.unwrap_or(0) {
                return Err(Unknown);
            }
            self.blanks += 1;
            self.within = false;
            return Ok(Some(false));
        }
        let first = self.indent.is_none();
        let indent = self.indent.unwrap_or(column);
        if column < indent || column <= self.around {
            return Ok(None);
        }
        if first && content.starts_with('\t') {
            return Err(Unknown);
        }
        self.indent = Some(indent);
        self.grow(line.get(indent..).unwrap_or_default(), first, text);
        Ok(Some(true))
    }

    fn grow(&mut self, line: &str, first: bool, text: &mut String) {
        let spaced = line.starts_with([' ', '\t']);
        if !first && !self.stripped {
            text.pop();
        }
        let feeds = match (first, self.folded && !self.spaced && !spaced) {
            (true, _) => self.blanks,
            (false, true) if self.blanks == 0 => {
                text.push(' ');
                0
            }
            (false, true) => self.blanks,
            (false, false) => self.blanks + 1,
        };
        text.extend(std::iter::repeat_n('\n', feeds));
        text.push_str(line);
        if !self.stripped {
            text.push('\n');
        }
        self.blanks = 0;
        self.spaced = spaced;
        self.within = true;
    }

    /// The end of the document. A text whose last line has no line feed does not get one.
    pub(super) fn finish(&self, open: bool, text: &mut String) {
        if open && self.within && !self.stripped {
            text.pop();
        }
    }
}
