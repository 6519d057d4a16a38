//! Providers number the calls of each reply from the same id. After a restart, each call has its
//! own answer.

#![allow(clippy::unwrap_used, reason = "a test's helpers panic too")]

use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_store::{
    Claim, EffectState, MemoryStore, Restored, Resumption, SessionStore, UnknownOutcome,
};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_toolloop::{ToolError, ToolRegistry, tool_fn};

const ID: &str = "chat";

fn session(restored: Restored<MemoryStore>, engine: &ScriptedEngine, gate: &Gate) -> Session {
    let gate = gate.clone();
    let look = move || {
        let gate = gate.clone();
        async move {
            gate.pass().await;
            Ok::<_, ToolError>("seen")
        }
    };
    let tools = ToolRegistry::new()
        .with(tool_fn("look", "Looks", look).idempotent())
        .unwrap();
    let journal = restored.journal();
    let builder = Builder::new(engine.clone())
        .tools(tools)
        .journal(journal.clone())
        .persister(journal);
    Session::builder(builder)
        .id(ID)
        .event_stream(restored.event_stream())
        .history(restored.turns)
        .acknowledge_recorded(true)
        .build()
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_cut_off_does_not_get_the_answer_of_an_earlier_one() {
    let (store, claim) = (MemoryStore::new(), Claim::new("a").taking_over());
    let engine = ScriptedEngine::new([
        Script::new().tool_call("call_0", "look", "{}"),
        Script::new().text("Fine."),
        Script::new().tool_call("call_0", "look", "{}"),
    ]);
    let open = Gate::new();
    open.open();
    let restored = Restored::open(store.clone(), ID, &claim).await.unwrap();
    let first = session(restored, &engine, &open);
    first.submit("Look").await.unwrap().wait().await.unwrap();
    drop(first);

    let closed = Gate::new();
    let restored = Restored::open(store.clone(), ID, &claim).await.unwrap();
    let second = session(restored, &engine, &closed);
    let _run = second.submit("Look again").await.unwrap();
    closed.reached().await; // as if the process had been killed here

    let mut restored = Restored::open(store.clone(), ID, &claim).await.unwrap();
    let resumption = restored.resume(UnknownOutcome::Tell).await.unwrap();
    assert!(matches!(resumption, Resumption::Run(_)), "{resumption:?}");
    let effects = store.effects(ID, 1).await.unwrap();
    let states: Vec<_> = effects.into_iter().map(|own| own.state).collect();
    assert_eq!(states, [EffectState::Waiting]);

    // Nor if this process ends as well, before the tool runs.
    let restored = Restored::open(store.clone(), ID, &claim).await.unwrap();
    let latest = restored.turns.last().unwrap();
    assert_eq!(latest.pending_tool_calls(0).len(), 1);
}
