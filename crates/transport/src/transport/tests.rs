use std::{sync::Arc, time::Duration};

use geppetto_engine::ErrorKind;
use http::{HeaderMap, StatusCode};

use super::{HttpTransport, MockHttpTransport};
use crate::{
    Body, HttpClient, Request, Response, RetryPolicy, Timeouts,
    memory::{MemoryTransport, Reply},
};

#[tokio::test]
async fn a_mock_can_stand_in_for_the_network() {
    let mut mock = MockHttpTransport::new();
    mock.expect_send()
        .withf(|request| request.url() == "http://localhost/v1")
        .once()
        .returning(|_| {
            Ok(Response::new(
                StatusCode::OK,
                HeaderMap::new(),
                Body::from_chunks(["data: 1\n\n"]),
            ))
        });
    let shared: Arc<dyn HttpTransport> = Arc::new(mock);
    let client = HttpClient::new(shared);
    let response = client
        .open(&Request::get("http://localhost/v1"))
        .await
        .unwrap();
    assert_eq!(response.into_sse().next().await.unwrap().unwrap().data, "1");
}

#[tokio::test]
async fn a_reply_without_content_is_an_error() {
    for (status, number) in [
        (StatusCode::NO_CONTENT, 204),
        (StatusCode::RESET_CONTENT, 205),
    ] {
        let client = HttpClient::new(MemoryTransport::new([Reply::new(status)]));
        let error = client.open(&Request::get("http://a/")).await.unwrap_err();
        let said =
            format!("the server answered without content (HTTP {number}), check the base URL");
        assert_eq!(
            (error.kind(), error.to_string()),
            (ErrorKind::MalformedResponse, said)
        );
    }
}

#[test]
fn a_client_has_the_settings_that_it_was_given() {
    let timeouts = Timeouts {
        idle: Duration::from_secs(7),
        ..Timeouts::default()
    };
    let client = HttpClient::new(MemoryTransport::new([]))
        .with_timeouts(timeouts)
        .with_retry_policy(RetryPolicy::never());
    assert_eq!(client.timeouts().idle, Duration::from_secs(7));
    assert_eq!(client.retry().start().max_attempts(), 1);
}
