//! [`Plan`]: a batch that was checked against a session, ready to be applied.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use geppetto_events::EventRow;

use super::{
    interner::{Interner, Own},
    row::Row,
    session::Kept,
};
use crate::{
    Batch, BlockHash, Effect, EffectState, EffectWrite, EncodedBlock, Error, MAX_ID_BYTES,
    RequestWrite, TurnRow,
};

/// Hash and size of each new block of each turn.
pub(super) type Encoded = Vec<Vec<(BlockHash, usize)>>;

pub(super) fn encode(batch: &Batch) -> Result<Encoded, Error> {
    let encode_row = |row: &TurnRow| {
        let blocks = row.blocks.iter().map(|block| {
            let encoded = EncodedBlock::new(block)?;
            Ok((encoded.hash, encoded.json.len()))
        });
        blocks.collect()
    };
    batch.turns.iter().map(encode_row).collect()
}

/// Result of the checks. Dropping it changes nothing.
pub(super) struct Plan {
    head: Option<Arc<Row>>,
}

impl Plan {
    pub(super) fn new(
        kept: &Kept,
        batch: &Batch,
        encoded: Encoded,
        interner: &Arc<Interner>,
    ) -> Result<Self, Error> {
        let expected = kept.last_batch + 1;
        if batch.number != expected {
            let message = format!(
                "batch {} was appended, and {expected} is next",
                batch.number
            );
            return Err(Error::invalid(message));
        }
        check_events(kept, &batch.events)?;
        check_effects(kept, batch)?;
        check_requests(kept, &batch.requests)?;
        let mut head = kept.head.clone();
        if batch.drops_latest {
            let Some(latest) = head else {
                return Err(Error::invalid("there is no turn to remove"));
            };
            head = latest.previous().cloned();
        }
        for (row, hashes) in batch.turns.iter().zip(encoded) {
            head = Some(put(head.as_ref(), row, hashes, interner)?);
        }
        let turns = head.as_ref().map_or(0, |row| row.index() + 1);
        if let Some(run) = &batch.run
            && !run.is_ended()
            && run.turn >= turns
        {
            let message = format!("run `{}` runs on turn {} of {turns}", run.run, run.turn);
            return Err(Error::invalid(message));
        }
        Ok(Self { head })
    }

    /// Applies the batch. Returns the former latest turn, to be dropped without a lock.
    pub(super) fn apply(self, kept: &mut Kept, batch: &Batch) -> Option<Arc<Row>> {
        kept.last_batch = batch.number;
        if let Some(dropped) = kept.turns().checked_sub(1).filter(|_| batch.drops_latest) {
            kept.remove_effects_of(dropped);
        }
        for write in &batch.effects {
            apply_effect(kept, write);
        }
        if let Some(run) = &batch.run {
            kept.run = Some(run.clone());
            kept.cancel &= kept.has_open_run();
        }
        kept.events.extend(batch.events.iter().cloned());
        for write in &batch.requests {
            match write {
                RequestWrite::Put(request) => {
                    let key = request.key.clone();
                    kept.requests.insert(key, request.clone());
                }
                RequestWrite::Remove { key } => drop(kept.requests.remove(key)),
            }
        }
        set(&mut kept.title, batch.title.as_ref());
        set(&mut kept.group, batch.group.as_ref());
        kept.created_at.get_or_insert(batch.at);
        if batch.is_activity() || kept.updated_at.is_none() {
            kept.updated_at = Some(batch.at);
        }
        std::mem::replace(&mut kept.head, self.head)
    }
}

fn check_events(kept: &Kept, rows: &[EventRow]) -> Result<(), Error> {
    let mut last = kept.last_seq();
    for row in rows {
        if row.first_seq() != last + 1 || row.last_seq() < row.first_seq() {
            let message = format!(
                "events {} to {} were appended, and {} is next",
                row.first_seq(),
                row.last_seq(),
                last + 1
            );
            return Err(Error::invalid(message));
        }
        last = row.last_seq();
    }
    Ok(())
}

fn set(value: &mut Option<String>, new: Option<&String>) {
    if let Some(new) = new {
        *value = Some(new.clone());
    }
}

fn check_requests(kept: &Kept, writes: &[RequestWrite]) -> Result<(), Error> {
    let mut keys: HashMap<&str, bool> = HashMap::new();
    for write in writes {
        let request = match write {
            RequestWrite::Put(request) => request,
            RequestWrite::Remove { key } => {
                keys.insert(key, false);
                continue;
            }
        };
        let key = request.key.as_str();
        if key.len() > MAX_ID_BYTES {
            let message = format!(
                "an idempotency key has {} bytes; allowed are {MAX_ID_BYTES}",
                key.len()
            );
            return Err(Error::invalid(message));
        }
        let exists = keys.insert(key, true);
        if exists.unwrap_or_else(|| kept.requests.contains_key(key)) {
            return Err(Error::invalid(format!("request `{key}` exists already")));
        }
    }
    Ok(())
}

fn check_effects(kept: &Kept, batch: &Batch) -> Result<(), Error> {
    let dropped = kept.turns().checked_sub(1).filter(|_| batch.drops_latest);
    let is_kept = |key: &str| {
        let effect = kept.effects.get(key);
        effect.is_some_and(|own| Some(own.turn) != dropped)
    };
    let mut begun = HashSet::new();
    for write in &batch.effects {
        let key = write.key();
        if matches!(write, EffectWrite::Begin(_)) {
            begun.insert(key);
        } else if !begun.contains(key) && !is_kept(key) {
            return Err(Error::invalid(format!("effect `{key}` was not begun")));
        }
    }
    Ok(())
}

fn apply_effect(kept: &mut Kept, write: &EffectWrite) {
    let effects: &mut HashMap<String, Effect> = &mut kept.effects;
    match write {
        EffectWrite::Begin(start) => {
            let earlier = effects.get(&start.key);
            let is_listed = earlier.is_some_and(|own| own.turn == start.turn);
            let effect = Effect::begin(start, earlier.map_or(0, |own| own.begun));
            if !is_listed {
                let keys = kept.effect_keys.entry(start.turn).or_default();
                keys.push(start.key.clone());
            }
            effects.insert(start.key.clone(), effect);
        }
        EffectWrite::Wait { key } => {
            if let Some(effect) = effects.get_mut(key) {
                effect.state = EffectState::Waiting;
            }
        }
        EffectWrite::Finish { key, answer } => {
            if let Some(effect) = effects.get_mut(key) {
                effect.state = EffectState::Finished(Arc::clone(answer));
            }
        }
    }
}

/// Returns the new latest row: `row` replaces `head`, or follows it.
fn put(
    head: Option<&Arc<Row>>,
    row: &TurnRow,
    hashes: Vec<(BlockHash, usize)>,
    interner: &Arc<Interner>,
) -> Result<Arc<Row>, Error> {
    let turns = head.map_or(0, |row| row.index() + 1);
    let appends = row.index == turns;
    if !appends && row.index + 1 != turns {
        let message = format!("turn {} was appended to {turns} turns", row.index);
        return Err(Error::invalid(message));
    }
    let base = head.map(|head| head.turn());
    let shared = base.map_or(0, |base| base.blocks.len());
    if row.kept > shared {
        let message = format!(
            "turn {} shares {} blocks with a turn of {shared} blocks",
            row.index, row.kept
        );
        return Err(Error::invalid(message));
    }
    let (previous, kept, before) = match head {
        Some(head) if !appends => {
            let own = row.kept.saturating_sub(head.kept());
            let before = if row.kept == shared {
                Some(Arc::clone(head.own()))
            } else {
                (own > 0).then(|| Own::prefix(head.own(), own))
            };
            (head.previous().cloned(), head.kept().min(row.kept), before)
        }
        _ => (head.cloned(), row.kept, None),
    };
    let mut own = Own::new(interner, before);
    let mut blocks = base.map(|base| base.blocks.clone()).unwrap_or_default();
    blocks.truncate(row.kept);
    for (block, (hash, bytes)) in row.blocks.iter().zip(hashes) {
        blocks.push(own.push(hash, bytes, block));
    }
    let mut turn = row.head.clone();
    turn.blocks = blocks;
    Ok(Arc::new(Row::new(turn, kept, Arc::new(own), previous)))
}
