//! The run of one input.

use std::{path::Path, sync::Arc, time::Duration};

use geppetto_engine::{Engine, EngineError, middleware::SystemPrompt};
use geppetto_enginebuilder::Builder;
use geppetto_events::{Event, EventSink, MemorySink};
use geppetto_providers_anthropic::{Cache, MessagesEngine, MessagesOptions};
use geppetto_providers_gemini::GeminiEngine;
use geppetto_providers_openai::{ChatEngine, Dialect, ResponsesEngine, ResponsesOptions};
use geppetto_session::{ExecutionHandle, Session, SessionError};
use geppetto_testing::validate;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::{
    expect,
    input::{CacheTtl, Input, Prompt, Wire},
    seen,
    serve::Server,
    tools::{self, Runs},
};

/// The time limit of an input, on a clock that is paused while there is work to do.
const LIMIT: Duration = Duration::from_secs(7 * 24 * 3600);

/// The result of an input.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Everything that was observed.
    pub(super) seen: Value,
    pub(super) verdict: Verdict,
}

/// The verdict on an input.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    Passed,
    /// With the differences.
    Failed(Vec<String>),
    /// It has no expectation and breaks no invariant.
    Unjudged,
    /// It fails as declared; with the differences.
    Open(Vec<String>),
}

/// Runs the input in a file.
///
/// # Errors
///
/// Returns a message if the input or its expectation cannot be read, or if the run does not end.
pub(super) fn file(path: &Path) -> Result<Outcome, String> {
    let input = Input::read(path)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .map_err(|error| format!("the runtime: {error}"))?;
    let seen = runtime.block_on(async { timeout(LIMIT, play(&input, path)).await });
    runtime.shutdown_background();
    let seen = seen.map_err(|_elapsed| "does not come to an end".to_owned())??;
    let verdict = match &input.expect {
        Some(expectation) => judge(input.open.as_deref(), expect::check(expectation, &seen)?),
        None => match expect::broken_rules(&seen) {
            broken if broken.is_empty() => Verdict::Unjudged,
            broken => Verdict::Failed(broken),
        },
    };
    Ok(Outcome { seen, verdict })
}

/// Judges the differences of an input, given the reason why it is open.
fn judge(open: Option<&str>, differences: Vec<String>) -> Verdict {
    match (open, differences.is_empty()) {
        (None, true) => Verdict::Passed,
        (None, false) => Verdict::Failed(differences),
        (Some(_), false) => Verdict::Open(differences),
        (Some(_), true) => Verdict::Failed(vec!["passes now; remove `open` from it".to_owned()]),
    }
}

async fn play(input: &Input, path: &Path) -> Result<Value, String> {
    let server = Server::start(input).await?;
    let (runs, sink) = (Runs::default(), Arc::new(MemorySink::new()));
    let engine =
        engine(input, server.http.base_url()).map_err(|error| format!("engine: {error}"))?;
    let mut builder = Builder::new(engine).event_sink(Arc::clone(&sink) as Arc<dyn EventSink>);
    if let Some(text) = &input.system {
        builder = builder.middleware(SystemPrompt::new(text));
    }
    if !input.tools.is_empty() {
        builder = builder.tools(tools::registry(&input.tools, &runs)?);
    }
    if let Some(config) = &input.tool_config {
        builder = builder.tool_config(config.clone());
    }
    let session = Session::builder(builder);
    let session = session.history([input.history(path)?]).build();

    let mut seen_runs = Vec::new();
    for prompt in &input.prompts {
        seen_runs.push(Value::Object(run(&session, Some(prompt)).await));
    }
    if input.prompts.is_empty() {
        seen_runs.push(Value::Object(run(&session, None).await));
    }
    let events = sink.take();
    Ok(world(input, &server, &session, &runs, &events, &seen_runs))
}

fn engine(input: &Input, base_url: String) -> Result<Arc<dyn Engine>, EngineError> {
    Ok(match input.wire {
        Wire::Chat => {
            let mut engine = ChatEngine::builder(&input.model)
                .base_url(base_url)
                .defaults(input.inference.clone())
                .stream(input.stream);
            if let Some(url) = &input.dialect {
                engine = engine.options(Dialect::for_base_url(url));
            }
            Arc::new(engine.build()?)
        }
        Wire::Responses => {
            let engine = ResponsesEngine::builder(&input.model)
                .base_url(base_url)
                .defaults(input.inference.clone())
                .stream(input.stream);
            // Without a dialect the server is OpenAI's.
            let options = ResponsesOptions::new();
            let options = options.with_media_in_results(input.dialect.is_none().then_some(true));
            Arc::new(engine.options(options).build()?)
        }
        Wire::Gemini => {
            let engine = GeminiEngine::builder(&input.model)
                .base_url(base_url + input.path())
                .defaults(input.inference.clone())
                .stream(input.stream);
            Arc::new(engine.build()?)
        }
        Wire::Messages => {
            let engine = MessagesEngine::builder(&input.model)
                .base_url(base_url + input.path())
                .defaults(input.inference.clone())
                .options(messages_options(input))
                .stream(input.stream);
            Arc::new(engine.build()?)
        }
    })
}

fn messages_options(input: &Input) -> MessagesOptions {
    let mut options = MessagesOptions::new();
    options.cache = input.cache.map(|ttl| match ttl {
        CacheTtl::FiveMinutes => Cache::FiveMinutes,
        CacheTtl::Hour => Cache::Hour,
    });
    options.server_tools.clone_from(&input.server_tools);
    options
}

/// Runs a prompt, or continues from the history.
async fn run(session: &Session, prompt: Option<&Prompt>) -> Map<String, Value> {
    let before = session.latest().map_or(0, |turn| turn.blocks.len());
    let text = prompt.map(Prompt::text);
    let started = match text {
        Some(text) => session.submit(text).await,
        None => session.start_inference().await,
    };
    let run: Result<ExecutionHandle, SessionError> = started;
    match run {
        Err(error) => seen::refused(text, &error.to_string()),
        Ok(handle) => {
            if let Some(cancel_at) = prompt.and_then(Prompt::cancel_at) {
                let mut events = handle.events();
                while let Some(event) = events.next().await {
                    if event.kind.type_name() == cancel_at {
                        handle.cancel();
                        break;
                    }
                }
            }
            seen::run(text, &*handle.outcome().await, before)
        }
    }
}

fn world(
    input: &Input,
    server: &Server,
    session: &Session,
    runs: &Runs,
    events: &[Event],
    seen_runs: &[Value],
) -> Value {
    let requests = server.http.requests();
    let bodies: Vec<_> = requests
        .iter()
        .map(|request| request.json().clone())
        .collect();
    let refusals: Vec<String> = match input.is_strict() {
        true => bodies
            .iter()
            .filter_map(|body| refusal(input, body))
            .collect(),
        false => Vec::new(),
    };
    let turn = session.latest().unwrap_or_default();
    let events_json: Vec<Value> = events.iter().map(|event| json!(event)).collect();
    let waits = server.waits();
    let waits: Vec<_> = waits
        .iter()
        .map(|wait| json!(wait.as_secs_f64() * 1000.0))
        .collect();
    let mut whole = seen_runs
        .last()
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    whole.remove("prompt");
    let rest = json!({
        "tools": runs.all(),
        "requests": bodies,
        "waits_ms": waits,
        "replies_left": input.replies.len().saturating_sub(requests.len()),
        "refusals": refusals,
        "broken_rules": seen::broken_rules(events, &turn),
        "events": events_json,
        "turn": seen::whole_turn(&turn),
        "runs": seen_runs,
    });
    whole.extend(rest.as_object().cloned().unwrap_or_default());
    Value::Object(whole)
}

/// Returns the reason why the provider would reject the request.
fn refusal(input: &Input, body: &Value) -> Option<String> {
    let checked = match input.wire {
        Wire::Chat => validate::chat_request(body),
        Wire::Responses => validate::responses_request(body),
        Wire::Gemini => validate::generate_content(&input.model, body),
        Wire::Messages => validate::messages_request(body),
    };
    checked.err().map(|refusal| refusal.to_string())
}
