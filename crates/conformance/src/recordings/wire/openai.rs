//! Finish reasons and usage of both of OpenAI's wires.

use geppetto_turns::FinishClass;
use serde_json::Value;

use crate::recordings::recording::{Expected, ExpectedUsage};

/// Returns `true` if the server ran the calls itself: the model continued after calls of custom
/// tools (xAI).
fn calls_were_run(expected: &Expected) -> bool {
    let is = |kind: &'static str| move |item: &String| item == kind;
    let types = &expected.item_types;
    let last = types.iter().rposition(is("custom_tool_call"));
    let message = types.iter().rposition(is("message"));
    last.is_some() && last < message && !types.iter().any(is("function_call"))
}

pub(super) fn class(expected: &Expected) -> Option<FinishClass> {
    let calls = !expected.tool_calls.is_empty() && !calls_were_run(expected);
    let refused = expected
        .refusal
        .as_deref()
        .is_some_and(|said| !said.is_empty());
    match expected.finish_reason() {
        "max_output_tokens" | "length" | "max_tokens" => Some(FinishClass::MaxTokens),
        "content_filter" => Some(FinishClass::Refused),
        "" | "completed" | "stop" | "eos" | "tool_calls" | "function_call" if calls => {
            Some(FinishClass::ToolCallsPending)
        }
        "" | "completed" | "stop" | "eos" if refused => Some(FinishClass::Refused),
        "completed" | "stop" | "eos" => Some(FinishClass::Completed),
        _ => None,
    }
}

/// Normalizes usage. The recordings keep each provider's own accounting; here the input is the
/// whole prompt and the output everything generated, so tokens that only the total includes are
/// added.
pub(super) fn usage(mut usage: ExpectedUsage, raw: &Value) -> ExpectedUsage {
    let (Some(total), Some(input), Some(output)) = (usage.total, usage.input, usage.output) else {
        return usage;
    };
    let missing = total.saturating_sub(input + output);
    let speech = raw
        .pointer("/prompt_tokens_details/audio_tokens")
        .and_then(Value::as_u64);
    if missing > 0 && usage.reasoning == Some(missing) {
        usage.output = Some(output + missing);
    } else if missing > 0 && speech == Some(missing) {
        usage.input = Some(input + missing);
    }
    usage
}
