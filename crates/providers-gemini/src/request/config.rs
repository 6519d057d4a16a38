//! `generationConfig`.

use geppetto_provider::{Settings, rules::schema};
use serde_json::{Map, Value, json};

use super::is_output_in_words;
use crate::{GeminiOptions, models::Model, refused, thinking::ThinkingConfig};

/// Returns the seed, if it is one for the API.
pub(super) fn seed(settings: &Settings) -> Option<i32> {
    settings
        .inference
        .seed
        .and_then(|seed| i32::try_from(seed).ok())
}

/// Returns the configuration of the sampling, the thoughts and the answer.
pub(super) fn generation(settings: &Settings, options: &GeminiOptions) -> Map<String, Value> {
    let config = &settings.inference;
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            fields.insert(name.to_owned(), value);
        }
    };
    put("temperature", json!(config.temperature));
    put("topP", json!(config.top_p));
    put("maxOutputTokens", json!(config.max_response_tokens));
    let stop = config.stop.as_ref().filter(|stop| !stop.is_empty());
    put("stopSequences", json!(stop));
    put("seed", json!(seed(settings)));
    put(
        "thinkingConfig",
        json!(ThinkingConfig::of(settings, options)),
    );
    if let Some(output) = settings
        .output
        .as_ref()
        .filter(|_| !is_output_in_words(settings))
    {
        put("responseMimeType", json!("application/json"));
        let sent = Schema::of(&output.schema, settings);
        put(
            sent.pick("responseJsonSchema", "responseSchema"),
            sent.value,
        );
    }
    fields
}

/// A schema in the form that the server accepts.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) value: Value,
    is_json: bool,
}

impl Schema {
    /// Returns a schema as JSON schema if the model takes those and can read this one, and as the
    /// API's own kind of schema otherwise.
    pub(super) fn of(schema: &Value, settings: &Settings) -> Self {
        let takes_json = Model::named(&settings.model).takes_json_schema();
        let bounded = settings.unsent.has(refused::SCHEMA_LIMITS);
        let is_json = takes_json
            && !bounded
            && !settings.unsent.has(refused::JSON_SCHEMA)
            && schema::is_plain(schema);
        let mut value = match is_json {
            true => schema.clone(),
            false => schema::open_api(schema),
        };
        if let Some(map) = value.as_object_mut() {
            map.remove("$schema");
        }
        if bounded {
            remove_limits(&mut value);
        }
        Self { value, is_json }
    }

    /// Returns the name of the field for this form.
    pub(super) fn pick(&self, json: &'static str, other: &'static str) -> &'static str {
        if self.is_json { json } else { other }
    }
}

/// Keywords that multiply the states of a constraint.
const LIMITS: [&str; 10] = [
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minProperties",
    "maxProperties",
    "pattern",
    "format",
];

/// Removes the limits of a schema and of all schemas in it. The answer is checked against the
/// original schema.
fn remove_limits(schema: &mut Value) {
    let Some(map) = schema.as_object_mut() else {
        return;
    };
    map.retain(|name, _| !LIMITS.contains(&name.as_str()));
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.values_mut().for_each(remove_limits);
    }
    if let Some(items) = map.get_mut("items") {
        remove_limits(items);
    }
    if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
        choices.iter_mut().for_each(remove_limits);
    }
}
