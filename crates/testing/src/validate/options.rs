//! Sampling options and limits.

use serde_json::Value;

use super::{ProviderRefusal, typed};

pub(super) fn check(request: &Value) -> Result<(), ProviderRefusal> {
    let given = |param: &str| !request[param].is_null();
    if given("max_tokens") && given("max_completion_tokens") {
        return Err(ProviderRefusal::invalid_request(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        )
        .code("invalid_parameter_combination"));
    }
    for param in ["max_tokens", "max_completion_tokens", "n"] {
        integer(&request[param], param, 1)?;
    }
    decimal(&request["temperature"], "temperature", 0.0, 2.0)?;
    decimal(&request["top_p"], "top_p", 0.0, 1.0)?;
    decimal(&request["presence_penalty"], "presence_penalty", -2.0, 2.0)?;
    decimal(
        &request["frequency_penalty"],
        "frequency_penalty",
        -2.0,
        2.0,
    )?;
    if given("top_logprobs") && request["logprobs"] != true {
        return Err(ProviderRefusal::invalid_request(
            "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
        )
        .param("top_logprobs"));
    }
    for param in ["stream", "logprobs", "parallel_tool_calls"] {
        boolean(&request[param], param)?;
    }
    if given("stream_options") && request["stream"] != true {
        return Err(ProviderRefusal::invalid_request(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        )
        .param("stream_options"));
    }
    Ok(())
}

/// Checks an optional integer with a minimum.
pub(super) fn integer(value: &Value, param: &str, least: u64) -> Result<(), ProviderRefusal> {
    if value.is_null() || value.as_u64().is_some_and(|number| number >= least) {
        return Ok(());
    }
    if !value.is_i64() && !value.is_u64() {
        return Err(typed::wrong_type(param, "an integer", value));
    }
    let problem = format!(
        "integer below minimum value. Expected a value >= {least}, but got {value} instead."
    );
    Err(typed::invalid(param, &problem).code("integer_below_min_value"))
}

/// Checks an optional boolean.
pub(super) fn boolean(value: &Value, param: &str) -> Result<(), ProviderRefusal> {
    match value {
        Value::Null | Value::Bool(_) => Ok(()),
        other => Err(typed::wrong_type(param, "a boolean", other)),
    }
}

/// Checks an optional number within bounds.
pub(super) fn decimal(
    value: &Value,
    param: &str,
    least: f64,
    most: f64,
) -> Result<(), ProviderRefusal> {
    if value.is_null() {
        return Ok(());
    }
    let Some(number) = value.as_f64() else {
        return Err(typed::wrong_type(param, "a decimal", value));
    };
    let (side, sign, bound, code) = if number < least {
        ("below minimum", ">=", least, "decimal_below_min_value")
    } else if number > most {
        ("above maximum", "<=", most, "decimal_above_max_value")
    } else {
        return Ok(());
    };
    let problem =
        format!("decimal {side} value. Expected a value {sign} {bound}, but got {value} instead.");
    Err(typed::invalid(param, &problem).code(code))
}
