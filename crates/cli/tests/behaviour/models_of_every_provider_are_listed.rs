//! `geppetto models`, with each way in which a provider lists its models.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinHandle,
};

use super::support::Home;

/// Starts a server that answers one request. Returns its address, and the request in lower case.
async fn answers(status: &str, body: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let status = status.to_owned();
    let request = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            socket.read_buf(&mut request).await.unwrap();
        }
        let length = body.len();
        let reply = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
        socket.write_all(reply.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap().to_lowercase()
    });
    (address, request)
}

/// <https://docs.anthropic.com/en/api/models-list>
#[tokio::test]
async fn of_anthropic() {
    let home = Home::new();
    let (address, request) = answers(
        "200 OK",
        r#"{"data":[{"type":"model","id":"claude-b"},{"type":"model","id":"claude-a"}],"has_more":false}"#,
    )
    .await;
    let line = "models -q --ai-api-type claude --claude-api-key k1 --claude-base-url";
    assert_eq!(home.ok(line, &address).await, "claude-a\nclaude-b\n");
    let request = request.await.unwrap();
    assert!(request.starts_with("get /v1/models?"), "{request}");
    assert!(request.contains("x-api-key: k1"), "{request}");
    assert!(request.contains("anthropic-version: "), "{request}");
    assert!(!request.contains("authorization:"), "{request}");
}

/// <https://ai.google.dev/api/models>
#[tokio::test]
async fn of_google() {
    let home = Home::new();
    let (address, request) = answers(
        "200 OK",
        r#"{"models":[{"name":"models/gemini-b"},{"name":"models/gemini-a"}]}"#,
    )
    .await;
    let line = "models -q --ai-api-type gemini --gemini-api-key k2 --gemini-base-url";
    assert_eq!(home.ok(line, &address).await, "gemini-a\ngemini-b\n");
    let request = request.await.unwrap();
    assert!(request.starts_with("get /v1beta/models?"), "{request}");
    assert!(request.contains("x-goog-api-key: k2"), "{request}");
    assert!(!request.contains("key=k2"), "{request}");
}

#[tokio::test]
async fn of_a_server_with_another_list() {
    let home = Home::new();
    for (body, listed) in [
        (r#"[{"id":"alone"}]"#, "alone\n"),
        (r#"{"object":"list","data":[]}"#, ""),
        (r#"{"data":[{"id":"a\u001b[31m"},{"no":"id"}]}"#, "a␛[31m\n"),
    ] {
        let (address, request) = answers("200 OK", body).await;
        assert_eq!(
            home.ok("models -q --openai-base-url", &address).await,
            listed
        );
        request.await.unwrap();
    }
}

#[tokio::test]
async fn an_answer_that_is_no_list_is_named() {
    let home = Home::new();
    for (status, body, said) in [
        ("401 Unauthorized", "{}", "401"),
        ("200 OK", "<html>", "not JSON"),
        ("302 Found", "", "302"),
    ] {
        let (address, request) = answers(status, body).await;
        let run = home.geppetto("models --openai-base-url", [address.as_str()]);
        run.end().await.fails_with(1, said);
        request.await.unwrap();
    }
}
