//! A typed run gives its answer as a value, beside the turn.

#![cfg(feature = "schemars")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers panic too"
)]

use geppetto_engine::{ErrorKind, RunStatus, keys};
use geppetto_session::{AnswerError, Session};
use geppetto_testing::{Script, ScriptedEngine};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
struct Weather {
    city: String,
    degrees: f64,
}

fn session(script: Script) -> (Session, ScriptedEngine) {
    let engine = ScriptedEngine::new([script]);
    (Session::from_engine(engine.clone()), engine)
}

#[tokio::test]
async fn an_object() {
    let (session, engine) = session(Script::new().text(r#"{"city": "Zurich", "degrees": 21.5}"#));
    let run = session
        .prompt("Weather?")
        .output::<Weather>()
        .submit()
        .await
        .unwrap();
    let answer = run.wait().await.unwrap();
    let city = "Zurich".to_owned();
    assert_eq!(
        answer.value,
        Weather {
            city,
            degrees: 21.5
        }
    );
    assert_eq!(Some(answer.turn), session.latest());
    let sent = engine.turns().pop().unwrap();
    let sent = sent.data.get(&keys::STRUCTURED_OUTPUT).unwrap().unwrap();
    assert_eq!(sent.name, "Weather");
    assert!(
        !session
            .latest()
            .unwrap()
            .data
            .contains(&keys::STRUCTURED_OUTPUT)
    );
}

#[tokio::test]
async fn a_list_in_its_wrapper() {
    let (session, _) = session(Script::new().text(r#"{"value": [2, 3]}"#));
    let run = session
        .prompt("Primes?")
        .output::<Vec<u32>>()
        .try_submit()
        .unwrap();
    assert_eq!(run.wait().await.unwrap().value, [2, 3]);
}

#[tokio::test]
async fn an_answer_of_another_shape_is_an_error_with_the_turn() {
    let (session, _) = session(Script::new().text("It is warm."));
    let run = session
        .prompt("Weather?")
        .output::<Weather>()
        .submit()
        .await
        .unwrap();
    let error = run.wait().await.unwrap_err();
    assert!(
        matches!(error, AnswerError::NotReadable { .. }),
        "{error:?}"
    );
    assert_eq!(error.turn().assistant_text(), "It is warm.");
}

#[tokio::test]
async fn a_run_that_failed_is_its_error() {
    let (session, _) = session(Script::new().fail(ErrorKind::Authentication, "no key"));
    let run = session
        .prompt("Weather?")
        .output::<Weather>()
        .submit()
        .await
        .unwrap();
    match run.wait().await.unwrap_err() {
        AnswerError::Run(error) => assert!(matches!(error.status(), RunStatus::Failed { .. })),
        other => panic!("{other}"),
    }
}
