//! Tools of the provider and cited sources are stored with the turn, and shown after a restart.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "a test"
)]

use geppetto_engine::{Finish, ResponseWriter, RunContext, RunGuard, RunReport, run_end};
use geppetto_events::{
    EventKind,
    kind::{Citation, ServerTool, ServerToolPhase as P},
};
use geppetto_timeline::{Content, Timeline, View};
use geppetto_turns::{Turn, keys::turn_meta};
use serde_json::{Value, json};

fn report(tool: &'static str, phase: P, data: Value) -> EventKind {
    let mut event = ServerTool::new(tool, phase, tool);
    event.data = data.as_object().unwrap().clone();
    EventKind::ServerTool(Box::new(event))
}

fn cite(url: &str) -> EventKind {
    let mut citation = Citation::default();
    citation.url = url.to_owned();
    EventKind::Citation(Box::new(citation))
}

fn shown(view: &View) -> Vec<(String, Content)> {
    let all = view
        .entities()
        .map(|own| (own.id.clone(), own.content.clone()));
    all.collect()
}

#[tokio::test]
async fn with_input_results_and_place() {
    let ctx = RunContext::new().with_run("session", "run", "turn");
    let mut events = ctx.stream().subscribe();
    let run = RunGuard::start(&ctx, "");
    let mut turn = Turn::new();
    turn.id = "turn".to_owned();
    let mut reply = ResponseWriter::start(&ctx, &mut turn, "p", "m");
    reply.publish(report("web_search", P::Started, json!({})));
    reply.publish(cite("https://a"));
    reply.publish(report(
        "web_search",
        P::Partial,
        json!({"url": "https://a"}),
    ));
    let done = json!({"query": "rust", "url": "https://a", "results": [{"title": "B", "url": "https://b"}]});
    reply.publish(report("web_search", P::Completed, done));
    let text = reply.open_text();
    reply.push(text, "See b.");
    reply.publish(cite("https://b"));
    reply.publish(cite("https://b"));
    for delta in ["pri", "nt(1)"] {
        reply.publish(report(
            "code_interpreter",
            P::InputDelta,
            json!({"delta": delta}),
        ));
    }
    reply.publish(report("image_generation", P::Failed, json!({})));
    reply.finish(Finish::completed());
    let report = RunReport::default();
    turn.metadata
        .set(&turn_meta::RUN_END, &run_end(&ctx, Ok(&report)))
        .unwrap();
    run.end(Ok(&report), None);
    ctx.stream().close();

    let mut live = Timeline::new();
    while let Some(event) = events.next_event().await {
        live.apply(&event);
    }
    let stored = Turn::from_yaml(&turn.to_yaml().unwrap()).unwrap();
    let again = Timeline::from_turns([&stored]);
    assert_eq!(shown(again.view()), shown(live.view()));
    assert_eq!(live.sync(&stored), []);
    let states: Vec<_> = live
        .view()
        .entities()
        .map(|own| (own.kind(), own.state().unwrap().as_str()))
        .collect();
    let expected = [
        ("server_tool", "done"),
        ("answer", "done"),
        ("server_tool", "failed"),
        ("server_tool", "failed"),
    ];
    assert_eq!(states, expected);
    let Content::Answer(answer) = &live.view().entities().nth(1).unwrap().content else {
        panic!("the second entity is the answer");
    };
    let urls: Vec<&str> = answer.sources.iter().map(|own| own.url.as_str()).collect();
    assert_eq!(urls, ["https://a", "https://b"]);
}
