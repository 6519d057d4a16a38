//! Events with a piece of text and nothing else, whose successors
//! [`Repeat`](geppetto_provider::read::Repeat) recognizes.

use std::borrow::Cow;

use geppetto_provider::read::Repeated;

use serde_json::value::RawValue;

use super::{
    super::wire::{Choice, Chunk, Content, Delta},
    usage,
};

/// Returns the text and the token counts of an event of choice `speaker` that has no other content,
/// borrowed from the event. The fields listed here that may be set have the same value in each event
/// of a run.
pub(super) fn only_text<'c>(chunk: &'c Chunk<'_>, speaker: Option<u64>) -> Option<Repeated<'c>> {
    let Chunk {
        // Only the first or the last of these counts, and they are the same.
        id: _,
        model: _,
        object: _,
        service_tier: _,
        system_fingerprint: _,
        provider: _,
        citations: _,
        search_results: _,
        choices,
        usage,
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
        annotations: None,
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
    let text = text_of(delta).filter(|_| is_plain)?;
    // Some servers send the counts so far with each event.
    let counts = usage.map(RawValue::get).filter(|raw| usage::counts(raw));
    Some(Repeated {
        counts,
        ..Repeated::text(text)
    })
}

fn text_of<'c>(delta: &'c Delta<'_>) -> Option<&'c str> {
    let Delta {
        content: Content::Text(Cow::Borrowed(text)),
        reasoning_content,
        reasoning,
        reasoning_text,
        thinking,
        reasoning_details: None,
        thinking_blocks: None,
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
