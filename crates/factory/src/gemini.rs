//! Engines of Google's generateContent API.

use std::sync::Arc;

use geppetto_engine::Engine;
use geppetto_providers_gemini::{GeminiEngine, GeminiOptions};
use geppetto_settings::InferenceSettings;

use crate::{FactoryError, StandardFactory};

impl StandardFactory {
    /// Creates an engine for generateContent.
    pub(crate) fn gemini(
        &self,
        settings: &InferenceSettings,
    ) -> Result<Arc<dyn Engine>, FactoryError> {
        let own = &settings.gemini;
        let mut options = GeminiOptions::new();
        options.api_version.clone_from(&own.api_version);
        options.include_thoughts = own.include_thoughts;
        options.thinking_budget = own.thinking_budget;
        options.thinking_level.clone_from(&own.thinking_level);
        let builder = GeminiEngine::builder(self.model(settings)?).options(options);
        self.build(builder, settings)
    }
}
