//! [`BlockReader`]: a line-by-line reader for the YAML that models usually write.
//!
//! Known syntax: lists and maps in block style, single-line keys, single-line scalars, `|` and `>`
//! texts, comments, and a `---` at the beginning. Any line with other syntax (a scalar or flow
//! collection over several lines, an anchor, a tag, a tab before a value, a second document) is
//! [`Unknown`], as is any line that is not YAML. The meaning of a known line is final when it ends,
//! except that the next line may fill a position that is empty.

use serde_json::Value;

use super::{
    scalar,
    text::BlockText,
    tree::{Level, Tree},
};

#[cfg(test)]
mod tests;

/// Maximum nesting depth. The full parser allows 128; the difference is left for nested flow
/// collections.
const MAX_DEPTH: usize = 64;

/// Reads the lines of a document.
#[derive(Debug, Clone, Default)]
pub(super) struct BlockReader {
    tree: Tree,
    place: Place,
    /// `true` after the document's `---`.
    marked: bool,
}

/// Value at the position that was opened last.
#[derive(Debug, Clone, Default)]
enum Place {
    /// Nothing: it is null unless the next line fills it.
    #[default]
    Empty,
    /// A value that no further line can extend.
    Full,
    /// An unfinished text.
    Text(BlockText),
}

/// The syntax of the line is not known. The state of the reader is then undefined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unknown;

impl BlockReader {
    /// Returns the document so far; `None` if there were only blank lines and comments.
    pub(super) fn value(&self) -> Option<&Value> {
        self.tree.root()
    }

    /// Returns the document so far.
    pub(super) fn into_value(self) -> Option<Value> {
        self.tree.into_root()
    }

    /// Returns the complete document. `open` states that the last line had no line feed.
    pub(super) fn finish(mut self, open: bool) -> Value {
        if let (Place::Text(text), Some(value)) = (&self.place, self.tree.text()) {
            text.finish(open, value);
        }
        self.tree.into_root().unwrap_or_default()
    }

    /// Reads the next line, including its line feed if it has one. Returns `true` if it changed the
    /// value.
    pub(super) fn line(&mut self, line: &str) -> Result<bool, Unknown> {
        let line = line.strip_suffix('\n').unwrap_or(line);
        if !is_printable(line) {
            return Err(Unknown);
        }
        if let Place::Text(text) = &mut self.place {
            let value = self.tree.text().ok_or(Unknown)?;
            if let Some(grew) = text.line(line, value)? {
                return Ok(grew);
            }
            self.place = Place::Full;
        }
        if line.contains('\t') {
            return Err(Unknown);
        }
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        let content = content.trim_end_matches(' ');
        if content.is_empty() || content.starts_with('#') {
            return Ok(false);
        }
        if indent == 0 && (content.starts_with("---") || content.starts_with("...")) {
            return self.marker(content);
        }
        self.close_down_to(indent, begins_item(content).is_some());
        self.entry(content, indent)?;
        Ok(true)
    }

    fn marker(&mut self, content: &str) -> Result<bool, Unknown> {
        if content != "---" || self.marked || self.tree.root().is_some() {
            return Err(Unknown);
        }
        self.marked = true;
        Ok(false)
    }

    /// Closes the levels that a line at `indent` does not belong to.
    fn close_down_to(&mut self, indent: usize, item: bool) {
        while let Some(top) = self.tree.top() {
            // A list may have the same column as its key.
            let beside_key = top.is_list()
                && top.indent == indent
                && !item
                && (self.tree.around_top()).is_some_and(|around| around.indent == indent);
            if top.indent <= indent && !beside_key {
                return;
            }
            self.tree.close();
            self.place = Place::Full;
        }
    }

    /// Reads a line from `column` on: any number of `- `, a key, a value.
    fn entry(&mut self, mut rest: &str, mut column: usize) -> Result<(), Unknown> {
        let mut first = true;
        while let Some(after) = begins_item(rest) {
            self.enter(column, first, true)?;
            self.tree.begin_item();
            self.place = Place::Empty;
            let next = after.trim_start_matches(' ');
            column += rest.len() - next.len();
            (rest, first) = (next, false);
            if rest.is_empty() || rest.starts_with('#') {
                return Ok(());
            }
        }
        if let Some((key, after)) = scalar::key(rest) {
            self.enter(column, first, false)?;
            self.tree.begin_member(key);
            self.place = Place::Empty;
            rest = after.trim_start_matches(' ');
            if rest.is_empty() || rest.starts_with('#') {
                return Ok(());
            }
            if begins_item(rest).is_some() {
                return Err(Unknown);
            }
        } else if first {
            // A scalar that continues, or that is the whole document.
            return Err(Unknown);
        }
        self.put(rest)
    }

    /// Makes a list or a map at `column` the innermost level: an open one that has this column, or
    /// a new one at the empty position.
    fn enter(&mut self, column: usize, first: bool, list: bool) -> Result<(), Unknown> {
        let top = self.tree.top();
        let at_column = |level: &&Level| first && level.indent == column;
        if top
            .filter(at_column)
            .is_some_and(|top| top.is_list() == list)
        {
            return Ok(());
        }
        let fits = match top {
            None => self.tree.root().is_none(),
            Some(top) => column > top.indent || (list && !top.is_list() && at_column(&top)),
        };
        if !fits || !matches!(self.place, Place::Empty) || self.tree.depth() >= MAX_DEPTH {
            return Err(Unknown);
        }
        if list {
            self.tree.open_list(column);
        } else {
            self.tree.open_map(column);
        }
        Ok(())
    }

    /// Stores the value after a `- ` or a key.
    fn put(&mut self, rest: &str) -> Result<(), Unknown> {
        if rest.starts_with(['|', '>']) {
            let indent = self.tree.top().map_or(0, |top| top.indent);
            let text = BlockText::begin(rest, indent).ok_or(Unknown)?;
            self.tree.put(Value::String(String::new()));
            self.place = Place::Text(text);
        } else {
            self.tree.put(scalar::value(rest).ok_or(Unknown)?);
            self.place = Place::Full;
        }
        Ok(())
    }
}

/// Text after the `-` of a list item.
fn begins_item(text: &str) -> Option<&str> {
    let after = text.strip_prefix('-')?;
    (after.is_empty() || after.starts_with(' ')).then_some(after)
}

/// Returns `true` if YAML allows all characters within a line, tabs included. Characters that the
/// full parser treats as line breaks, and byte order marks, are left to it.
fn is_printable(line: &str) -> bool {
    let known = |c: char| match c {
        '\t' | ' '..='~' => true,
        '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
        '\u{a0}'..='\u{fffd}' | '\u{10000}'.. => true,
        _ => false,
    };
    line.bytes().all(|byte| matches!(byte, b' '..=b'~')) || line.chars().all(known)
}
