//! [`Encoded`]: a batch as JSON, which needs no database.

use std::sync::Arc;

use geppetto_events::{CustomEvent, Event, EventKind, EventRow};
use geppetto_store::{Batch, BlockHash, EffectWrite, EncodedBlock, Error, stored_json};
use geppetto_turns::{Block, Content as BlockContent};
use serde_json::Value;

use crate::content::Content;

/// A batch, and the JSON of everything in it. The batch keeps what is stored in columns.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) batch: Arc<Batch>,
    pub(crate) turns: Vec<EncodedTurn>,
    /// The answers of the finished effects, in order.
    pub(crate) answers: Vec<Content>,
    pub(crate) run: Option<String>,
    pub(crate) events: Vec<EncodedEvent>,
}

#[derive(Debug)]
pub(crate) struct EncodedTurn {
    pub(crate) head: Content,
    pub(crate) blocks: Vec<(BlockHash, Content)>,
}

#[derive(Debug)]
pub(crate) struct EncodedEvent {
    pub(crate) context: Context,
    pub(crate) body: Content,
}

/// Metadata and correlation of an event.
#[derive(Debug)]
pub(crate) enum Context {
    /// The event has none.
    None,
    /// That of the event before it.
    Same,
    /// Its JSON.
    Own(String),
}

impl Encoded {
    pub(crate) fn new(batch: Arc<Batch>) -> Result<Self, Error> {
        let mut turns = Vec::new();
        for row in &batch.turns {
            let mut blocks = Vec::new();
            for block in &row.blocks {
                let encoded = EncodedBlock::new(block)?;
                blocks.push((encoded.hash, Content::new(encoded.json)));
            }
            let head = Content::of(&row.head)?;
            turns.push(EncodedTurn { head, blocks });
        }
        let answers = batch.effects.iter().filter_map(answer);
        let answers = answers.map(Content::of).collect::<Result<_, _>>()?;
        let run = batch.run.as_ref().map(stored_json).transpose()?;
        let mut events = Vec::new();
        let mut previous: Option<&Event> = None;
        for row in &batch.events {
            events.push(encode_event(row, previous)?);
            previous = Some(row.event());
        }
        Ok(Self {
            turns,
            answers,
            run,
            events,
            batch,
        })
    }
}

fn answer(write: &EffectWrite) -> Option<&Block> {
    match write {
        EffectWrite::Finish { answer, .. } => Some(answer),
        _ => None,
    }
}

fn encode_event(row: &EventRow, previous: Option<&Event>) -> Result<EncodedEvent, Error> {
    let event = row.event();
    let mut body = Event::new(event.kind.clone());
    body.seq = event.seq;
    body.merged = event.merged;
    body.extra = event.extra.clone();
    let is_same = previous.is_some_and(|previous| {
        previous.meta == event.meta && previous.correlation == event.correlation
    });
    let context = if is_same {
        Context::Same
    } else {
        encode_context(event)?
    };
    Ok(EncodedEvent {
        context,
        body: Content::of(&body)?,
    })
}

/// Encodes metadata and correlation as an event of no kind, so that unknown fields are kept.
fn encode_context(event: &Event) -> Result<Context, Error> {
    let (meta, correlation) = (Arc::clone(&event.meta), Arc::clone(&event.correlation));
    let kind = EventKind::Custom(CustomEvent::new("context", serde_json::Map::new()));
    let context = Event::in_context(kind, meta, correlation);
    if context == Event::new(context.kind.clone()) {
        return Ok(Context::None);
    }
    stored_json(&context).map(Context::Own)
}

/// Returns `true` if the encoding of a batch takes less than about a millisecond, so that it may be
/// done on the caller's thread.
pub(crate) fn is_small(batch: &Batch) -> bool {
    let mut left = Some(SMALL);
    for row in &batch.turns {
        for (_, value) in row.head.metadata.iter().chain(row.head.data.iter()) {
            weigh(value, &mut left);
        }
        for block in &row.blocks {
            weigh_block(block, &mut left);
        }
    }
    for block in batch.effects.iter().filter_map(answer) {
        weigh_block(block, &mut left);
    }
    for row in &batch.events {
        spend(256 + row.lens().len(), &mut left);
        match &row.event().kind {
            EventKind::TextDelta(event) => spend(event.delta.len(), &mut left),
            EventKind::ReasoningDelta(event) => spend(event.delta.len(), &mut left),
            _ => {}
        }
    }
    left.is_some()
}

/// Size up to which a batch is small, in bytes.
const SMALL: usize = 128 * 1024;

fn spend(bytes: usize, left: &mut Option<usize>) {
    *left = left.and_then(|left| left.checked_sub(bytes));
}

fn weigh_block(block: &Block, left: &mut Option<usize>) {
    spend(64, left);
    match &block.content {
        BlockContent::System(content) => spend(content.text.len(), left),
        BlockContent::LlmText(content) => spend(content.text.len(), left),
        BlockContent::Reasoning(content) => {
            spend(content.text.len(), left);
            spend(
                content.encrypted_content.as_ref().map_or(0, String::len),
                left,
            );
        }
        BlockContent::User(content) => {
            spend(content.text.len(), left);
            // Media are large nearly always, and measuring them is no cheaper than encoding.
            if !content.images.is_empty() || !content.files.is_empty() {
                *left = None;
            }
        }
        BlockContent::ToolCall(call) => spend(call.args.as_str().len(), left),
        BlockContent::ToolUse(answer) => {
            if let Some(result) = &answer.result {
                weigh(result, left);
            }
            if !answer.images.is_empty() || !answer.files.is_empty() {
                *left = None;
            }
        }
        BlockContent::Other(content) => {
            for value in content.payload.values() {
                weigh(value, left);
            }
        }
        _ => *left = None,
    }
}

/// Subtracts the approximate size of a value. Ends early if it is larger than what is left.
fn weigh(value: &Value, left: &mut Option<usize>) {
    let mut values = vec![value];
    while let Some(value) = values.pop() {
        spend(8, left);
        if left.is_none() {
            return;
        }
        match value {
            Value::String(text) => spend(text.len(), left),
            Value::Array(items) => values.extend(items),
            Value::Object(fields) => values.extend(fields.values()),
            _ => {}
        }
    }
}
