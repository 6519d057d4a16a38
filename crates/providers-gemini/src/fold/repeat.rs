//! Chunks that equal the previous one except for their text and their counts of tokens, which are not
//! parsed.

use geppetto_provider::{
    Fault, Output,
    read::{Repeated, Text},
};

use super::{GeminiFold, usage};
use crate::wire::{Candidate, Chunk, Content, Part};

impl GeminiFold {
    /// Processes a chunk that equals the previous one except for its text and its counts; returns
    /// `false` for any other one.
    pub(super) fn say_again(&mut self, data: &str, out: &mut Output<'_>) -> Result<bool, Fault> {
        let (Some(repeated), Some(thought)) = (self.repeat.find(data), self.thought) else {
            return Ok(false);
        };
        if let Some(counts) = repeated.counts {
            self.beside.take_usage(counts);
        }
        self.spoke = false;
        self.say(&repeated.text, thought, "", out)?;
        Ok(true)
    }

    /// Learns a processed chunk, if it contains a piece of text and nothing else.
    pub(super) fn learn(&mut self, chunk: &Chunk<'_>, data: &str) {
        let Some(part) = only_part(chunk) else {
            return;
        };
        if let Some(text) = part.text.as_ref().and_then(Text::borrowed)
            && !text.is_empty()
        {
            self.thought = Some(part.is_thought());
            let parts = Repeated {
                counts: chunk
                    .usage
                    .map(serde_json::value::RawValue::get)
                    .filter(|raw| usage::counts(raw)),
                ..Repeated::text(text)
            };
            self.repeat.learn(data, &parts);
        }
    }
}

/// Returns the part of a chunk that has one unsigned part and no other content. The fields listed here
/// that may be set have the same value in each chunk of a run, in which only the first or the last
/// counts.
fn only_part<'c, 'a>(chunk: &'c Chunk<'a>) -> Option<&'c Part<'a>> {
    let Chunk {
        candidates,
        prompt_feedback: _,
        usage: _,
        model: _,
        id: _,
        error: None,
    } = chunk
    else {
        return None;
    };
    let mut candidates = candidates.iter();
    let (Some(candidate), None) = (candidates.next(), candidates.next()) else {
        return None;
    };
    let Candidate {
        index,
        content: Some(Content { parts }),
        reason,
        message: _,
        safety: _,
        grounding: None,
        citations: None,
        urls: _,
        logprobs: None,
    } = candidate
    else {
        return None;
    };
    let mut parts = parts.iter();
    let (Some(part), None) = (parts.next(), parts.next()) else {
        return None;
    };
    let is_plain = index.or_zero() == 0
        && reason.is_empty()
        && part.signature.is_empty()
        && part.call.is_none()
        && part.others.is_empty();
    is_plain.then_some(part)
}
