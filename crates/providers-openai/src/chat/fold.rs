//! [`ChatFold`]: folds the events of a reply.
//!
//! A stream is folded event by event; a single body is the fold of a stream of one event. There is
//! no second implementation.

use geppetto_engine::{Finish, ItemId};
use geppetto_provider::{
    Fault, Flow, Fold, Frame, Output,
    read::{MAX_ENTRIES, Repeat, parse_into},
};
use geppetto_turns::{Incomplete, Usage};
use serde_json::value::RawValue;

use super::wire::{Choice, Chunk, Content, Delta, Piece};

mod call;
mod calls;
mod details;
mod ends;
mod finish;
mod inside;
mod kept;
mod others;
mod piece;
mod repeat;
mod say;
mod signed;
mod tags;
mod usage;

#[cfg(test)]
mod tests;

use calls::Calls;
use ends::Ends;
use kept::Kept;
use others::Others;
use repeat::only_text;
use tags::Tags;

/// Maximum number of choices of a reply; OpenAI's `n` is limited to 128.
const MOST_CHOICES: usize = 1024;

/// Fields that grow from event to event, in which a character may be split.
const GROWING: &[&str] = &[
    "choices.text",
    "choices.delta.content",
    "choices.delta.content.text",
    "choices.delta.content.thinking",
    "choices.delta.content.thinking.text",
    "choices.delta.content.summary.text",
    "choices.delta.reasoning",
    "choices.delta.reasoning_content",
    "choices.delta.reasoning_text",
    "choices.delta.thinking",
    "choices.delta.reasoning_details.text",
    "choices.delta.reasoning_details.summary",
    "choices.delta.refusal",
    "choices.delta.tool_calls.function.arguments",
    "choices.delta.tool_calls.custom.input",
    "choices.delta.function_call.arguments",
    "choices.delta.audio.transcript",
];

/// State of a reply that is not yet in the [`Output`].
#[derive(Debug, Default)]
pub struct ChatFold {
    /// `true` if the reply is a single body: each entry of a list is then a separate item.
    whole: bool,
    /// `true` if several answers were requested; otherwise several choices form one answer.
    alternatives: bool,
    /// The open segment of text or reasoning.
    open: Option<(Segment, ItemId)>,
    /// The choice that provides the text of the reply.
    speaker: Option<u64>,
    calls: Calls,
    kept: Kept,
    others: Others,
    /// Reasoning between tags in the text.
    tags: Tags,
    /// `true` if the reply has a dedicated reasoning field, which `reasoning_details` then repeats.
    reasons_by_field: bool,
    refused: bool,
    /// `true` if there was at least one choice.
    answered: bool,
    /// `true` if the current event contains output.
    spoke: bool,
    ends: Ends,
    /// Finish reason of the provider behind a gateway.
    native_reason: String,
    done: bool,
    repeat: Repeat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Segment {
    Text,
    Reasoning,
    Refusal,
    /// Transcript of speech.
    Speech,
}

impl Fold for ChatFold {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Output<'_>) -> Result<Flow, Fault> {
        let repeated = self.repeat.find(frame.data);
        if let (Some((Segment::Text, id)), Some(repeated)) = (self.open, repeated) {
            out.push(id, &repeated.text);
            if let Some(counts) = repeated.counts {
                self.kept.take_counts(counts);
            }
            return Ok(Flow::Continue);
        }
        let mut chunk = Chunk::default();
        parse_into(&mut chunk, frame.data).map_err(Fault::syntax)?;
        self.accept(&chunk, frame.data, out)?;
        if let Some(parts) = only_text(&chunk, self.speaker) {
            self.repeat.learn(frame.data, &parts);
        }
        Ok(Flow::Continue)
    }

    fn body(&mut self, body: &str, out: &mut Output<'_>) -> Result<(), Fault> {
        let mut chunk = Chunk::default();
        parse_into(&mut chunk, body).map_err(Fault::syntax)?;
        if chunk.choices.is_empty()
            && let Some(inner) = inside::inside(body)
        {
            chunk = Chunk::default();
            parse_into(&mut chunk, inner).map_err(Fault::syntax)?;
        }
        self.whole = true;
        self.accept(&chunk, body, out)?;
        if chunk.choices.is_empty() && &*chunk.object == "chat.completion" {
            // Sent by a router whose provider returned nothing
            // (<https://github.com/speakeasy-api/gram/pull/3129>); the reply is incomplete, and a
            // retry may succeed.
            return Ok(());
        }
        if chunk.choices.is_empty() {
            return Err(Fault::not_a_reply(
                "the server sent a body without choices; check that the base URL is one of a chat API",
            ));
        }
        // A single piece of a stream is not a complete reply.
        self.done = !chunk.choices.iter().all(Choice::is_piece);
        Ok(())
    }

    fn end_marker(&mut self) {
        self.done = true;
    }

    /// Complete after its end marker or a finish reason. An end marker without any preceding
    /// content does not complete a reply.
    fn is_complete(&self) -> bool {
        (self.done && self.answered) || self.ends.are_final()
    }

    fn growing_fields(&self, _: Frame<'_>) -> &'static [&'static str] {
        GROWING
    }

    fn usage(&self) -> Option<Usage> {
        self.kept.usage()
    }

    fn finish(self, broken: Option<Incomplete>, out: &mut Output<'_>) -> Finish {
        self.end(broken, out)
    }
}

impl ChatFold {
    /// Creates the fold of an event stream.
    pub(super) fn stream() -> Self {
        Self::default()
    }

    /// Creates the fold of a single body.
    #[cfg(test)]
    pub(super) fn whole() -> Self {
        Self {
            whole: true,
            ..Self::default()
        }
    }

    /// Sets whether several answers were requested.
    pub(super) fn with_alternatives(mut self, alternatives: bool) -> Self {
        self.alternatives = alternatives;
        self
    }

    /// Sets whether the text may begin with reasoning between tags.
    pub(super) fn with_reasoning_in_tags(mut self, tagged: bool) -> Self {
        if tagged {
            self.tags = Tags::search();
        }
        self
    }

    /// Processes one event, parsed from `text`.
    ///
    /// # Errors
    ///
    /// The error reported by the event; the rest of the event is processed first.
    pub(super) fn accept(
        &mut self,
        chunk: &Chunk<'_>,
        text: &str,
        out: &mut Output<'_>,
    ) -> Result<(), Fault> {
        self.kept.take_envelope(chunk, out);
        // Gateways may also send status, code and message next to the error field.
        let mut failure = chunk.is_error(text).then_some(text);
        self.answered |= !chunk.choices.is_empty();
        for (position, choice) in chunk.choices.iter().enumerate() {
            let index = choice.index.0.unwrap_or(position as u64);
            if index > 0 && self.alternatives {
                self.others.take(index, choice, self.whole, out);
                continue;
            }
            failure = failure.or_else(|| choice.reported().map(RawValue::get));
            self.choice(index, choice, out);
        }
        if let Some(raw) = failure {
            return Err(Fault::reported(raw));
        }
        self.check()?;
        self.failure().map_or(Ok(()), Err)
    }

    /// Rejects a reply that is larger than that of any model.
    fn check(&self) -> Result<(), Fault> {
        if self.calls.len() > MAX_ENTRIES {
            return Err(Fault::too_many("tool calls"));
        }
        if self.kept.details() > MAX_ENTRIES {
            return Err(Fault::too_many("pieces of reasoning"));
        }
        if self.others.len().max(self.ends.choices()) > MOST_CHOICES {
            return Err(Fault::too_many("choices"));
        }
        Ok(())
    }

    fn choice(&mut self, index: u64, choice: &Choice<'_>, out: &mut Output<'_>) {
        self.spoke = false;
        // Perplexity sends both the delta and the entire message so far. A message without a delta
        // in a stream is from a server that does not actually stream.
        let said = match (self.whole, &choice.delta) {
            (false, Some(delta)) if out.has_output() || !delta.is_empty() => Some(delta),
            (false, None) if out.has_output() => {
                self.say_rest(choice, out);
                None
            }
            _ => choice.said(),
        };
        if let Some(delta) = said {
            self.delta(index, delta, out);
        }
        if let Some(text) = choice.text_alone() {
            self.text_alone(index, text, out);
        }
        if let Some(raw) = choice.annotations {
            self.kept.take_annotations(raw, out);
        }
        self.kept.take_usage(choice.usage);
        if let Some(logprobs) = &choice.logprobs.0 {
            self.kept.take_logprobs(logprobs);
        }
        let native = &choice.native_finish_reason;
        self.stopped(index, &choice.finish_reason, native, out);
    }

    /// Writes the text of a choice that has nothing else.
    fn text_alone(&mut self, index: u64, text: &str, out: &mut Output<'_>) {
        if *self.speaker.get_or_insert(index) == index {
            self.say(Segment::Text, text, out);
        } else {
            self.others.take_text(index, text);
        }
    }

    /// Writes the new part of a message that repeats the text so far.
    fn say_rest(&mut self, choice: &Choice<'_>, out: &mut Output<'_>) {
        if let Some((Segment::Text, id)) = self.open
            && let Some(message) = &choice.message
            && let Some(rest) = message.content.flat().strip_prefix(out.text(id))
        {
            out.push(id, rest);
        }
    }

    fn delta(&mut self, index: u64, delta: &Delta<'_>, out: &mut Output<'_>) {
        if self.is_other_text(index, delta) {
            self.others.take_text(index, &delta.content.flat());
        } else {
            self.words(delta, out);
        }
        if let Some(raw) = delta.images {
            kept::add_images(raw, out);
        }
        if !delta.tool_calls.is_empty() {
            self.calls.take(&delta.tool_calls, index, self.whole, out);
        }
        if let Some(piece) = &delta.function_call {
            self.calls.take_legacy(piece, index);
        }
        if self.calls.has_news() {
            self.end_tags(out);
            self.spoke = true;
            if self.calls.len() <= MAX_ENTRIES {
                self.close_segment(out);
                self.calls.publish(out);
            }
        }
    }

    /// Returns `true` if the text of a delta belongs to a second answer that was not requested: the
    /// choice with the first text provides the text of the reply.
    fn is_other_text(&mut self, index: u64, delta: &Delta<'_>) -> bool {
        if self.speaker == Some(index) || !delta.speaks() {
            return false;
        }
        *self.speaker.get_or_insert(index) != index
    }

    /// Writes the text and the reasoning of a delta.
    fn words(&mut self, delta: &Delta<'_>, out: &mut Output<'_>) {
        self.reasoning(delta, out);
        match &delta.content {
            Content::Text(text) => self.text(text, out),
            other => other.each(&mut |piece| match piece {
                Piece::Text(text) => self.text(&text, out),
                Piece::Reasoning(text) => self.say(Segment::Reasoning, &text, out),
                Piece::Refusal(text) => self.say(Segment::Refusal, text, out),
            }),
        }
        self.say(Segment::Refusal, &delta.refusal, out);
        if let Some(audio) = &delta.audio.0 {
            self.say(Segment::Speech, &audio.transcript, out);
            self.kept.take_audio(audio, out);
        }
        if let Some(raw) = delta.annotations {
            self.kept.take_annotations(raw, out);
        }
        if let Some(raw) = delta.extra_content {
            self.kept.take_extra_content(raw);
        }
    }
}
