//! A reply that the model refused, or that a content filter stopped, is an error: it has the
//! refusal's text, the turn is kept, and the next prompt works.

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, Finish, ResponseWriter, RunContext, RunStatus};
use geppetto_session::{EngineRunner, RunError, Session};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_turns::{FinishClass, InferenceResult, Turn};

/// Sends a refusal or a text, and ends with a reason of the provider.
struct Refuses {
    refusal: &'static str,
    text: &'static str,
    reason: Option<&'static str>,
}

#[async_trait]
impl Engine for Refuses {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let mut reply = ResponseWriter::start(ctx, turn, "test", "m");
        if !self.text.is_empty() {
            let id = reply.open_text();
            reply.push(id, self.text);
        }
        if !self.refusal.is_empty() {
            let id = reply.open_refusal();
            reply.push(id, self.refusal);
        }
        let mut finish = Finish::new(FinishClass::Refused);
        finish.stop_reason = self.reason.map(str::to_owned);
        Ok(reply.finish(finish))
    }
}

async fn ended(engine: impl Engine + 'static) -> RunError {
    let session = Session::new(EngineRunner::new(engine));
    let run = session.submit("how?").await.unwrap();
    let error = run.wait().await.unwrap_err();
    assert_eq!(*error.status(), RunStatus::Refused);
    assert!(session.submit("and now?").await.is_ok());
    error
}

#[tokio::test]
async fn of_the_model() {
    let error = ended(Refuses {
        refusal: "I cannot help\u{1b}[2J with that. ",
        text: "",
        reason: Some("stop"),
    })
    .await;
    let shown = error.to_string();
    assert!(
        shown.starts_with("the model refused: I cannot help"),
        "{shown}"
    );
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    assert_eq!(
        error.outcome().refusal(),
        Some("I cannot help\u{1b}[2J with that.")
    );
}

#[tokio::test]
async fn of_a_filter() {
    let error = ended(Refuses {
        refusal: "",
        text: "Half of",
        reason: Some("content_filter"),
    })
    .await;
    assert_eq!(
        error.to_string(),
        "the reply was refused by the model or stopped by a content filter \
         (finish reason `content_filter`); what arrived is in the turn"
    );
    assert_eq!(error.outcome().refusal(), None);
    assert_eq!(error.turn().assistant_text(), "Half of");
}

#[tokio::test]
async fn a_long_one_is_cut_in_the_error_and_whole_in_the_outcome() {
    const LONG: &str = "no, no, no, no, no, no, no, no, no, no, no, no, no, no, no, no, ";
    let refusal: &'static str = Box::leak(LONG.repeat(20).into_boxed_str());
    let error = ended(Refuses {
        refusal,
        text: "",
        reason: None,
    })
    .await;
    assert!(error.to_string().len() < 600);
    assert_eq!(error.outcome().refusal(), Some(refusal.trim()));
}

#[tokio::test]
async fn the_next_prompt_works_and_has_the_refusal_in_its_history() {
    let engine = ScriptedEngine::new([
        Script::new().text("No.").finish(FinishClass::Refused),
        Script::new().text("Gladly."),
    ]);
    let session = Session::new(EngineRunner::new(engine.clone()));
    assert!(session.submit("how?").await.unwrap().wait().await.is_err());
    let turn = session.submit("and this?").await.unwrap().wait().await;
    assert_eq!(turn.unwrap().assistant_text(), "Gladly.");
    let asked = engine.turns();
    let said = asked[1].blocks.iter().filter_map(|block| block.text());
    assert_eq!(said.collect::<Vec<_>>(), ["how?", "No.", "and this?"]);
}
