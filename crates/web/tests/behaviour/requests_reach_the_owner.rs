//! Several servers on one store: a request that reaches the wrong one is sent to the owner.

use std::time::Duration;

use geppetto_enginebuilder::Builder;
use geppetto_host::{Host, NewSession};
use geppetto_store::{
    Claim, Error, MemoryStore, Opened, SessionStore, async_trait,
    conformance::{Wrapped, Wraps},
};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_web::{Forward, Options, openai::OpenAi};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Reply, Server, Window};

/// Starts a server with an address that others know. `None`: one at which nobody is.
async fn server(store: &MemoryStore, owner: &str, forward: Forward) -> Server {
    server_on(store.clone(), owner, forward).await
}

async fn server_on(store: impl SessionStore + 'static, owner: &str, forward: Forward) -> Server {
    let engine = ScriptedEngine::always(Script::new().text(format!("I am {owner}.")));
    // The address must be known before the server listens.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let host = Host::builder(store, Builder::new(engine))
        .owner(owner)
        .address(format!("http://{address}"))
        .build();
    let options = Options::new().forward(forward).openai(OpenAi::new());
    Server::at(address, host, options).await
}

/// Returns a message of the AI SDK's `useChat`, and one of AG-UI, to the session `t`.
fn messages(id: &str) -> [(&'static str, Value); 2] {
    let sdk = json!({"id": id, "role": "user", "parts": [{"type": "text", "text": "Hi"}]});
    let agui = json!({"id": id, "role": "user", "content": "Hi"});
    [
        ("/ui", json!({"id": "t", "messages": [sdk]})),
        (
            "/agui",
            json!({"threadId": "t", "runId": "r", "messages": [agui]}),
        ),
    ]
}

fn said(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{reply:?}");
    let output = &reply.json()["output"][0]["content"][0]["text"];
    output.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn by_a_proxy_with_prompts_streams_and_cancellations() {
    let store = MemoryStore::new();
    let first = server(&store, "first", Forward::Proxy).await;
    let second = server(&store, "second", Forward::Proxy).await;
    let session = first.session().await;
    first.tell(&session, "Hello").await;
    let sent = second
        .post(&format!("{session}/messages"), &json!({"text": "Again"}))
        .await;
    assert_eq!(sent.status, 202, "{sent:?}");
    first.host.session(&session[10..]).idle().await;
    let shown = second
        .get(&format!("{session}/export?format=markdown"))
        .await;
    assert_eq!(shown.status, 200, "{shown:?}");
    let turns = second.host.session(&session[10..]).turns().await.unwrap();
    assert_eq!(turns[1].assistant_text(), "I am first.");
    assert_eq!(second.host.sessions_in_memory(), 0);
    let cancelled = second.post(&format!("{session}/cancel"), &json!({})).await;
    assert!(cancelled.status < 300, "{cancelled:?}");
    // What was passed on once is not passed on again.
    let marked = [
        ("Geppetto-Passed-On", "1"),
        ("Content-Type", "application/json"),
    ];
    let path = format!("{session}/messages");
    let refused = second
        .send("POST", &path, &marked, r#"{"text":"Hi"}"#)
        .await;
    assert_eq!(refused.status, 409, "{refused:?}");
    // The owner's server is gone, and its lease is not: reads are answered with what is stored.
    first.stop().await;
    let kept = second.get(&session).await;
    assert_eq!(kept.status, 200, "{kept:?}");
    let refused = second.post(&path, &json!({"text": "Anybody?"})).await;
    assert_eq!(refused.status, 409, "{refused:?}");
}

#[tokio::test]
async fn by_a_redirection() {
    let store = MemoryStore::new();
    let first = server(&store, "first", Forward::Redirect).await;
    let second = server(&store, "second", Forward::Redirect).await;
    let session = first.session().await;
    let path = format!("{session}/events?after=3");
    let sent = second.get(&path).await;
    assert_eq!(sent.status, 307, "{sent:?}");
    let expected = format!("http://{}{path}", first.address);
    assert_eq!(sent.header("location"), Some(expected.as_str()));
    let own = second.get("/sessions/unknown").await;
    assert_eq!(own.status, 404, "{own:?}");
}

#[tokio::test]
async fn whose_session_is_named_in_the_body() {
    let store = MemoryStore::new();
    let first = server(&store, "first", Forward::Proxy).await;
    let second = server(&store, "second", Forward::Proxy).await;
    for (path, body) in messages("m1") {
        let sent = first.post(path, &body).await;
        assert_eq!(sent.status, 200, "{sent:?}");
        first.host.session("t").idle().await;
    }
    for (path, body) in messages("m2") {
        let sent = second.post(path, &body).await;
        assert_eq!(sent.status, 200, "{sent:?}");
        assert_eq!(sent.header("content-type"), Some("text/event-stream"));
        assert!(sent.body.contains("I am first."), "{sent:?}");
        first.host.session("t").idle().await;
    }
    let resumed = second.get("/ui/t/stream").await;
    assert_eq!(resumed.status, 204, "{resumed:?}");
    assert_eq!(second.host.sessions_in_memory(), 0);
}

#[tokio::test]
async fn whose_session_is_named_by_the_previous_response() {
    let store = MemoryStore::new();
    let first = server(&store, "first", Forward::Proxy).await;
    let second = server(&store, "second", Forward::Proxy).await;
    let path = "/v1/responses";
    let one = first.post(path, &json!({"input": "Hi"})).await.json();
    let body = json!({"input": "And?", "previous_response_id": one["id"]});
    let two = second.post(path, &body).await;
    assert_eq!(said(&two), "I am first.");
    let read = second
        .get(&format!("{path}/{}", two.json()["id"].as_str().unwrap()))
        .await;
    assert_eq!(read.json(), two.json());
    // One that others followed is continued in a copy.
    assert_eq!(said(&second.post(path, &body).await), "I am first.");
    assert_eq!(second.host.sessions_in_memory(), 0);
    // One that continues nothing is the business of whoever is asked; so are models.
    let own = second.post(path, &json!({"input": "Hi"})).await;
    assert_eq!(said(&own), "I am second.");
    assert_eq!(second.get("/v1/models/default").await.status, 200);
}

/// A store of a process that another one is always ahead of.
struct Late {
    store: MemoryStore,
    other: Host,
}

#[async_trait]
impl Wraps for Late {
    type Store = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.store
    }

    async fn open(&self, session: &str, claim: &Claim) -> Result<Opened, Error> {
        let run = self.other.session(session).prompt("Me first").submit();
        run.await.unwrap().wait().await.unwrap();
        self.store.open(session, claim).await
    }
}

#[tokio::test]
async fn who_has_opened_the_session_in_the_meantime() {
    for (path, body) in messages("m1") {
        let store = MemoryStore::new();
        let first = server(&store, "first", Forward::Proxy).await;
        let engine = ScriptedEngine::always(Script::new().text("I was here."));
        let gone = Host::new(store.clone(), Builder::new(engine));
        gone.create(NewSession::new().id("t")).await.unwrap();
        gone.shutdown(Duration::ZERO).await;
        let late = Late {
            store,
            other: first.host.clone(),
        };
        let second = server_on(Wrapped(late), "second", Forward::Proxy).await;
        let sent = second.post(path, &body).await;
        assert_eq!(sent.status, 200, "{sent:?}");
        assert!(sent.body.contains("I am first."), "{sent:?}");
    }
}

#[tokio::test]
async fn by_a_redirection_of_what_the_body_names() {
    let store = MemoryStore::new();
    let first = server(&store, "first", Forward::Redirect).await;
    let second = server(&store, "second", Forward::Redirect).await;
    for (path, body) in messages("m1") {
        first.post(path, &body).await;
        first.host.session("t").idle().await;
        let sent = second.post(path, &body).await;
        let expected = format!("http://{}{path}", first.address);
        assert_eq!(sent.header("location"), Some(expected.as_str()), "{sent:?}");
    }
}

#[tokio::test]
async fn unless_it_accepts_connections_and_is_stopped() {
    let store = MemoryStore::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let engine = ScriptedEngine::always(Script::new().text("Hello."));
    let stopped = Host::builder(store.clone(), Builder::new(engine))
        .owner("stopped")
        .address(address)
        .build();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            kept.push(stream);
        }
    });
    let session = stopped.create(NewSession::new().id("t")).await;
    let run = session.unwrap().prompt("Hi").submit().await.unwrap();
    run.wait().await.unwrap();
    let second = server(&store, "second", Forward::Proxy).await;
    tokio::time::pause();
    let sent = second
        .post("/sessions/t/messages", &json!({"text": "Hi"}))
        .await;
    assert_eq!((sent.status, sent.problem().as_str()), (502, "owner-lost"));
    let sent = second.get("/ui/t").await;
    assert_eq!(sent.status, 200, "{sent:?}");
    assert!(sent.body.contains("Hello."), "{sent:?}");
}

#[tokio::test]
async fn and_a_stream_of_an_owner_that_falls_silent_breaks_off() {
    let store = MemoryStore::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let engine = ScriptedEngine::always(Script::new().text("Hello."));
    let silent = Host::builder(store.clone(), Builder::new(engine))
        .owner("silent")
        .address(address)
        .build();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n";
        tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes())
            .await
            .unwrap();
        std::future::pending::<()>().await;
    });
    let session = silent.create(NewSession::new().id("t")).await;
    let run = session.unwrap().prompt("Hi").submit().await.unwrap();
    run.wait().await.unwrap();
    let second = server(&store, "second", Forward::Proxy).await;
    let mut window = Window::with(&second, "/sessions/t/events", "").await;
    window.until_text(": hello").await;
    tokio::time::pause();
    // The end of the body is missing, so that the client can tell.
    assert!(!window.rest().await.contains("deleted"));
}
