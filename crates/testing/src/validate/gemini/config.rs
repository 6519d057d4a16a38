//! `generationConfig` and safety settings.

use serde_json::Value;

use super::{ProviderRefusal, invalid, known, list, refused, schema};

const FIELDS: [&str; 20] = [
    "stopSequences",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "responseModalities",
    "candidateCount",
    "maxOutputTokens",
    "temperature",
    "topP",
    "topK",
    "seed",
    "presencePenalty",
    "frequencyPenalty",
    "responseLogprobs",
    "logprobs",
    "speechConfig",
    "thinkingConfig",
    "imageConfig",
    "mediaResolution",
    "enableEnhancedCivicAnswers",
];

pub(super) fn check(request: &Value, version: u32) -> Result<(), ProviderRefusal> {
    for (index, setting) in list(&request["safetySettings"], "safety_settings")?
        .iter()
        .enumerate()
    {
        known(
            setting,
            &format!("safety_settings[{index}]"),
            &["category", "threshold", "method"],
        )?;
    }
    let config = &request["generationConfig"];
    if config.is_null() {
        return Ok(());
    }
    known(config, "generation_config", &FIELDS)?;
    numbers(config)?;
    thinking(&config["thinkingConfig"], version)?;
    output(config, request, version)
}

fn numbers(config: &Value) -> Result<(), ProviderRefusal> {
    for (name, most) in [("temperature", 2.0), ("topP", 1.0)] {
        let value = &config[name];
        if !value.is_null()
            && !value
                .as_f64()
                .is_some_and(|value| (0.0..=most).contains(&value))
        {
            return Err(ProviderRefusal::invalid_request(format!(
                "Unable to submit request because it has a {name} value of {value} but the supported \
                 range is from 0 (inclusive) to {most}. Update the value and try again."
            )));
        }
    }
    let is_int = |value: &Value| {
        value
            .as_i64()
            .is_some_and(|value| i32::try_from(value).is_ok())
    };
    for name in ["maxOutputTokens", "seed", "candidateCount", "logprobs"] {
        if !config[name].is_null() && !is_int(&config[name]) {
            let place = format!("generation_config.{name}");
            return Err(invalid(&place, "TYPE_INT32", &config[name]));
        }
    }
    if list(&config["stopSequences"], "generation_config.stop_sequences")?.len() > 5 {
        let place = "generation_config.stop_sequences";
        return Err(refused(
            place,
            "the number of stop sequences must be at most 5",
        ));
    }
    Ok(())
}

fn thinking(config: &Value, version: u32) -> Result<(), ProviderRefusal> {
    if config.is_null() {
        return Ok(());
    }
    let fields = ["includeThoughts", "thinkingBudget", "thinkingLevel"];
    known(config, "generation_config.thinking_config", &fields)?;
    let has_level = !config["thinkingLevel"].is_null();
    if has_level && !config["thinkingBudget"].is_null() {
        return Err(ProviderRefusal::invalid_request(
            "You can only set only one of thinking budget and thinking level.",
        ));
    }
    if has_level && (1..3).contains(&version) {
        return Err(ProviderRefusal::invalid_request(
            "Thinking level is not supported for this model.",
        ));
    }
    Ok(())
}

fn output(config: &Value, request: &Value, version: u32) -> Result<(), ProviderRefusal> {
    let (own, json) = (&config["responseSchema"], &config["responseJsonSchema"]);
    let is_json = config["responseMimeType"] == "application/json";
    if !(own.is_null() && json.is_null()) && config["responseMimeType"].is_null() {
        return Err(refused(
            "generation_config.response_schema",
            "only allowed when response_mime_type is `application/json`",
        ));
    }
    if is_json && (1..3).contains(&version) && !request["tools"].is_null() {
        return Err(ProviderRefusal::invalid_request(
            "Function calling with a response mime type: 'application/json' is unsupported",
        ));
    }
    if !own.is_null() {
        schema::check(own, "generation_config.response_schema")?;
    }
    if !json.is_null() {
        schema::check_json(json, "generation_config.response_json_schema")?;
    }
    Ok(())
}
