//! [`Kept`]: data of a message other than its text, kept with the text.

use std::collections::{HashMap, HashSet};

use geppetto_engine::{Finish, ItemId};
use geppetto_events::{EventKind, kind::Citation};
use geppetto_provider::{
    Output,
    read::{Word, raw_value},
};
use geppetto_turns::{Block, Content, OtherContent, Usage, keys::block_meta};
use serde_json::{Value, value::RawValue};

use super::{
    Segment,
    details::{Detail, Details},
    signed::Signed,
    usage,
};
use crate::chat::{
    REASONING_DETAILS, THINKING_BLOCKS,
    extra::EXTRA_CONTENT,
    keys,
    wire::{Audio, Chunk, Logprobs},
};

/// Additional data of a reply: ids, usage, annotations, log probabilities, speech.
#[derive(Debug, Default)]
pub(super) struct Kept {
    response_id: Word,
    /// Last non-empty usage, as sent.
    usage: String,
    service_tier: Word,
    system_fingerprint: Word,
    provider: Word,
    citations: Option<Box<str>>,
    search_results: Option<Box<str>>,
    details: Details,
    signed: Signed,
    text: Beside,
    refusal: Beside,
    reasoning: Beside,
    speech: Option<ItemId>,
    extra_content: Option<Value>,
    audio: Speech,
}

/// Additional data for the first item of a kind.
#[derive(Debug, Default)]
struct Beside {
    item: Option<ItemId>,
    logprobs: Vec<Value>,
    annotations: Vec<Value>,
    /// Annotations as text, to detect repetitions.
    known: HashSet<String>,
}

#[derive(Debug, Default)]
struct Speech {
    id: Word,
    data: String,
    expires_at: Option<u64>,
}

impl Kept {
    /// Processes the fields of an event outside of its choices.
    pub(super) fn take_envelope(&mut self, chunk: &Chunk<'_>, out: &mut Output<'_>) {
        out.set_model(&chunk.model);
        // Some servers change the id within a stream; the first one identifies the reply.
        self.response_id.first(&chunk.id, out);
        self.service_tier.last(&chunk.service_tier, out);
        self.system_fingerprint.last(&chunk.system_fingerprint, out);
        self.provider.last(&chunk.provider, out);
        raw(&mut self.citations, chunk.citations);
        raw(&mut self.search_results, chunk.search_results);
        let groq = chunk.x_groq.0.as_ref().and_then(|groq| groq.usage);
        self.take_usage(chunk.usage.or(groq));
    }

    /// Records the usage so far; the last non-empty one is that of the reply.
    pub(super) fn take_usage(&mut self, usage: Option<&RawValue>) {
        let Some(counts) = usage.map(RawValue::get).filter(|raw| usage::counts(raw)) else {
            return;
        };
        // Some gateways end with a usage of zeros: <https://github.com/atopos31/llmio/issues/71>.
        if self.usage.is_empty() || usage::is_above_zero(counts) {
            self.take_counts(counts);
        }
    }

    /// Records a usage that is not empty.
    pub(super) fn take_counts(&mut self, counts: &str) {
        counts.clone_into(&mut self.usage);
    }

    /// Returns the usage so far.
    pub(super) fn usage(&self) -> Option<Usage> {
        let (usage, _) = usage::parse(&self.usage)?;
        Some(usage)
    }

    /// Records the item of a new segment.
    pub(super) fn opened(&mut self, segment: Segment, id: ItemId) {
        let item = match segment {
            Segment::Text => &mut self.text.item,
            Segment::Refusal => &mut self.refusal.item,
            Segment::Reasoning => &mut self.reasoning.item,
            Segment::Speech => &mut self.speech,
        };
        item.get_or_insert(id);
    }

    pub(super) fn take_logprobs(&mut self, logprobs: &Logprobs<'_>) {
        let lists = [
            (&mut self.text, logprobs.content),
            (&mut self.refusal, logprobs.refusal),
            (&mut self.reasoning, logprobs.reasoning_content),
        ];
        for (beside, raw) in lists {
            beside.logprobs.extend(raw.into_iter().flat_map(list));
        }
    }

    /// Keeps the annotations of the text and announces the cited sources. A server may repeat
    /// earlier ones.
    pub(super) fn take_annotations(&mut self, raw: &RawValue, out: &Output<'_>) {
        for annotation in list(raw) {
            if !self.text.known.insert(annotation.to_string()) {
                continue;
            }
            if let Some(citation) = citation(&annotation) {
                out.publish(EventKind::Citation(Box::new(citation)));
            }
            self.text.annotations.push(annotation);
        }
    }

    pub(super) fn take_details(&mut self, news: Vec<Detail>, whole: bool, out: &mut Output<'_>) {
        self.place_reasoning(out);
        if whole {
            self.details.add(news);
        } else {
            self.details.merge(news);
        }
    }

    pub(super) fn take_signed(&mut self, pieces: Vec<Detail>, out: &mut Output<'_>) {
        self.place_reasoning(out);
        self.signed.take(pieces);
    }

    /// Encrypted reasoning has no text and no events, but it has a position.
    fn place_reasoning(&mut self, out: &mut Output<'_>) {
        if self.reasoning.item.is_none() {
            self.reasoning.item = Some(out.add_block(Block::reasoning("")));
        }
    }

    /// Records the server's additional data for the text. The last one counts, because it arrives
    /// when the text is complete.
    pub(super) fn take_extra_content(&mut self, raw: &RawValue) {
        let value = raw_value(raw.get());
        self.extra_content = value.filter(Value::is_object).or(self.extra_content.take());
    }

    fn settle_extra_content(&mut self, out: &mut Output<'_>) {
        if let Some(value) = self.extra_content.take()
            && let Some(block) = self.text.item.and_then(|id| out.block_mut(id))
            && let Content::LlmText(text) = &mut block.content
        {
            text.extra.set(EXTRA_CONTENT, value);
        }
    }

    /// Returns `true` if there is reasoning.
    pub(super) fn has_reasoning(&self) -> bool {
        self.reasoning.item.is_some()
    }

    /// Marks reasoning that was part of the text, between tags.
    pub(super) fn mark_tagged(&self, out: &mut Output<'_>) {
        if let Some(block) = self.reasoning.item.and_then(|id| out.block_mut(id)) {
            block.metadata.set_raw(keys::IN_TEXT.id(), true.into());
        }
    }

    /// Returns the number of pieces of reasoning so far.
    pub(super) fn details(&self) -> usize {
        self.details.len() + self.signed.len()
    }

    pub(super) fn take_audio(&mut self, audio: &Audio<'_>, out: &Output<'_>) {
        self.audio.id.last(&audio.id, out);
        self.audio.data.push_str(&audio.data);
        self.audio.expires_at = audio
            .expires_at
            .0
            .filter(|at| *at > 0)
            .or(self.audio.expires_at);
    }

    /// Stores the recorded data on the blocks and in the finish.
    pub(super) fn settle(&mut self, finish: &mut Finish, out: &mut Output<'_>) {
        self.settle_sources(finish, out);
        for beside in [&mut self.text, &mut self.refusal, &mut self.reasoning] {
            beside.settle(finish, out);
        }
        self.settle_details(out);
        self.settle_signed(out);
        self.settle_extra_content(out);
        self.settle_audio(finish, out);
        if let Some((usage, is_odd)) = usage::parse(&self.usage) {
            finish.usage = Some(usage);
            if is_odd {
                out.note_odd_usage();
            }
        }
        finish.response_id = self.response_id.take();
        for (name, text) in [
            ("service_tier", &mut self.service_tier),
            ("system_fingerprint", &mut self.system_fingerprint),
            ("provider", &mut self.provider),
        ] {
            if let Some(text) = text.take() {
                finish.details.set(name, text);
            }
        }
    }

    /// Stores Perplexity's sources: those of the last event are those of the reply.
    fn settle_sources(&mut self, finish: &mut Finish, out: &Output<'_>) {
        let parse = |raw: Option<Box<str>>| raw.and_then(|raw| raw_value(&raw));
        let results: Option<Value> = parse(self.search_results.take());
        let citations: Option<Value> = parse(self.citations.take());
        let found = results.iter().filter_map(Value::as_array).flatten();
        // The first result of a URL counts: it overwrites later ones.
        let titles: HashMap<&str, &str> = (found.rev())
            .filter_map(|result| Some((field(result, "url")?, field(result, "title")?)))
            .collect();
        for url in citations.iter().filter_map(Value::as_array).flatten() {
            let mut event = Citation::default();
            event.url = url.as_str().unwrap_or_default().to_owned();
            event.title = titles
                .get(event.url.as_str())
                .copied()
                .unwrap_or_default()
                .to_owned();
            out.publish(EventKind::Citation(Box::new(event)));
        }
        let lists = [("citations", citations), ("search_results", results)];
        for (name, value) in lists {
            if let Some(value) = value {
                finish.details.set(name, value);
            }
        }
    }

    fn settle_details(&mut self, out: &mut Output<'_>) {
        if self.details.is_empty() {
            return;
        }
        let (details, lost) = self.details.take();
        out.count_replaced(lost);
        if let Some(id) = self.reasoning.item
            && let Some(block) = out.block_mut(id)
            && let Content::Reasoning(reasoning) = &mut block.content
        {
            reasoning.extra.set(REASONING_DETAILS, details);
        }
    }

    fn settle_signed(&mut self, out: &mut Output<'_>) {
        let (blocks, lost) = self.signed.end();
        out.count_replaced(lost);
        if !blocks.is_empty()
            && let Some(block) = self.reasoning.item.and_then(|id| out.block_mut(id))
            && let Content::Reasoning(reasoning) = &mut block.content
        {
            reasoning.extra.set(THINKING_BLOCKS, blocks);
        }
    }

    fn settle_audio(&mut self, finish: &mut Finish, out: &mut Output<'_>) {
        let mut audio = std::mem::take(&mut self.audio);
        let id = audio.id.take();
        if id.is_none() && audio.data.is_empty() {
            return;
        }
        let value = serde_json::json!({
            "id": id.unwrap_or_default(),
            "data": audio.data,
            "expires_at": audio.expires_at,
        });
        match self.speech.and_then(|id| out.block_mut(id)) {
            Some(block) => block.metadata.set_raw(keys::AUDIO.id(), value),
            None => finish.details.set("audio", value),
        }
    }
}

impl Beside {
    fn settle(&mut self, finish: &mut Finish, out: &mut Output<'_>) {
        let lists = [
            (
                block_meta::LOGPROBS.id(),
                "logprobs",
                std::mem::take(&mut self.logprobs),
            ),
            (
                block_meta::ANNOTATIONS.id(),
                "annotations",
                std::mem::take(&mut self.annotations),
            ),
        ];
        for (key, name, list) in lists.into_iter().filter(|(_, _, list)| !list.is_empty()) {
            match self.item.and_then(|id| out.block_mut(id)) {
                Some(block) => block.metadata.set_raw(key, list.into()),
                None => finish.details.set(name, list),
            }
        }
    }
}

/// Adds generated images as separate blocks.
pub(super) fn add_images(raw: &RawValue, out: &mut Output<'_>) {
    for image in list(raw) {
        if let Value::Object(payload) = image {
            let content = Content::Other(OtherContent::new("image", payload));
            out.add_block(Block::new(content));
        }
    }
}

fn citation(annotation: &Value) -> Option<Citation> {
    let source = annotation.get("url_citation").unwrap_or(annotation);
    let mut citation = Citation::default();
    citation.url = field(source, "url")?.to_owned();
    citation.title = field(source, "title").unwrap_or_default().to_owned();
    let number = |name: &str| source.get(name).and_then(Value::as_u64);
    citation.start_index = number("start_index");
    citation.end_index = number("end_index");
    Some(citation)
}

fn field<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

fn list(raw: &RawValue) -> Vec<Value> {
    match raw_value(raw.get()) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

fn raw(kept: &mut Option<Box<str>>, news: Option<&RawValue>) {
    if let Some(news) = news.map(RawValue::get)
        && kept.as_deref() != Some(news)
    {
        *kept = Some(news.into());
    }
}
