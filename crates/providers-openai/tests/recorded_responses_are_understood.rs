//! Replays recorded interactions of the Responses API, a small one of this repository and those
//! next to the workspace, and compares the results with the recorded ones.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use geppetto_engine::{Engine, EngineError, ErrorKind, RunContext};
use geppetto_events::{EventSink, EventStream, Grammar, MemorySink};
use geppetto_providers_openai::ResponsesEngine;
use geppetto_transport::{
    HttpClient, RetryPolicy,
    memory::{MemoryTransport, Reply},
};
use geppetto_turns::{Content, InferenceResult, Turn, repair};
use http::StatusCode;
use serde_json::Value;

struct Case {
    name: String,
    meta: Value,
    body: Vec<u8>,
}

impl Case {
    fn load(folder: &Path) -> Self {
        let meta = fs::read(folder.join("meta.json")).unwrap();
        let meta: Value = serde_json::from_slice(&meta).unwrap();
        let file = meta["response_file"].as_str().unwrap();
        Self {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            body: fs::read(folder.join(file)).unwrap(),
            meta,
        }
    }

    fn is_stream(&self) -> bool {
        self.meta["response_file"] == "response.sse"
    }

    fn expected(&self, field: &str) -> &Value {
        &self.meta["expected"][field]
    }

    fn is_no_response(&self) -> bool {
        let body: Option<Value> = serde_json::from_slice(&self.body).ok();
        body.is_some_and(|body| body.get("output").is_none() && body.get("status").is_none())
    }

    /// Returns `true` if there are unanswered calls: at least one, and not only custom ones
    /// followed by output of the model, which the server has run itself (xAI).
    fn waits_for_calls(&self) -> bool {
        let types = self.expected("item_types").as_array();
        let last = |kind: &str| types?.iter().rposition(|item| item == kind);
        let run = last("custom_tool_call").is_some()
            && last("custom_tool_call") < last("message")
            && last("function_call").is_none();
        self.expected("tool_calls")[0].is_object() && !run
    }

    fn is_disputed(&self) -> bool {
        let features = self.meta["features"].as_array();
        features.is_some_and(|all| all.iter().any(|feature| feature == "deltas_disagree"))
    }
}

/// Result of a replay.
struct Seen {
    outcome: Result<InferenceResult, EngineError>,
    text: String,
    refusal: String,
    reasoning: String,
    calls: Vec<(String, String, String)>,
}

async fn play(case: &Case, body: &[u8]) -> Result<Seen, String> {
    let status = case.meta["status"].as_u64().unwrap();
    let mut reply = Reply::new(StatusCode::from_u16(status.try_into().unwrap()).unwrap());
    for chunk in body.chunks(701) {
        reply = reply.chunk(Bytes::copy_from_slice(chunk));
    }
    let http =
        HttpClient::new(MemoryTransport::new([reply])).with_retry_policy(RetryPolicy::never());
    let engine = ResponsesEngine::builder("replayed")
        .base_url("http://model.test/v1")
        .http_client(http)
        .build()
        .unwrap();
    let sink = Arc::new(MemorySink::new());
    let ctx = RunContext::for_stream(
        EventStream::fragment(),
        Arc::new(geppetto_engine::SeededIds::new(1)),
    )
    .with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
    let mut turn = Turn::builder().user("replay").build();
    let outcome = engine.run_inference(&ctx, &mut turn).await;
    let mut grammar = Grammar::fragment();
    for event in sink.events() {
        grammar.accept(&event).map_err(|error| error.to_string())?;
    }
    grammar.finish().map_err(|error| error.to_string())?;
    let json = serde_json::to_string(&turn).unwrap();
    let loaded: Turn = serde_json::from_str(&json).unwrap();
    if loaded != turn {
        return Err("the turn changes when it is saved and loaded".to_owned());
    }
    if repair(&turn.blocks).len() < turn.blocks.len() && outcome.is_ok() {
        let whole = turn.blocks.iter().all(|block| block.incomplete().is_none());
        if whole {
            return Err("the history needs repair".to_owned());
        }
    }
    Ok(collect(outcome, &turn))
}

fn collect(outcome: Result<InferenceResult, EngineError>, turn: &Turn) -> Seen {
    let mut seen = Seen {
        outcome,
        text: String::new(),
        refusal: String::new(),
        reasoning: String::new(),
        calls: Vec::new(),
    };
    for block in &turn.blocks {
        match &block.content {
            Content::LlmText(text) if text.refusal => seen.refusal.push_str(&text.text),
            Content::LlmText(text) => seen.text.push_str(&text.text),
            Content::Reasoning(reasoning) => {
                for part in &reasoning.summary {
                    seen.reasoning.push_str(&part.text);
                }
                seen.reasoning.push_str(&reasoning.text);
            }
            Content::ToolCall(call) => {
                let args = call.args.as_str().to_owned();
                seen.calls.push((call.id.clone(), call.name.clone(), args));
            }
            // A call that the server has run itself is an item.
            Content::Other(item) if item.payload["type"] == "custom_tool_call" => {
                let field = |name: &str| item.payload[name].as_str().unwrap_or_default().to_owned();
                let call = (field("call_id"), field("name"), field("input"));
                seen.calls.push(call);
            }
            _ => {}
        }
    }
    seen
}

fn compare(case: &Case, seen: &Seen) -> Result<(), String> {
    let text = |name: &str| case.expected(name).as_str().unwrap_or_default().to_owned();
    same("text", &text("text"), &seen.text)?;
    same("reasoning", &text("reasoning_text"), &seen.reasoning)?;
    same("refusal", &text("refusal"), &seen.refusal)?;
    let calls = case
        .expected("tool_calls")
        .as_array()
        .cloned()
        .unwrap_or_default();
    let calls: Vec<_> = calls
        .iter()
        .map(|call| {
            let field = |name: &str| call[name].as_str().unwrap_or_default().to_owned();
            (field("id"), field("name"), field("arguments_raw"))
        })
        .collect();
    same("calls", &calls, &seen.calls)?;
    match (&seen.outcome, case.expected("error")) {
        (Err(error), Value::Object(expected)) => {
            let said = |name: &str| expected.get(name).and_then(Value::as_str);
            same("message", &said("message"), &error.provider_message())?;
            if let Some(code) = said("code").or(said("type")) {
                same("code", &Some(code), &error.provider_code())?;
            }
            Ok(())
        }
        // A gateway responded with a reply of another API.
        (Err(error), _) if case.is_no_response() => {
            same("kind", &ErrorKind::MalformedResponse, &error.kind())
        }
        (Err(error), _) => Err(format!("failed: {error:?}")),
        (Ok(_), Value::Object(_)) => Err("no error".to_owned()),
        (Ok(result), _) => compare_result(case, result),
    }
}

fn compare_result(case: &Case, result: &InferenceResult) -> Result<(), String> {
    let reason = case.expected("finish_reason").as_str().unwrap_or_default();
    let reason = reason.strip_prefix("incomplete:").unwrap_or(reason);
    same("finish", &Some(reason), &result.stop_reason.as_deref())?;
    let class = match reason {
        "max_output_tokens" => "max_tokens",
        "completed" if case.waits_for_calls() => "tool_calls_pending",
        "completed" if case.expected("refusal").is_string() => "refused",
        "completed" => "completed",
        _ => "unknown",
    };
    same("class", &class, &result.finish_class.as_str())?;
    let usage = result.usage.clone().unwrap_or_default();
    let counts = [
        ("input", usage.input_tokens),
        ("output", usage.output_tokens),
        ("cached", usage.cached_tokens),
        ("reasoning", usage.reasoning_tokens),
    ];
    for (name, count) in counts {
        let expected = case.expected("usage")[name].as_u64();
        same(name, &expected.unwrap_or(count), &count)?;
    }
    Ok(())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, seen: &T) -> Result<(), String> {
    match expected == seen {
        true => Ok(()),
        false => Err(format!("{what}: expected {expected:?}, got {seen:?}")),
    }
}

/// A small recording of this repository: reasoning, text and a call.
fn own() -> Case {
    Case::load(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/reasoning-text-and-call"),
    )
}

fn recorded() -> Vec<Case> {
    let root: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "../../../shared/recordings/openai-responses",
    ]
    .iter()
    .collect();
    let folders = fs::read_dir(&root).unwrap();
    let mut folders: Vec<PathBuf> = folders.map(|folder| folder.unwrap().path()).collect();
    folders.sort();
    folders.iter().map(|folder| Case::load(folder)).collect()
}

fn report(failures: &[String]) {
    assert!(
        failures.is_empty(),
        "{} failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[tokio::test(start_paused = true)]
async fn a_recorded_reply_gives_what_it_gave_its_reader() {
    check_whole(&[own()]).await;
}

#[tokio::test(start_paused = true)]
#[ignore = "needs ../shared"]
async fn recorded_replies_give_what_they_gave_their_readers() {
    check_whole(&recorded()).await;
}

async fn check_whole(cases: &[Case]) {
    let mut failures = Vec::new();
    for case in cases {
        let outcome = play(case, &case.body).await;
        if let Err(why) = outcome.and_then(|seen| compare(case, &seen)) {
            failures.push(format!("{}: {why:.600}", case.name));
        }
    }
    report(&failures);
}

#[tokio::test(start_paused = true)]
async fn a_recorded_stream_that_is_cut_is_never_whole() {
    check_cuts(&[own()]).await;
}

#[tokio::test(start_paused = true)]
#[ignore = "needs ../shared"]
async fn recorded_streams_that_are_cut_are_never_whole() {
    check_cuts(&recorded()).await;
}

async fn check_cuts(cases: &[Case]) {
    let mut failures = Vec::new();
    for case in cases {
        if !case.is_stream() || case.expected("error").is_object() {
            continue;
        }
        for place in 1..=20 {
            let at = case.body.len() * place / 21;
            let (head, _) = case.body.split_at(at);
            let outcome = play(case, head).await;
            if let Err(why) = outcome.and_then(|seen| is_cut(case, &seen)) {
                failures.push(format!("{} cut at {at}: {why:.600}", case.name));
            }
        }
    }
    report(&failures);
}

fn is_cut(case: &Case, seen: &Seen) -> Result<(), String> {
    let kind = seen.outcome.as_ref().err().map(EngineError::kind);
    if kind != Some(ErrorKind::Truncated) {
        return Err(format!("is no error of a cut: {:?}", seen.outcome));
    }
    let text = case.expected("text").as_str().unwrap_or_default();
    match text.starts_with(&seen.text) || case.is_disputed() {
        true => Ok(()),
        false => Err(format!("{:?} does not begin {text:?}", seen.text)),
    }
}
