//! Keys that expire: one renewal and one repeat per call.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, ErrorKind};
use geppetto_provider::{ApiKey, TokenSource, WireEngine};
use geppetto_transport::memory::Reply;
use http::StatusCode;

use crate::support::{Asked, Steps, turn};

const DONE: &str = "data: {\"type\":\"stop\",\"reason\":\"stop\"}\n\n";

/// Gives out these tokens in order; the last one again and again.
#[derive(Debug)]
struct Tokens {
    tokens: Vec<&'static str>,
    asked: AtomicUsize,
    refused: Mutex<Vec<String>>,
}

impl Tokens {
    fn new(tokens: &[&'static str]) -> Arc<Self> {
        Arc::new(Self {
            tokens: tokens.to_vec(),
            asked: AtomicUsize::new(0),
            refused: Mutex::default(),
        })
    }

    fn refusals(&self) -> Vec<String> {
        self.refused.lock().unwrap().clone()
    }
}

#[async_trait]
impl TokenSource for Tokens {
    async fn token(&self) -> Result<ApiKey, EngineError> {
        let index = self.asked.fetch_add(1, Ordering::Relaxed);
        let last = self.tokens.len() - 1;
        match self.tokens[index.min(last)] {
            "" => Err(EngineError::new(ErrorKind::Authentication, "log in again")),
            token => Ok(ApiKey::new(token)),
        }
    }

    async fn refused(&self, token: &ApiKey) {
        self.refused.lock().unwrap().push(token.expose().to_owned());
    }
}

fn refusal(status: u16) -> Reply {
    Reply::new(StatusCode::from_u16(status).unwrap()).chunk("{\"error\":{\"message\":\"no\"}}")
}

fn asked(replies: Vec<Reply>, tokens: &Arc<Tokens>) -> Asked<false> {
    Asked::new(replies, |builder| builder.token_source(Arc::clone(tokens)))
}

fn sent(asked: &Asked<false>) -> Vec<String> {
    let requests = asked.server.requests();
    let key = |request: &geppetto_transport::Request| {
        let key = request.headers().get("x-steps-key").unwrap();
        assert!(key.is_sensitive());
        key.to_str().unwrap().to_owned()
    };
    requests.iter().map(key).collect()
}

#[tokio::test]
async fn the_call_is_repeated_with_another_token() {
    let tokens = Tokens::new(&["token-one", "token-two"]);
    let asked = asked(vec![refusal(401), Reply::ok().chunk(DONE)], &tokens);
    asked.ask(&mut turn()).await.unwrap();
    assert_eq!(sent(&asked), ["token-one", "token-two"]);
    assert_eq!(tokens.refusals(), ["token-one"]);
    assert_eq!(
        asked.infos(),
        ["the server refused the token, asking again with another one"]
    );
}

#[tokio::test]
async fn it_is_repeated_exactly_once() {
    let tokens = Tokens::new(&["token-one", "token-two", "token-three"]);
    let asked = asked(vec![refusal(401), refusal(401)], &tokens);
    let error = asked.ask(&mut turn()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(sent(&asked).len(), 2);
}

#[tokio::test]
async fn the_same_token_is_not_sent_again() {
    let tokens = Tokens::new(&["token-one"]);
    let asked = asked(vec![refusal(401)], &tokens);
    let error = asked.ask(&mut turn()).await.unwrap_err();
    assert_eq!(error.status(), Some(401));
    assert_eq!(sent(&asked).len(), 1);
    assert_eq!(tokens.refusals(), ["token-one"]);
}

#[tokio::test]
async fn other_refusals_are_not_those_of_the_token() {
    for status in [400, 403, 404] {
        let tokens = Tokens::new(&["token-one", "token-two"]);
        let asked = asked(vec![refusal(status)], &tokens);
        assert!(asked.ask(&mut turn()).await.is_err());
        assert_eq!((sent(&asked).len(), tokens.refusals()), (1, vec![]));
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_had_is_the_error() {
    let tokens = Tokens::new(&[""]);
    let first = asked(vec![], &tokens);
    let error = first.ask(&mut turn()).await.unwrap_err();
    assert_eq!(error.to_string(), "log in again");
    assert!(first.sink.events().is_empty());

    let tokens = Tokens::new(&["token-one", ""]);
    let second = asked(vec![refusal(401)], &tokens);
    let error = second.ask(&mut turn()).await.unwrap_err();
    assert_eq!(error.to_string(), "log in again");
}

#[tokio::test]
async fn a_count_of_tokens_renews_as_well() {
    let tokens = Tokens::new(&["token-one", "token-two"]);
    let counted = Reply::ok().chunk("{\"tokens\": 12}");
    let asked = asked(vec![refusal(401), counted], &tokens);
    let count = asked.engine.count_input_tokens(&asked.ctx, &turn()).await;
    assert_eq!(count.unwrap(), 12);
    assert_eq!(sent(&asked), ["token-one", "token-two"]);
}

/// Never gives a token.
#[derive(Debug)]
struct Stuck;

#[async_trait]
impl TokenSource for Stuck {
    async fn token(&self) -> Result<ApiKey, EngineError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_cancel_does_not_wait_for_the_source() {
    let asked = Asked::<false>::new([], |builder| builder.token_source(Stuck));
    asked.ctx.cancel();
    let mut turn = turn();
    let asking = asked.engine.run_inference(&asked.ctx, &mut turn);
    let error = asking.await.unwrap_err();
    assert!(error.is_cancelled());
}

#[test]
fn a_key_and_a_source_are_one_too_many() {
    let builder = WireEngine::<Steps<false>>::builder("m-1")
        .api_key(ApiKey::new("a-secret-key"))
        .token_source(Stuck);
    let shown = format!("{builder:?}");
    assert!(!shown.contains("a-secret-key"), "{shown}");
    let error = builder.build().unwrap_err();
    assert!(error.to_string().starts_with("api_key: "), "{error}");
}
