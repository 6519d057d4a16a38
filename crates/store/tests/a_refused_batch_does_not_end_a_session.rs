//! A batch that the store refuses in the middle of a run fails that run. The session goes on, and
//! nothing that is acknowledged later is missing.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's helpers panic too"
)]

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use geppetto_engine::RunStatus;
use geppetto_enginebuilder::Builder;
use geppetto_events::{CustomEvent, EventKind, EventStream};
use geppetto_session::Session;
use geppetto_store::{
    Appended, Batch, Claim, EffectWrite, Error, ErrorKind, JournalOf, Lease, MemoryStore, Restored,
    SessionStore, async_trait,
    conformance::{Wrapped, Wraps},
};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{ToolContext, ToolError, ToolRegistry, raw_tool_fn};
use serde_json::{Map, Value, json};

const ID: &str = "chat";

/// A store that refuses some content, each time.
struct Strict {
    inner: MemoryStore,
    refuses: fn(&Batch) -> bool,
}

#[async_trait]
impl Wraps for Strict {
    type Store = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    async fn append(&self, lease: &Lease, batch: Arc<Batch>) -> Result<Appended, Error> {
        if (self.refuses)(&batch) {
            return Err(Error::new(ErrorKind::Invalid, "not in this store"));
        }
        self.inner.append(lease, batch).await
    }
}

type Store = Arc<Wrapped<Strict>>;

/// A tool that publishes an event and acts.
fn tools(acts: &Arc<AtomicU32>) -> ToolRegistry {
    let acts = Arc::clone(acts);
    let act = move |_: Value, ctx: ToolContext| {
        acts.fetch_add(1, Ordering::Relaxed);
        async move {
            let event = CustomEvent::new("acted", Map::new());
            ctx.run.publish(EventKind::Custom(event));
            Ok::<_, ToolError>("acted")
        }
    };
    ToolRegistry::new()
        .with(raw_tool_fn("act", "Acts", json!({"type": "object"}), act))
        .unwrap()
}

async fn open(memory: &MemoryStore, refuses: fn(&Batch) -> bool) -> Restored<Store> {
    let inner = memory.clone();
    let store = Arc::new(Wrapped(Strict { inner, refuses }));
    let claim = Claim::new("a").taking_over();
    Restored::open(store, ID, &claim).await.unwrap()
}

fn session(
    restored: &Restored<Store>,
    stream: EventStream,
    acts: &Arc<AtomicU32>,
) -> (Session, JournalOf<Store>) {
    let call = Script::new().tool_call("call", "act", "{}");
    let engine =
        ScriptedEngine::new([call, Script::new().text("One."), Script::new().text("Two.")]);
    let builder = Builder::new(engine).tools(tools(acts));
    let journal = restored.journal();
    let session = Session::builder(builder)
        .id(ID)
        .event_stream(stream)
        .history(restored.turns.clone())
        .recorder(journal.clone())
        .build();
    (session, journal)
}

/// Checks that everything is stored, and that numbers have no gap.
async fn check(memory: &MemoryStore, session: &Session) {
    let turns = session.turns();
    for (index, turn) in (0..).zip(&turns) {
        assert_eq!(&memory.turn(ID, index).await.unwrap(), turn);
    }
    let info = memory.info(ID).await.unwrap();
    assert_eq!(info.turns, turns.len() as u64);
    assert!(info.run.unwrap().is_ended());
    assert_eq!(info.last_seq, session.stream().last_seq());
    let mut last = 0;
    for event in memory.events(ID, 0, usize::MAX).await.unwrap() {
        assert_eq!(event.first_seq(), last + 1);
        last = event.seq;
    }
    assert_eq!(last, info.last_seq);
}

#[tokio::test(start_paused = true)]
async fn for_an_effect_that_cannot_be_stored() {
    let memory = MemoryStore::new();
    let refuses = |batch: &Batch| {
        let mut effects = batch.effects.iter();
        effects.any(|own| matches!(own, EffectWrite::Begin(_)))
    };
    let restored = open(&memory, refuses).await;
    let acts = Arc::default();
    let (session, journal) = session(&restored, restored.event_stream(), &acts);
    let outcome = session.submit("one").await.unwrap().outcome().await;
    assert!(
        matches!(outcome.status, RunStatus::Failed { .. }),
        "{outcome:?}"
    );
    assert_eq!(outcome.persist_error, None);
    assert_eq!(acts.load(Ordering::Relaxed), 0, "the tool ran unrecorded");
    let outcome = session.submit("two").await.unwrap().outcome().await;
    assert_eq!(outcome.status, RunStatus::Finished);
    journal.flush().await.unwrap();
    assert!(!journal.is_stuck());
    check(&memory, &session).await;
}

#[tokio::test(start_paused = true)]
async fn for_an_event_that_cannot_be_stored() {
    let memory = MemoryStore::new();
    let refuses = |batch: &Batch| {
        let mut events = batch.events.iter();
        events.any(|row| row.event().type_name() == "acted")
    };
    let restored = open(&memory, refuses).await;
    let acts = Arc::default();
    let (session, journal) = session(&restored, restored.event_stream(), &acts);
    session.submit("one").await.unwrap().outcome().await;
    let outcome = session.submit("two").await.unwrap().outcome().await;
    assert_eq!(outcome.status, RunStatus::Finished);
    assert_eq!(outcome.persist_error, None);
    journal.flush().await.unwrap();
    check(&memory, &session).await;
    let events = memory.events(ID, 0, usize::MAX).await.unwrap();
    let told = |json: String| json.contains("were not stored: not in this store");
    assert!(
        events
            .iter()
            .any(|event| told(serde_json::to_string(event).unwrap()))
    );
}

#[tokio::test(start_paused = true)]
async fn for_events_that_the_stream_no_longer_has() {
    let memory = MemoryStore::new();
    let restored = open(&memory, |_| false).await;
    let stream = EventStream::with_retained_bytes(1_000);
    for _ in 0..1_000 {
        let event = CustomEvent::new("early", Map::new());
        stream.publish(geppetto_events::Event::new(EventKind::Custom(event)), &[]);
    }
    let acts = Arc::default();
    let (session, journal) = session(&restored, stream, &acts);
    let outcome = session.submit("one").await.unwrap().outcome().await;
    assert_eq!(outcome.status, RunStatus::Finished, "{outcome:?}");
    journal.flush().await.unwrap();
    check(&memory, &session).await;
    let events = memory.events(ID, 0, 1).await.unwrap();
    assert_eq!(events[0].type_name(), "log");
    assert!(events[0].merged > 500, "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn and_a_turn_that_no_store_takes_leaves_the_earlier_ones() {
    let memory = MemoryStore::new();
    let refuses = |batch: &Batch| {
        let mut rows = batch.turns.iter();
        rows.any(|row| row.blocks.iter().any(|own| own.text() == Some("Two.")))
    };
    let restored = open(&memory, refuses).await;
    let acts = Arc::default();
    let (session, journal) = session(&restored, restored.event_stream(), &acts);
    session.submit("one").await.unwrap().wait().await.unwrap();
    let outcome = session.submit("two").await.unwrap().outcome().await;
    assert!(outcome.persist_error.is_some(), "{outcome:?}");
    for _ in 0..2 {
        journal.flush().await.unwrap_err();
    }
    assert!(journal.is_stuck());
    drop((session, journal));
    let restored = open(&memory, |_| false).await;
    assert_eq!(restored.turns.len(), 2);
}
