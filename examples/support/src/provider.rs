//! [`Provider`]: the server that an example uses.

use std::sync::Arc;

use geppetto_engine::Engine;
use geppetto_factory::{EngineFactory, StandardFactory};
use geppetto_settings::{
    App, InferenceSettings, Layer, MemoryPlatform, OsPlatform, Platform, Resolved, Resolver, Source,
};
use geppetto_testing::{ProviderServer, demo};

use crate::{Api, Failure, Options, OutputFormat, ollama};

/// The server that an example uses: a configured one, an Ollama server on this machine, or the
/// embedded demo provider.
#[derive(Debug)]
pub struct Provider {
    resolved: Resolved,
    factory: StandardFactory,
    about: String,
    output: OutputFormat,
    /// Kept because dropping it stops the server.
    _demo: Option<ProviderServer>,
}

const DEMO: &str = "embedded demo provider";

impl Provider {
    /// Chooses the server: the configured one (by a key, an address, an API type or a profile in flags,
    /// variables or files); otherwise an Ollama server, if one answers on its default port; otherwise the
    /// embedded demo provider. `--demo` chooses the demo provider regardless.
    ///
    /// # Errors
    ///
    /// If a setting is invalid, or if the embedded demo provider cannot be started or does not have the named
    /// model.
    pub async fn choose(options: &Options) -> Result<Self, Failure> {
        Self::choose_on(&OsPlatform, options).await
    }

    pub(crate) async fn choose_on(
        platform: &dyn Platform,
        options: &Options,
    ) -> Result<Self, Failure> {
        if options.demo {
            // Nothing that is configured for other servers applies, except for flags.
            let platform = MemoryPlatform::new();
            let about = "Asking the embedded demo provider (--demo).";
            return Self::demo(&platform, options, about).await;
        }
        let resolved = resolve(platform, options, options.fallback()?)?;
        if is_configured(&resolved) {
            let model = fallback_model(platform, options)?;
            return Ok(Self::of(resolve(platform, options, model)?, options));
        }
        let local = match options.api {
            Api::OPENAI => ollama::first_model().await,
            _ => None,
        };
        if let Some(model) = local {
            let found = || fallback_source("found on its default port");
            let server = Layer::fallback()
                .set_from("ai-engine", &model, found())?
                .set_from("openai-base-url", ollama::BASE_URL, found())?;
            return Ok(Self::of(resolve(platform, options, server)?, options));
        }
        let about = format!(
            "No server is configured: asking the embedded demo provider.\n\
             Set {} to ask a real model.",
            options.api.variables
        );
        Self::demo(platform, options, &about).await
    }

    fn of(resolved: Resolved, options: &Options) -> Self {
        let endpoint = resolved.settings.api.endpoint(resolved.settings.api_type());
        let path = format!("api.base_urls.{}-base-url", endpoint.name);
        let traced = resolved.trace.get(&path);
        let source = traced.and_then(|traced| traced.source());
        let model = resolved.settings.chat.engine.as_deref();
        let model = model.unwrap_or("a model");
        let about = match (endpoint.base_url, source) {
            (Some(server), Some(source)) => format!("Asking {model} at {server} (from {source})"),
            (Some(server), None) => format!("Asking {model} at {server}"),
            (None, _) => format!("Asking {model} ({})", resolved.settings.api_type()),
        };
        Self {
            factory: StandardFactory::new().with_sources(&resolved),
            resolved,
            about,
            output: options.output,
            _demo: None,
        }
    }

    /// Starts the demo provider.
    async fn demo(
        platform: &dyn Platform,
        options: &Options,
        about: &str,
    ) -> Result<Self, Failure> {
        let plain = resolve(
            platform,
            options,
            fallback_model_of_variable(platform, options)?,
        )?;
        check_demo(&plain, options)?;
        let server = demo::provider()
            .await
            .map_err(|error| Failure::Run(format!("cannot start the demo provider: {error}")))?;
        let own = || fallback_source(DEMO);
        let layer = options
            .fallback()?
            .set_from("ai-engine", demo::MODEL, own())?
            .set_from(&options.base_url_flag(), &server.base_url(), own())?;
        let mut provider = Self::of(resolve(platform, options, layer)?, options);
        about.clone_into(&mut provider.about);
        provider._demo = Some(server);
        Ok(provider)
    }

    /// Returns the settings, with their sources.
    #[must_use]
    pub fn resolved(&self) -> &Resolved {
        &self.resolved
    }

    /// Returns the format of the output.
    #[must_use]
    pub fn output(&self) -> OutputFormat {
        self.output
    }

    /// Describes the choice in lines that fit on a terminal.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Returns `true` if requests carry a key.
    #[must_use]
    pub fn has_key(&self) -> bool {
        let settings = &self.resolved.settings;
        settings.api.endpoint(settings.api_type()).key.is_some()
    }

    /// Creates the engine of the settings.
    ///
    /// # Errors
    ///
    /// If a setting is missing or invalid.
    pub fn engine(&self) -> Result<Arc<dyn Engine>, Failure> {
        self.engine_with(|_| {})
    }

    /// Creates the engine of the settings, after `edit` changed them: for what an example needs.
    ///
    /// # Errors
    ///
    /// If a setting is missing or invalid.
    pub fn engine_with(
        &self,
        edit: impl FnOnce(&mut InferenceSettings),
    ) -> Result<Arc<dyn Engine>, Failure> {
        let mut settings = self.resolved.settings.clone();
        edit(&mut settings);
        Ok(self.factory.create(&settings)?)
    }
}

pub(crate) fn resolve(
    platform: &dyn Platform,
    options: &Options,
    fallback: Layer,
) -> Result<Resolved, Failure> {
    let app = App::default();
    let resolver = Resolver::new(&app).platform(platform).layer(fallback);
    Ok(resolver.layer(options.layer()?).resolve()?)
}

fn fallback_source(what: &str) -> Source {
    Source::Fallback {
        what: what.to_owned(),
    }
}

/// The model of the examples, for servers with the models of the API's provider.
fn fallback_model(platform: &dyn Platform, options: &Options) -> Result<Layer, Failure> {
    let default = options.fallback()?.set_from(
        "ai-engine",
        options.api.model,
        fallback_source("default of the examples"),
    )?;
    with_model_of_variable(default, platform, options)
}

fn fallback_model_of_variable(
    platform: &dyn Platform,
    options: &Options,
) -> Result<Layer, Failure> {
    with_model_of_variable(options.fallback()?, platform, options)
}

/// `OPENAI_MODEL` is no setting of the library's, but many have it.
fn with_model_of_variable(
    layer: Layer,
    platform: &dyn Platform,
    options: &Options,
) -> Result<Layer, Failure> {
    if options.api != Api::OPENAI {
        return Ok(layer);
    }
    let variable = "OPENAI_MODEL".to_owned();
    let model = platform.variable(&variable).unwrap_or_default();
    let model = model.to_string_lossy();
    Ok(layer.set_from("ai-engine", model.trim(), Source::WellKnown { variable })?)
}

/// Returns `true` if the user says which server to ask.
fn is_configured(resolved: &Resolved) -> bool {
    let settings = &resolved.settings;
    let endpoint = settings.api.endpoint(settings.api_type());
    let is_set = |path: &str| {
        let source = resolved.trace.get(path).and_then(|traced| traced.source());
        source.is_some_and(|source| source != &Source::Default)
    };
    let has_profile = resolved
        .profile
        .as_ref()
        .is_some_and(|profile| !profile.is_default);
    endpoint.key.is_some()
        || has_profile
        || is_set("chat.api_type")
        || is_set(&format!("api.base_urls.{}-base-url", endpoint.name))
}

/// The demo provider has one model, and no other server is asked. Another model was most likely meant for a
/// server whose key is missing.
pub(crate) fn check_demo(resolved: &Resolved, options: &Options) -> Result<(), Failure> {
    if options.demo && (options.base_url.is_some() || options.api_key.is_some()) {
        let message = "--demo asks the embedded demo provider; leave out --base-url and --api-key";
        return Err(Failure::Setting(message.to_owned()));
    }
    let traced = resolved.trace.get("chat.engine");
    let source = traced.and_then(|traced| traced.source());
    let (Some(model), Some(source)) = (&resolved.settings.chat.engine, source) else {
        return Ok(());
    };
    if model == demo::MODEL {
        return Ok(());
    }
    let (reason, advice) = if options.demo {
        (
            "--demo asks the embedded demo provider",
            "leave out --demo".to_owned(),
        )
    } else {
        (
            "no key is set, so the embedded demo provider would answer",
            format!("set {}", options.api.variables),
        )
    };
    let only = format!("it only has the model `{}`", demo::MODEL);
    Err(Failure::Setting(format!(
        "{reason}, and {only}, not `{model}` (from {source}); {advice}"
    )))
}
