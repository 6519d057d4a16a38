//! A value may be nested to any depth: its session is opened again, continued, exported and imported.

use geppetto_engine::RunStatus;
use geppetto_enginebuilder::Builder;
use geppetto_events::{CustomEvent, EventKind};
use geppetto_session::Session;
use geppetto_store::{Claim, Export, Import, MemoryStore, Restored, SessionStore, export_yaml};
use geppetto_store_sqlite::SqliteStore;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{ToolContext, ToolError, ToolRegistry, raw_tool_fn};
use geppetto_turns::Turn;
use serde_json::{Value, json};

use crate::folder::Folder;

fn nested(depth: usize) -> Value {
    (1..depth).fold(json!({}), |inner, n| {
        if n % 2 == 0 {
            Value::Object([("a".to_owned(), inner)].into_iter().collect())
        } else {
            Value::Array(vec![inner])
        }
    })
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        Value::String(text) => serde_json::from_str(text).map_or(0, |inner| {
            let inner: Value = inner;
            if inner.is_string() { 0 } else { depth(&inner) }
        }),
        _ => 0,
    }
}

/// A tool whose result is its argument, and which publishes it.
fn tools() -> ToolRegistry {
    let echo = async |args: Value, ctx: ToolContext| {
        let fields = [("value".to_owned(), args.clone())];
        let event = CustomEvent::new("echoed", fields.into_iter().collect());
        ctx.run.publish(EventKind::Custom(event));
        Ok::<_, ToolError>(args.to_string())
    };
    let schema = json!({"type": "object"});
    ToolRegistry::new()
        .with(raw_tool_fn("echo", "Returns its arguments", schema, echo))
        .unwrap()
}

/// Runs one prompt for each depth.
async fn run_all(store: &SqliteStore, depths: &[usize]) {
    let claim = Claim::new("a").taking_over();
    let restored = Restored::open(store.clone(), "s", &claim).await.unwrap();
    let journal = restored.journal();
    let engine = ScriptedEngine::new(depths.iter().flat_map(|depth| {
        let arguments = json!({"a": nested(depth - 1)}).to_string();
        let call = Script::new().tool_call("call", "echo", arguments);
        [call, Script::new().text("done")]
    }));
    let builder = Builder::new(engine)
        .tools(tools())
        .journal(journal.clone())
        .persister(journal);
    let session = Session::builder(builder)
        .id("s")
        .history(restored.turns.clone())
        .event_stream(restored.event_stream())
        .build();
    for depth in depths {
        let value = nested(*depth);
        let prompt = session.prompt("Hello").edit(move |turn: &mut Turn| {
            turn.extra.set("deep", value.clone());
            let last = turn.blocks.len() - 1;
            if let Some(prompt) = turn.blocks.make_mut(last) {
                prompt.extra.set("deep", value);
            }
        });
        let outcome = prompt.submit().await.unwrap().outcome().await;
        assert_eq!(outcome.status, RunStatus::Finished, "{depth}");
        assert!(outcome.persist_error.is_none(), "{depth}");
    }
}

async fn check(depths: &[usize]) {
    let folder = Folder::new();
    let file = folder.file();
    let store = SqliteStore::open(&file).await.unwrap();
    let (first, second) = depths.split_at(depths.len() / 2);
    run_all(&store, first).await;
    store.close().await;
    let store = SqliteStore::open(&file).await.unwrap();
    run_all(&store, second).await;
    store.close().await;
    let store = SqliteStore::open(&file).await.unwrap();
    assert!(store.check().await.unwrap().is_clean());
    let mut import = Import::new();
    let mut export = Export::new(&store, "s").await.unwrap();
    while let Some(lines) = export.next().await.unwrap() {
        lines.lines().for_each(|line| import.line(line).unwrap());
    }
    let memory = MemoryStore::new();
    import.write(&memory, "s").await.unwrap();
    let mut import = Import::new();
    let mut export = Export::new(&memory, "s").await.unwrap();
    while let Some(lines) = export.next().await.unwrap() {
        lines.lines().for_each(|line| import.line(line).unwrap());
    }
    import.write(&store, "copy").await.unwrap();
    for (index, expected) in (0..).zip(depths) {
        let turn = store.turn("s", index).await.unwrap();
        let stored = turn.extra.get("deep").unwrap();
        assert_eq!(depth(stored), *expected);
        // One level for the turn.
        assert!(
            *expected >= 496 || *stored == nested(*expected),
            "{expected}"
        );
        assert_eq!(memory.turn("s", index).await.unwrap(), turn);
        assert_eq!(store.turn("copy", index).await.unwrap(), turn);
    }
    let yaml = export_yaml(&store, "s", None).await.unwrap();
    Turn::from_yaml(&yaml).unwrap();
}

#[tokio::test]
async fn near_the_limits_of_readers() {
    let near = [126, 496, 512].into_iter().flat_map(|n| n - 6..n + 6);
    check(&near.collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn depths_up_to_600() {
    let all: Vec<usize> = (1..=600).step_by(3).collect();
    for depths in all.chunks(60) {
        check(depths).await;
    }
}
