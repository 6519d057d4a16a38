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
    for path in ["/sessions", "/sessions/x", "/profiles"] {
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
