//! Several servers on one store: a request that reaches the wrong one is sent to the owner.

use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_web::{Forward, Options};
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::Server;

/// Starts a server with an address that others know. `None`: one at which nobody is.
async fn server(store: &MemoryStore, owner: &str, forward: Forward) -> Server {
    let engine = ScriptedEngine::always(Script::new().text(format!("I am {owner}.")));
    // The address must be known before the server listens.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let host = Host::builder(store.clone(), Builder::new(engine))
        .owner(owner)
        .address(format!("http://{address}"))
        .build();
    Server::at(address, host, Options::new().forward(forward)).await
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
