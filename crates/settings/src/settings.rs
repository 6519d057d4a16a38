//! The typed values.

use geppetto_engine::{InferenceConfig, OutputMode, StructuredOutput};
use serde::{Deserialize, Serialize};

use crate::SettingsError;

mod api;
mod chat;
mod client;
mod inference;
mod model_info;
mod others;
mod providers;
mod section;

#[cfg(test)]
mod tests;

pub use api::{ApiSettings, Endpoint};
pub use chat::ChatSettings;
pub use client::ClientSettings;
pub use inference::InferenceOverrides;
pub use model_info::{Cost, ModelInfo};
pub use others::{EmbeddingsSettings, RerankSettings};
pub use providers::{ClaudeSettings, GeminiSettings, OllamaSettings, OpenAiSettings};

/// All settings of an inference, from which a factory creates an engine.
///
/// Absent values are unset: the provider's default applies. Only [`api_type`](Self::api_type) and
/// the addresses of providers have defaults here. `Debug` and `Serialize` mask credentials, so
/// settings that are written and read back contain no API keys.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct InferenceSettings {
    /// Model and sampling.
    pub chat: ChatSettings,
    /// Overrides of sampling and reasoning, which take precedence over `chat`.
    pub inference: InferenceOverrides,
    /// The HTTP client.
    pub client: ClientSettings,
    /// API keys and addresses.
    pub api: ApiSettings,
    /// Settings of OpenAI's APIs.
    pub openai: OpenAiSettings,
    /// Settings of Anthropic's API.
    pub claude: ClaudeSettings,
    /// Settings of Gemini's API.
    pub gemini: GeminiSettings,
    /// Settings of Ollama.
    pub ollama: OllamaSettings,
    /// Settings of embeddings.
    pub embeddings: EmbeddingsSettings,
    /// Settings of reranking.
    pub rerank: RerankSettings,
    /// Facts about the model.
    pub model_info: ModelInfo,
}

impl InferenceSettings {
    /// Parses settings from a YAML document: the settings themselves, or in any of the formats of
    /// configuration files. Unknown keys and profiles are ignored, and nothing else is read.
    ///
    /// ```
    /// use geppetto_settings::InferenceSettings;
    ///
    /// let settings = InferenceSettings::from_yaml("chat: {engine: gpt-5-mini}")?;
    /// assert_eq!(settings.chat.engine.as_deref(), Some("gpt-5-mini"));
    /// # Ok::<(), geppetto_settings::SettingsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not valid YAML, or if a value is invalid.
    pub fn from_yaml(text: &str) -> Result<Self, SettingsError> {
        crate::resolver::settings_of(text)
    }

    /// Returns the provider's API: `openai` if none is set.
    #[must_use]
    pub fn api_type(&self) -> &str {
        self.chat.api_type.as_deref().unwrap_or("openai")
    }

    /// Returns these settings, overridden by the values that `overlay` sets. Maps are replaced as a
    /// whole, except API keys and addresses, which are replaced name by name.
    ///
    /// An API key stays with its address: if `overlay` sets an address for a name but no key, the
    /// key of that name is removed, unless the address is the provider's own.
    #[must_use]
    pub fn merged(self, overlay: Self) -> Self {
        Self {
            chat: self.chat.merged(overlay.chat),
            inference: self.inference.merged(overlay.inference),
            client: self.client.merged(overlay.client),
            api: self.api.merged(overlay.api),
            openai: self.openai.merged(overlay.openai),
            claude: self.claude.merged(overlay.claude),
            gemini: self.gemini.merged(overlay.gemini),
            ollama: self.ollama.merged(overlay.ollama),
            embeddings: self.embeddings.merged(overlay.embeddings),
            rerank: self.rerank.merged(overlay.rerank),
            model_info: self.model_info.merged(overlay.model_info),
        }
    }

    /// Returns sampling, limits and reasoning for an engine: `inference.*` overrides `chat.*`,
    /// which overrides the reasoning settings of the OpenAI API in use. The model is not included.
    #[must_use]
    pub fn inference_config(&self) -> InferenceConfig {
        let (over, chat) = (&self.inference, &self.chat);
        let mut config = InferenceConfig::new();
        config.temperature = over.temperature.or(chat.temperature);
        config.top_p = over.top_p.or(chat.top_p);
        config.max_response_tokens = over.max_response_tokens.or(chat.max_response_tokens);
        config.stop = over.stop.clone().or_else(|| chat.stop.clone());
        config.seed = over.seed;
        config.thinking_budget = over.thinking_budget;
        config.reasoning_effort.clone_from(&over.reasoning_effort);
        config.reasoning_summary.clone_from(&over.reasoning_summary);
        config.thinking_type.clone_from(&over.thinking_type);
        config.or(&self.openai_reasoning())
    }

    fn openai_reasoning(&self) -> InferenceConfig {
        let openai = &self.openai;
        let mut config = InferenceConfig::new();
        match self.api_type() {
            "openai-responses" | "open-responses" => {
                config.reasoning_effort.clone_from(&openai.reasoning_effort);
                config
                    .reasoning_summary
                    .clone_from(&openai.reasoning_summary);
            }
            "openai" | "anyscale" | "fireworks" | "ollama" => {
                config
                    .reasoning_effort
                    .clone_from(&openai.chat_reasoning_effort);
                config.thinking_type.clone_from(&openai.thinking_type);
            }
            _ => {}
        }
        config
    }

    /// Returns the structured output, if it is set; `None` if the mode is `off` or not set.
    #[must_use]
    pub fn structured_output(&self) -> Option<StructuredOutput> {
        let chat = &self.chat;
        if chat.structured_output_mode.as_deref() != Some("json_schema") {
            return None;
        }
        let mut output = StructuredOutput::default();
        output.mode = OutputMode::JsonSchema;
        output.name = chat.structured_output_name.clone().unwrap_or_default();
        output.description = chat
            .structured_output_description
            .clone()
            .unwrap_or_default();
        output.schema = chat.structured_output_schema.clone().unwrap_or_default();
        output.strict = chat.structured_output_strict;
        output.require_valid = chat.structured_output_require_valid.unwrap_or_default();
        Some(output)
    }
}
