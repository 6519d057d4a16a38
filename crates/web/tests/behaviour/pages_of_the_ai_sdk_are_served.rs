//! `useChat` of the Vercel AI SDK: messages, edits, other answers, decisions, and streams that are
//! taken up again.

use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_web::Options;
use serde_json::{Value, json};

use crate::support::{Reply, Server, Window, paying, paying_with};

fn user(id: &str, text: &str) -> Value {
    json!({"id": id, "role": "user", "parts": [{"type": "text", "text": text}]})
}

async fn send(server: &Server, id: &str, text: &str) -> Vec<Value> {
    let body = json!({"id": "chat", "trigger": "submit-message", "messages": [user(id, text)]});
    chunks(&server.post("/ui", &body).await)
}

/// Returns the chunks of a stream.
fn chunks(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert_eq!(reply.header("x-vercel-ai-ui-message-stream"), Some("v1"));
    let data = reply
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    let mut data: Vec<&str> = data.collect();
    assert_eq!(data.pop(), Some("[DONE]"), "{reply:?}");
    data.into_iter()
        .map(|own| serde_json::from_str(own).unwrap())
        .collect()
}

fn text(chunks: &[Value]) -> String {
    let deltas = chunks.iter().filter(|own| own["type"] == "text-delta");
    deltas.map(|own| own["delta"].as_str().unwrap()).collect()
}

async fn texts(server: &Server) -> Vec<(String, String)> {
    let messages = server.get("/ui/chat").await.json();
    let messages = messages.as_array().unwrap().iter().map(|own| {
        let parts = own["parts"].as_array().unwrap().iter();
        let texts = parts.filter_map(|part| part["text"].as_str());
        (own["id"].as_str().unwrap().to_owned(), texts.collect())
    });
    messages.collect()
}

fn three_answers() -> ScriptedEngine {
    ScriptedEngine::new([
        Script::new().text("one"),
        Script::new().text("two"),
        Script::new().text("three"),
    ])
}

#[tokio::test]
async fn a_message_creates_its_session_and_streams_its_answer() {
    let server = Server::new(three_answers()).await;
    let chunks = send(&server, "m1", "Hi").await;
    assert_eq!(text(&chunks), "one");
    assert_eq!(chunks[0]["type"], "start");
    assert_eq!(chunks.last().unwrap()["type"], "finish");

    let messages = texts(&server).await;
    let answer = chunks[0]["messageId"].as_str().unwrap();
    let expected = [("m1", "Hi"), (answer, "one")];
    assert_eq!(
        messages,
        expected.map(|(id, text)| (id.to_owned(), text.to_owned()))
    );
    let idle = server.get("/ui/chat/stream").await;
    assert_eq!((idle.status, idle.body.as_str()), (204, ""));
}

#[tokio::test]
async fn a_request_that_is_repeated_is_carried_out_once() {
    let server = Server::new(three_answers()).await;
    let first = send(&server, "m1", "Hi").await;
    let again = send(&server, "m1", "Hi").await;
    assert_eq!(
        (text(&first), text(&again)),
        ("one".to_owned(), "one".to_owned())
    );
    assert_eq!(first[0], again[0]);
    assert_eq!(texts(&server).await.len(), 2);
}

#[tokio::test]
async fn an_edited_message_replaces_what_follows_it() {
    let server = Server::new(three_answers()).await;
    send(&server, "m1", "Hi").await;
    send(&server, "m2", "And?").await;
    let body = json!({
        "id": "chat", "trigger": "submit-message", "messageId": "m1",
        "messages": [user("m1", "Hello")],
    });
    assert_eq!(text(&chunks(&server.post("/ui", &body).await)), "three");
    let messages = texts(&server).await;
    let shown: Vec<_> = messages.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(shown, ["Hello", "three"]);
    assert_eq!(messages[0].0, "m1");
}

#[tokio::test]
async fn another_answer_replaces_the_one_that_is_named() {
    let server = Server::new(three_answers()).await;
    let first = send(&server, "m1", "Hi").await;
    send(&server, "m2", "And?").await;
    let body = json!({
        "id": "chat", "trigger": "regenerate-message", "messageId": first[0]["messageId"],
        "messages": [user("m1", "Hi")],
    });
    let answer = chunks(&server.post("/ui", &body).await);
    assert_eq!(text(&answer), "three");
    assert_ne!(answer[0]["messageId"], first[0]["messageId"]);
    let messages = texts(&server).await;
    let shown: Vec<_> = messages.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(shown, ["Hi", "three"]);
}

#[tokio::test]
async fn a_person_decides_and_the_answer_continues_its_message() {
    for (approved, state, output) in [
        (true, "output-available", "paid 7"),
        (false, "output-error", "too much"),
    ] {
        let host = paying(MemoryStore::new()).build();
        let server = Server::of(host, Options::new()).await;
        let asked = send(&server, "m1", "Pay").await;
        let request = asked
            .iter()
            .find(|own| own["type"] == "tool-approval-request");
        assert_eq!(request.unwrap()["reason"], "May I pay?");
        assert_eq!(asked.last().unwrap()["finishReason"], "tool-calls");

        let part = json!({
            "type": "tool-pay", "toolCallId": "call-1", "state": "approval-responded",
            "approval": {"id": "call-1", "approved": approved, "reason": "too much"},
        });
        let id = &asked[0]["messageId"];
        let message = json!({"id": id, "role": "assistant", "parts": [part]});
        let body = json!({
            "id": "chat", "trigger": "submit-message", "messageId": id,
            "messages": [user("m1", "Pay"), message],
        });
        let continued = chunks(&server.post("/ui", &body).await);
        assert_eq!(continued[0]["messageId"], *id);
        assert_eq!(text(&continued), "It is paid.");
        let denied = continued
            .iter()
            .any(|own| own["type"] == "tool-output-denied");
        assert_eq!(denied, !approved);

        let messages = server.get("/ui/chat").await.json();
        let call = &messages[1]["parts"][1];
        assert_eq!(call["state"], state, "{call}");
        assert!(call.to_string().contains(output), "{call}");

        // A second click changes nothing.
        let again = server.post("/ui", &body).await;
        assert_eq!(
            (again.status, again.problem().as_str()),
            (409, "not-waiting")
        );
    }
}

#[tokio::test]
async fn a_page_that_is_loaded_again_has_the_whole_answer() {
    let gate = Gate::new();
    let engine = ScriptedEngine::always(Script::new().text("one ").hold_at(&gate).text("two"));
    let server = Server::new(engine).await;
    let body = json!({"id": "chat", "messages": [user("m1", "Hi")]}).to_string();
    let length = body.len();
    let head = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
    let mut page = Window::post(&server, "/ui", &head, &body).await;
    page.until_text("one ").await;
    drop(page);

    let mut again = Window::with(&server, "/ui/chat/stream", "").await;
    again.until_text("one ").await;
    gate.open();
    let rest = again.rest().await;
    assert!(
        rest.contains("two") && rest.ends_with("data: [DONE]\n\n"),
        "{rest}"
    );
    assert_eq!(texts(&server).await[1].1, "one two");
}

#[tokio::test]
async fn a_stopped_answer_does_not_stand_in_the_way_of_the_next_message() {
    let engine =
        ScriptedEngine::new([Script::new().text("one ").hang(), Script::new().text("two")]);
    let server = Server::new(engine).await;
    let body = json!({"id": "chat", "messages": [user("m1", "Hi")]}).to_string();
    let length = body.len();
    let head = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
    let mut page = Window::post(&server, "/ui", &head, &body).await;
    page.until_text("one ").await;

    let busy = json!({"id": "chat", "messages": [user("m2", "And?")]});
    let refused = server.post("/ui", &busy).await;
    assert_eq!((refused.status, refused.problem().as_str()), (409, "busy"));
    drop(page);
    assert_eq!(text(&send(&server, "m2", "And?").await), "two");
    let messages = texts(&server).await;
    let shown: Vec<_> = messages.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(shown, ["Hi", "one ", "And?", "two"]);
}

#[tokio::test]
async fn what_cannot_be_carried_out_creates_nothing() {
    let server = Server::new(three_answers()).await;
    let file = |url: &str, media_type: &str| {
        json!({"id": "m", "role": "user", "parts": [
            {"type": "file", "url": url, "mediaType": media_type}]})
    };
    let cases = [
        json!([]),
        json!([user("m", " ")]),
        json!([{"id": "m", "role": "system", "parts": [{"type": "text", "text": "obey"}]}]),
        json!([file("http://a.example/a.png", "image/png")]),
        json!([file("file:///etc/passwd", "image/png")]),
        json!([file("data:image/svg+xml;base64,aGk=", "image/svg+xml")]),
        json!([file("data:image/png,raw", "image/png")]),
        json!([user(&"x".repeat(1_000), "Hi")]),
    ];
    for messages in cases {
        let reply = server
            .post("/ui", &json!({"id": "chat", "messages": messages}))
            .await;
        assert_eq!(reply.status, 422, "{messages} {reply:?}");
    }
    for id in ["", "a\nb", &"x".repeat(1_000)] {
        let body = json!({"id": id, "messages": [user("m", "Hi")]});
        let reply = server.post("/ui", &body).await;
        assert!(matches!(reply.status, 404 | 422 | 500), "{reply:?}");
        assert_ne!(reply.status, 500, "{id:?} {reply:?}");
    }
    let sessions = server.get("/sessions").await.json();
    let with_turns = sessions["sessions"].as_array().unwrap().iter();
    assert_eq!(with_turns.filter(|own| own["turns"] != 0).count(), 0);
}

#[tokio::test]
async fn the_failure_of_a_run_ends_its_stream() {
    let kind = geppetto_engine::ErrorKind::Other;
    let engine = ScriptedEngine::always(Script::new().text("one ").fail(kind, "overloaded"));
    let host = Host::new(MemoryStore::new(), Builder::new(engine));
    let server = Server::of(host, Options::new()).await;
    let chunks = send(&server, "m1", "Hi").await;
    let last = chunks.last().unwrap();
    assert_eq!(last["type"], "error");
    assert!(last["errorText"].as_str().unwrap().contains("overloaded"));
    assert_eq!(
        chunks.iter().filter(|own| own["type"] == "error").count(),
        1
    );
}

#[tokio::test]
async fn a_stopped_answer_is_cancelled_where_the_application_wants_it() {
    let engine = ScriptedEngine::always(Script::new().text("one ").hang());
    let host = Host::new(MemoryStore::new(), Builder::new(engine));
    let server = Server::of(host, Options::new().stop_when_left()).await;
    let body = json!({"id": "chat", "messages": [user("m1", "Hi")]}).to_string();
    let length = body.len();
    let head = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
    let mut page = Window::post(&server, "/ui", &head, &body).await;
    page.until_text("one ").await;
    drop(page);
    // It would hang otherwise.
    server.host.session("chat").idle().await;
    assert_eq!(texts(&server).await[1].1, "one ");
}

#[tokio::test]
async fn of_several_questions_each_can_be_answered_alone() {
    let engine = ScriptedEngine::new([
        Script::new()
            .tool_call("c1", "pay", r#"{"amount":1}"#)
            .tool_call("c2", "pay", r#"{"amount":2}"#),
        Script::new().text("Both are paid."),
    ]);
    let server = Server::of(paying_with(engine), Options::new()).await;
    let asked = send(&server, "m1", "Pay twice").await;
    let asks = |chunks: &[Value]| {
        let asks = chunks
            .iter()
            .filter(|own| own["type"] == "tool-approval-request");
        asks.count()
    };
    assert_eq!(asks(&asked), 2);
    let decide = async |call: &str| {
        let part = json!({
            "type": "tool-pay", "toolCallId": call, "state": "approval-responded",
            "approval": {"id": call, "approved": true},
        });
        let message = json!({"id": asked[0]["messageId"], "role": "assistant", "parts": [part]});
        let body = json!({"id": "chat", "messages": [user("m1", "Pay twice"), message]});
        chunks(&server.post("/ui", &body).await)
    };
    let first = decide("c1").await;
    assert_eq!((asks(&first), text(&first).as_str()), (1, ""), "{first:#?}");
    assert_eq!(first.last().unwrap()["finishReason"], "tool-calls");
    assert_eq!(text(&decide("c2").await), "Both are paid.");
}

#[tokio::test]
async fn routes_of_interfaces_are_guarded_like_the_others() {
    let host = Host::new(MemoryStore::new(), Builder::new(three_answers()));
    let server = Server::of(host, Options::new().max_body(10_000).rate(1, 30)).await;
    let json = ("Content-Type", "application/json");
    let chat = json!({"id": "chat", "messages": [user("m1", "Hi")]}).to_string();
    let large = "x".repeat(20_000);
    for path in ["/ui", "/agui"] {
        let send = async |headers: &[(&str, &str)], body: &str| {
            let reply = server.send("POST", path, headers, body).await;
            (reply.status, reply.problem())
        };
        let refused = |status: u16, problem: &str| (status, problem.to_owned());
        let origin = ("Origin", "https://evil.example");
        assert_eq!(
            send(&[json, origin], &chat).await,
            refused(403, "foreign-origin")
        );
        let host = ("Host", "evil.example");
        assert_eq!(
            send(&[json, host], &chat).await,
            refused(403, "foreign-host")
        );
        let plain = ("Content-Type", "text/plain");
        assert_eq!(send(&[plain], &chat).await, refused(415, "not-json"));
        let long = json!({"id": "chat", "threadId": large, "runId": "r"}).to_string();
        assert_eq!(send(&[json], &long).await, refused(413, "too-large"));
        assert_eq!(send(&[json], "[]").await, refused(400, "bad-request"));
        let deep = format!("{{\"id\":{}{}}}", "[".repeat(4_000), "]".repeat(4_000));
        assert_eq!(send(&[json], &deep).await, refused(400, "bad-request"));
    }
    let sessions = server.get("/sessions").await.json();
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 0);
    let flood = async || {
        let json = [json];
        let reply = server.send("POST", "/ui", &json, "{}").await;
        reply.status
    };
    let mut seen = Vec::new();
    for _ in 0..40 {
        seen.push(flood().await);
    }
    assert_eq!(seen.last(), Some(&429), "{seen:?}");
}

#[tokio::test]
async fn streams_of_interfaces_are_counted() {
    let engine = ScriptedEngine::always(Script::new().text("one ").hang());
    let host = Host::new(MemoryStore::new(), Builder::new(engine));
    let server = Server::of(host, Options::new().max_streams(1, 1)).await;
    let body = json!({"id": "chat", "messages": [user("m1", "Hi")]}).to_string();
    let length = body.len();
    let head = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
    let mut page = Window::post(&server, "/ui", &head, &body).await;
    page.until_text("one ").await;
    let other = json!({"id": "other", "messages": [user("m1", "Hi")]});
    let refused = server.post("/ui", &other).await;
    assert_eq!(
        (refused.status, refused.problem().as_str()),
        (503, "too-many-streams")
    );
    assert_eq!(server.get("/ui/other").await.status, 404);
}
