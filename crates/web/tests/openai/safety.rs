use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_web::{Options, Owner, ServeOptions, openai, openai::OpenAi, router};
use serde_json::{Value, json};

use crate::{
    chat_completions::{CHAT, hello, server},
    support::{Reply, Server},
};

fn body() -> String {
    json!({"messages": [{"role": "user", "content": "x"}]}).to_string()
}

/// Returns the code of an error.
fn code(reply: &Reply) -> String {
    let error = &reply.json()["error"];
    assert_eq!(
        reply.header("content-type"),
        Some("application/json"),
        "{reply:?}"
    );
    let fields: Vec<&String> = error.as_object().unwrap().keys().collect();
    assert_eq!(fields.len(), 4, "{error}");
    assert_ne!(error["message"], "");
    error["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn every_error_has_the_form_of_the_api() {
    let server = server(&hello()).await;
    let json = ("Content-Type", "application/json");
    let page = ("Origin", "https://evil.example");
    for (reply, status, expected) in [
        (
            server.send("POST", CHAT, &[json, page], &body()).await,
            403,
            "foreign_origin",
        ),
        (
            server
                .send("POST", CHAT, &[json, ("Host", "evil.example")], &body())
                .await,
            403,
            "foreign_host",
        ),
        (
            server.send("POST", CHAT, &[], &body()).await,
            415,
            "not_json",
        ),
        (
            server.send("POST", CHAT, &[json], "{").await,
            400,
            "bad_request",
        ),
        (
            server.send("POST", CHAT, &[json], "[]").await,
            400,
            "bad_request",
        ),
        (
            server.send("GET", CHAT, &[], "").await,
            405,
            "method_not_allowed",
        ),
        (server.get("/v1/embeddings").await, 404, "unknown_url"),
        (server.get("/chat/completions").await, 404, "unknown_url"),
        (server.get("/v1/v1/models").await, 404, "unknown_url"),
        (
            server
                .send("POST", CHAT, &[json], &" ".repeat(9 << 20))
                .await,
            413,
            "too_large",
        ),
    ] {
        assert_eq!(reply.status, status, "{reply:?}");
        assert_eq!(code(&reply), expected);
    }
    // Other paths keep their own form.
    assert_eq!(server.get("/nowhere").await.problem(), "not-found");
}

#[tokio::test]
async fn a_token_is_the_api_key() {
    let host = Host::new(MemoryStore::new(), Builder::new(hello()));
    let app = router(host.clone(), Options::new().openai(OpenAi::new()));
    let options = ServeOptions::new().token("0123456789abcdef");
    let server = Server::serving(host, app, options).await;
    let refused = server.get("/v1/models").await;
    assert_eq!(
        (refused.status, code(&refused).as_str()),
        (401, "unauthorized")
    );
    assert_eq!(refused.json()["error"]["type"], "authentication_error");
    let key = [("Authorization", "Bearer 0123456789abcdef")];
    assert_eq!(server.send("GET", "/v1/models", &key, "").await.status, 200);
}

#[tokio::test]
async fn an_owner_is_required_where_the_application_has_owners() {
    let host = Host::new(MemoryStore::new(), Builder::new(hello()));
    let options = Options::new().openai(OpenAi::new()).owner(|parts| {
        let key = parts.headers.get("authorization")?.to_str().ok()?;
        key.strip_prefix("Bearer ").map(Owner::new)
    });
    let server = Server::of(host, options).await;
    let json = ("Content-Type", "application/json");
    let refused = server.send("POST", CHAT, &[json], &body()).await;
    assert_eq!(
        (refused.status, code(&refused).as_str()),
        (401, "unauthorized")
    );
    let key = ("Authorization", "Bearer ann");
    assert_eq!(
        server
            .send("POST", CHAT, &[json, key], &body())
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn pages_of_an_allowed_origin_may_send_the_headers_of_their_client() {
    let host = Host::new(MemoryStore::new(), Builder::new(hello()));
    let options = Options::new()
        .openai(OpenAi::new())
        .allow_origin("https://app.example");
    let server = Server::of(host, options).await;
    let headers = [
        ("Origin", "https://app.example"),
        ("Access-Control-Request-Method", "POST"),
        (
            "Access-Control-Request-Headers",
            "authorization,x-stainless-lang",
        ),
    ];
    let reply = server.send("OPTIONS", CHAT, &headers, "").await;
    assert_eq!(reply.status, 204);
    assert!(
        reply
            .header("access-control-allow-headers")
            .unwrap()
            .contains("x-stainless-lang")
    );
    let foreign = [("Origin", "https://evil.example"), headers[1], headers[2]];
    assert_eq!(server.send("OPTIONS", CHAT, &foreign, "").await.status, 403);
}

#[tokio::test]
async fn the_api_is_there_only_where_it_is_wanted() {
    let host = Host::new(MemoryStore::new(), Builder::new(hello()));
    let off = Server::of(host.clone(), Options::new()).await;
    assert_eq!(off.get("/v1/models").await.status, 404);
    let app = openai::router(host.clone(), Options::new());
    let alone = Server::serving(host, app, ServeOptions::new()).await;
    assert_eq!(
        alone.get("/v1/models").await.json()["data"][0]["id"],
        "default"
    );
    assert_eq!(alone.get("/sessions").await.status, 404);
    let nothing: Value = alone.get("/v1/nothing").await.json();
    assert_eq!(nothing["error"]["code"], "unknown_url");
}
