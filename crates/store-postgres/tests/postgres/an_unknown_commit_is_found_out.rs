//! A connection that is lost around a commit: the store finds out what happened.

use std::{sync::Arc, time::SystemTime};

use geppetto_events::{Event, EventKind, EventRow, kind::Log};
use geppetto_store::{Batch, Claim, EffectStart, EffectWrite, SessionStore, TurnRow};
use geppetto_turns::{Block, Turn};

use crate::{
    proxy::{Fault, Proxy},
    server,
};

pub(crate) fn batch(number: u64) -> Batch {
    let mut turn = Turn::new();
    turn.push(Block::user(format!("text {number}")));
    let mut event = Event::new(EventKind::Log(Log::new("info", format!("event {number}"))));
    event.seq = number;
    let start = EffectStart::new("key", "run", 0);
    Batch::new(number, SystemTime::UNIX_EPOCH)
        .turn(TurnRow::new(number - 1, None, &turn))
        .effect(EffectWrite::Begin(start))
        .events([EventRow::single(event)])
}

// Reports: https://github.com/get-convex/convex-backend/pull/559, https://github.com/vitessio/vitess/pull/2085,
// https://github.com/rustrak/rustrak/pull/273.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgres"]
async fn and_nothing_is_written_twice_or_lost() {
    let proxy = Proxy::start(server::shared().port).await;
    let store = server::options()
        .writers(1)
        .connect(&proxy.url())
        .await
        .unwrap();
    let mut happened = 0;
    let mut fault = |fault| {
        assert_eq!(proxy.happened(), happened, "the last fault did not happen");
        happened += 1;
        proxy.set(fault);
    };
    for (round, kind) in [Fault::AfterCommit, Fault::BeforeCommit]
        .into_iter()
        .enumerate()
    {
        let id = format!("chat {round}");
        fault(kind);
        let opened = store.open(&id, &Claim::new("a")).await.unwrap();
        for number in 1..=5 {
            fault(kind);
            let appended = store
                .append(&opened.lease, Arc::new(batch(number)))
                .await
                .unwrap();
            assert_eq!((appended.turns, appended.last_seq), (number, number));
        }
        let effect = store.effect(&id, "key").await.unwrap().unwrap();
        assert_eq!(effect.begun, 5);
        fault(kind);
        store.renew(&opened.lease).await.unwrap();
        let (fork, at) = (format!("fork {round}"), SystemTime::UNIX_EPOCH);
        fault(kind);
        assert_eq!(store.fork(&id, 2, &fork, at).await.unwrap().turns, 3);
        fault(kind);
        store.release(&opened.lease).await.unwrap();
        assert!(store.renew(&opened.lease).await.unwrap_err().is_fenced());
        fault(kind);
        assert!(store.delete(&fork).await.unwrap());
        assert!(!store.delete(&fork).await.unwrap());
    }
    let info = store.info("chat 1").await.unwrap();
    assert_eq!((info.turns, info.last_seq), (5, 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgres"]
async fn and_a_transaction_that_is_cut_in_the_middle_holds_nothing_for_long() {
    let proxy = Proxy::start(server::shared().port).await;
    let options = server::options().patience(std::time::Duration::from_secs(1));
    let stalled = options.clone().connect(&proxy.url()).await.unwrap();
    let opened = stalled.open("chat", &Claim::new("a")).await.unwrap();
    proxy.set(Fault::InTheMiddle);
    let (lease, own) = (opened.lease, stalled.clone());
    let append = tokio::spawn(async move {
        let _ = own.append(&lease, Arc::new(batch(1))).await;
        (own, lease)
    });
    while proxy.happened() == 0 {
        tokio::task::yield_now().await;
    }
    let other = options.patience(std::time::Duration::from_secs(20));
    let other = other.connect(&server::shared().url()).await.unwrap();
    let taken = other
        .open("chat", &Claim::new("b").taking_over())
        .await
        .unwrap();
    let turns = taken.info.turns;
    let mut next = batch(1);
    next.turns[0].index = turns;
    next.events.clear();
    other.append(&taken.lease, Arc::new(next)).await.unwrap();
    // It is told as soon as it reaches the server in time.
    let (own, lease) = append.await.unwrap();
    loop {
        let error = own.append(&lease, Arc::new(batch(2))).await.unwrap_err();
        if error.kind() != geppetto_store::ErrorKind::Unavailable {
            assert!(error.is_fenced(), "{error}");
            break;
        }
    }
    assert_eq!(other.info("chat").await.unwrap().turns, turns + 1);
}

// Reports: https://github.com/porsager/postgres/issues/1089, https://github.com/brianc/node-postgres/issues/2973,
// https://github.com/RolnickLab/antenna/issues/1382, https://github.com/netdata/netdata/pull/4988.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgres"]
async fn and_a_server_that_does_not_answer_is_reported_in_time() {
    let proxy = Proxy::start(server::shared().port).await;
    let options = server::options().patience(std::time::Duration::from_millis(300));
    let store = options.connect(&proxy.url()).await.unwrap();
    let opened = store.open("chat", &Claim::new("a")).await.unwrap();
    proxy.set(Fault::Silent);
    let error = store
        .append(&opened.lease, Arc::new(batch(1)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), geppetto_store::ErrorKind::Unavailable);
    assert!(
        error.to_string().contains("did not answer in time"),
        "{error}"
    );
    store.info("chat").await.unwrap_err();
    proxy.set(Fault::None);
    let appended = store
        .append(&opened.lease, Arc::new(batch(1)))
        .await
        .unwrap();
    assert_eq!(appended.turns, 1);
    assert_eq!(store.info("chat").await.unwrap().turns, 1);
}
