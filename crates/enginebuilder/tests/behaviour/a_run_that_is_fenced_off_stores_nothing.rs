//! A run whose session is owned by another process ends, and writes nothing once it knows.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use geppetto_engine::{
    EngineError, ErrorKind, Persister, RunContext, RunJournal, RunStatus, StoreError, ToolEffect,
};
use geppetto_enginebuilder::Builder;
use geppetto_session::{RunError, Session};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{NoArgs, ToolRegistry, tool_fn};
use geppetto_turns::{InferenceResult, ToolUse, Turn};

/// A store that refuses the nth write, and records all writes.
#[derive(Clone)]
struct Store {
    refuses: usize,
    writes: Arc<Mutex<Vec<String>>>,
}

impl Store {
    fn refusing(refuses: usize) -> Self {
        Self {
            refuses,
            writes: Arc::default(),
        }
    }

    fn refused(&self, what: &str) -> bool {
        let mut writes = self.writes.lock().unwrap();
        writes.push(what.to_owned());
        writes.len() > self.refuses
    }

    fn write(&self, what: &str) -> Result<(), EngineError> {
        if self.refused(what) {
            return Err(EngineError::new(
                ErrorKind::Fenced,
                "epoch 2 owns the session",
            ));
        }
        Ok(())
    }

    fn writes(&self) -> Vec<String> {
        self.writes.lock().unwrap().clone()
    }
}

#[async_trait]
impl RunJournal for Store {
    async fn run_started(&self, _: &RunContext, _: &Turn) -> Result<(), EngineError> {
        self.write("run_started")
    }

    async fn before_provider_call(&self, _: &RunContext, _: &Turn) -> Result<(), EngineError> {
        self.write("before_provider_call")
    }

    async fn after_provider_call(
        &self,
        _: &RunContext,
        _: &Turn,
        _: Result<&InferenceResult, &EngineError>,
    ) -> Result<(), EngineError> {
        self.write("after_provider_call")
    }

    async fn before_tool(&self, _: &RunContext, own: &ToolEffect<'_>) -> Result<(), EngineError> {
        assert!(own.idempotent && !own.key.is_empty());
        self.write("before_tool")
    }

    async fn after_tool(
        &self,
        _: &RunContext,
        _: &ToolEffect<'_>,
        _: &ToolUse,
    ) -> Result<(), EngineError> {
        self.write("after_tool")
    }

    async fn run_ended(&self, _: &RunContext, _: &Turn, _: &RunStatus) -> Result<(), EngineError> {
        self.write("run_ended")
    }
}

#[async_trait]
impl Persister for Store {
    async fn persist(&self, _: &Turn, _: &RunStatus) -> Result<(), StoreError> {
        if self.refused("persist") {
            return Err(StoreError::fenced("epoch 2 owns the session"));
        }
        Ok(())
    }
}

async fn fenced(store: &Store, ran: &Arc<Mutex<u32>>) -> (RunError, Session) {
    let engine = ScriptedEngine::new([
        Script::new().tool_call("c", "pay", "{}"),
        Script::new().text("paid"),
    ]);
    let count = Arc::clone(ran);
    let pay = tool_fn("pay", "Pays", move |_: NoArgs| {
        *count.lock().unwrap() += 1;
        async { "ok" }
    });
    let tools = ToolRegistry::new().with(pay.idempotent()).unwrap();
    let builder = Builder::new(engine)
        .tools(tools)
        .journal(store.clone())
        .persister(store.clone());
    let session = Session::new(builder);
    let run = session.submit("pay").await.unwrap();
    let error = run.wait().await.unwrap_err();
    let mut events = run.events();
    let mut last = None;
    while let Some(event) = events.next().await {
        last = Some(event);
    }
    assert_eq!(last.unwrap().type_name(), "run-failed");
    (error, session)
}

#[tokio::test]
async fn at_every_write() {
    let all = [
        "run_started",
        "before_provider_call",
        "after_provider_call",
        "before_tool",
        "after_tool",
        "before_provider_call",
        "after_provider_call",
        "run_ended",
        "persist",
    ];
    for refuses in 0..all.len() {
        let (store, ran) = (Store::refusing(refuses), Arc::default());
        let (error, session) = fenced(&store, &ran).await;
        assert_eq!(store.writes(), all[..=refuses]);
        let kind = error.engine_error().unwrap().kind();
        assert_eq!(kind, ErrorKind::Fenced, "{}", all[refuses]);
        let told = "epoch 2 owns the session; the turn was not stored: not stored: another \
                    process owns the session";
        assert_eq!(error.to_string(), told);
        // A tool whose barrier was refused did not run.
        assert_eq!(*ran.lock().unwrap(), u32::from(refuses > 3));
        assert!(!session.is_running());
        // The answer of a tool call is kept here, for inspection.
        let calls = session
            .latest()
            .unwrap()
            .blocks
            .iter()
            .filter(|own| own.as_tool_call().is_some())
            .count();
        let answers = session
            .latest()
            .unwrap()
            .blocks
            .iter()
            .filter(|own| own.as_tool_use().is_some())
            .count();
        assert_eq!(calls, answers);
    }
}
