//! [`PartialJson`]: incremental parser of incomplete JSON.

use serde_json::Value;

use super::PartialError;

mod escape;
mod lexer;
#[cfg(test)]
mod tests;
mod tree;

use lexer::Lexer;

/// Incremental parser of incomplete JSON. A value is available at any time: the document so far,
/// with open strings, arrays and objects closed, and without undecided parts (an unfinished number,
/// literal, escape or key, or a key without a value).
///
/// The value is built in place: a push is linear in its chunk, and reading the value is free. The
/// rules are those of RFC 8259 as applied by `serde_json`, including the limit of 127 levels of
/// nesting. The document may be in a code fence.
///
/// ```
/// use geppetto_structured::PartialJson;
/// use serde_json::json;
///
/// let mut plan = PartialJson::new();
/// plan.push(r#"{"title": "Sho"#);
/// assert_eq!(plan.value(), Some(&json!({"title": "Sho"})));
/// plan.push(r#"p", "items": ["milk", "br"#);
/// assert_eq!(plan.value(), Some(&json!({"title": "Shop", "items": ["milk", "br"]})));
/// plan.push(r#"ead"], "done": fal"#);
/// assert_eq!(plan.value(), Some(&json!({"title": "Shop", "items": ["milk", "bread"]})));
/// assert!(!plan.is_complete());
/// ```
#[derive(Debug, Clone, Default)]
pub struct PartialJson {
    lexer: Lexer,
    error: Option<PartialError>,
}

impl PartialJson {
    /// Creates a parser at the beginning of a document.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Parses the next chunk of the document. No effect after an [`error`](Self::error).
    pub fn push(&mut self, chunk: &str) {
        if self.error.is_none() {
            self.error = self.lexer.push(chunk).err();
        }
    }

    /// Returns the value so far; `None` if there is none yet.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        self.lexer.value()
    }

    /// Returns the syntax error, if no continuation can make the document valid. The value before
    /// the error remains available.
    #[must_use]
    pub fn error(&self) -> Option<&PartialError> {
        self.error.as_ref()
    }

    /// Returns `true` if the document is complete. A top-level number is never complete, because it
    /// may continue.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.error.is_none() && self.lexer.is_complete()
    }

    /// Returns the complete document, at the end of input.
    ///
    /// # Errors
    ///
    /// Returns an error if the document is invalid or incomplete.
    pub fn finish(mut self) -> Result<Value, PartialError> {
        match self.error.take() {
            Some(error) => Err(error),
            None => self.lexer.finish(),
        }
    }
}
