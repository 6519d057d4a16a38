//! Messages that joined a run, as clients of AG-UI and of the AI SDK send them again.

use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_toolloop::{ToolRegistry, raw_tool_fn};
use geppetto_web::Options;
use serde_json::{Value, json};

use crate::support::{Reply, Server};

/// Returns a server with a session `t`, in whose first run a message has joined.
async fn joined() -> Server {
    let gate = Gate::new();
    let working = gate.clone();
    let work = raw_tool_fn("work", "", json!({"type": "object"}), move |_: Value| {
        let gate = working.clone();
        async move {
            gate.pass().await;
            "worked"
        }
    });
    let replies =
        ["Green.", "Another.", "Dark green.", "Yet another."].map(|own| Script::new().text(own));
    let calls = Script::new().tool_call("call_1", "work", "{}");
    let engine = ScriptedEngine::new([calls].into_iter().chain(replies));
    let builder = Builder::new(engine).tools(ToolRegistry::new().with(work).unwrap());
    let host = Host::builder(MemoryStore::new(), builder).build();
    let server = Server::of(host, Options::new()).await;
    let paint = json!([{"id": "m1", "role": "user", "content": "Paint it"}]);
    let (reply, ()) = tokio::join!(agui(&server, paint), async {
        gate.reached().await;
        let joining = json!({"text": "in green", "join": true});
        let reply = server.post("/sessions/t/messages", &joining).await;
        assert_eq!(reply.status, 202, "{reply:?}");
        gate.open();
    });
    assert!(reply.body.contains("Green."), "{reply:?}");
    assert_eq!(users(&server).await, ["Paint it", "in green"]);
    server
}

async fn agui(server: &Server, messages: Value) -> Reply {
    let body = json!({
        "threadId": "t", "runId": "r", "messages": messages, "tools": [], "context": [], "state": {},
        "protocolVersion": "1.0",
    });
    server.post("/agui", &body).await
}

/// Returns the messages up to the last one of the user, as a client sends them for another answer.
async fn messages(server: &Server, path: &str) -> Vec<Value> {
    let messages = server.get(path).await.json();
    let mut messages = messages.as_array().unwrap().clone();
    let last = messages.iter().rposition(|own| own["role"] == "user");
    messages.truncate(last.unwrap() + 1);
    messages
}

async fn users(server: &Server) -> Vec<String> {
    let messages = messages(server, "/agui/t").await;
    let users = messages.iter().filter(|own| own["role"] == "user");
    users
        .map(|own| own["content"].as_str().unwrap().to_owned())
        .collect()
}

async fn turns(server: &Server) -> Value {
    server.get("/sessions/t").await.json()["session"]["turns"].clone()
}

#[tokio::test]
async fn of_agui() {
    let server = joined().await;
    let known = messages(&server, "/agui/t").await;
    let reply = agui(&server, json!(known)).await;
    assert!(reply.body.contains("Another."), "{reply:?}");
    assert_eq!(users(&server).await, ["Paint it", "in green"]);
    assert_eq!(turns(&server).await, 1);

    let mut known = messages(&server, "/agui/t").await;
    known.last_mut().unwrap()["content"] = json!("in dark green");
    let reply = agui(&server, json!(known)).await;
    assert!(reply.body.contains("Dark green."), "{reply:?}");
    assert_eq!(users(&server).await, ["Paint it", "in dark green"]);
    assert_eq!(turns(&server).await, 1);
}

#[tokio::test]
async fn of_the_ai_sdk() {
    let server = joined().await;
    let known = messages(&server, "/ui/t").await;
    let body = json!({"id": "t", "trigger": "regenerate-message", "messages": known});
    let reply = server.post("/ui", &body).await;
    assert!(reply.body.contains("Another."), "{reply:?}");
    assert_eq!(users(&server).await, ["Paint it", "in green"]);

    let mut known = messages(&server, "/ui/t").await;
    let last = known.last_mut().unwrap();
    last["parts"] = json!([{"type": "text", "text": "in dark green"}]);
    let id = last["id"].clone();
    let body = json!({"id": "t", "trigger": "submit-message", "messageId": id, "messages": known});
    let reply = server.post("/ui", &body).await;
    assert!(reply.body.contains("Dark green."), "{reply:?}");
    assert_eq!(users(&server).await, ["Paint it", "in dark green"]);
    assert_eq!(turns(&server).await, 1);
}
