//! [`Fold`]: the events of a reply into one reply.
//!
//! A stream is folded event by event; a reply that came as one body is the fold of a stream of one
//! event. There is no second way.

use geppetto_engine::{EngineError, ItemId, ResponseWriter};
use geppetto_events::kind::ReasoningSource;
use geppetto_transport::Redactor;
use serde_json::value::RawValue;

use super::wire::{Choice, Chunk, Content, Delta, Piece};
use crate::shared::{
    error::reported,
    halves::Half,
    limits::{MOST, too_many},
};

mod call;
mod calls;
mod details;
mod ends;
mod finish;
mod kept;
mod others;
mod piece;
mod usage;

#[cfg(test)]
mod tests;

use calls::Calls;
use ends::Ends;
use kept::Kept;
use others::Others;

/// The most choices that a reply may have; OpenAI's `n` ends at 128.
const MOST_CHOICES: usize = 1024;

/// What arrived of a reply, beside what the [`ResponseWriter`] has taken.
#[derive(Debug, Default)]
pub(super) struct Fold {
    /// Whether the reply comes as one body: each entry of a list is then a thing of its own.
    whole: bool,
    /// Whether several answers were asked for; otherwise several choices are one answer.
    alternatives: bool,
    /// The text or reasoning that grows.
    open: Option<(Segment, ItemId)>,
    /// Half of a character at its end.
    half: Half,
    /// The choice whose text is the reply's.
    speaker: Option<u64>,
    calls: Calls,
    kept: Kept,
    others: Others,
    /// Whether the reply names its reasoning by a field of its own; what stands in
    /// `reasoning_details` repeats it then.
    reasons_by_field: bool,
    refused: bool,
    /// Whether there was a choice at all.
    answered: bool,
    /// Whether the event that is being read says something.
    spoke: bool,
    ends: Ends,
    /// The finish reason as the provider behind a gateway gave it.
    native_reason: String,
    done: bool,
    /// Number of characters and numbers that were replaced before the reply was read.
    replaced: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Segment {
    Text,
    Reasoning,
    Refusal,
    /// The words of speech.
    Speech,
}

impl Fold {
    /// A reply that comes as a stream of events.
    pub(super) fn stream() -> Self {
        Self::default()
    }

    /// A reply that comes as one body.
    #[cfg(test)]
    pub(super) fn whole() -> Self {
        Self {
            whole: true,
            ..Self::default()
        }
    }

    /// Sets whether several answers were asked for.
    pub(super) fn with_alternatives(mut self, alternatives: bool) -> Self {
        self.alternatives = alternatives;
        self
    }

    /// Turns an empty fold into one of a reply that comes as one body.
    pub(super) fn becomes_whole(&mut self) {
        self.whole = true;
    }

    /// The server said that the stream is over.
    pub(super) fn done(&mut self) {
        self.done = true;
    }

    /// Counts what was replaced so that the reply could be read.
    pub(super) fn count_replaced(&mut self, count: u64) {
        self.replaced = self.replaced.saturating_add(count);
    }

    /// Whether the server said that the reply is complete: by its end marker, or by a reason why
    /// the model stopped. An end marker without anything before it is the end of no reply.
    pub(super) fn is_complete(&self) -> bool {
        (self.done && self.answered) || self.ends.are_final()
    }

    /// Takes one event, which was read from `text`.
    ///
    /// # Errors
    ///
    /// The error that the event reports; what else stands in the event is taken before.
    pub(super) fn accept(
        &mut self,
        chunk: &Chunk<'_>,
        text: &str,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<(), EngineError> {
        self.kept.take_envelope(chunk, writer, redactor);
        // Gateways put status, code and words beside the field of the error, too.
        let mut failure = chunk.is_error(text).then_some(text);
        self.answered |= !chunk.choices.is_empty();
        for (position, choice) in chunk.choices.iter().enumerate() {
            let index = choice.index.0.unwrap_or(position as u64);
            if index > 0 && self.alternatives {
                self.others.take(index, choice, self.whole, redactor);
                continue;
            }
            failure = failure.or_else(|| choice.reported().map(RawValue::get));
            self.choice(index, choice, writer, redactor);
        }
        if let Some(raw) = failure {
            return Err(reported(raw, redactor));
        }
        self.check()?;
        self.failure().map_or(Ok(()), Err)
    }

    /// Refuses a reply that is larger than any model's.
    fn check(&self) -> Result<(), EngineError> {
        if self.calls.len() > MOST {
            return Err(too_many("tool calls"));
        }
        if self.kept.details() > MOST {
            return Err(too_many("pieces of reasoning"));
        }
        if self.others.len().max(self.ends.choices()) > MOST_CHOICES {
            return Err(too_many("choices"));
        }
        Ok(())
    }

    fn choice(
        &mut self,
        index: u64,
        choice: &Choice<'_>,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) {
        self.spoke = false;
        // Perplexity sends both: what is new, and the whole message so far. A message alone in a
        // stream is one from a server that does not really stream.
        let said = match (self.whole, &choice.delta) {
            (false, Some(delta)) if writer.has_output() || !delta.is_empty() => Some(delta),
            (false, None) if writer.has_output() => {
                self.say_rest(choice, writer);
                None
            }
            _ => choice.said(),
        };
        if let Some(delta) = said {
            self.delta(index, delta, writer, redactor);
        }
        self.kept.take_usage(choice.usage);
        if let Some(logprobs) = &choice.logprobs.0 {
            self.kept.take_logprobs(logprobs);
        }
        let native = &choice.native_finish_reason;
        self.stopped(index, &choice.finish_reason, native, redactor);
    }

    /// Says what is new in a message that repeats the text so far.
    fn say_rest(&mut self, choice: &Choice<'_>, writer: &mut ResponseWriter<'_>) {
        if let Some((Segment::Text, id)) = self.open
            && let Some(message) = &choice.message
            && let Some(rest) = message.content.flat().strip_prefix(writer.text(id))
        {
            writer.push(id, rest);
        }
    }

    fn delta(
        &mut self,
        index: u64,
        delta: &Delta<'_>,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) {
        if self.is_other_text(index, delta) {
            self.others.take_text(index, &delta.content.flat());
        } else {
            self.words(delta, writer, redactor);
        }
        if let Some(raw) = delta.images {
            kept::add_images(raw, writer);
        }
        if !delta.tool_calls.is_empty() {
            self.calls
                .take(&delta.tool_calls, index, self.whole, redactor);
        }
        if let Some(piece) = &delta.function_call {
            self.calls.take_legacy(piece, index);
        }
        if self.calls.has_news() {
            self.spoke = true;
            if self.calls.len() <= MOST {
                self.close_segment(writer);
                self.calls.publish(writer);
            }
        }
    }

    /// Whether the text of a delta is of a second answer, which nobody asked for: the choice that
    /// speaks first is the reply's text.
    fn is_other_text(&mut self, index: u64, delta: &Delta<'_>) -> bool {
        if self.speaker == Some(index) || !delta.speaks() {
            return false;
        }
        *self.speaker.get_or_insert(index) != index
    }

    /// Says what a delta says in words.
    fn words(&mut self, delta: &Delta<'_>, writer: &mut ResponseWriter<'_>, redactor: &Redactor) {
        self.reasoning(delta, writer);
        match &delta.content {
            Content::Text(text) => self.say(Segment::Text, text, writer),
            other => other.each(&mut |piece| match piece {
                Piece::Text(text) => self.say(Segment::Text, &text, writer),
                Piece::Reasoning(text) => self.say(Segment::Reasoning, &text, writer),
                Piece::Refusal(text) => self.say(Segment::Refusal, text, writer),
            }),
        }
        self.say(Segment::Refusal, &delta.refusal, writer);
        if let Some(audio) = &delta.audio.0 {
            self.say(Segment::Speech, &audio.transcript, writer);
            self.kept.take_audio(audio, redactor);
        }
        if let Some(raw) = delta.annotations {
            self.kept.take_annotations(raw, writer);
        }
        if let Some(raw) = delta.extra_content {
            self.kept.take_extra_content(raw);
        }
    }

    fn reasoning(&mut self, delta: &Delta<'_>, writer: &mut ResponseWriter<'_>) {
        // Servers that fill several of these fields say the same in each.
        let fields = [
            &delta.reasoning_content,
            &delta.reasoning,
            &delta.reasoning_text,
            &delta.thinking,
        ];
        let said = fields.into_iter().map(Content::flat);
        if let Some(text) = said.into_iter().find(|text| !text.is_empty()) {
            self.reasons_by_field = true;
            self.say(Segment::Reasoning, &text, writer);
        }
        if let Some(raw) = delta.reasoning_details {
            self.reasoning_details(raw, writer);
        }
    }

    fn reasoning_details(&mut self, raw: &RawValue, writer: &mut ResponseWriter<'_>) {
        let Some(news) = details::parse(raw) else {
            return;
        };
        if !self.reasons_by_field {
            self.say(Segment::Reasoning, &details::text_of(&news), writer);
        }
        self.kept.take_details(news, self.whole, writer);
    }

    /// Lets a segment grow; what does not go on with the open one begins a new one.
    fn say(&mut self, segment: Segment, text: &str, writer: &mut ResponseWriter<'_>) {
        if text.is_empty() {
            return;
        }
        self.spoke = true;
        let id = match self.open {
            Some((open, id)) if open == segment => id,
            _ => self.open_segment(segment, writer),
        };
        writer.push(id, &self.half.join(text));
    }

    fn open_segment(&mut self, segment: Segment, writer: &mut ResponseWriter<'_>) -> ItemId {
        self.close_segment(writer);
        self.calls.announce(writer);
        let id = match segment {
            Segment::Text | Segment::Speech => writer.open_text(),
            Segment::Reasoning => writer.open_reasoning(ReasoningSource::Provider),
            Segment::Refusal => {
                self.refused = true;
                writer.open_refusal()
            }
        };
        self.kept.opened(segment, id);
        self.open = Some((segment, id));
        id
    }

    /// Says what is left of the open segment: half of a character.
    fn flush(&mut self, writer: &mut ResponseWriter<'_>) {
        if let Some((_, id)) = self.open {
            writer.push(id, self.half.rest());
        }
    }

    fn close_segment(&mut self, writer: &mut ResponseWriter<'_>) {
        self.flush(writer);
        if let Some((_, id)) = self.open.take() {
            writer.close(id, None);
        }
    }
}
