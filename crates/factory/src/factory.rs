//! [`EngineFactory`], and the functions that use the standard one.

use std::sync::Arc;

use geppetto_engine::Engine;
use geppetto_settings::{InferenceSettings, Resolved};

use crate::{FactoryError, StandardFactory};

/// Creates engines from settings.
///
/// An application that has providers of its own implements this trait, and passes all other API types to
/// [`StandardFactory`].
pub trait EngineFactory: Send + Sync {
    /// Creates the engine for the provider that the settings name. Sends nothing.
    ///
    /// # Errors
    ///
    /// If the provider is unknown or not built in, or if a setting is missing or invalid. The message names
    /// the setting and where it can be set.
    fn create(&self, settings: &InferenceSettings) -> Result<Arc<dyn Engine>, FactoryError>;

    /// Returns the API types that the factory creates engines for.
    fn supported(&self) -> &[&str];
}

impl<F: EngineFactory + ?Sized> EngineFactory for Arc<F> {
    fn create(&self, settings: &InferenceSettings) -> Result<Arc<dyn Engine>, FactoryError> {
        (**self).create(settings)
    }

    fn supported(&self) -> &[&str] {
        (**self).supported()
    }
}

/// Creates the engine for the provider that the settings name, with an HTTP client of its own.
///
/// Programs that create several engines use one [`StandardFactory`], whose engines share
/// connections.
///
/// ```
/// use geppetto_factory::engine_from_settings;
/// use geppetto_settings::InferenceSettings;
///
/// let settings = InferenceSettings::from_yaml("
/// chat: {api_type: ollama, engine: qwen3}
/// ")?;
/// let engine = engine_from_settings(&settings)?;
/// # let _ = engine;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// As [`EngineFactory::create`].
pub fn engine_from_settings(settings: &InferenceSettings) -> Result<Arc<dyn Engine>, FactoryError> {
    StandardFactory::new().create(settings)
}

/// Creates the engine for resolved settings. As [`engine_from_settings`], with errors that name the
/// application's variables, the profile in use and API keys that belong to other addresses.
///
/// # Errors
///
/// As [`EngineFactory::create`].
pub fn engine_from_resolved(resolved: &Resolved) -> Result<Arc<dyn Engine>, FactoryError> {
    StandardFactory::new()
        .with_sources(resolved)
        .create(&resolved.settings)
}
