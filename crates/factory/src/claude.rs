//! Engines of Anthropic's Messages API.

use std::sync::Arc;

use geppetto_engine::Engine;
use geppetto_providers_anthropic::{Cache, MessagesEngine, MessagesOptions};
use geppetto_settings::InferenceSettings;

use crate::{FactoryError, StandardFactory};

impl StandardFactory {
    /// Creates an engine for Messages.
    pub(crate) fn claude(
        &self,
        settings: &InferenceSettings,
    ) -> Result<Arc<dyn Engine>, FactoryError> {
        let own = &settings.claude;
        let mut options = MessagesOptions::new();
        // 1 is the default of geppetto, which never sent it.
        options.top_k = own.top_k.filter(|tokens| *tokens > 1);
        options.user_id = own.user_id.clone().filter(|id| !id.is_empty());
        options.cache = match own.cache.as_deref() {
            Some("5m") => Some(Cache::FiveMinutes),
            Some("1h") => Some(Cache::Hour),
            _ => None,
        };
        let builder = MessagesEngine::builder(self.model(settings)?).options(options);
        self.build(builder, settings)
    }
}
