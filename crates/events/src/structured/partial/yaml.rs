//! [`PartialYaml`]: reads YAML that is still growing.

use geppetto_turns::serial::yaml_value;
use serde_json::Value;

use super::PartialError;

#[cfg(test)]
mod tests;

/// Reads YAML that is still growing: the whole lines so far are read anew from time to time, and
/// the last good value is kept.
///
/// The text is read again when whole lines of at least [`every_bytes`](Self::every_bytes) bytes
/// came since the last time, and of at least an eighth of what was read then. So all reading
/// together costs at most about nine times what reading the whole costs, however small the chunks are.
/// [`finish`](Self::finish) reads all.
///
/// ```
/// use geppetto_events::structured::PartialYaml;
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
    value: Option<Value>,
}

/// Whether the document stands in a code fence.
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

    /// Sets how many bytes must come before the text is read again. Default: 0, which is at the
    /// end of a line.
    #[must_use]
    pub fn every_bytes(mut self, bytes: usize) -> Self {
        self.every_bytes = bytes;
        self
    }

    /// Takes the next piece of the document. Says whether the text was read again and gave
    /// another value than before.
    pub fn push(&mut self, chunk: &str) -> bool {
        for piece in chunk.split_inclusive('\n') {
            self.line.push_str(piece);
            if piece.ends_with('\n') {
                self.end_line();
            }
        }
        let fresh = self.text.len() - self.read;
        if fresh == 0 || fresh < self.every_bytes.max(self.read / 8) {
            return false;
        }
        self.read = self.text.len();
        match yaml_value(&self.text) {
            Ok(value) if self.value.as_ref() != Some(&value) => {
                self.value = Some(value);
                true
            }
            _ => false,
        }
    }

    /// The last good value; `None` before there was one.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        self.value.as_ref()
    }

    /// The whole document, when nothing more comes.
    ///
    /// # Errors
    ///
    /// When the document is not YAML.
    pub fn finish(mut self) -> Result<Value, PartialError> {
        self.end_line();
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
