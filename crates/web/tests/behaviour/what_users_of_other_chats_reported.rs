//! Cases from public reports about servers of `useChat` and AG-UI, and about chats that are loaded
//! again.

use geppetto_engine::{ErrorKind, ToolConfig};
use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_toolloop::{ToolRegistry, raw_tool_fn};
use geppetto_web::Options;
use serde_json::{Value, json};

use crate::support::{Reply, Server, Window, paying_with};

const JSON: &str = "Content-Type: application/json\r\n";

fn user(id: &str, text: &str) -> Value {
    json!({"id": id, "role": "user", "parts": [{"type": "text", "text": text}]})
}

fn prompt(id: &str, text: &str) -> Value {
    json!({"id": "chat", "trigger": "submit-message", "messages": [user(id, text)]})
}

fn data(body: &str) -> Vec<Value> {
    let lines = body.lines().filter_map(|line| line.strip_prefix("data: "));
    let lines = lines.filter(|line| *line != "[DONE]");
    lines
        .map(|own| serde_json::from_str(own).unwrap())
        .collect()
}

fn chunks(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(reply.body.ends_with("data: [DONE]\n\n"), "{reply:?}");
    data(&reply.body)
}

fn types(chunks: &[Value]) -> Vec<&str> {
    chunks
        .iter()
        .map(|own| own["type"].as_str().unwrap())
        .collect()
}

fn agui(messages: &Value, more: &Value) -> Value {
    let mut own = json!({"threadId": "t", "runId": "r", "messages": messages});
    let fields = own.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    own
}

async fn run(server: &Server, messages: Value) -> Vec<Value> {
    let reply = server.post("/agui", &agui(&messages, &json!({}))).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    data(&reply.body)
}

fn clock(gate: &Gate) -> Host {
    let engine = ScriptedEngine::new([
        Script::new()
            .text("Let me see.")
            .tool_call("c1", "now", "{}"),
        Script::new().text("It is ").hold_at(gate).text("noon."),
        Script::new().text("Yes."),
    ]);
    let now = raw_tool_fn("now", "", json!({"type": "object"}), |_: Value| async {
        "noon"
    });
    let tools = ToolRegistry::new().with(now).unwrap();
    Host::new(MemoryStore::new(), Builder::new(engine).tools(tools))
}

/// <https://github.com/vercel/ai/issues/14688>, <https://github.com/vercel/ai/issues/18107>,
/// <https://github.com/vercel/ai/issues/18457>, <https://github.com/epam/ai-dial-chat/issues/8684>,
/// <https://github.com/danny-avila/LibreChat/issues/13335>: a page is loaded again while an answer is
/// written, after its first step. Its messages and the stream that it resumes must not overlap.
#[tokio::test]
async fn a_page_that_is_loaded_again_and_resumes_has_everything_once() {
    let gate = Gate::new();
    let server = Server::of(clock(&gate), Options::new()).await;
    let body = prompt("m1", "What time is it?").to_string();
    let headers = format!(
        "{JSON}Content-Length: {}\r\nConnection: close\r\n",
        body.len()
    );
    let mut first = Window::post(&server, "/ui", &headers, &body).await;
    first.until_text("It is ").await;
    drop(first);
    let loaded = server.get("/ui/chat").await.json();
    let roles: Vec<&Value> = loaded
        .as_array()
        .unwrap()
        .iter()
        .map(|own| &own["role"])
        .collect();
    assert_eq!(roles, ["user"]);
    let mut resumed = Window::with(&server, "/ui/chat/stream", "Connection: close\r\n").await;
    resumed.until_text("It is ").await;
    gate.open();
    let seen = data(&resumed.rest().await);
    let all = types(&seen);
    assert_eq!((all[0], *all.last().unwrap()), ("start", "finish"));
    assert_eq!(
        all.iter()
            .filter(|own| **own == "tool-output-available")
            .count(),
        1
    );
    // The complete message has the id of the stream.
    let messages = server.get("/ui/chat").await.json();
    assert_eq!(messages[1]["id"], seen[0]["messageId"]);
    assert_eq!(messages.as_array().unwrap().len(), 2);
    assert_eq!(server.get("/ui/chat/stream").await.status, 204);
}

/// <https://github.com/vercel/chatbot/pull/1486>: a page with `resume` asks for the stream of a chat
/// that has no message yet. An error would be shown.
#[tokio::test]
async fn a_chat_without_messages_has_no_stream() {
    let server = Server::of(clock(&Gate::new()), Options::new()).await;
    let none = server.get("/ui/new/stream").await;
    assert_eq!((none.status, none.body.as_str()), (204, ""));
    // It is not created by the question.
    assert_eq!(server.get("/ui/new").await.problem(), "no-such-session");
}

/// <https://github.com/vercel/ai/issues/8043>: the last step of a message was tool calls with results,
/// and the page sent the message again for six hours.
#[tokio::test]
async fn a_message_does_not_end_with_calls_that_were_answered() {
    let engine = ScriptedEngine::always(Script::new().tool_call("c1", "now", "{}"));
    let now = raw_tool_fn("now", "", json!({"type": "object"}), |_: Value| async {
        "noon"
    });
    let builder = Builder::new(engine)
        .tools(ToolRegistry::new().with(now).unwrap())
        .tool_config(ToolConfig::default().with_max_iterations(1));
    let server = Server::of(Host::new(MemoryStore::new(), builder), Options::new()).await;
    let seen = chunks(&server.post("/ui", &prompt("m1", "Time?")).await);
    let all = types(&seen);
    assert_eq!(
        all[all.len() - 4..],
        ["finish-step", "start-step", "finish-step", "finish"],
        "{all:?}"
    );
    let parts = server.get("/ui/chat").await.json()[1]["parts"].clone();
    assert_eq!(
        parts.as_array().unwrap().last().unwrap()["type"],
        "step-start"
    );
}

/// <https://github.com/vercel/ai/issues/11700>, <https://github.com/vercel/ai/pull/11463>: the provider
/// fails before any text. A delta without the start of its part broke the page, and hid the error.
#[tokio::test]
async fn a_failure_before_the_first_text_is_an_error_alone() {
    let engine =
        ScriptedEngine::always(Script::new().fail(ErrorKind::InvalidRequest, "no such model"));
    let server = Server::new(engine).await;
    let seen = chunks(&server.post("/ui", &prompt("m1", "Hi")).await);
    let all = types(&seen);
    assert_eq!((all[0], *all.last().unwrap()), ("start", "error"));
    assert!(
        seen.last().unwrap()["errorText"]
            .as_str()
            .unwrap()
            .contains("no such model")
    );
    assert!(!all.iter().any(|own| own.ends_with("-delta")), "{all:?}");
}

/// <https://github.com/cloudflare/agents/issues/1614>, <https://github.com/epam/ai-dial-chat/pull/8480>:
/// a chat is stopped while a tool runs, and its stream must end.
/// <https://github.com/vercel/chatbot/issues/1060>, <https://github.com/Drakonis96/nodus/pull/741>: what
/// was written before stays. <https://github.com/danny-avila/LibreChat/issues/1507>: and is part of what
/// the model receives next.
#[tokio::test]
async fn a_stop_during_a_tool_ends_the_stream_and_keeps_the_text() {
    let engine = ScriptedEngine::new([
        Script::new()
            .text("Let me see.")
            .tool_call("c1", "slow", "{}"),
        Script::new().text("Fine."),
    ]);
    let slow = raw_tool_fn("slow", "", json!({"type": "object"}), |_: Value| async {
        std::future::pending::<()>().await;
        "never"
    });
    let builder = Builder::new(engine.clone()).tools(ToolRegistry::new().with(slow).unwrap());
    let server = Server::of(Host::new(MemoryStore::new(), builder), Options::new()).await;
    let body = prompt("m1", "Go").to_string();
    let headers = format!(
        "{JSON}Content-Length: {}\r\nConnection: close\r\n",
        body.len()
    );
    let mut window = Window::post(&server, "/ui", &headers, &body).await;
    window.until_text("tool-input-available").await;
    assert_eq!(
        server
            .post("/sessions/chat/cancel", &json!({}))
            .await
            .status,
        200
    );
    let seen = data(&window.rest().await);
    let all = types(&seen);
    assert_eq!(*all.last().unwrap(), "abort");
    assert!(all.contains(&"tool-output-error"), "{all:?}");
    let messages = server.get("/ui/chat").await.json();
    assert_eq!(messages[1]["parts"][1]["text"], "Let me see.");
    chunks(&server.post("/ui", &prompt("m2", "And now?")).await);
    let asked = &engine.turns()[1];
    let texts: Vec<_> = asked.blocks.iter().filter_map(|own| own.text()).collect();
    assert_eq!(texts, ["Go", "Let me see.", "And now?"]);
}

/// <https://github.com/PsycherosAI/Psycheros/issues/46>: the connection was lost after the message was
/// stored, and the page sent it again.
#[tokio::test]
async fn a_message_that_is_sent_again_after_a_lost_connection_is_one_turn() {
    let gate = Gate::new();
    let engine = ScriptedEngine::always(
        Script::new()
            .text("Once ")
            .hold_at(&gate)
            .text("upon a time."),
    );
    let server = Server::new(engine.clone()).await;
    let body = prompt("m1", "A story").to_string();
    let headers = format!(
        "{JSON}Content-Length: {}\r\nConnection: close\r\n",
        body.len()
    );
    let mut lost = Window::post(&server, "/ui", &headers, &body).await;
    lost.until_text("Once ").await;
    drop(lost);
    let mut again = Window::post(&server, "/ui", &headers, &body).await;
    again.until_text("Once ").await;
    gate.open();
    let text = again.rest().await;
    assert!(text.contains("upon a time."), "{text}");
    assert_eq!(engine.turns().len(), 1);
    assert_eq!(
        server
            .get("/ui/chat")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

/// <https://github.com/vercel/ai/issues/7218>: after the decision about a tool, the answer had another
/// id, and was shown as a second message.
#[tokio::test]
async fn an_answer_goes_on_under_its_id_after_a_decision() {
    let engine = ScriptedEngine::new([
        Script::new().tool_call("call-1", "pay", r#"{"amount":7}"#),
        Script::new().text("It is paid."),
    ]);
    let server = Server::of(paying_with(engine), Options::new()).await;
    let first = chunks(&server.post("/ui", &prompt("m1", "Pay")).await);
    let mut messages = server.get("/ui/chat").await.json();
    let part = messages[1]["parts"].as_array_mut().unwrap();
    let part = part
        .iter_mut()
        .find(|own| own["toolCallId"] == "call-1")
        .unwrap();
    assert_eq!(part["state"], "approval-requested");
    part["state"] = "approval-responded".into();
    part["approval"]["approved"] = true.into();
    let body = json!({"id": "chat", "trigger": "submit-message", "messages": messages});
    let second = chunks(&server.post("/ui", &body).await);
    assert_eq!(first[0]["messageId"], second[0]["messageId"]);
    assert_eq!(
        server
            .get("/ui/chat")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

/// <https://github.com/ag-ui-protocol/ag-ui/issues/1892>,
/// <https://github.com/agentscope-ai/agentscope-java/issues/2642>,
/// <https://github.com/ag-ui-protocol/ag-ui/issues/2416>, <https://github.com/agno-agi/agno/pull/9487>: a
/// run that fails after some text has one end, an error.
/// <https://github.com/ag-ui-protocol/ag-ui/issues/2408>: a conversation with such a run can be loaded.
#[tokio::test]
async fn a_failed_run_has_one_end_and_can_be_loaded() {
    let broken = Script::new()
        .text("Half")
        .fail(ErrorKind::InvalidRequest, "it broke");
    let engine = ScriptedEngine::new([
        Script::new().text("One."),
        broken,
        Script::new().text("Three."),
    ]);
    let server = Server::new(engine).await;
    for (id, last) in [
        ("m1", "RUN_FINISHED"),
        ("m2", "RUN_ERROR"),
        ("m3", "RUN_FINISHED"),
    ] {
        let seen = run(&server, json!([{"id": id, "role": "user", "content": id}])).await;
        let ends = types(&seen)
            .into_iter()
            .filter(|own| matches!(*own, "RUN_FINISHED" | "RUN_ERROR"));
        assert_eq!(ends.collect::<Vec<_>>(), [last]);
        assert_eq!(*types(&seen).last().unwrap(), last);
    }
    let seen = run(&server, json!([])).await;
    assert_eq!(
        types(&seen),
        ["RUN_STARTED", "MESSAGES_SNAPSHOT", "RUN_FINISHED"]
    );
    let contents: Vec<_> = seen[1]["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| &own["content"])
        .collect();
    assert_eq!(contents, ["m1", "One.", "m2", "Half", "m3", "Three."]);
}

/// <https://github.com/ag-ui-protocol/ag-ui/issues/2813>: a run that ends while a call is written closes
/// the call before its own end.
#[tokio::test]
async fn a_call_that_breaks_off_is_closed_before_the_run_ends() {
    let engine = ScriptedEngine::always(
        Script::new()
            .tool_call_in_fragments("c1", "now", [r#"{"a":"#])
            .fail(ErrorKind::InvalidRequest, "cut off"),
    );
    let server = Server::new(engine).await;
    let seen = run(
        &server,
        json!([{"id": "m1", "role": "user", "content": "Go"}]),
    )
    .await;
    let all = types(&seen);
    let at = |kind: &str| all.iter().position(|own| *own == kind);
    assert_eq!(at("RUN_ERROR"), Some(all.len() - 1), "{all:?}");
    assert!(at("TOOL_CALL_START") < at("TOOL_CALL_END"), "{all:?}");
}

/// <https://github.com/CopilotKit/CopilotKit/pull/6944>: optional fields of the request are null.
/// <https://github.com/ag-ui-protocol/ag-ui/issues/255>: and the state is one that no tool asks for.
#[tokio::test]
async fn fields_that_are_null_are_absent() {
    let server = Server::new(ScriptedEngine::always(Script::new().text("Hello."))).await;
    let message =
        json!([{"id": "m1", "role": "user", "content": "Hi", "name": null, "toolCallId": null}]);
    for more in [
        json!({"tools": null, "context": null, "state": null, "forwardedProps": null, "resume": null}),
        json!({"parentRunId": null, "state": {"proverbs": ["a"]}, "tools": [
            {"name": "f", "description": null, "parameters": null}]}),
        json!({"messages": null}),
    ] {
        let reply = server.post("/agui", &agui(&message, &more)).await;
        assert_eq!(reply.status, 200, "{more}: {reply:?}");
    }
    let body = json!({"id": "chat", "trigger": null, "messageId": null, "messages": [
        {"id": "m1", "role": "user", "metadata": null, "parts": [{"type": "text", "text": "Hi"}]}]});
    assert_eq!(server.post("/ui", &body).await.status, 200);
}

/// <https://github.com/pydantic/pydantic-ai/issues/7039>: what a client sends wrong is its own mistake,
/// and described, not an error of the server.
#[tokio::test]
async fn a_decision_that_is_malformed_is_refused_with_its_reason() {
    let server = Server::new(ScriptedEngine::always(Script::new().text("Hello."))).await;
    for resume in [
        json!([{"interruptId": "x", "status": "maybe"}]),
        json!([{"interruptId": "x", "status": "resolved", "payload": {"n": 1}}]),
    ] {
        let reply = server
            .post("/agui", &agui(&json!([]), &json!({"resume": resume})))
            .await;
        assert_eq!(
            (reply.status, reply.problem().as_str()),
            (422, "refused"),
            "{resume}"
        );
    }
}

/// <https://github.com/agno-agi/agno/pull/5191>, <https://github.com/CopilotKit/CopilotKit/pull/6294>: the
/// client sends a tool's result twice. The conversation has it once, after its call.
/// <https://github.com/microsoft/agent-framework/issues/7223>: and the text before the call stays there.
#[tokio::test]
async fn a_result_that_is_sent_twice_counts_once() {
    let engine = ScriptedEngine::new([
        Script::new()
            .text("Let me see.")
            .tool_call("c1", "locate", "{}"),
        Script::new().text("You are in Bern."),
    ]);
    let server = Server::new(engine.clone()).await;
    let tools =
        json!({"tools": [{"name": "locate", "description": "", "parameters": {"type": "object"}}]});
    let mut messages = json!([{"id": "m1", "role": "user", "content": "Where am I?"}]);
    server.post("/agui", &agui(&messages, &tools)).await;
    messages = server.get("/agui/t").await.json();
    for id in ["r1", "r2"] {
        let result = json!({"id": id, "role": "tool", "toolCallId": "c1", "content": "Bern"});
        messages.as_array_mut().unwrap().push(result);
    }
    let reply = server.post("/agui", &agui(&messages, &tools)).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let kinds: Vec<_> = engine.turns()[1]
        .blocks
        .iter()
        .map(|own| own.kind().as_str())
        .collect();
    assert_eq!(kinds, ["user", "llm_text", "tool_call", "tool_use"]);
    let known = server.get("/agui/t").await.json();
    let known = known.as_array().unwrap();
    let results: Vec<usize> = (0..known.len())
        .filter(|at| known[*at]["role"] == "tool")
        .collect();
    assert_eq!(results.len(), 1, "{known:#?}");
    let before = &known[results[0] - 1];
    assert_eq!(before["toolCalls"][0]["id"], "c1", "{known:#?}");
    let text = known.iter().position(|own| own["content"] == "Let me see.");
    assert!(text.unwrap() < results[0]);
}

/// <https://github.com/ag-ui-protocol/ag-ui/pull/1556>: a thread that was kept has the client's ids, so
/// that its messages are not shown twice.
#[tokio::test]
async fn messages_keep_the_ids_of_their_client() {
    let server = Server::new(ScriptedEngine::always(Script::new().text("Hello."))).await;
    run(
        &server,
        json!([{"id": "client-1", "role": "user", "content": "Hi"}]),
    )
    .await;
    let known = server.get("/agui/t").await.json();
    assert_eq!(known[0]["id"], "client-1");
    let more = json!([known[0], known[1], {"id": "client-2", "role": "user", "content": "And?"}]);
    let seen = run(&server, more).await;
    assert!(!types(&seen).contains(&"MESSAGES_SNAPSHOT"));
}

/// <https://github.com/ggml-org/llama.cpp/pull/20872>, <https://github.com/nginx/nginx/issues/1505>:
/// proxies hold a stream back. <https://github.com/blinkk/rootjs/pull/1209>: or compress it.
#[tokio::test]
async fn proxies_are_told_to_pass_streams_on() {
    let server = Server::new(ScriptedEngine::always(Script::new().text("Hello."))).await;
    let session = server.session().await;
    let events = Window::open(&server, &session).await.head;
    let ui = server.post("/ui", &prompt("m1", "Hi")).await.head;
    let input = agui(
        &json!([{"id": "m1", "role": "user", "content": "Hi"}]),
        &json!({}),
    );
    let agui = server.post("/agui", &input).await.head;
    for head in [events, ui, agui] {
        let head = head.to_lowercase();
        assert!(head.contains("x-accel-buffering: no"), "{head}");
        assert!(
            head.contains("cache-control: no-store, no-transform"),
            "{head}"
        );
        assert!(!head.contains("content-encoding"), "{head}");
    }
}

/// Pages of version 4 of the AI SDK send the text of a message as `content`.
#[tokio::test]
async fn a_message_of_an_earlier_version_has_its_text() {
    let server = Server::new(ScriptedEngine::always(Script::new().text("Hello."))).await;
    let body = json!({"id": "chat", "messages": [{"id": "m1", "role": "user", "content": "Hi"}]});
    chunks(&server.post("/ui", &body).await);
    assert_eq!(
        server.get("/ui/chat").await.json()[0]["parts"][0]["text"],
        "Hi"
    );
}

/// <https://github.com/TokenRhythm/opensquilla/pull/433>, <https://github.com/mito-ds/mito/issues/1560>: after
/// an edit of an earlier message, the model still received what followed it, and a reload showed it.
#[tokio::test]
async fn an_edited_message_leaves_nothing_of_what_followed() {
    let engine = ScriptedEngine::new(["one", "two", "three"].map(|text| Script::new().text(text)));
    let server = Server::new(engine.clone()).await;
    chunks(&server.post("/ui", &prompt("m1", "First")).await);
    chunks(&server.post("/ui", &prompt("m2", "Second")).await);
    let mut edit = prompt("m1", "Other");
    edit["messageId"] = "m1".into();
    chunks(&server.post("/ui", &edit).await);
    let asked = &engine.turns()[2];
    let texts: Vec<_> = asked.blocks.iter().filter_map(|own| own.text()).collect();
    assert_eq!(texts, ["Other"]);
    assert_eq!(
        server
            .get("/ui/chat")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
}
