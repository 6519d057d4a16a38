//! [`ChatRequest`]: the body of a request.

use geppetto_turns::Block;
use geppetto_ui::openai::ApiError;
use serde_json::{Map, Value};

use super::messages;
use crate::{
    app::Shared,
    openai::{
        fields::Fields,
        request::{Settings, Unsupported, refuse_unsupported},
    },
};

/// Fields that change the reply in a way that cannot be had here. All others that are not read are
/// hints, such as penalties, `prediction`, `service_tier` and `user`, or unknown.
const UNSUPPORTED: &[Unsupported] = &[
    (
        "n",
        |value| value.as_f64() == Some(1.0),
        "send one request for each choice",
    ),
    (
        "logprobs",
        |value| value == false,
        "the server has no probabilities of tokens",
    ),
    (
        "top_logprobs",
        |value| value.as_f64() == Some(0.0),
        "the server has no probabilities of tokens",
    ),
    (
        "logit_bias",
        |value| value.as_object().is_some_and(Map::is_empty),
        "the server does not change probabilities of tokens",
    ),
    ("audio", |_| false, "the server replies with text"),
    (
        "modalities",
        |value| {
            value
                .as_array()
                .is_some_and(|all| all.iter().all(|own| own == "text"))
        },
        "the server replies with text",
    ),
    (
        "functions",
        |value| value.as_array().is_some_and(Vec::is_empty),
        "use `tools`",
    ),
    (
        "function_call",
        |value| value == "none" || value == "auto",
        "use `tool_choice`",
    ),
];

/// A request for a completion.
pub(super) struct ChatRequest {
    pub(super) blocks: Vec<Block>,
    pub(super) settings: Settings,
    pub(super) stream: bool,
    pub(super) include_usage: bool,
}

impl ChatRequest {
    pub(super) fn read(app: &Shared, body: &Map<String, Value>) -> Result<Self, ApiError> {
        let body = Fields::body(body);
        refuse_unsupported(&body, UNSUPPORTED)?;
        let mut settings = Settings::read(app, &body)?;
        settings.limit(&body, "max_completion_tokens")?;
        settings.limit(&body, "max_tokens")?;
        let inference = settings.inference();
        inference.seed = body.integer("seed")?;
        inference.stop = stop(&body)?;
        inference.reasoning_effort = body.text("reasoning_effort")?.map(str::to_owned);
        if let Some(format) = body.object("response_format")? {
            let schema = format.object("json_schema")?;
            settings.form(&format, schema.as_ref())?;
        }
        let options = body.object("stream_options")?;
        let include_usage = match &options {
            Some(options) => options.flag("include_usage")?,
            None => None,
        };
        Ok(Self {
            blocks: messages::read(&body)?,
            settings,
            stream: body.flag("stream")?.unwrap_or(false),
            include_usage: include_usage.unwrap_or(false),
        })
    }
}

fn stop(body: &Fields<'_>) -> Result<Option<Vec<String>>, ApiError> {
    if let Some(Value::String(word)) = body.get("stop") {
        return Ok((!word.is_empty()).then(|| vec![word.clone()]));
    }
    let mut words = Vec::new();
    for word in body.list("stop")? {
        match word.as_str() {
            Some("") => {}
            Some(word) => words.push(word.to_owned()),
            None => return Err(body.refuse("stop", "`stop` must be a text or a list of texts")),
        }
    }
    Ok((!words.is_empty()).then_some(words))
}
