//! Leases.

use std::{sync::Arc, time::Duration};

use super::{
    Factory,
    help::{Checked, ID, Writer, events, has_turns, ok, refused, same, turn},
    list,
};
use crate::{
    Claim, EndStatus, ErrorKind, Page, RunEnd, RunPhase, RunRecord, SessionStore, TurnRow,
};

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
    an_address_is_that_of_the_owner:
        "the address of a claim is shown until the session is released or claimed again",
    a_lease_without_an_owner_is_listed:
        "a page of unowned sessions has those that are free or whose lease has expired, in either \
         order, and no other; any owner may claim them",
    a_cancel_reaches_the_owner_once:
        "a store that passes requests to cancel on gives each to the owner of the session, once, also \
         if that changes in the meantime, and none without an open run",
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

async fn an_address_is_that_of_the_owner<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let address = async || {
        let info = ok(store.info(ID).await, "reading the session")?;
        Ok::<_, String>(info.address)
    };
    let claim = Claim::new("a").at_address("http://a:1");
    let opened = ok(store.open(ID, &claim).await, "opening the session")?;
    same(
        opened.info.address.as_deref(),
        Some("http://a:1"),
        "the address as opened",
    )?;
    same(
        address().await?,
        Some("http://a:1".to_owned()),
        "the address",
    )?;
    let claim = Claim::new("b").at_address("http://b:2").taking_over();
    let opened = ok(store.open(ID, &claim).await, "taking over")?;
    same(
        address().await?,
        Some("http://b:2".to_owned()),
        "the new owner's address",
    )?;
    ok(store.release(&opened.lease).await, "releasing")?;
    same(address().await?, None, "the address of a free session")?;
    ok(store.open(ID, &Claim::new("c")).await, "opening again")?;
    same(
        address().await?,
        None,
        "the address of an owner without one",
    )
}

async fn a_lease_without_an_owner_is_listed<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let hour = Duration::from_secs(3600);
    for (id, claim) in [
        ("held", Claim::new("a")),
        ("expired", Claim::new("a").expiring_after(Duration::ZERO)),
        ("renewed", Claim::new("a").expiring_after(hour)),
        ("free", Claim::new("a")),
    ] {
        let opened = ok(store.open(id, &claim).await, "opening a session")?;
        if id == "free" {
            ok(store.release(&opened.lease).await, "releasing")?;
        }
    }
    for page in [Page::first(9), Page::newest(9)] {
        let listed = ok(store.list(&page.unowned()).await, "listing")?;
        let mut ids: Vec<String> = listed.into_iter().map(|info| info.id).collect();
        ids.sort();
        same(
            ids.join(" "),
            "expired free".to_owned(),
            "the unowned sessions",
        )?;
    }
    for id in ["expired", "free"] {
        let claimed = store.open(id, &Claim::new("b")).await;
        ok(claimed, "claiming an unowned session")?;
    }
    let open = ok(
        store.list(&Page::first(9).unowned().with_open_runs()).await,
        "listing",
    )?;
    same(open.len(), 0, "unowned sessions with an open run")
}

async fn a_cancel_reaches_the_owner_once<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    if ok(store.asked_cancels("a").await, "asking for requests")?.is_none() {
        return Ok(());
    }
    let ask = async || ok(store.ask_cancel(ID).await, "asking to cancel");
    let taken = async |owner: &str| {
        let taken = ok(store.asked_cancels(owner).await, "asking for requests")?;
        Ok::<_, String>(taken.unwrap_or_default().len())
    };
    same(ask().await?, false, "a request without a run")?;
    writer.say("t", &["text"]).await?;
    let run = || RunRecord::new("run", 0);
    ok(
        writer.append(writer.next().run(run())).await,
        "starting a run",
    )?;
    same(ask().await?, true, "a request")?;
    same(taken("b").await?, 0, "the requests for another owner")?;
    same(taken("a").await?, 1, "the requests for the owner")?;
    same(taken("a").await?, 0, "the requests, taken twice")?;
    same(ask().await?, true, "a request")?;
    let end = RunPhase::Ended(RunEnd::new(EndStatus::Finished));
    ok(
        writer.append(writer.next().run(run().at(end))).await,
        "ending the run",
    )?;
    same(taken("a").await?, 0, "the requests for a run that ended")?;
    ok(
        writer.append(writer.next().run(run())).await,
        "starting a run",
    )?;
    same(ask().await?, true, "a request")?;
    Writer::claim(&store, ID, &Claim::new("b").taking_over()).await?;
    same(
        (taken("a").await?, taken("b").await?),
        (0, 1),
        "the requests after a claim",
    )
}
