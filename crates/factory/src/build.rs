//! Steps that are the same for all providers.

use std::sync::Arc;

use geppetto_engine::Engine;
use geppetto_provider::{ApiKey, Wire, WireEngine, WireEngineBuilder};
use geppetto_settings::{Address, Endpoint, InferenceSettings, catalogue::own_address};

use crate::{FactoryError, FactoryErrorKind, StandardFactory, http::timeouts, models::Prices};

/// API types whose own servers require a key.
const WITH_KEY: [&str; 3] = ["openai", "claude", "gemini"];

impl StandardFactory {
    /// Returns the model.
    pub(crate) fn model<'s>(
        &self,
        settings: &'s InferenceSettings,
    ) -> Result<&'s str, FactoryError> {
        let model = settings.chat.engine.as_deref();
        let model = model.map(str::trim).filter(|model| !model.is_empty());
        model.ok_or_else(|| {
            let places = self.places.of_path("chat.engine");
            FactoryError::new(
                FactoryErrorKind::MissingModel,
                format!("no model is set; {places}"),
            )
        })
    }

    /// Sets everything that does not depend on the wire.
    pub(crate) fn build<W: Wire>(
        &self,
        builder: WireEngineBuilder<W>,
        settings: &InferenceSettings,
    ) -> Result<Arc<dyn Engine>, FactoryError> {
        let name = settings.api_type();
        let invalid = |error| FactoryError::invalid(name, error);
        let endpoint = settings.api.endpoint(name);
        let builder = self.connect(builder, name, &endpoint)?;
        let client = self.clients.of(&settings.client).map_err(invalid)?;
        let mut builder = builder
            .defaults(settings.inference_config())
            .prices(Prices::of(settings, &endpoint).into_fn());
        if let Some(timeouts) = timeouts(&settings.client, &client) {
            builder = builder.timeouts(timeouts);
        }
        if let Some(output) = settings.structured_output() {
            builder = builder.structured_output(output);
        }
        let engine: WireEngine<W> = builder.http_client(client).build().map_err(invalid)?;
        Ok(Arc::new(engine))
    }

    /// Sets the address, and the key that is for it.
    fn connect<W: Wire>(
        &self,
        builder: WireEngineBuilder<W>,
        api_type: &str,
        endpoint: &Endpoint,
    ) -> Result<WireEngineBuilder<W>, FactoryError> {
        let name = setting_name(&endpoint.name);
        let Some(address) = &endpoint.base_url else {
            let places = self
                .places
                .of_path(&format!("api.base_urls.{name}-base-url"));
            return Err(FactoryError::new(
                FactoryErrorKind::MissingAddress,
                format!("`{api_type}` has no address of its own, and none is set; {places}"),
            ));
        };
        let builder = builder.base_url(base_url(name, address));
        if let Some(tokens) = self.tokens_for(address) {
            return Ok(builder.token_source(tokens));
        }
        if let Some(key) = &endpoint.key {
            return Ok(builder.api_key(ApiKey::new(key.expose())));
        }
        let needs_key = |name: &&str| own_address(name).is_some_and(|own| own.same_host(address));
        if WITH_KEY.iter().any(needs_key) {
            let places = self.places.of_path(&format!("api.api_keys.{name}-api-key"));
            return Err(FactoryError::new(
                FactoryErrorKind::MissingKey,
                format!("no API key is set for `{api_type}` at {address}; {places}"),
            ));
        }
        Ok(builder)
    }
}

/// Returns the name of the settings of an endpoint: of two equivalent names, the one that flags and variables have.
fn setting_name(endpoint: &str) -> &str {
    if endpoint == "anthropic" {
        "claude"
    } else {
        endpoint
    }
}

/// Returns the base URL of an address. Ollama prints and documents its address without `/v1`, where its
/// OpenAI-compatible API is: <https://github.com/charmbracelet/mods/issues/311>,
/// <https://github.com/FerroxLabs/wayland/issues/1178>.
fn base_url(name: &str, address: &Address) -> String {
    let url = address.as_str();
    let path = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = path.trim_end_matches('/').split_once('/');
    let is_api = matches!(path, Some((_, "api")));
    if name != "ollama" || url.contains(['?', '#']) || !(path.is_none() || is_api) {
        return url.to_owned();
    }
    let url = url.trim_end_matches('/');
    let url = url.strip_suffix("/api").filter(|_| is_api).unwrap_or(url);
    format!("{url}/v1")
}
