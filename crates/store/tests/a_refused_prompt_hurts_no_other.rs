//! A prompt that the store refuses for its content is withdrawn: nothing of it is written later, the
//! session goes on, and its lease can be released.

#![allow(clippy::unwrap_used, reason = "a test's helpers panic too")]

use geppetto_enginebuilder::Builder;
use geppetto_session::{Session, SessionError};
use geppetto_store::{
    Claim, JournalOf, MAX_ID_BYTES, MemoryStore, RequestKey, Restored, SessionStore,
};
use geppetto_testing::{Script, ScriptedEngine};

const ID: &str = "chat";

async fn open(store: &MemoryStore) -> (Session, JournalOf<MemoryStore>) {
    let claim = Claim::new("a");
    let restored = Restored::open(store.clone(), ID, &claim).await.unwrap();
    let journal = restored.journal();
    let engine = ScriptedEngine::always(Script::new().text("Hi."));
    let builder = Builder::new(engine)
        .journal(journal.clone())
        .persister(journal.clone());
    let session = Session::builder(builder)
        .id(ID)
        .event_stream(restored.event_stream())
        .history(restored.turns)
        .acknowledge_recorded(true)
        .build();
    (session, journal)
}

#[tokio::test(start_paused = true)]
async fn first_or_later() {
    let store = MemoryStore::new();
    let (session, journal) = open(&store).await;
    let long = RequestKey::new("k".repeat(MAX_ID_BYTES + 1), b"");
    for (expected, prompt) in ["one", "two"].into_iter().enumerate() {
        let refused = session.prompt("Refused").extension(long.clone());
        let error = refused.submit().await.unwrap_err();
        assert!(matches!(error, SessionError::NotRecorded(_)), "{error:?}");
        journal.flush().await.unwrap();
        assert_eq!(store.info(ID).await.unwrap().turns, expected as u64);
        let known = session
            .prompt(prompt)
            .extension(RequestKey::new(prompt, b""));
        known.submit().await.unwrap().wait().await.unwrap();
    }
    // A retry that is refused leaves the turn that it would have replaced.
    let retry = session.retry().extension(long.clone());
    retry.submit().await.unwrap_err();
    journal.close().await.unwrap();
    let info = store.info(ID).await.unwrap();
    assert_eq!((info.turns, info.owner), (2, None));
    assert_eq!(info.title.as_deref(), Some("one"));
    assert!(info.run.unwrap().is_ended());
    assert_eq!(store.turn(ID, 1).await.unwrap(), session.latest().unwrap());
    assert!(store.request(ID, "two").await.unwrap().is_some());
    assert_eq!(store.request(ID, &long.key).await.unwrap(), None);
}
