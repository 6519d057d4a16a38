use geppetto_testing::{ProviderServer, Reply};
use serde_json::json;

use crate::client::{Client, Received, ask, post_to, responses_whole, whole};

async fn server() -> ProviderServer {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(Reply::chat().text("a"));
    server
}

async fn send(server: &ProviderServer, request: &str) -> Received {
    let mut client = Client::connect(server).await;
    client.send(request).await;
    client.reply().await.unwrap()
}

#[tokio::test]
async fn invalid_requests_get_the_error_of_the_provider() {
    let server = server().await;
    let invalid = json!({"model": "m", "messages": [{"role": "wizard", "content": "a"}]});
    let reply = ask(&server, &invalid).await;
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.json(),
        json!({"error": {
            "message": "Invalid value: 'wizard'. Supported values are: 'system', 'assistant', \
                        'user', 'function', 'tool' and 'developer'.",
            "type": "invalid_request_error",
            "param": "messages[0].role",
            "code": "invalid_value",
        }})
    );
    let reply = send(
        &server,
        "POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 1\r\n\r\n{",
    )
    .await;
    assert_eq!(reply.status, 400);
    server.accept_anything();
    assert_eq!(ask(&server, &invalid).await.status, 200);
}

#[tokio::test]
async fn keys_are_required_and_never_shown() {
    let server = server().await;
    server.require_key("sk-test");
    for (header, code) in [
        ("", json!(null)),
        ("authorization: \r\n", json!(null)),
        (
            "authorization: Bearer sk-wrong\r\n",
            json!("invalid_api_key"),
        ),
        ("authorization: sk-test\r\n", json!("invalid_api_key")),
    ] {
        let reply = send(&server, &post_to("/v1/chat/completions", header, &whole())).await;
        assert_eq!(reply.status, 401);
        assert_eq!(reply.json()["error"]["code"], code);
        assert_eq!(reply.json()["error"]["type"], "invalid_request_error");
        assert!(!reply.text().contains("sk-"));
    }
    let header = "Authorization: Bearer sk-test\r\n";
    let reply = send(&server, &post_to("/v1/chat/completions", header, &whole())).await;
    assert_eq!(reply.status, 200);
    assert!(!format!("{server:?}").contains("sk-test"));
}

#[tokio::test]
async fn unknown_models_are_not_found() {
    let server = server().await;
    server.models(["one", "test-model"]);
    assert_eq!(ask(&server, &whole()).await.status, 200);
    let mut unknown = whole();
    unknown["model"] = json!("three");
    let reply = ask(&server, &unknown).await;
    assert_eq!(reply.status, 404);
    assert_eq!(reply.json()["error"]["code"], "model_not_found");

    let list = send(&server, "GET /v1/models HTTP/1.1\r\n\r\n")
        .await
        .json();
    assert_eq!(list["object"], "list");
    let ids: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["id"])
        .collect();
    assert_eq!(ids, ["one", "test-model"]);
}

#[tokio::test]
async fn unknown_paths_are_not_found() {
    let server = server().await;
    for path in ["/v1/completions", "/", "/v1/chat/completions/1"] {
        let reply = send(&server, &post_to(path, "", &whole())).await;
        assert_eq!(reply.status, 404);
        let message = format!("Invalid URL (POST {path})");
        assert_eq!(reply.json()["error"]["message"], message);
    }
    assert_eq!(
        send(&server, "GET /api/tags HTTP/1.1\r\n\r\n").await.status,
        404
    );
    assert_eq!(
        send(&server, "GET /v1/chat/completions HTTP/1.1\r\n\r\n")
            .await
            .status,
        405
    );
    let azure = "/openai/deployments/d/chat/completions?api-version=2024-10-21";
    assert_eq!(
        send(&server, &post_to(azure, "", &whole())).await.status,
        200
    );
    assert_eq!(
        send(&server, &post_to("/v1/responses", "", &responses_whole()))
            .await
            .status,
        200
    );
}
