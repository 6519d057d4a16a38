//! [`Server`]: the model that is asked, and its engine.

use std::sync::Arc;

use geppetto_engine::Engine;
use geppetto_factory::{EngineFactory as _, StandardFactory};
use geppetto_settings::{App, Layer, Resolved, Resolver, Source};

use crate::{failure::Failure, say};

mod apis;
mod choice;
mod flags;
pub(crate) mod local;

pub(crate) use flags::ServerFlags;

/// API type and model of the demo.
const DEMO: &str = "demo";

/// Text that tells how to ask a real model.
const ADVICE: &str = "set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, or start Ollama";

/// Resolved settings, and how they were chosen.
#[derive(Debug)]
pub(crate) struct Server {
    resolved: Resolved,
    factory: StandardFactory,
    /// What a person must know about the choice.
    notice: Option<String>,
}

impl Server {
    /// Chooses the model: that of flags, variables and files; otherwise that of the API with a key;
    /// otherwise the first one of a local server; otherwise the demo.
    pub(crate) async fn choose(flags: &ServerFlags) -> Result<Self, Failure> {
        Self::choose_with(flags, Layer::prompt_file()).await
    }

    /// As [`choose`](Self::choose), with another layer: settings of a prompt file, or of the run.
    pub(crate) async fn choose_with(flags: &ServerFlags, layer: Layer) -> Result<Self, Failure> {
        let layers = Layers {
            flags: flags.layer()?,
            other: layer,
        };
        let choice = choice::choose(&layers, flags.demo, local::Ports::default()).await?;
        let server = Self {
            factory: StandardFactory::new().with_sources(&choice.resolved),
            resolved: choice.resolved,
            notice: choice.notice,
        };
        Ok(server)
    }

    /// Returns what a person must know: warnings, and that the demo answers.
    pub(crate) fn notices(&self) -> impl Iterator<Item = String> {
        let warnings = self.resolved.warnings.iter();
        let warnings = warnings.map(|warning| format!("warning: {}", warning.message));
        warnings.chain(self.notice.clone())
    }

    /// Prints what a person must know.
    pub(crate) fn announce(&self) {
        for warning in &self.resolved.warnings {
            say::warning(&warning.message);
        }
        match &self.notice {
            Some(notice) => say::line(notice),
            None => say::detail(&self.about()),
        }
    }

    /// Returns a line about the model, its server and the source of its address.
    pub(crate) fn about(&self) -> String {
        let settings = &self.resolved.settings;
        let endpoint = settings.api.endpoint(settings.api_type());
        let model = settings.chat.engine.as_deref().unwrap_or("a model");
        match endpoint.base_url {
            Some(address) => format!("asking {model} at {address}"),
            None => format!("asking {model} ({})", settings.api_type()),
        }
    }

    /// Returns `true` if an address is not the provider's own.
    pub(crate) fn is_foreign(&self, address: &geppetto_settings::Address) -> bool {
        let settings = &self.resolved.settings;
        let name = settings.api.endpoint(settings.api_type()).name;
        let own = geppetto_settings::catalogue::own_address(&name);
        own.is_none_or(|own| !own.same_host(address))
    }

    /// Returns the settings.
    pub(crate) fn resolved(&self) -> &Resolved {
        &self.resolved
    }

    /// Returns the model; empty if none is set.
    pub(crate) fn model(&self) -> &str {
        self.resolved
            .settings
            .chat
            .engine
            .as_deref()
            .unwrap_or_default()
    }

    /// Returns how to set a key, unless one is set.
    pub(crate) fn key_advice(&self) -> String {
        let settings = &self.resolved.settings;
        let endpoint = settings.api.endpoint(settings.api_type());
        if endpoint.key.is_some() {
            return String::new();
        }
        let name = if endpoint.name == "anthropic" {
            "claude"
        } else {
            endpoint.name.as_str()
        };
        format!("no API key is set for this server; set it with --{name}-api-key or in a profile")
    }

    /// Creates the engine.
    pub(crate) fn engine(&self) -> Result<Arc<dyn Engine>, Failure> {
        Ok(self.factory.create(&self.resolved.settings)?)
    }
}

/// The layers that the choice of a server adds to.
pub(crate) struct Layers {
    flags: Layer,
    other: Layer,
}

impl Layers {
    /// Resolves the settings, with what the program chooses where nothing else is set.
    fn resolve(&self, fallback: Layer) -> Result<Resolved, Failure> {
        let app = app();
        let resolver = Resolver::new(&app);
        let resolver = resolver.layer(fallback).layer(self.other.clone());
        Ok(resolver.layer(self.flags.clone()).resolve()?)
    }
}

/// The names under which settings are found: those of pinocchio, whose files and variables many
/// users have, and those of this library.
pub(crate) fn app() -> App {
    App::default()
}

/// A source of what the program chooses.
fn chosen(what: impl Into<String>) -> Source {
    Source::Fallback { what: what.into() }
}
