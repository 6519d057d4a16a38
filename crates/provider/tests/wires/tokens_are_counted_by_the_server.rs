//! Servers count the tokens of a request.

use geppetto_engine::ErrorKind;
use geppetto_transport::memory::Reply;

use crate::support::{Asked, turn};

#[tokio::test]
async fn the_count_is_read_and_what_holds_none_is_an_error() {
    let replies = ["{\"tokens\": 12}", "{}", "<html></html>"];
    let replies = replies.map(|body| Reply::ok().chunk(body));
    let asked = Asked::<false>::new(replies, |builder| builder);
    let count = async || asked.engine.count_input_tokens(&asked.ctx, &turn()).await;
    assert_eq!(count().await.unwrap(), 12);
    for _ in 0..2 {
        assert_eq!(
            count().await.unwrap_err().kind(),
            ErrorKind::MalformedResponse
        );
    }
    let requests = asked.server.requests();
    assert_eq!(requests[0].url(), "https://steps.test/v1/models/m-1:count");
    assert!(asked.sink.events().is_empty());
}
