//! An error of a run prints like the engine's, and its sources follow.

use std::error::Error;

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, ErrorKind, RunContext, StructuredOutput};
use geppetto_session::{EngineRunner, Session};
use geppetto_turns::{InferenceResult, Turn};
use serde_json::{Value, json};

struct Unplugged;

#[async_trait]
impl Engine for Unplugged {
    async fn run_inference(
        &self,
        _: &RunContext,
        _: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let cause = std::io::Error::other("the cable is out");
        Err(EngineError::new(ErrorKind::Connect, "no connection").with_source(cause))
    }
}

fn chain(error: &dyn Error) -> Vec<String> {
    let mut chain = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        chain.push(cause.to_string());
        next = cause.source();
    }
    chain
}

#[tokio::test]
async fn a_report_of_the_whole_chain_repeats_nothing() {
    let session = Session::new(EngineRunner::new(Unplugged));
    let run = session.submit("hello").await.unwrap();
    let error = run.wait().await.unwrap_err();
    assert_eq!(chain(&error), ["no connection", "the cable is out"]);
    assert_eq!(error.engine_error().unwrap().kind(), ErrorKind::Connect);
}

#[tokio::test]
async fn nor_does_that_of_a_run_with_a_typed_answer() {
    let output = StructuredOutput::json_schema("counts", json!({"type": "object"}));
    let session = Session::new(EngineRunner::new(Unplugged));
    let run = session.prompt("How many?").output_as::<Value>(output);
    let error = run.submit().await.unwrap().wait().await.unwrap_err();
    assert_eq!(chain(&error), ["no connection", "the cable is out"]);
}
