//! [`StreamedArgs`]: the streamed arguments of a tool call, under one rule for all wires.

use geppetto_engine::ItemId;
use serde::de::IgnoredAny;

use super::{
    halves::Half,
    mend,
    object::{ObjectEnd, is_object},
    python,
};

use crate::Output;

#[cfg(test)]
mod tests;

/// Empty arguments.
const NOTHING: &str = "{}";

/// Maximum length of the text kept after complete arguments, in bytes.
const LONGEST_REST: usize = 1024 * 1024;

/// Streamed arguments of a tool call.
///
/// Once they are a complete JSON object, later text does not belong to them. A copy of them is
/// ignored, further objects are the arguments of further calls of the same tool
/// ([`take_further`](Self::take_further)), and anything else is ignored. An empty object can be
/// replaced by another one, which some gateways send after it. Null, an empty text and an empty
/// list are empty arguments, and an object inside a JSON string is the object.
#[derive(Debug, Default)]
pub struct StreamedArgs {
    text: String,
    /// Number of bytes published.
    sent: usize,
    end: ObjectEnd,
    /// `true` if the arguments are a complete object.
    over: bool,
    /// Number of bytes after the complete arguments that repeat them so far.
    copied: usize,
    /// Number of bytes after the arguments that do not repeat them.
    surplus: usize,
    /// These bytes, up to [`LONGEST_REST`].
    rest: String,
    half: Half,
    /// `true` if the published text differs from the written text.
    replaced: bool,
    /// `true` for free text, to which the rule does not apply.
    free: bool,
}

impl StreamedArgs {
    /// Creates the arguments of a function: a JSON object.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates the input of a custom tool: free text, to which the rule does not apply.
    #[must_use]
    pub fn free_text() -> Self {
        Self {
            free: true,
            ..Self::default()
        }
    }

    /// Returns the text so far.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns `true` if the arguments are a complete object.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Returns `true` if the arguments are an object without fields.
    #[must_use]
    pub fn is_empty_object(&self) -> bool {
        self.text == NOTHING
    }

    /// Returns `true` if the text is only white space.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Returns the number of bytes after the complete arguments that are not a copy of them.
    #[must_use]
    pub fn surplus(&self) -> usize {
        self.surplus
    }

    /// Takes the objects after the complete arguments, if there is no other text. Gateways that use
    /// one index for parallel calls of a tool, as Google's did, concatenate their arguments. Empty
    /// objects and repetitions of the previous one are omitted. At most `most` objects are taken;
    /// if there are more, none is.
    pub fn take_further(&mut self, most: usize) -> Vec<String> {
        if self.surplus == 0 || self.rest.len() < self.surplus {
            return Vec::new();
        }
        let Some(objects) = objects(&self.rest, most) else {
            return Vec::new();
        };
        let mut before = mend::raw_value(self.text.trim());
        let mut further = Vec::new();
        for object in objects {
            let value = mend::raw_value(object);
            if object != NOTHING && value != before {
                further.push(object.to_owned());
                before = value;
            }
        }
        self.surplus = 0;
        self.rest.clear();
        further
    }

    /// Returns the number of unreadable characters.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.half.lost()
    }

    /// Appends a piece.
    pub fn push(&mut self, piece: &str) {
        let piece = self.half.join(piece);
        if self.free {
            self.text.push_str(&piece);
            return;
        }
        let mut piece: &str = &piece;
        loop {
            let next = piece.trim_start();
            if self.over && self.is_empty_object() && self.surplus == 0 && next.starts_with('{') {
                self.clear();
                piece = next;
            }
            if self.over {
                self.take_surplus(piece);
                return;
            }
            let Some(end) = self.end.read(piece) else {
                self.text.push_str(piece);
                return;
            };
            let (rest, after) = piece.split_at_checked(end).unwrap_or((piece, ""));
            self.text.push_str(rest);
            self.over = is_object(&self.text);
            if !self.over {
                self.text.push_str(after);
                return;
            }
            piece = after;
        }
    }

    /// Adds an object that was sent as JSON instead of text. It is complete, so it replaces earlier
    /// text, unless that was published.
    pub fn push_object(&mut self, object: &str) {
        if !self.over && self.sent == 0 {
            self.clear();
        }
        self.push(object);
    }

    /// Sets the full arguments, as repeated by an event at their end. Earlier text counts if it is
    /// complete; otherwise the full text does.
    pub fn complete(&mut self, whole: &str) {
        if whole.is_empty() {
            return;
        }
        if let Some(rest) = whole.strip_prefix(self.text.as_str()) {
            self.half.forget();
            let rest = rest.to_owned();
            self.push(&rest);
        } else if self.over && !self.is_empty_object() {
            self.take_surplus(whole);
        } else {
            self.half.forget();
            self.replaced |= self.sent > 0;
            self.sent = 0;
            self.clear();
            self.push(whole);
        }
    }

    fn clear(&mut self) {
        self.text.clear();
        self.end = ObjectEnd::default();
        self.over = false;
        self.copied = 0;
    }

    /// Classifies text after complete arguments: white space, copies of them, or other text.
    fn take_surplus(&mut self, text: &str) {
        if self.surplus > 0 {
            self.keep_rest(0, text);
            return;
        }
        let args = self.text.trim();
        let mut text = text;
        loop {
            if self.copied == 0 {
                text = text.trim_start();
            }
            let copy = args.get(self.copied..).unwrap_or_default();
            if text.is_empty() || copy.is_empty() {
                return;
            }
            if let Some(rest) = text.strip_prefix(copy) {
                self.copied = 0;
                text = rest;
            } else if copy.starts_with(text) {
                self.copied += text.len();
                return;
            } else {
                let repeated = std::mem::take(&mut self.copied);
                self.keep_rest(repeated, text);
                return;
            }
        }
    }

    /// Keeps text that is not a copy: the repeated part of the arguments, in bytes, and then
    /// `text`.
    fn keep_rest(&mut self, repeated: usize, text: &str) {
        let repeated = self.text.trim().get(..repeated).unwrap_or_default();
        self.surplus += repeated.len() + text.len();
        if self.surplus <= LONGEST_REST {
            self.rest.push_str(repeated);
            self.rest.push_str(text);
        }
    }

    /// Returns `true` if the text so far may represent empty arguments, or be replaced by others.
    #[must_use]
    pub fn waits(&self) -> bool {
        if self.free {
            return self.text.is_empty();
        }
        let text = self.text.trim();
        text == NOTHING || "null".starts_with(text) || text.starts_with(['"', '['])
    }

    /// Writes new text to an open tool call, unless it [waits](Self::waits).
    pub fn write(&mut self, item: ItemId, out: &mut Output<'_>) {
        if !self.waits() {
            self.write_all(item, out);
        }
    }

    /// Writes all new text to an open tool call, because no more will arrive.
    pub fn write_all(&mut self, item: ItemId, out: &mut Output<'_>) {
        match self.take_replacement() {
            Some(text) => out.replace(item, text),
            None => out.push(item, self.take_news()),
        }
    }

    /// Takes the full text if it differs from the published text, and marks it as published.
    fn take_replacement(&mut self) -> Option<&str> {
        std::mem::take(&mut self.replaced).then(|| {
            self.sent = self.text.len();
            self.text.as_str()
        })
    }

    /// Takes the unpublished text, and marks it as published.
    fn take_news(&mut self) -> &str {
        let news = self.text.get(self.sent..).unwrap_or_default();
        self.sent = self.text.len();
        news
    }

    /// Completes the text, because no more will arrive. Published text is unchanged, except that
    /// control characters and backslashes that the model forgot to escape are escaped if the arguments
    /// are an object then, and a Python dictionary is replaced by the object that it means
    /// (<https://github.com/MoonshotAI/kimi-cli/issues/1378>,
    /// <https://github.com/openclaw/openclaw/pull/141323>).
    pub fn settle(&mut self) {
        self.text.push_str(self.half.rest());
        if self.free {
            return;
        }
        self.escape();
        if self.sent > 0 {
            return;
        }
        let text = self.text.trim();
        let is_string = text.starts_with('"');
        let inner: Option<String> = is_string.then(|| serde_json::from_str(text).ok()).flatten();
        let meant = inner.as_deref().unwrap_or(text).trim();
        if matches!(meant, "" | "null" | "[]") {
            self.text.clear();
        } else if inner.is_some() && is_object(meant) {
            self.over = true;
            self.text = meant.to_owned();
        }
    }

    /// Escapes what must be escaped in strings, if that makes the text an object, and reads a Python dictionary.
    fn escape(&mut self) {
        let text = self.text.trim();
        if self.over || !text.starts_with('{') {
            return;
        }
        let escaped = mend::mend(text, &[]).filter(|own| own.replaced == 0 && is_object(&own.text));
        let meant = escaped.map(|own| own.text);
        if let Some(meant) = meant.or_else(|| python::object(text)) {
            self.replaced |= self.sent > 0;
            self.sent = 0;
            self.over = true;
            self.text = meant;
        }
    }
}

/// Returns the objects that form `text`, at most `most`; `None` if it contains anything else, or
/// more objects.
fn objects(text: &str, most: usize) -> Option<Vec<&str>> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    let mut objects = Vec::new();
    let mut from = 0;
    while let Some(read) = stream.next() {
        read.ok()?;
        let to = stream.byte_offset();
        let object = text.get(from..to)?.trim();
        if !object.starts_with('{') || objects.len() == most {
            return None;
        }
        objects.push(object);
        from = to;
    }
    Some(objects)
}
