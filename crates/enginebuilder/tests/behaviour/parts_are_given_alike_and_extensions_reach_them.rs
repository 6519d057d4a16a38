//! A builder accepts every part by value or behind an `Arc`, and extensions of an application reach
//! middleware and tools.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use geppetto_engine::{
    EngineError, Middleware, Next, Persister, Phase, RunContext, RunJournal, RunStatus,
    SnapshotHook, StoreError,
};
use geppetto_enginebuilder::Builder;
use geppetto_events::{Event, EventSink, MemorySink};
use geppetto_session::Session;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{DefaultExecutor, Extension, ToolExecutor, ToolRegistry, tool_fn};
use geppetto_turns::{InferenceResult, Turn};

/// Records its callers.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<&'static str>>>);

impl Notes {
    fn note(&self, what: &'static str) {
        self.0.lock().unwrap().push(what);
    }

    fn count(&self, what: &str) -> usize {
        let notes = self.0.lock().unwrap();
        notes.iter().filter(|note| **note == what).count()
    }
}

#[async_trait]
impl Middleware for Notes {
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        self.note("middleware");
        if ctx.extension::<Caller>().is_some() {
            self.note("caller");
        }
        next.run(ctx, turn).await
    }
}

impl EventSink for Notes {
    fn publish(&self, event: &Event) {
        if event.is_terminal() {
            self.note("sink");
        }
    }
}

#[async_trait]
impl Persister for Notes {
    async fn persist(&self, _: &Turn, _: &RunStatus) -> Result<(), StoreError> {
        self.note("persister");
        Ok(())
    }
}

#[async_trait]
impl RunJournal for Notes {
    async fn run_started(&self, _: &RunContext, _: &Turn) -> Result<(), EngineError> {
        self.note("journal");
        Ok(())
    }
}

impl SnapshotHook for Notes {
    fn snapshot(&self, _: &RunContext, _: &Turn, phase: Phase) {
        if phase == Phase::Final {
            self.note("hook");
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Caller(&'static str);

fn engine() -> ScriptedEngine {
    ScriptedEngine::new([
        Script::new().tool_call("call_1", "whoami", "{}"),
        Script::new().text("You are Ada."),
    ])
}

fn tools() -> ToolRegistry {
    let whoami = async |Extension(Caller(name)): Extension<Caller>| name;
    ToolRegistry::new()
        .with(tool_fn("whoami", "The name of the user", whoami))
        .unwrap()
}

async fn check(builder: Builder, notes: &Notes) {
    let builder = builder.tools(tools()).extension(Caller("Ada"));
    let turn = Session::new(builder).submit("Who am I?").await.unwrap();
    let turn = turn.wait().await.unwrap();
    assert_eq!(turn.tool_answer("call_1").unwrap().output(), "Ada");
    for (part, times) in [
        ("middleware", 2),
        ("caller", 2),
        ("sink", 1),
        ("persister", 1),
        ("journal", 1),
        ("hook", 1),
    ] {
        assert_eq!(notes.count(part), times, "{part}");
    }
}

#[tokio::test]
async fn parts_are_taken_by_value() {
    let notes = Notes::default();
    let builder = Builder::new(engine())
        .middleware(notes.clone())
        .event_sink(notes.clone())
        .persister(notes.clone())
        .journal(notes.clone())
        .snapshot_hook(notes.clone())
        .tool_executor(DefaultExecutor);
    check(builder, &notes).await;
}

#[tokio::test]
async fn parts_are_taken_behind_an_arc() {
    let notes = Arc::new(Notes::default());
    let middleware: Arc<dyn Middleware> = notes.clone();
    let sink: Arc<dyn EventSink> = notes.clone();
    let persister: Arc<dyn Persister> = notes.clone();
    let executor: Arc<dyn ToolExecutor> = Arc::new(DefaultExecutor);
    let builder = Builder::new(Arc::new(engine()))
        .middleware(middleware)
        .event_sink(sink)
        .persister(persister)
        .journal(notes.clone())
        .snapshot_hook(notes.clone())
        .tool_executor(executor);
    check(builder, &notes).await;
}

#[tokio::test]
async fn a_sink_that_is_given_twice_is_told_once() {
    let memory = Arc::new(MemorySink::new());
    let sink: Arc<dyn EventSink> = memory.clone();
    let engine = ScriptedEngine::always(Script::new().text("Hello."));
    let builder = Builder::new(engine)
        .event_sink(sink.clone())
        .event_sink(sink);
    let run = Session::new(builder).submit("Hi").await.unwrap();
    run.wait().await.unwrap();
    let ends = memory.events();
    assert_eq!(ends.iter().filter(|event| event.is_terminal()).count(), 1);
}

/// Records its name on the way to the engine.
struct Named(&'static str, Notes);

#[async_trait]
impl Middleware for Named {
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        self.1.note(self.0);
        next.run(ctx, turn).await
    }
}

#[tokio::test]
async fn a_chain_that_is_chosen_at_run_time_runs_inside_of_what_was_added_before() {
    let notes = Notes::default();
    let named = |name| Named(name, notes.clone());
    let chain: Vec<Arc<dyn Middleware>> = vec![Arc::new(named("b")), Arc::new(named("c"))];
    let builder = Builder::new(ScriptedEngine::always(Script::new().text("ok")))
        .middleware(named("a"))
        .middlewares(chain)
        .middleware(named("d"));
    let run = Session::new(builder).submit("hi").await.unwrap();
    run.wait().await.unwrap();
    assert_eq!(*notes.0.lock().unwrap(), ["a", "b", "c", "d"]);
}
