//! [`Resolver`]: turns layers into settings.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    App, InferenceSettings, OsPlatform, Plan, Platform, SettingsError, SettingsErrorKind, Trace,
    Warning, files,
    layer::{Group, Layer},
    profiles::{ActiveProfile, Profiles},
};

mod configs;
mod environment;
mod pairs;
mod pick;
mod registries;

pub(crate) use pick::insert;

#[cfg(test)]
mod tests;

/// Resolves settings from all layers, weakest first: defaults, fallbacks, well-known variables, prompt file,
/// configuration files, profile, variables with the application's prefix, flags, the run.
///
/// ```
/// use geppetto_settings::{App, Layer, MemoryPlatform, Resolver};
///
/// let app = App::new("pinocchio");
/// let platform = MemoryPlatform::new()
///     .with_file("/me/.pinocchio/config.yaml", "ai-chat:\n  ai-engine: gpt-4\n")
///     .with_variable("PINOCCHIO_AI_TEMPERATURE", "0.2");
/// let resolved = Resolver::new(&app)
///     .platform(&platform)
///     .layer(Layer::flags().set("ai-engine", "gpt-5-mini")?)
///     .resolve()?;
///
/// assert_eq!(resolved.settings.chat.engine.as_deref(), Some("gpt-5-mini"));
/// let engine = resolved.trace.get("chat.engine").unwrap();
/// let overridden = engine.overridden().next().unwrap();
/// assert_eq!(overridden.source().to_string(), "/me/.pinocchio/config.yaml:2");
/// # Ok::<(), geppetto_settings::SettingsError>(())
/// ```
#[must_use]
pub struct Resolver<'a> {
    app: &'a App,
    platform: &'a dyn Platform,
    plan: Plan,
    layers: Vec<Layer>,
}

/// Settings with their sources.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Resolved {
    /// The settings.
    pub settings: InferenceSettings,
    /// Values of all layers for every setting.
    pub trace: Trace,
    /// The profile in use.
    pub profile: Option<ActiveProfile>,
    /// All profiles that were found.
    pub profiles: Profiles,
    /// Unused content, and likely mistakes.
    pub warnings: Vec<Warning>,
    /// The files that were read, in order.
    pub files: Vec<PathBuf>,
    app: App,
}

impl<'a> Resolver<'a> {
    /// Creates a resolver for a program, with the files of the standard plan and the environment of
    /// the process.
    pub fn new(app: &'a App) -> Self {
        Self {
            app,
            platform: &OsPlatform,
            plan: Plan::standard(),
            layers: Vec::new(),
        }
    }

    /// Sets the source of variables, folders and files. [`OsPlatform`] by default.
    pub fn platform(mut self, platform: &'a dyn Platform) -> Self {
        self.platform = platform;
        self
    }

    /// Sets the configuration files to read. [`Plan::standard`] by default.
    pub fn plan(mut self, plan: Plan) -> Self {
        self.plan = plan;
        self
    }

    /// Adds a layer: of flags, of fallbacks, of a prompt file, or of the run. Of several layers of a kind, later ones are
    /// stronger.
    pub fn layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// Resolves the settings.
    ///
    /// # Errors
    ///
    /// Returns an error if a value in use is invalid, if a named file is missing, if any file is
    /// not valid YAML or TOML, or if the chosen profile does not exist or inherits from itself.
    pub fn resolve(self) -> Result<Resolved, SettingsError> {
        let mut warnings = Vec::new();
        let variables = environment::prefixed(self.app, self.platform, &mut warnings);
        let given = |group| self.layers.iter().filter(move |layer| layer.group == group);
        let strong: Vec<Layer> = std::iter::once(&variables)
            .chain(given(Group::Flags))
            .chain(given(Group::Run))
            .cloned()
            .collect();
        let mut weak = vec![environment::defaults()];
        weak.extend(given(Group::Fallback).cloned());
        weak.push(environment::well_known(self.platform, &mut warnings));
        weak.extend(given(Group::PromptFile).cloned());

        let configs = configs::read(&self, &strong, &mut warnings)?;
        weak.extend(configs.layers);
        let known = weak.iter().chain(&strong);
        let (profiles, stack, read) =
            registries::choose(&self, known, configs.inline, &mut warnings)?;
        let (active, stack) = stack.map_or((None, Vec::new()), |stack| {
            (Some(stack.active), stack.layers)
        });

        let layers = weak.into_iter().chain(stack).chain(strong);
        let (settings, trace) = pick::settle(layers, &mut warnings)?;
        Ok(Resolved {
            settings,
            trace,
            profile: active,
            profiles,
            warnings,
            files: configs.files.into_iter().chain(read).collect(),
            app: self.app.clone(),
        })
    }
}

/// Resolves the settings of one document.
pub(crate) fn settings_of(text: &str) -> Result<InferenceSettings, SettingsError> {
    let path: Arc<Path> = Path::new("settings").into();
    let root = files::parse(&path, text.as_bytes())?;
    let mut layer = Layer::new(Group::File(0));
    let mut warnings = Vec::new();
    layer.entries = files::read_settings(&files::File { path, root }, &mut warnings);
    let (settings, _) = pick::settle(std::iter::once(layer), &mut warnings)?;
    Ok(settings)
}

impl Resolved {
    /// Returns the model.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not set; the error states where to set it.
    pub fn model(&self) -> Result<&str, SettingsError> {
        if let Some(model) = &self.settings.chat.engine {
            return Ok(model);
        }
        let profile = match &self.profile {
            Some(profile) => format!(
                "`inference_settings.chat.engine` of the profile {} ({})",
                crate::nearest::shown(&profile.slug),
                profile.place
            ),
            None => "a profile".to_owned(),
        };
        let message = format!(
            "no model is set; set it with --ai-engine, {}AI_ENGINE, or in {profile}",
            self.app.prefix()
        );
        Err(SettingsError::new(SettingsErrorKind::Missing, message))
    }

    /// Returns the names under which the settings were found.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }
}

impl std::fmt::Debug for Resolver<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver")
            .field("app", self.app)
            .field("plan", &self.plan)
            .field("layers", &self.layers)
            .finish_non_exhaustive()
    }
}
