//! Generated conversations, and windows that come, go and lose their connection anywhere.

use geppetto_engine::ErrorKind;
use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_timeline::View;
use geppetto_toolloop::{ToolRegistry, raw_tool_fn};
use geppetto_web::Options;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Server, Window};

/// A part of a reply.
#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Reasoning(String),
    Tool,
    Fails,
}

/// How a window goes on after some events.
#[derive(Debug, Clone, Copy)]
enum Cut {
    /// With the number of the last event that it has seen.
    After,
    /// As a new window.
    Fresh,
    /// With a number that it had seen before, and the view of then.
    Earlier(usize),
}

fn replies() -> impl Strategy<Value = Vec<Vec<Part>>> {
    let text = "[a-zäöü .\n]{1,12}";
    let part = prop_oneof![
        5 => text.prop_map(Part::Text),
        2 => text.prop_map(Part::Reasoning),
        2 => Just(Part::Tool),
        1 => Just(Part::Fails),
    ];
    prop::collection::vec(prop::collection::vec(part, 0..6), 1..4)
}

fn cuts() -> impl Strategy<Value = Vec<(usize, Cut)>> {
    let cut = prop_oneof![
        3 => Just(Cut::After),
        1 => Just(Cut::Fresh),
        2 => (0..8usize).prop_map(Cut::Earlier),
    ];
    prop::collection::vec((1..4usize, cut), 0..12)
}

fn script(parts: &[Part], number: usize) -> Script {
    let mut script = Script::new();
    for (index, part) in parts.iter().enumerate() {
        script = match part {
            Part::Text(text) => script.text(text.as_str()),
            Part::Reasoning(text) => script.reasoning(text.as_str()),
            Part::Tool => script.tool_call(format!("call-{number}-{index}"), "look", "{}"),
            Part::Fails => return script.fail(ErrorKind::InvalidRequest, "no"),
        };
    }
    script
}

fn host(replies: &[Vec<Part>]) -> Host {
    let scripts = replies.iter().enumerate();
    let scripts = scripts.map(|(number, parts)| script(parts, number));
    // What follows a tool call.
    let rest = std::iter::repeat_with(|| Script::new().text("Done.")).take(8);
    let engine = ScriptedEngine::new(scripts.chain(rest));
    let tool = raw_tool_fn(
        "look",
        "Looks",
        json!({"type": "object"}),
        |_: Value| async { "rain" },
    );
    let tools = ToolRegistry::new().with(tool).unwrap();
    Host::new(MemoryStore::new(), Builder::new(engine).tools(tools))
}

async fn reconnected(
    window: Window,
    seen: &[(u64, View)],
    cut: Cut,
    server: &Server,
    session: &str,
) -> Window {
    match cut {
        Cut::After => window.again(server, session).await,
        Cut::Fresh => Window::open(server, session).await,
        Cut::Earlier(back) => {
            let index = seen.len().saturating_sub(1 + back);
            let Some((id, view)) = seen.get(index) else {
                return window;
            };
            let header = format!("Last-Event-ID: {id}\r\n");
            let path = format!("{session}/events");
            let mut own = Window::with(server, &path, &header).await;
            (own.view, own.last_id) = (view.clone(), Some(*id));
            own
        }
    }
}

/// Sends two prompts, and reads with one window that stays and one that is cut.
async fn check(replies: Vec<Vec<Part>>, cuts: Vec<(usize, Cut)>) {
    let server = Server::of(host(&replies), Options::new()).await;
    let session = server.session().await;
    let mut keeper = Window::open(&server, &session).await;
    let mut window = Window::open(&server, &session).await;
    let mut cuts = cuts.into_iter();
    let mut seen = Vec::new();
    for prompt in ["One", "Two"] {
        let body = json!({"text": prompt});
        let sent = server.post(&format!("{session}/messages"), &body).await;
        assert_eq!(sent.status, 202, "{sent:?}");
        for (events, cut) in cuts.by_ref().take(6) {
            for _ in 0..events {
                let is_over = window.view.status.run.is_none() && !seen.is_empty();
                if is_over || !window.step().await {
                    break;
                }
                seen.push((window.last_id.unwrap(), window.view.clone()));
            }
            window = reconnected(window, &seen, cut, &server, &session).await;
        }
        server.host.session(&session[10..]).idle().await;
    }
    let last = server.get(&session).await.json()["seq"].as_u64().unwrap();
    keeper.until(|view| view.version >= last).await;
    window.until(|view| view.version >= last).await;
    assert_eq!(window.view.status, keeper.view.status);
    let entities = |view: &View| view.entities().cloned().collect::<Vec<_>>();
    assert_eq!(entities(&window.view), entities(&keeper.view));
    let mut late = Window::open(&server, &session).await;
    late.until(|view| view.version >= last).await;
    assert_eq!(entities(&late.view), entities(&keeper.view));
    server.stop().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn wherever_their_connections_are_cut(replies in replies(), cuts in cuts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(replies, cuts));
    }
}
