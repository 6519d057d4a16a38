//! The checker: compares what the database has with what was seen from outside.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use geppetto_cluster::Postgres;
use geppetto_store::{SessionStore, read_turns};
use geppetto_store_postgres::PostgresStore;
use geppetto_turns::{Content as BlockContent, keys::turn_meta};

use crate::{
    history::{Notes, Seen},
    provider,
};

/// Returns what is wrong.
pub(crate) async fn check(
    store: &PostgresStore,
    postgres: &Postgres,
    notes: &Notes,
    sessions: &[String],
) -> Result<Vec<String>> {
    let mut wrong = notes.problems.clone();
    writers(&postgres.sql(
        "select sid || ' ' || epoch || ' ' || coalesce(encode(owner, 'hex'), '-') || ' ' || last_batch \
         || ' ' || turns || ' ' || last_seq from geppetto.audit order by sid, n",
    )?, &mut wrong);
    effects(notes, &mut wrong);
    for session in sessions {
        prompts(store, session, notes, &mut wrong).await?;
        readers(store, session, notes, &mut wrong).await?;
    }
    let dangling = postgres.sql(
        "select count(*) from geppetto.position p left join geppetto.block b using (bid) where b.bid is null",
    )?;
    if dangling.trim() != "0" {
        wrong.push(format!("{} references to missing blocks", dangling.trim()));
    }
    Ok(wrong)
}

/// Epochs rise, each has one owner, and the batches of each are numbered without gaps.
fn writers(audit: &str, wrong: &mut Vec<String>) {
    let mut last: Option<(String, u64, String, u64)> = None;
    for line in audit.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let [sid, epoch, owner, batch, _, _] = fields.as_slice() else {
            continue;
        };
        let (epoch, batch) = (epoch.parse().unwrap_or(0), batch.parse().unwrap_or(0));
        let now = (sid.to_string(), epoch, owner.to_string(), batch);
        if let Some((sid, last_epoch, last_owner, last_batch)) = last.filter(|own| own.0 == now.0) {
            if epoch < last_epoch {
                wrong.push(format!("session {sid}: epoch {epoch} after {last_epoch}"));
            }
            if epoch == last_epoch {
                if *owner != "-" && last_owner != "-" && *owner != last_owner {
                    wrong.push(format!("session {sid}: two owners in epoch {epoch}"));
                }
                if batch != last_batch && batch != last_batch + 1 {
                    wrong.push(format!(
                        "session {sid}, epoch {epoch}: batch {batch} after {last_batch}"
                    ));
                }
            } else if batch != 0 {
                wrong.push(format!(
                    "session {sid}: epoch {epoch} begins with batch {batch}"
                ));
            }
        }
        last = Some(now);
    }
}

/// What must not be repeated happened once at most; what may be has one key.
fn effects(notes: &Notes, wrong: &mut Vec<String>) {
    let mut calls: BTreeMap<(u64, u64), Vec<&crate::history::Effect>> = BTreeMap::new();
    for effect in &notes.effects {
        calls
            .entry((effect.op, effect.call))
            .or_default()
            .push(effect);
    }
    for ((op, call), effects) in calls {
        let keys: BTreeSet<&str> = effects.iter().map(|effect| effect.key.as_str()).collect();
        let is_payment = effects.iter().any(|effect| effect.tool == "pay");
        if keys.len() > 1 || is_payment && effects.len() > 1 {
            wrong.push(format!(
                "call {call} of prompt {op} has these effects: {effects:?}"
            ));
        }
    }
}

/// Each acknowledged prompt is there once, with its answer; no other one is there twice.
async fn prompts(
    store: &PostgresStore,
    session: &str,
    notes: &Notes,
    wrong: &mut Vec<String>,
) -> Result<()> {
    let info = store.info(session).await?;
    if info.run.as_ref().is_some_and(|run| !run.is_ended()) {
        wrong.push(format!("{session}: its last run has not ended"));
    }
    let turns = read_turns(store, &info).await?;
    let mut found: BTreeMap<u64, u64> = BTreeMap::new();
    for turn in &turns {
        let asked = turn
            .blocks
            .iter()
            .rev()
            .find(|block| matches!(block.content, BlockContent::User(_)));
        let op = asked.and_then(|block| block.text()?.strip_prefix("op ")?.parse().ok());
        let Some(op) = op else {
            wrong.push(format!("{session}: a turn without a prompt"));
            continue;
        };
        *found.entry(op).or_default() += 1;
        let text = turn.assistant_text();
        if text != provider::whole_text(op) {
            let end = turn.metadata.get(&turn_meta::RUN_END);
            wrong.push(format!(
                "{session}: prompt {op} has the answer `{text}`, {end:?}"
            ));
        }
    }
    for (op, prompt) in notes
        .prompts
        .iter()
        .filter(|(_, prompt)| prompt.session == session)
    {
        let times = found.get(op).copied().unwrap_or(0);
        if times > 1 || prompt.acknowledged && times == 0 {
            wrong.push(format!(
                "{session}: prompt {op} is there {times} times ({prompt:?})"
            ));
        }
    }
    Ok(())
}

/// Each reader saw every stored event up to its last one.
async fn readers(
    store: &PostgresStore,
    session: &str,
    notes: &Notes,
    wrong: &mut Vec<String>,
) -> Result<()> {
    let mut after = 0;
    let mut stored = Vec::new();
    loop {
        let events = store.events(session, after, 1_000).await?;
        let Some(last) = events.last() else { break };
        after = last.seq;
        stored.extend(events.iter().map(|event| (event.first_seq(), event.seq)));
    }
    let mut next = 1;
    for (first, last) in &stored {
        if *first != next {
            wrong.push(format!(
                "{session}: stored event {first} follows {}",
                next - 1
            ));
        }
        next = last + 1;
    }
    let own = |seen: &&Seen| seen.session == session;
    for seen in notes.readers.iter().filter(own) {
        let mut at = 0;
        for (first, last) in &seen.ranges {
            if *first != at + 1 {
                wrong.push(format!("{session}: a reader saw {first} after {at}"));
            }
            at = *last;
        }
    }
    Ok(())
}
