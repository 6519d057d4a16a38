//! The parameters of an append.

use std::{collections::HashMap, sync::Arc};

use geppetto_events::{CustomEvent, Event, EventKind, EventRow};
use geppetto_store::{
    Batch, BlockHash, EffectWrite, EncodedBlock, Error, Lease, MAX_ID_BYTES, RequestWrite,
    stored_json,
};

use crate::{
    call::{Call, to_i64},
    time::nanos,
};

/// Number of events up to which a batch without anything large is encoded on the caller's thread.
const SMALL: usize = 64;

/// Returns `true` if the encoding takes less than about a millisecond.
pub(crate) fn is_small(batch: &Batch) -> bool {
    batch.turns.is_empty() && batch.effects.is_empty() && batch.events.len() <= SMALL
}

pub(crate) fn append(lease: &Lease, batch: &Batch) -> Result<Call, Error> {
    let run = batch.run.as_ref();
    let open_turn = run.filter(|run| !run.is_ended()).map(|run| run.turn);
    let run_json = run.map(stored_json).transpose()?;
    let call = Call::new("append_1")
        .text(lease.session())
        .number(to_i64(lease.epoch())?)
        .number(to_i64(batch.number)?)
        .flag(batch.drops_latest);
    let call = with_turns(call, batch)?;
    let call = with_effects(call, batch)?;
    let call = with_events(call, &batch.events)?;
    let call = with_requests(call, &batch.requests)?;
    Ok(call
        .maybe_text(run_json.as_deref())
        .flag(run.map(|run| !run.is_ended()))
        .number(open_turn.map(to_i64).transpose()?)
        .maybe_text(batch.title.as_deref())
        .maybe_text(batch.group.as_deref())
        .number(nanos(batch.at))
        .flag(batch.is_activity()))
}

fn with_turns(call: Call, batch: &Batch) -> Result<Call, Error> {
    let (mut index, mut kept, mut count) = (Vec::new(), Vec::new(), Vec::new());
    let (mut head, mut hashes, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for row in &batch.turns {
        index.push(to_i64(row.index)?);
        kept.push(to_i64(row.kept)?);
        count.push(to_i64(row.blocks.len())?);
        head.push(stored_json(&row.head)?.into_bytes());
        for block in &row.blocks {
            let encoded = EncodedBlock::new(block)?;
            hashes.push(encoded.hash.as_bytes().to_vec());
            bodies.push(encoded.json.into_bytes());
        }
    }
    let call = call.numbers(index).numbers(kept).numbers(count);
    Ok(call.bytes(head).bytes(hashes).bytes(bodies))
}

/// State of an effect, as stored: begun.
pub(crate) const BEGUN: i16 = 0;
/// State of an effect, as stored: waiting.
pub(crate) const WAITING: i16 = 1;
/// State of an effect, as stored: finished.
pub(crate) const FINISHED: i16 = 2;

/// An effect or a request needs no check against the stored ones.
const CHECKED: i16 = 0;
/// A key must exist, of an effect; must not, of a request.
const LOOK_UP: i16 = 1;
/// The batch has the key of a request twice.
const TWICE: i16 = 2;
/// The key of a request is too long.
const TOO_LONG: i16 = 3;

#[derive(Default)]
struct Effects {
    kinds: Vec<i16>,
    checks: Vec<i16>,
    keys: Vec<Vec<u8>>,
    turns: Vec<i64>,
    runs: Vec<Vec<u8>>,
    calls: Vec<Vec<u8>>,
    tools: Vec<Vec<u8>>,
    idempotent: Vec<bool>,
    answers: Vec<Option<Vec<u8>>>,
}

impl Effects {
    fn set(&mut self, kind: i16, key: &str, answer: Option<Vec<u8>>) {
        self.kinds.push(kind);
        self.keys.push(key.as_bytes().to_vec());
        self.turns.push(0);
        self.runs.push(Vec::new());
        self.calls.push(Vec::new());
        self.tools.push(Vec::new());
        self.idempotent.push(false);
        self.answers.push(answer);
    }
}

fn with_effects(call: Call, batch: &Batch) -> Result<Call, Error> {
    let mut own = Effects::default();
    let mut begun: HashMap<&str, ()> = HashMap::new();
    for write in &batch.effects {
        let is_known = matches!(write, EffectWrite::Begin(_)) || begun.contains_key(write.key());
        own.checks.push(if is_known { CHECKED } else { LOOK_UP });
        match write {
            EffectWrite::Begin(start) => {
                begun.insert(&start.key, ());
                own.kinds.push(BEGUN);
                own.keys.push(start.key.as_bytes().to_vec());
                own.turns.push(to_i64(start.turn)?);
                own.runs.push(start.run.as_bytes().to_vec());
                own.calls.push(start.call_id.as_bytes().to_vec());
                own.tools.push(start.tool.as_bytes().to_vec());
                own.idempotent.push(start.idempotent);
                own.answers.push(None);
            }
            EffectWrite::Finish { key, answer } => {
                let json = stored_json(answer.as_ref())?;
                own.set(FINISHED, key, Some(json.into_bytes()));
            }
            other => own.set(WAITING, other.key(), None),
        }
    }
    let call = call.codes(own.kinds).codes(own.checks).bytes(own.keys);
    let call = call.numbers(own.turns).bytes(own.runs).bytes(own.calls);
    let call = call.bytes(own.tools).flags(own.idempotent);
    Ok(call.maybe_bytes(own.answers))
}

fn with_events(call: Call, rows: &[EventRow]) -> Result<Call, Error> {
    let (mut first, mut last, mut places) = (Vec::new(), Vec::new(), Vec::new());
    let (mut bodies, mut lens) = (Vec::new(), Vec::new());
    let (mut hashes, mut contexts) = (Vec::new(), Vec::new());
    let mut known: HashMap<String, i64> = HashMap::new();
    let mut previous: Option<(&Event, i64)> = None;
    for row in rows {
        let event = row.event();
        let same = previous.filter(|(previous, _)| {
            previous.meta == event.meta && previous.correlation == event.correlation
        });
        let place = match same {
            Some((_, place)) => place,
            None => match encode_context(event)? {
                None => 0,
                Some(json) => match known.get(&json) {
                    Some(place) => *place,
                    None => {
                        hashes.push(BlockHash::of_json(&json).as_bytes().to_vec());
                        contexts.push(json.as_bytes().to_vec());
                        let place = to_i64(contexts.len())?;
                        known.insert(json, place);
                        place
                    }
                },
            },
        };
        previous = Some((event, place));
        first.push(to_i64(row.first_seq())?);
        last.push(to_i64(row.last_seq())?);
        places.push(place);
        bodies.push(encode_body(event)?.into_bytes());
        lens.push(Some(row.lens().to_vec()).filter(|lens| !lens.is_empty()));
    }
    let call = call.numbers(first).numbers(last).numbers(places);
    let call = call.bytes(bodies).maybe_bytes(lens);
    Ok(call.bytes(hashes).bytes(contexts))
}

/// Encodes an event without its context.
fn encode_body(event: &Event) -> Result<String, Error> {
    let mut body = Event::new(event.kind.clone());
    body.seq = event.seq;
    body.merged = event.merged;
    body.extra = event.extra.clone();
    stored_json(&body)
}

/// Encodes metadata and correlation as an event of no kind, so that unknown fields are kept. `None`
/// if there are none.
fn encode_context(event: &Event) -> Result<Option<String>, Error> {
    let (meta, correlation) = (Arc::clone(&event.meta), Arc::clone(&event.correlation));
    let kind = EventKind::Custom(CustomEvent::new("context", serde_json::Map::new()));
    let context = Event::in_context(kind, meta, correlation);
    if context == Event::new(context.kind.clone()) {
        return Ok(None);
    }
    stored_json(&context).map(Some)
}

fn with_requests(call: Call, writes: &[RequestWrite]) -> Result<Call, Error> {
    let (mut kinds, mut checks, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    let (mut digests, mut runs) = (Vec::new(), Vec::new());
    let mut exists: HashMap<&str, bool> = HashMap::new();
    for write in writes {
        match write {
            RequestWrite::Put(request) => {
                let earlier = exists.insert(&request.key, true);
                kinds.push(0);
                checks.push(match earlier {
                    _ if request.key.len() > MAX_ID_BYTES => TOO_LONG,
                    Some(true) => TWICE,
                    Some(false) => CHECKED,
                    None => LOOK_UP,
                });
                keys.push(request.key.as_bytes().to_vec());
                digests.push(request.digest.to_vec());
                runs.push(request.run.as_bytes().to_vec());
            }
            RequestWrite::Remove { key } => {
                exists.insert(key, false);
                kinds.push(1);
                checks.push(CHECKED);
                keys.push(key.as_bytes().to_vec());
                digests.push(Vec::new());
                runs.push(Vec::new());
            }
            _ => return Err(Error::invalid("a request has an unknown change")),
        }
    }
    let call = call.codes(kinds).codes(checks).bytes(keys);
    Ok(call.bytes(digests).bytes(runs))
}
