//! [`Fold`]: the events of a reply into one reply.
//!
//! A stream is folded event by event; a reply that came as one body is the fold of a stream of one
//! event. There is no second way.

use geppetto_engine::{EngineError, ItemId, ResponseWriter};
use geppetto_events::kind::ReasoningSource;
use geppetto_transport::Redactor;
use geppetto_turns::Incomplete;
use serde_json::value::RawValue;

use super::{
    error::unexplained,
    wire::{Choice, Chunk, Content, Delta, Piece},
};
use crate::shared::error::{is_reported, reported};

mod calls;
mod details;
mod finish;
mod kept;
mod others;
mod usage;

#[cfg(test)]
mod tests;

use calls::Calls;
use kept::Kept;
use others::Others;

/// What arrived of a reply, beside what the [`ResponseWriter`] has taken.
#[derive(Debug, Default)]
pub(super) struct Fold {
    /// Whether the reply comes as one body: each entry of a list is then a thing of its own.
    whole: bool,
    /// The text or reasoning that grows.
    open: Option<(Segment, ItemId)>,
    calls: Calls,
    kept: Kept,
    others: Others,
    /// Whether the reply names its reasoning by a field of its own; what stands in
    /// `reasoning_details` repeats it then.
    reasons_by_field: bool,
    refused: bool,
    /// Whether there was a choice at all.
    answered: bool,
    reason: Option<String>,
    done: bool,
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
    pub(super) fn whole() -> Self {
        Self {
            whole: true,
            ..Self::default()
        }
    }

    /// The server said that the stream is over.
    pub(super) fn done(&mut self) {
        self.done = true;
    }

    /// Whether the server said that the reply is complete: by its end marker, or by a reason why
    /// the model stopped. An end marker without anything before it is the end of no reply.
    pub(super) fn is_complete(&self) -> bool {
        (self.done && self.answered) || self.reason.is_some()
    }

    /// Takes one event.
    ///
    /// # Errors
    ///
    /// The error that the event reports; what else stands in the event is taken before.
    pub(super) fn accept(
        &mut self,
        chunk: &Chunk<'_>,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<(), EngineError> {
        writer.set_model(&chunk.model);
        self.kept.take_envelope(chunk);
        let mut failure = chunk.error.filter(|raw| is_reported(raw.get()));
        self.answered |= !chunk.choices.is_empty();
        for (position, choice) in chunk.choices.iter().enumerate() {
            let index = choice.index.0.unwrap_or(position as u64);
            if index == 0 {
                failure = failure.or(choice.error.filter(|raw| is_reported(raw.get())));
                self.choice(choice, writer);
            } else {
                self.others.take(index, choice, self.whole);
            }
        }
        match failure {
            Some(raw) => Err(reported(raw.get(), redactor)),
            None if self.reason.as_deref() == Some("error") => Err(unexplained()),
            None => Ok(()),
        }
    }

    fn choice(&mut self, choice: &Choice<'_>, writer: &mut ResponseWriter<'_>) {
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
            self.delta(delta, writer);
        }
        self.kept.take_usage(choice.usage);
        if let Some(logprobs) = &choice.logprobs.0 {
            self.kept.take_logprobs(logprobs);
        }
        self.stopped(&choice.finish_reason);
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

    fn stopped(&mut self, reason: &str) {
        // Some servers write out the null of their language.
        if !matches!(reason, "" | "null" | "None") {
            self.reason = Some(reason.to_owned());
        }
    }

    fn delta(&mut self, delta: &Delta<'_>, writer: &mut ResponseWriter<'_>) {
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
            self.kept.take_audio(audio);
        }
        if let Some(raw) = delta.annotations {
            self.kept.take_annotations(raw, writer);
        }
        if let Some(raw) = delta.extra_content {
            self.kept.take_extra_content(raw);
        }
        if let Some(raw) = delta.images {
            kept::add_images(raw, writer);
        }
        if !delta.tool_calls.is_empty() {
            self.calls.take(&delta.tool_calls, self.whole);
        }
        if let Some(piece) = &delta.function_call {
            self.calls.take_legacy(piece);
        }
        if self.calls.has_news() {
            self.close_segment(writer);
            self.calls.publish(writer);
        }
    }

    fn reasoning(&mut self, delta: &Delta<'_>, writer: &mut ResponseWriter<'_>) {
        let mut text = delta.reasoning_content.flat();
        if text.is_empty() {
            text = delta.reasoning.flat();
        }
        if !text.is_empty() {
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
        let id = match self.open {
            Some((open, id)) if open == segment => id,
            _ => self.open_segment(segment, writer),
        };
        writer.push(id, text);
    }

    fn open_segment(&mut self, segment: Segment, writer: &mut ResponseWriter<'_>) -> ItemId {
        self.close_segment(writer);
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

    fn close_segment(&mut self, writer: &mut ResponseWriter<'_>) {
        if let Some((_, id)) = self.open.take() {
            writer.close(id, None);
        }
    }

    /// Marks the calls that the end of the reply cut.
    fn cut_calls(&self, by_limit: bool, writer: &mut ResponseWriter<'_>) {
        for id in self.calls.broken(by_limit) {
            writer.cut(id, Incomplete::Truncated);
        }
    }
}
