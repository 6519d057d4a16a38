//! A recovery that is cut off, and changes at the wrong moment, leave a session that goes on.

use std::time::Duration;

use geppetto_host::ErrorKind;
use geppetto_store::{MemoryStore, SessionStore as _};
use geppetto_testing::Gate;

use super::support::{Dying, ID, World, log, said};

const LIMIT: Duration = Duration::from_secs(5);

#[tokio::test(start_paused = true)]
async fn a_recovery_that_is_killed_at_any_write_can_be_repeated() {
    for at in 1.. {
        let (memory, world) = (MemoryStore::new(), World::default());
        // Dies after the first tool.
        let first = Dying::mortal(memory.clone(), 6, true);
        let host = world.host(first.clone()).build();
        drop(host.session(ID).submit("note then pay").await.unwrap());
        first.died().await;
        drop(host);
        let second = Dying::mortal(memory.clone(), at, true);
        let host = world.host(second.clone()).build();
        let is_over = tokio::select! {
            biased;
            () = second.died() => false,
            () = async {
                host.recover().await.unwrap();
                host.session(ID).idle().await;
                host.shutdown(LIMIT).await;
            } => true,
        };
        let host = world.host(memory.clone()).build();
        host.recover().await.unwrap();
        let session = host.session(ID);
        session.idle().await;
        session.submit("next").await.unwrap().wait().await.unwrap();
        assert_eq!(session.turns().await.unwrap().len(), 2);
        host.shutdown(LIMIT).await;
        assert!(world.acts("pay").len() <= 1, "{at}");
        assert!(memory.info(ID).await.unwrap().run.unwrap().is_ended());
        log(&memory).await;
        if is_over {
            assert!(at > 3, "{at}");
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_removals_at_once_remove_two_turns_or_one_is_busy() {
    let memory = MemoryStore::new();
    let host = World::default().host(memory.clone()).build();
    let session = host.session(ID);
    for text in ["one", "two", "three"] {
        session.submit(text).await.unwrap().wait().await.unwrap();
    }
    let (first, second) = tokio::join!(session.undo(), session.undo());
    let mut left = 3;
    let mut removed = Vec::new();
    for undone in [first, second] {
        match undone {
            Ok(turn) => {
                left -= 1;
                removed.push(turn.id);
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Busy, "{error}"),
        }
    }
    removed.dedup();
    assert_eq!(removed.len(), 3 - left);
    assert_eq!(memory.info(ID).await.unwrap().turns, left as u64);
    assert_eq!(session.turns().await.unwrap().len(), left);
}

#[tokio::test(start_paused = true)]
async fn a_prompt_is_not_removed_while_its_reply_streams() {
    let memory = MemoryStore::new();
    let gate = Gate::new();
    let world = World {
        in_reply: Some(gate.clone()),
        ..World::default()
    };
    let host = world.host(memory.clone()).build();
    let session = host.session(ID);
    let run = session.submit("one").await.unwrap();
    assert_eq!(session.undo().await.unwrap_err().kind(), ErrorKind::Busy);
    gate.reached().await;
    assert_eq!(session.undo().await.unwrap_err().kind(), ErrorKind::Busy);
    let fork = session.fork_at(0, None).await.unwrap();
    gate.open();
    run.wait().await.unwrap();
    session.undo().await.unwrap();
    assert_eq!(session.turns().await.unwrap().len(), 0);
    // A fork of an interrupted turn is a session of its own.
    let turn = fork.submit("two").await.unwrap().wait().await.unwrap();
    assert_eq!(said(&[turn]), "two.");
}
