//! A window that lost its connection anywhere shows in the end what the others show.

use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_store_sqlite::SqliteStore;
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_timeline::View;
use geppetto_toolloop::{ToolRegistry, raw_tool_fn};
use geppetto_web::Options;
use serde_json::{Value, json};

use crate::support::{Server, Window, is_answered};

fn host() -> Host {
    let tool = raw_tool_fn(
        "look",
        "Looks",
        json!({"type": "object"}),
        |_: Value| async { "rain" },
    );
    let engine = ScriptedEngine::new([
        Script::new()
            .reasoning("The user ")
            .reasoning("wants to know.")
            .text("I look. ")
            .tool_call_in_fragments("call-1", "look", [r#"{"at":"#, r#""Zurich"}"#]),
        Script::new().text("It ").text("rains ").text("in Zurich."),
    ]);
    let tools = ToolRegistry::new().with(tool).unwrap();
    Host::new(MemoryStore::new(), Builder::new(engine).tools(tools))
}

async fn finished(server: &Server, session: &str) -> (View, u64) {
    let mut window = Window::open(server, session).await;
    window.until(is_answered).await;
    (window.view, window.last_id.unwrap())
}

#[tokio::test]
async fn after_every_number() {
    let server = Server::of(host(), Options::new()).await;
    let session = server.session().await;
    // This window keeps the timeline of the run.
    let mut window = Window::open(&server, &session).await;
    server.tell(&session, "Weather?").await;
    window.until(is_answered).await;
    let (expected, last) = (window.view.clone(), window.last_id.unwrap());
    assert_eq!(finished(&server, &session).await, (expected.clone(), last));

    // What a window has seen after each number, from the events themselves.
    let mut events = server.host.session(&session[10..]).events(0);
    let mut timeline = geppetto_timeline::Timeline::new();
    let mut seen = vec![(0, View::default())];
    while timeline.seq() < last {
        let event = events.next().await.unwrap().unwrap();
        timeline.apply(&event);
        seen.push((event.seq, timeline.view().clone()));
    }
    for (seq, view) in seen {
        let header = format!("Last-Event-ID: {seq}\r\n");
        let mut window = Window::with(&server, &format!("{session}/events"), &header).await;
        window.view = view;
        window.step().await;
        assert_eq!(
            window.view.entities().collect::<Vec<_>>(),
            expected.entities().collect::<Vec<_>>(),
            "after {seq}"
        );
        assert_eq!(window.view.status, expected.status);
    }
}

#[tokio::test]
async fn when_the_connection_is_cut_after_each_event() {
    let server = Server::of(host(), Options::new()).await;
    let session = server.session().await;
    let mut keeper = Window::open(&server, &session).await;
    let mut window = Window::open(&server, &session).await;
    let sent = server
        .post(&format!("{session}/messages"), &json!({"text": "Weather?"}))
        .await;
    assert_eq!(sent.status, 202);
    while !is_answered(&window.view) || window.view.entities().count() < 5 {
        assert!(window.step().await);
        window = window.again(&server, &session).await;
    }
    keeper
        .until(|view| is_answered(view) && view.len() >= 5)
        .await;
    assert_eq!(keeper.view, window.view);
}

#[tokio::test]
async fn after_a_number_that_no_event_has() {
    let server = Server::of(host(), Options::new()).await;
    let session = server.session().await;
    server.tell(&session, "Weather?").await;
    let (expected, _) = finished(&server, &session).await;
    for wrong in ["18446744073709551615", "999999", "-1", "x", ""] {
        let header = format!("Last-Event-ID: {wrong}\r\n");
        let mut window = Window::with(&server, &format!("{session}/events"), &header).await;
        window.until(|view| !view.is_empty()).await;
        assert_eq!(window.view, expected, "{wrong}");
    }
}

/// A page of the AI SDK that resumes its stream knows the answers before. The turns that a store reads
/// from its file have copies of the blocks that the running turn has.
#[tokio::test]
async fn a_page_of_the_ai_sdk_resumes_the_running_answer_alone() {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([
        Script::new().reasoning("Let me think.").text("one"),
        Script::new().text("two"),
        Script::new().text("three ").hold_at(&gate).text("four"),
    ]);
    let name = format!("geppetto-web-resumes-{}.db", std::process::id());
    let file = std::env::temp_dir().join(name);
    let store = SqliteStore::open(&file).await.unwrap();
    let host = Host::new(store, Builder::new(engine));
    let server = Server::of(host, Options::new()).await;
    let message = |id: &str| {
        let parts = json!([{"type": "text", "text": "Go on"}]);
        json!({"id": "chat", "messages": [{"id": id, "role": "user", "parts": parts}]})
    };
    for id in ["m1", "m2"] {
        assert_eq!(server.post("/ui", &message(id)).await.status, 200);
    }
    let body = message("m3").to_string();
    let length = body.len();
    let head = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
    let mut page = Window::post(&server, "/ui", &head, &body).await;
    page.until_text("three ").await;
    drop(page);

    let mut again = Window::with(&server, "/ui/chat/stream", "").await;
    gate.open();
    let stream = again.rest().await;
    assert!(stream.contains("four"), "{stream}");
    for other in ["one", "two", "think"] {
        assert!(!stream.contains(other), "{stream}");
    }
    server.stop().await;
    let _ = std::fs::remove_file(file);
}
