//! Costs, counted and not timed.

use super::{
    Factory,
    help::{Checked, ID, Writer, at, ok, same, stats, turn},
    list,
};
use crate::{SessionStore, TurnRow};

list! {
    ten_thousand_turns_cost_what_they_add:
        "a turn is stored as its base and its new blocks: 10,000 turns of a conversation, each \
         replaced once, have at most 8 references to blocks for each block",
}

const TURNS: u64 = 10_000;

async fn ten_thousand_turns_cost_what_they_add<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    write(&store).await?;
    ok(store.fork(ID, TURNS / 2, "fork", at()).await, "forking")?;
    let found = stats(&store).await?;
    same(found.blocks, 2 * TURNS, "the number of blocks")?;
    if found.positions > 8 * found.blocks {
        let (positions, blocks) = (found.positions, found.blocks);
        return Err(format!("{positions} references to {blocks} blocks"));
    }
    for index in [0, 1, TURNS / 2, TURNS - 1] {
        let turn = ok(store.turn(ID, index).await, "reading a turn")?;
        let len = turn.blocks.len() as u64;
        let what = format!("the number of blocks of turn {index}");
        same(len, 2 * (index + 1), &what)?;
        same(turn.id, format!("t{index}"), "the id of a turn")?;
    }
    let rows = store.turn_rows(ID, TURNS / 2, 100).await;
    let rows = ok(rows, "reading a page of turns")?;
    same(rows.len(), 100, "the number of turns of a page")?;
    let most = rows.iter().map(|row| row.blocks.len()).max();
    same(most, Some(2), "the most new blocks of a turn in a page")?;
    let deleted = ok(store.delete(ID).await, "deleting")?;
    same(deleted, true, "the result of a deletion")?;
    let turn = ok(
        store.turn("fork", TURNS / 2).await,
        "reading a turn of the fork",
    )?;
    let len = turn.blocks.len() as u64;
    same(len, TURNS + 2, "the number of blocks of the fork")
}

async fn write<S: SessionStore>(store: &S) -> Checked {
    let mut writer = Writer::open(store, ID).await?;
    let mut latest = turn("", None, &[]);
    for n in 0..TURNS {
        let asked = turn(&format!("t{n}"), Some(&latest), &["question"]);
        let mut answered = turn(&asked.id, Some(&asked), &["answer"]);
        answered.metadata.set_raw("app.n@v1", n.into());
        let batch = writer.next().turn(TurnRow::new(n, Some(&latest), &asked));
        ok(writer.append(batch).await, "appending a turn")?;
        let batch = writer.next().turn(TurnRow::new(n, Some(&asked), &answered));
        ok(writer.append(batch).await, "replacing the latest turn")?;
        latest = answered;
    }
    Ok(())
}
