//! [`Beside`]: what a reply has besides its parts.

use geppetto_engine::{Finish, ItemId};
use geppetto_events::{
    EventKind,
    kind::{ServerTool, ServerToolPhase},
};
use geppetto_provider::{
    Output,
    read::{Word, raw_value},
};
use geppetto_turns::{Usage, keys::block_meta};
use serde_json::{Value, value::RawValue};

use super::{grounding::Grounding, usage};
use crate::wire::{Candidate, Chunk};

/// What a reply has besides its parts. Of repeated fields the last one counts.
#[derive(Debug, Default)]
pub(super) struct Beside {
    response_id: Word,
    /// Usage, as sent. Reused for each chunk.
    usage: String,
    /// Usage of an earlier chunk, with counts that later ones do not repeat.
    earlier_usage: String,
    /// Explanation of the finish reason.
    message: String,
    safety: Option<Box<str>>,
    urls: Option<Box<str>>,
    logprobs: Vec<Value>,
    grounding: Grounding,
    /// `true` if the parts of the reply include those of web searches.
    searched: bool,
}

impl Beside {
    /// Processes the fields of a chunk outside of its candidates.
    pub(super) fn take_envelope(&mut self, chunk: &Chunk<'_>, out: &mut Output<'_>) {
        out.set_model(&chunk.model);
        self.response_id.first(&chunk.id, out);
        if let Some(raw) = chunk
            .usage
            .map(RawValue::get)
            .filter(|raw| usage::counts(raw))
        {
            self.take_usage(raw);
        }
    }

    /// Processes a usage object that has counts.
    pub(super) fn take_usage(&mut self, raw: &str) {
        if usage::lacks_counts(raw, &self.usage) {
            self.earlier_usage.clone_from(&self.usage);
        }
        self.usage.clear();
        self.usage.push_str(raw);
    }

    /// Processes the fields of a candidate besides its content.
    pub(super) fn take(&mut self, candidate: &Candidate<'_>, out: &mut Output<'_>) {
        keep(&mut self.safety, candidate.safety);
        keep(&mut self.urls, candidate.urls);
        if let Some(raw) = candidate.grounding {
            self.grounding.take(raw);
        }
        if let Some(raw) = candidate.citations {
            self.grounding.take_citations(raw, out);
        }
        if let Some(raw) = candidate.logprobs
            && let Some(mut result) = raw_value(raw.get())
            && let Some(Value::Array(chosen)) = result.get_mut("chosenCandidates").map(Value::take)
        {
            self.logprobs.extend(chosen);
        }
    }

    pub(super) fn take_message(&mut self, message: &str) {
        message.clone_into(&mut self.message);
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Notes that a built-in tool has published its progress.
    pub(super) fn searched(&mut self, tool: &str) {
        self.searched |= tool == ServerTool::WEB_SEARCH;
    }

    /// Returns the usage so far.
    pub(super) fn usage(&self) -> Option<Usage> {
        usage::parse(&self.usage, &self.earlier_usage).map(|(usage, _)| usage)
    }

    /// Stores everything in the finish, and citations and probabilities on the text.
    pub(super) fn settle(
        mut self,
        text: Option<ItemId>,
        finish: &mut Finish,
        out: &mut Output<'_>,
    ) {
        if let Some((usage, is_odd)) = usage::parse(&self.usage, &self.earlier_usage) {
            finish.usage = Some(usage);
            if is_odd {
                out.note_odd_usage();
            }
        }
        finish.response_id = self.response_id.take();
        if !self.message.is_empty() {
            finish
                .details
                .set("finish_message", out.word(&self.message));
        }
        for (name, raw) in [
            ("safety_ratings", &self.safety),
            ("url_context_metadata", &self.urls),
        ] {
            if let Some(value) = raw.as_deref().and_then(raw_value) {
                finish.details.set(name, value);
            }
        }
        if !self.searched {
            self.grounding
                .queries()
                .for_each(|query| publish_search(query, out));
        }
        let citations = self.grounding.settle(finish, out);
        let lists = [
            (block_meta::LOGPROBS.id(), "logprobs", self.logprobs),
            (block_meta::ANNOTATIONS.id(), "annotations", citations),
        ];
        for (key, name, list) in lists.into_iter().filter(|(_, _, list)| !list.is_empty()) {
            match text.and_then(|text| out.block_mut(text)) {
                Some(block) => block.metadata.set_raw(key, list.into()),
                None => finish.details.set(name, list),
            }
        }
    }
}

fn keep(kept: &mut Option<Box<str>>, news: Option<&RawValue>) {
    if let Some(news) = news.map(RawValue::get)
        && kept.as_deref() != Some(news)
    {
        *kept = Some(news.into());
    }
}

/// Publishes a web search, of which the reply names only the query.
fn publish_search(query: &str, out: &Output<'_>) {
    let mut search = ServerTool::new(ServerTool::WEB_SEARCH, ServerToolPhase::Completed, "");
    search.data.insert("query".to_owned(), query.into());
    out.publish(EventKind::ServerTool(Box::new(search)));
}
