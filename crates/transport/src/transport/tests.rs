use std::sync::Arc;

use http::{HeaderMap, StatusCode};

use super::{HttpTransport, MockHttpTransport};
use crate::{Body, HttpClient, Request, Response};

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
