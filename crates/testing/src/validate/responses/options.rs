//! Sampling options, limits, and further server options.

use serde_json::Value;

use super::super::{
    ProviderRefusal,
    options::{boolean, decimal, integer},
    typed,
};

/// Additional contents that a reply may include.
const INCLUDE: [&str; 8] = [
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
];

/// Options with a fixed set of values.
const WORDS: [(&str, &[&str]); 2] = [
    ("truncation", &["auto", "disabled"]),
    (
        "service_tier",
        &["auto", "default", "flex", "scale", "priority"],
    ),
];

const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

const SUMMARIES: [&str; 3] = ["auto", "concise", "detailed"];

/// Minimum value of the output limit, in tokens.
const LEAST_OUTPUT: u64 = 16;

/// Maximum number of metadata entries, and maximum lengths of their names and values in characters.
const METADATA: (usize, usize, usize) = (16, 64, 512);

pub(super) fn check(request: &Value) -> Result<(), ProviderRefusal> {
    integer(
        &request["max_output_tokens"],
        "max_output_tokens",
        LEAST_OUTPUT,
    )?;
    integer(&request["max_tool_calls"], "max_tool_calls", 1)?;
    decimal(&request["temperature"], "temperature", 0.0, 2.0)?;
    decimal(&request["top_p"], "top_p", 0.0, 1.0)?;
    for param in ["stream", "store", "background"] {
        boolean(&request[param], param)?;
    }
    for (param, words) in WORDS {
        typed::word(&request[param], param, words)?;
    }
    if !request["stream_options"].is_null() && request["stream"] != true {
        return Err(ProviderRefusal::invalid_request(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        )
        .param("stream_options"));
    }
    include(&request["include"])?;
    reasoning(&request["reasoning"])?;
    metadata(&request["metadata"])
}

fn include(include: &Value) -> Result<(), ProviderRefusal> {
    match include {
        Value::Null => Ok(()),
        Value::Array(values) => values.iter().enumerate().try_for_each(|(index, value)| {
            let param = format!("include[{index}]");
            typed::string(value, &param)?;
            typed::word(value, &param, &INCLUDE)
        }),
        other => Err(typed::wrong_type("include", "an array of strings", other)),
    }
}

fn reasoning(reasoning: &Value) -> Result<(), ProviderRefusal> {
    if reasoning.is_null() {
        return Ok(());
    }
    typed::object(reasoning, "reasoning")?;
    typed::word(&reasoning["effort"], "reasoning.effort", &EFFORTS)?;
    typed::word(&reasoning["summary"], "reasoning.summary", &SUMMARIES)
}

fn metadata(metadata: &Value) -> Result<(), ProviderRefusal> {
    let (most, name_length, value_length) = METADATA;
    let Some(entries) = metadata.as_object() else {
        return match metadata {
            Value::Null => Ok(()),
            other => Err(typed::wrong_type("metadata", "an object", other)),
        };
    };
    if entries.len() > most {
        let problem = format!(
            "too many properties. Expected an object with at most {most} properties, but got an \
             object with {} properties instead.",
            entries.len()
        );
        return Err(typed::invalid("metadata", &problem).code("object_above_max_properties"));
    }
    for (name, value) in entries {
        let param = format!("metadata.{name}");
        typed::not_longer(name, &param, name_length)?;
        typed::not_longer(typed::string(value, &param)?, &param, value_length)?;
    }
    Ok(())
}
