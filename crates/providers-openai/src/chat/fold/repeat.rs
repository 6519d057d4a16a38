//! [`Repeat`]: events that are the one before them with another text.

use std::{borrow::Cow, ops::Range};

use super::super::wire::{Choice, Chunk, Content, Delta};

/// How many events are kept in vain, because the next one was another, before no more are kept.
const MOST_MISSES: u8 = 16;

/// A field of random length that OpenAI adds to hide the lengths of texts. Nothing reads it.
const OBFUSCATION: &str = "\"obfuscation\":\"";

/// The last event, if it was a piece of text and nothing else.
///
/// An event that has the same bytes before and after a text without escapes is, to a parser of JSON,
/// the same event with another text. So it need not be parsed, and as nearly all events of a stream
/// are like this, what is read of most streams is their text alone. Nothing is guessed: one byte that
/// differs elsewhere, and the event is parsed.
#[derive(Debug, Default)]
pub(super) struct Repeat {
    event: String,
    /// Where its text is.
    text: Range<usize>,
    /// Where the value of its [`OBFUSCATION`] is.
    noise: Option<Range<usize>>,
    known: bool,
    misses: u8,
}

impl Repeat {
    /// The text of `event`, if it is the last one with another text.
    pub(super) fn text<'e>(&mut self, event: &'e str) -> Option<&'e str> {
        let text = self.find(event);
        self.misses = match (text, self.known) {
            (Some(_), _) => 0,
            (None, true) => self.misses.saturating_add(1),
            (None, false) => self.misses,
        };
        self.known = text.is_some();
        text
    }

    pub(super) fn find<'e>(&self, event: &'e str) -> Option<&'e str> {
        if !self.known {
            return None;
        }
        let known = self.event.as_str();
        let after_text = event.strip_prefix(known.get(..self.text.start)?)?;
        let (text, mut rest) = after_text.split_at_checked(plain(after_text))?;
        let mut at = self.text.end;
        if let Some(noise) = &self.noise {
            rest = rest.strip_prefix(known.get(at..noise.start)?)?;
            rest = rest.get(plain(rest)..)?;
            at = noise.end;
        }
        (rest == known.get(at..)?).then_some(text)
    }

    /// Keeps an event that was parsed as `chunk`, if it is a piece of text of choice `speaker` and
    /// nothing else.
    pub(super) fn learn(&mut self, event: &str, chunk: &Chunk<'_>, speaker: Option<u64>) {
        self.known = false;
        if self.misses >= MOST_MISSES {
            return;
        }
        let Some(text) = only_text(chunk, speaker) else {
            return;
        };
        let start = (text.as_ptr() as usize).wrapping_sub(event.as_ptr() as usize);
        let text = start..start.saturating_add(text.len());
        let Some(after) = event.get(text.end..) else {
            return;
        };
        self.noise = after.find(OBFUSCATION).and_then(|at| {
            let start = text.end + at + OBFUSCATION.len();
            Some(start..start + plain(event.get(start..)?))
        });
        self.text = text;
        event.clone_into(&mut self.event);
        self.known = true;
    }
}

/// The text of an event that says nothing else, and that is borrowed from it. Whatever is named here
/// and may be there would be taken once for each event.
fn only_text<'c>(chunk: &'c Chunk<'_>, speaker: Option<u64>) -> Option<&'c str> {
    let Chunk {
        // Of these the first or the last one counts, and they are the same.
        id: _,
        model: _,
        object: _,
        service_tier: _,
        system_fingerprint: _,
        provider: _,
        citations: _,
        search_results: _,
        choices,
        usage: None,
        error: None,
        base_resp: None,
        x_groq,
    } = chunk
    else {
        return None;
    };
    let mut choices = choices.iter();
    let (Some(choice), None, None) = (choices.next(), choices.next(), &x_groq.0) else {
        return None;
    };
    let Choice {
        index,
        delta: Some(delta),
        message: None,
        text,
        finish_reason,
        native_finish_reason,
        logprobs,
        usage: None,
        error: None,
    } = choice
    else {
        return None;
    };
    let is_plain = text.is_empty()
        && finish_reason.is_empty()
        && native_finish_reason.is_empty()
        && logprobs.0.is_none()
        && index.0.unwrap_or(0) == speaker?;
    text_of(delta).filter(|_| is_plain)
}

fn text_of<'c>(delta: &'c Delta<'_>) -> Option<&'c str> {
    let Delta {
        content: Content::Text(Cow::Borrowed(text)),
        reasoning_content,
        reasoning,
        reasoning_text,
        thinking,
        reasoning_details: None,
        extra_content: None,
        refusal,
        tool_calls,
        function_call: None,
        audio,
        annotations: None,
        images: None,
        error: None,
    } = delta
    else {
        return None;
    };
    let thoughts = [reasoning_content, reasoning, reasoning_text, thinking];
    let is_plain = thoughts.iter().all(|thought| thought.flat().is_empty())
        && refusal.is_empty()
        && tool_calls.is_empty()
        && audio.0.is_none();
    (is_plain && !text.is_empty()).then_some(*text)
}

/// How many bytes of a string of JSON are text as it stands.
fn plain(text: &str) -> usize {
    let end = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    text.bytes().position(end).unwrap_or(text.len())
}
