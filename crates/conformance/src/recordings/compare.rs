//! The first difference between the expectation and the result.

use std::fmt::Debug;

use geppetto_engine::EngineError;
use geppetto_transport::Redactor;
use geppetto_turns::{FinishClass, InferenceResult};
use serde_json::{Value, json};

use super::{
    expectation::Expectation,
    observation::Observation,
    recording::{Expected, ExpectedCall, ExpectedUsage, Recording},
    wire::Adapter,
};

/// How many characters of a text a difference shows.
const SHOWN: usize = 80;

/// Compares the result with the expectation; the error is the first difference, in one line.
pub(super) fn compare(
    recording: &Recording,
    adapter: &Adapter,
    seen: &Observation,
) -> Result<(), String> {
    let expected = &recording.meta.expected;
    match (Expectation::of(recording, adapter), &seen.outcome) {
        (Expectation::Error { kinds, status }, Err(error)) => {
            compare_error(recording, &kinds, status, error)?;
        }
        (Expectation::Error { kinds, .. }, Ok(_)) => {
            return Err(format!("no error, but expected one of {kinds:?}"));
        }
        (Expectation::Result { .. }, Err(error)) => return Err(format!("error: {error:?}")),
        (Expectation::Result { class, usage }, Ok(result)) => {
            compare_result(expected, class.as_ref(), usage, result)?;
        }
    }
    compare_content(recording, adapter, seen)?;
    compare_calls(&expected.tool_calls, &seen.calls)?;
    if seen.outcome.is_ok() {
        compare_beside(expected, seen)?;
    }
    Ok(())
}

fn compare_result(
    expected: &Expected,
    class: Option<&FinishClass>,
    usage: Option<ExpectedUsage>,
    result: &InferenceResult,
) -> Result<(), String> {
    same(
        "finish reason",
        expected.finish_reason(),
        result.stop_reason.as_deref().unwrap_or_default(),
    )?;
    if let Some(class) = class {
        same("finish class", class, &result.finish_class)?;
    }
    let Some(usage) = usage else {
        return Ok(());
    };
    let counted = result.usage.clone().unwrap_or_default();
    let counts = [
        ("input tokens", usage.input, counted.input_tokens),
        ("output tokens", usage.output, counted.output_tokens),
        ("cached tokens", usage.cached, counted.cached_tokens),
        (
            "reasoning tokens",
            usage.reasoning,
            counted.reasoning_tokens,
        ),
    ];
    for (name, recorded, seen) in counts {
        same(name, &recorded.unwrap_or(seen), &seen)?;
    }
    same("unreported calls", &0, &counted.unreported_calls)
}

fn compare_error(
    recording: &Recording,
    kinds: &[geppetto_engine::ErrorKind],
    status: Option<u16>,
    error: &EngineError,
) -> Result<(), String> {
    if !kinds.contains(&error.kind()) {
        return Err(format!(
            "error kind: expected one of {kinds:?}, got {error:?}"
        ));
    }
    if status.is_some() {
        same("status", &status, &error.status())?;
    }
    let wait = recording.meta.headers.get("retry-after");
    if wait.is_some_and(|wait| wait.parse::<u64>().is_ok()) && error.retry_after().is_none() {
        return Err("the wait that the provider asked for is lost".to_owned());
    }
    let made_up = recording.meta.expected.message_is_sdk_made;
    let Some(expected) = &recording.meta.expected.error else {
        return Ok(());
    };
    let said = error.provider_message().unwrap_or_default();
    let made_up = made_up || expected.message_is_sdk_made;
    // An error carries at most the beginning of a message.
    let message = expected
        .message
        .as_deref()
        .filter(|_| !made_up)
        .unwrap_or_default();
    let beginning: String = message.trim().chars().take(SHOWN * 5).collect();
    // An error masks a key that the server echoes.
    let beginning = Redactor::new().words(&beginning);
    // A gateway wraps the message of the provider behind it; the error may show the inner message.
    let inner: String = said.chars().take(SHOWN).collect();
    let is_inside =
        !inner.is_empty() && recording.values().iter().any(|value| holds(value, &inner));
    if !said.contains(beginning.as_str()) && !is_inside {
        return Err(difference("provider message", &beginning, said));
    }
    match expected.code.as_str() {
        Some(code) if code.parse::<u64>().is_err() => same(
            "provider code",
            code,
            error.provider_code().unwrap_or_default(),
        ),
        _ => Ok(()),
    }
}

/// Returns `true` if a text anywhere in the value contains `part`.
fn holds(value: &Value, part: &str) -> bool {
    match value {
        Value::String(text) => text.contains(part),
        Value::Array(list) => list.iter().any(|value| holds(value, part)),
        Value::Object(map) => map.values().any(|value| holds(value, part)),
        _ => false,
    }
}

fn compare_content(
    recording: &Recording,
    adapter: &Adapter,
    seen: &Observation,
) -> Result<(), String> {
    let expected = &recording.meta.expected;
    match &expected.content_json {
        Some(value) => {
            let parsed: Option<Value> = serde_json::from_str(&seen.text).ok();
            same("content", &Some(value), &parsed.as_ref())?;
        }
        None => same("text", expected.text.as_str(), &seen.text)?,
    }
    let uncounted = (adapter.uncounted_reasoning)(recording);
    let reasoning = uncounted.as_deref().unwrap_or(&expected.reasoning_text);
    same("reasoning", reasoning, &seen.reasoning)?;
    let refusal = expected.refusal.as_deref().unwrap_or_default();
    same("refusal", refusal, &seen.refusal)
}

fn compare_calls(
    expected: &[ExpectedCall],
    seen: &[(String, String, String)],
) -> Result<(), String> {
    same("number of tool calls", &expected.len(), &seen.len())?;
    for (call, (id, name, args)) in expected.iter().zip(seen) {
        same("tool name", call.name.as_deref().unwrap_or_default(), name)?;
        // An id that the provider did not send was generated.
        match call.id.as_deref().filter(|id| !id.is_empty()) {
            Some(expected) => same("tool call id", expected, id)?,
            None if id.is_empty() => return Err("a tool call has no id".to_owned()),
            None => {}
        }
        // The text `null` means no arguments.
        if let Some(raw) = call
            .arguments_raw
            .as_ref()
            .filter(|raw| raw.trim() != "null")
        {
            same("raw arguments", raw.as_str(), args)?;
        }
        if !call.arguments.is_null() {
            same("arguments", &call.arguments, &parsed(args))?;
        }
    }
    Ok(())
}

fn parsed(args: &str) -> Value {
    match args.trim() {
        "" => json!({}),
        args => serde_json::from_str(args).unwrap_or_default(),
    }
}

fn compare_beside(expected: &Expected, seen: &Observation) -> Result<(), String> {
    let counts = [
        ("log probabilities", expected.logprobs, seen.logprobs),
        ("annotations", expected.annotations, seen.annotations),
    ];
    for (name, recorded, seen) in counts {
        same(name, &recorded.unwrap_or(seen), &seen)?;
    }
    let others = seen.other_choices();
    for choice in expected.choices.iter().filter(|choice| choice.index != 0) {
        let same_index = |other: &&Value| other.get("index") == Some(&json!(choice.index));
        let Some(other) = others.iter().find(same_index) else {
            return Err(format!("choice {} is lost", choice.index));
        };
        let text = |name: &str| other.get(name).and_then(Value::as_str).unwrap_or_default();
        let of = |text: &Option<String>| text.clone().unwrap_or_default();
        same(
            "text of another choice",
            of(&choice.text).as_str(),
            text("text"),
        )?;
        let reason = of(&choice.finish_reason);
        same(
            "finish reason of another choice",
            reason.as_str(),
            text("finish_reason"),
        )?;
        let calls = other.get("tool_calls").and_then(Value::as_array);
        let calls = calls.map_or(0, Vec::len);
        same(
            "tool calls of another choice",
            &choice.tool_calls.len(),
            &calls,
        )?;
    }
    Ok(())
}

/// Checks that two values are equal; the error shows both from the first difference on.
pub(super) fn same<T: PartialEq + Debug + ?Sized>(
    what: &str,
    expected: &T,
    seen: &T,
) -> Result<(), String> {
    if expected == seen {
        return Ok(());
    }
    Err(difference(
        what,
        &format!("{expected:?}"),
        &format!("{seen:?}"),
    ))
}

pub(super) fn difference(what: &str, expected: &str, seen: &str) -> String {
    let common = expected
        .chars()
        .zip(seen.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let from = common.saturating_sub(10);
    let show = |text: &str| -> String { text.chars().skip(from).take(SHOWN).collect() };
    let (expected, seen) = (show(expected), show(seen));
    let at = if from > 0 {
        format!(" (from {from})")
    } else {
        String::new()
    };
    format!("{what}{at}: expected {expected}, got {seen}").replace('\n', "\\n")
}
