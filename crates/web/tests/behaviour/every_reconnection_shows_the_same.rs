//! A window that lost its connection anywhere shows in the end what the others show.

use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_testing::{Script, ScriptedEngine};
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
