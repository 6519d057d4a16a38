//! A typed run returns its answer as a value, together with the turn.

#![cfg(feature = "schemars")]
use geppetto_engine::{ErrorKind, RunStatus, StructuredOutput, keys};
use geppetto_session::{AnswerError, Session};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_turns::{ReplyError, ReplyErrorKind};
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

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
struct Vote {
    #[schemars(range(min = 1, max = 5))]
    stars: u8,
}

fn vote(answers: &[&str]) -> (Session, ScriptedEngine) {
    let scripts = answers.iter().map(|text| Script::new().text(*text));
    let engine = ScriptedEngine::new(scripts);
    (Session::from_engine(engine.clone()), engine)
}

#[tokio::test]
async fn the_schema_decides_beside_the_type() {
    let (session, _) = vote(&[r#"{"stars": 9}"#]);
    let run = session.prompt("Stars?").output::<Vote>();
    let run = run.submit().await.unwrap();
    let error = run.wait().await.unwrap_err().to_string();
    assert_eq!(
        error,
        "the reply is not a `Vote`: $.stars: must be at most 5"
    );
    assert_eq!(run.outcome().await.status, RunStatus::Finished);
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_asked_for_again_where_the_run_says_so() {
    let (session, engine) = vote(&["Nine.", r#"{"stars": 9}"#, r#"{"stars": 5}"#, "Fine."]);
    let output = StructuredOutput::of::<Vote>().with_retries(2);
    let run = session.prompt("Stars?").output_as::<Vote>(output);
    let run = run.submit().await.unwrap();
    assert_eq!(run.wait().await.unwrap().value, Vote { stars: 5 });
    let outcome = run.outcome().await;
    assert_eq!(outcome.provider_calls, 3);
    assert_eq!(outcome.value().unwrap(), serde_json::json!({"stars": 5}));
    // The schema applied once: the next run answers freely.
    let turn = session.submit("And?").await.unwrap().wait().await.unwrap();
    assert_eq!(
        (turn.assistant_text().as_str(), engine.inferences()),
        ("Fine.", 4)
    );
    assert_eq!(session.stream().violations(), []);
}

#[tokio::test]
async fn an_untyped_run_tells_whether_its_answer_fits() {
    let schema = serde_json::json!({
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": false,
    });
    for (answer, expect) in [
        ("I'd rather not", Err(ReplyErrorKind::NotJson)),
        ("```json\n{\"city\": \"Oslo\"}\n```", Ok("Oslo")),
        (r#"{"ville": "Oslo"}"#, Err(ReplyErrorKind::WrongShape)),
        ("", Err(ReplyErrorKind::Missing)),
    ] {
        let (session, _) = vote(&[answer]);
        let output = StructuredOutput::json_schema("place", schema.clone());
        let run = session.prompt("Where?").output_schema(output);
        let outcome = run.submit().await.unwrap().outcome().await;
        let value = outcome.value();
        let city = value.as_ref().map(|value| value["city"].as_str().unwrap());
        assert_eq!(city.map_err(ReplyError::kind), expect, "{answer}");
    }
}
