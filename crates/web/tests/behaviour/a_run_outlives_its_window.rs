//! Windows come and go; a run ends by itself, or when it is cancelled.

use geppetto_testing::{Gate, Script, ScriptedEngine};
use serde_json::json;

use crate::support::{Server, Window, answer, is_answered};

#[tokio::test]
async fn a_run_goes_on_when_all_windows_are_closed() {
    let gate = Gate::new();
    let script = Script::new()
        .text("Once ")
        .hold_at(&gate)
        .text("upon a time.");
    let server = Server::new(ScriptedEngine::always(script)).await;
    let session = server.session().await;
    let mut window = Window::open(&server, &session).await;
    server
        .post(&format!("{session}/messages"), &json!({"text": "A story"}))
        .await;
    window.until(|view| answer(view) == "Once ").await;
    assert!(window.view.status.run.is_some());
    drop(window);
    gate.open();
    server.host.session(&session[10..]).idle().await;
    let mut window = Window::open(&server, &session).await;
    window.until(is_answered).await;
    assert_eq!(answer(&window.view), "Once upon a time.");
}

#[tokio::test]
async fn a_window_that_comes_late_shows_the_same() {
    let gate = Gate::new();
    let script = Script::new()
        .reasoning("Well.")
        .text("Once ")
        .hold_at(&gate)
        .text("upon a time.");
    let server = Server::new(ScriptedEngine::always(script)).await;
    let session = server.session().await;
    server.tell_later(&session, "A story").await;
    gate.reached().await;
    let mut early = Window::open(&server, &session).await;
    early.until(|view| answer(view) == "Once ").await;
    let mut late = Window::open(&server, &session).await;
    late.until(|view| answer(view) == "Once ").await;
    assert_eq!(early.view, late.view);
    gate.open();
    early.until(is_answered).await;
    late.until(is_answered).await;
    assert_eq!(early.view, late.view);
}

impl Server {
    async fn tell_later(&self, session: &str, text: &str) {
        let sent = self
            .post(&format!("{session}/messages"), &json!({"text": text}))
            .await;
        assert_eq!(sent.status, 202);
    }
}
