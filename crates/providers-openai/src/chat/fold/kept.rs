//! [`Kept`]: what stands beside the text and is kept with it.

use geppetto_engine::{Finish, ItemId, ResponseWriter};
use geppetto_events::{EventKind, kind::Citation};
use geppetto_turns::{Block, Content, OtherContent, keys::block_meta};
use serde_json::{Value, value::RawValue};

use super::{
    Segment,
    details::{self, Detail},
    usage,
};
use crate::chat::{
    REASONING_DETAILS, keys,
    origin::EXTRA_CONTENT,
    wire::{Audio, Chunk, Logprobs},
};

/// What stands beside the text: ids, usage, annotations, log probabilities, speech.
#[derive(Debug, Default)]
pub(super) struct Kept {
    response_id: String,
    /// The last usage that was not empty, as sent.
    usage: Option<Box<str>>,
    service_tier: String,
    system_fingerprint: String,
    provider: String,
    citations: Option<Box<str>>,
    search_results: Option<Box<str>>,
    details: Vec<Detail>,
    text: Beside,
    refusal: Beside,
    reasoning: Beside,
    speech: Option<ItemId>,
    extra_content: Option<Value>,
    audio: Speech,
}

/// What belongs to the first item of a kind.
#[derive(Debug, Default)]
struct Beside {
    item: Option<ItemId>,
    logprobs: Vec<Value>,
    annotations: Vec<Value>,
}

#[derive(Debug, Default)]
struct Speech {
    id: String,
    data: String,
    expires_at: Option<u64>,
}

impl Kept {
    /// Takes what an event says beside its choices.
    pub(super) fn take_envelope(&mut self, chunk: &Chunk<'_>) {
        // Some servers change the id inside one stream; the first one names the reply.
        first(&mut self.response_id, &chunk.id);
        last(&mut self.service_tier, &chunk.service_tier);
        last(&mut self.system_fingerprint, &chunk.system_fingerprint);
        last(&mut self.provider, &chunk.provider);
        raw(&mut self.citations, chunk.citations);
        raw(&mut self.search_results, chunk.search_results);
        let groq = chunk.x_groq.0.as_ref().and_then(|groq| groq.usage);
        self.take_usage(chunk.usage.or(groq));
    }

    /// Takes the usage so far; the last one that counts anything is the reply's.
    pub(super) fn take_usage(&mut self, usage: Option<&RawValue>) {
        raw(&mut self.usage, usage.filter(|usage| usage::counts(usage)));
    }

    /// Says which item a new segment is.
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

    /// Keeps the annotations of the text and announces the sources that it cites. A server may
    /// repeat those that it has sent before.
    pub(super) fn take_annotations(&mut self, raw: &RawValue, writer: &ResponseWriter<'_>) {
        for annotation in list(raw) {
            if self.text.annotations.contains(&annotation) {
                continue;
            }
            if let Some(citation) = citation(&annotation) {
                writer.publish(EventKind::Citation(Box::new(citation)));
            }
            self.text.annotations.push(annotation);
        }
    }

    pub(super) fn take_details(
        &mut self,
        news: Vec<Detail>,
        whole: bool,
        writer: &mut ResponseWriter<'_>,
    ) {
        if self.reasoning.item.is_none() {
            // Encrypted reasoning has no text, and no events, but it has its place.
            self.reasoning.item = Some(writer.add_block(Block::reasoning("")));
        }
        match whole {
            true => self.details.extend(news),
            false => details::merge(&mut self.details, news),
        }
    }

    /// Takes what the server keeps beside the text. The last one counts: it comes when the text is
    /// whole.
    pub(super) fn take_extra_content(&mut self, raw: &RawValue) {
        let value = serde_json::from_str(raw.get()).ok();
        self.extra_content = value.filter(Value::is_object).or(self.extra_content.take());
    }

    fn settle_extra_content(&mut self, writer: &mut ResponseWriter<'_>) {
        if let Some(value) = self.extra_content.take()
            && let Some(block) = self.text.item.and_then(|id| writer.block_mut(id))
            && let Content::LlmText(text) = &mut block.content
        {
            text.extra.set(EXTRA_CONTENT, value);
        }
    }

    pub(super) fn take_audio(&mut self, audio: &Audio<'_>) {
        last(&mut self.audio.id, &audio.id);
        self.audio.data.push_str(&audio.data);
        self.audio.expires_at = audio
            .expires_at
            .0
            .filter(|at| *at > 0)
            .or(self.audio.expires_at);
    }

    /// Puts what was kept where it belongs: on the blocks, and into what is known of the reply.
    pub(super) fn settle(&mut self, finish: &mut Finish, writer: &mut ResponseWriter<'_>) {
        self.settle_sources(finish, writer);
        for beside in [&mut self.text, &mut self.refusal, &mut self.reasoning] {
            beside.settle(finish, writer);
        }
        self.settle_details(writer);
        self.settle_extra_content(writer);
        self.settle_audio(finish, writer);
        finish.usage = self.usage.take().and_then(|raw| usage::parse(&raw));
        if !self.response_id.is_empty() {
            finish.response_id = Some(std::mem::take(&mut self.response_id));
        }
        for (name, text) in [
            ("service_tier", &mut self.service_tier),
            ("system_fingerprint", &mut self.system_fingerprint),
            ("provider", &mut self.provider),
        ] {
            if !text.is_empty() {
                finish.details.set(name, std::mem::take(text));
            }
        }
    }

    /// Perplexity's sources: those of the last event are those of the reply.
    fn settle_sources(&mut self, finish: &mut Finish, writer: &ResponseWriter<'_>) {
        let parse = |raw: Option<Box<str>>| raw.and_then(|raw| serde_json::from_str(&raw).ok());
        let results: Option<Value> = parse(self.search_results.take());
        let citations: Option<Value> = parse(self.citations.take());
        let title = |url: &str| -> Option<&str> {
            let results = results.as_ref()?.as_array()?;
            let result = results
                .iter()
                .find(|result| field(result, "url") == Some(url))?;
            field(result, "title")
        };
        for url in citations.iter().filter_map(Value::as_array).flatten() {
            let mut event = Citation::default();
            event.url = url.as_str().unwrap_or_default().to_owned();
            event.title = title(&event.url).unwrap_or_default().to_owned();
            writer.publish(EventKind::Citation(Box::new(event)));
        }
        let lists = [("citations", citations), ("search_results", results)];
        for (name, value) in lists {
            if let Some(value) = value {
                finish.details.set(name, value);
            }
        }
    }

    fn settle_details(&mut self, writer: &mut ResponseWriter<'_>) {
        let details = std::mem::take(&mut self.details);
        if let Some(id) = self.reasoning.item.filter(|_| !details.is_empty())
            && let Some(block) = writer.block_mut(id)
            && let Content::Reasoning(reasoning) = &mut block.content
        {
            let details: Vec<Value> = details.into_iter().map(Value::Object).collect();
            reasoning.extra.set(REASONING_DETAILS, details);
        }
    }

    fn settle_audio(&mut self, finish: &mut Finish, writer: &mut ResponseWriter<'_>) {
        let audio = std::mem::take(&mut self.audio);
        if audio.id.is_empty() && audio.data.is_empty() {
            return;
        }
        let value = serde_json::json!({
            "id": audio.id,
            "data": audio.data,
            "expires_at": audio.expires_at,
        });
        match self.speech.and_then(|id| writer.block_mut(id)) {
            Some(block) => block.metadata.set_raw(keys::AUDIO.id(), value),
            None => finish.details.set("audio", value),
        }
    }
}

impl Beside {
    fn settle(&mut self, finish: &mut Finish, writer: &mut ResponseWriter<'_>) {
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
            match self.item.and_then(|id| writer.block_mut(id)) {
                Some(block) => block.metadata.set_raw(key, list.into()),
                None => finish.details.set(name, list),
            }
        }
    }
}

/// Adds the images that a model made as blocks of their own.
pub(super) fn add_images(raw: &RawValue, writer: &mut ResponseWriter<'_>) {
    for image in list(raw) {
        if let Value::Object(payload) = image {
            let content = Content::Other(OtherContent::new("image", payload));
            writer.add_block(Block::new(content));
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
    serde_json::from_str(raw.get()).unwrap_or_default()
}

fn first(kept: &mut String, text: &str) {
    if kept.is_empty() {
        text.clone_into(kept);
    }
}

fn last(kept: &mut String, text: &str) {
    if !text.is_empty() && kept != text {
        text.clone_into(kept);
    }
}

fn raw(kept: &mut Option<Box<str>>, news: Option<&RawValue>) {
    if let Some(news) = news.map(RawValue::get)
        && kept.as_deref() != Some(news)
    {
        *kept = Some(news.into());
    }
}
