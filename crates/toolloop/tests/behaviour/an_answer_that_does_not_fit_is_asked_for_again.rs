//! An answer that does not match its schema is requested again, within a limit, and shown once. The
//! loop and the single pass behave the same.

use std::sync::Arc;

use geppetto_engine::{
    EngineRunner, ErrorKind, InferenceRunner, Limit, Limits, RunReport, RunStop, SessionTotals,
    StructuredOutput, ToolConfig, keys,
};
use geppetto_events::{Event, EventKind};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{ToolLoop, ToolRegistry};
use geppetto_turns::{BlockKind, FinishClass, Turn};
use serde_json::{Value, json};

use crate::support::context;

const FITS: &str = r#"{"city": "Oslo"}"#;

struct Ran {
    report: RunReport,
    turn: Turn,
    events: Vec<Event>,
    asked: Vec<Turn>,
}

impl Ran {
    fn value(&self) -> Result<Value, String> {
        StructuredOutput::read_answer(&self.turn).map_err(|error| error.to_string())
    }

    /// Returns the text that a reader finally shows: the text of calls that were not discarded.
    fn shown(&self) -> String {
        let discarded: Vec<_> = self
            .events
            .iter()
            .filter(|event| matches!(event.kind, EventKind::ProviderCallDiscarded(_)))
            .map(|event| event.correlation.provider_call_id.clone())
            .collect();
        let kept = self
            .events
            .iter()
            .filter(|event| !discarded.contains(&event.correlation.provider_call_id));
        kept.filter_map(Event::text_delta).collect()
    }

    fn told(&self) -> Vec<&str> {
        let told = self.events.iter().filter_map(|event| match &event.kind {
            EventKind::Info(info) => Some(info.message.as_str()),
            _ => None,
        });
        told.collect()
    }

    fn questions(&self) -> Vec<u32> {
        let marks = self.turn.blocks.iter().filter_map(|block| {
            let mark = block.metadata.get(&keys::ANSWER_RETRY).unwrap()?;
            if block.kind() == BlockKind::LlmText {
                return None; // the answer that was rejected
            }
            assert_eq!(block.kind(), BlockKind::User);
            assert!(block.text().unwrap().contains(&mark.reason));
            Some(mark.retry)
        });
        marks.collect()
    }

    /// What a user interface shows of the turn, if it hides what is marked.
    fn unmarked(&self) -> Vec<&str> {
        let blocks = self.turn.blocks.iter();
        let blocks = blocks.filter(|block| !block.metadata.contains(&keys::ANSWER_RETRY));
        blocks.filter_map(|block| block.text()).collect()
    }
}

fn place(retries: u32) -> StructuredOutput {
    let schema = json!({
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": false,
    });
    StructuredOutput::json_schema("place", schema).with_retries(retries)
}

async fn run_in(
    runner: &dyn InferenceRunner,
    engine: &ScriptedEngine,
    retries: u32,
    limits: Limits,
) -> Ran {
    let (ctx, sink) = context();
    let ctx = ctx.with_limits(limits, SessionTotals::default());
    let turn = Turn::builder().user("where?");
    let turn = turn.data(&keys::STRUCTURED_OUTPUT, &place(retries));
    let mut turn = turn.unwrap().build();
    let report = runner.run(&ctx, &mut turn).await.unwrap();
    assert_eq!(ctx.stream().violations(), []);
    Ran {
        report,
        turn,
        events: sink.events(),
        asked: engine.turns(),
    }
}

/// The same script, with and without a loop.
async fn both(scripts: &[Script], retries: u32, limits: Limits) -> [Ran; 2] {
    let engine = ScriptedEngine::new(scripts.iter().cloned());
    let tool_loop = ToolLoop::new(Arc::new(engine.clone()), ToolRegistry::new());
    let looped = run_in(&tool_loop, &engine, retries, limits).await;
    let engine = ScriptedEngine::new(scripts.iter().cloned());
    let single = EngineRunner::new(engine.clone());
    let single = run_in(&single, &engine, retries, limits).await;
    [looped, single]
}

fn says(text: &str) -> Script {
    Script::new().text(text).usage(10, 5)
}

#[tokio::test]
async fn with_what_is_wrong_until_it_fits() {
    let scripts = [
        says("I'd rather not"),
        Script::new(),
        says(r#"{"ville": "Oslo"}"#),
        says(FITS),
    ];
    for ran in both(&scripts, 3, Limits::new()).await {
        assert_eq!(ran.value(), Ok(json!({"city": "Oslo"})));
        assert_eq!(ran.report.stop, RunStop::Finished);
        assert_eq!(ran.report.provider_calls, 4);
        assert_eq!(ran.report.usage.input_tokens, 30);
        assert_eq!(ran.shown(), FITS);
        assert_eq!(ran.questions(), [1, 2, 3]);
        assert_eq!(ran.turn.assistant_text(), FITS);
        assert_eq!(ran.unmarked()[1..], [FITS]);
        let last = ran.asked[3].blocks.last().unwrap().clone();
        let question = last.text().unwrap();
        assert!(question.contains("$.city: missing"), "{question}");
        assert!(question.contains("$.ville: unknown"), "{question}");
        // The rejected answer precedes the question, and both stay.
        assert_eq!(ran.asked[1].blocks.len(), 3);
        let earlier = ran.turn.blocks.get(1).unwrap();
        assert_eq!(earlier.text(), Some("I'd rather not"));
        assert!(
            ran.turn
                .blocks
                .iter()
                .skip(1)
                .all(|block| !block.id.is_empty())
        );
        let told = ran.told();
        assert_eq!(told.len(), 3);
        assert!(told[1].contains("(2 of 3): there is no reply"), "{told:?}");
    }
}

#[tokio::test]
async fn no_more_often_than_was_said() {
    let scripts = [says("no"), says("never"), says(FITS)];
    for ran in both(&scripts, 1, Limits::new()).await {
        assert_eq!(
            (ran.report.provider_calls, ran.shown()),
            (2, "never".into())
        );
        assert_eq!(ran.report.stop, RunStop::Finished);
        let error = ran.value().unwrap_err();
        assert!(error.starts_with("the reply is not JSON"), "{error}");
        let told = ran.told();
        assert!(told[1].contains("(asked again 1 times)"), "{told:?}");
    }
    for ran in both(&scripts, 0, Limits::new()).await {
        assert_eq!((ran.report.provider_calls, ran.told().len()), (1, 1));
        assert_eq!((ran.shown(), ran.questions()), ("no".into(), vec![]));
    }
}

#[tokio::test]
async fn not_if_it_fits_was_refused_or_was_cut() {
    let cut = says(r#"{"city": "Os"#).finish(FinishClass::MaxTokens);
    let refused = says("no").finish(FinishClass::Refused);
    let fenced = says("```json\n{\"city\": \"Oslo\"}\n```");
    for (script, stop) in [
        (fenced, RunStop::Finished),
        (says(r#"{"value": {"city": "Oslo"}}"#), RunStop::Finished),
        (cut, RunStop::Finished),
        (refused, RunStop::Refused),
    ] {
        for ran in both(&[script.clone(), says(FITS)], 3, Limits::new()).await {
            assert_eq!((ran.report.provider_calls, &ran.report.stop), (1, &stop));
            assert_eq!((ran.told().len(), ran.questions()), (0, vec![]));
        }
    }
}

#[tokio::test]
async fn within_the_limits_of_the_run_and_the_session() {
    let scripts = [says("no"), says("never"), says(FITS)];
    let limits = Limits::new().with_max_provider_calls(2);
    for ran in both(&scripts, 5, limits).await {
        let limit = Limit::SessionProviderCalls(2);
        assert_eq!(ran.report.stop, RunStop::LimitReached(limit));
        assert_eq!((ran.report.provider_calls, ran.questions()), (2, vec![1]));
        assert_eq!(ran.report.result.finish_class, FinishClass::Completed);
    }
    let engine = ScriptedEngine::new(scripts);
    let config = ToolConfig::new().with_max_iterations(2);
    let tool_loop = ToolLoop::new(Arc::new(engine.clone()), ToolRegistry::new());
    let tool_loop = tool_loop.with_config(config);
    let ran = run_in(&tool_loop, &engine, 5, Limits::new()).await;
    let limit = Limit::Iterations(2);
    assert_eq!(ran.report.stop, RunStop::LimitReached(limit));
}

#[tokio::test]
async fn and_stays_on_screens_if_the_next_call_fails_before_output() {
    let engine = ScriptedEngine::new([
        says("no"),
        Script::new().fail(ErrorKind::Authentication, "bad key"),
    ]);
    let (ctx, sink) = context();
    let turn = Turn::builder().user("where?");
    let turn = turn.data(&keys::STRUCTURED_OUTPUT, &place(2));
    let mut turn = turn.unwrap().build();
    let ended = EngineRunner::new(engine).run(&ctx, &mut turn).await;
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::Authentication);
    let types = |event: &Event| event.type_name() == "provider-call-discarded";
    assert!(!sink.events().iter().any(types));
    // The question is the last block, and the next inference sends it.
    assert_eq!(turn.blocks.len(), 3);
}
