//! [`PartialJson`]: reads JSON that is still growing.

use serde_json::Value;

use super::PartialError;

mod escape;
mod lexer;
#[cfg(test)]
mod tests;
mod tree;

use lexer::Lexer;

/// Reads JSON that is still growing. At any time there is a value: the document so far, with open
/// texts, arrays and objects closed, and without what is not decided yet (half a number, literal,
/// escape or key, a key without its value).
///
/// The value is built in place, so a push costs what its chunk is long, and looking at the value
/// costs nothing. The rules are those of RFC 8259 as `serde_json` applies them, 127 levels of
/// nesting included; a document may stand in a code fence.
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
    /// A reader at the beginning of a document.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece of the document. After an [`error`](Self::error) this does nothing.
    pub fn push(&mut self, chunk: &str) {
        if self.error.is_none() {
            self.error = self.lexer.push(chunk).err();
        }
    }

    /// The document so far; `None` before anything of it is known.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        self.lexer.value()
    }

    /// The syntax error, if no continuation can make the document valid. What came before it stays
    /// readable.
    #[must_use]
    pub fn error(&self) -> Option<&PartialError> {
        self.error.as_ref()
    }

    /// Returns `true` if the document is complete. A number at the top level never is, because it
    /// may continue.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.error.is_none() && self.lexer.is_complete()
    }

    /// The whole document, when nothing more comes.
    ///
    /// # Errors
    ///
    /// When the document is not JSON, or not whole.
    pub fn finish(mut self) -> Result<Value, PartialError> {
        match self.error.take() {
            Some(error) => Err(error),
            None => self.lexer.finish(),
        }
    }
}
