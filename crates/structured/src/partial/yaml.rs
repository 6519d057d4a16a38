//! [`PartialYaml`]: incremental parser of incomplete YAML.

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

/// Incremental parser of incomplete YAML, line by line. The last valid value is retained.
///
/// The subset of YAML that models usually write is parsed incrementally: block-style lists and
/// mappings with single-line keys and scalars, `
/// ` and `>` scalars, and comments. Each line is parsed once and the value grows in place, so a
/// push is linear in its chunk.
///
/// From the first line with any other syntax (a multi-line scalar or flow collection, an anchor, a
/// tag, a second document) or with a syntax error, the full parser periodically parses the complete
/// text again: whenever the complete lines added since the last parse amount to at least
/// [`every_bytes`](Self::every_bytes) bytes and to at least an eighth of the text parsed then. The
/// total cost is therefore at most about nine times that of parsing the full document once, for any
/// chunk size. Both parsers produce the same values.
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
    /// The unfinished line.
    line: String,
    every_bytes: usize,
    /// Length of the text when it was last parsed.
    read: usize,
    reading: Reading,
}

/// Parser in use.
#[derive(Debug, Clone)]
enum Reading {
    /// Line by line, in place.
    Lines(BlockReader),
    /// As a whole, by the full parser; contains the last valid value.
    Whole(Option<Value>),
}

impl Default for Reading {
    fn default() -> Self {
        Self::Lines(BlockReader::default())
    }
}

/// State of a code fence around the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Fence {
    #[default]
    Unknown,
    Without,
    Within,
    Over,
}

impl PartialYaml {
    /// Creates a parser at the beginning of a document.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the minimum number of new bytes before the text is parsed again. Default: 0, which
    /// parses at the end of each line.
    #[must_use]
    pub fn every_bytes(mut self, bytes: usize) -> Self {
        self.every_bytes = bytes;
        self
    }

    /// Appends the next chunk of the document. Returns `true` if it was parsed and changed the
    /// value.
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

    /// Returns the last valid value; `None` if there is none yet.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        match &self.reading {
            Reading::Lines(reader) => reader.value(),
            Reading::Whole(value) => value.as_ref(),
        }
    }

    /// Returns the complete document, at the end of input.
    ///
    /// # Errors
    ///
    /// Returns an error if the document is not valid YAML.
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

/// Reads the lines of `text` from `read` on, and advances `read` past each. Returns whether they
/// changed the value; `None` if one of them is unknown.
fn read_on(reader: &mut BlockReader, text: &str, read: &mut usize) -> Option<bool> {
    let mut changed = false;
    for line in text.get(*read..)?.split_inclusive('\n') {
        changed |= reader.line(line).ok()?;
        *read += line.len();
    }
    Some(changed)
}

/// Returns the value of the first `bytes` of the text, whose lines are all known. It is needed
/// because a reader loses its value at an unknown line.
fn value_of(text: &str, bytes: usize) -> Option<Value> {
    let mut reader = BlockReader::default();
    let known = text.get(..bytes)?;
    read_on(&mut reader, known, &mut 0)?;
    reader.into_value()
}
