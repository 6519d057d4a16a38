//! A journal whose write was abandoned, or whose prompt was not accepted, records each change once
//! and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's helpers panic too"
)]

use std::{
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
};

use geppetto_engine::{
    ErrorKind, PendingCall, Persister, RandomIds, ReplacesTurn, RunContext, RunJournal, RunStatus,
    ToolEffect,
};
use geppetto_events::{Event, EventKind, EventStream, kind::Log};
use geppetto_store::{
    Appended, Batch, Claim, Effect, EffectWrite, Error, JournalOf, Lease, MemoryStore, RequestKey,
    RunPhase, SessionStore, async_trait,
    conformance::{Wrapped, Wraps},
};
use geppetto_turns::{Block, InferenceResult, ToolCall, ToolUse, Turn};
use tokio::sync::Semaphore;

const ID: &str = "chat";

/// A store that writes a batch at once, and acknowledges it when it is let go.
struct SlowWrites {
    inner: MemoryStore,
    let_go: Semaphore,
    appends: AtomicU64,
    batches: Mutex<Vec<Arc<Batch>>>,
}

type Slow = Wrapped<SlowWrites>;

impl SlowWrites {
    fn new(permits: usize) -> Arc<Slow> {
        Arc::new(Wrapped(Self {
            inner: MemoryStore::new(),
            let_go: Semaphore::new(permits),
            appends: AtomicU64::new(0),
            batches: Mutex::default(),
        }))
    }
}

#[async_trait]
impl Wraps for SlowWrites {
    type Store = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    async fn append(&self, lease: &Lease, batch: Arc<Batch>) -> Result<Appended, Error> {
        self.appends.fetch_add(1, Ordering::Relaxed);
        self.batches.lock().unwrap().push(Arc::clone(&batch));
        let appended = self.inner.append(lease, batch).await;
        self.let_go.acquire().await.unwrap().forget();
        appended
    }
}

async fn journal(store: &Arc<Slow>) -> JournalOf<Arc<Slow>> {
    let opened = store.open(ID, &Claim::new("a")).await.unwrap();
    JournalOf::new(Arc::clone(store), opened)
}

fn context(stream: &EventStream, run: &str, turn: &Turn) -> RunContext {
    RunContext::for_stream(stream.clone(), Arc::new(RandomIds::new())).with_run(ID, run, &turn.id)
}

fn turn(id: &str, base: Option<&Turn>, text: &str) -> Turn {
    let mut turn = base.cloned().unwrap_or_default();
    turn.id = id.to_owned();
    turn.push(Block::user(text));
    turn
}

async fn ids(store: &Slow) -> Vec<String> {
    let rows = store.turn_rows(ID, 0, 99).await.unwrap();
    rows.into_iter().map(|row| row.head.id).collect()
}

fn poll_once(future: impl Future<Output = Result<(), Error>>) -> Poll<Result<(), Error>> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn a_write_that_was_abandoned_is_repeated_before_the_next() {
    let store = SlowWrites::new(0);
    let journal = journal(&store).await;
    let first = turn("t1", None, "one");
    assert!(poll_once(journal.record_turn(&first)).is_pending());
    // It is written, and not acknowledged.
    assert_eq!(ids(&store).await, ["t1"]);
    store.let_go.add_permits(9);
    let second = turn("t2", Some(&first), "two");
    journal.record_turn(&second).await.unwrap();
    assert_eq!(ids(&store).await, ["t1", "t2"]);
    assert_eq!(store.appends.load(Ordering::Relaxed), 3);
    // An unchanged turn is no change.
    journal.record_turn(&second).await.unwrap();
    assert_eq!(store.turn(ID, 1).await.unwrap(), second);
    assert_eq!(ids(&store).await, ["t1", "t2"]);
}

#[tokio::test]
async fn a_withdrawn_prompt_leaves_no_turn() {
    let store = SlowWrites::new(99);
    let journal = journal(&store).await;
    let stream = EventStream::new();
    let first = turn("t1", None, "one");
    journal.record_turn(&first).await.unwrap();
    let prompt = turn("t2", Some(&first), "never mind");
    let ctx = context(&stream, "r1", &prompt);
    journal.run_started(&ctx, &prompt).await.unwrap();
    assert_eq!(ids(&store).await, ["t1", "t2"]);
    journal.run_withdrawn(&ctx, &prompt).await.unwrap();
    assert_eq!(ids(&store).await, ["t1"]);
    assert!(store.info(ID).await.unwrap().run.unwrap().is_ended());
    // One that runs on the latest turn restores it.
    let mut again = first.clone();
    again.metadata.set_raw("app.run@v1", 1.into());
    let ctx = context(&stream, "r2", &again);
    journal.run_started(&ctx, &again).await.unwrap();
    assert_eq!(store.turn(ID, 0).await.unwrap(), again);
    journal.run_withdrawn(&ctx, &again).await.unwrap();
    assert_eq!(store.turn(ID, 0).await.unwrap(), first);
    let next = turn("t3", Some(&first), "go on");
    journal
        .run_started(&context(&stream, "r3", &next), &next)
        .await
        .unwrap();
    assert_eq!(ids(&store).await, ["t1", "t3"]);
}

#[tokio::test]
async fn a_prompt_whose_barrier_was_given_up_leaves_no_turn() {
    let store = SlowWrites::new(0);
    let journal = journal(&store).await;
    let stream = EventStream::new();
    let prompt = turn("t1", None, "too slow");
    {
        let ctx = context(&stream, "r1", &prompt);
        let mut start = journal.run_started(&ctx, &prompt);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(start.as_mut().poll(&mut cx).is_pending());
    }
    store.let_go.add_permits(9);
    let next = turn("t2", None, "again");
    let ctx = context(&stream, "r2", &next);
    journal.run_started(&ctx, &next).await.unwrap();
    assert_eq!(ids(&store).await, ["t2"]);
    assert_eq!(store.info(ID).await.unwrap().run.unwrap().run, "r2");
}

#[tokio::test]
async fn a_prompt_that_replaces_a_turn_does_so_in_one_write() {
    let store = SlowWrites::new(99);
    let journal = journal(&store).await;
    let stream = EventStream::new();
    let first = turn("t1", None, "one");
    let second = turn("t2", Some(&first), "two");
    for own in [&first, &second] {
        journal.record_turn(own).await.unwrap();
    }
    let again = turn("t3", Some(&first), "two, again");
    let replaces = ReplacesTurn::new("t2", Some(first.clone()));
    let ctx = context(&stream, "r1", &again).with_extension(replaces);
    let key = RequestKey::new("key", b"body");
    let ctx = ctx.with_extension(key.clone());
    journal.run_started(&ctx, &again).await.unwrap();
    assert_eq!(ids(&store).await, ["t1", "t3"]);
    let batch = store.batches.lock().unwrap().last().unwrap().clone();
    assert!(batch.drops_latest && batch.turns.len() == 1 && batch.requests.len() == 1);
    let request = store.request(ID, "key").await.unwrap().unwrap();
    assert_eq!((request.run.as_str(), request.digest), ("r1", key.digest));
    // A withdrawal undoes all of it.
    journal.run_withdrawn(&ctx, &again).await.unwrap();
    assert_eq!(ids(&store).await, ["t1", "t2"]);
    assert_eq!(store.turn(ID, 1).await.unwrap(), second);
    assert_eq!(store.request(ID, "key").await.unwrap(), None);
    // A turn that was not recorded cannot be replaced.
    let ctx = context(&stream, "r2", &again).with_extension(ReplacesTurn::new("t9", None));
    let refused = journal.run_started(&ctx, &again).await.unwrap_err();
    assert!(refused.to_string().contains("record_turn"), "{refused}");
    assert_eq!(ids(&store).await, ["t1", "t2"]);
}

#[tokio::test]
async fn a_turn_is_removed_with_its_successor_unwritten() {
    let store = SlowWrites::new(99);
    let journal = journal(&store).await;
    let first = turn("t1", None, "one");
    let second = turn("t2", Some(&first), "two");
    for own in [&first, &second] {
        journal.record_turn(own).await.unwrap();
    }
    let mut changed = first.clone();
    changed.metadata.set_raw("app.totals@v1", 2.into());
    let refused = journal.record_removal(&first, None).await.unwrap_err();
    assert!(refused.to_string().contains("`t2`"), "{refused}");
    journal
        .record_removal(&second, Some(&changed))
        .await
        .unwrap();
    assert_eq!(ids(&store).await, ["t1"]);
    assert_eq!(store.turn(ID, 0).await.unwrap(), changed);
    journal.record_removal(&changed, None).await.unwrap();
    assert_eq!(ids(&store).await, [""; 0]);
}

#[tokio::test]
async fn the_title_is_the_first_words_of_the_first_prompt() {
    for (prompt, expected) in [
        ("  What is\n\tthe time? ", Some("What is the time?")),
        ("", None),
        ("\u{7}bell", Some("bell")),
    ] {
        let store = SlowWrites::new(99);
        let journal = journal(&store).await;
        journal
            .record_turn(&turn("t1", None, prompt))
            .await
            .unwrap();
        let title = store.info(ID).await.unwrap().title;
        assert_eq!(title.as_deref(), expected);
    }
    let store = SlowWrites::new(99);
    let journal = journal(&store).await;
    let long = turn("t1", None, &"many words ".repeat(50));
    journal.record_turn(&long).await.unwrap();
    let title = store.info(ID).await.unwrap().title.unwrap();
    assert!(
        title.ends_with("words\u{2026}") && title.chars().count() <= 81,
        "{title}"
    );
    let word = turn("t2", None, &"x".repeat(500));
    journal.record_turn(&word).await.unwrap();
    assert_eq!(store.info(ID).await.unwrap().title.unwrap(), title);
    journal
        .record_labels(Some("Mine"), Some("ann"))
        .await
        .unwrap();
    let info = store.info(ID).await.unwrap();
    assert_eq!(
        (info.title.as_deref(), info.group.as_deref()),
        (Some("Mine"), Some("ann"))
    );
}

#[tokio::test]
async fn effects_of_parallel_tools_share_a_write() {
    let store = SlowWrites::new(1);
    let journal = journal(&store).await;
    let prompt = turn("t1", None, "one");
    let ctx = context(&EventStream::new(), "r1", &prompt);
    journal.run_started(&ctx, &prompt).await.unwrap();
    let calls: Vec<ToolCall> = (0..8)
        .map(|n| ToolCall::new(format!("c{n}"), "t", "{}"))
        .collect();
    let effects: Vec<ToolEffect<'_>> = calls
        .iter()
        .map(|call| ToolEffect::new(call, &call.id, false))
        .collect();
    let mut started: Vec<_> = effects
        .iter()
        .map(|own| journal.before_tool(&ctx, own))
        .collect();
    let mut cx = Context::from_waker(Waker::noop());
    for start in &mut started {
        assert!(start.as_mut().poll(&mut cx).is_pending());
    }
    store.let_go.add_permits(9);
    for start in started {
        start.await.unwrap();
    }
    // One for the start of the run, one for the first tool, one for all others.
    assert_eq!(store.appends.load(Ordering::Relaxed), 3);
    let answer = Block::tool_result("c0", "yes");
    let answer: &ToolUse = answer.as_tool_use().unwrap();
    journal.after_tool(&ctx, &effects[0], answer).await.unwrap();
    let found = store.effects(ID, 0).await.unwrap();
    let open: Vec<bool> = found.iter().map(Effect::is_open).collect();
    assert_eq!(open, [false, true, true, true, true, true, true, true]);
    // A call that was answered without its tool has no effect.
    let call = ToolCall::new("c9", "t", "{}");
    let effect = ToolEffect::new(&call, "c9", false);
    journal.after_tool(&ctx, &effect, answer).await.unwrap();
    assert_eq!(store.effect(ID, "c9").await.unwrap(), None);
}

#[tokio::test]
async fn a_run_of_another_session_and_a_stream_without_its_events_are_refused() {
    let store = SlowWrites::new(99);
    let journal = journal(&store).await;
    let prompt = turn("t1", None, "one");
    let stream = EventStream::fragment();
    let ctx = context(&stream, "r1", &prompt).with_run("other", "r1", "t1");
    let refused = journal.run_started(&ctx, &prompt).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Configuration);
    journal
        .run_started(&context(&stream, "r1", &prompt), &prompt)
        .await
        .unwrap();
    stream.publish(Event::new(EventKind::Log(Log::new("info", "x"))), &[]);
    journal.flush().await.unwrap();
    assert_eq!(store.info(ID).await.unwrap().last_seq, 1);
    let fresh = context(&EventStream::new(), "r2", &prompt);
    let refused = journal.run_started(&fresh, &prompt).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the store has events up to 1, and the session's are at 0; build it with \
         `EventStream::new().starting_after(1)`"
    );
}

impl SlowWrites {
    /// Describes the batches since the last call: durability, and what they change.
    fn batches(&self) -> Vec<String> {
        let batches = std::mem::take(&mut *self.batches.lock().unwrap());
        let describe = |batch: &Arc<Batch>| {
            let mut words = vec![format!("{:?}", batch.durability)];
            if batch.drops_latest {
                words.push("drop".to_owned());
            }
            words.extend(batch.turns.iter().map(|row| format!("turn {}", row.index)));
            let effects = batch.effects.iter();
            words.extend(effects.map(|own| match own {
                EffectWrite::Begin(_) => "begin".to_owned(),
                EffectWrite::Wait { .. } => "wait".to_owned(),
                _ => "finish".to_owned(),
            }));
            let run = batch.run.iter();
            words.extend(run.map(|own| match &own.phase {
                RunPhase::Ended(end) => format!("{:?}", end.status),
                phase => format!("{phase:?}"),
            }));
            words.join(" ")
        };
        batches.iter().map(describe).collect()
    }
}

#[tokio::test]
async fn each_barrier_has_the_durability_of_the_table() {
    let store = SlowWrites::new(99);
    let journal = journal(&store).await;
    let stream = EventStream::new();
    let mut prompt = turn("t1", None, "one");
    let ctx = context(&stream, "r1", &prompt);
    prompt
        .metadata
        .set_raw("geppetto.inference_id@v1", "r1".into());
    journal.run_started(&ctx, &prompt).await.unwrap();
    journal.before_provider_call(&ctx, &prompt).await.unwrap();
    let call = ToolCall::new("c", "t", "{}");
    let mut replied = prompt.clone();
    replied.push(Block::tool_call(call.clone()));
    let result = InferenceResult::default();
    journal
        .after_provider_call(&ctx, &replied, Ok(&result))
        .await
        .unwrap();
    let effect = ToolEffect::new(&call, "key", true);
    journal.before_tool(&ctx, &effect).await.unwrap();
    let waiting = PendingCall::new("c", "t", "{}", "May I?");
    journal.tool_waits(&ctx, &effect, &waiting).await.unwrap();
    journal.before_tool(&ctx, &effect).await.unwrap();
    let answer = Block::tool_result("c", "yes");
    let answer: &ToolUse = answer.as_tool_use().unwrap();
    journal.after_tool(&ctx, &effect, answer).await.unwrap();
    let mut answered = replied.clone();
    answered.push(Block::tool_result("c", "yes"));
    let status = RunStatus::Finished;
    journal.run_ended(&ctx, &answered, &status).await.unwrap();
    answered.metadata.set_raw("app.totals@v1", 1.into());
    journal.persist(&answered, &status).await.unwrap();
    assert_eq!(
        store.batches(),
        [
            "Synced turn 0 Started",
            "Written Calling",
            "Synced turn 0 Replied",
            "Synced begin",
            "Synced wait",
            "Synced begin",
            "Synced finish",
            "Written turn 0 Finished",
            "Synced turn 0 Finished",
        ]
    );
    assert_eq!(store.effect(ID, "key").await.unwrap().unwrap().begun, 2);
}

#[tokio::test]
async fn a_turn_is_stored_without_waiting_if_the_store_does_not_wait() {
    let store = SlowWrites::new(1);
    let journal = journal(&store).await;
    let first = turn("t1", None, "one");
    journal.persist_now(&first, &RunStatus::Cancelled).unwrap();
    assert_eq!(ids(&store).await, ["t1"]);
    // It is unknown whether this one is stored; the next write finds out.
    let second = turn("t2", Some(&first), "two");
    let error = journal.persist_now(&second, &RunStatus::Cancelled);
    assert_eq!(
        error.unwrap_err().to_string(),
        "not stored: the runtime shut down"
    );
    store.let_go.add_permits(9);
    journal.flush().await.unwrap();
    assert_eq!(ids(&store).await, ["t1", "t2"]);
}
