//! What the requests of both APIs have in common: model, sampling, form of the answer, tools.

use std::collections::BTreeSet;

use geppetto_engine::{ClientTools, InferenceConfig, StructuredOutput};
use geppetto_host::Submit;
use geppetto_ui::openai::ApiError;
use serde_json::{Value, json};

use super::fields::{Fields, unknown_value};
use crate::{Profile, app::Shared};

/// Name of the only model of a server without profiles and models.
pub(super) const DEFAULT_MODEL: &str = "default";

/// Settings of the runs of a request.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// Model, as the client named it.
    pub(super) model: String,
    profile: Option<Profile>,
    inference: InferenceConfig,
    output: Option<StructuredOutput>,
    pub(super) tools: Option<ClientTools>,
    /// At most one tool call per reply.
    pub(super) one_call: bool,
}

impl Settings {
    /// Reads the fields that are equal in both APIs.
    pub(super) fn read(app: &Shared, body: &Fields<'_>) -> Result<Self, ApiError> {
        let named = body.text("model")?.filter(|name| !name.is_empty());
        let (profile, model) = chosen(app, named)?;
        let mut inference = InferenceConfig::new();
        inference.model = model;
        inference.temperature = within(body, "temperature", 2.0)?;
        inference.top_p = within(body, "top_p", 1.0)?;
        Ok(Self {
            model: named.unwrap_or_else(|| default_model(app)).to_owned(),
            profile: profile.cloned(),
            inference,
            output: None,
            tools: super::tools::read(body)?,
            one_call: body.flag("parallel_tool_calls")? == Some(false),
        })
    }

    /// Sets the output limit. -1 is no limit, as for llama.cpp and LM Studio.
    pub(super) fn limit(&mut self, body: &Fields<'_>, name: &str) -> Result<(), ApiError> {
        match body.integer(name)? {
            None | Some(-1) => Ok(()),
            Some(limit) => match u64::try_from(limit) {
                Ok(limit @ 1..) => {
                    self.inference.max_response_tokens.get_or_insert(limit);
                    Ok(())
                }
                _ => {
                    let message = format!("`{name}` is {limit}; it must be at least 1");
                    Err(body
                        .refuse(name, message)
                        .with_code("integer_below_min_value"))
                }
            },
        }
    }

    pub(super) fn inference(&mut self) -> &mut InferenceConfig {
        &mut self.inference
    }

    /// Sets the form of the answer, which is `format`, with the fields of a schema at `schema`.
    pub(super) fn form(
        &mut self,
        format: &Fields<'_>,
        schema: Option<&Fields<'_>>,
    ) -> Result<(), ApiError> {
        let output = match format.required("type")? {
            "text" => return Ok(()),
            "json_object" => StructuredOutput::json_schema("answer", json!({"type": "object"}))
                .with_strict(false),
            "json_schema" => {
                let Some(schema) = schema else {
                    return Err(format.refuse("json_schema", "the format has no schema"));
                };
                let name = schema.text("name")?.unwrap_or("answer");
                let Some(form) = schema.get("schema") else {
                    return Err(schema.refuse("schema", "the format has no schema"));
                };
                let strict = schema.flag("strict")?.unwrap_or(false);
                let mut output =
                    StructuredOutput::json_schema(name, form.clone()).with_strict(strict);
                if let Some(description) = schema.text("description")? {
                    description.clone_into(&mut output.description);
                }
                output
            }
            other => {
                let known = ["text", "json_object", "json_schema"];
                return Err(unknown_value(format.place("type"), other, &known));
            }
        };
        output.validate().map_err(|error| {
            format
                .refuse("json_schema", error.to_string())
                .with_code("invalid_json_schema")
        })?;
        self.output = Some(output);
        Ok(())
    }

    pub(super) fn is_json(&self) -> bool {
        self.output.is_some()
    }

    /// Returns the names of the client's tools.
    pub(super) fn tool_names(&self) -> BTreeSet<String> {
        let tools = self.tools.iter().flat_map(|own| &own.definitions);
        tools.map(|own| own.name.clone()).collect()
    }

    /// Returns a request for a run with these settings.
    pub(super) fn on(&self, submit: Submit) -> Submit {
        let mut submit = submit;
        if let Some(profile) = &self.profile {
            submit = profile.on(submit).compared_with(profile.name.as_str());
        }
        submit = submit.settings(self.inference.clone());
        if let Some(output) = &self.output {
            submit = submit.output_schema(output.clone());
        }
        match &self.tools {
            Some(tools) => submit.extension(tools.clone()),
            None => submit,
        }
    }
}

/// Returns the profile and the model of a name.
fn chosen<'a>(
    app: &'a Shared,
    name: Option<&str>,
) -> Result<(Option<&'a Profile>, Option<String>), ApiError> {
    let default = app.options.profiles.first();
    let Some(name) = name else {
        return Ok((default, None));
    };
    if let Some(profile) = app.options.profile_named(name) {
        return Ok((Some(profile), None));
    }
    let Some(config) = &app.options.openai else {
        return Ok((default, None));
    };
    if config.any_model || config.models.contains(name) {
        return Ok((default, Some(name.to_owned())));
    }
    if name == default_model(app) {
        return Ok((default, None));
    }
    Err(unknown_model(name))
}

/// Returns the error for a model that does not exist.
pub(super) fn unknown_model(name: &str) -> ApiError {
    let name: String = name.chars().take(80).collect();
    let message = format!("the model `{name}` does not exist; GET /v1/models lists the models");
    let mut error = ApiError::new(404, message).with_code("model_not_found");
    error.param = Some("model".to_owned());
    error
}

/// Returns the model of a request that names none.
fn default_model(app: &Shared) -> &str {
    let profile = app.options.profiles.first();
    profile.map_or(DEFAULT_MODEL, |own| own.name.as_str())
}

fn within(body: &Fields<'_>, name: &str, max: f64) -> Result<Option<f64>, ApiError> {
    match body.number(name)? {
        Some(value) if !(0.0..=max).contains(&value) => {
            let message = format!("`{name}` is {value}; it must be between 0 and {max}");
            Err(body.refuse(name, message).with_code("decimal_out_of_range"))
        }
        value => Ok(value),
    }
}

/// A field, the values that have no effect, and what to do instead.
pub(super) type Unsupported = (&'static str, fn(&Value) -> bool, &'static str);

/// Refuses fields whose effect a client would miss.
pub(super) fn refuse_unsupported(
    body: &Fields<'_>,
    unsupported: &[Unsupported],
) -> Result<(), ApiError> {
    for (name, is_harmless, help) in unsupported {
        if body.get(name).is_some_and(|value| !is_harmless(value)) {
            let message = format!("`{name}` is not supported; {help}");
            return Err(body
                .refuse(name, message)
                .with_code("unsupported_parameter"));
        }
    }
    Ok(())
}
