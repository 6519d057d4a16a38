//! What a server refuses, determined from its error, and the remedy.
//!
//! The names of models are not enough to know this in advance: gateways rename models, tuned models
//! have any name, and versions of the API differ.

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_provider::{Remedy, Settings, rules};

#[cfg(test)]
mod tests;

/// Name of the thinking configuration.
pub(crate) const THINKING: &str = "thinking";
/// Name of JSON schemas, which are replaced by OpenAPI schemas.
pub(crate) const JSON_SCHEMA: &str = "json_schema";
/// Name of bounds and patterns in schemas.
pub(crate) const SCHEMA_LIMITS: &str = "schema_limits";
/// Name of the structured output, which is requested in words instead.
pub(crate) const OUTPUT: &str = "response_schema";
/// Name of the ids of function calls.
pub(crate) const CALL_IDS: &str = "call_ids";
/// Name of the instructions, which are sent as a user message instead.
pub(crate) const INSTRUCTIONS: &str = "system_instruction";
/// Name of the flag that shows the calls of built-in tools.
pub(crate) const COMBINED: &str = "server_side_tool_invocations";

/// A refusal: words of the message in lower case, one of each list, the setting, and the reason for
/// the user.
type Refusal = (
    &'static [&'static [&'static str]],
    &'static str,
    &'static str,
);

const REFUSALS: &[Refusal] = &[
    // "Thinking level MINIMAL is not supported for this model.", "Budget 0 is invalid. This model only
    // works in thinking mode.", "thinking_level is not supported by this model".
    (
        &[
            &["thinking"],
            &[
                "not supported",
                "unsupported",
                "does not support",
                "only works in thinking mode",
                // <https://github.com/pydantic/pydantic-ai/issues/1967>
                "can't be disabled",
                "only enabled when",
                "not enabled",
                "unknown name",
            ],
        ],
        THINKING,
        "the model refuses it",
    ),
    // "Function calling with a response mime type: 'application/json' is unsupported", "Tool use with
    // a response mime type ..", "JSON mode is not enabled for models/gemma-3-27b-it".
    (
        &[
            &[
                "response mime type",
                "json mode",
                "response_mime_type",
                "controlled generation",
            ],
            &["unsupported", "not enabled", "not supported"],
        ],
        OUTPUT,
        "the model refuses it in this request; the schema is an instruction instead",
    ),
    // "Unknown name \"parametersJsonSchema\" at 'tools[0]..': Cannot find field."
    (
        &[
            &[
                "parametersjsonschema",
                "parameters_json_schema",
                "responsejsonschema",
                "response_json_schema",
            ],
            &[
                "unknown name",
                "not supported",
                "unsupported",
                "cannot find field",
            ],
        ],
        JSON_SCHEMA,
        "the server does not take JSON schemas; schemas are sent in the form of OpenAPI",
    ),
    // "The specified schema produces a constraint that has too many states for serving."
    (
        &[&["too many states", "schema is too complex", "nesting depth"]],
        SCHEMA_LIMITS,
        "the schema is too complex for the server; bounds and patterns are left out",
    ),
    (
        &[&["unknown name \"id\""]],
        CALL_IDS,
        "the server does not take ids of function calls",
    ),
    (
        &[&[
            "developer instruction is not enabled",
            "system instruction is not",
            "unknown name \"systeminstruction\"",
        ]],
        INSTRUCTIONS,
        "the model has no instructions; they are sent as a message",
    ),
    (
        &[&[
            "includeserversidetoolinvocations",
            "include_server_side_tool_invocations",
        ]],
        COMBINED,
        "the server refuses it",
    ),
];

/// Returns the words of an error that refuses the request.
fn message(error: &EngineError) -> Option<String> {
    rules::refusal(error, &[ErrorKind::InvalidRequest])
}

/// Returns the remedy for an error that refuses a setting.
pub(crate) fn remedy(error: &EngineError, settings: &Settings) -> Option<Remedy> {
    let message = message(error)?;
    let contains = |words: &&[&str]| words.iter().any(|word| message.contains(word));
    let (_, setting, why) = REFUSALS
        .iter()
        .find(|(words, setting, _)| words.iter().all(contains) && !settings.unsent.has(setting))?;
    Some(Remedy::without(setting, why))
}

/// Returns `true` if an error is about thought signatures: "Corrupted thought signature.", "Thought
/// signature is not valid", "Function call is missing a thought_signature in functionCall parts".
///
/// Reports: <https://github.com/google-gemini/gemini-cli/issues/13467>,
/// <https://github.com/charmbracelet/crush/issues/1698>.
pub(crate) fn is_about_signatures(error: &EngineError) -> bool {
    let names = ["thought signature", "thought_signature", "thoughtsignature"];
    message(error).is_some_and(|message| names.iter().any(|name| message.contains(name)))
}
