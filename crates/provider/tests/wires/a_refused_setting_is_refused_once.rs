//! What a server refuses is omitted from later calls with the same settings.

use geppetto_engine::{InferenceConfig, keys};
use geppetto_transport::memory::Reply;
use geppetto_turns::Turn;

use crate::support::Asked;

const TEXT: &str = "data: {\"type\":\"text\",\"text\":\"Hi\"}\n\ndata: {\"type\":\"stop\",\"reason\":\"stop\"}\n\n";

fn refusal(code: &str) -> Reply {
    let body = format!(r#"{{"error":{{"code":"{code}","message":"not supported"}}}}"#);
    Reply::new(http::StatusCode::BAD_REQUEST).chunk(body)
}

fn said() -> Reply {
    Reply::ok().chunk(TEXT)
}

fn turn(temperature: f64) -> Turn {
    let mut turn = Turn::builder().user("Hi").build();
    let mut config = InferenceConfig::new();
    config.temperature = Some(temperature);
    turn.data.set(&keys::INFERENCE_CONFIG, &config).unwrap();
    turn
}

/// Returns whether each request has a temperature.
async fn sent(replies: impl IntoIterator<Item = Reply>, temperatures: &[f64]) -> Vec<bool> {
    let asked = Asked::<false>::new(replies, |builder| builder);
    for temperature in temperatures {
        // The last call of a test may fail.
        let _ = asked.ask(&mut turn(*temperature)).await;
    }
    let requests = asked.server.requests();
    let has = |body: &[u8]| String::from_utf8_lossy(body).contains("temperature");
    requests.iter().map(|request| has(request.body())).collect()
}

#[tokio::test]
async fn with_the_same_settings() {
    let replies = [refusal("bad_temperature"), said(), said(), said()];
    let sent = sent(replies, &[0.2, 0.2, 0.2]).await;
    assert_eq!(sent, [true, false, false, false]);
}

#[tokio::test]
async fn other_settings_are_tried() {
    let replies = [refusal("bad_temperature"), said(), said()];
    assert_eq!(sent(replies, &[0.2, 1.0]).await, [true, false, true]);
}

#[tokio::test]
async fn only_if_the_omission_helped() {
    let replies = [refusal("bad_temperature"), refusal("other"), said()];
    assert_eq!(sent(replies, &[0.2, 0.2]).await, [true, false, true]);
}

#[tokio::test]
async fn a_refusal_of_contents_is_not_remembered() {
    let asked = Asked::<false>::new(
        [refusal("bad_image"), said(), refusal("bad_image"), said()],
        |builder| builder,
    );
    asked.ask(&mut turn(0.2)).await.unwrap();
    asked.ask(&mut turn(0.2)).await.unwrap();
    assert_eq!(asked.server.requests().len(), 4);
}

#[tokio::test]
async fn and_is_named_each_time() {
    let replies = [refusal("bad_temperature"), said(), said()];
    let asked = Asked::<false>::new(replies, |builder| builder);
    asked.ask(&mut turn(0.2)).await.unwrap();
    asked.ask(&mut turn(0.2)).await.unwrap();
    assert_eq!(
        asked.infos(),
        ["settings were not sent", "settings were not sent"]
    );
}
