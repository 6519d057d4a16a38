use geppetto_testing::{At, ProviderServer, Reply};

use crate::client::{streamed, whole};

#[tokio::test(flavor = "multi_thread")]
async fn streams_objects_and_breaks_are_read_as_meant() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().text("Hello").cut_into_random_chunks(1, 5));
    server.enqueue(Reply::chat().text("Hello"));
    server.enqueue(Reply::chat().text("Hello").content_length());
    server.enqueue(Reply::chat().text("Hello").cut_at(At::Event(2)));
    server.enqueue(Reply::chat().text("Hello").reset_at(At::Event(2)));
    let client = reqwest::Client::new();
    let url = format!("{}/chat/completions", server.base_url());
    let post = async |body| client.post(&url).json(&body).send().await.unwrap();

    assert!(
        post(streamed())
            .await
            .text()
            .await
            .unwrap()
            .ends_with("[DONE]\n\n")
    );
    let value: serde_json::Value = post(whole()).await.json().await.unwrap();
    assert_eq!(value["choices"][0]["message"]["content"], "Hello");
    assert!(
        post(streamed())
            .await
            .text()
            .await
            .unwrap()
            .ends_with("[DONE]\n\n")
    );
    assert!(post(streamed()).await.text().await.is_err());
    assert!(post(streamed()).await.text().await.is_err());
}
