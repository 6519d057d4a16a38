//! The owner that the application names sees their own sessions, and nobody else does.

use axum::{
    extract::Request,
    middleware::{Next, from_fn},
};
use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_web::{Options, Owner, ServeOptions, router};
use serde_json::json;

use crate::support::{Reply, Server};

/// A server whose middleware takes the header `X-User` for the user.
async fn server() -> Server {
    let engine = ScriptedEngine::always(Script::new().text("Hello."));
    let host = Host::new(MemoryStore::new(), Builder::new(engine));
    let app = router(host.clone(), Options::new().owner_from_extension());
    let sign_in = from_fn(async |mut request: Request, next: Next| {
        let user = request
            .headers()
            .get("x-user")
            .and_then(|own| own.to_str().ok());
        if let Some(user) = user.map(Owner::new) {
            request.extensions_mut().insert(user);
        }
        next.run(request).await
    });
    Server::serving(host, app.layer(sign_in), ServeOptions::new()).await
}

async fn send(server: &Server, user: &str, method: &str, path: &str, body: &str) -> Reply {
    let headers = [("X-User", user), ("Content-Type", "application/json")];
    server.send(method, path, &headers, body).await
}

/// The interfaces of the AI SDK and of AG-UI do not show a session to another user.
async fn no_interface_shows(server: &Server, id: &str) {
    let ui = json!({"id": id, "messages": [{"id": "1", "role": "user", "parts": [
        {"type": "text", "text": "mine"}]}]});
    let agui = json!({"threadId": id, "runId": "r", "messages": [
        {"id": "1", "role": "user", "content": "mine"}]});
    let answers = json!({"id": id, "messages": [{"id": "1", "role": "assistant", "parts": [{
        "type": "tool-pay", "toolCallId": "call-1", "state": "approval-responded",
        "approval": {"id": "call-1", "approved": true}}]}]});
    let others = [
        ("POST", "/ui".to_owned(), ui.to_string()),
        ("POST", "/ui".to_owned(), answers.to_string()),
        ("GET", format!("/ui/{id}"), String::new()),
        ("POST", "/agui".to_owned(), agui.to_string()),
        ("GET", format!("/agui/{id}"), String::new()),
    ];
    for (method, path, body) in others {
        let reply = send(server, "bob", method, &path, &body).await;
        let problem = (reply.status, reply.problem());
        assert_eq!(
            problem,
            (404, "no-such-session".to_owned()),
            "{method} {path}"
        );
    }
    // As of a chat that does not exist.
    let stream = send(server, "bob", "GET", &format!("/ui/{id}/stream"), "").await;
    assert_eq!((stream.status, stream.body.as_str()), (204, ""));
}

#[tokio::test]
async fn and_nobody_elses() {
    let server = server().await;
    let created = send(&server, "ann", "POST", "/sessions", "{}").await;
    let session = format!("/sessions/{}", created.json()["id"].as_str().unwrap());
    let hello = json!({"text": "hello"}).to_string();
    let sent = send(
        &server,
        "ann",
        "POST",
        &format!("{session}/messages"),
        &hello,
    )
    .await;
    assert_eq!(sent.status, 202);
    server.host.session(&session[10..]).idle().await;
    let forked = send(&server, "ann", "POST", &format!("{session}/fork"), "{}").await;
    let fork = format!("/sessions/{}", forked.json()["id"].as_str().unwrap());

    for path in [&session, &fork] {
        assert_eq!(send(&server, "ann", "GET", path, "").await.status, 200);
        let attempts = [
            ("GET", "", ""),
            ("GET", "/events", ""),
            ("GET", "/export", ""),
            ("GET", "/images/x/0", ""),
            ("PATCH", "", r#"{"title":"mine"}"#),
            ("POST", "/messages", &hello),
            ("POST", "/cancel", "{}"),
            ("POST", "/retry", "{}"),
            ("POST", "/edit", r#"{"text":"x"}"#),
            ("POST", "/undo", "{}"),
            ("POST", "/fork", "{}"),
            ("POST", "/approvals/call-1", r#"{"decision":"allow"}"#),
            ("DELETE", "", ""),
        ];
        for (method, rest, body) in attempts {
            let reply = send(&server, "bob", method, &format!("{path}{rest}"), body).await;
            assert_eq!(
                (reply.status, reply.problem().as_str()),
                (404, "no-such-session"),
                "{method} {rest}"
            );
        }
        no_interface_shows(&server, &path[10..]).await;
    }
    let list = async |user| {
        let list = send(&server, user, "GET", "/sessions", "").await.json();
        list["sessions"].as_array().unwrap().len()
    };
    assert_eq!((list("ann").await, list("bob").await), (2, 0));
}

#[tokio::test]
async fn and_without_a_user_there_is_nothing() {
    let server = server().await;
    for path in [
        "/sessions",
        "/sessions/x",
        "/profiles",
        "/ui/x",
        "/ui/x/stream",
        "/agui/x",
    ] {
        let reply = server.get(path).await;
        assert_eq!(
            (reply.status, reply.problem().as_str()),
            (401, "unauthorized"),
            "{path}"
        );
    }
    let anonymous = send(&server, "", "GET", "/sessions", "").await;
    assert_eq!(anonymous.status, 401);
}
