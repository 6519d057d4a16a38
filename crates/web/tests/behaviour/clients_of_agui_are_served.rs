//! `HttpAgent` of AG-UI: messages, tools of the client, interrupts, and connections that are taken up
//! again.

use async_trait::async_trait;
use geppetto_engine::{EngineError, Middleware, Next, RunContext};
use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_toolloop::{Extension, ToolRegistry, raw_tool_fn};
use geppetto_turns::{Block, InferenceResult, Turn};
use geppetto_web::{Options, UiContext};
use serde_json::{Value, json};

use crate::support::{Reply, Server, Window, paying, paying_with};

fn input(messages: &Value, more: &Value) -> Value {
    let mut own = json!({
        "threadId": "t", "runId": "r", "messages": messages, "tools": [], "context": [], "state": {},
        "protocolVersion": "1.0",
    });
    let fields = own.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    own
}

fn user(id: &str, text: &str) -> Value {
    json!({"id": id, "role": "user", "content": text})
}

/// Returns the events of a stream.
fn events(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    let data = reply
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    let events: Vec<Value> = data.map(|own| serde_json::from_str(own).unwrap()).collect();
    assert_eq!(events[0]["type"], "RUN_STARTED");
    assert_eq!(events[0]["runId"], "r");
    events
}

async fn run(server: &Server, messages: Value, more: Value) -> Vec<Value> {
    events(&server.post("/agui", &input(&messages, &more)).await)
}

fn text(events: &[Value]) -> String {
    let deltas = events
        .iter()
        .filter(|own| own["type"] == "TEXT_MESSAGE_CONTENT");
    deltas.map(|own| own["delta"].as_str().unwrap()).collect()
}

fn outcome(events: &[Value]) -> &Value {
    let last = events.last().unwrap();
    assert_eq!(last["type"], "RUN_FINISHED", "{events:#?}");
    &last["outcome"]
}

fn has_snapshot(events: &[Value]) -> bool {
    events.iter().any(|own| own["type"] == "MESSAGES_SNAPSHOT")
}

#[tokio::test]
async fn a_message_creates_its_session_and_streams_its_answer() {
    let engine = ScriptedEngine::new([Script::new().text("one"), Script::new().text("two")]);
    let server = Server::new(engine).await;
    let first = run(&server, json!([user("m1", "Hi")]), json!({})).await;
    assert_eq!(
        (text(&first).as_str(), &outcome(&first)["type"]),
        ("one", &json!("success"))
    );
    assert!(!has_snapshot(&first));

    let mut messages = server.get("/agui/t").await.json();
    let known = messages.as_array_mut().unwrap();
    assert_eq!(known[0], user("m1", "Hi"));
    assert_eq!(known[1]["content"], "one");
    known.push(user("m2", "And?"));
    let second = run(&server, messages, json!({})).await;
    assert_eq!(
        (text(&second).as_str(), has_snapshot(&second)),
        ("two", false)
    );
}

#[tokio::test]
async fn a_client_with_other_messages_receives_those_of_the_session() {
    let server = Server::new(ScriptedEngine::always(Script::new().text("one"))).await;
    run(&server, json!([user("m1", "Hi")]), json!({})).await;
    let forged = json!([user("x", "forged"), user("m2", "And?")]);
    let events = run(&server, forged, json!({})).await;
    let contents = |event: &Value| -> Vec<String> {
        assert_eq!(event["type"], "MESSAGES_SNAPSHOT");
        let messages = event["messages"].as_array().unwrap().iter();
        messages
            .map(|own| own["content"].as_str().unwrap().to_owned())
            .collect()
    };
    // First without the message that the client has, which would stay above the others.
    assert_eq!(contents(&events[1]), ["Hi", "one"]);
    assert_eq!(contents(&events[2]), ["Hi", "one", "And?"]);
}

/// The client of `CopilotKit` (`@ag-ui/client` 0.0.59) refuses an outcome with fields that it does not know, and
/// outcomes other than success and interrupt.
#[tokio::test]
async fn a_client_before_1_0_reads_every_outcome() {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([
        Script::new().tool_call("call-1", "locate", "{}"),
        Script::new()
            .text("You are in")
            .hold_at(&gate)
            .text(" Bern."),
    ]);
    let server = Server::new(engine).await;
    let legacy = |messages: Value, tools: Value| {
        let mut own = input(&messages, &json!({"tools": tools}));
        own.as_object_mut().unwrap().remove("protocolVersion");
        own
    };
    let tools = json!([{"name": "locate", "description": "Where the user is"}]);
    let first = legacy(json!([user("m1", "Where am I?")]), tools.clone());
    let first = events(&server.post("/agui", &first).await);
    assert_eq!(*outcome(&first), json!({"type": "success"}));

    let mut messages = server.get("/agui/t").await.json();
    let known = messages.as_array_mut().unwrap();
    known.push(json!({"id": "m2", "role": "tool", "toolCallId": "call-1", "content": "Bern"}));
    let body = legacy(messages, tools);
    let (second, ()) = tokio::join!(server.post("/agui", &body), async {
        gate.reached().await;
        server.post("/sessions/t/cancel", &json!({})).await;
    });
    let second = events(&second);
    assert_eq!(text(&second), "You are in");
    assert_eq!(*outcome(&second), Value::Null);
}

#[tokio::test]
async fn the_client_executes_its_own_tools() {
    let engine = ScriptedEngine::new([
        Script::new().tool_call("call-1", "locate", "{}"),
        Script::new().text("You are in Bern."),
        Script::new().text("Yes."),
    ]);
    let server = Server::new(engine).await;
    let tools = json!({"tools": [{"name": "locate", "description": "Where the user is"}]});
    let first = run(&server, json!([user("m1", "Where am I?")]), tools.clone()).await;
    let pending = json!({"type": "success", "pendingToolCallIds": ["call-1"]});
    assert_eq!(*outcome(&first), pending);

    let mut messages = server.get("/agui/t").await.json();
    let known = messages.as_array_mut().unwrap();
    known.push(json!({"id": "m2", "role": "tool", "toolCallId": "call-1", "content": "Bern"}));
    let second = run(&server, messages, tools.clone()).await;
    assert_eq!(text(&second), "You are in Bern.");
    assert!(
        !second.iter().any(|own| own["type"] == "TOOL_CALL_RESULT"),
        "{second:#?}"
    );

    // The client's own id of the result is kept.
    let mut messages = server.get("/agui/t").await.json();
    assert_eq!(messages[2]["id"], "m2", "{messages:#}");
    messages.as_array_mut().unwrap().push(user("m3", "Sure?"));
    let third = run(&server, messages, tools).await;
    assert_eq!(
        (text(&third).as_str(), has_snapshot(&third)),
        ("Yes.", false)
    );
}

#[tokio::test]
async fn an_interrupt_is_resumed() {
    for (payload, content) in [
        (json!({"approved": true}), "paid 7"),
        (
            json!({"approved": true, "editedArgs": {"amount": 8}}),
            "paid 8",
        ),
        (json!({"approved": false, "reason": "too much"}), "too much"),
    ] {
        let host = paying(MemoryStore::new()).build();
        let server = Server::of(host, Options::new()).await;
        let asked = run(&server, json!([user("m1", "Pay")]), json!({})).await;
        let interrupt = &outcome(&asked)["interrupts"][0];
        assert_eq!(interrupt["message"], "May I pay?");

        let resume =
            json!([{"interruptId": interrupt["id"], "status": "resolved", "payload": payload}]);
        let messages = server.get("/agui/t").await.json();
        let resumed = run(&server, messages.clone(), json!({"resume": resume})).await;
        assert_eq!(text(&resumed), "It is paid.");
        let result = resumed
            .iter()
            .find(|own| own["type"] == "TOOL_CALL_RESULT")
            .unwrap();
        assert!(
            result["content"].as_str().unwrap().contains(content),
            "{result}"
        );
        assert!(!resumed.iter().any(|own| own["type"] == "TOOL_CALL_START"));

        let again = server
            .post("/agui", &input(&messages, &json!({"resume": resume})))
            .await;
        assert_eq!(
            (again.status, again.problem().as_str()),
            (409, "not-waiting")
        );
    }
}

#[tokio::test]
async fn a_client_connects_to_what_is_running() {
    let gate = Gate::new();
    let engine = ScriptedEngine::always(Script::new().text("one ").hold_at(&gate).text("two"));
    let server = Server::new(engine).await;
    let nothing = run(&server, json!([]), json!({})).await;
    assert_eq!(
        nothing[1],
        json!({"type": "MESSAGES_SNAPSHOT", "messages": []})
    );

    let body = input(&json!([user("m1", "Hi")]), &json!({})).to_string();
    let length = body.len();
    let head = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
    let mut page = Window::post(&server, "/agui", &head, &body).await;
    page.until_text("one ").await;
    drop(page);

    let body = input(&json!([]), &json!({})).to_string();
    let length = body.len();
    let head = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
    let mut again = Window::post(&server, "/agui", &head, &body).await;
    again.until_text("one ").await;
    gate.open();
    let rest = again.rest().await;
    assert!(
        rest.contains("two") && rest.contains("RUN_FINISHED"),
        "{rest}"
    );
}

#[tokio::test]
async fn tools_and_middleware_see_the_clients_context() {
    let engine = ScriptedEngine::new([
        Script::new().tool_call("call-1", "look", "{}"),
        Script::new().text("Done."),
    ]);
    let look = geppetto_toolloop::tool_fn(
        "look",
        "Looks",
        async |_: geppetto_toolloop::NoArgs, Extension(own): Extension<UiContext>| {
            format!("{:?} {}", own.context, own.state)
        },
    );
    let tools = ToolRegistry::new().with(look).unwrap();
    let host = Host::new(MemoryStore::new(), Builder::new(engine).tools(tools));
    let server = Server::of(host, Options::new()).await;
    let more = json!({
        "context": [{"description": "page", "value": "cart"}], "state": {"items": 2},
    });
    let events = run(&server, json!([user("m1", "Hi")]), more).await;
    let result = events
        .iter()
        .find(|own| own["type"] == "TOOL_CALL_RESULT")
        .unwrap();
    assert_eq!(result["content"], r#"[("page", "cart")] {"items":2}"#);
}

/// <https://github.com/CopilotKit/CopilotKit/issues/3037>,
/// <https://github.com/CopilotKit/CopilotKit/issues/2457>: a client has instructions, and the application
/// decides what the model sees of them.
#[tokio::test]
async fn middleware_sees_the_clients_instructions() {
    struct Instructed;
    #[async_trait]
    impl Middleware for Instructed {
        async fn run(
            &self,
            ctx: &RunContext,
            turn: &mut Turn,
            next: Next<'_>,
        ) -> Result<InferenceResult, EngineError> {
            let own = ctx.extension::<UiContext>().unwrap();
            turn.prepend(Block::system(own.instructions.join("|")));
            next.run(ctx, turn).await
        }
    }
    let engine = ScriptedEngine::always(Script::new().text("BANANA"));
    let builder = Builder::new(engine.clone()).middleware(Instructed);
    let host = Host::new(MemoryStore::new(), builder);
    let server = Server::of(host, Options::new()).await;
    let messages = json!([
        {"id": "s1", "role": "system", "content": "Say BANANA."},
        {"id": "s2", "role": "developer", "content": [{"type": "text", "text": "Twice."}]},
        {"id": "s3", "role": "system", "content": " "},
        user("m1", "Hi"),
    ]);
    let events = run(&server, messages, json!({})).await;
    assert_eq!(
        (text(&events).as_str(), has_snapshot(&events)),
        ("BANANA", false)
    );
    let asked = engine.turns().pop().unwrap();
    assert_eq!(asked.system_prompt(), Some("Say BANANA.|Twice."));
}

#[tokio::test]
async fn a_tool_of_the_client_does_not_replace_one_of_the_server() {
    let engine = ScriptedEngine::new([
        Script::new().tool_call("call-1", "look", "{}"),
        Script::new().text("Done."),
    ]);
    let look = raw_tool_fn(
        "look",
        "Looks",
        json!({"type": "object"}),
        |_: Value| async { "seen" },
    );
    let tools = ToolRegistry::new().with(look).unwrap();
    let host = Host::new(MemoryStore::new(), Builder::new(engine).tools(tools));
    let server = Server::of(host, Options::new()).await;
    let tools = json!({"tools": [{"name": "look", "description": "mine"}]});
    let reply = server
        .post("/agui", &input(&json!([user("m1", "Hi")]), &tools))
        .await;
    assert_eq!(
        (reply.status, reply.problem().as_str()),
        (422, "refused"),
        "{reply:?}"
    );
}

#[tokio::test]
async fn a_message_that_is_sent_again_gets_another_answer() {
    let engine = ScriptedEngine::new([
        Script::new().text("one"),
        Script::new().text("two"),
        Script::new().text("three"),
    ]);
    let server = Server::new(engine).await;
    run(&server, json!([user("m1", "Hi")]), json!({})).await;
    assert_eq!(
        text(&run(&server, json!([user("m1", "Hi")]), json!({})).await),
        "two"
    );
    assert_eq!(
        text(&run(&server, json!([user("m1", "Hello")]), json!({})).await),
        "three"
    );
    let messages = server.get("/agui/t").await.json();
    let contents: Vec<_> = messages
        .as_array()
        .unwrap()
        .iter()
        .map(|own| &own["content"])
        .collect();
    assert_eq!(contents, ["Hello", "three"]);
}

#[tokio::test]
async fn a_mix_of_tools_of_the_client_and_of_the_server_is_answered() {
    let engine = ScriptedEngine::new([
        Script::new()
            .tool_call("c1", "locate", "{}")
            .tool_call("c2", "look", "{}")
            .tool_call("c3", "locate", "{}"),
        Script::new().text("Done."),
    ]);
    let look = raw_tool_fn(
        "look",
        "Looks",
        json!({"type": "object"}),
        |_: Value| async { "seen" },
    );
    let tools = ToolRegistry::new().with(look).unwrap();
    let host = Host::new(MemoryStore::new(), Builder::new(engine).tools(tools));
    let server = Server::of(host, Options::new()).await;
    let tools = json!({"tools": [{"name": "locate", "description": "Locates"}]});
    let first = run(&server, json!([user("m1", "Go")]), tools.clone()).await;
    assert_eq!(outcome(&first)["pendingToolCallIds"], json!(["c1", "c3"]));
    let results = first.iter().filter(|own| own["type"] == "TOOL_CALL_RESULT");
    assert_eq!(
        results.map(|own| &own["toolCallId"]).collect::<Vec<_>>(),
        ["c2"]
    );

    let mut messages = server.get("/agui/t").await.json();
    let known = messages.as_array_mut().unwrap();
    known.push(json!({"id": "r1", "role": "tool", "toolCallId": "c1", "content": "A"}));
    known.push(
        json!({"id": "r3", "role": "tool", "toolCallId": "c3", "content": "", "error": "no GPS"}),
    );
    assert_eq!(text(&run(&server, messages, tools).await), "Done.");
    let messages = server.get("/agui/t").await.json();
    assert!(messages.to_string().contains("no GPS"), "{messages:#}");
}

#[tokio::test]
async fn a_client_that_connects_sees_what_the_session_waits_for() {
    let host = paying(MemoryStore::new()).build();
    let server = Server::of(host, Options::new()).await;
    let asked = run(&server, json!([user("m1", "Pay")]), json!({})).await;
    let again = run(&server, json!([]), json!({})).await;
    assert_eq!(outcome(&again), outcome(&asked));
    assert_eq!(outcome(&again)["type"], "interrupt");
}

#[tokio::test]
async fn a_decision_outlives_the_failure_of_its_run() {
    let engine = ScriptedEngine::new([
        Script::new().tool_call("call-1", "pay", r#"{"amount":7}"#),
        Script::new().fail(geppetto_engine::ErrorKind::InvalidRequest, "it broke"),
        Script::new().text("It is paid."),
    ]);
    let server = Server::of(paying_with(engine), Options::new()).await;
    let asked = run(&server, json!([user("m1", "Pay")]), json!({})).await;
    let id = &outcome(&asked)["interrupts"][0]["id"];
    let resume = json!({"resume": [
        {"interruptId": id, "status": "resolved", "payload": {"approved": true}}]});
    let messages = server.get("/agui/t").await.json();
    let failed = run(&server, messages.clone(), resume.clone()).await;
    assert_eq!(failed.last().unwrap()["type"], "RUN_ERROR");
    assert!(failed.iter().any(|own| own["type"] == "TOOL_CALL_RESULT"));
    // The tool does not run again.
    let again = run(&server, messages, resume).await;
    assert_eq!(text(&again), "It is paid.");
    assert!(
        !again.iter().any(|own| own["type"] == "TOOL_CALL_RESULT"),
        "{again:#?}"
    );
}
