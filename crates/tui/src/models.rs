//! [`Models`]: switching of models and profiles, which the application implements.

use std::{error::Error, fmt, sync::Arc};

use async_trait::async_trait;
use geppetto_engine::EngineBuilder;

/// Models and profiles that can be selected in a chat, with `/model` and `/profile`.
///
/// All methods have defaults: without an implementation, `/model NAME` requests the model by name
/// from the engine of the session, and there are no profiles.
///
/// Errors are shown in the chat, and the selection stays.
#[async_trait]
pub trait Models: Send + Sync {
    /// Returns the names of the models to choose from, for example those that the server has. None
    /// by default. Called once `/model` or its completion needs them.
    async fn models(&self) -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
        Ok(Vec::new())
    }

    /// Returns the names of the profiles to choose from. None by default.
    async fn profiles(&self) -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
        Ok(Vec::new())
    }

    /// Selects a model for the runs to come. By default they request it by name.
    async fn select_model(&self, name: &str) -> Result<Selection, Box<dyn Error + Send + Sync>> {
        Ok(Selection::new().model(name))
    }

    /// Selects a profile for the runs to come. Refused by default.
    async fn select_profile(&self, name: &str) -> Result<Selection, Box<dyn Error + Send + Sync>> {
        Err(format!("there is no profile `{name}`: this program has none").into())
    }
}

/// What the runs of a chat use: a model, a profile, an engine.
#[derive(Clone, Default)]
pub struct Selection {
    pub(crate) model: Option<String>,
    pub(crate) profile: Option<String>,
    pub(crate) builder: Option<Arc<dyn EngineBuilder>>,
}

impl Selection {
    /// Creates a selection that uses what the session uses.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the model. Each run requests it by name.
    #[must_use]
    pub fn model(mut self, name: impl Into<String>) -> Self {
        self.model = Some(name.into());
        self
    }

    /// Sets the name of the profile, which the status line shows.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// Sets the engine builder of the runs. By default that of the session or the host.
    #[must_use]
    pub fn engine_builder(mut self, builder: impl EngineBuilder + 'static) -> Self {
        self.builder = Some(Arc::new(builder));
        self
    }
}

impl fmt::Debug for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selection")
            .field("model", &self.model)
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

/// Models of an application that has none to choose from.
#[derive(Debug)]
pub(crate) struct NoModels;

impl Models for NoModels {}
