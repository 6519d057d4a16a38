//! [`PartialYaml`]: reads YAML that is still growing.

use geppetto_turns::serial::yaml_value;
use serde_json::Value;

use super::PartialError;

mod block;
mod scalar;
#[cfg(test)]
mod tests;
mod text;
mod tree;

use block::BlockReader;

/// Reads YAML that is still growing, whole line by whole line. The last good value is kept.
///
/// YAML as models write it is read as it comes: lists and mappings in block style whose keys and
/// scalars stand on one line each, `|` and `>` texts, comments. Each line is read once, and the
/// value grows in place, so a push costs what its chunk is long.
///
/// From the first line that has anything else (a scalar or a flow collection over several lines,
/// an anchor, a tag, a second document), and from the first one that is no YAML, the whole text
/// is read anew by the full parser from time to time: when whole lines of at least
/// [`every_bytes`](Self::every_bytes) bytes came since the last time, and of at least an eighth of
/// what was read then. So all that reading together costs at most about nine times what reading
/// the whole costs, however small the chunks are. Both ways give the same values.
///
/// ```
/// use geppetto_structured::PartialYaml;
/// use serde_json::json;
///
/// let mut plan = PartialYaml::new();
/// plan.push("title: Shop\nitems:\n  - mi");
/// assert_eq!(plan.value(), Some(&json!({"title": "Shop", "items": null})));
/// plan.push("lk\n");
/// assert_eq!(plan.value(), Some(&json!({"title": "Shop", "items": ["milk"]})));
/// ```
#[derive(Debug, Clone, Default)]
pub struct PartialYaml {
    /// The document so far, without its code fence.
    text: String,
    fence: Fence,
    /// The line that is not over yet.
    line: String,
    every_bytes: usize,
    /// How long the text was when it was last read.
    read: usize,
    reading: Reading,
}

/// How the document is read.
#[derive(Debug, Clone)]
enum Reading {
    /// Line by line, in place.
    Lines(BlockReader),
    /// As a whole, by the full parser; with the last good value.
    Whole(Option<Value>),
}

impl Default for Reading {
    fn default() -> Self {
        Self::Lines(BlockReader::default())
    }
}

/// The state of a code fence around the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Fence {
    #[default]
    Unknown,
    Without,
    Within,
    Over,
}

impl PartialYaml {
    /// A reader at the beginning of a document.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many bytes must come before the text is read on. Default: 0, which is at the end
    /// of a line.
    #[must_use]
    pub fn every_bytes(mut self, bytes: usize) -> Self {
        self.every_bytes = bytes;
        self
    }

    /// Adds the next piece of the document. Returns `true` if it was parsed and changed the value.
    pub fn push(&mut self, chunk: &str) -> bool {
        for piece in chunk.split_inclusive('\n') {
            self.line.push_str(piece);
            if piece.ends_with('\n') {
                self.end_line();
            }
        }
        let fresh = self.text.len() - self.read;
        if fresh == 0 || fresh < self.every_bytes {
            return false;
        }
        if let Reading::Lines(reader) = &mut self.reading {
            match read_on(reader, &self.text, &mut self.read) {
                Some(changed) => return changed,
                None => self.reading = Reading::Whole(value_of(&self.text, self.read)),
            }
        } else if fresh < self.read / 8 {
            return false;
        }
        self.read_whole()
    }

    /// Parses the whole text again. Returns `true` if that changed the value.
    fn read_whole(&mut self) -> bool {
        self.read = self.text.len();
        match (yaml_value(&self.text), &mut self.reading) {
            (Ok(new), Reading::Whole(value)) if value.as_ref() != Some(&new) => {
                *value = Some(new);
                true
            }
            _ => false,
        }
    }

    /// The last good value; `None` before there was one.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        match &self.reading {
            Reading::Lines(reader) => reader.value(),
            Reading::Whole(value) => value.as_ref(),
        }
    }

    /// The whole document, when nothing more comes.
    ///
    /// # Errors
    ///
    /// When the document is not YAML.
    pub fn finish(mut self) -> Result<Value, PartialError> {
        self.end_line();
        if let Reading::Lines(mut reader) = self.reading
            && read_on(&mut reader, &self.text, &mut self.read).is_some()
        {
            return Ok(reader.finish(!self.text.ends_with('\n')));
        }
        yaml_value(&self.text).map_err(PartialError::yaml)
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let fence = line.trim_end() == "```";
        match self.fence {
            Fence::Unknown if line.trim_start().starts_with("```") => self.fence = Fence::Within,
            Fence::Within if fence => self.fence = Fence::Over,
            Fence::Over => {}
            Fence::Unknown | Fence::Without | Fence::Within => {
                if self.fence == Fence::Unknown && !line.trim().is_empty() {
                    self.fence = Fence::Without;
                }
                self.text.push_str(&line);
            }
        }
    }
}

/// Reads the lines of `text` from `read` on, and moves `read` behind each. Returns whether they
/// changed the value; `None` if one of them is unknown.
fn read_on(reader: &mut BlockReader, text: &str, read: &mut usize) -> Option<bool> {
    let mut changed = false;
    for line in text.get(*read..)?.split_inclusive('\n') {
        changed |= reader.line(line).ok()?;
        *read += line.len();
    }
    Some(changed)
}

/// The value of the first `bytes` of the text, whose lines are all known. A reader that met an
/// unknown line has lost it.
fn value_of(text: &str, bytes: usize) -> Option<Value> {
    let mut reader = BlockReader::default();
    let known = text.get(..bytes)?;
    read_on(&mut reader, known, &mut 0)?;
    reader.into_value()
}
