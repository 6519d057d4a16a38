//! A server that was killed and started again shows the same, and continues the run that was cut.

use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_web::Options;
use serde_json::json;

use crate::support::{Server, Window, answer, is_answered};

#[tokio::test]
async fn in_the_middle_of_an_answer() {
    let store = MemoryStore::new();
    let gate = Gate::new();
    let engine = ScriptedEngine::new([
        Script::new().text("Hello."),
        Script::new().text("Once ").hold_at(&gate).text("never"),
    ]);
    let host = Host::builder(store.clone(), Builder::new(engine))
        .owner("web")
        .build();
    let server = Server::of(host, Options::new()).await;
    let session = server.session().await;
    server.tell(&session, "Say hello").await;
    let mut window = Window::open(&server, &session).await;
    server
        .post(&format!("{session}/messages"), &json!({"text": "A story"}))
        .await;
    window.until(|view| answer(view) == "Once ").await;
    server.stop().await;
    assert!(!window.step().await, "the stream has ended");

    let engine = ScriptedEngine::always(Script::new().text("Once upon a time."));
    let host = Host::builder(store, Builder::new(engine.clone()))
        .owner("web")
        .build();
    let server = Server::of(host, Options::new()).await;
    let mut window = window.again(&server, &session).await;
    window
        .until(|view| answer(view) == "Once upon a time." && is_answered(view))
        .await;
    let texts: Vec<_> = window
        .view
        .entities()
        .filter_map(|own| own.text())
        .collect();
    assert_eq!(
        texts,
        ["Say hello", "Hello.", "A story", "Once upon a time."]
    );
    // The model was asked with the whole history.
    assert_eq!(engine.turns()[0].blocks.len(), 3);
    server.host.session(&session[10..]).idle().await;
    let mut fresh = Window::open(&server, &session).await;
    fresh.until(|view| !view.is_empty()).await;
    assert_eq!(fresh.view, window.view);
}
