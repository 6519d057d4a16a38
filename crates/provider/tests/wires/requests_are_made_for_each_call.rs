//! URL, headers and body are built per request.

use geppetto_engine::{InferenceConfig, keys};
use geppetto_provider::{
    ApiKey,
    rules::{ORIGIN, Origin},
};
use geppetto_transport::{Request, memory::Reply};
use geppetto_turns::{Block, Turn};

use crate::support::{Asked, StepsOptions, turn};

const DONE: &str = "data: {\"type\":\"thought\",\"text\":\"hm\"}\n\ndata: {\"type\":\"stop\",\"reason\":\"stop\"}\n\n";

#[tokio::test]
async fn the_path_has_the_model_of_the_turn_and_the_query_of_the_base_url() {
    let replies = [Reply::ok().chunk(DONE), Reply::ok().chunk(DONE)];
    let asked = Asked::<false>::new(replies, |builder| {
        builder
            .base_url("https://a.test/steps/?region=eu")
            .api_key(ApiKey::new("a-secret-key"))
            .header("x-tenant", "t")
            .options(StepsOptions {
                beta: Some("fast".to_owned()),
            })
    });
    asked.ask(&mut turn()).await.unwrap();
    let config = InferenceConfig::new().with_model("m-2");
    let builder = Turn::builder().user("Hi");
    let mut other = builder
        .data(&keys::INFERENCE_CONFIG, &config)
        .unwrap()
        .build();
    asked.ask(&mut other).await.unwrap();
    let requests = asked.server.requests();
    let urls: Vec<&str> = requests.iter().map(Request::url).collect();
    assert_eq!(
        urls,
        [
            "https://a.test/steps/models/m-1:stream?v=1&region=eu",
            "https://a.test/steps/models/m-2:stream?v=1&region=eu"
        ]
    );
    let header = |name: &str| requests[0].headers().get(name).unwrap().to_str().unwrap();
    assert_eq!(header("x-steps-key"), "a-secret-key");
    assert_eq!((header("x-beta"), header("x-tenant")), ("fast", "t"));
    assert_eq!(header("accept"), "text/event-stream, application/json");
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(&requests[0].body()[..], br#"{"said":["Hi"]}"#);
    assert!(!format!("{:?}", asked.engine).contains("a-secret-key"));
}

#[tokio::test]
async fn what_is_accepted_follows_from_the_frames() {
    let accept = async |stream| {
        let body = "{\"type\":\"stop\",\"reason\":\"stop\"}\n{}";
        let asked = Asked::<true>::new([Reply::ok().chunk(body)], |b| b.stream(stream));
        asked.ask(&mut turn()).await.unwrap();
        let requests = asked.server.requests();
        requests[0]
            .headers()
            .get("accept")
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(accept(true).await, "application/x-ndjson, application/json");
    assert_eq!(accept(false).await, "application/json");
}

#[tokio::test]
async fn a_setting_that_is_not_sent_is_named_and_a_turn_without_words_is_refused() {
    let asked = Asked::<false>::new([Reply::ok().chunk(DONE)], |builder| {
        let mut config = InferenceConfig::new();
        config.seed = Some(7);
        builder.defaults(config)
    });
    asked.ask(&mut turn()).await.unwrap();
    assert_eq!(asked.infos(), ["settings were not sent"]);
    let error = asked.ask(&mut Turn::new()).await.unwrap_err();
    assert!(error.to_string().contains("nothing to send"), "{error}");
    assert_eq!(asked.server.requests().len(), 1);
}

#[tokio::test]
async fn blocks_are_marked_with_their_origin_after_the_reply() {
    let asked = Asked::<false>::new([Reply::ok().chunk(DONE)], |builder| builder);
    let mut turn = Turn::new();
    turn.push(Block::reasoning("an older thought"));
    turn.push(Block::user("Hi"));
    asked.ask(&mut turn).await.unwrap();
    let origins: Vec<Option<Origin>> = (turn.blocks.iter())
        .map(|block| block.metadata.get(&ORIGIN).unwrap())
        .collect();
    assert_eq!(
        origins,
        [None, None, Some(Origin::new("steps.test", "m-1"))]
    );
}

#[tokio::test]
async fn a_request_that_is_refused_for_what_it_holds_has_another_form() {
    let refusal = || {
        let body = r#"{"error":{"code":"bad_thoughts","message":"signed elsewhere"}}"#;
        Reply::new(http::StatusCode::BAD_REQUEST).chunk(body)
    };
    let mut turn = Turn::new();
    turn.push(Block::reasoning("an older thought"));
    turn.push(Block::user("Hi"));
    let asked = Asked::<false>::new([refusal(), Reply::ok().chunk(DONE)], |builder| builder);
    asked.ask(&mut turn.clone()).await.unwrap();
    assert_eq!(asked.infos(), ["thoughts are left out"]);
    let bodies: Vec<_> = asked
        .server
        .requests()
        .iter()
        .map(|r| r.body().clone())
        .collect();
    assert_eq!(
        bodies,
        [
            br#"{"said":["an older thought","Hi"]}"#.as_slice(),
            br#"{"said":["Hi"]}"#.as_slice()
        ]
    );
    // There is one other form, not a third.
    let asked = Asked::<false>::new([refusal(), refusal()], |builder| builder);
    let error = asked.ask(&mut turn).await.unwrap_err();
    assert_eq!(error.provider_code(), Some("bad_thoughts"));
    assert_eq!(asked.server.requests().len(), 2);
}
