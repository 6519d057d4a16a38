//! [`YamlLines`]: the line of each key of a document.

use std::collections::BTreeMap;

#[cfg(test)]
mod tests;

/// The lines of the keys of a YAML document.
///
/// A tree with the structure of the document: a map has its keys as entries, a list the indices of
/// its items as text. Content that an alias repeats has no lines of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct YamlLines {
    line: usize,
    entries: BTreeMap<String, YamlLines>,
}

impl YamlLines {
    /// Returns the line, starting at 1; 0 for the document itself.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the lines of an entry of a map, or of an item of a list by its index.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries.get(key)
    }
}

/// Collects lines while the search goes through the document.
#[derive(Debug, Default)]
pub(super) struct Outline {
    root: YamlLines,
    frames: Vec<Frame>,
    /// The source text of the last scalar, and its line.
    scalar: Option<(String, usize)>,
}

/// An open list or map, with the key or the index of the current entry.
#[derive(Debug)]
struct Frame {
    kind: Kind,
    entry: String,
    index: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A list in block style, at a column.
    BlockList(isize),
    /// A map in block style, at a column.
    BlockMap(isize),
    /// `[`
    FlowList,
    /// `{`
    FlowMap,
}

impl Outline {
    /// Records a scalar, which may turn out to be a key.
    pub(super) fn scalar(&mut self, written: &[u8], line: usize) {
        let written = String::from_utf8_lossy(written).trim_ascii().to_owned();
        self.scalar = Some((written, line));
    }

    /// Records an alias, which is not a key with a text.
    pub(super) fn alias(&mut self) {
        self.scalar = None;
    }

    /// Begins an item of a list in block style.
    pub(super) fn item(&mut self, column: isize, line: usize) {
        self.close_block(|at| at > column);
        match self.frames.last_mut() {
            Some(frame) if frame.kind == Kind::BlockList(column) => frame.next(),
            _ => self.open(Kind::BlockList(column)),
        }
        self.note(line);
    }

    /// Marks the last scalar as the key of a map in block style.
    pub(super) fn block_key(&mut self, column: isize) {
        let (key, line) = self.take_key();
        self.close_block(|at| at > column);
        if self.frames.last().map(|frame| frame.kind) == Some(Kind::BlockList(column)) {
            self.frames.pop();
        }
        if self.frames.last().map(|frame| frame.kind) != Some(Kind::BlockMap(column)) {
            self.open(Kind::BlockMap(column));
        }
        self.enter(key);
        self.note(line);
    }

    /// Marks the last scalar as the key of a map in flow style.
    pub(super) fn flow_key(&mut self) {
        if self.frames.last().map(|frame| frame.kind) == Some(Kind::FlowMap) {
            let (key, line) = self.take_key();
            self.enter(key);
            self.note(line);
        }
    }

    /// Begins a list or a map in flow style.
    pub(super) fn open_flow(&mut self, bracket: u8, line: usize) {
        if bracket == b'{' {
            self.open(Kind::FlowMap);
        } else {
            self.open(Kind::FlowList);
            self.note(line);
        }
    }

    /// Ends a list or a map in flow style.
    pub(super) fn close_flow(&mut self) {
        self.frames.pop();
        self.scalar = None;
    }

    /// Begins the next entry in flow style.
    pub(super) fn comma(&mut self, line: usize) {
        if let Some(frame) = self.frames.last_mut()
            && frame.kind == Kind::FlowList
        {
            frame.next();
            self.note(line);
        }
    }

    pub(super) fn into_lines(self) -> YamlLines {
        self.root
    }

    /// Returns the last scalar as text. An unknown key gets a name that no document contains.
    fn take_key(&mut self) -> (String, usize) {
        let Some((written, line)) = self.scalar.take() else {
            return ("\0".to_owned(), 0);
        };
        let quoted = written.starts_with(['"', '\'']);
        let text = quoted.then(|| serde_norway::from_str(&written).ok());
        (text.flatten().unwrap_or(written), line)
    }

    fn open(&mut self, kind: Kind) {
        self.frames.push(Frame {
            kind,
            entry: "0".to_owned(),
            index: 0,
        });
    }

    fn enter(&mut self, key: String) {
        if let Some(frame) = self.frames.last_mut() {
            frame.entry = key;
        }
    }

    /// Closes the innermost lists and maps in block style whose column is `beyond`.
    fn close_block(&mut self, beyond: impl Fn(isize) -> bool) {
        while let Some(Frame {
            kind: Kind::BlockList(at) | Kind::BlockMap(at),
            ..
        }) = self.frames.last()
            && beyond(*at)
        {
            self.frames.pop();
        }
    }

    /// Records the line of the current entry. Of equal keys, the first one keeps its line.
    fn note(&mut self, line: usize) {
        let mut place = &mut self.root;
        for frame in &self.frames {
            place = place.entries.entry(frame.entry.clone()).or_default();
        }
        if place.line == 0 {
            place.line = line + 1;
        }
    }
}

impl Frame {
    fn next(&mut self) {
        self.index += 1;
        self.entry = self.index.to_string();
    }
}
