//! Leases.

use std::sync::Arc;

use super::{
    Factory,
    help::{Checked, ID, Writer, events, has_turns, ok, refused, same, turn},
    list,
};
use crate::{Claim, ErrorKind, SessionStore, TurnRow};

list! {
    an_older_epoch_writes_nothing:
        "after a claim succeeded, every operation with an earlier lease fails as Fenced and changes \
         nothing, whatever else is wrong with it",
    epochs_increase:
        "the epoch of a lease is greater than that of every earlier lease of the session's id, even \
         if the session was released, reopened or deleted",
    a_session_that_is_held_is_not_claimed:
        "a claim of another owner that does not take over fails as Held and changes nothing; the \
         same owner may claim again",
    a_released_session_is_free:
        "a released session has no owner, its lease is fenced, and any owner can claim it",
    a_deleted_session_fences_its_lease:
        "the lease of a deleted session is fenced, even if a session with the same id is created",
}

async fn an_older_epoch_writes_nothing<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut old = Writer::open(&store, ID).await?;
    old.say("t1", &["one"]).await?;
    let claim = Claim::new("b").taking_over();
    let mut new = Writer::claim(&store, ID, &claim).await?;
    let stale = TurnRow::new(
        1,
        old.turns.last(),
        &turn("t2", old.turns.last(), &["stale"]),
    );
    let mut invalid = stale.clone();
    invalid.index = 7;
    let before = ok(store.info(ID).await, "reading the session")?;
    // Before and after the first batch of the new owner.
    for round in 0..2 {
        let batch = Arc::new(old.next().turn(stale.clone()).events(events(1..=1)));
        let result = store.append(&old.lease, batch).await;
        refused(result, ErrorKind::Fenced, "an append with an older lease")?;
        let batch = Arc::new(old.next().turn(invalid.clone()));
        let result = store.append(&old.lease, batch).await;
        refused(
            result,
            ErrorKind::Fenced,
            "an invalid append with an older lease",
        )?;
        let result = store.renew(&old.lease).await;
        refused(result, ErrorKind::Fenced, "renewing an older lease")?;
        let result = store.release(&old.lease).await;
        refused(result, ErrorKind::Fenced, "releasing an older lease")?;
        if round == 0 {
            let after = ok(store.info(ID).await, "reading the session")?;
            same(
                &after,
                &before,
                "the session after writes with an older lease",
            )?;
            new.say("t2", &["two"]).await?;
        }
    }
    new.say("t3", &["three"]).await?;
    has_turns(&store, ID, &new.turns).await
}

async fn epochs_increase<F: Factory>(factory: &F) -> Checked {
    let mut store = factory.fresh().await;
    let mut last = 0;
    for step in 0..5 {
        let claim = Claim::new("a").taking_over();
        let opened = ok(store.open(ID, &claim).await, "opening the session")?;
        let epoch = opened.lease.epoch();
        if epoch <= last {
            return Err(format!("epoch {epoch} was granted after epoch {last}"));
        }
        last = epoch;
        match step {
            1 => ok(store.release(&opened.lease).await, "releasing")?,
            2 => store = factory.reopen(store).await,
            3 => drop(ok(store.delete(ID).await, "deleting")?),
            _ => {}
        }
    }
    Ok(())
}

async fn a_session_that_is_held_is_not_claimed<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    let before = ok(store.info(ID).await, "reading the session")?;
    same(before.owner.as_deref(), Some("a"), "the owner")?;
    let claimed = store.open(ID, &Claim::new("b")).await;
    refused(claimed, ErrorKind::Held, "a claim of another owner")?;
    let after = ok(store.info(ID).await, "reading the session")?;
    same(&after, &before, "the session after a refused claim")?;
    ok(
        store.renew(&writer.lease).await,
        "renewing after a refused claim",
    )?;
    writer.say("t1", &["one"]).await?;
    let mut again = Writer::open(&store, ID).await?;
    again.say("t2", &["two"]).await?;
    let late = TurnRow::new(
        1,
        writer.turns.last(),
        &turn("t3", writer.turns.last(), &["late"]),
    );
    let batch = Arc::new(writer.next().turn(late));
    let result = store.append(&writer.lease, batch).await;
    refused(
        result,
        ErrorKind::Fenced,
        "an append with the same owner's earlier lease",
    )?;
    has_turns(&store, ID, &again.turns).await
}

async fn a_released_session_is_free<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    writer.say("t1", &["one"]).await?;
    ok(store.release(&writer.lease).await, "releasing")?;
    let info = ok(store.info(ID).await, "reading the session")?;
    same(info.owner, None, "the owner of a released session")?;
    let batch = Arc::new(writer.next().events(events(1..=1)));
    let result = store.append(&writer.lease, batch).await;
    refused(result, ErrorKind::Fenced, "an append with a released lease")?;
    let mut other = Writer::claim(&store, ID, &Claim::new("b")).await?;
    other.say("t2", &["two"]).await?;
    has_turns(&store, ID, &other.turns).await
}

async fn a_deleted_session_fences_its_lease<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut old = Writer::open(&store, ID).await?;
    old.say("t1", &["one"]).await?;
    let deleted = ok(store.delete(ID).await, "deleting")?;
    same(deleted, true, "the result of a deletion")?;
    let deleted = ok(store.delete(ID).await, "deleting again")?;
    same(deleted, false, "the result of a second deletion")?;
    refused(
        store.info(ID).await,
        ErrorKind::NotFound,
        "reading a deleted session",
    )?;
    for created in [false, true] {
        if created {
            Writer::open(&store, ID).await?;
            has_turns(&store, ID, &[]).await?;
        }
        for number in [1, 2] {
            let batch = super::help::batch(number).events(events(1..=1));
            let result = store.append(&old.lease, Arc::new(batch)).await;
            let what = "an append with the lease of a deleted session";
            refused(result, ErrorKind::Fenced, what)?;
        }
    }
    let mut new = Writer::open(&store, ID).await?;
    new.say("t1", &["new"]).await?;
    has_turns(&store, ID, &new.turns).await
}
