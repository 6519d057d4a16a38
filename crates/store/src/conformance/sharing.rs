//! What sessions share.

use geppetto_turns::Turn;

use super::{
    Factory,
    help::{Checked, ID, Writer, at, events, has_turns, ok, refused, same, stats, turn},
    list,
};
use crate::{Claim, ErrorKind, Request, RequestWrite, SessionStore};

list! {
    forks_do_not_change:
        "a fork has the turns of its origin up to the given one, its title and its group, the time \
         of the fork, no events, effects, requests or runs, and no owner; later changes of either \
         session do not affect the other",
    deleting_keeps_what_others_share:
        "deleting a session leaves its forks, and the forks of those, complete; blocks that no \
         session has are deleted",
    equal_blocks_are_kept_once:
        "equal blocks are stored once, whatever their size, in all sessions together, and deleted \
         with the last session that has them",
}

async fn forks_do_not_change<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut origin = Writer::open(&store, ID).await?;
    for id in ["t1", "t2", "t3"] {
        origin.say(id, &["question", "answer"]).await?;
    }
    let batch = origin.next().events(events(1..=3)).title("title");
    let batch = batch
        .group("group")
        .request(RequestWrite::Put(Request::new("key", [1; 32], "r1")));
    ok(origin.append(batch).await, "appending events")?;
    let before = stats(&store).await?;
    fork_at_the_latest_turn(&store).await?;
    ok(
        store.fork(ID, 0, "first", at()).await,
        "forking at the first turn",
    )?;
    let after = stats(&store).await?;
    same(
        after.blocks,
        before.blocks,
        "the number of blocks after forks",
    )?;
    same(
        after.positions,
        before.positions,
        "the number of references after forks",
    )?;
    let forked = store.fork(ID, 3, "x", at()).await;
    refused(forked, ErrorKind::NotFound, "a fork at a missing turn")?;
    let forked = store.fork(ID, 0, "first", at()).await;
    refused(forked, ErrorKind::Exists, "a fork to an existing session")?;

    let turns = origin.turns.clone();
    let changed = turn("t3", origin.turns.get(1), &["other"]);
    let row = origin.replacement(changed);
    let batch = origin.next().turn(row);
    ok(
        origin.append(batch).await,
        "replacing the origin's latest turn",
    )?;
    has_turns(&store, "latest", &turns).await?;
    let mut fork = Writer::claim(&store, "latest", &Claim::new("b")).await?;
    fork.say("t4", &["fork"]).await?;
    has_turns(&store, ID, &origin.turns).await?;
    has_turns(&store, "latest", &fork.turns).await?;
    let first: Vec<Turn> = turns.into_iter().take(1).collect();
    has_turns(&store, "first", &first).await
}

async fn fork_at_the_latest_turn<S: SessionStore>(store: &S) -> Checked {
    let info = ok(
        store.fork(ID, 2, "latest", at()).await,
        "forking at the latest turn",
    )?;
    let read = ok(store.info("latest").await, "reading the fork")?;
    same(&info, &read, "the result of a fork")?;
    let times = (info.created_at, info.updated_at);
    same(times, (Some(at()), Some(at())), "the times of a fork")?;
    let labels = (info.title.as_deref(), info.group.as_deref());
    let expected = (Some("title"), Some("group"));
    same(labels, expected, "the title and the group of a fork")?;
    let request = ok(store.request("latest", "key").await, "reading a request")?;
    same(request, None, "a request of a fork")?;
    let found = (info.turns, info.last_seq, info.owner);
    same(found, (3, 0, None), "the state of a fork")?;
    let from = Some((ID.to_owned(), 2));
    same(
        (info.run, info.forked_from),
        (None, from),
        "the origin of a fork",
    )
}

async fn deleting_keeps_what_others_share<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut origin = Writer::open(&store, ID).await?;
    for id in ["t1", "t2", "t3"] {
        origin.say(id, &["question", "answer"]).await?;
    }
    ok(store.fork(ID, 1, "fork", at()).await, "forking")?;
    let mut fork = Writer::claim(&store, "fork", &Claim::new("b")).await?;
    fork.say("u3", &["own"]).await?;
    let turns = fork.turns;
    ok(
        store.fork("fork", 2, "fork of fork", at()).await,
        "forking a fork",
    )?;
    same(stats(&store).await?.blocks, 7, "the number of blocks")?;
    ok(store.delete(ID).await, "deleting the origin")?;
    has_turns(&store, "fork", &turns).await?;
    same(
        stats(&store).await?.blocks,
        5,
        "the number of blocks without the origin",
    )?;
    ok(store.delete("fork").await, "deleting the fork")?;
    let store = factory.reopen(store).await;
    has_turns(&store, "fork of fork", &turns).await?;
    same(
        stats(&store).await?.blocks,
        5,
        "the number of blocks without the fork",
    )?;
    ok(store.delete("fork of fork").await, "deleting the last fork")?;
    let left = stats(&store).await?;
    let left = (left.sessions, left.blocks, left.block_bytes, left.positions);
    same(left, (0, 0, 0, 0), "the size of the store without sessions")
}

async fn equal_blocks_are_kept_once<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let large = "0123456789abcdef".repeat(1 << 16);
    // Written separately, so equal by content only.
    for id in ["a", "b", "c"] {
        let mut writer = Writer::open(&store, id).await?;
        writer.say("t1", &["small", &large]).await?;
        writer.say("t2", &["more"]).await?;
    }
    let found = stats(&store).await?;
    let sizes = (found.sessions, found.blocks);
    same(sizes, (3, 3), "the number of sessions and blocks")?;
    if found.block_bytes > 2 << 20 {
        let bytes = found.block_bytes;
        return Err(format!(
            "{bytes} bytes for one block of 1 MiB and two small ones"
        ));
    }
    ok(store.delete("a").await, "deleting")?;
    ok(store.delete("b").await, "deleting")?;
    let blocks = stats(&store).await?.blocks;
    same(blocks, 3, "the number of blocks of the last session")?;
    let store = factory.reopen(store).await;
    let latest = ok(store.turn("c", 1).await, "reading a turn")?;
    let text = latest.blocks.get(1).and_then(|block| block.text());
    same(
        text == Some(&large),
        true,
        "whether the large block is complete",
    )?;
    ok(store.delete("c").await, "deleting")?;
    let blocks = stats(&store).await?.blocks;
    same(blocks, 0, "the number of blocks without sessions")
}
