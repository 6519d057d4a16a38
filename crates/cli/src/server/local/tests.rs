use tokio::net::TcpListener;

use super::*;

/// Starts a server that answers each request with a body. Returns its port.
async fn serves(status: &'static str, body: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = socket.read(&mut request).await;
            let reply = format!("HTTP/1.0 {status}\r\n\r\n{body}");
            let _ = socket.write_all(reply.as_bytes()).await;
        }
    });
    port
}

#[tokio::test]
async fn servers_are_found_in_the_order_of_their_ports() {
    let list = r#"{"object":"list","data":[{"id":"qwen3:latest"},{"id":"gemma"}]}"#;
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let (ollama, vllm) = (
        serves("200 OK", list).await,
        serves("200 OK", r#"{"object":"list","data":[]}"#).await,
    );
    let page = serves("200 OK", "<html>").await;
    let other = serves("200 OK", r#"{"data":[{"id":"x"}]}"#).await;
    let locked = serves("401 Unauthorized", list).await;
    let found = find(Ports::of(vec![
        (vllm, "vLLM"),
        (closed, "LM Studio"),
        (page, "llama.cpp"),
        (other, "LM Studio"),
        (locked, "LM Studio"),
        (ollama, "Ollama"),
    ]))
    .await;
    let expected = [
        Found {
            name: "vLLM",
            base_url: format!("http://127.0.0.1:{vllm}/v1"),
            models: Vec::new(),
        },
        Found {
            name: "Ollama",
            base_url: format!("http://127.0.0.1:{ollama}/v1"),
            models: vec!["qwen3:latest".to_owned(), "gemma".to_owned()],
        },
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_tag_latest_is_part_of_no_name() {
    assert!(is_same_model("qwen3:latest", "qwen3"));
    assert!(is_same_model("qwen3:8b", "qwen3:8b"));
    assert!(!is_same_model("qwen3:8b", "qwen3"));
}
