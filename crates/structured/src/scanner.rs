//! [`Scanner`]: search for tags in a text that arrives in pieces.
//!
//! All syntax is ASCII, so pieces are only split at character boundaries.

use super::tag::{MAX_TAG_BYTES, Tag, is_part_char};

#[cfg(test)]
mod tests;

/// Receives the parts of the text, in order. Adjacent pieces of text or of a body may arrive in any
/// number of calls; their concatenation does not depend on how the text was split.
pub(super) trait Handler {
    /// Text outside of blocks.
    fn text(&mut self, text: &str);
    /// An opening tag. If this returns `false`, the tag is text.
    fn open(&mut self, tag: Tag) -> bool;
    /// A piece of a block's body.
    fn body(&mut self, body: &str);
    /// The block's closing tag.
    fn close(&mut self);
    /// The text ended inside a block.
    fn unclosed(&mut self);
}

#[derive(Debug, Default)]
pub(super) struct Scanner {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Idle,
    /// Holds back a possible opening tag; starts with `<`.
    MaybeTag(String),
    /// In a block that ends with `closing`, whose first `matched` bytes are held back.
    Body { closing: String, matched: usize },
}

impl Scanner {
    /// Returns `true` if the text is outside of blocks and nothing is held back.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    /// Scans the next piece of the text.
    pub(super) fn push(&mut self, mut text: &str, handler: &mut impl Handler) {
        while !text.is_empty() {
            text = match &mut self.state {
                State::Idle => self.idle(text, handler),
                State::MaybeTag(_) => self.maybe_tag(text, handler),
                State::Body { closing, matched } => {
                    let (done, rest) = body(closing, matched, text, handler);
                    if done {
                        self.state = State::Idle;
                        handler.close();
                    }
                    rest
                }
            };
        }
    }

    /// Ends the text.
    pub(super) fn finish(&mut self, handler: &mut impl Handler) {
        match std::mem::take(&mut self.state) {
            State::Idle => {}
            State::MaybeTag(held) => handler.text(&held),
            State::Body { closing, matched } => {
                let (held, _) = split(&closing, matched);
                if !held.is_empty() {
                    handler.body(held);
                }
                handler.unclosed();
            }
        }
    }

    fn idle<'t>(&mut self, text: &'t str, handler: &mut impl Handler) -> &'t str {
        let (before, rest) = split(text, text.find('<').unwrap_or(text.len()));
        if !before.is_empty() {
            handler.text(before);
        }
        if rest.is_empty() {
            return rest;
        }
        self.state = State::MaybeTag("<".to_owned());
        split(rest, 1).1
    }

    fn maybe_tag<'t>(&mut self, text: &'t str, handler: &mut impl Handler) -> &'t str {
        let State::MaybeTag(held) = &mut self.state else {
            return text;
        };
        let end = text.find(|c| !is_part_char(c) && c != ':');
        let (name, rest) = split(text, end.unwrap_or(text.len()));
        held.push_str(name);
        if may_become_tag(held) && rest.is_empty() {
            return rest;
        }
        let State::MaybeTag(held) = std::mem::take(&mut self.state) else {
            return rest;
        };
        // The rest is scanned again: it may itself begin a tag.
        let tag = rest
            .starts_with('>')
            .then(|| Tag::parse(held.trim_start_matches('<')))
            .flatten();
        let Some(tag) = tag else {
            handler.text(&held);
            return rest;
        };
        let closing = tag.closing();
        let rest = split(rest, 1).1;
        if handler.open(tag) {
            self.state = State::Body {
                closing,
                matched: 0,
            };
        } else {
            handler.text(&held);
            handler.text(">");
        }
        rest
    }
}

/// Returns `true` if `held`, a `<` with part characters and colons, is the prefix of some tag.
fn may_become_tag(held: &str) -> bool {
    let name = held.trim_start_matches('<');
    let colons = name.bytes().filter(|byte| *byte == b':').count();
    // Only the last part may be empty, because it is still incomplete.
    let empty_part = name.starts_with(':') || name.contains("::");
    held.len() < MAX_TAG_BYTES && colons <= 2 && !empty_part
}

/// Searches for `closing`; returns whether it was found, and the text after it or still to be
/// searched. The first character of `closing` occurs in it only once, so a mismatch needs no
/// rescan.
fn body<'t>(
    closing: &str,
    matched: &mut usize,
    text: &'t str,
    handler: &mut impl Handler,
) -> (bool, &'t str) {
    if *matched == 0 {
        let (before, rest) = split(text, text.find('<').unwrap_or(text.len()));
        if !before.is_empty() {
            handler.body(before);
        }
        if rest.is_empty() {
            return (false, rest);
        }
        *matched = 1;
        return (false, split(rest, 1).1);
    }
    let (held, wanted) = split(closing, *matched);
    let common = wanted
        .bytes()
        .zip(text.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let rest = split(text, common).1;
    *matched += common;
    if *matched == closing.len() {
        return (true, rest);
    }
    if !rest.is_empty() {
        *matched = 0;
        handler.body(held);
        if common > 0 {
            handler.body(split(wanted, common).0);
        }
    }
    (false, rest)
}

/// Splits a text in two; if `at` is not a valid split position, the second part is empty.
pub(super) fn split(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}
