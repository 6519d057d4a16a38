//! A client of AG-UI shows the messages of the session, in their order, whatever it had before; and
//! receives them again only where its own are others.

use geppetto_testing::{Gate, Script, ScriptedEngine};
use serde_json::{Value, json};

use crate::support::{Server, Window};

/// A client that folds streams as `@ag-ui/client` 0.0.59 and 1.0.0 do.
#[derive(Default)]
struct Client {
    messages: Vec<Value>,
    /// Number of `MESSAGES_SNAPSHOT`.
    snapshots: usize,
}

impl Client {
    /// Sends a message of the user, and returns the number of snapshots that come first.
    async fn says(&mut self, server: &Server, id: &str, text: &str) -> usize {
        let before = self.snapshots;
        self.messages
            .push(json!({"id": id, "role": "user", "content": text}));
        let reply = server.post("/agui", &self.input()).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        self.fold(&reply.body);
        self.snapshots - before
    }

    fn input(&self) -> Value {
        let sent = self.messages.iter().filter(|own| own["role"] != "activity");
        let sent: Vec<&Value> = sent.collect();
        json!({
            "threadId": "t", "runId": "r", "messages": sent, "tools": [], "context": [],
            "state": {}, "protocolVersion": "1.0",
        })
    }

    fn fold(&mut self, stream: &str) {
        let data = stream
            .lines()
            .filter_map(|line| line.strip_prefix("data: "));
        for event in data.filter_map(|own| serde_json::from_str::<Value>(own).ok()) {
            let id = &event["messageId"];
            match event["type"].as_str().unwrap() {
                "MESSAGES_SNAPSHOT" => self.merge(event["messages"].as_array().unwrap()),
                "TEXT_MESSAGE_START" | "REASONING_MESSAGE_START" => self
                    .messages
                    .push(json!({"id": id, "role": event["role"], "content": ""})),
                "TEXT_MESSAGE_CONTENT" | "REASONING_MESSAGE_CONTENT" => {
                    let mut messages = self.messages.iter_mut();
                    let own = messages.find(|own| own["id"] == *id).unwrap();
                    let text = own["content"].as_str().unwrap().to_owned();
                    own["content"] = (text + event["delta"].as_str().unwrap()).into();
                }
                _ => {}
            }
        }
    }

    /// Keeps the places of messages that are known, and adds the others at the end. Reasoning stays
    /// if the snapshot has none.
    fn merge(&mut self, new: &[Value]) {
        self.snapshots += 1;
        let has_reasoning = new.iter().any(|own| own["role"] == "reasoning");
        let named = |id: &Value| new.iter().find(|own| own["id"] == *id);
        self.messages.retain(|own| {
            named(&own["id"]).is_some() || (own["role"] == "reasoning" && !has_reasoning)
        });
        for own in &mut self.messages {
            if let Some(new) = named(&own["id"]) {
                own.clone_from(new);
            }
        }
        for own in new {
            if !self.messages.iter().any(|known| known["id"] == own["id"]) {
                self.messages.push(own.clone());
            }
        }
    }

    fn texts(&self) -> Vec<&str> {
        let texts = self.messages.iter();
        texts.map(|own| own["content"].as_str().unwrap()).collect()
    }

    async fn shows_the_session(&self, server: &Server) {
        let session = server.get("/agui/t").await.json();
        assert_eq!(json!(self.messages), session);
    }
}

/// <https://github.com/microsoft/agent-framework/issues/7807>: all messages came with each answer.
#[tokio::test]
async fn a_message_after_reasoning_needs_no_snapshot() {
    let script = |text: &str| Script::new().reasoning("Let me think.").text(text);
    let server = Server::new(ScriptedEngine::new([script("one"), script("two")])).await;
    let mut client = Client::default();
    assert_eq!(client.says(&server, "m1", "Hi").await, 0);
    assert_eq!(client.says(&server, "m2", "And?").await, 0);
    client.shows_the_session(&server).await;
    let texts = ["Hi", "Let me think.", "one", "And?", "Let me think.", "two"];
    assert_eq!(client.texts(), texts);
}

/// A client that does not keep reasoning has the same messages, too.
#[tokio::test]
async fn a_client_without_reasoning_needs_no_snapshot() {
    let script = |text: &str| Script::new().reasoning("Let me think.").text(text);
    let server = Server::new(ScriptedEngine::new([script("one"), script("two")])).await;
    let mut client = Client::default();
    client.says(&server, "m1", "Hi").await;
    client.messages.retain(|own| own["role"] != "reasoning");
    assert_eq!(client.says(&server, "m2", "And?").await, 0);
}

/// Stop closes the connection, and the answer goes on: the client has a part of it. The next message
/// brings the rest, in its place.
#[tokio::test]
async fn an_answer_that_was_cut_is_completed() {
    let gate = Gate::new();
    let cut = Script::new().text("one ").hold_at(&gate).text("two");
    let server = Server::new(ScriptedEngine::new([cut, Script::new().text("three")])).await;
    let mut client = Client::default();
    client
        .messages
        .push(json!({"id": "m1", "role": "user", "content": "Hi"}));
    let body = client.input().to_string();
    let length = body.len();
    let head = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
    let mut page = Window::post(&server, "/agui", &head, &body).await;
    page.until_text("one ").await;
    gate.open();
    let whole = page.rest().await;
    assert!(whole.contains("RUN_FINISHED"), "{whole}");

    let session = server.get("/agui/t").await.json();
    client.messages.push(session[1].clone());
    client.messages[1]["content"] = "one ".into();
    assert_ne!(client.says(&server, "m2", "And?").await, 0);
    assert_eq!(client.texts(), ["Hi", "one two", "And?", "three"]);
    client.shows_the_session(&server).await;
}

/// A page that is opened with the id of a conversation, and has none of its messages.
#[tokio::test]
async fn a_new_message_is_below_the_history() {
    let server = Server::new(ScriptedEngine::always(Script::new().text("one"))).await;
    Client::default().says(&server, "m1", "Hi").await;
    let mut page = Client::default();
    assert_ne!(page.says(&server, "m2", "And?").await, 0);
    assert_eq!(page.texts(), ["Hi", "one", "And?", "one"]);
    page.shows_the_session(&server).await;
    assert_eq!(page.says(&server, "m3", "Then?").await, 0);
}

/// Two pages write to one conversation: each has messages that the other has not.
#[tokio::test]
async fn messages_of_another_page_are_above_the_new_one() {
    let server = Server::new(ScriptedEngine::always(Script::new().text("one"))).await;
    let (mut first, mut second) = (Client::default(), Client::default());
    first.says(&server, "m1", "Hi").await;
    second.says(&server, "m2", "And?").await;
    first.says(&server, "m3", "Then?").await;
    first.shows_the_session(&server).await;
    second.says(&server, "m4", "So?").await;
    second.shows_the_session(&server).await;
}

/// Messages that are in the wrong order are put in order, also by connecting.
#[tokio::test]
async fn a_wrong_order_is_repaired() {
    let server = Server::new(ScriptedEngine::always(Script::new().text("one"))).await;
    let mut client = Client::default();
    client.says(&server, "m1", "Hi").await;
    client.says(&server, "m2", "And?").await;
    client.messages.rotate_right(2);
    client.says(&server, "m3", "Then?").await;
    client.shows_the_session(&server).await;

    client.messages.rotate_left(1);
    client.messages.swap(0, 2);
    let body = client.input();
    let reply = server.post("/agui", &body).await;
    client.fold(&reply.body);
    client.shows_the_session(&server).await;
}
