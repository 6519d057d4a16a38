//! [`Tags`]: reasoning that a model writes into its text, between tags.

#[cfg(test)]
mod tests;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// The kind of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Reasoning,
}

/// Separates reasoning from the text of a reply that begins with `<think>`.
///
/// Models of `DeepSeek`, Qwen, `MiniMax` and others write their reasoning in this form, and some
/// servers pass it on unchanged (<https://github.com/adolfousier/opencrabs/pull/11>). The dialect
/// says whether tags are searched ([`Dialect::reasoning_in_tags`](super::super::Dialect)): the text
/// of other servers is not interpreted, and tags elsewhere in a text are part of the text.
#[derive(Debug, Default)]
pub(super) struct Tags {
    state: State,
    /// Text that may be part of a tag, or white space that a tag makes insignificant.
    held: String,
    /// Length of the white space at the start of `held`, as far as it has been examined.
    blank: usize,
    found: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Only white space and the beginning of a tag have arrived.
    Start,
    Inside,
    /// After the closing tag, before the answer.
    Behind,
    #[default]
    Over,
}

impl Tags {
    /// Creates the search of a reply. The default finds nothing.
    pub(super) fn search() -> Self {
        Self {
            state: State::Start,
            ..Self::default()
        }
    }

    /// Returns `true` if everything that follows is text.
    pub(super) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// Returns `true` if the text contained reasoning.
    pub(super) fn found(&self) -> bool {
        self.found
    }

    /// Accepts a piece of text and calls `say` for the parts whose kind is certain.
    pub(super) fn take(&mut self, text: &str, say: &mut dyn FnMut(Kind, &str)) {
        if self.is_over() {
            return say(Kind::Text, text);
        }
        self.held.push_str(text);
        let mut start = 0;
        if self.state == State::Start {
            // White space is examined once, however many pieces of it arrive.
            let begin = self.held.get(self.blank..).unwrap_or_default();
            let begin = begin.trim_start();
            self.blank = self.held.len() - begin.len();
            if begin.starts_with(OPEN) {
                self.state = State::Inside;
                self.found = true;
                start = self.blank + OPEN.len();
            } else if OPEN.starts_with(begin) {
                return;
            } else {
                self.state = State::Over;
            }
        }
        let held = std::mem::take(&mut self.held);
        let mut rest = held.get(start..).unwrap_or_default();
        if self.state == State::Inside {
            let Some((inside, behind)) = rest.split_once(CLOSE) else {
                let (certain, open) = rest.split_at(rest.len() - open_end(rest));
                say(Kind::Reasoning, certain);
                self.held = open.to_owned();
                return;
            };
            say(Kind::Reasoning, inside);
            self.state = State::Behind;
            rest = behind;
        }
        if self.state == State::Behind {
            rest = rest.trim_start();
            if rest.is_empty() {
                return;
            }
            self.state = State::Over;
        }
        say(Kind::Text, rest);
    }

    /// Ends the search, because the text ends or another item follows; passes on the text that was
    /// held back.
    pub(super) fn end(&mut self, say: &mut dyn FnMut(Kind, &str)) {
        let held = std::mem::take(&mut self.held);
        let kind = match self.state {
            State::Inside => Kind::Reasoning,
            _ => Kind::Text,
        };
        self.state = State::Over;
        if !held.is_empty() {
            say(kind, &held);
        }
    }
}

/// Returns the length of the longest suffix of `text` that is a prefix of the closing tag.
fn open_end(text: &str) -> usize {
    let lengths = (1..CLOSE.len()).rev();
    lengths
        .filter(|length| CLOSE.get(..*length).is_some_and(|tag| text.ends_with(tag)))
        .max()
        .unwrap_or(0)
}
