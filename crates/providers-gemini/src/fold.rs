//! [`GeminiFold`]: folds the chunks of a reply.
//!
//! A stream is folded chunk by chunk; a single body is the fold of a stream of one chunk. There is no
//! second implementation.

use geppetto_engine::{ErrorKind, Finish};
use geppetto_provider::{
    Fault, Flow, Fold, Frame, Output,
    read::{MAX_ENTRIES, Repeat, parse_into},
    rules::Meaning,
};
use geppetto_turns::{Incomplete, Usage};
use serde_json::value::RawValue;

use crate::wire::{Candidate, Chunk, Part};

mod beside;
mod calls;
mod end;
mod grounding;
mod items;
mod others;
mod partial;
mod repeat;
mod texts;
mod usage;

#[cfg(test)]
mod tests;

use beside::Beside;
use calls::Calls;
use others::Others;
use texts::Texts;

/// Fields that grow from chunk to chunk, in which a character may be split.
const GROWING: &[&str] = &["candidates.content.parts.text"];

/// State of a reply that is not yet in the [`Output`].
#[derive(Debug, Default)]
pub struct GeminiFold {
    /// `true` if the reply is a single body, which may lack a finish reason.
    whole: bool,
    /// `true` if the current chunk has output.
    spoke: bool,
    texts: Texts,
    calls: Calls,
    /// Number of parts kept as blocks.
    parts: usize,
    /// Finish reason, unless output followed it.
    reason: Option<String>,
    beside: Beside,
    others: Others,
    repeat: Repeat,
    /// `true` if the chunk that `repeat` learned has a thought, and not a text.
    thought: Option<bool>,
}

impl Fold for GeminiFold {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Output<'_>) -> Result<Flow, Fault> {
        if !self.say_again(frame.data, out)? {
            self.chunk(frame.data, out)?;
        }
        Ok(Flow::Continue)
    }

    fn body(&mut self, body: &str, out: &mut Output<'_>) -> Result<(), Fault> {
        if body.trim_start().starts_with('[') {
            // A stream that was not requested with `alt=sse` is a list of its chunks.
            let chunks: Vec<&RawValue> = serde_json::from_str(body).map_err(Fault::syntax)?;
            return chunks
                .into_iter()
                .try_for_each(|chunk| self.chunk(chunk.get(), out).map(drop));
        }
        let is_empty = self.chunk(body, out)?;
        self.whole = self.spoke || self.reason.is_some();
        if is_empty {
            return Err(Fault::not_a_reply(
                "the server sent a body without candidates; check that the base URL is one of the \
                 generateContent API",
            ));
        }
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.whole || self.reason.is_some()
    }

    /// Models of Gemini now and then end a reply without any part.
    ///
    /// Reports: <https://github.com/AstrBotDevs/AstrBot/pull/6735>,
    /// <https://github.com/livekit/agents/issues/4066>, <https://github.com/BerriAI/litellm/issues/24442>.
    fn is_blank(&self) -> bool {
        self.reason.is_some() && self.meaning() == Meaning::Stop && self.calls.is_empty()
    }

    /// Nothing follows the chunk with the finish reason, but some servers send a reason with every
    /// chunk: then the beginning of another one shows that the reason was not the last.
    fn ends_with_its_last_frame(&self) -> bool {
        true
    }

    fn growing_fields(&self, _: Frame<'_>) -> &'static [&'static str] {
        GROWING
    }

    fn usage(&self) -> Option<Usage> {
        self.beside.usage()
    }

    fn finish(self, broken: Option<Incomplete>, out: &mut Output<'_>) -> Finish {
        self.end(broken, out)
    }
}

impl GeminiFold {
    /// Processes a chunk; returns `true` if it has no field of one.
    fn chunk(&mut self, text: &str, out: &mut Output<'_>) -> Result<bool, Fault> {
        let mut chunk = Chunk::default();
        parse_into(&mut chunk, text).map_err(Fault::syntax)?;
        self.accept(&chunk, out)?;
        if chunk.reported().is_some() {
            // Gateways may also send status and message next to the error field.
            return Err(Fault::reported(text));
        }
        if let Some(feedback) = &chunk.prompt_feedback.0
            && chunk.candidates.is_empty()
            && !is_none(&feedback.reason)
            && !out.has_output()
        {
            return Err(Fault::blocked(&feedback.reason, &feedback.message));
        }
        self.learn(&chunk, text);
        Ok(chunk.is_empty())
    }

    fn accept(&mut self, chunk: &Chunk<'_>, out: &mut Output<'_>) -> Result<(), Fault> {
        self.beside.take_envelope(chunk, out);
        self.spoke = false;
        for (position, candidate) in chunk.candidates.iter().enumerate() {
            let index = candidate.index.0.unwrap_or(position as u64);
            if index > 0 {
                self.others.take(index, candidate, out)?;
            } else {
                self.candidate(candidate, out)?;
            }
        }
        self.failure(out)
    }

    fn candidate(&mut self, candidate: &Candidate<'_>, out: &mut Output<'_>) -> Result<(), Fault> {
        let parts = candidate
            .content
            .iter()
            .flat_map(|content| content.parts.iter());
        for part in parts {
            self.part(part, out)?;
        }
        self.beside.take(candidate, out);
        if !is_none(&candidate.reason) {
            self.beside.take_message(&candidate.message);
            let reason = named(&candidate.reason);
            if self.reason.as_deref() != Some(reason) {
                self.reason = Some(out.word(reason));
            }
        } else if self.spoke {
            // Some servers send a reason with every chunk; the last one counts.
            self.reason = None;
        }
        Ok(())
    }

    fn part(&mut self, part: &Part<'_>, out: &mut Output<'_>) -> Result<(), Fault> {
        if let Some(call) = &part.call {
            self.texts.close(out);
            self.spoke |= self.calls.take(call, &part.signature, out);
            if self.calls.are_too_many() {
                return Err(Fault::too_many("tool calls"));
            }
        } else if part.text.is_some() || part.others.is_empty() {
            let text = part.text.as_deref().unwrap_or_default();
            self.say(text, part.is_thought(), &part.signature, out)?;
        } else {
            self.texts.close(out);
            self.calls.settle(out);
            self.parts += 1;
            if self.parts > MAX_ENTRIES {
                return Err(Fault::too_many("parts"));
            }
            items::add(part, &mut self.beside, out);
            self.spoke = true;
        }
        Ok(())
    }

    /// Appends a text or a thought, and a signature unless it is empty.
    fn say(
        &mut self,
        text: &str,
        thought: bool,
        signature: &str,
        out: &mut Output<'_>,
    ) -> Result<(), Fault> {
        if !text.is_empty() {
            self.calls.settle(out);
        }
        self.spoke |= self.texts.take(text, thought, signature, out);
        if self.texts.are_too_many() {
            return Err(Fault::too_many("pieces of text"));
        }
        Ok(())
    }

    /// Returns the meaning of the finish reason.
    fn meaning(&self) -> Meaning {
        match self.reason.as_deref().map(Meaning::of) {
            // The model called a tool that was not declared: it is told so, like with any other
            // unknown tool.
            Some(Meaning::Failed(_)) if self.is_unexpected_call() => Meaning::ToolCalls,
            Some(meaning) => meaning,
            None => Meaning::Stop,
        }
    }

    fn is_unexpected_call(&self) -> bool {
        self.reason.as_deref() == Some("UNEXPECTED_TOOL_CALL") && !self.calls.is_empty()
    }

    /// Returns the error of a reply whose finish reason means a failure.
    fn failure(&self, out: &Output<'_>) -> Result<(), Fault> {
        let reason = self.reason.as_deref().unwrap_or_default();
        let kind = match self.meaning() {
            Meaning::Failed(kind) => kind,
            // "Unknown reason", without any output.
            Meaning::Unknown if reason == "OTHER" && !out.has_output() => ErrorKind::Server,
            _ => return Ok(()),
        };
        Err(Fault::failed_because(kind, reason, self.beside.message()))
    }
}

/// Returns `true` for an enum value that represents none, which some servers send.
fn is_none(value: &str) -> bool {
    matches!(value, "" | "0") || value.ends_with("_UNSPECIFIED")
}

/// Returns the name of a finish reason that a server sent as a number (`enum-encoding=int`).
fn named(reason: &str) -> &str {
    match reason {
        "1" => "STOP",
        "2" => "MAX_TOKENS",
        "3" => "SAFETY",
        "4" => "RECITATION",
        "5" => "OTHER",
        other => other,
    }
}
