//! Batches.

use std::sync::Arc;

use geppetto_turns::Turn;

use super::{
    Factory,
    help::{Checked, ID, Writer, at, batch, events, has_turns, ok, refused, same, turn},
    list,
};
use crate::{
    Claim, EffectStart, EffectWrite, EndStatus, ErrorKind, RunEnd, RunPhase, RunRecord,
    SessionInfo, SessionStore, TurnRow,
};

list! {
    batches_are_read_in_the_order_of_writing:
        "a batch is applied after all batches that were acknowledged before it, and what was \
         acknowledged is visible to every later read",
    a_batch_is_written_entirely_or_not_at_all:
        "a batch of which any part is invalid fails as Invalid and changes nothing; the next batch \
         has the same number",
    a_batch_that_is_repeated_is_written_once:
        "a batch with the number of the last one under the same lease returns the same result and \
         changes nothing",
    batch_numbers_have_no_gaps:
        "batches of a lease are numbered 1, 2, 3, ...; any number but the last and the next one \
         fails as Invalid",
    readers_see_whole_batches:
        "a read sees all of a batch or nothing of it, while other batches are written",
    what_was_acknowledged_survives_reopening:
        "everything that was acknowledged is there after the storage was opened again, and batches \
         of a new lease are numbered from 1",
    a_failed_sync_poisons_the_store:
        "a batch whose sync failed is not acknowledged, and all later writes fail as Poisoned until \
         the storage is opened again; reads work, and earlier batches are kept",
}

async fn batches_are_read_in_the_order_of_writing<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    has_turns(&store, ID, &[]).await?;
    for n in 1..=5_u64 {
        let turn = turn(
            &format!("t{n}"),
            writer.turns.last(),
            &["question", "answer"],
        );
        let row = writer.row(turn);
        let run = RunRecord::new(format!("r{n}"), n - 1);
        let batch = writer.next().turn(row).events(events(n..=n));
        let appended = writer.append(batch.run(run.clone())).await;
        let appended = ok(appended, "appending a batch")?;
        let what = "the result of an append";
        same((appended.turns, appended.last_seq), (n, n), what)?;
        let info = ok(store.info(ID).await, "reading the session")?;
        same(
            (info.turns, info.last_seq),
            (n, n),
            "the state after an append",
        )?;
        same(info.run, Some(run), "the last run")?;
    }
    has_turns(&store, ID, &writer.turns).await
}

async fn a_batch_is_written_entirely_or_not_at_all<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    writer.say("t1", &["one"]).await?;
    let before = ok(store.info(ID).await, "reading the session")?;
    let row = TurnRow::new(
        1,
        writer.turns.last(),
        &turn("t2", writer.turns.last(), &["two"]),
    );
    let begin = EffectWrite::Begin(EffectStart::new("key", "r1", 1));
    let unknown = EffectWrite::Wait {
        key: "unknown".to_owned(),
    };
    let number = writer.next();
    let valid = || {
        let batch = number.clone().turn(row.clone()).effect(begin.clone());
        batch.events(events(1..=2)).run(RunRecord::new("r1", 1))
    };
    let mut skipping = row.clone();
    skipping.index = 3;
    let mut sharing = row.clone();
    sharing.kept = 9;
    for (what, invalid) in [
        (
            "a batch with a gap between its events",
            valid().events(events(4..=4)),
        ),
        (
            "a batch with an effect that was not begun",
            valid().effect(unknown),
        ),
        (
            "a batch with a gap between its turns",
            valid().turn(skipping),
        ),
        (
            "a batch that shares more blocks than there are",
            valid().turn(sharing),
        ),
        (
            "a batch with a run on a missing turn",
            valid().run(RunRecord::new("r1", 7)),
        ),
    ] {
        let result = store.append(&writer.lease, Arc::new(invalid)).await;
        refused(result, ErrorKind::Invalid, what)?;
        is_unchanged(&store, &before, &writer.turns, what).await?;
    }
    let batch = valid();
    ok(
        writer.append(batch).await,
        "the valid batch with the same number",
    )
    .map(drop)
}

async fn is_unchanged<S: SessionStore>(
    store: &S,
    before: &SessionInfo,
    turns: &[Turn],
    what: &str,
) -> Checked {
    let after = ok(store.info(ID).await, "reading the session")?;
    same(&after, before, &format!("the session after {what}"))?;
    has_turns(store, ID, turns).await?;
    let effect = ok(store.effect(ID, "key").await, "reading an effect")?;
    same(effect, None, &format!("an effect after {what}"))?;
    let stored = ok(store.events(ID, 0, 9).await, "reading events")?;
    let what = format!("the number of events after {what}");
    same(stored.len(), 0, &what)
}

async fn a_batch_that_is_repeated_is_written_once<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    let row = writer.row(turn("t1", None, &["one"]));
    let begin = EffectWrite::Begin(EffectStart::new("key", "r1", 0));
    let batch = writer.next().turn(row).events(events(1..=2)).effect(begin);
    let batch = Arc::new(batch);
    let appended = store.append(&writer.lease, Arc::clone(&batch)).await;
    let appended = ok(appended, "an append")?;
    for _ in 0..2 {
        let again = store.append(&writer.lease, Arc::clone(&batch)).await;
        let again = ok(again, "the same batch again")?;
        same(again, appended, "the result of the same batch again")?;
    }
    has_turns(&store, ID, &writer.turns).await?;
    let effect = ok(store.effect(ID, "key").await, "reading an effect")?;
    let begun = effect.map(|own| own.begun);
    same(
        begun,
        Some(1),
        "the number of times that the effect was begun",
    )?;
    let stored = ok(store.events(ID, 0, 9).await, "reading events")?;
    same(stored.len(), 2, "the number of events")
}

async fn batch_numbers_have_no_gaps<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    let numbered = |number| Arc::new(batch(number).events(events(1..=1)));
    for number in [0, 2] {
        let result = store.append(&writer.lease, numbered(number)).await;
        let what = format!("batch {number} as the first one");
        refused(result, ErrorKind::Invalid, &what)?;
    }
    writer.say("t1", &["one"]).await?;
    writer.say("t2", &["two"]).await?;
    for number in [0, 1, 4] {
        let result = store.append(&writer.lease, numbered(number)).await;
        let what = format!("batch {number} after batch 2");
        refused(result, ErrorKind::Invalid, &what)?;
    }
    has_turns(&store, ID, &writer.turns).await?;
    writer.say("t3", &["three"]).await
}

const BATCHES: u64 = 100;

async fn readers_see_whole_batches<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    let write = async {
        for n in 1..=BATCHES {
            let row = writer.row(turn(&format!("t{n}"), None, &["text"]));
            let batch = writer.next().events(events(n..=n)).turn(row);
            ok(writer.append(batch).await, "appending a batch")?;
            tokio::task::yield_now().await;
        }
        Ok(())
    };
    let read = read_to_the_end(&store);
    // A reader whose writer fails would wait for ever.
    let (written, read) = tokio::join!(write, async {
        tokio::select! {
            biased;
            result = read => result,
            () = idle() => Ok(()),
        }
    });
    written.and(read)?;
    let info = ok(store.info(ID).await, "reading the session")?;
    same(info.turns, BATCHES, "the number of turns at the end")
}

async fn read_to_the_end<S: SessionStore>(store: &S) -> Checked {
    let mut seen = 0;
    while seen < BATCHES {
        let info = ok(store.info(ID).await, "reading the session")?;
        let what = "turns and events of batches with one of each";
        same(info.turns, info.last_seq, what)?;
        if info.turns < seen {
            return Err(format!("{} turns were read after {seen}", info.turns));
        }
        seen = info.turns;
        if let Some(latest) = seen.checked_sub(1) {
            ok(store.turn(ID, latest).await, "reading the latest turn")?;
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Gives others many turns.
async fn idle() {
    for _ in 0..100_000 {
        tokio::task::yield_now().await;
    }
}

async fn what_was_acknowledged_survives_reopening<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    writer.say("t1", &["one"]).await?;
    let end = RunEnd::new(EndStatus::Failed).because("why");
    let run = RunRecord::new("r1", 0).at(RunPhase::Ended(end));
    let begin = EffectWrite::Begin(EffectStart::new("key", "r1", 0).call("c", "tool", true));
    let batch = writer.next().events(events(1..=3)).run(run).effect(begin);
    ok(writer.append(batch.synced()).await, "appending a batch")?;
    let info = ok(store.info(ID).await, "reading the session")?;
    let effect = ok(store.effect(ID, "key").await, "reading an effect")?;
    let stored = ok(store.events(ID, 0, 9).await, "reading events")?;
    let turns = writer.turns;

    let store = factory.reopen(store).await;
    let mut after = ok(store.info(ID).await, "reading the reopened session")?;
    // A store may free sessions whose process is gone.
    after.owner.clone_from(&info.owner);
    same(&after, &info, "the reopened session")?;
    has_turns(&store, ID, &turns).await?;
    same(
        ok(store.effect(ID, "key").await, "reading an effect")?,
        effect,
        "the effect",
    )?;
    same(
        ok(store.events(ID, 0, 9).await, "reading events")?,
        stored,
        "the events",
    )?;
    let claim = Claim::new("b").taking_over();
    let mut writer = Writer::claim(&store, ID, &claim).await?;
    writer.say("t2", &["two"]).await?;
    has_turns(&store, ID, &writer.turns).await
}

async fn a_failed_sync_poisons_the_store<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    writer.say("t1", &["one"]).await?;
    let kept = writer.turns.clone();
    let second = turn("t2", writer.turns.last(), &["two"]);
    let row = writer.row(second);
    let failed = Arc::new(writer.next().turn(row).synced());
    if !factory.fail_next_sync(&store) {
        return Ok(());
    }
    let poisoned = |result, what: &str| refused(result, ErrorKind::Poisoned, what);
    let result = store.append(&writer.lease, Arc::clone(&failed)).await;
    poisoned(result, "a batch whose sync failed")?;
    let result = store.append(&writer.lease, Arc::clone(&failed)).await;
    poisoned(result, "the same batch again")?;
    let later = Arc::new(batch(failed.number).events(events(1..=1)));
    let result = store.append(&writer.lease, later).await;
    poisoned(result, "a batch without a sync after it")?;
    let opened = store.open("other", &Claim::new("a")).await;
    refused(opened, ErrorKind::Poisoned, "opening")?;
    refused(
        store.fork(ID, 0, "fork", at()).await,
        ErrorKind::Poisoned,
        "forking",
    )?;
    refused(store.delete(ID).await, ErrorKind::Poisoned, "deleting")?;
    ok(
        store.turn(ID, 0).await,
        "reading a turn of the poisoned store",
    )?;

    let store = factory.reopen(store).await;
    let claim = Claim::new("b").taking_over();
    let mut writer = Writer::claim(&store, ID, &claim).await?;
    let start = writer.turns.get(..kept.len());
    same(
        start,
        Some(kept.as_slice()),
        "the turns that were acknowledged",
    )?;
    writer.say("t3", &["three"]).await
}
