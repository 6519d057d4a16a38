//! [`ResponseRequest`]: the body of a request.

use geppetto_ui::openai::ApiError;
use serde_json::{Map, Value};

use crate::{
    app::Shared,
    openai::{
        fields::Fields,
        request::{Settings, Unsupported, refuse_unsupported},
    },
};

/// Fields that change the reply in a way that cannot be had here.
const UNSUPPORTED: &[Unsupported] = &[
    (
        "conversation",
        |_| false,
        "use `previous_response_id`, which continues the conversation",
    ),
    (
        "prompt",
        |_| false,
        "the server has no prompt templates; use `instructions` and `input`",
    ),
    (
        "top_logprobs",
        |value| value.as_f64() == Some(0.0),
        "the server has no probabilities of tokens",
    ),
];

/// Fields that the response repeats.
const REPEATED: [&str; 19] = [
    "background",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

/// A request for a response.
pub(super) struct ResponseRequest {
    pub(super) settings: Settings,
    pub(super) input: Value,
    pub(super) instructions: Option<String>,
    pub(super) previous: Option<String>,
    pub(super) is_stored: bool,
    pub(super) background: bool,
    pub(super) stream: bool,
    /// Fields that the response repeats.
    pub(super) repeated: Map<String, Value>,
}

impl ResponseRequest {
    pub(super) fn read(app: &Shared, map: &Map<String, Value>) -> Result<Self, ApiError> {
        let body = Fields::body(map);
        refuse_unsupported(&body, UNSUPPORTED)?;
        let mut settings = Settings::read(app, &body)?;
        settings.limit(&body, "max_output_tokens")?;
        if let Some(reasoning) = body.object("reasoning")? {
            let inference = settings.inference();
            inference.reasoning_effort = reasoning.text("effort")?.map(str::to_owned);
            inference.reasoning_summary = reasoning.text("summary")?.map(str::to_owned);
        }
        if let Some(text) = body.object("text")?
            && let Some(format) = text.object("format")?
        {
            settings.form(&format, Some(&format))?;
        }
        let is_stored = body.flag("store")?.unwrap_or(true);
        let background = body.flag("background")?.unwrap_or(false);
        if background && !is_stored {
            let message = "a response in the background must be stored; `store` is false";
            return Err(body
                .refuse("background", message)
                .with_code("invalid_value"));
        }
        let repeated = REPEATED.iter().filter_map(|name| {
            let value = body.get(name)?.clone();
            Some(((*name).to_owned(), value))
        });
        Ok(Self {
            settings,
            input: body.get("input").cloned().unwrap_or_default(),
            instructions: instructions(&body)?,
            previous: body.text("previous_response_id")?.map(str::to_owned),
            is_stored,
            background,
            stream: body.flag("stream")?.unwrap_or(false),
            repeated: repeated.collect(),
        })
    }
}

fn instructions(body: &Fields<'_>) -> Result<Option<String>, ApiError> {
    let text = body.text("instructions")?;
    Ok(text.filter(|text| !text.is_empty()).map(str::to_owned))
}
