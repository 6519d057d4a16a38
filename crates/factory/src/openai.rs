//! Engines of OpenAI's APIs.

use std::sync::Arc;

use geppetto_engine::Engine;
use geppetto_providers_openai::{ChatEngine, ChatOptions, Dialect, ResponsesEngine};
use geppetto_settings::InferenceSettings;

use crate::{FactoryError, StandardFactory};

impl StandardFactory {
    /// Creates an engine for Chat Completions.
    pub(crate) fn chat(
        &self,
        settings: &InferenceSettings,
    ) -> Result<Arc<dyn Engine>, FactoryError> {
        let name = settings.api_type();
        let mut builder =
            ChatEngine::builder(self.model(settings)?).options(chat_options(settings));
        if name != "openai" {
            builder = builder.provider_name(name);
        }
        self.build(builder, settings)
    }

    /// Creates an engine for Responses.
    pub(crate) fn responses(
        &self,
        settings: &InferenceSettings,
    ) -> Result<Arc<dyn Engine>, FactoryError> {
        let mut builder = ResponsesEngine::builder(self.model(settings)?);
        for (setting, is_set) in sampling(settings) {
            if is_set {
                builder = builder.not_sent(setting, "the Responses API has no field for it");
            }
        }
        self.build(builder, settings)
    }
}

/// Returns the options of Chat Completions. A server's dialect follows from its address, unless the API type
/// says which server it is.
fn chat_options(settings: &InferenceSettings) -> ChatOptions {
    let openai = &settings.openai;
    let mut options = ChatOptions::new();
    options.dialect = match settings.api_type() {
        name @ ("fireworks" | "ollama") => Dialect::named(name),
        _ => None,
    };
    // The defaults of the API are left out: not every server has the fields.
    options.n = openai.n.filter(|n| *n != 1);
    options.presence_penalty = openai.presence_penalty.filter(|penalty| *penalty != 0.0);
    options.frequency_penalty = openai.frequency_penalty.filter(|penalty| *penalty != 0.0);
    options.logit_bias = openai
        .logit_bias
        .clone()
        .map(geppetto_settings::Table::into_map)
        .unwrap_or_default();
    options
}

/// Settings of Chat Completions that Responses does not have, and whether they are set.
fn sampling(settings: &InferenceSettings) -> [(&'static str, bool); 4] {
    let options = chat_options(settings);
    [
        ("openai-n", options.n.is_some()),
        (
            "openai-presence-penalty",
            options.presence_penalty.is_some(),
        ),
        (
            "openai-frequency-penalty",
            options.frequency_penalty.is_some(),
        ),
        ("openai-logit-bias", !options.logit_bias.is_empty()),
    ]
}
