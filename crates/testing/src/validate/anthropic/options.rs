//! Sampling, thinking and output.

use serde_json::Value;

use super::{
    fields::{extra, refuse},
    tools,
};
use crate::{json::at, validate::ProviderRefusal};

pub(super) fn check(request: &Value) -> Result<(), ProviderRefusal> {
    for name in ["temperature", "top_p"] {
        let value = &request[name];
        if !value.is_null()
            && !value
                .as_f64()
                .is_some_and(|value| (0.0..=1.0).contains(&value))
        {
            return refuse(format!("{name}: range: 0..1"));
        }
    }
    let sequences = request["stop_sequences"].as_array().into_iter().flatten();
    for sequence in sequences {
        if sequence.as_str().is_none_or(|text| text.trim().is_empty()) {
            return refuse("stop_sequences: each stop sequence must contain non-whitespace");
        }
    }
    extra(&request["metadata"], "metadata", &["user_id"])?;
    match request["service_tier"].as_str() {
        None | Some("auto" | "standard_only") => Ok(()),
        Some(_) => refuse("service_tier: Input should be 'auto' or 'standard_only'"),
    }
}

pub(super) fn thinking(request: &Value) -> Result<(), ProviderRefusal> {
    let thinking = &request["thinking"];
    let mode = match thinking["type"].as_str() {
        None if thinking.is_null() => return Ok(()),
        Some(mode @ ("enabled" | "adaptive")) => mode,
        Some("disabled") => return extra(thinking, "thinking.disabled", &["type"]),
        _ => return refuse("thinking.type: Input should be 'enabled', 'adaptive' or 'disabled'"),
    };
    if mode == "enabled" {
        extra(
            thinking,
            "thinking.enabled",
            &["type", "budget_tokens", "display"],
        )?;
        let budget = thinking["budget_tokens"].as_u64().unwrap_or_default();
        if budget < 1024 {
            return refuse(
                "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
            );
        }
        if request["max_tokens"]
            .as_u64()
            .is_some_and(|limit| limit <= budget)
        {
            return refuse("`max_tokens` must be greater than `thinking.budget_tokens`.");
        }
        begins_with_thinking(request)?;
    } else {
        extra(thinking, "thinking.adaptive", &["type", "display"])?;
    }
    if request["temperature"]
        .as_f64()
        .is_some_and(|value| value < 1.0)
    {
        return refuse("`temperature` may only be set to 1 when thinking is enabled.");
    }
    if !request["top_k"].is_null() {
        return refuse("`top_k` must be unset when thinking is enabled.");
    }
    match at(request, &["tool_choice", "type"]).as_str() {
        Some("any" | "tool") => {
            refuse("Thinking may not be enabled when tool_choice forces tool use.")
        }
        _ => Ok(()),
    }
}

/// With a budget, the message whose calls are answered last must begin with thinking.
fn begins_with_thinking(request: &Value) -> Result<(), ProviderRefusal> {
    let messages = request["messages"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let blocks = |message: &Value| message["content"].as_array().cloned().unwrap_or_default();
    let is_answer = messages.last().is_some_and(|last| {
        last["role"] == "user"
            && blocks(last)
                .first()
                .is_some_and(|own| own["type"] == "tool_result")
    });
    let last = messages
        .iter()
        .rposition(|message| message["role"] == "assistant");
    let Some((at, message)) = last
        .and_then(|at| Some((at, messages.get(at)?)))
        .filter(|_| is_answer)
    else {
        return Ok(());
    };
    let first = blocks(message)
        .first()
        .map(|own| own["type"].clone())
        .unwrap_or_default();
    let first = first.as_str().unwrap_or_default();
    if matches!(first, "thinking" | "redacted_thinking") {
        return Ok(());
    }
    refuse(format!(
        "messages.{at}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{first}`. \
         When `thinking` is enabled, a final `assistant` message must start with a thinking block \
         (preceeding the lastmost set of `tool_use` and `tool_result` blocks)."
    ))
}

pub(super) fn output(request: &Value) -> Result<(), ProviderRefusal> {
    let config = &request["output_config"];
    extra(
        config,
        "output_config",
        &["effort", "format", "task_budget"],
    )?;
    match config["effort"].as_str() {
        None | Some("low" | "medium" | "high" | "xhigh" | "max") => {}
        Some(_) => {
            return refuse(
                "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
            );
        }
    }
    let format = &config["format"];
    if format.is_null() {
        return Ok(());
    }
    extra(format, "output_config.format", &["type", "schema"])?;
    if format["type"] != "json_schema" {
        return refuse("output_config.format.type: Input should be 'json_schema'");
    }
    tools::enforced(&format["schema"], "output_config.format.schema")
}
